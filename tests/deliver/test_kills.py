"""Whoever sends is killed at two hundred random steps: nothing is lost, repeated where the target can tell, or hidden.

Most of the kills are of the run alone, in this process, between any two of its steps; the others are of a process of
its own, by SIGKILL, while it sends. The ledger and HTTP are real, and the target outlives everybody. A seed is printed
with each failure: the same seed kills at the same steps.
"""

import os
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from deliver.store import Teller
from deliver.target import Target, listening
from deliver.vendors.server import Authorities
from reporter.deliver.connector import Connector, Recall
from reporter.deliver.http import Http
from reporter.deliver.message import Message
from reporter.deliver.outbox import Sending
from reporter.deliver.receipts import Receipt
from reporter.jobs.answers.recording import read_own_records
from reporter.jobs.delivery import sending as sending_jobs
from reporter.jobs.delivery.channels import Channel, Channels
from reporter.jobs.delivery.journal import LedgerJournal
from reporter.jobs.delivery.past import read_past
from reporter.jobs.delivery.retrying import run_retries
from reporter.jobs.delivery.sending import Sender, reconcile, send_all
from reporter.jobs.loops import load_checked_settings, states_of
from reporter.loops.attempts import UNKNOWN
from reporter.loops.table import DELIVERIES
from reporter.loops.writing import Begun
from reporter.model.reports import AlertLevel
from reporter.model.routes import RouteId
from reporter.settings_model import Settings

START = datetime.fromisoformat("2026-06-11T15:40:00+00:00")
SEED = int(os.environ.get("KILL_SEED", "20260611"))
IN_PROCESS, BY_SIGNAL = 160, 40
"""Two hundred kills in all."""
ROUNDS = 8
"""Each test is a share of them, so that they can run side by side."""


class Killed(BaseException):
    """The end of the process, wherever it is."""


