"""Mailing the executive report of a bundle to its readers, as a delivery of the loop that reports to executives.

By its records the closure knows that the report went out (domain.md A7), and the retry worker whom it did not reach.
The same bundle goes to nobody twice who is known to have it, unless somebody asks for it again.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from reporter.deliver.guard import Finding
from reporter.deliver.letter import write_letter
from reporter.deliver.message import Message
from reporter.deliver.outbox import Sending, encode_message
from reporter.deliver.private_values import PrivateKind, PrivateValue, PrivateValues
from reporter.deliver.receipts import ARRIVAL_UNKNOWN, Outcome, Receipt
from reporter.errors import UsageFault
from reporter.jobs.delivery.channels import Channels
from reporter.jobs.delivery.mailed_report import MailedReport, read_report
from reporter.jobs.delivery.mailroom import LOOP, PROVIDER, Mailroom, mail_guard, wanted_readers
from reporter.jobs.delivery.past import read_past
from reporter.jobs.delivery.readers import Reader, who_has
from reporter.jobs.delivery.sending import Delivery, Sender, message_id, send_all
from reporter.jobs.standing import public_key_of
from reporter.loops.writing import write_plan
from reporter.model.instants import format_instant
from reporter.model.routes import RouteId
from reporter.settings_model import Settings

HAS_IT: Final = "has_it"
"""The state of a reader whom the mail was accepted for before."""
NOT_MAILED: Final = "not_mailed"


class ReaderState(NamedTuple):
    """How it stands with one reader: `has_it`, `not_mailed`, or the outcome of this call."""

    alias: str
    place: str
    state: str
    status_code: int | None = None
    error_class: str = ""

    @property
    def has_it(self) -> bool:
        """Whether a server took the mail for this reader, now or before."""
        return self.state in {HAS_IT, "accepted"}


class Mailing(NamedTuple):
    """The mail about one bundle, and who is to get it. `message` is what evidence keeps of it."""

    settings: Settings
    environment: str
    report: MailedReport
    message: Message
    readers: tuple[Reader, ...]
    states: tuple[ReaderState, ...]
    only: tuple[str, ...] = ()

    @property
    def route(self) -> RouteId:
        """The route that is delivered."""
        return RouteId(LOOP.word, self.report.run_id, PROVIDER)

    @property
    def letter(self) -> bytes:
        """The mail as bytes, but for who sends it to whom."""
        return write_letter(self.report.letter(self.message.message_id))


class Mailed(NamedTuple):
    """What became of it. Without a delivery there was nobody left to mail it to."""

    states: tuple[ReaderState, ...]
    delivery: Delivery | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the operation itself, and why a mail may not leave."""
        if self.delivery is None:
            return ()
        unsafe = (f"{one.route}: {one.why}" for one in self.delivery.lines if self.delivery.is_unsafe)
        return (*self.delivery.faults, *unsafe)

    @property
    def missing(self) -> tuple[ReaderState, ...]:
        """Who has not got it."""
        return tuple(one for one in self.states if not one.has_it)


def plan_mail(
    settings: Settings, path: str, now: datetime, *, only: Iterable[str] = (), again: bool = False
) -> Mailing:
    """Verify a bundle, write the mail about it, and see who has it already. Nothing is recorded or sent.

    `only` are addresses that it goes to instead of to all of its readers; `again` writes to those who have it, too.
    Raise VerificationFailed for a bundle that is not what was sealed, UsageFault where there is nobody to write to.
    """
    key = public_key_of(settings)
    if key is None:
        raise UsageFault("no key to verify the bundle with: `reporter run` makes both")
    report = read_report(path, key)
    environment = report.readiness.environment
    if environment not in settings.environments:
        raise UsageFault(f"{path}: found a bundle of {environment}, wanted one of the settings' environments")
    report = read_report(path, key, settings.environments[environment].deliver.link)
    if not Path(settings.resolve(settings.bundles_dir), environment, report.name).is_dir():
        raise UsageFault(f"{path}: found a bundle from elsewhere, wanted one in bundles_dir, where a retry finds it")
    addresses = tuple(only)
    readers = wanted_readers(settings, environment, addresses)
    if not readers:
        raise UsageFault(
            f"nobody to mail to: environments.{environment}.deliver.executives is empty; list them, or give --to"
        )
    route = RouteId(LOOP.word, report.run_id, PROVIDER)
    cycle = f"{report.digest}/{format_instant(now)}" if again else report.digest
    latest = None if again else read_past(settings, environment).latest.get(route)
    message = _message(report, latest or message_id(environment, route, cycle), readers, again=again)
    has = who_has(settings, environment, message.message_id)
    states = tuple(ReaderState(one.alias, one.place, HAS_IT if one.alias in has else NOT_MAILED) for one in readers)
    return Mailing(settings, environment, report, message, readers, states, addresses)


