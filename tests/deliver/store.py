"""A target that stores what it is told, as far as it can tell what it has; and the connector that tells it."""

import json
from collections import Counter
from collections.abc import Collection
from datetime import datetime

from deliver.vendors.server import Answer, Asked, answer_json
from reporter.deliver.connector import Recall
from reporter.deliver.http import Http, HttpAnswer, HttpRequest
from reporter.deliver.http_connector import receipt_of
from reporter.deliver.message import Message
from reporter.deliver.receipts import Level, Outcome, Receipt

NOT_THERE = Receipt(Outcome.UNREACHABLE, status_code=200, error_class="not_there")


class Store:
    """Keeps messages in the order they came in. One that is `keyed` keeps a message once."""

    def __init__(self, recall: Recall = Recall.NONE) -> None:
        self.recall = recall
        self.kept: list[str] = []
        self.seen: list[str] = []

    @property
    def times(self) -> Counter[str]:
        return Counter(self.kept)

    def answer(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            return answer_json(200, {"found": asked.query["id"] in self.kept})
        self.keep(asked.json()["id"])
        return answer_json(201, {"ok": True})

    def keep(self, name: str) -> None:
        self.seen.append(name)
        if self.recall is not Recall.KEYED or name not in self.kept:
            self.kept.append(name)


class Teller:
    """Tells a store of messages over HTTP."""

    def __init__(self, url: str, recall: Recall = Recall.NONE, provider: str = "webhook") -> None:
        self.url, self._recall, self._provider = url, recall, provider

    @property
    def provider(self) -> str:
        return self._provider

    @property
    def recall(self) -> Recall:
        return self._recall

    def payload(self, message: Message, at: datetime) -> bytes:
        return json.dumps({"id": message.message_id, "text": message.summary, "at": str(at)}).encode()

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        request = HttpRequest("POST", self.url, {"content-type": "application/json"}, self.payload(message, at))
        return receipt_of(await http.send(request), at, _stored)

    async def find(self, message: Message, http: Http) -> Receipt | None:
        answer = await http.send(HttpRequest("GET", f"{self.url}?id={message.message_id}"))
        if not isinstance(answer, HttpAnswer) or answer.status_code != 200:
            return None
        found = json.loads(answer.body)["found"]
        return Receipt(Outcome.ACCEPTED, Level.ACCEPTED, 200) if found else NOT_THERE

    async def probe(self, http: Http) -> Receipt:
        fault = await http.reach(self.url)
        return Receipt(Outcome.ACCEPTED) if fault is None else Receipt(fault.outcome, error_class=fault.error_class)


class Spoken:
    """A connector that gives the receipts it is told to, one after the other, the last for ever."""

    def __init__(self, *receipts: Receipt | Exception, recall: Recall = Recall.NONE) -> None:
        self.receipts, self._recall = list(receipts), recall
        self.found: Receipt | Exception | None = None
        self.unwritable: Collection[str] = ()
        self.asked: list[str] = []

    @property
    def provider(self) -> str:
        return "webhook"

    @property
    def recall(self) -> Recall:
        return self._recall

    def payload(self, message: Message, at: datetime) -> bytes:
        del at
        if message.message_id in self.unwritable:
            raise ValueError(message)
        return message.summary.encode()

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        del at, http
        self.asked.append(message.message_id)
        receipt = self.receipts[0] if len(self.receipts) == 1 else self.receipts.pop(0)
        if isinstance(receipt, Exception):
            raise receipt
        return receipt

    async def find(self, message: Message, http: Http) -> Receipt | None:
        del message, http
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def probe(self, http: Http) -> Receipt:
        del http
        return Receipt(Outcome.ACCEPTED)


def _stored(answer: HttpAnswer) -> Receipt:
    stored = answer.status_code == 201
    return Receipt(Outcome.ACCEPTED if stored else Outcome.REJECTED_PERMANENT, Level.ACCEPTED, answer.status_code)
