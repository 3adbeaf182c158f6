"""Sending what an operation has prepared: by lanes, through the outbox, with the ledger as its journal."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from reporter.deliver.outbox import NOT_PUBLIC_SAFE, Clock, Fate, Lane, Limits, Outbox, Sending, Sent
from reporter.errors import LedgerUnusable
from reporter.jobs.answers.recording import append_own, sealed_for
from reporter.jobs.delivery.channels import Channels
from reporter.jobs.delivery.journal import LedgerJournal
from reporter.jobs.delivery.past import Past, read_past
from reporter.jobs.records import open_settings_ledger
from reporter.loops.writing import RecordValue
from reporter.loops.writing.envelope import GOVERNANCE
from reporter.model.ids import make_id
from reporter.model.instants import shift
from reporter.model.routes import RouteId
from reporter.settings_model import Settings
from reporter.stopping import finishing, hearing, is_asked_to_end

LONGEST: Final = timedelta(minutes=5)
"""How long one operation sends; what is left is the next run's."""
MOST_LINES: Final = 1_000
"""Messages that are listed one by one. All are counted, and the ledger has each."""


WAITING: Final = "waiting"
"""The fate of what another call has to tell: the retry worker, or the next run of one that was asked to end."""
PUT_OFF: Final = "not begun when the end was asked for; the next run tells it"
SKIPPED: Final = "skipped"
"""The fate of a retry that was not executed, and why."""


class Line(NamedTuple):
    """What became of one message. `why` is the outcome and a word of ours, or why nothing was sent."""

    route: RouteId
    fate: str
    why: str = ""
    delivery_id: str = ""


class Delivery(NamedTuple):
    """What became of all messages of one operation: those that are wanting first. `faults` are of the operation."""

    lines: tuple[Line, ...] = ()
    counts: Mapping[str, int] = {}
    faults: tuple[str, ...] = ()
    is_unsafe: bool = False

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Delivery":
        """Tell of routes that nothing was sent for."""
        told = tuple(lines)
        return cls(_wanting_first(told), dict(sorted(Counter(one.fate for one in told).items())))

    @property
    def is_complete(self) -> bool:
        """Whether everything that was to be sent has arrived, as far as anybody can tell."""
        return not self.faults and set(self.counts) <= {Fate.DELIVERED}

    def __add__(self, other: "Delivery") -> "Delivery":  # type: ignore[override] # joined, not appended
        """Join two. What the later one says of a route stands for both."""
        later = {one.route for one in other.lines}
        earlier = [one for one in self.lines if one.route not in later]
        replaced = Counter(one.fate for one in self.lines if one.route in later)
        return Delivery(
            _wanting_first((*earlier, *other.lines)),
            dict(sorted((Counter(self.counts) + Counter(other.counts) - replaced).items())),
            tuple(dict.fromkeys((*self.faults, *other.faults))),
            self.is_unsafe or other.is_unsafe,
        )


class Sender(NamedTuple):
    """Who sends: for which environment, through which connectors, by which clock. `by` asked for it."""

    settings: Settings
    environment: str
    channels: Channels
    clock: Clock
    by: str = GOVERNANCE

    @property
    def link(self) -> str:
        """Where the bundles are published; empty where nowhere."""
        return self.settings.environments[self.environment].deliver.link

    def record(self, records: Sequence[RecordValue]) -> None:
        """Record what was decided before anything is sent. Raise LedgerUnusable."""
        if records:
            sealed = [sealed_for(self.environment, self.clock(), one) for one in records]
            append_own(self.settings, self.environment, sealed)


def message_id(environment: str, route: RouteId, cycle: str) -> str:
    """Name a message: the same in every attempt, another in the next cycle (domain.md A5)."""
    return make_id("repmsg", environment=environment, route=route, cycle=cycle)


