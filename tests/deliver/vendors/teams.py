"""A Teams workflow that posts the card it is given."""

from typing import Any

from deliver.vendors.server import Answer, Asked, answer_json

PATH = "/workflows/0123/triggers/manual/paths/invoke"
QUERY = "?api-version=2016-06-01&sig=signature"
MOST_BYTES = 28 * 1024
CARD = "application/vnd.microsoft.card.adaptive"
KNOWN = {"RichTextBlock", "TextBlock", "FactSet", "Container", "ColumnSet", "Image"}


class Teams:
    """Keeps the cards. Its answer says that the flow has begun, not that anything is shown."""

    def __init__(self) -> None:
        self.cards: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Answer:
        if asked.path != PATH or asked.query.get("sig") != "signature":
            return answer_json(401, {"error": {"code": "DirectApiAuthorizationRequired"}})
        if len(asked.body) > MOST_BYTES:
            return answer_json(413, {"error": {"code": "RequestEntityTooLarge"}})
        document = asked.json()
        match document:
            case {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}:
                good = kind == CARD and _is_card(card)
            case _:
                good = False
        if not good or asked.method != "POST" or asked.media_type != "application/json":
            return answer_json(400, {"error": {"code": "TriggerInputSchemaMismatch"}})
        self.cards.append(document["attachments"][0]["content"])
        return Answer(202)


def _is_card(card: dict[str, Any]) -> bool:
    actions = card.get("actions", [])
    return (
        card["type"] == "AdaptiveCard"
        and bool(card["version"])
        and all(element["type"] in KNOWN for element in card["body"])
        and all(action["type"] == "Action.OpenUrl" and action["url"].startswith("https://") for action in actions)
    )
