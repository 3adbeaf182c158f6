"""The words of the pages: states, dates, spans, sizes. One place, so that every page says the same."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from reporter.model.checks import CheckStatus
from reporter.model.documents import DocumentState
from reporter.model.instants import format_day, format_moment, format_span, parse_instant
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel, Status
from reporter.model.text import count, shorten, visible
from reporter.render.shapes import Tag

_INSTANT: Final = re.compile(r"(?<![\w\"])\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z(?![\w\"])")
LONGEST_TEXT: Final = 600
"""Characters of one value on a page. The JSON has all of them."""

NOT_GIVEN: Final = "not given"

NO_MARK: Final = "\u2013"
"""The mark of what is neither good nor bad: a dash."""

_LONGEST_SPAN: Final = 1e9
"""Minutes, some two thousand years; a longer span is a number and no more."""

STATUS_TAGS: Final = {
    Status.READY: Tag("Ready", "good", "✓"),
    Status.DUE_SOON: Tag("Due soon", "soon", "▲"),
    Status.NEEDS_ATTENTION: Tag("Needs attention", "bad", "✗"),
    Status.NOT_CONFIGURED: Tag("Not configured", "none", NO_MARK),
    Status.NOT_REQUESTED: Tag("Not requested", "none", NO_MARK),
    Status.DISABLED: Tag("Disabled", "none", NO_MARK),
}

DUE: Final = Tag("Due", "soon", "▲")
"""What `due_soon` is called in reports from records: something is to be done, and none of it is critical."""

CHECK_TAGS: Final = {
    CheckStatus.FAIL: Tag("Failed", "bad", "✗"),
    CheckStatus.PASS: Tag("Passed", "good", "✓"),
    CheckStatus.NOT_APPLICABLE: Tag("Not applicable", "none", NO_MARK),
}

LEVEL_TAGS: Final = {
    AlertLevel.HEALTHY: Tag("Healthy", "good", "✓"),
    AlertLevel.WARNING: Tag("Warning", "soon", "▲"),
    AlertLevel.CRITICAL: Tag("Critical", "bad", "✗"),
}

STATE_TAGS: Final = {
    DocumentState.READ: Tag("Read", "good", "✓"),
    DocumentState.UNCONFIGURED: Tag("Not configured", "none", NO_MARK),
    DocumentState.MISSING: Tag("Missing", "bad", "✗"),
    DocumentState.UNREADABLE: Tag("Unreadable", "bad", "✗"),
    DocumentState.TOO_LARGE: Tag("Too large", "bad", "✗"),
    DocumentState.NOT_UTF8: Tag("Not UTF-8", "bad", "✗"),
    DocumentState.NOT_JSON: Tag("Not JSON", "bad", "✗"),
    DocumentState.NOT_AN_OBJECT: Tag("Not an object", "bad", "✗"),
}

READINESS_TAGS: Final = {
    "ready": Tag("Ready", "good", "✓"),
    "blocked": Tag("Blocked", "bad", "✗"),
    "not_requested": Tag("Not requested", "none", NO_MARK),
}

CLOSURE_TAGS: Final = {
    "closed": Tag("Closed", "good", "✓"),
    "open": Tag("Open", "bad", "✗"),
    "not_requested": Tag("Not requested", "none", NO_MARK),
}

ANSWER_TAGS: Final = {
    "acknowledged": Tag("Acknowledged", "good", "✓"),
    "accepted": Tag("Accepted", "good", "✓"),
    "resolved": Tag("Resolved", "good", "✓"),
    "outstanding": Tag("Outstanding", "soon", "▲"),
    "escalated": Tag("Escalated", "soon", "▲"),
    "dismissed": Tag("Dismissed", "soon", "▲"),
    "deferred": Tag("Deferred", "soon", "▲"),
    "not_required": Tag("Not asked for", "none", NO_MARK),
}

RETRY_TAGS: Final = {
    "retry": Tag("Due", "soon", "▲"),
    "wait": Tag("Waits", "none", NO_MARK),
    "suppress": Tag("Exhausted", "bad", "✗"),
    "none": Tag("Nothing to do", "good", "✓"),
}

RECOVERY_TAGS: Final = {
    "closed": Tag("Closed", "good", "✓"),
    "open": Tag("Open", "soon", "▲"),
    "breached": Tag("Too long", "bad", "✗"),
}

OUTCOME_TAGS: Final = {
    "passed": Tag("Passed", "good", "✓"),
    "failed": Tag("Failed", "bad", "✗"),
    "future_dated": Tag("Future-dated", "soon", "▲"),
    "undated": Tag("No date", "none", NO_MARK),
}

BETTER: Final = Tag("Better", "good", "↗")
WORSE: Final = Tag("Worse", "bad", "↘")

_WORDS: Final = {
    str(word): tag
    for tags in (CLOSURE_TAGS, READINESS_TAGS, STATUS_TAGS, CHECK_TAGS, LEVEL_TAGS)
    for word, tag in tags.items()
}


def plain(text: str) -> str:
    """Make a text from a document safe to print: nothing invisible, nothing endless."""
    return shorten(visible(text), LONGEST_TEXT)


def prose(text: str) -> str:
    """Make a sentence safe to print, its instants as people write them; what stands in quotes stays as it was read."""
    return plain(_INSTANT.sub(lambda found: moment(found[0]), text))


def given(text: str) -> str:
    """Make a text from a document safe to print, or say that there is none."""
    return plain(text) or NOT_GIVEN


def listed(texts: Sequence[str], most: int = 40) -> str:
    """Print a list of texts in one line, or say that there is none."""
    if len(texts) > most:
        return f"{', '.join(map(plain, texts[:most]))} and {len(texts) - most:,} more"
    return ", ".join(map(plain, texts)) or "none"


def joined(words: Sequence[str]) -> str:
    """Join words the way a sentence does: a, b and c."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def tag_of_word(word: str) -> Tag:
    """Find the tag of a state that comes as text, for reports, checks, levels and closures alike."""
    return tag_in(_WORDS, word)


