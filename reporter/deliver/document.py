"""A message as one JSON object, for systems that keep events: all of it, or what has room."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from reporter.deliver.fit import PLAIN, Excerpt, Limits, excerpt_of, key_of, largest, one_line, to_json
from reporter.deliver.message import Message
from reporter.model.instants import format_instant

LIMITS: Final = Limits(title=500, summary=4_000, fact=500, facts=40, action=500, actions=20)

_NAME: Final = 200
"""Units of an identifier; a longer one is shortened as any text is."""

Wrap = Callable[[dict[str, object], Excerpt], Mapping[str, object]]


def write_document(message: Message, most: int, wrap: Wrap, label: str = "") -> bytes:
    """Write the object as `wrap` puts it, in at most `most` bytes: without the event, then with less text, if need be.

    An event that is not JSON is left out too: one that holds itself would end the delivery of everything else.
    """
    event = dict(message.event) if _is_json(message.event) else {}

    def write(limits: Limits, event: Mapping[str, object]) -> bytes:
        excerpt = excerpt_of(message, limits, label=label, shortened=bool(message.event) and not event)
        return to_json(wrap(_document(message, excerpt, event), excerpt))

    if event:
        payload = write(LIMITS, event)
        if len(payload) <= most:
            return payload
    return largest(LIMITS, most, lambda limits: write(limits, {}))


def _document(message: Message, excerpt: Excerpt, event: Mapping[str, object]) -> dict[str, object]:
    names = {
        "event_type": message.event_type,
        "environment": message.environment,
        "loop": message.loop,
        "subject": message.subject,
        "severity": message.severity,
    }
    return {
        "message_id": key_of(message),
        **{name: PLAIN.fit(one_line(text), _NAME).text for name, text in names.items()},
        "at": format_instant(message.at),
        "title": excerpt.title,
        "summary": excerpt.summary,
        "facts": [{"name": name, "value": text} for name, text in excerpt.facts],
        "actions": list(excerpt.actions),
        **({"event": event} if event else {}),
        "note": excerpt.closing,
        "link": excerpt.link,
    }


def _is_json(event: Mapping[str, object]) -> bool:
    try:
        json.dumps(event, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return False
    return True
