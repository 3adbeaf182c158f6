"""What holds the release, in words: a blocker's code tells which report, worker or open item it is about."""

from typing import Final, NamedTuple

from reporter.model.closing_reports import BlockerRow
from reporter.model.readiness import Readiness
from reporter.model.registry import BY_NAME
from reporter.render.wording import plain, prose, spelt

NOT_ACCEPTED: Final = "_not_accepted"
WORKER: Final = "worker_health_"
ACKNOWLEDGEMENTS: Final = "notification_acknowledgements"
OUTSTANDING: Final = "_acknowledgement_outstanding"

_TITLES: Final = {
    ACKNOWLEDGEMENTS: "Acknowledgements",
    "final_reporting_closure_state": "Final closure",
    "release_readiness_artifacts": "Files of the bundle",
}


class Named(NamedTuple):
    """A blocker with the report that it comes from."""

    row: BlockerRow
    title: str
    report: str


def say(title: str, detail: str) -> str:
    """Say what a thing is and what is wrong with it; a detail that starts by naming it again does not."""
    return f"{plain(title)}: {prose(without_name(title, detail))}"


def without_name(title: str, detail: str) -> str:
    """Leave out the name that a detail starts with where the title has it."""
    name, _, rest = detail.partition(": ")
    return rest if rest and name and name in title else detail


def name_blockers(readiness: Readiness) -> tuple[Named, ...]:
    """Name every blocker of release readiness, in its order: the worst first."""
    items = {one.code: one.title for one in readiness.loops.closure.open_items}
    workers = {f"{WORKER}{one.loop}": one.title for one in readiness.loops.worker_health.loops}
    return tuple(_name(row, items, workers) for row in readiness.loops.release_readiness.blockers)


def _name(row: BlockerRow, items: dict[str, str], workers: dict[str, str]) -> Named:
    code = row.code
    if code in items:
        return Named(row, plain(items[code]), "closure")
    if code.startswith(WORKER):
        return Named(row, f"Worker of {plain(workers.get(code, code.removeprefix(WORKER)))}", "worker-health")
    report = BY_NAME.get(code.removesuffix(NOT_ACCEPTED))
    if code.endswith(NOT_ACCEPTED) and report:
        return Named(row, report.title, report.name)
    if code == ACKNOWLEDGEMENTS:
        return Named(row, _TITLES[code], "escalation-plan")
    return Named(row, _TITLES.get(code) or spelt(code), "release-readiness")
