"""Every kind of release approval record: attach, look again, refuse to overwrite, complete what was interrupted."""

from pathlib import Path

import pytest

from deliver.approvals.fake_records import Jira
from deliver.approvals.fake_releases import AUTHORISED, TOKEN
from deliver.approvals.playing import ALL, FILES, KINDS, OVER_HTTP, Attach, Played, Worlds, file, reference
from deliver.vendors.misbehaviour import cut, hang_up, redirect, refuse_with, show_a_login_page
from deliver.vendors.server import Answer, Misbehaviour, answer_json, behave
from reporter.deliver.approvals.asking import Access
from reporter.deliver.approvals.registry import make_target
from reporter.deliver.approvals.target import Presence
from reporter.deliver.receipts import Level, Outcome


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_attached_and_read_back(kind: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.make(kind)
    done = attach(played)
    assert (done.complete, done.level, done.added, done.outcome) == (True, Level.LANDED, True, Outcome.ACCEPTED)
    assert played.stored() == ALL
    assert all(one.added for one in done.files)


@pytest.mark.parametrize("kind", KINDS)
def test_attaching_again_changes_nothing(kind: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.make(kind)
    attach(played)
    before = len(played.seen)
    again = attach(played)
    assert (again.complete, again.level, again.added) == (True, Level.LANDED, False)
    assert played.stored() == ALL
    assert {one.method for one in played.seen[before:]} <= {"GET"}


@pytest.mark.parametrize("kind", KINDS)
def test_looking_says_what_would_be_added_and_writes_nothing(kind: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.make(kind)
    dry = attach(played, dry=True)
    assert played.stored() == {}
    assert [(one.presence, one.receipt) for one in dry.files] == [(Presence.ABSENT, None)] * 3
    assert (dry.complete, dry.outcome, dry.level) == (False, None, Level.INTENDED)
    attach(played)
    assert attach(played, dry=True).complete


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [b"%PDF forged!!", b"short"], ids=["same-size", "other-size"])
def test_other_content_under_our_name_is_a_finding_and_stays(
    kind: str, content: bytes, worlds: Worlds, attach: Attach
) -> None:
    played = worlds.make(kind)
    runbook = file(FILES[1].name, b"%PDF runbook!")
    played.plant(runbook.name, content)
    files = (FILES[0], runbook)
    done = attach(played, files)
    assert not done.complete
    assert (done.outcome, done.level) == (Outcome.REJECTED_PERMANENT, Level.INTENDED)
    assert [(one.presence, one.level) for one in done.files] == [
        (Presence.SAME, Level.LANDED),
        (Presence.DIFFERENT, Level.INTENDED),
    ]
    assert done.files[1].receipt
    assert done.files[1].receipt.error_class == "different_content"
    if kind != "gitlab":  # what is stored there is linked nowhere
        assert played.stored() == {FILES[0].name: FILES[0].content, runbook.name: content}


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_upload_that_is_cut_off_is_completed_by_the_next_call(kind: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.make(kind)
    assert played.mount
    played.mount.cut_bodies = 1
    first = attach(played)
    assert (first.complete, first.outcome) == (False, Outcome.TIMEOUT_UNKNOWN)
    assert first.files[0].receipt
    assert first.files[0].receipt.error_class == "connection_lost"
    assert attach(played).level is Level.LANDED
    assert played.stored() == ALL


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("lost", [hang_up, cut])
def test_answer_that_is_lost_after_storing_is_found_by_reading_back(
    kind: str, lost: Misbehaviour, worlds: Worlds, attach: Attach
) -> None:
    played = worlds.make(kind)
    assert played.mount
    reads = len(_reads_before_the_first_write(played, attach))
    played.mount.next.extend([behave] * reads + [lost])
    done = attach(played)
    if kind == "azure":  # what was uploaded has no relation yet
        assert not done.complete
        done = attach(played)
    assert (done.complete, done.level) == (True, Level.LANDED)
    assert played.stored() == ALL
    if kind == "jira":
        assert len(played.vendor.attachments) == len(FILES)


def _reads_before_the_first_write(played: Played, attach: Attach) -> list[str]:
    """Count what a look asks, and what is asked before the first upload."""
    assert played.mount
    attach(played, dry=True)
    asked = [one.method for one in played.mount.seen]
    played.mount.seen.clear()
    return [*asked, "GET"] if isinstance(played.vendor, Jira) else asked


FAULTS: dict[str, tuple[Misbehaviour, Outcome, str]] = {
    "redirect": (redirect, Outcome.REJECTED_PERMANENT, "redirect"),
    "login page": (show_a_login_page, Outcome.REJECTED_PERMANENT, "bad_answer"),
    "500": (refuse_with(Answer(500)), Outcome.TIMEOUT_UNKNOWN, "server_error"),
    "401": (refuse_with(Answer(401)), Outcome.REJECTED_PERMANENT, "not_authorised"),
    "404": (refuse_with(Answer(404)), Outcome.REJECTED_PERMANENT, "not_found"),
    "429": (refuse_with(Answer(429, headers={"Retry-After": "30"})), Outcome.THROTTLED, "rate_limited"),
    "another object": (refuse_with(answer_json(200, {"id": "x"})), Outcome.REJECTED_PERMANENT, "bad_answer"),
    "another list": (refuse_with(answer_json(200, ["x"])), Outcome.REJECTED_PERMANENT, "bad_answer"),
    "cut": (cut, Outcome.TIMEOUT_UNKNOWN, "answer_cut"),
}


@pytest.mark.parametrize("kind", [one for one in OVER_HTTP if one != "put"])
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_sent_where_looking_fails(kind: str, fault: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.make(kind)
    assert played.mount
    misbehaviour, outcome, word = FAULTS[fault]
    if (kind, fault) == ("github", "another list"):
        outcome, word = Outcome.REJECTED_PERMANENT, "not_found"
    played.mount.always = misbehaviour
    done = attach(played)
    assert [(one.receipt.outcome, one.receipt.error_class) for one in done.files if one.receipt] == [
        (outcome, word)
    ] * 3
    assert {one.method for one in played.mount.seen} == {"GET"}
    assert not done.added


@pytest.mark.parametrize("kind", KINDS)
def test_record_that_is_not_there_is_told(kind: str, worlds: Worlds, attach: Attach, tmp_path: Path) -> None:
    played = worlds.make(kind)
    others = {
        "github": "github:example/other@v1.4.0",
        "gitlab": "gitlab:example/group/pilot@v9",
        "jira": "jira:REL-13",
        "servicenow": f"servicenow:change_request/{'0' * 32}",
        "azure": "azure:pilot/124",
        "directory_": "directory:nowhere",
    }
    if kind == "put":
        return
    access = Access(played.mount.base, AUTHORISED) if played.mount else None
    other = played._replace(target=make_target(reference(others[kind]), access, tmp_path))
    done = attach(other)
    assert [one.receipt.error_class for one in done.files if one.receipt] == ["not_found"] * 3
    assert played.stored() == {}


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_throttled_upload_waits_a_little_and_is_tried_again(
    kind: str, worlds: Worlds, attach: Attach, waited: list[float]
) -> None:
    played = worlds.make(kind)
    assert played.mount
    reads = len(_reads_before_the_first_write(played, attach))
    slow_down = refuse_with(Answer(429, headers={"Retry-After": "3"}))
    played.mount.next.extend([behave] * reads + [slow_down])
    assert attach(played).level is Level.LANDED
    assert waited == [3.0]


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_longer_wait_is_left_to_the_next_call_with_all_that_follows(
    kind: str, worlds: Worlds, attach: Attach, waited: list[float]
) -> None:
    played = worlds.make(kind)
    assert played.mount
    reads = len(_reads_before_the_first_write(played, attach))
    played.mount.next.extend([behave] * reads + [refuse_with(Answer(429, headers={"Retry-After": "60"}))])
    done = attach(played)
    assert [one.receipt.outcome for one in done.files if one.receipt] == [Outcome.THROTTLED] * 3
    assert (waited, played.stored()) == ([], {})
    assert sum(one.method != "GET" for one in played.mount.seen) == 1
    assert attach(played).complete


def test_targets_and_what_they_found_print_nothing_private(worlds: Worlds) -> None:
    played = worlds.github()
    access = Access(played.mount.base if played.mount else "", AUTHORISED)
    assert TOKEN not in repr(access)
    assert "localhost" not in repr(access)
