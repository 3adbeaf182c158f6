"""Somebody's receiver of webhooks, that checks signatures as Standard Webhooks 1.0 describes them."""

import base64
import hashlib
import hmac
from typing import Any

from deliver.vendors.server import Answer, Asked, answer_json

PATH = "/hooks/cavra"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MOST_BYTES = 20_000
TOLERANCE = 300


class Receiver:
    """Takes each id once. Without a secret it checks nothing; `now` is the time that it believes in."""

    def __init__(self, secret: str = SECRET, now: float | None = None) -> None:
        self.secret, self.now = secret, now
        self.events: dict[str, Any] = {}
        self.repeated: list[str] = []
        self.gone = False

    def answer(self, asked: Asked) -> Answer:
        if self.gone:
            return Answer(410)
        if asked.path != PATH or asked.method != "POST":
            return Answer(404)
        if len(asked.body) > MOST_BYTES:
            return Answer(413)
        if asked.media_type != "application/json" or not isinstance(asked.json(), dict):
            return answer_json(400, {"error": "not JSON"})
        if self.secret and not self._is_signed(asked):
            return answer_json(401, {"error": "signature"})
        name = asked.headers.get("webhook-id", f"unnamed-{len(self.events)}")
        if name in self.events:
            self.repeated.append(name)
        self.events[name] = asked.json()
        return Answer(200)

    def _is_signed(self, asked: Asked) -> bool:
        name, stamp = asked.headers.get("webhook-id", ""), asked.headers.get("webhook-timestamp", "")
        if not name or not stamp.isdecimal() or (self.now and abs(int(stamp) - self.now) > TOLERANCE):
            return False
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{name}.{stamp}.".encode() + asked.body, hashlib.sha256).digest()
        wanted = "v1," + base64.b64encode(digest).decode()
        return any(hmac.compare_digest(wanted, one) for one in asked.headers.get("webhook-signature", "").split(" "))
