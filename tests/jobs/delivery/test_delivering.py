"""What a run delivers, told as a table: each part for itself, and what is left out of sight is counted."""

import asyncio
from datetime import timedelta
from itertools import count

import pytest

from deliver.approvals.bundles import NOW, PILOT, AttachingWorld
from deliver.messages import message
from deliver.store import Spoken
from reporter.cli.deliveries import delivery_code, missing_lines
from reporter.deliver.outbox import Sending
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.errors import ExitCode
from reporter.jobs.delivery import sending as sending_jobs
from reporter.jobs.delivery.channels import Channel, Channels
from reporter.jobs.delivery.journal import LedgerJournal
from reporter.jobs.delivery.running import Row, StageResult, Unit, deliver_environment
from reporter.jobs.delivery.sending import Sender, send_all
from reporter.jobs.records import open_settings_ledger
from reporter.loops.writing import Begun
from reporter.model.routes import RouteId

YES = Receipt(Outcome.ACCEPTED, Level.ACCEPTED, 200)


def sender(world: AttachingWorld) -> Sender:
    seconds = count()
    channels = Channels({"webhook": Channel(Spoken(YES))})
    return Sender(world.settings, PILOT, channels, lambda: NOW + timedelta(seconds=next(seconds)))


def test_bundle_is_attached_where_there_is_a_directory_and_told_where_there_is_none(world: AttachingWorld) -> None:
    world.extra = f'[environments.{PILOT}.deliver]\nattach = ["directory:records", "directory:nowhere"]\nmail = true\n'
    world.configure()
    unit = Unit(sender(world), NOW, world.key.public, f"{PILOT}/latest")
    attached, mailed = deliver_environment(unit)
    assert attached.rows == (
        Row("directory:records", "delivered", "landed"),
        Row("directory:nowhere", "failed", "rejected_permanent"),
    )
    assert not mailed.is_complete
    (mailed,) = deliver_environment(unit._replace(bundle=""))[1:]
    assert mailed.faults == ("found no bundle, wanted one to mail; the run says why there is none",)


def test_table_of_what_is_missing_is_cut_and_counted() -> None:
    rows = tuple(Row(f"route {number}", "failed", "why") for number in range(23))
    told = {"pilot": (StageResult("alert", rows, {"failed": 23}),), "well": (StageResult("alert"),)}
    lines = list(missing_lines(told))
    assert (len(lines), lines[-1]) == (22, "  alert    and 3 more; --json lists them")
    assert delivery_code(told) == ExitCode.DELIVERY_INCOMPLETE
    assert delivery_code({"pilot": (told["pilot"][0]._replace(is_unsafe=True),)}) == ExitCode.NOT_PUBLIC_SAFE
    assert delivery_code({"well": told["well"]}) == ExitCode.DONE


def test_delivered_messages_beyond_what_can_be_read_are_counted_alone(
    world: AttachingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_jobs, "MOST_LINES", 2)
    routes = [RouteId("executive_report", f"run-{number}", "webhook") for number in range(5)]
    found = send_all(sender(world), [Sending(message(message_id=f"m-{one.subject}"), one) for one in routes])
    assert (len(found.lines), found.counts) == (2, {"delivered": 5})


def test_attempt_that_is_given_up_while_it_is_committed_holds_up_no_other(world: AttachingWorld) -> None:
    async def commit() -> None:
        with open_settings_ledger(world.settings, write=True) as ledger:
            journal = LedgerJournal(ledger, PILOT, lambda: NOW)
            both = [asyncio.create_task(journal.intend(begun(name), message())) for name in ("a", "b")]
            await asyncio.sleep(0)
            both[0].cancel()
            await both[1]
            assert both[0].cancelled()

    asyncio.run(commit())
    assert len(world.rows()) == 2, "what was on its way to the disk is there"


def begun(name: str) -> Begun:
    return Begun(RouteId("executive_report", name, "webhook"), name, 1, "webhook", "0" * 64, NOW)