def reconcile(sender: Sender) -> tuple[Past, Delivery]:
    """Find out about every attempt that was begun and has no result; give what is known afterwards."""
    past = read_past(sender.settings, sender.environment)
    if not past.begun:
        return past, Delivery()
    sendings = [Sending(message, one.route, one.attempt, one.cause, begun=one) for one, message in past.begun]
    found = send_all(sender, sendings)
    return read_past(sender.settings, sender.environment), found


def send_all(sender: Sender, sendings: Iterable[Sending]) -> Delivery:
    """Send, each provider's in order and all providers side by side. A ledger that fails is a fault of the result."""
    lanes: dict[str, list[Sending]] = {}
    for one in sendings:
        lanes.setdefault(one.route.provider, []).append(one)
    return send_lanes(sender, lanes) if lanes else Delivery()


def send_lanes(sender: Sender, lanes: Mapping[str, Iterable[Sending]], *, longest: timedelta = LONGEST) -> Delivery:
    """Send what each provider is to be told. Of a lane only so many are in memory as are under way.

    A signal that asks for the end puts what is not begun off; what is under way is brought to its end and recorded.
    """
    with finishing():
        return asyncio.run(_send(sender, lanes, longest))


async def _send(sender: Sender, sendings: Mapping[str, Iterable[Sending]], longest: timedelta) -> Delivery:
    heard = _Heard()
    with open_settings_ledger(sender.settings, write=True) as ledger:
        journal = LedgerJournal(ledger, sender.environment, sender.clock)
        outbox = Outbox(journal, sender.clock, Limits(shift(sender.clock(), longest)), heard)
        try:
            async with AsyncExitStack() as stack:
                lanes = []
                for provider, of_provider in sendings.items():
                    channel = sender.channels.of(provider)
                    http = await stack.enter_async_context(channel.http())
                    lanes.append(
                        Lane(provider, channel.connector, http, channel.guard, of_provider, channel.max_connections)
                    )
                loop = asyncio.get_running_loop()
                with hearing(lambda: loop.call_soon_threadsafe(outbox.stop)):
                    await outbox.send(lanes)
        except LedgerUnusable as error:
            return heard.delivery(error.faults)
    return heard.delivery()


class _Heard:
    """Counts what became of each message, and lists the first of them."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lines: list[Line] = []
        self._is_unsafe = False

    def __call__(self, sent: Sent) -> None:
        fate = WAITING if sent.fate is Fate.LEFT and is_asked_to_end() else sent.fate
        self._counts[fate] += 1
        receipt = sent.receipt
        words = (receipt.outcome, receipt.error_class, "; ".join(receipt.findings)) if receipt else ()
        self._is_unsafe |= receipt is not None and receipt.error_class == NOT_PUBLIC_SAFE
        if len(self._lines) < MOST_LINES or fate != Fate.DELIVERED:
            why = ": ".join(filter(None, words)) or _NOT_TRIED[fate]
            self._lines.append(Line(sent.sending.route, fate, why, sent.delivery_id))
            self._lines = [*_wanting_first(self._lines)][:MOST_LINES] if len(self._lines) > MOST_LINES else self._lines

    def delivery(self, faults: tuple[str, ...] = ()) -> Delivery:
        return Delivery(_wanting_first(self._lines), dict(sorted(self._counts.items())), faults, self._is_unsafe)


_NOT_TRIED: Final = {
    WAITING: PUT_OFF,
    Fate.LEFT: "not tried in this run: the connector or the time did not allow it",
    Fate.UNKNOWN: "may have arrived: it is asked for again before anything is sent",
}


_RANKS: Final = {WAITING: 1, Fate.LEFT: 1, Fate.DELIVERED: 2}


def _wanting_first(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Put first what went wrong, then what was not tried."""
    return tuple(sorted(lines, key=lambda one: _RANKS.get(one.fate, 0)))[:MOST_LINES]


def starts_at(now: datetime, clock: Clock) -> datetime:
    """Give the instant that an operation judges as of: what it wrote down before must not lie in its future."""
    return max(now, clock())
