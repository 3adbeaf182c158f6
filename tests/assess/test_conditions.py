"""From conditions to checks: what a check says, and that one which cannot fail is refused."""

import pytest

from assess.cases import PILOT, there, unconfigured
from reporter.assess.conditions import (
    CheckSpec,
    Condition,
    check,
    faults_under,
    fold,
    found_at,
    head,
    holds,
    judged,
    not_applicable,
    readable,
    under,
)
from reporter.model.checks import CheckStatus
from reporter.model.documents import Document, DocumentState, Fault
from reporter.model.reports import AlertLevel, Status

SPEC = CheckSpec("some_check", "Some check", "Do something.")
DOCUMENT = Document(
    "plan", "plan.json", DocumentState.READ, "1" * 64, 7, value={"a": [1, {"b/c": "x"}], "n": None, "~": True}
)
MET = Condition(DOCUMENT, "/a", "1", "1", met=True)
UNMET = Condition(DOCUMENT, "/a/0", "1", "2", met=False)


def test_check_passes_when_every_condition_holds() -> None:
    passed = check(SPEC, [MET])
    assert passed.status is CheckStatus.PASS
    assert (passed.message, passed.reasons, passed.remedy) == ("1 condition met in plan.json", (), "")


def test_document_without_a_name_is_called_by_its_role() -> None:
    nameless = Condition(there("plan", ""), "", "7 bytes", "a file", met=True)
    assert check(SPEC, [MET, nameless, nameless]).message == "2 conditions met in plan.json, plan"


def test_one_unmet_condition_fails_the_check() -> None:
    failing = check(SPEC, [MET, UNMET])
    assert failing.status is CheckStatus.FAIL
    assert failing.message == "plan.json /a/0: found 1, wanted 2"
    assert failing.remedy == "Do something."
    assert [evidence.pointer for evidence in failing.evidence] == ["/a", "/a/0"]


def test_message_names_every_unmet_condition_once_and_in_order() -> None:
    other = Condition(there("x", ""), "", "nothing", "something", met=False)
    failing = check(SPEC, [UNMET, other, UNMET, MET])
    assert failing.message == "plan.json /a/0: found 1, wanted 2; x: found nothing, wanted something"
    assert len(failing.reasons) == 2


def test_check_without_a_condition_is_refused() -> None:
    with pytest.raises(AssertionError, match="some_check has no condition: it could not fail"):
        check(SPEC, [])


def test_same_place_is_shown_once_as_evidence_and_unconfigured_documents_never() -> None:
    nothing = Condition(unconfigured("plan2"), "", "no path configured", "a file", met=False)
    shown = check(SPEC, [MET, MET._replace(wanted="other"), nothing])
    assert [(one.document, one.pointer) for one in shown.evidence] == [("plan", "/a")]


def test_invisible_characters_of_a_document_are_written_as_codes() -> None:
    hostile = Document("plan", "pl\u202ean.json", DocumentState.READ, value={"\x1b[31m": 1})
    failing = check(SPEC, [holds(hostile, "/\x1b[31m", "2", met=False)])
    assert failing.message == r"pl\u202ean.json /\u001b[31m: found 1, wanted 2"
    assert check(SPEC, [Condition(hostile, "", "", "", met=True)]).message == r"1 condition met in pl\u202ean.json"


@pytest.mark.parametrize(
    ("pointer", "found"),
    [("/a", "a list of 2"), ("/a/0", "1"), ("/a/1", "an object of 1"), ("/a/1/b~1c", '"x"'), ("/a/2", "nothing"),
     ("/a/-", "nothing"), ("/a/00", "1"), ("/a/b", "nothing"), ("/n", "null"), ("/n/x", "nothing"), ("/~0", "true"),
     ("/x", "nothing"), ("", "an object of 3")],
)  # fmt: skip
def test_value_at_a_pointer_is_described(pointer: str, found: str) -> None:
    assert found_at(DOCUMENT, pointer) == found


