"""What is told, before any connector writes it its own way: public-safe, and the same over all retries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reporter.model.reports import AlertLevel


@dataclass(frozen=True, slots=True)
class Message:
    """One message about one subject to one provider.

    `message_id` is stable over retries and is the idempotency key wherever the other side has such. `event` is the
    whole event as it stands on the wire (domain.md B2.9, B4); `at` is its time, not that of an attempt. `link` is where
    more is to be read, empty where there is nothing to open; what does not fit is cut with it.
    """

    message_id: str
    environment: str
    loop: str
    event_type: str
    subject: str
    severity: AlertLevel
    title: str
    summary: str
    at: datetime
    facts: tuple[tuple[str, str], ...] = ()
    actions: tuple[str, ...] = ()
    owner: str = ""
    runbook_ref: str = ""
    link: str = ""
    event: Mapping[str, Any] = field(default_factory=dict)
