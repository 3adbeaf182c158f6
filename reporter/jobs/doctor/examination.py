"""The examination as a whole: the machine first, then the settings, then everything that they name."""

from collections.abc import Iterator
from datetime import datetime

from reporter.errors import ReporterError, UsageFault
from reporter.jobs.doctor.clock import look_at_clock
from reporter.jobs.doctor.diagnosis import Diagnosis, fail, well
from reporter.jobs.doctor.holdings import look_at_connectors, look_at_key, look_at_ledger, look_at_rules
from reporter.jobs.doctor.machine import look_at_machine
from reporter.jobs.doctor.places import look_at_places
from reporter.settings import load_settings


def examine(settings_file: str | None, now: datetime) -> Iterator[Diagnosis]:
    """Look at everything; where one look ends in an error, that is what it found, and the others go on."""
    yield from look_at_machine()
    try:
        settings, remarks = load_settings(settings_file)
    except UsageFault as fault:
        for one in fault.faults:
            yield fail("settings", one, "correct the settings; `reporter settings example` prints every key")
        return
    yield well("settings", "; ".join([settings.file or "no file: the variables of the environment alone", *remarks]))
    yield from look_at_rules(settings)
    yield from look_at_places(settings)
    yield look_at_key(settings)
    try:
        yield look_at_ledger(settings)
        yield from look_at_clock(settings, now)
    except ReporterError as error:
        yield fail("bundles", "; ".join(error.faults), "make the directory readable")
    yield from look_at_connectors(settings)
