"""Two that take JSON events with a key: Sentinel behind an endpoint of one's own, and Datadog's log intake."""

import re
from typing import Any

from deliver.vendors.server import Answer, Asked, answer_json

SENTINEL_PATH = "/ingest/streams/Custom-Cavra"
SENTINEL_KEY = "sentinel-key"
DATADOG_PATH = "/api/v2/logs"
DATADOG_KEY = "datadog-key"
MOST_BYTES = 1_000_000
TAG = re.compile(r"[a-z][a-z0-9_./-]*:[\w./:-]+", re.ASCII)


class Sentinel:
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("x-api-key") != SENTINEL_KEY:
            return answer_json(403, {"error": {"code": "OperationFailed"}})
        document = asked.json()
        if asked.path != SENTINEL_PATH or asked.method != "POST":
            return answer_json(404, {"error": {"code": "NotFound"}})
        if asked.media_type != "application/json" or not isinstance(document, dict) or "TimeGenerated" not in document:
            return answer_json(400, {"error": {"code": "InvalidPayload"}})
        if len(asked.body) > MOST_BYTES:
            return answer_json(413, {"error": {"code": "ContentLengthLimitExceeded"}})
        self.events.append(document)
        return Answer(200)


class Datadog:
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("dd-api-key") != DATADOG_KEY:
            return _errors(403, "Forbidden")
        if asked.path != DATADOG_PATH or asked.method != "POST":
            return _errors(404, "Not found")
        document = asked.json()
        if asked.media_type != "application/json" or not isinstance(document, dict):
            return _errors(400, "Invalid JSON")
        if not all(map(TAG.fullmatch, document.get("ddtags", "").split(","))):
            return _errors(400, "Invalid tags")
        if len(asked.body) > MOST_BYTES:
            return _errors(413, "Payload too big")
        self.events.append(document)
        return answer_json(202, {})


def _errors(status: int, detail: str) -> Answer:
    return answer_json(status, {"errors": [{"status": str(status), "title": detail}]})
