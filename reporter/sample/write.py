"""Writing a fresh project directory: settings, manifests and the stand-in for the Go runtime."""

import json
import os
from datetime import datetime
from pathlib import Path

from reporter.errors import UsageFault
from reporter.model.manifests import BY_ALIAS
from reporter.sample.world import BINARY, compiled_policy, sample_settings, sample_world
from reporter.settings_text import example_text

RUNTIME = "#!/bin/sh\n# Stands in for the Go runtime, which the reporter hashes and never runs.\nexit 1\n"


def write_sample(directory: Path, as_of: datetime) -> list[Path]:
    """Write the sample world; raise UsageFault rather than overwrite a file."""
    files = {Path("reporter.toml"): sample_settings(), Path("compiled-policy.json"): _json(compiled_policy())}
    for environment, manifests in sample_world(as_of).items():
        for alias, manifest in manifests.items():
            files[Path("manifests", environment, BY_ALIAS[alias].file_name)] = _json(manifest)
    written = write_new(directory, files)
    return [*written, *write_new(directory, {Path(BINARY): RUNTIME}, mode=0o755)]


def write_settings(directory: Path) -> list[Path]:
    """Write a `reporter.toml` with every key explained; raise UsageFault rather than overwrite one."""
    return write_new(directory, {Path("reporter.toml"): example_text()})


def write_new(directory: Path, files: dict[Path, str], mode: int = 0o644) -> list[Path]:
    """Write files that are not there yet, all or none."""
    taken = [str(directory / name) for name in files if (directory / name).exists()]
    if taken:
        raise UsageFault(*(f"{path}: already there; choose another directory" for path in taken))
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        os.chmod(path, mode)  # noqa: PTH101 - whatever the umask
    return [directory / name for name in files]


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
