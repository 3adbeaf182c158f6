"""What a file that stands there and is not read back comes to: never `there already` unless it was sent from here."""

from collections.abc import Callable

import pytest

from deliver.approvals.playing import FILES, SENT, Attach, Played, Worlds
from deliver.vendors.misbehaviour import answer_endlessly, cut, hang_up, refuse_with
from deliver.vendors.server import Answer, Asked, Exchange, Misbehaviour
from reporter.deliver.approvals.attaching import Told
from reporter.deliver.approvals.target import Presence
from reporter.deliver.receipts import Level, Outcome

CONTENT: dict[str, Callable[[Asked], bool]] = {
    "jira": lambda asked: "/attachment/content/" in asked.path,
    "github": lambda asked: "/releases/assets/" in asked.path,
    "servicenow": lambda asked: asked.path.endswith("/file"),
    "azure": lambda asked: "/_apis/wit/attachments/" in asked.path,
}
Settled = tuple[Presence, Outcome, str]
LOST = (Presence.UNTOLD, Outcome.TIMEOUT_UNKNOWN)
OTHER = (Presence.DIFFERENT, Outcome.REJECTED_PERMANENT, "different_content")
HIDDEN = (Presence.UNREADABLE, Outcome.REJECTED_PERMANENT, "not_compared")
GZIP = {"Content-Encoding": "gzip"}
CASES: dict[str, tuple[Misbehaviour, Settled]] = {
    "404": (refuse_with(Answer(404)), OTHER),
    "410": (refuse_with(Answer(410)), OTHER),
    "too large": (answer_endlessly, OTHER),
    "encoded": (refuse_with(Answer(200, b"not ours", GZIP)), HIDDEN),
    "redirect": (refuse_with(Answer(302, headers={"Location": "https://localhost:1/x"})), HIDDEN),
    "forbidden": (refuse_with(Answer(403)), HIDDEN),
    "500": (refuse_with(Answer(500)), (*LOST, "server_error")),
    "encoded 500": (refuse_with(Answer(500, b"x", GZIP)), (*LOST, "answer_encoded")),
    "cut": (cut, (*LOST, "answer_cut")),
    "lost": (hang_up, (*LOST, "connection_lost")),
    "429": (refuse_with(Answer(429)), (Presence.UNTOLD, Outcome.THROTTLED, "rate_limited")),
}


def planted(kind: str, worlds: Worlds, misbehave: Misbehaviour) -> Played:
    """Put files of our names and sizes there that we never sent, and spoil every download."""
    played = worlds.github(tells_digest=False) if kind == "github" else worlds.make(kind)
    assert played.mount
    played.vendor.serves_content = True
    played.plant(FILES[0].name, FILES[0].content)
    is_content = CONTENT[kind]

    def spoil(exchange: Exchange) -> None:
        if exchange.asked.method == "GET" and is_content(exchange.asked):
            misbehave(exchange)
        else:
            exchange.send(exchange.answer())

    played.mount.always = spoil
    return played


@pytest.mark.parametrize("kind", CONTENT)
@pytest.mark.parametrize("case", CASES)
def test_file_that_was_never_sent_is_not_there_for_its_name_and_size(
    kind: str, case: str, worlds: Worlds, attach: Attach
) -> None:
    misbehave, settled = CASES[case]
    played = planted(kind, worlds, misbehave)
    done = attach(played, FILES[:1])
    (one,) = done.files
    assert one.receipt
    assert (one.presence, one.receipt.outcome, one.receipt.error_class) == settled
    assert (done.complete, done.level, done.added) == (False, Level.INTENDED, False)
    assert {asked.method for asked in played.seen} == {"GET"}


@pytest.mark.parametrize("kind", CONTENT)
def test_file_that_the_ledger_says_was_taken_is_there_where_nobody_reads_it(
    kind: str, worlds: Worlds, attach: Attach
) -> None:
    played = planted(kind, worlds, refuse_with(Answer(403)))
    done = attach(played, FILES[:1], told=SENT)
    assert (done.complete, done.level, done.added) == (True, Level.ACCEPTED, False)
    others = Told(taken=frozenset({(FILES[0].name, "0" * 64)}))
    assert not attach(played, FILES[:1], told=others).complete, "other bytes were sent under this name"


@pytest.mark.parametrize("kind", CONTENT)
def test_file_that_this_call_sent_is_accepted_where_nobody_reads_it(kind: str, worlds: Worlds, attach: Attach) -> None:
    played = planted(kind, worlds, refuse_with(Answer(403)))
    done = attach(played, FILES[1:2])
    assert (done.complete, done.level, done.added) == (True, Level.ACCEPTED, True)


@pytest.mark.parametrize("kind", ["jira", "servicenow", "azure"])
def test_other_content_beside_one_that_cannot_be_looked_at_is_other_content(
    kind: str, worlds: Worlds, attach: Attach
) -> None:
    played = planted(kind, worlds, refuse_with(Answer(500)))
    played.plant(FILES[0].name, b"short")
    assert attach(played, FILES[:1]).files[0].presence is Presence.DIFFERENT


def test_every_asset_that_shows_our_name_is_compared(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    attach(played)
    other = {
        **played.vendor.assets[max(played.vendor.assets)],
        "id": 901,
        "name": "x.zip",
        "label": FILES[0].name,
        "size": 5,
    }
    played.vendor.assets[901], played.vendor.contents[901] = other, b"other"
    done = attach(played)
    assert [one.presence for one in done.files] == [Presence.DIFFERENT, Presence.SAME, Presence.SAME]
    other["state"] = "starter"
    assert attach(played).complete, "nobody can open what an upload left"
