"""Whose decision is in force (domain.md B8.3): Go's only where the gate selects it and it decided as Python did."""

from itertools import product

import pytest

from assess.cases import PILOT
from reporter.assess.everything import assess_reports
from reporter.assess.gate import assess_gate, gate_reports
from reporter.evaluation.decision import Decision, Severity, Verdict
from reporter.evaluation.parity import DIVERGED, judge, may_ask_go
from reporter.evaluation.runtime import RuntimeFault
from reporter.model.gate import Backend, GateDecision
from reporter.model.reports import Mode

PYTHON = Decision(
    decision=Verdict.ALLOW, action_type="read_file", target="a", rule_id="filesystem.read.allow", severity=Severity.LOW
)
GO = PYTHON.model_copy(update={"decision_id": "go", "reason": "other words", "policy_pack": "other"})
HUNG = RuntimeFault("runtime_timeout", "no whole answer in time")


def gate(mode: Mode, *dropped: str) -> GateDecision:
    case = PILOT.but(mode=mode).drop(*dropped).case()
    names = gate_reports(mode)
    return assess_gate(case, assess_reports(case, names) if names else {})


def test_same_decision_rule_and_severity_select_go_and_other_words_do_not_matter() -> None:
    for mode in (Mode.ENFORCE, Mode.PROMOTED):
        found = judge(gate(mode), PYTHON, GO)
        assert (found.selected_backend, found.parity_match, found.fallback_used) == (Backend.GO, True, False)
        assert (found.effective_decision, found.fallback_reason, found.fallback_detail) == (GO, "", "")


@pytest.mark.parametrize(
    "change",
    [{"decision": Verdict.BLOCK}, {"rule_id": "x"}, {"severity": Severity.HIGH}],
    ids=lambda one: next(iter(one)),
)
def test_decision_that_differs_falls_back_and_names_the_field(change: dict[str, object]) -> None:
    found = judge(gate(Mode.PROMOTED), PYTHON, GO.model_copy(update=change))
    assert (found.selected_backend, found.parity_match, found.fallback_used) == (Backend.PYTHON, False, True)
    assert found.fallback_reason == DIVERGED
    assert next(iter(change)) in found.fallback_detail
    assert found.effective_decision == PYTHON


def test_fault_of_the_runtime_falls_back_with_its_word() -> None:
    found = judge(gate(Mode.ENFORCE), PYTHON, HUNG)
    assert (found.selected_backend, found.parity_match, found.fallback_used) == (Backend.PYTHON, None, True)
    assert (found.fallback_reason, found.go_decision) == ("runtime_timeout", None)


@pytest.mark.parametrize("go", [GO, HUNG, None], ids=["agrees", "hangs", "silent"])
def test_shadow_stays_with_python_whatever_go_says(go: Decision | RuntimeFault | None) -> None:
    found = judge(gate(Mode.SHADOW), PYTHON, go)
    assert (found.selected_backend, found.effective_decision) == (Backend.PYTHON, PYTHON)
    assert found.parity_match is (True if go is GO else None)
    assert found.fallback_used is (go is HUNG)


def test_go_is_never_in_force_without_a_decision_that_agrees() -> None:
    answers = (None, HUNG, GO, GO.model_copy(update={"severity": Severity.HIGH}))
    for mode, dropped, go in product(Mode, ((), ("rollback_plan",)), answers):
        gated = gate(mode, *dropped)
        found = judge(gated, PYTHON, go)
        goes = gated.selected_backend is Backend.GO and go is GO
        assert (found.selected_backend is Backend.GO) is goes
        assert found.effective_decision is (GO if goes else PYTHON)
        assert bool(found.fallback_reason) is not goes


def test_go_is_not_asked_where_it_takes_no_part_or_a_report_speaks_against_it() -> None:
    asked = {(mode, dropped): may_ask_go(gate(mode, *dropped)) for mode in Mode for dropped in ((), ("rollback_plan",))}
    assert {key for key, value in asked.items() if value} == {
        (Mode.SHADOW, ()),
        (Mode.SHADOW, ("rollback_plan",)),
        (Mode.ENFORCE, ()),
        (Mode.ENFORCE, ("rollback_plan",)),
        (Mode.PROMOTED, ()),
    }
