"""Everything that the console shows of an environment, read and assessed as of one instant."""

from datetime import datetime

from reporter import __version__
from reporter.assess.readiness import build_readiness
from reporter.jobs.console.newest import newest_records
from reporter.jobs.loops import states_of
from reporter.jobs.readiness import check_reports, readable_key
from reporter.model.registry import BY_NAME
from reporter.render.console import ConsoleView, build_console_view
from reporter.settings_model import Settings


def look_at(settings: Settings, environment: str, now: datetime) -> ConsoleView:
    """Assess every report, and word it for the console. The reports are those that `reporter check` gives."""
    evidence = states_of(settings, environment, now, key=readable_key(settings))
    reports, case = check_reports(settings, environment, tuple(BY_NAME), now, states=evidence.states)
    readiness = build_readiness(case, reports, __version__, records=evidence.sources)
    return build_console_view(readiness, evidence.states, newest_records(settings, environment))
