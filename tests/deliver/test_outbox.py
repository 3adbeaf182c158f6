"""The outbox: intent before request, result after it, and what is done about what nobody knows (design.md, Ledger)."""

import asyncio
import hashlib
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from deliver.diary import NOW, Diary
from deliver.store import NOT_THERE, Spoken, Store, Teller
from deliver.vendors.misbehaviour import cut, hang_up, refuse_with, store_and_answer
from deliver.vendors.server import Answer, Authorities, Misbehaviour, Mount, Vendor
from reporter.deliver.connector import Connector, Recall
from reporter.deliver.http import Http
from reporter.deliver.message import Message
from reporter.deliver.outbox import Fate, Lane, Sending, increasing
from reporter.deliver.receipts import Guard, Level, Outcome, Receipt
from reporter.errors import LedgerUnusable
from reporter.loops.writing import Begun
from reporter.model.reports import AlertLevel
from reporter.model.routes import RouteId

YES = Receipt(Outcome.ACCEPTED, Level.ACCEPTED, 200)
NO = Receipt(Outcome.REJECTED_PERMANENT, status_code=400, error_class="rejected")
AWAY = Receipt(Outcome.UNREACHABLE, status_code=0, error_class="dns_failure")
BUSY = Receipt(Outcome.THROTTLED, status_code=429, error_class="rate_limited")
LOST = Receipt(Outcome.TIMEOUT_UNKNOWN, error_class="read_timeout")
SILENT = Http(())


def safe(_: bytes) -> tuple[()]:
    return ()


Play = Callable[[Vendor], Mount]


@pytest.fixture
def diary() -> Diary:
    return Diary()


def message(name: str) -> Message:
    return Message(name, "pilot", "executive_report", "t", name, AlertLevel.WARNING, "Title", f"Text of {name}.", NOW)


def sending(name: str, subject: str = "", **more: Any) -> Sending:  # noqa: ANN401 - fields of a sending
    return Sending(message(name), RouteId("executive_report", subject or name, "webhook"), **more)


def lane(connector: Connector, *names: str, http: Http = SILENT, guard: Guard = safe) -> Lane:
    return Lane("webhook", connector, http, guard, [sending(one) for one in names])


def begun(name: str) -> Begun:
    return Begun(RouteId("executive_report", name, "webhook"), name, 1, "webhook", "0" * 64, NOW - timedelta(hours=1))


def test_intent_is_committed_before_its_request_and_the_result_after_it(diary: Diary) -> None:
    seen: list[tuple[int, int]] = []

    class Watching(Spoken):
        async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
            seen.append((len(diary.intents), len(diary.results)))
            return await super().send(message, at, http)

    assert diary.send(lane(Watching(YES), "a", "b")) == [Fate.DELIVERED, Fate.DELIVERED]
    assert seen == [(1, 0), (2, 1)]
    assert [one.delivery_id for one in diary.sent] == [one.delivery_id for one in diary.intents]


def test_what_is_rejected_is_not_tried_again_and_does_not_stop_the_next(diary: Diary) -> None:
    connector = Spoken(NO, YES)
    assert diary.send(lane(connector, "a", "b")) == [Fate.FAILED, Fate.DELIVERED]
    assert (connector.asked, diary.slept) == (["a", "b"], [])


@pytest.mark.parametrize("receipt", [AWAY, BUSY], ids=["unreachable", "throttled"])
def test_what_surely_did_not_arrive_is_tried_again_with_growing_waits(diary: Diary, receipt: Receipt) -> None:
    assert diary.send(lane(Spoken(receipt, receipt, YES), "a")) == [Fate.DELIVERED]
    assert (diary.slept, diary.results["a"][2], len(diary.intents)) == ([0.5, 1.0], 3, 1)