def test_document_that_was_not_read_holds_nothing() -> None:
    assert found_at(unconfigured("x"), "") == "nothing"
    assert found_at(unconfigured("x"), "/a") == "nothing"


def test_readable_gives_one_condition_for_each_fault() -> None:
    faulty = Document("x", "x", DocumentState.READ, faults=(Fault("/a", "1", "2"), Fault("/b", "3", "4")), value={})
    assert [(one.pointer, one.met) for one in readable(faulty, "a file")] == [("/a", False), ("/b", False)]
    assert readable(unconfigured("x"), "a file")[0].found == "no path configured"
    assert readable(DOCUMENT, "a file")[0].found == "7 bytes"
    directory = Document("package_dir", "release", DocumentState.READ)
    assert readable(directory, "a directory") == [Condition(directory, "", "there", "a directory", met=True)]


def test_faults_of_a_value_stand_for_the_wants_at_and_below_it() -> None:
    manifest = PILOT.put("rollback_plan", "/controls", None).case().manifest("rollback_plan")
    conditions = judged(manifest, "rollback plan")
    assert [one for one in conditions if one.pointer == "/controls"] == [
        Condition(manifest.document, "/controls", "null", "a list", met=False)
    ]


def test_under_keeps_what_lies_at_or_below_and_the_document_as_a_whole() -> None:
    whole, above, at, below, beside = (
        Condition(DOCUMENT, pointer, "", "", met=True) for pointer in ("", "/a", "/a/b", "/a/b/c", "/a/bc")
    )
    assert under([whole, above, at, below, beside], "/a/b") == [whole, at, below]
    assert under([whole, above, at, below, beside], "/a/bc", "/a/b/c") == [whole, below, beside]


def test_faults_under_a_pointer_are_conditions_that_do_not_hold() -> None:
    faulty = Document(
        "x", "x", DocumentState.READ, faults=(Fault("", "1", "2"), Fault("/a", "", ""), Fault("/b", "", ""))
    )
    assert [(one.pointer, one.met) for one in faults_under(faulty, "/b")] == [("", False), ("/b", False)]


def test_fold_is_ready_only_without_a_failed_check() -> None:
    passed, failing, skipped = check(SPEC, [MET]), check(SPEC, [UNMET]), not_applicable(SPEC, "nobody asked")
    assert fold([]) is fold([passed, skipped]) is Status.READY
    assert fold([passed, failing, skipped]) is Status.NEEDS_ATTENTION
    assert (skipped.status, skipped.message, skipped.remedy) == (CheckStatus.NOT_APPLICABLE, "nobody asked", "")


@pytest.mark.parametrize(
    ("status", "level"),
    [
        (Status.READY, AlertLevel.HEALTHY), (Status.DUE_SOON, AlertLevel.WARNING),
        (Status.NEEDS_ATTENTION, AlertLevel.CRITICAL), (Status.NOT_CONFIGURED, AlertLevel.HEALTHY),
        (Status.NOT_REQUESTED, AlertLevel.HEALTHY), (Status.DISABLED, AlertLevel.HEALTHY),
    ],
)  # fmt: skip
def test_status_has_its_alert_level(status: Status, level: AlertLevel) -> None:
    assert head("backend", PILOT.case(), status, ())["alert_level"] is level


@pytest.mark.parametrize(
    ("marks", "summary"),
    [
        ("", "not requested"),
        ("-", "not requested"),
        ("p", "1 of 1 checks passed"),
        ("pp-", "2 of 2 checks passed"),
        ("pf-", "1 of 2 checks failed: Some check"),
        ("ff", "2 of 2 checks failed: Some check, Some check"),
    ],
)
def test_summary_counts_what_was_asked(marks: str, summary: str) -> None:
    made = {"p": check(SPEC, [MET]), "f": check(SPEC, [UNMET]), "-": not_applicable(SPEC, "nobody asked")}
    assert head("backend", PILOT.case(), Status.NOT_REQUESTED, tuple(made[one] for one in marks))["summary"] == summary
