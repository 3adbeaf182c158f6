"""The Atom feed: what RFC 4287 asks for, ids and dates of the bundles, nothing that breaks out of its element."""

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from reporter.model.instants import parse_instant
from reporter.render.feed import ATOM, VerdictChange, render_feed

NOW = "2026-06-11T15:40:00Z"
NS = {"a": ATOM}
STATES = (("production", "ready", "needs_attention"), ("closure", "closed", "closed"))
CHANGE = VerdictChange("pilot", "2026-06-10T15:40:00Z", "ab" * 32, "needs_attention", "ready", STATES, 3, 1)


def entries(content: bytes) -> list[ET.Element]:
    """Hold a feed against RFC 4287 4.1; give its entries."""
    feed = ET.fromstring(content)  # noqa: S314 - our own
    assert feed.tag == f"{{{ATOM}}}feed"
    for holder in (feed, *feed.findall("a:entry", NS)):
        for name in ("id", "title", "updated"):
            assert [bool(one.text) for one in holder.findall(f"a:{name}", NS)] == [True]
        assert parse_instant(holder.findtext("a:updated", "", NS))
        assert holder.findtext("a:id", "", NS).startswith("urn:x-reporter:")
    assert feed.findtext("a:author/a:name", "", NS) == "release-governance"
    found = feed.findall("a:entry", NS)
    assert len({one.findtext("a:id", "", NS) for one in found}) == len(found)
    return found


def test_entry_says_what_turned_into_what() -> None:
    (entry,) = entries(render_feed([CHANGE], ["pilot"], NOW))
    assert entry.findtext("a:title", "", NS) == "pilot: ready to needs attention"
    assert entry.findtext("a:updated", "", NS) == CHANGE.as_of
    assert entry.findtext("a:content", "", NS).split("\n") == [
        "production: needs attention, was ready",
        "closure: closed",
        "failed checks: 3; open items: 1",
        f"bundle {'ab' * 32}, as of 2026-06-10T15:40:00Z",
    ]
    assert entry.find("a:link", NS) is None


def test_first_bundle_says_that_it_is_the_first() -> None:
    first = CHANGE._replace(before="", link="https://evidence.example.org/pilot/x/index.html")
    (entry,) = entries(render_feed([first], ["pilot"], NOW))
    assert entry.findtext("a:title", "", NS) == "pilot: needs attention"
    assert entry.findtext("a:content", "", NS).startswith("the first bundle of this environment\n")
    link = entry.find("a:link", NS)
    assert link is not None
    assert link.attrib == {"rel": "alternate", "type": "text/html", "href": first.link}


def test_change_beside_the_verdict_keeps_its_word() -> None:
    (entry,) = entries(render_feed([CHANGE._replace(before="needs_attention")], ["pilot"], NOW))
    assert entry.findtext("a:title", "", NS) == "pilot: needs attention"


def test_feed_is_dated_by_its_newest_entry_and_an_empty_one_by_the_call() -> None:
    later = CHANGE._replace(as_of="2026-06-11T01:00:00Z", digest="cd" * 32)
    content = render_feed([CHANGE, later], ["pilot"], NOW)
    assert ET.fromstring(content).findtext("a:updated", "", NS) == later.as_of  # noqa: S314 - our own
    assert [one.findtext("a:updated", "", NS) for one in entries(content)] == [later.as_of, CHANGE.as_of]
    assert content == render_feed([later, CHANGE], ["pilot"], "2026-06-12T00:00:00Z")
    empty = render_feed([], ["pilot"], NOW)
    assert entries(empty) == []
    assert ET.fromstring(empty).findtext("a:updated", "", NS) == NOW  # noqa: S314 - our own


@given(st.text(max_size=60))
def test_any_word_stays_in_its_element(word: str) -> None:
    change = CHANGE._replace(verdict=word, before=f"{word}!", states=((word, word, f"{word}!"),))
    assert len(entries(render_feed([change], [word or "pilot"], NOW))) == 1
