"""`reporter keys`: make a signing key, show the id of a key."""

import click

from reporter.cli.options import settings_option
from reporter.cli.terminal import remark, say
from reporter.errors import UsageFault
from reporter.jobs import own_public_key
from reporter.seal.keys import load_public_key, new_key_pair, read_public_key
from reporter.settings import load_settings


@click.group
def keys() -> None:
    """Make a signing key; show the id of a key."""


@keys.command
@click.argument("path", type=click.Path())
def new(path: str) -> None:
    """Make an Ed25519 key pair: PATH (private, 0600) and PATH.pub. Never overwrites."""
    made = new_key_pair(path)
    say(f"private key  {made.private_path}")
    say(f"public key   {made.public_path}")
    say(f"key id       {made.key_id}")
    remark("Hand the public key and its id to your auditors by a way of its own, not inside a bundle.")


@keys.command
@click.argument("public_key", type=click.Path(), required=False)
@settings_option
def show(public_key: str | None, settings_file: str | None) -> None:
    """Show the id and the PEM of PUBLIC_KEY, or of the settings' signing key."""
    if public_key:
        key = read_public_key(public_key)
    else:
        settings, _ = load_settings(settings_file)
        pem = own_public_key(settings)
        if pem is None:
            raise UsageFault("no signing key yet: `reporter keys new PATH` makes one")
        key = load_public_key(pem)
    say(f"key id {key.key_id}")
    say(key.public_pem().decode().rstrip("\n"))
