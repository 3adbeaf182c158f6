"""Release readiness (domain.md A8, C8, C9)."""

from typing import Any

import pytest

from loops import records as make
from loops.cases import HOUR, MINUTE, NOW, RH, F, calm, settled
from reporter.loops.closure import assess_closure
from reporter.loops.health import assess_health
from reporter.loops.readiness import REPORTS, ApprovalRefused, assess_readiness, check_approval
from reporter.model.case import Artifact
from reporter.model.reports import AlertLevel, Mode, Status
from reporter.model.routes import ReleaseReadiness

GOOD = dict.fromkeys((*REPORTS, "schedule"), Status.READY)
ARTIFACTS = (Artifact("index.html", exists=True, verified=True),)


def ready(
    *values: make.RecordValue,
    reports: dict[str, Status] | None = None,
    artifacts: tuple[Artifact, ...] = ARTIFACTS,
    mode: Mode = Mode.PROMOTED,
    world: list[make.RecordValue] | None = None,
) -> ReleaseReadiness:
    states = settled(*(calm() if world is None else world), *values)
    return assess_readiness(
        GOOD | (reports or {}), assess_health(states, mode), assess_closure(states, mode), states, artifacts
    )


def codes(found: ReleaseReadiness) -> list[str]:
    return [one.code for one in found.blockers]


def test_everything_in_order_is_ready() -> None:
    found = ready()
    assert (found.ready, found.state, found.recommended_state) == (True, "ready", "approve_release_closure")
    assert found.blockers == ()


@pytest.mark.parametrize("name", [*REPORTS, "schedule"])
def test_c9_every_readiness_report_counts_where_upstream_looks_at_none(name: str) -> None:
    found = ready(reports={name: Status.NEEDS_ATTENTION})
    assert (found.state, found.recommended_state) == ("blocked", "hold_release_closure")
    assert codes(found) == [f"{name}_not_accepted"]


@pytest.mark.parametrize(
    ("name", "status", "accepted"),
    [
        ("schedule", Status.DUE_SOON, True),
        ("schedule", Status.NOT_REQUESTED, False),
        ("deployment", Status.NOT_CONFIGURED, True),
        ("drills", Status.NOT_REQUESTED, True),
        ("drills", Status.DUE_SOON, False),
    ],
)
def test_accepted_statuses(name: str, status: Status, *, accepted: bool) -> None:
    assert ready(reports={name: status}).ready is accepted


def test_missing_report_blocks() -> None:
    states = settled(*calm())
    without = {name: status for name, status in GOOD.items() if name != "drills"}
    found = assess_readiness(without, (), assess_closure(states, Mode.PROMOTED), states, ARTIFACTS)
    assert [(one.code, one.detail) for one in found.blockers] == [
        ("drills_not_accepted", "found no report, wanted not_requested or ready")
    ]


def test_critical_worker_health_blocks_and_warnings_do_not() -> None:
    missed = [value for value in calm() if value["metadata_kind"] != RH.worker_run.word]
    assert codes(ready(world=missed)) == ["worker_health_recovery_retry_health_alert"]
    stale = [value for value in calm() if value["metadata_kind"] != RH.retry_plan.word]
    assert ready(world=stale).ready


def test_open_closure_blocks_with_its_codes() -> None:
    lost = make.delivery(F, NOW, "export-1", failed=["slack"])
    assert codes(ready(lost)) == ["auditor_export_delivery_failed"]


def test_c3_no_evidence_blocks_where_upstream_is_ready() -> None:
    assert "no_reporting_evidence" in codes(ready(world=[]))


def test_what_was_not_requested_is_not_ready() -> None:
    assert codes(ready(world=[], mode=Mode.SHADOW)) == ["final_reporting_closure_state"]


def test_outstanding_acknowledgements_block_and_are_critical_once_breached() -> None:
    for age, severity in ((MINUTE, AlertLevel.WARNING), (2 * HOUR, AlertLevel.CRITICAL)):
        found = ready(*(make.delivery(RH, NOW - age, f"health-{n}") for n in range(4)))
        blocker = next(one for one in found.blockers if one.code == "notification_acknowledgements")
        assert blocker.severity is severity
        assert blocker.detail.startswith("4 outstanding: recovery_retry_health_alert health-0 -> slack, ")
        assert blocker.detail.endswith(", ...")
    few = ready(make.delivery(RH, NOW, "health-0"))
    assert not few.blockers[-1].detail.endswith("...")


def test_blockers_come_in_the_order_of_severity() -> None:
    found = ready(make.delivery(RH, NOW, "health-1"), reports={"schedule": Status.NOT_REQUESTED})
    assert [(one.code, str(one.severity)) for one in found.blockers] == [
        ("recovery_retry_health_alert_acknowledgement_outstanding", "critical"),
        ("schedule_not_accepted", "warning"),
        ("notification_acknowledgements", "warning"),
    ]


@pytest.mark.parametrize(
    ("artifacts", "detail"),
    [
        ((), "the bundle promises no artifact"),
        ((Artifact("index.html", exists=False, verified=False),), "index.html is not there"),
        ((*ARTIFACTS, Artifact("readiness.pdf", exists=True, verified=False)), "readiness.pdf does not verify"),
    ],
    ids=["none", "missing", "unverified"],
)
def test_c8_artifacts_are_looked_at(artifacts: tuple[Artifact, ...], detail: str) -> None:
    found = ready(artifacts=artifacts)
    assert [(one.code, one.detail) for one in found.blockers] == [("release_readiness_artifacts", detail)]


def test_blocked_summary_is_approved_only_with_an_override_and_its_reason() -> None:
    blocked = ready(reports={"drills": Status.NEEDS_ATTENTION})
    with pytest.raises(ApprovalRefused, match=r"a blocked summary \(drills_not_accepted\)"):
        check_approval(blocked, override=False, reason="")
    with pytest.raises(ApprovalRefused, match="without a reason"):
        check_approval(blocked, override=True, reason=" ")
    check_approval(blocked, override=True, reason="drill is booked for tomorrow, CHG-12")
    check_approval(ready(), override=False, reason="")


@pytest.mark.parametrize(
    "values", [[], [make.delivery(F, NOW, "export-1", failed=["slack"])]], ids=["ready", "blocked"]
)
def test_every_later_report_shows_the_overrides(values: list[Any]) -> None:
    decided = [
        make.release_decision(NOW - HOUR, override=True, reason="CHG-12"),
        make.release_decision(NOW - MINUTE, override=False),
        make.release_decision(NOW - MINUTE, "denied", override=True, reason="no"),
    ]
    (override,) = ready(*decided, *values).overrides
    assert (override.reason, override.decided_by, override.decided_at) == ("CHG-12", make.ACTOR, NOW - HOUR)
