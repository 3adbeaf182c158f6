"""ServiceNow: a record of a table, by default an incident (integrations.md).

`short_description` has 160 characters, `description` 4,000, `correlation_id` 100. There is no idempotency key: the
message id is the record's `correlation_id`, and is searched for before a record is created. Journal fields would show
what stands in `[code]` as HTML; no text of a message opens one.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final
from urllib.parse import urlencode

from reporter.deliver.configured import Configured, Key, Needs
from reporter.deliver.connectors.answers import id_in, object_in
from reporter.deliver.connectors.base import accepted, doubtful
from reporter.deliver.connectors.searching import NOT_THERE, SearchingConnector
from reporter.deliver.fit import Dialect, Limits, excerpt_of, key_of, text_of, to_json, units
from reporter.deliver.http import HttpAnswer, HttpRequest
from reporter.deliver.message import Message
from reporter.deliver.receipts import Receipt
from reporter.model.reports import AlertLevel

LIMITS: Final = Limits(title=160, summary=1_500, fact=120, facts=12, action=200, actions=5)
DESCRIPTION: Final = 4_000

_TABLE: Final = re.compile(r"/api/now/(?:v\d+/)?table/[a-z][a-z0-9_]*")
_URGENCY: Final = {AlertLevel.CRITICAL: "1", AlertLevel.WARNING: "2", AlertLevel.HEALTHY: "3"}
_SYS_ID: Final = r"[0-9a-f]{32}"
_NUMBER: Final = r"[A-Z]{2,10}[0-9]{4,15}"


def _prepare(text: str) -> str:
    return re.sub(r"\[(?=/?code\])", "[ ", text, flags=re.IGNORECASE)


DIALECT: Final = Dialect(prepare=_prepare)


class ServiceNow(SearchingConnector):
    """Creates a record a message."""

    needs: ClassVar[Needs] = Needs(authorisation=True)
    keys: ClassVar[tuple[Key, ...]] = (
        Key(
            "table",
            "Table of the records, where `url` names none.",
            default="incident",
            pattern=r"[a-z][a-z0-9_]{0,79}",
            wants="the name of a table, as in incident",
        ),
    )

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:
        """Ask for an address that names a table, or nothing beyond the host."""
        if (not _TABLE.search(configured.url) and "/api/" in configured.url) or "?" in configured.url:
            yield "url: found another address (not shown), wanted that of the instance, or of its /api/now/table/TABLE"

    @property
    def url(self) -> str:
        """The address of the table."""
        url = self.configured.url.rstrip("/")
        return url if _TABLE.search(url) else f"{url}/api/now/table/{self.configured.values.get('table', 'incident')}"

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write a record, stamped."""
        limits = LIMITS
        excerpt = excerpt_of(message, limits, DIALECT, label=self.configured.title)
        while units(text_of(excerpt)) > DESCRIPTION:
            limits = limits.smaller()
            excerpt = excerpt_of(message, limits, DIALECT, label=self.configured.title)
        record = {
            "short_description": excerpt.title,
            "description": text_of(excerpt),
            "correlation_id": key_of(message),
            "correlation_display": "reporter",
            "urgency": _URGENCY[message.severity],
        }
        return to_json(record)

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - the proof names no message
        """Take the record's `sys_id` for the proof."""
        return _receipt(answer, object_in(answer).get("result"))

    def search(self, message: Message) -> HttpRequest:
        """Ask for the record with our correlation id."""
        query = {"sysparm_query": f"correlation_id={key_of(message)}", **_FEW, "sysparm_fields": _STAMPED}
        return self.ask("GET", f"{self.url}?{urlencode(query)}")

    def found(self, answer: HttpAnswer, message: Message) -> Receipt:
        """Look for our correlation id in the list: a table without that column answers with any record that it has."""
        listed = object_in(answer).get("result")
        if listed == []:
            return NOT_THERE
        records = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        ours = [one for one in records if one.get("correlation_id") == key_of(message)]
        return _receipt(answer, ours[0] if ours else None)

    @property
    def readable(self) -> str:
        """One record of the table."""
        return f"{self.url}?{urlencode(_FEW)}"


_FEW: Final = {"sysparm_fields": "sys_id,number", "sysparm_limit": 1}
_STAMPED: Final = "sys_id,number,correlation_id"


def _receipt(answer: HttpAnswer, record: object) -> Receipt:
    if not isinstance(record, dict) or not (sys_id := id_in(record.get("sys_id"), _SYS_ID)):
        return doubtful(answer)
    number = id_in(record.get("number"), _NUMBER)
    return accepted(answer, sys_id=sys_id, number=number) if number else accepted(answer, sys_id=sys_id)
