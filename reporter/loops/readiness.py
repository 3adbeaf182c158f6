"""Release readiness: reports, worker health, closure, answers and artifacts as one decision (domain.md A8)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reporter.loops.health import worst_level
from reporter.loops.routes import LoopStates
from reporter.model.case import Artifact
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel, Status
from reporter.model.routes import Blocker, ClosureState, FinalClosure, Override, ReleaseReadiness, WorkerHealth
from reporter.model.text import is_blank

REPORTS: Final = ("deployment", "promotion", "rollback", "rehearsal", "drills")
SCHEDULE_ACCEPTED: Final = frozenset({Status.READY, Status.DUE_SOON})
APPROVED: Final = "approved"


class ApprovalRefused(ValueError):
    """A blocked summary was to be approved without an override, or without a reason for it."""


def assess_readiness(
    reports: Mapping[str, Status],
    health: Iterable[WorkerHealth],
    closure: FinalClosure,
    states: LoopStates,
    artifacts: Iterable[Artifact] | None,
) -> ReleaseReadiness:
    """Decide. The blockers come in the order of severity; within one, in the order in which the rule names them.

    Without `artifacts` there is no bundle yet whose promise could be broken: the run that asks is making the first,
    and leaves none unless it verifies.
    """
    order = list(AlertLevel)
    blockers = sorted(
        (
            *_reports(reports),
            *_health(health),
            *_closure(closure),
            *_acknowledgements(states),
            *(() if artifacts is None else _artifacts(tuple(artifacts))),
        ),
        key=lambda one: -order.index(one.severity),
    )
    return ReleaseReadiness(not blockers, tuple(blockers), overrides(states))


def overrides(states: LoopStates) -> tuple[Override, ...]:
    """List every override there was, with its reason: later reports show them all."""
    return tuple(
        Override(note.summary, note.by, note.at, note.reason, note.id)
        for note in states.releases
        if note.override and note.state == APPROVED
    )


def check_approval(readiness: ReleaseReadiness, *, override: bool, reason: str) -> None:
    """Let an approval through, or raise ApprovalRefused: what is blocked needs an override, and that a reason."""
    if readiness.ready:
        return
    codes = ", ".join(one.code for one in readiness.blockers)
    if not override:
        raise ApprovalRefused(f"found a blocked summary ({codes}), wanted a ready one or an explicit override")
    if is_blank(reason):
        raise ApprovalRefused(f"found an override of {codes} without a reason, wanted a reason")


def _reports(reports: Mapping[str, Status]) -> Iterator[Blocker]:
    for name in REPORTS:
        yield from _unaccepted(name, reports.get(name), BY_NAME[name].accepted)
    yield from _unaccepted("schedule", reports.get("schedule"), SCHEDULE_ACCEPTED)


def _unaccepted(name: str, status: Status | None, accepted: frozenset[Status]) -> Iterator[Blocker]:
    if status is None or status not in accepted:
        wanted = " or ".join(sorted(accepted))
        severity = worst_level((status.alert_level, AlertLevel.WARNING)) if status else AlertLevel.CRITICAL
        yield Blocker(f"{name}_not_accepted", severity, f"found {status or 'no report'}, wanted {wanted}")


def _health(health: Iterable[WorkerHealth]) -> Iterator[Blocker]:
    for one in health:
        if one.alert_level is AlertLevel.CRITICAL:
            said = "; ".join(alert.message for alert in one.alerts if alert.severity is AlertLevel.CRITICAL)
            yield Blocker(f"worker_health_{one.loop}", AlertLevel.CRITICAL, said)


def _closure(closure: FinalClosure) -> Iterator[Blocker]:
    if closure.state is ClosureState.NOT_REQUESTED:
        yield Blocker("final_reporting_closure_state", AlertLevel.WARNING, "found not_requested, wanted closed")
    for item in closure.open_items:
        yield Blocker(item.code, item.severity, item.detail)


def _acknowledgements(states: LoopStates) -> Iterator[Blocker]:
    missing = [one for one in states.routes if one.acknowledgement.outstanding]
    if missing:
        breached = any(one.acknowledgement.breached for one in missing)
        names = ", ".join(str(one.route) for one in missing[:3]) + (", ..." if len(missing) > 3 else "")  # noqa: PLR2004
        yield Blocker(
            "notification_acknowledgements",
            AlertLevel.CRITICAL if breached else AlertLevel.WARNING,
            f"{len(missing)} outstanding: {names}",
        )


def _artifacts(artifacts: tuple[Artifact, ...]) -> Iterator[Blocker]:
    if not artifacts:
        yield Blocker("release_readiness_artifacts", AlertLevel.CRITICAL, "the bundle promises no artifact")
    for one in artifacts:
        if not (one.exists and one.verified):
            found = "does not verify" if one.exists else "is not there"
            yield Blocker("release_readiness_artifacts", AlertLevel.CRITICAL, f"{one.name} {found}")