def test_retry_after_is_honoured_within_the_time_of_the_run(diary: Diary) -> None:
    waits = BUSY._replace(retry_after=timedelta(seconds=7))
    assert diary.send(lane(Spoken(waits, YES), "a")) == [Fate.DELIVERED]
    assert diary.slept == [7.0]
    long = BUSY._replace(retry_after=timedelta(minutes=5))
    connector = Spoken(long)
    assert diary.send(lane(connector, "b", "c", "d")) == [Fate.FAILED, Fate.LEFT, Fate.LEFT]
    assert (connector.asked, diary.results["b"][1]) == (["b"], long)


def test_whoever_cannot_be_reached_is_not_asked_for_every_message_and_stops_nobody_else(diary: Diary) -> None:
    away, well = Spoken(AWAY), Spoken(YES)
    fates = diary.send(lane(away, "a", "b", "c"), lane(well, "d", "e"))
    assert sorted(fates) == sorted([Fate.FAILED, Fate.LEFT, Fate.LEFT, Fate.DELIVERED, Fate.DELIVERED])
    assert away.asked == ["a", "a", "a"]


class Stopped(Spoken):
    """Has the run asked to end while a request is under way, which then takes so many seconds more."""

    def __init__(self, diary: Diary, seconds: float, recall: Recall = Recall.NONE) -> None:
        super().__init__(YES, recall=recall)
        self._diary, self._seconds = diary, seconds

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        self._diary.outbox.stop()
        await asyncio.sleep(self._seconds)
        return await super().send(message, at, http)

    async def find(self, message: Message, http: Http) -> Receipt | None:
        self._diary.outbox.stop()
        await asyncio.sleep(self._seconds)
        return await super().find(message, http)


def test_run_that_is_asked_to_end_finishes_what_is_under_way_and_begins_no_more(diary: Diary) -> None:
    assert diary.send(lane(Stopped(diary, 0.01), "a", "b", "c")) == [Fate.DELIVERED, Fate.LEFT, Fate.LEFT]
    assert (len(diary.intents), list(diary.results)) == (1, ["a"])


