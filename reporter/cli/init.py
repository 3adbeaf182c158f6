"""`reporter init`: a directory to start in."""

from datetime import datetime
from pathlib import Path

import click

from reporter.cli.options import as_of_option, instant_of
from reporter.cli.terminal import say
from reporter.errors import KeyFault, UsageFault
from reporter.sample.write import SETTINGS, SIGNING_KEY, sample_files, settings_files, take_back, write_new
from reporter.seal.keys import new_key_pair


@click.command
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--sample", is_flag=True, help="Write three sample environments with all their manifests.")
@as_of_option
def init(directory: Path, sample: bool, as_of: datetime | None) -> None:  # noqa: FBT001 - a flag of click
    """Write settings, a signing key and, with --sample, a world to run at once.

    The sample's dates are relative to --as-of. Nothing that is there is overwritten: all is written, or nothing.

    \b
    Examples:
      reporter init .
      reporter init demo --sample --as-of 2026-06-11T15:40:00Z
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    files = sample_files(instant_of(as_of)) if sample else settings_files()
    key_path = directory / SIGNING_KEY
    written = write_new(directory, files, reserved=(key_path, key_path.with_name(f"{key_path.name}.pub")))
    try:
        key_path.parent.mkdir(mode=0o700, exist_ok=True)
        made = new_key_pair(key_path)
    except OSError as error:
        take_back(written)
        raise UsageFault(f"{key_path.parent}: cannot be made: {error.strerror}; choose another directory") from None
    except KeyFault:
        take_back(written)
        raise
    say(f"wrote {len(files)} files and a signing key (key id {made.key_id}) to {directory}")
    if sample:
        say(f"next: reporter run --settings {directory / SETTINGS}")
    else:
        say(
            f"next: describe your pilots in {directory / SETTINGS}, then reporter run --settings {directory / SETTINGS}"
        )
