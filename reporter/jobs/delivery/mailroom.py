"""The connector `email` as operations use it: executive reports go to their readers, all else as `Email` tells it.

A report goes to whoever is not known to have it, and to nobody twice. Whoever may have it, because the connection was
lost, gets the same mail under the same Message-ID, by which programs that read mail know a repetition.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from reporter.deliver.connector import Recall
from reporter.deliver.connectors.email import Email
from reporter.deliver.guard import Allowance, Finding, guard_mail, guard_payload
from reporter.deliver.http import Http
from reporter.deliver.letter import NOBODY, Letter, is_usable, write_letter
from reporter.deliver.message import Message
from reporter.deliver.private_values import PrivateValues
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.deliver.smtp import post
from reporter.errors import UsageFault
from reporter.jobs.delivery.mailed_report import read_report
from reporter.jobs.delivery.readers import Reader, readers_of, told_of, who_has
from reporter.jobs.keys import signing_key
from reporter.loops.table import BY_WORD
from reporter.settings_model import Settings

LOOP: Final = BY_WORD["executive_report"]
PROVIDER: Final = "email"
_WORST_FIRST: Final = (
    Outcome.TIMEOUT_UNKNOWN,
    Outcome.THROTTLED,
    Outcome.UNREACHABLE,
    Outcome.REJECTED_PERMANENT,
    Outcome.REFUSED_LOCALLY,
)
"""What is said of a mail that some did not get: first what may have arrived, then what can come right by itself."""
_AGAIN: Final = (Outcome.THROTTLED, Outcome.UNREACHABLE)
"""Outcomes after which nothing has arrived, so that the same round may try again."""
ACCEPTED: Final = Receipt(Outcome.ACCEPTED, Level.ACCEPTED, 250)
ACCEPTED_BEFORE: Final = ACCEPTED._replace(status_code=None)
NO_READERS: Final = Receipt(Outcome.REFUSED_LOCALLY, error_class="no_readers")
OTHERS_WANT_IT: Final = Receipt(Outcome.REFUSED_LOCALLY, error_class="others_not_mailed")


@dataclass(slots=True)
class Round:
    """One report on its way: whom it is for, who had it before, and what became of whom.

    `others` want it too, have not got it, and are not mailed in this round.
    """

    letter: Letter
    readers: tuple[Reader, ...]
    before: frozenset[str] = frozenset()
    others: tuple[Reader, ...] = ()
    receipts: dict[str, Receipt] = field(default_factory=dict)

    @property
    def rest(self) -> tuple[Reader, ...]:
        """Who has not got it, as far as it may be tried in this round: whoever may have it, or was refused, is not."""
        return tuple(one for one in self.readers if one.alias not in self.before and self._may_try(one.alias))

    def receipt(self) -> Receipt:
        """Sum up: accepted when everybody has it, else what is worst."""
        had = dict.fromkeys(self.before, ACCEPTED_BEFORE)
        ids = tuple(told_of({**had, **self.receipts}))
        wanting = [one for one in self.receipts.values() if not one.delivered]
        if wanting:
            return min(wanting, key=lambda one: _WORST_FIRST.index(one.outcome))._replace(ids=ids)
        if self.others:
            return OTHERS_WANT_IT._replace(ids=ids)
        return ACCEPTED._replace(ids=ids) if ids else NO_READERS

    def _may_try(self, alias: str) -> bool:
        receipt = self.receipts.get(alias)
        return receipt is None or receipt.outcome in _AGAIN


class Mailroom:
    """Mails what is to be mailed. `only` are addresses that reports go to instead of to all of their readers.

    `rounds` holds the reports of this operation by message, for whoever wants to know what became of each reader.
    """

    recall: Final = Recall.NONE

    def __init__(self, settings: Settings, email: Email, only: tuple[str, ...] = ()) -> None:
        self._settings, self._email, self._only = settings, email, only
        self.rounds: dict[str, Round] = {}

    def __repr__(self) -> str:
        return "Mailroom(<secret>)"

    @property
    def provider(self) -> str:
        """The provider's word."""
        return PROVIDER

    def for_only(self, addresses: tuple[str, ...]) -> "Mailroom":
        """Give one whose reports go to these addresses."""
        return Mailroom(self._settings, self._email, addresses)

    def payload(self, message: Message, at: datetime) -> bytes:
        """Write the mail, for nobody in particular; of a report, find out who wants it."""
        if not _is_report(message):
            return self._email.payload(message, at)
        self.rounds[message.message_id] = found = self._begin(message)
        return write_letter(found.letter)

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        """Try once: a report for whoever has not got it."""
        if not _is_report(message):
            return await self._email.send(message, at, http)
        found = self.rounds[message.message_id]
        rest, server = found.rest, self._email.server(http)
        usable = [one for one in rest if is_usable(one.address)]
        bad = Receipt(Outcome.REFUSED_LOCALLY, error_class="bad_address")
        found.receipts |= {one.alias: bad for one in rest if one not in usable}
        if usable and is_usable(server.sender):
            to = tuple(one.address for one in usable)
            mail = write_letter(replace(found.letter, sender=server.sender, to=to))
            receipts = await post(server, mail, to)
            found.receipts |= {one.alias: receipt for one, receipt in zip(usable, receipts, strict=True)}
        elif usable:
            found.receipts |= {one.alias: bad._replace(error_class="bad_sender") for one in usable}
        return found.receipt()

    async def find(self, message: Message, http: Http) -> Receipt | None:
        """Say that nobody can tell."""
        return await self._email.find(message, http)

    async def probe(self, http: Http) -> Receipt:
        """Connect, secure the connection and log in."""
        return await self._email.probe(http)

    def _begin(self, message: Message) -> Round:
        settings, environment = self._settings, message.environment
        key, _ = signing_key(settings)
        deliver = settings.environments[environment].deliver
        path = Path(settings.resolve(settings.bundles_dir), environment, str(message.event["bundle"]))
        report = read_report(path, key.public, deliver.link)
        if report.digest != message.event["bundle_digest"]:
            raise UsageFault(f"{path}: found another bundle than the one that the mail is about")
        readers = wanted_readers(settings, environment, self._only)
        everybody = {one.alias: one for one in (*wanted_readers(settings, environment), *readers)}
        before = who_has(settings, environment, message.message_id) & everybody.keys()
        asked = {one.alias for one in readers}
        others = tuple(one for alias, one in everybody.items() if alias not in before | asked)
        return Round(report.letter(message.message_id), readers, before, others)


def _is_report(message: Message) -> bool:
    """Say whether a message stands for a bundle's report; one that others began is told like all others."""
    return message.loop == LOOP.word and "bundle_digest" in message.event


def wanted_readers(settings: Settings, environment: str, only: tuple[str, ...] = ()) -> tuple[Reader, ...]:
    """Name who should get the reports of an environment, or the addresses of one call."""
    key, _ = signing_key(settings)
    if only:
        return readers_of(key, only, "--to")
    place = f"environments.{environment}.deliver.executives"
    return readers_of(key, settings.environments[environment].deliver.executives, place)


def mail_guard(private: PrivateValues) -> Callable[[bytes], tuple[Finding, ...]]:
    """Guard mails as such, and what evidence keeps of them as JSON."""

    def guard(payload: bytes) -> tuple[Finding, ...]:
        if payload.startswith(b"From: "):
            return guard_mail(payload, private, (Allowance("From", NOBODY),))
        return guard_payload(payload, private)

    return guard
