"""`reporter keys`: make a signing key, show the id of a key."""

from pathlib import Path

import click

from reporter.cli.options import settings_option
from reporter.cli.terminal import remark, say
from reporter.errors import UsageFault
from reporter.jobs.keys import make_key_pair, own_public_key
from reporter.seal.keys import load_public_key, read_public_key
from reporter.settings import load_settings


@click.group
def keys() -> None:
    """Make a signing key; show the id of a key.

    \b
    Examples:
      reporter keys new keys/signing.key
      reporter keys show keys/signing.key.pub
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


@keys.command
@click.argument("path", type=click.Path())
def new(path: str) -> None:
    """Make an Ed25519 key pair.

    Writes PATH (private, 0600) and PATH.pub, and never overwrites.

    \b
    Example:
      reporter keys new keys/signing.key
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    made = make_key_pair(Path(path))
    say(f"private key  {made.private_path}")
    say(f"public key   {made.public_path}")
    say(f"key id       {made.key_id}")
    remark("Hand the public key and its id to your auditors by a way of its own, not inside a bundle.")


@keys.command
@click.argument("public_key", type=click.Path(), required=False)
@settings_option
def show(public_key: str | None, settings_file: str | None) -> None:
    """Show the id and the PEM of a key.

    PUBLIC_KEY is the file of a public key; without it, the settings' signing key is shown by its public half.

    \b
    Examples:
      reporter keys show
      reporter keys show keys/signing.key.pub
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
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
