"""References to release approval records: one exact grammar, and every fault of it told."""

import pytest

from reporter.model.release_records import KINDS, Reference, read_reference, read_references

GOOD = {
    "github:example/pilot@v1.4.0": ("example", "pilot", "v1.4.0"),
    "github:example/.github@release/1.0": ("example", ".github", "release/1.0"),
    "gitlab:group/sub/pilot@v1": ("group/sub/pilot", "v1"),
    "jira:REL-12": ("REL-12",),
    "servicenow:change_request/0a1b2c3d4e5f60718293a4b5c6d7e8f9": (
        "change_request",
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    ),
    "azure:pilot/123": ("pilot", "123"),
    "put:releases/v1.4.0": ("releases/v1.4.0",),
    "directory:/srv/release records": ("/srv/release records",),
}
BAD = (
    "github:example/pilot",
    "github:example/..@v1",
    "github:example/pilot@v1..2",
    "github:example/pilot@-v1",
    "github: example/pilot@v1",
    "gitlab:pilot@v1",
    "jira:rel-12",
    "jira:REL-0",
    "servicenow:change_request/CHG0030001",
    "azure:pilot/0",
    "azure:two words/1",
    "put:/releases",
    "put:releases/../secrets",
    "put:",
    "directory:",
    "directory:a\nb",
    f"directory:{'x' * 300}",
    "jira:REL-12\n",
)


@pytest.mark.parametrize("text", GOOD)
def test_reference_is_read_into_its_parts(text: str) -> None:
    assert read_reference(text) == Reference(text.partition(":")[0], text, GOOD[text])


@pytest.mark.parametrize("text", BAD)
def test_reference_that_is_not_of_its_form_is_refused_with_the_form(text: str) -> None:
    fault = read_reference(text)
    assert isinstance(fault, str)
    assert KINDS[text.partition(":")[0]].form in fault


@pytest.mark.parametrize("text", ["", "github", "svn:x", "gitHub:example/pilot@v1", "https://example.org/x"])
def test_unknown_kind_lists_the_known_ones(text: str) -> None:
    fault = read_reference(text)
    assert isinstance(fault, str)
    assert all(kind.form in fault for kind in KINDS.values())


def test_typo_is_told_what_may_have_been_meant() -> None:
    assert str(read_reference("jirra:REL-12")).endswith("; did you mean jira:?")


def test_address_is_not_shown() -> None:
    assert "user" not in str(read_reference("https://user:word@example.org/x"))
    assert "word" not in str(read_reference("github:user:word@example@v1"))


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_example_of_every_kind_is_of_its_form(kind: object) -> None:
    assert isinstance(read_reference(getattr(kind, "example", "")), Reference)


def test_each_reference_counts_once_and_every_fault_is_told() -> None:
    read, faults = read_references(["jira:REL-12", "jira:1", "jira:REL-12", "svn:x"])
    assert [one.text for one in read] == ["jira:REL-12"]
    assert len(faults) == 2
