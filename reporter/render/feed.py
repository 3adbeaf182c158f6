"""The verdict changes of environments as an Atom feed (RFC 4287), from signed statements alone."""

import xml.etree.ElementTree as ET  # writes; reads nothing
from collections.abc import Sequence
from typing import Final, NamedTuple

from reporter.render.wording import plain, tag_of_word

ATOM: Final = "http://www.w3.org/2005/Atom"
AUTHOR: Final = "release-governance"
ID: Final = "urn:x-reporter"


class VerdictChange(NamedTuple):
    """One bundle whose verdict is another one than that of the bundle before it; `before` is empty for the first.

    The states are (name, word before, word after). `link` is where the bundle is published; empty where nowhere.
    """

    environment: str
    as_of: str
    digest: str
    verdict: str
    before: str
    states: tuple[tuple[str, str, str], ...]
    failed_check_count: int
    open_item_count: int
    link: str = ""


def render_feed(changes: Sequence[VerdictChange], environments: Sequence[str], now: str) -> bytes:
    """Write the feed, the latest change first; ids and dates are those of the bundles, never of this call.

    `now` dates a feed without an entry, which has no other date.
    """
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed")
    _add(feed, "id", f"{ID}:feed:{','.join(environments)}")
    _add(feed, "title", f"Verdict changes: {', '.join(environments)}")
    _add(feed, "updated", max((one.as_of for one in changes), default=now))
    _add(_add(feed, "author"), "name", AUTHOR)
    _add(feed, "generator", "reporter")
    for one in sorted(changes, key=lambda each: (each.as_of, each.environment, each.digest), reverse=True):
        _entry(feed, one)
    ET.indent(feed, " ")
    content: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _entry(feed: ET.Element, one: VerdictChange) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", f"{ID}:bundle:{one.digest}")
    turned = f"{_word(one.before)} to {_word(one.verdict)}" if one.before != one.verdict else _word(one.verdict)
    _add(entry, "title", f"{one.environment}: {turned if one.before else _word(one.verdict)}")
    _add(entry, "updated", one.as_of)
    _add(entry, "published", one.as_of)
    entry.append(ET.Element(f"{{{ATOM}}}category", term=plain(one.environment)))
    if one.link:
        entry.append(ET.Element(f"{{{ATOM}}}link", rel="alternate", type="text/html", href=one.link))
    content = _add(entry, "content", "\n".join(_lines(one)))
    content.set("type", "text")


def _lines(one: VerdictChange) -> list[str]:
    states = [
        f"{name}: {_word(after)}" + (f", was {_word(before)}" if one.before and before != after else "")
        for name, before, after in one.states
    ]
    counts = f"failed checks: {one.failed_check_count:,}; open items: {one.open_item_count:,}"
    first = [] if one.before else ["the first bundle of this environment"]
    return [*first, *states, counts, f"bundle {one.digest}, as of {one.as_of}"]


def _word(state: str) -> str:
    return tag_of_word(state).word.lower()


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    made = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    made.text = _printable(text) or None
    return made


def _printable(text: str) -> str:
    """Make each line safe to print: XML could not hold what is left out."""
    return "\n".join(plain(line) for line in text.split("\n"))
