"""`reporter init`: a directory to start in."""

import os
from datetime import datetime
from pathlib import Path

import click

from reporter.cli.options import as_of_option, instant_of
from reporter.cli.terminal import say
from reporter.errors import KeyFault, UsageFault
from reporter.sample.write import SETTINGS, SIGNING_KEY, sample_files, settings_files, take_back, write_new
from reporter.seal.keys import KeyPair, new_key_pair


@click.command
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option("--sample", is_flag=True, help="Write three sample environments with all their manifests.")
@as_of_option
def init(directory: Path, sample: bool, as_of: datetime | None) -> None:  # noqa: FBT001 - a flag of click
    """Write settings, a signing key and, with --sample, a world to run at once.

    Asks nothing, and works in the directory that it is in unless DIRECTORY names another. Settings and a key that are
    there are kept. The sample's dates are relative to --as-of; its files are written all or none, over nothing.

    \b
    Examples:
      reporter init
      reporter init demo --sample --as-of 2026-06-11T15:40:00Z
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    key_path = directory / SIGNING_KEY
    kept = [] if sample else [path for path in (directory / SETTINGS, key_path) if os.path.isfile(path)]  # noqa: PTH113 - never raises
    files = sample_files(instant_of(as_of)) if sample else settings_files()
    files = {name: text for name, text in files.items() if directory / name not in kept}
    keys = () if key_path in kept else (key_path, key_path.with_name(f"{key_path.name}.pub"))
    written = write_new(directory, files, reserved=keys)
    made = _make_key(key_path, written) if keys else None
    if files or made:
        what = [f"{len(files)} file{'' if len(files) == 1 else 's'}"] if files else []
        what += [f"a signing key (key id {made.key_id})"] if made else []
        say(f"wrote {' and '.join(what)} to {directory}")
    for path in kept:
        say(f"kept {path}, which was there")
    _say_next(directory, sample=sample, kept=bool(kept))


def _make_key(path: Path, written: list[Path]) -> KeyPair:
    """Make the key pair; where that is not possible, take back what was written before."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return new_key_pair(path)
    except OSError as error:
        take_back(written)
        raise UsageFault(f"{path.parent}: cannot be made: {error.strerror}; choose another directory") from None
    except KeyFault:
        take_back(written)
        raise


def _say_next(directory: Path, *, sample: bool, kept: bool) -> None:
    """Say what to do next, in the order in which it is done."""
    where = "" if directory == Path() else f" --settings {directory / SETTINGS}"
    steps = [] if sample or kept else [f"describe your pilots in {directory / SETTINGS}"]
    steps += [] if sample else [f"reporter doctor{where}"]
    steps += [f"reporter run{where}"]
    say(f"next: {', then '.join(steps)}")
