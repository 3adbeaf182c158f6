"""Microsoft Teams: a workflow's webhook takes one Adaptive Card (integrations.md).

About 28 KB; no files and no `Action.Submit`. The address is the credential. An answer of 200 or 202 says that the flow
was started, not that the card is shown. Text runs know no Markdown and no mentions; `{{DATE(...)}}` is kept from
working.
"""

import re
from datetime import datetime
from typing import ClassVar, Final

from reporter.deliver.configured import HOOK, Needs
from reporter.deliver.connectors.base import ConfiguredConnector, accepted, refused
from reporter.deliver.fit import Dialect, Excerpt, Limits, excerpt_of, key_of, largest, to_json
from reporter.deliver.http import HttpAnswer
from reporter.deliver.message import Message
from reporter.deliver.receipts import Outcome, Receipt
from reporter.model.reports import AlertLevel

LIMITS: Final = Limits(title=300, summary=4_000, fact=500, facts=20, action=500, actions=12)
MOST_BYTES: Final = 27_000

_COLOURS: Final = {AlertLevel.HEALTHY: "Good", AlertLevel.WARNING: "Warning", AlertLevel.CRITICAL: "Attention"}
_FAILED: Final = re.compile(rb"delivery failed|returned HTTP error \d{3}", re.IGNORECASE)
_THROTTLED: Final = re.compile(rb"HTTP error 429", re.IGNORECASE)


def _prepare(text: str) -> str:
    return re.sub(r"\{(?=\{)", "{ ", text)


DIALECT: Final = Dialect(prepare=_prepare)


class Teams(ConfiguredConnector):
    """Tells a channel or a chat. The flow cannot be asked what it has."""

    needs: ClassVar[Needs] = HOOK

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write one message with one card."""

        def write(limits: Limits) -> bytes:
            excerpt = excerpt_of(message, limits, DIALECT, label=self.configured.title)
            kind = "application/vnd.microsoft.card.adaptive"
            attachment = {"contentType": kind, "contentUrl": None, "content": _card(message, excerpt)}
            return to_json({"type": "message", "attachments": [attachment]})

        return largest(LIMITS, MOST_BYTES, write)

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - the proof names no message
        """Take every body but one that tells of a failure: a flow may answer what its author likes."""
        if _THROTTLED.search(answer.body):
            return refused(answer, "rate_limited")._replace(outcome=Outcome.THROTTLED)
        return refused(answer, "refused_in_body") if _FAILED.search(answer.body) else accepted(answer)


def _card(message: Message, excerpt: Excerpt) -> dict[str, object]:
    body = [_text(excerpt.title, weight="Bolder", size="Large", color=_COLOURS[message.severity])]
    body += [_text(line) for line in excerpt.summary.split("\n") if line]
    body += [_pair(name, text) for name, text in excerpt.facts]
    body += [_text(f"- {action}") for action in excerpt.actions]
    body.append(_text(f"Message {key_of(message)}", isSubtle=True, size="Small"))
    if excerpt.closing:
        body.append(_text(excerpt.closing))
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": excerpt.title,
        "body": body,
    }
    if excerpt.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the evidence", "url": excerpt.link}]
    return card


def _text(text: str, **style: object) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def _pair(name: str, text: str) -> dict[str, object]:
    runs = [{"type": "TextRun", "text": f"{name}: ", "weight": "Bolder"}, {"type": "TextRun", "text": text}]
    return {"type": "RichTextBlock", "inlines": runs}
