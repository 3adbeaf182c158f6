"""Slack: an incoming webhook takes blocks, and says `ok` (integrations.md).

50 blocks; 150 characters of a header, 3,000 of a section, 10 fields of 2,000 each. All texts are plain ones, so that no
text of a message can mention anybody or become a link; `&`, `<` and `>` are escaped all the same.
"""

from datetime import datetime
from typing import Any, ClassVar, Final

from reporter.deliver.configured import HOOK, Needs
from reporter.deliver.connectors.answers import object_in
from reporter.deliver.connectors.base import ConfiguredConnector, accepted, doubtful, refused
from reporter.deliver.fit import Dialect, Excerpt, Limits, excerpt_of, key_of, to_json
from reporter.deliver.http import HttpAnswer
from reporter.deliver.message import Message
from reporter.deliver.receipts import Receipt

LIMITS: Final = Limits(title=150, summary=3_000, fact=990, facts=40, action=280, actions=10)
FIELDS: Final = 10

REASONS: Final = frozenset(
    {
        "action_prohibited",
        "channel_is_archived",
        "channel_not_found",
        "invalid_blocks",
        "invalid_payload",
        "invalid_token",
        "no_service",
        "no_team",
        "no_text",
        "posting_to_general_channel_denied",
        "team_disabled",
        "too_many_attachments",
        "user_not_found",
    }
)
"""What Slack says when it refuses; no other word of its goes into evidence."""


def _escape(sign: str) -> str:
    return sign.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


DIALECT: Final = Dialect(escape=_escape)


class Slack(ConfiguredConnector):
    """Tells a channel. Slack cannot be asked what it has."""

    needs: ClassVar[Needs] = HOOK

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write blocks, and a text for notifications."""
        excerpt = excerpt_of(message, LIMITS, DIALECT, label=self.configured.title)
        return to_json({"text": excerpt.title, "blocks": _blocks(message, excerpt)})

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - the proof names no message
        """Take `ok` for an acceptance, and every other word for what it says."""
        if answer.body.strip() == b"ok" or object_in(answer).get("ok") is True:
            return accepted(answer)
        if self.reason_of(answer) or object_in(answer).get("ok") is False:
            return refused(answer, "refused_in_body")
        return doubtful(answer)

    def reason_of(self, answer: HttpAnswer) -> str:
        """Find Slack's word in the body, as text or as JSON."""
        said = object_in(answer).get("error") or answer.body.decode("ascii", "replace").strip()
        return f"slack_{said}" if isinstance(said, str) and said in REASONS else ""


def _blocks(message: Message, excerpt: Excerpt) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(excerpt.title)}]
    if excerpt.summary:
        blocks.append({"type": "section", "text": _plain(excerpt.summary)})
    for first in range(0, len(excerpt.facts), FIELDS):
        fields = [_plain(f"{name}\n{text}") for name, text in excerpt.facts[first : first + FIELDS]]
        blocks.append({"type": "section", "fields": fields})
    if excerpt.actions:
        blocks.append({"type": "section", "text": _plain("\n".join(f"- {action}" for action in excerpt.actions))})
    blocks.append({"type": "context", "elements": [_plain(f"Message {key_of(message)}")]})
    if excerpt.closing:
        link = f" <{_escape(excerpt.link)}>" if excerpt.link else ""
        text = {"type": "mrkdwn", "text": excerpt.closing + link, "verbatim": True}
        blocks.append({"type": "section", "text": text})
    return blocks


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}
