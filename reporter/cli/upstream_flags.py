"""Upstream's flags: one for each key of an environment that is not ours alone (domain.md B1.0).

Any of them without --environment means that flags and upstream's variables are all there is.
"""

from collections.abc import Callable
from typing import Any, Final

import click

from reporter.cli.terminal import remark
from reporter.environments import chosen_environments
from reporter.errors import UsageFault
from reporter.model.manifests import MANIFESTS
from reporter.model.reports import Mode
from reporter.settings import DEFAULT_ENVIRONMENT, load_settings, override
from reporter.settings_model import EnvironmentSettings, Settings

OURS_ALONE: Final = ("manifests_dir", "records", "executor", "loops", "recovery", "deliver")
"""Keys of an environment that upstream has no flag for."""

_OTHER_FLAGS: Final = {kind.path_key: (kind.flag,) for kind in MANIFESTS if kind.flag}


def upstream_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add them to a command."""
    for key, field in reversed(EnvironmentSettings.model_fields.items()):
        if key in OURS_ALONE:
            continue
        kind: click.Choice[str] | type[float] | None = None
        if key == "mode":
            kind = click.Choice([mode.value for mode in Mode], case_sensitive=False)
        elif field.annotation is float:
            kind = float
        names = [f"--{key.replace('_', '-')}", *_OTHER_FLAGS.get(key, ())]
        command = click.option(*names, key, type=kind, help=field.description, metavar=None if kind else "PATH")(
            command
        )
    return command


def settings_for(settings_file: str | None, environment: str | None, flags: dict[str, object]) -> tuple[Settings, str]:
    """Give the settings that a call means, with its flags over them, and the one environment. Raise UsageFault."""
    unnamed = environment is None and settings_file is None
    alone = unnamed and bool(flags.keys() - set(OURS_ALONE))
    settings, remarks = load_settings(settings_file, from_file=not alone)
    for line in remarks:
        remark(line)
    if alone or (unnamed and flags and not settings.file and not settings.environments):
        return override(settings, DEFAULT_ENVIRONMENT, flags), DEFAULT_ENVIRONMENT
    names = chosen_environments(settings, [environment] if environment else [])
    if len(names) > 1:
        raise UsageFault(f"several environments in the settings: choose one with --environment ({', '.join(names)})")
    return (override(settings, names[0], flags) if flags else settings), names[0]
