"""Splunk's HTTP Event Collector, with its codes."""

from typing import Any

from deliver.vendors.server import Answer, Asked, answer_json

ENDPOINT = "/services/collector/event"
TOKEN = "0f7c3d3a-0000-4000-8000-000000000001"  # noqa: S105 - a token of nobody's
TEXTS = {
    0: "Success",
    2: "Token is required",
    3: "Invalid authorization",
    4: "Invalid token",
    5: "No data",
    6: "Invalid data format",
    7: "Incorrect index",
    9: "Server is busy",
    12: "Event field is required",
    13: "Event field cannot be blank",
    17: "HEC is healthy",
}
STATUS = {0: 200, 2: 401, 3: 401, 4: 403, 9: 503, 17: 200}


class Splunk:
    """Keeps the events. `busy` makes it refuse them."""

    def __init__(self, *, busy: bool = False) -> None:
        self.events: list[dict[str, Any]] = []
        self.busy = busy

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/services/collector/health" and asked.method == "GET":
            return answer_code(17)
        if asked.path != ENDPOINT or asked.method != "POST":
            return answer_json(404, {"text": "The requested URL was not found on this server.", "code": 404})
        code = self._code(asked)
        if code == 0:
            self.events.append(asked.json())
        return answer_code(code)

    def _code(self, asked: Asked) -> int:  # noqa: PLR0911 - one for each code
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if not scheme:
            return 2
        if scheme != "Splunk" or token != TOKEN:
            return 4 if scheme == "Splunk" else 3
        if self.busy:
            return 9
        if not asked.body:
            return 5
        document = asked.json()
        if not isinstance(document, dict):
            return 6
        if "event" not in document:
            return 12
        if document["event"] in ("", None):
            return 13
        return 0 if document.get("index") in {None, "cavra", "main"} else 7


def answer_code(code: int, status: int | None = None) -> Answer:
    """Answer with a code, and the status that goes with it."""
    return answer_json(status or STATUS.get(code, 400), {"text": TEXTS[code], "code": code})
