"""Slack's incoming webhooks as Slack describes them."""

import re
from typing import Any

from deliver.vendors.server import Answer, Asked, answer_text

PATH = "/services/T0001/B0001/hookhookhook"
MOST_BLOCKS = 50
MOST_FIELDS = 10
LONGEST = {"header": 150, "section": 3_000, "field": 2_000, "context": 2_000}
MARKED = re.compile(r"<([^>]*)>")


class Slack:
    """Keeps what was posted, and what of it would mention somebody or be a link."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Answer:
        refusal = self._refusal(asked)
        if refusal:
            return answer_text(404 if refusal == "no_service" else 400, refusal, "text/html")
        self.posts.append(asked.json())
        return answer_text(200, "ok", "text/html")

    def _refusal(self, asked: Asked) -> str:
        if asked.path != PATH:
            return "no_service"
        document = asked.json()
        if asked.method != "POST" or asked.media_type != "application/json" or not isinstance(document, dict):
            return "invalid_payload"
        if not document.get("text") and not document.get("blocks"):
            return "no_text"
        blocks = document.get("blocks", [])
        return "" if len(blocks) <= MOST_BLOCKS and all(map(_is_block, blocks)) else "invalid_blocks"

    @property
    def marks(self) -> list[str]:
        """What Slack would read as a mention, a channel or a link."""
        return [mark for post in self.posts for text in _marked_texts(post) for mark in MARKED.findall(text)]


def _marked_texts(post: dict[str, Any]) -> list[str]:
    found = [post.get("text", "")]
    for block in post["blocks"]:
        texts = [block.get("text", {}), *block.get("fields", []), *block.get("elements", [])]
        found += [text["text"] for text in texts if text.get("type") == "mrkdwn"]
    return found


def _is_block(block: dict[str, Any]) -> bool:
    match block:
        case {"type": "header", "text": {"type": "plain_text"} as text}:
            return _fits(text, "header")
        case {"type": "section", "text": text, **rest} if "fields" not in rest:
            return _fits(text, "section")
        case {"type": "section", "fields": [_, *_] as fields}:
            return len(fields) <= MOST_FIELDS and all(_fits(field, "field") for field in fields)
        case {"type": "context", "elements": [_, *_] as elements}:
            return len(elements) <= MOST_FIELDS and all(_fits(one, "context") for one in elements)
        case {"type": "divider"}:
            return True
        case _:
            return False


def _fits(text: dict[str, Any], kind: str) -> bool:
    written = text.get("text", "")
    return text.get("type", "plain_text") in {"plain_text", "mrkdwn"} and 0 < utf16(written) <= LONGEST[kind]


def utf16(text: str) -> int:
    """Count characters the way JavaScript and Java do."""
    return len(text.encode("utf-16-le")) // 2
