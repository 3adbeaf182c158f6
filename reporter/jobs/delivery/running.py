"""What a run brings to people and systems, in order, each part where the settings ask for it (design.md, Sending).

The bundle is sealed before anything is sent, so that the next one shows what was sent. A part that fails does not stop
the next; what is missing is told at the end, and the next run completes it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from reporter.deliver.outbox import Fate
from reporter.deliver.receipts import Outcome
from reporter.errors import as_told
from reporter.jobs.delivery.alerting import send_alerts
from reporter.jobs.delivery.attaching import RecordResult, attach_bundle
from reporter.jobs.delivery.mailing import ReaderState, plan_mail, send_mail
from reporter.jobs.delivery.notifying import plan_notifications, record_notifications, send_notifications
from reporter.jobs.delivery.retrying import run_retries
from reporter.jobs.delivery.sending import PUT_OFF, WAITING, Delivery, Sender
from reporter.jobs.loops import refuse_lost_ledger
from reporter.seal.keys import PublicKey
from reporter.settings_model import DeliverSettings
from reporter.stopping import is_asked_to_end


class Row(NamedTuple):
    """What became of one thing that was to be brought somewhere. `fate` is `delivered` where it is there."""

    what: str
    fate: str
    why: str = ""
    record: str = ""


class StageResult(NamedTuple):
    """What became of one part. `faults` say why the part itself could not be done."""

    stage: str
    rows: tuple[Row, ...] = ()
    counts: Mapping[str, int] = {}
    faults: tuple[str, ...] = ()
    is_unsafe: bool = False

    @property
    def missing(self) -> tuple[Row, ...]:
        """What is not where it should be."""
        return tuple(one for one in self.rows if one.fate != Fate.DELIVERED)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.faults and set(self.counts) <= {Fate.DELIVERED}


class Unit(NamedTuple):
    """One environment that was assessed, and the key of its bundle. Without a bundle there is nothing to attach."""

    sender: Sender
    now: datetime
    key: PublicKey
    bundle: str = ""


class Stage(NamedTuple):
    """One part: its name, whether the settings want it, and what it does."""

    name: str
    is_wanted: Callable[[DeliverSettings], bool]
    act: Callable[[Unit], StageResult]


def _attach(unit: Unit) -> StageResult:
    settings = unit.sender.settings
    if not unit.bundle:
        return StageResult("attach", faults=("found no bundle, wanted one to attach; the run says why there is none",))
    references = settings.environments[unit.sender.environment].deliver.attach
    found = attach_bundle(settings, unit.bundle, references, unit.key, unit.sender.clock(), execute=True)
    rows = tuple(map(_attached, found.records))
    return StageResult("attach", rows, dict(Counter(one.fate for one in rows)))


def _attached(one: RecordResult) -> Row:
    if one.complete:
        return Row(one.reference.text, Fate.DELIVERED, one.attached.level if one.attached else "")
    outcome = one.attached.outcome if one.attached else None
    return Row(one.reference.text, WAITING if one.put_off else Fate.FAILED, one.fault or str(outcome or ""))


def _notify(unit: Unit) -> StageResult:
    sender = unit.sender
    plan = plan_notifications(sender.settings, sender.environment, unit.now, sender.clock())
    record_notifications(sender.settings, plan)
    return _of("notify", send_notifications(sender, plan))


def _alert(unit: Unit) -> StageResult:
    _, delivery = send_alerts(unit.sender, unit.now)
    return _of("alert", delivery)


def _retry(unit: Unit) -> StageResult:
    return _of("retry", run_retries(unit.sender, unit.now, live=True).delivery)


def _mail(unit: Unit) -> StageResult:
    sender = unit.sender
    if not unit.bundle:
        return StageResult("mail", faults=("found no bundle, wanted one to mail; the run says why there is none",))
    mailed = send_mail(sender, plan_mail(sender.settings, unit.bundle, sender.clock()))
    rows = tuple(Row(one.alias, _fate(one), _why(one)) for one in mailed.states)
    is_unsafe = mailed.delivery is not None and mailed.delivery.is_unsafe
    return StageResult("mail", rows, dict(Counter(one.fate for one in rows)), mailed.faults, is_unsafe)


def _fate(one: ReaderState) -> Fate:
    if one.has_it:
        return Fate.DELIVERED
    return Fate.UNKNOWN if one.state == Outcome.TIMEOUT_UNKNOWN else Fate.FAILED


def _why(one: ReaderState) -> str:
    return ": ".join(filter(None, (one.state, one.error_class))) + f"; {one.place}"


STAGES: Final = (
    Stage("attach", lambda settings: bool(settings.attach), _attach),
    Stage("notify", lambda settings: settings.notify, _notify),
    Stage("alert", lambda settings: settings.alert, _alert),
    Stage("retry", lambda settings: settings.retry, _retry),
    Stage("mail", lambda settings: settings.mail, _mail),
)
"""The parts, in order."""


def wanted_stages(settings: DeliverSettings) -> tuple[Stage, ...]:
    """List the parts that the settings of an environment ask for."""
    return tuple(one for one in STAGES if one.is_wanted(settings))


def deliver_environment(unit: Unit) -> tuple[StageResult, ...]:
    """Bring everything that is asked for where it belongs. Whatever fails is told in its part's result.

    Nothing is sent by a ledger that lost what an earlier bundle saw in it: it would be sent again.
    """
    wanted = wanted_stages(unit.sender.settings.environments[unit.sender.environment].deliver)
    lost = _lost_ledger(unit) if wanted else ()
    return tuple(StageResult(one.name, faults=lost) if lost else _done(one, unit) for one in wanted)


def _lost_ledger(unit: Unit) -> tuple[str, ...]:
    """Say why nothing may be sent: the ledger is not the one that the bundle before this run's saw."""
    try:
        refuse_lost_ledger(unit.sender.settings, unit.sender.environment, unit.now, unit.key)
    except Exception as failed:  # noqa: BLE001 - whatever it is, the run goes on and says so
        return as_told(unit.sender.environment, failed).faults
    return ()


def _done(stage: Stage, unit: Unit) -> StageResult:
    if is_asked_to_end():
        return StageResult(stage.name, faults=(f"{unit.sender.environment}: {PUT_OFF}",))
    try:
        return stage.act(unit)
    except Exception as failed:  # noqa: BLE001 - whatever it is, the other parts go on
        return StageResult(stage.name, faults=as_told(unit.sender.environment, failed).faults)


def _of(stage: str, delivery: Delivery) -> StageResult:
    rows = (Row(str(one.route), one.fate, one.why, one.delivery_id) for one in delivery.lines)
    return StageResult(stage, tuple(rows), dict(delivery.counts), delivery.faults, delivery.is_unsafe)


def is_complete(stages: Iterable[StageResult]) -> bool:
    """Say whether nothing is missing anywhere."""
    return all(one.is_complete for one in stages)