class Fuse:
    """Kills at a step; every step of sending passes here."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


class FusedTeller(Teller):
    """Passes a step before the request, and one when it has arrived and nobody knows yet."""

    fuse: Fuse

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:
        self.fuse.burn()
        receipt = await super().send(message, at, http)
        self.fuse.burn()
        return receipt


class Scene:
    """An environment, a target, and messages that are to be told. Time passes between runs."""

    def __init__(self, folder: Path, target: Target, ca_file: str, count: int) -> None:
        self.settings, self.target, self._ca_file = _settings(folder), target, ca_file
        self.now = START
        prefix = folder.name
        self.names = [f"{prefix}-{number}" for number in range(count)]

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def sender(self, connector: Connector | None = None, connections: int = 1) -> Sender:
        told = connector or self.target.teller()
        channel = Channel(told, [self.target.host], max_connections=connections, ca_file=self._ca_file)
        return Sender(self.settings, "pilot", Channels({"webhook": channel}), self.clock)

    def tell(self, sender: Sender) -> None:
        """Do what every operation does: find out about what was begun, then tell what was never tried."""
        past, _ = reconcile(sender)
        send_all(sender, [_sending(name) for name in self.names if past.told(name) is None])

    def check_reports(self) -> None:
        """Whatever may have arrived, and has no result that says so, is failed and unknown in the reports."""
        past = read_past(self.settings, "pilot")
        delivered = {name for name, told in past.messages.items() if told.delivered}
        states = states_of(self.settings, "pilot", self.now).states
        reasons = {one.route.subject: " ".join(one.reasons) for one in states.routes}
        assert all(UNKNOWN in reasons[begun.message_id] for begun, _ in past.begun)
        arrived = {one for one in self.names if self.target.store.times[one]}
        assert all("timeout_unknown" in reasons[name] for name in arrived - delivered)
        assert {name for name in reasons if not reasons[name]} == delivered

    def finish(self) -> None:
        """Let the next runs do what is left, and look at what became of each message."""
        self.tell(self.sender())
        for _ in range(2):
            if all(told.delivered for told in read_past(self.settings, "pilot").messages.values()):
                break
            self.now += timedelta(days=1)
            run_retries(self.sender(), self.now, live=True, most=25)
        times = self.target.store.times
        assert all(times[name] for name in self.names), "a message was lost"
        unknown = [
            one["message_id"]
            for one in read_own_records(self.settings, "pilot")
            if one["metadata_kind"] == DELIVERIES.word and one["outcome"] == "timeout_unknown"
        ]
        for name in self.names:
            if self.target.store.recall is Recall.NONE:
                assert times[name] - 1 <= unknown.count(name), "sent twice, and nobody said that it might be"
            else:
                assert times[name] == 1, "sent twice to a target that could tell"
        assert not read_past(self.settings, "pilot").begun
        assert not any(one.failures for one in states_of(self.settings, "pilot", self.now).states.routes)


def _settings(folder: Path) -> Settings:
    folder.mkdir()
    (folder / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    return load_checked_settings(str(folder / "reporter.toml"))[0]


def _sending(name: str) -> Sending:
    message = Message(name, "pilot", "executive_report", "t", name, AlertLevel.WARNING, "Report", "It is there.", START)
    return Sending(message, RouteId("executive_report", name, "webhook"))


@pytest.fixture(scope="module", params=list(Recall), ids=str)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    with listening(request.param) as found:
        yield found


@pytest.mark.parametrize("part", range(ROUNDS))
def test_run_that_dies_at_any_step_leaves_nothing_lost_repeated_or_hidden(
    tmp_path: Path, target: Target, authorities: Authorities, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuse = Fuse(0)

    class FusedJournal(LedgerJournal):
        async def intend(self, begun: Begun, message: Message) -> None:
            fuse.burn()
            await super().intend(begun, message)
            fuse.burn()

        async def settle(self, *said: Any) -> None:  # noqa: ANN401 - as the journal's
            fuse.burn()
            await super().settle(*said)
            fuse.burn()

    monkeypatch.setattr(sending_jobs, "LedgerJournal", FusedJournal)
    teller = FusedTeller(target.teller().url, target.store.recall)
    teller.fuse = fuse
    share = IN_PROCESS // ROUNDS // len(Recall) + 1
    for number in range(share):
        seed = f"{SEED}-{target.store.recall}-{part}-{number}"
        chance = Random(seed)  # noqa: S311 - a test
        print(f"seed {seed}")  # noqa: T201 - shown where it fails
        scene = Scene(tmp_path / seed, target, authorities.ca_file, 2)
        connections = chance.choice((1, 3))
        for _ in range(chance.choice((1, 1, 2))):
            fuse.left = chance.randint(1, 13)
            try:
                scene.tell(scene.sender(teller, connections))
            except (Killed, BaseExceptionGroup):
                assert fuse.left <= 0
            fuse.left = 0
            scene.check_reports()
        scene.finish()


@pytest.mark.parametrize("part", range(2))
def test_process_that_is_killed_while_it_sends_leaves_nothing_lost_repeated_or_hidden(
    tmp_path: Path, target: Target, authorities: Authorities, part: int
) -> None:
    killed = 0
    for number in range(BY_SIGNAL // 2 // len(Recall) + 1):
        seed = f"{SEED}-{target.store.recall}-signal-{part}-{number}"
        chance = Random(seed)  # noqa: S311 - a test
        print(f"seed {seed}")  # noqa: T201 - shown where it fails
        scene = Scene(tmp_path / seed, target, authorities.ca_file, 6)
        wanted = target.arrived + chance.randint(1, 5)
        pause = chance.random() * 0.01
        child = os.fork()
        if child == 0:
            scene.tell(scene.sender(connections=chance.choice((1, 3))))
            os._exit(0)
        while target.arrived < wanted and os.waitpid(child, os.WNOHANG) == (0, 0):
            time.sleep(0.001)
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        scene.check_reports()
        scene.finish()
    assert killed
