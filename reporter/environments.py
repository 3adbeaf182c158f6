"""Which environments a call is about."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reporter.errors import UsageFault
from reporter.settings_places import Places

if TYPE_CHECKING:
    from reporter.settings_model import Settings


def chosen_environments(settings: "Settings | Places", wanted: Sequence[str]) -> list[str]:
    """Give the environments to run: those named, else all."""
    known = ", ".join(sorted(settings.environments)) or "none"
    unknown = [name for name in wanted if name not in settings.environments]
    if unknown:
        raise UsageFault(*(f"environment {name!r} is not in the settings; known: {known}" for name in unknown))
    if not settings.environments:
        raise UsageFault(
            "nothing to assess: no [environments.NAME] in a settings file and no CAVRA_* variable;"
            " `reporter init DIR` writes settings, --settings names them"
        )
    return list(dict.fromkeys(wanted)) or sorted(settings.environments)