def guard_mailing(mailing: Mailing, private: PrivateValues) -> tuple[Finding, ...]:
    """Say what is not public-safe in the mail, or in what evidence keeps of it."""
    given = PrivateValues(PrivateValue(PrivateKind.PERSON, one.place, one.address) for one in mailing.readers)
    guard = mail_guard(private | given)
    return (*guard(mailing.letter), *guard(encode_message(mailing.message)))


def send_mail(sender: Sender, mailing: Mailing) -> Mailed:
    """Mail it to whoever has not got it, and record the plan before and the result after.

    Raise UsageFault where no mail server is configured.
    """
    channel = sender.channels.by_provider.get(PROVIDER)
    if channel is None or not isinstance(channel.connector, Mailroom):
        raise UsageFault(
            f"no mail server: wanted connectors.{PROVIDER} in the connector configuration", *sender.channels.faults
        )
    mailroom = channel.connector.for_only(mailing.only)
    sender = sender._replace(channels=Channels({PROVIDER: replace(channel, connector=mailroom)}))
    _end_begun(sender, mailing.route)
    past = read_past(sender.settings, sender.environment)
    told = past.told(mailing.message.message_id)
    if _is_done(mailing, is_delivered=bool(told and told.delivered)):
        return Mailed(mailing.states)
    report, readiness = mailing.report, mailing.report.readiness
    plan = write_plan(
        LOOP,
        sender.clock(),
        report.run_id,
        [PROVIDER],
        alert_level=readiness.alert_level,
        executive_report_id=readiness.loops.executive.executive_report_id,
        bundle=report.name,
        bundle_digest=report.digest,
    )
    sender.record([plan])
    attempt = told.attempts + 1 if told else 1
    sending = Sending(mailing.message, mailing.route, attempt, doubtful=bool(told and told.doubtful))
    delivery = send_all(sender, [sending])
    found = mailroom.rounds.get(mailing.message.message_id)
    receipts = found.receipts if found else {}
    if any(one.why.startswith(Outcome.TIMEOUT_UNKNOWN) for one in delivery.lines):
        receipts = {one.alias: ARRIVAL_UNKNOWN for one in mailing.states if not one.has_it} | receipts
    return Mailed(tuple(_now(one, receipts.get(one.alias)) for one in mailing.states), delivery)


def _is_done(mailing: Mailing, *, is_delivered: bool) -> bool:
    """Say whether nothing is to be sent, and nothing to be recorded either: that everybody has it is worth a record."""
    if not all(one.has_it for one in mailing.states):
        return False
    has = who_has(mailing.settings, mailing.environment, mailing.message.message_id)
    return is_delivered or any(one.alias not in has for one in wanted_readers(mailing.settings, mailing.environment))


def _end_begun(sender: Sender, route: RouteId) -> None:
    """Record of an attempt that was interrupted that nobody knows how it ended: mail cannot be asked for."""
    begun = read_past(sender.settings, sender.environment).begun
    send_all(
        sender,
        [
            Sending(message, one.route, one.attempt, one.cause, begun=one)
            for one, message in begun
            if one.route == route
        ],
    )


def _now(before: ReaderState, receipt: Receipt | None) -> ReaderState:
    if receipt is None:
        return before
    return before._replace(state=receipt.outcome, status_code=receipt.status_code, error_class=receipt.error_class)


def _message(report: MailedReport, name: str, readers: Iterable[Reader], *, again: bool) -> Message:
    """Write what evidence keeps of the mail: enough to write it again from its bundle."""
    readiness = report.readiness
    executive = readiness.loops.executive
    letter = report.letter(name)
    event = {
        "event_type": LOOP.event_type,
        "run_id": report.run_id,
        "executive_report_id": executive.executive_report_id,
        "bundle": report.name,
        "bundle_digest": report.digest,
        "readers": [one.alias for one in readers],
        **({"again": True} if again else {}),
    }
    return Message(
        message_id=name,
        environment=readiness.environment,
        loop=LOOP.word,
        event_type=LOOP.event_type,
        subject=report.run_id,
        severity=readiness.alert_level,
        title=letter.subject,
        summary=executive.verdict,
        at=letter.at,
        owner=LOOP.owner,
        link=report.link,
        event=event,
    )