@pytest.mark.parametrize(
    ("recall", "fate"), [(Recall.NONE, Fate.FAILED), (Recall.KEYED, Fate.UNKNOWN), (Recall.SEARCHABLE, Fate.UNKNOWN)]
)
def test_request_that_takes_longer_than_the_end_allows_may_have_arrived(
    diary: Diary, recall: Recall, fate: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.deliver.outbox.GRACE_SECONDS", 0.01)
    assert diary.send(lane(Stopped(diary, 60, recall), "a", "b")) == [fate, Fate.LEFT]
    assert [one.message_id for one in diary.intents] == ["a"]
    assert [one.error_class for _, one, _ in diary.results.values()] == ["interrupted"] * (fate is Fate.FAILED)


def test_question_that_takes_longer_than_the_end_allows_leaves_it_unknown(
    diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.deliver.outbox.GRACE_SECONDS", 0.01)
    one = replace(lane(Stopped(diary, 60, Recall.SEARCHABLE)), sendings=[sending("a", doubtful=True)])
    assert diary.send(one) == [Fate.UNKNOWN]
    assert diary.intents == []


def test_wait_before_another_request_ends_when_the_run_is_asked_to_end(diary: Diary) -> None:
    diary.stops_asleep, connector = True, Spoken(AWAY)
    assert diary.send(lane(connector, "a", "b")) == [Fate.FAILED, Fate.LEFT]
    assert (connector.asked, diary.results["a"][1]) == (["a"], AWAY)


def test_nothing_is_begun_when_the_time_is_over(diary: Diary) -> None:
    assert diary.send(lane(Spoken(YES), "a"), seconds=0) == [Fate.LEFT]
    assert diary.intents == []


def test_what_is_not_public_safe_is_not_sent_and_not_kept(diary: Diary) -> None:
    connector = Spoken(YES)
    guarded = lambda data: ["rule"] if b"Text of a" in data else []  # noqa: E731 - said once
    assert diary.send(lane(connector, "a", "b", guard=guarded)) == [Fate.FAILED, Fate.DELIVERED]
    begun, receipt, tries = diary.results["a"]
    assert (receipt.outcome, receipt.error_class, tries) == (Outcome.REFUSED_LOCALLY, "not_public_safe", 0)
    assert (connector.asked, begun.payload_sha256, len(diary.intents)) == (["b"], "", 1)


def test_refusal_names_what_was_found_but_no_place_that_holds_it_itself(diary: Diary) -> None:
    found = ["payload /text: rule", "payload /s3cret/x: rule", "c", "d", "e"]
    guarded = lambda data: found if b"Text of a" in data else [1] if b"s3cret" in data else []  # noqa: E731 - said once
    diary.send(lane(Spoken(YES), "a", guard=guarded))
    assert diary.results["a"][1].findings == (
        "payload /text: rule",
        "found what may not leave, at a place that holds it itself (not shown)",
        "c",
        "and 2 more",
    )


def test_guard_looks_at_what_the_intent_would_keep_too(diary: Diary) -> None:
    guarded = lambda data: ["rule"] if b'"executive_report"' in data else []  # noqa: E731 - said once
    assert diary.send(lane(Spoken(YES), "a", guard=guarded)) == [Fate.FAILED]


def test_fault_of_a_connector_is_its_own(diary: Diary) -> None:
    connector = Spoken(RuntimeError("private"), YES)
    connector.unwritable = {"b"}
    assert diary.send(lane(connector, "a", "b", "c")) == [Fate.FAILED, Fate.FAILED, Fate.DELIVERED]
    words = [(diary.results[name][1].outcome, diary.results[name][1].error_class) for name in ("a", "b")]
    assert words == [(Outcome.TIMEOUT_UNKNOWN, "connector_fault"), (Outcome.REFUSED_LOCALLY, "payload_fault")]


def test_unknown_outcome_on_a_target_that_cannot_tell_is_a_named_failure_and_never_repeated(diary: Diary) -> None:
    connector = Spoken(LOST)
    assert diary.send(lane(connector, "a")) == [Fate.FAILED]
    assert (connector.asked, diary.results["a"][1]) == (["a"], LOST)


@pytest.mark.parametrize(
    ("again", "fate", "error_class"),
    [
        (YES, Fate.DELIVERED, ""),
        (NO, Fate.FAILED, "rejected"),
        (AWAY, Fate.FAILED, "dns_failure"),
        (LOST, Fate.FAILED, "read_timeout"),
        (Receipt(Outcome.TIMEOUT_UNKNOWN), Fate.FAILED, "read_timeout"),
    ],
    ids=["accepted", "rejected", "unreachable", "lost again", "nothing said"],
)
def test_unknown_outcome_on_a_keyed_target_is_sent_again_once(
    diary: Diary, again: Receipt, fate: Fate, error_class: str
) -> None:
    connector = Spoken(LOST, again, recall=Recall.KEYED)
    assert diary.send(lane(connector, "a")) == [fate]
    _, receipt, tries = diary.results["a"]
    assert (connector.asked, receipt.error_class, tries) == (["a", "a"], error_class, 2)
    assert (receipt.outcome is Outcome.TIMEOUT_UNKNOWN) == (again not in (YES, NO))


def test_result_names_what_was_really_sent_under_the_key(diary: Diary) -> None:
    heard = replace(lane(Spoken(YES, recall=Recall.KEYED)), sendings=[sending("a", begun=begun("a"))])
    assert diary.send(heard) == [Fate.DELIVERED]
    assert diary.results["a"][0].payload_sha256 == hashlib.sha256(b"Text of a.").hexdigest()
    unheard = replace(lane(Spoken(LOST, recall=Recall.KEYED)), sendings=[sending("b", begun=begun("b"))])
    assert diary.send(unheard) == [Fate.FAILED]
    assert diary.results["b"][0].payload_sha256 == "0" * 64


def test_secret_that_comes_back_as_an_id_is_not_kept(diary: Diary) -> None:
    ids = (("key", "OPS-1"), ("sys_id", "s3cret-of-ours"), ("self", "somebody@example.org"), ("half", "\ud800"))
    guarded = lambda data: ["rule"] if b"s3cret-of-ours" in data else []  # noqa: E731 - said once
    assert diary.send(lane(Spoken(YES._replace(ids=ids)), "a", guard=guarded)) == [Fate.DELIVERED]
    assert diary.results["a"][1].ids == (("key", "OPS-1"), ("half", "\ud800"))
    assert diary.sent[0].receipt == YES._replace(ids=(("key", "OPS-1"), ("half", "\ud800")))


def test_what_became_private_is_not_sent_again_under_its_key(diary: Diary) -> None:
    connector, looks = Spoken(LOST, recall=Recall.KEYED), iter([[], [], ["rule"], []])
    assert diary.send(lane(connector, "a", guard=lambda _: next(looks))) == [Fate.FAILED]
    assert (connector.asked, diary.results["a"][1].error_class) == (["a"], "not_public_safe")
    assert diary.results["a"][1].findings == ("rule",)
    assert diary.results["a"][1].outcome is Outcome.TIMEOUT_UNKNOWN


@pytest.mark.parametrize(
    ("found", "fate", "level"),
    [
        (YES, Fate.DELIVERED, Level.LANDED),
        (NOT_THERE, Fate.FAILED, Level.INTENDED),
        (None, Fate.UNKNOWN, None),
        (RuntimeError("private"), Fate.UNKNOWN, None),
    ],
    ids=["there", "not there", "cannot tell", "fault"],
)
def test_unknown_outcome_on_a_searchable_target_is_looked_for(
    diary: Diary, found: Receipt | Exception | None, fate: Fate, level: Level | None
) -> None:
    connector = Spoken(LOST, YES, recall=Recall.SEARCHABLE)
    connector.found = found
    assert diary.send(lane(connector, "a", "b")) == [fate, Fate.DELIVERED]
    assert connector.asked == ["a", "b"]
    assert (diary.results["a"][1].level if "a" in diary.results else None) == level


def test_doubtful_message_is_looked_for_before_it_is_sent_again(diary: Diary) -> None:
    connector = Spoken(YES, recall=Recall.SEARCHABLE)
    again = Lane("webhook", connector, SILENT, safe, [sending("a", attempt=2, doubtful=True)])
    connector.found = None
    assert (diary.send(again), diary.sent[-1].receipt, connector.asked) == ([Fate.UNKNOWN], None, [])
    connector.found = YES
    assert (diary.send(again), diary.results["a"][1].level, connector.asked) == ([Fate.DELIVERED], Level.LANDED, [])
    connector.found = NOT_THERE
    assert (diary.send(again), connector.asked) == ([Fate.DELIVERED], ["a"])


@pytest.mark.parametrize("recall", list(Recall))
def test_what_was_begun_in_another_run_is_brought_to_an_end_under_its_own_intent(diary: Diary, recall: Recall) -> None:
    connector = Spoken(YES, recall=recall)
    connector.found = NOT_THERE
    fates = diary.send(Lane("webhook", connector, SILENT, safe, [sending("a", begun=begun("a"))]))
    known, receipt, _ = diary.results["a"]
    assert (diary.intents, known._replace(payload_sha256="0" * 64)) == ([], begun("a"))
    expected = {
        Recall.KEYED: ([Fate.DELIVERED], "", ["a"]),
        Recall.SEARCHABLE: ([Fate.FAILED], "not_there", []),
        Recall.NONE: ([Fate.FAILED], "interrupted", []),
    }
    assert (fates, receipt.error_class, connector.asked) == expected[recall]


def test_journal_that_cannot_take_an_intent_stops_everything_before_it_is_sent(diary: Diary) -> None:
    connector = Spoken(YES)
    diary.full_after = 2
    with pytest.raises(LedgerUnusable, match="disk is full"):
        diary.send(lane(connector, "a", "b", "c"))
    assert (connector.asked, [one.fate for one in diary.sent]) == (["a"], [Fate.DELIVERED, Fate.LEFT, Fate.LEFT])


def test_result_that_cannot_be_written_is_told_and_nothing_is_sent_twice(diary: Diary) -> None:
    connector = Spoken(YES)
    diary.full_after = 1
    with pytest.raises(LedgerUnusable):
        diary.send(lane(connector, "a", "b"))
    assert (connector.asked, [one.fate for one in diary.sent]) == (["a"], [Fate.UNKNOWN, Fate.LEFT])
    assert (len(diary.intents), diary.results) == (1, {})


def test_several_connections_keep_the_order_within_a_subject(diary: Diary) -> None:
    class Slow(Spoken):
        running = most = 0

        async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
            self.running += 1
            self.most = max(self.most, self.running)
            for _ in range(5 if message.message_id.endswith("0") else 1):
                await asyncio.sleep(0)
            self.running -= 1
            return await super().send(message, at, http)

    connector = Slow(YES)
    todo = [sending(f"{subject}{number}", subject) for number in range(6) for subject in "xyz"]
    diary.send(Lane("webhook", connector, SILENT, safe, todo, max_connections=3))
    for subject in "xyz":
        assert [one for one in connector.asked if one[0] == subject] == [f"{subject}{number}" for number in range(6)]
    assert connector.most == 3


def test_memory_does_not_grow_with_messages() -> None:
    quiet = Diary()
    quiet.intents = quiet.sent = Forgetful()
    quiet.results = {}

    def endless(count: int) -> Iterator[Sending]:
        for number in range(count):
            quiet.results.clear()
            yield sending(f"m{number}")

    def peak(count: int) -> int:
        connector = Spoken(YES)
        connector.asked = Forgetful()
        tracemalloc.start()
        quiet.send(Lane("webhook", connector, SILENT, safe, endless(count), max_connections=20))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = peak(200), peak(2_000)
    assert many < few + 200_000, "less than a hundred bytes for each further message, of which one takes some thousand"


class Forgetful(list[Any]):
    """A list that keeps nothing."""

    def append(self, _: object) -> None: ...


def test_clock_never_stands_still_or_goes_back() -> None:
    readings = iter([NOW, NOW, NOW - timedelta(hours=1), NOW + timedelta(seconds=1)])
    read = increasing(lambda: next(readings))
    seen = [read() for _ in range(4)]
    assert seen == sorted(set(seen))
    assert seen[-1] == NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("misbehave", "kept"),
    [
        (hang_up, 1),
        (cut, 1),
        (store_and_answer(Answer(502)), 1),
        (refuse_with(Answer(500)), 0),
    ],
    ids=["no answer", "half an answer", "stored, then 502", "500 and nothing stored"],
)
@pytest.mark.parametrize("recall", list(Recall))
def test_over_http_nothing_is_lost_silently_or_sent_twice_where_the_target_can_tell(  # noqa: PLR0913, PLR0917
    diary: Diary, play: Play, authorities: Authorities, recall: Recall, misbehave: Misbehaviour, kept: int
) -> None:
    store = Store(recall)
    mount = play(store)
    mount.next.append(misbehave)
    http = Http([mount.base.split("/")[2]], ca_file=authorities.ca_file)
    (fate,) = diary.send(lane(Teller(mount.url("/messages"), recall), "a", http=http))
    (receipt,) = (one.receipt for one in diary.sent)
    assert receipt is not None
    if recall is Recall.KEYED:
        assert (fate, store.times["a"]) == (Fate.DELIVERED, 1)
    elif recall is Recall.SEARCHABLE:
        assert (fate, store.times["a"]) == (Fate.DELIVERED if kept else Fate.FAILED, kept)
        assert receipt.error_class == ("" if kept else "not_there")
    else:
        assert (fate, receipt.outcome, store.times["a"]) == (Fate.FAILED, Outcome.TIMEOUT_UNKNOWN, kept)
