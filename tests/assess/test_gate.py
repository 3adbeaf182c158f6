"""Which backend may be selected (domain.md B8.3): the whole truth table, and the reasons in their order."""

from collections.abc import Mapping
from itertools import product
from typing import Final

import pytest

from assess.cases import PILOT, Pilot
from reporter.assess.everything import assess_reports
from reporter.assess.gate import DISABLED, SHADOW, assess_gate, code_of, gate_reports
from reporter.model.gate import Backend, GateDecision
from reporter.model.reports import Mode, Report, Status

ASKED: Final = gate_reports(Mode.PROMOTED)
REAL: Final = assess_reports(PILOT.case(), ASKED)
CASES: Final = {mode: PILOT.but(mode=mode).case() for mode in Mode}
STATES: Final[tuple[Status | None, ...]] = (None, *Status)
"""What a report can be: not there at all, or of any status."""


def let_through(name: str, status: Status | None) -> bool:
    """Say by hand what lets Go through: only ready, and of a schedule also due soon."""
    return status is Status.READY or (name == "schedule" and status is Status.DUE_SOON)


def with_statuses(statuses: Mapping[str, Status | None]) -> dict[str, Report]:
    return {
        name: REAL[name].model_copy(update={"status": status})
        for name, status in statuses.items()
        if status is not None
    }


def decided(mode: Mode, reports: dict[str, Report]) -> GateDecision:
    return assess_gate(CASES[mode], reports)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("status", STATES, ids=str)
def test_each_report_in_each_state_lets_go_through_in_each_mode_or_does_not(
    mode: Mode, name: str, status: Status | None
) -> None:
    found = decided(mode, with_statuses({one: Status.READY for one in ASKED if one != name} | {name: status}))
    asked = name in gate_reports(mode)
    against = [code_of(name)] if asked and not let_through(name, status) else []
    by_mode = {Mode.DISABLED: [DISABLED], Mode.SHADOW: [SHADOW]}.get(mode, [])
    assert [one.code for one in found.reasons] == [*against, *by_mode]
    assert found.selected_backend is (Backend.PYTHON if against or by_mode else Backend.GO)
    assert found.fallback_used is bool(against)
    assert found.fallback_reason == next(iter([*against, *by_mode]), "")
    assert found.backend_mode is mode


@pytest.mark.parametrize("mode", list(Mode))
def test_every_combination_of_missing_failing_and_ready_selects_go_only_where_nothing_is_against_it(mode: Mode) -> None:
    for states in product((None, Status.NEEDS_ATTENTION, Status.READY), repeat=len(ASKED)):
        statuses = dict(zip(ASKED, states, strict=True))
        against = [code_of(name) for name in gate_reports(mode) if not let_through(name, statuses[name])]
        found = decided(mode, with_statuses(statuses))
        goes = mode in {Mode.ENFORCE, Mode.PROMOTED} and not against
        assert (found.selected_backend is Backend.GO) is goes, (mode, statuses)
        assert [one.code for one in found.reasons if one.report] == against, (mode, statuses)
        assert found.fallback_used is bool(against)


def test_promoted_asks_backend_promotion_rollback_rehearsal_drills_and_schedule_in_this_order() -> None:
    assert gate_reports(Mode.PROMOTED) == ("backend", "promotion", "rollback", "rehearsal", "drills", "schedule")
    assert gate_reports(Mode.ENFORCE) == gate_reports(Mode.SHADOW) == ("backend",)
    assert gate_reports(Mode.DISABLED) == ()


def judged(pilot: Pilot) -> GateDecision:
    return assess_gate(pilot.case(), assess_reports(pilot.case(), gate_reports(pilot.mode)))


def test_sound_pilot_may_select_go() -> None:
    found = judged(PILOT)
    assert (found.selected_backend, found.reasons, found.fallback_reason) == (Backend.GO, (), "")


def test_reasons_repeat_every_failed_check_with_its_remedy() -> None:
    found = judged(PILOT.drop("rollback_plan", "promotion_evidence"))
    assert [one.code for one in found.reasons][:2] == [code_of("promotion"), code_of("rollback")]
    for reason in found.reasons:
        assert reason.status is Status.NEEDS_ATTENTION
        assert reason.message.startswith(f"{REAL[reason.report].title}: needs attention: ")
        assert reason.checks
        assert all(one.message and one.remedy for one in reason.checks)
    assert GateDecision.model_validate_json(found.model_dump_json()) == found


def test_report_that_says_no_more_than_its_status_is_told_once() -> None:
    reports = dict(REAL) | {
        "drills": REAL["drills"].model_copy(update={"status": Status.NOT_REQUESTED, "summary": "not requested"})
    }
    (reason,) = decided(Mode.PROMOTED, reports).reasons
    assert reason.message == "Drill history: not requested"
