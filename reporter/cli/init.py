"""`reporter init`: a directory to start in."""

from datetime import datetime
from pathlib import Path

import click

from reporter.cli.options import as_of_option, instant_of
from reporter.cli.terminal import say
from reporter.sample.write import write_sample, write_settings
from reporter.seal.keys import new_key_pair


@click.command
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--sample", is_flag=True, help="Write three sample environments with all their manifests.")
@as_of_option
def init(directory: Path, sample: bool, as_of: datetime | None) -> None:  # noqa: FBT001 - a flag of click
    """Write settings and a signing key to DIRECTORY; with --sample, a world to run at once.

    The sample's dates are relative to --as-of. Nothing that is there is overwritten.
    """
    now = instant_of(as_of)
    written = write_sample(directory, now) if sample else write_settings(directory)
    keys = directory / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    made = new_key_pair(keys / "signing.key")
    say(f"wrote {len(written)} files and a signing key (key id {made.key_id}) to {directory}")
    say(f"next: reporter run --settings {directory / 'reporter.toml'}")
