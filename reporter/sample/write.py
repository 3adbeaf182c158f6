"""Writing a fresh project directory: settings, manifests, evidence and the stand-in for the Go runtime."""

import contextlib
import json
import os
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from reporter.errors import UsageFault
from reporter.model.manifests import BY_ALIAS
from reporter.sample.records import sample_records
from reporter.sample.runtime import RUNTIME
from reporter.sample.world import BINARY, compiled_policy, sample_settings, sample_world
from reporter.settings_text import example_text

SETTINGS: Final = Path("reporter.toml")
SIGNING_KEY: Final = Path("keys", "signing.key")


def sample_files(as_of: datetime) -> dict[Path, str]:
    """Give every file of the sample world by its path; raise UsageFault when the calendar ends before its dates."""
    try:
        world, evidence = sample_world(as_of), sample_records(as_of)
    except OverflowError:
        message = f"--as-of: found {as_of.isoformat()}, wanted a time with a year of drills before and after it"
        raise UsageFault(message) from None
    files = {
        SETTINGS: sample_settings(),
        Path("compiled-policy.json"): _json(compiled_policy()),
        Path(BINARY): RUNTIME,
    }
    for environment, manifests in world.items():
        for alias, manifest in manifests.items():
            files[Path("manifests", environment, BY_ALIAS[alias].file_name)] = _json(manifest)
    for environment, records in evidence.items():
        files[Path("evidence", f"{environment}.jsonl")] = "".join(map(_line, records))
    return files


def settings_files() -> dict[Path, str]:
    """Give a `reporter.toml` with every key explained."""
    return {SETTINGS: example_text()}


def write_new(directory: Path, files: Mapping[Path, str], reserved: Collection[Path] = ()) -> list[Path]:
    """Write files that are not there yet, all or none; scripts become executable. Give all paths that were made.

    `reserved` are paths that the caller writes next. Raise UsageFault rather than overwrite anything, and leave
    nothing behind when the disk refuses.
    """
    wanted = [*(directory / name for name in files), *reserved]
    taken = [path for path in wanted if os.path.lexists(path)]
    if taken:
        more = f" and {len(taken) - 1} more of what is to be written" if len(taken) > 1 else ""
        raise UsageFault(f"{taken[0]}{more}: already there, and never overwritten; choose another directory")
    made: list[Path] = []
    try:
        for name, text in files.items():
            _make_directories((directory / name).parent, made)
            _write_one(directory / name, text, made)
    except OSError as error:
        take_back(made)
        message = f"{error.filename or directory}: cannot be written: {error.strerror}; choose another directory"
        raise UsageFault(message) from None
    return made


def take_back(made: list[Path]) -> None:
    """Remove what was made, as far as the disk lets us."""
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()


def _make_directories(path: Path, made: list[Path]) -> None:
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        missing.mkdir()
        made.append(missing)


def _write_one(path: Path, text: str, made: list[Path]) -> None:
    with path.open("x", encoding="utf-8") as file:
        made.append(path)
        file.write(text)
    path.chmod(0o755 if text.startswith("#!") else 0o644)  # whatever the umask


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _line(record: object) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"
