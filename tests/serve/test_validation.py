"""Bodies that say something else than they may: our own words, and never the value."""

import re

import pytest

from reporter.serve.bodies import Body, DeliverBody, OpenBody
from reporter.serve.operations import all_operations
from reporter.serve.problems import Problem
from reporter.serve.validation import validated

BODIES = sorted({one.body for one in all_operations() if one.body}, key=lambda one: one.__name__)
HIDDEN = "not-for-others"
VALUES: tuple[object, ...] = (
    None,
    True,
    -1,
    99,
    1.5,
    "",
    HIDDEN,
    f"{HIDDEN}!",
    "x" * 5_000,
    [],
    [HIDDEN] * 21,
    [1],
    ["x" * 500],
    {"a": 1},
)


def faults_of(kind: type[Body], value: dict[str, object]) -> tuple[str, ...]:
    try:
        validated(kind, value)
    except Problem as problem:
        return problem.faults
    return ()


@pytest.mark.parametrize("kind", BODIES, ids=lambda one: one.__name__)
def test_every_fault_says_where_what_was_found_and_what_was_wanted(kind: type[Body]) -> None:
    faults = [
        one for name in (*kind.model_fields, "other") for value in VALUES for one in faults_of(kind, {name: value})
    ]
    assert faults
    for one in faults:
        assert re.fullmatch(r"[a-z_]+(\.0)?: found .+, wanted .+; /openapi.json lists what this path takes", one), one
        assert "another value" not in one
        assert HIDDEN not in one
        assert not re.search(r"[Ii]nput|[Ff]ield required|should|valid\b|permitted|String", one), one


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (OpenBody, {"reason": "it fails", "ref": "INC-7"}, "provider: found none, wanted one"),
        (
            OpenBody,
            {"provider": "a b", "reason": "it fails", "ref": "x"},
            "provider: found another text, wanted a text of",
        ),
        (OpenBody, {"provider": "jira", "reason": "", "ref": "x"}, "reason: found 0 characters, wanted 1 character at"),
        (DeliverBody, {"provider": "fax"}, "provider: found another text, wanted one of all, azure_repos, "),
        (DeliverBody, {"retries": 11}, "retries: found another number, wanted 10 at most"),
        (DeliverBody, {"\u202e": 1}, "\\u202e: found an unknown field, wanted no such field"),
    ],
    ids=["missing", "form", "length", "choice", "bound", "hidden name"],
)
def test_fault_names_what_is_wanted(kind: type[Body], value: dict[str, object], said: str) -> None:
    (fault,) = faults_of(kind, value)
    assert fault.startswith(said)


def test_all_faults_are_told_at_once() -> None:
    assert len(faults_of(OpenBody, {"execute": 1, "more": 2})) == 5