def word_of(report: str, word: str) -> Tag:
    """Find the tag of a state of a report or of one of its checks."""
    kind = BY_NAME.get(report)
    return DUE if word == Status.DUE_SOON and kind and kind.from_records else tag_of_word(word)


def tag_in(tags: Mapping[str, Tag], word: str) -> Tag:
    """Find the tag of a word in the table that it belongs to; a word that is not in it is shown as it is."""
    return tags.get(word) or Tag(spelt(word), "none", NO_MARK)


def spelt(word: str) -> str:
    """Write an identifier for people: `wait_for_retry_ack` becomes `Wait for retry ack`."""
    text = plain(word).replace("_", " ").strip()
    return text[:1].upper() + text[1:] or NOT_GIVEN


def day(text: str) -> str:
    """Write a timestamp as a day: `20 June 2026`. What is no timestamp stays what it is."""
    instant = parse_instant(text)
    return day_of(instant.at) if instant else given(text)


def day_of(at: date) -> str:
    """Write a day, or that of an instant in UTC: `20 June 2026`."""
    return format_day(at)


def moment(text: str) -> str:
    """Write a timestamp to the minute: `20 June 2026, 15:40 UTC`. What is no timestamp stays what it is."""
    instant = parse_instant(text)
    if instant is None:
        return given(text)
    return format_moment(instant.at)


def until(days: float) -> str:
    """Say how far off a date is, to the nearest day or hour: `in 9 days`, `53 days ago`."""
    size = abs(days)
    if size >= 2:  # noqa: PLR2004 - two days
        span = count(round(size), "day")
    elif size * 24 >= 1:
        span = count(round(size * 24), "hour")
    else:
        span = "less than an hour"
    return f"in {span}" if days >= 0 else f"{span} ago"


def number_of(value: float | None, unit: str) -> str:
    """Write a number with its unit: `7 minutes`, `1 day`; None is not given."""
    if value is None:
        return NOT_GIVEN
    return f"{value:g} {unit}{'' if value == 1 else 's'}"


def span_of(minutes: float | None) -> str:
    """Write a span in its two largest units: `12 minutes`, `2 hours 30 minutes`, `3 days 9 hours`."""
    if minutes is None or not 0 <= minutes < _LONGEST_SPAN:
        return NOT_GIVEN if minutes is None else f"{minutes:g} minutes"
    return format_span(timedelta(minutes=minutes))


def yes_no(value: bool) -> str:  # noqa: FBT001 - the value is the subject
    """Write a truth value for people."""
    return "yes" if value else "no"


def size_of(size_bytes: int | None) -> str:
    """Write a size to the byte, and roughly where that helps."""
    if size_bytes is None:
        return NO_MARK
    exact = f"{size_bytes:,} bytes"
    return exact if size_bytes < 100_000 else f"{exact} ({size_bytes / 1_000_000:.1f} MB)"  # noqa: PLR2004
