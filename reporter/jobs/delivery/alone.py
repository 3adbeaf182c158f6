"""What stands around everything that sends: the connectors, the lock of runs, and a record of the start and the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reporter.clock import precise_now, utc_now
from reporter.errors import ExitCode
from reporter.jobs.delivery.connecting import open_channels
from reporter.jobs.delivery.sending import Delivery, Sender
from reporter.jobs.loops import refuse_lost_ledger
from reporter.jobs.runs.lock import Patience
from reporter.jobs.runs.results import Ending
from reporter.jobs.runs.watched import Watch, watched
from reporter.jobs.standing import public_key_of
from reporter.loops.writing.envelope import GOVERNANCE
from reporter.settings_model import Settings
from reporter.stopping import exit_code_when_asked


def sender_for(settings: Settings, environment: str, by: str = GOVERNANCE) -> Sender:
    """Open the connectors for one environment."""
    return Sender(settings, environment, open_channels(settings), precise_now, by)


@contextmanager
def sending(  # noqa: PLR0913 - what a run is about, and who asks for it
    settings: Settings,
    environment: str,
    what: str,
    tell: Callable[[str], None],
    *,
    alone: bool,
    by: str = GOVERNANCE,
    patience: Patience | None = None,
) -> Iterator[tuple[Sender, Watch]]:
    """Open the connectors; where anything is recorded or sent, alone, and with a record of it as of every run.

    `tell` takes remarks; without `patience` nobody waits for the lock. Raise LedgerUnusable where the ledger lost what
    the last bundle saw in it.
    """
    sender = sender_for(settings, environment, by)
    for fault in sender.channels.faults:
        tell(f"not used: {fault}")
    if not alone:
        yield sender, Watch()
        return
    now = utc_now()
    with watched(settings, what, [environment], now, now, tell, patience) as watch:
        refuse_lost_ledger(settings, environment, now, public_key_of(settings))
        yield sender, watch


def note_end(watch: Watch, delivery: Delivery) -> None:
    """Say in the record of a run what it delivered."""
    watch.end(Ending(code_of(delivery), deliveries={str(fate): count for fate, count in delivery.counts.items()}))


def code_of(delivery: Delivery) -> int:
    """Give the exit code of what was sent; that of the signal, where one asked for the end."""
    if code := exit_code_when_asked():
        return code
    if delivery.is_unsafe:
        return ExitCode.NOT_PUBLIC_SAFE
    return ExitCode.DONE if delivery.is_complete else ExitCode.DELIVERY_INCOMPLETE
