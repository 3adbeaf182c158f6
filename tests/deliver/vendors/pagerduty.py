"""PagerDuty's Events API v2."""

from datetime import datetime
from typing import Any

from deliver.vendors.server import Answer, Asked, answer_json
from deliver.vendors.slack import utf16

ROUTING_KEY = "R0000000000000000000000000000001"
MOST_BYTES = 512_000
SEVERITIES = {"critical", "error", "warning", "info"}


class PagerDuty:
    """Keeps one alert for each key, however often it is triggered."""

    def __init__(self) -> None:
        self.alerts: dict[str, list[dict[str, Any]]] = {}

    def answer(self, asked: Asked) -> Answer:
        if asked.path != "/v2/enqueue" or asked.method != "POST":
            return answer_json(404, {"status": "not found"})
        if len(asked.body) > MOST_BYTES:
            return answer_json(413, {"status": "payload too large"})
        document = asked.json()
        faults = _faults(document) if isinstance(document, dict) else ["JSON is invalid"]
        if asked.media_type != "application/json":
            faults.append("Content-Type is wrong")
        if faults:
            return answer_json(400, {"status": "invalid event", "message": "Event object is invalid", "errors": faults})
        self.alerts.setdefault(document["dedup_key"], []).append(document)
        done = {"status": "success", "message": "Event processed", "dedup_key": document["dedup_key"]}
        return answer_json(202, done)


def _faults(event: dict[str, Any]) -> list[str]:
    payload = event.get("payload") or {}
    conditions = {
        "'routing_key' is incorrect (should be 32 characters)": event.get("routing_key") == ROUTING_KEY,
        "'event_action' is missing or invalid": event.get("event_action") == "trigger",
        "'dedup_key' is missing or too long": 0 < utf16(event.get("dedup_key", "")) <= 255,
        "'payload.summary' is missing or too long": 0 < utf16(payload.get("summary", "")) <= 1_024,
        "'payload.source' is missing or blank": bool(payload.get("source", "").strip()),
        "'payload.severity' is invalid": payload.get("severity") in SEVERITIES,
        "'payload.timestamp' is invalid": _is_time(payload.get("timestamp", "")),
        "'links' is invalid": all(link.get("href", "").startswith("https://") for link in event.get("links", [])),
    }
    return [fault for fault, holds in conditions.items() if not holds]


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
