"""Commands that are asked to end while they send: what is under way is finished, the rest waits and is told as such."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deliver.post_office import serving_apart
from deliver.vendors.receiver import PATH, SECRET, Receiver
from deliver.vendors.server import Answer, Authorities, Exchange, Mount, make_authorities, serving
from loops import records as make
from loops.cases import HOUR, F
from mail_world import World
from reporter.jobs.answers.recording import read_own_records
from reporter.jobs.folding import WORTH_SHARING
from reporter.jobs.loops import load_checked_settings
from reporter.jobs.runs.holder import read_holder
from reporter.jobs.runs.latest import last_runs
from reporter.loops.table import DELIVERIES, INTENTS
from reporter.loops.writing import RecordValue
from reporter.seal.keys import new_key_pair
from worlds import REPORTER

SOON = 10.0
"""Seconds within which a command has to end; where it must not wait for somebody, that one takes 20."""
DELIVERING = """
import sys
from reporter.cli.deliveries import deliver_all, delivery_code, missing_lines
from reporter.clock import utc_now
from reporter.jobs.runs.watched import watched
from reporter.seal.keys import read_public_key
from reporter.settings import load_settings
settings, now = load_settings(f"{sys.argv[1]}/reporter.toml")[0], utc_now()
with watched(settings, "run", ["pilot"], now, now, print):
    delivered = deliver_all(settings, {"pilot": ""}, read_public_key(f"{sys.argv[1]}/key.pub"), now, now)
print(*missing_lines(delivered), sep="\\n")
sys.exit(delivery_code(delivered))
"""
"""What a run does once its bundles are sealed."""
DELIVER = "\n[environments.pilot.deliver]\nalert = true\nretry = true\n"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("authorities"))


@pytest.fixture
def hook(authorities: Authorities) -> Iterator[Mount]:
    with (
        serving(authorities.trusted.issue_cert("localhost", "127.0.0.1")) as server,
        server.mounted(Receiver()) as found,
    ):
        yield found


class Pilot:
    """A pilot whose three workers are not well and whose four exports failed, and a receiver that takes its time."""

    def __init__(self, folder: Path, hook: Mount, ca_file: str) -> None:
        self.folder, self.hook = folder, hook
        failed = datetime.now(UTC).replace(microsecond=0) - 2 * HOUR
        records = [make.delivery(F, failed, f"export-{number}", ["webhook"], ["webhook"]) for number in range(4)]
        (folder / "evidence.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
        config = {"webhook": {"url": hook.url(PATH), "secret": SECRET, "ca_file": ca_file, "timeout_seconds": 30}}
        (folder / "connectors.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "connectors.json").chmod(0o600)
        (folder / "reporter.toml").write_text(
            'connector_config = "connectors.json"\n[environments.pilot]\nmode = "promoted"\n'
            f'records = ["evidence.jsonl"]\n{DELIVER}',
            encoding="utf-8",
        )

    def own(self, kind: str) -> list[RecordValue]:
        settings, _ = load_checked_settings(str(self.folder / "reporter.toml"))
        return [one for one in read_own_records(settings, "pilot") if one["metadata_kind"] == kind]

    def call(self, words: str) -> list[str]:
        return [REPORTER, *words.split(), "--settings", str(self.folder / "reporter.toml")]

    def ended(self, words: str, number: signal.Signals) -> "Ended":
        return Ended(self.call(words), number, lambda _: self.hook.seen)


@pytest.fixture
def pilot(tmp_path: Path, hook: Mount, authorities: Authorities) -> Pilot:
    return Pilot(tmp_path, hook, authorities.ca_file)


class Ended:
    """A call that got a signal when the other side had read a request: how it ended, and after how long."""

    def __init__(self, command: Sequence[str], number: signal.Signals, is_under_way: Callable[[int], object]) -> None:
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_answer_ctrl_c,  # noqa: PLW1509 - it starts no thread
        ) as process:
            while not is_under_way(process.pid):
                assert process.poll() is None, process.communicate()
                time.sleep(0.005)
            asked_at = time.monotonic()
            process.send_signal(number)
            self.out, self.err = process.communicate(timeout=30)
            self.seconds, self.code = time.monotonic() - asked_at, process.returncode


def _answer_ctrl_c() -> None:
    """Undo what a shell does to its background jobs."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def late(exchange: Exchange) -> None:
    """Do what was asked, and answer a moment later."""
    answer = exchange.answer()
    exchange.wait(0.5)
    exchange.send(answer)


def never(exchange: Exchange) -> None:
    """Do what was asked, and do not answer while anybody waits."""
    exchange.answer()
    exchange.wait(20)
    exchange.hang_up()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"])
def test_message_that_is_under_way_is_finished_and_the_others_wait(
    pilot: Pilot, number: signal.Signals, code: int
) -> None:
    pilot.hook.always = late
    said = pilot.ended("alert send --execute", number)
    assert (said.code, said.seconds < SOON) == (code, True), said.err
    lines = [line for line in said.out.splitlines() if " -> webhook" in line]
    assert [line.split()[0] for line in lines] == ["waiting", "waiting", "delivered"]
    assert all(line.endswith("not begun when the end was asked for; the next run tells it") for line in lines[:2])
    assert len({line.split()[1] for line in lines}) == 3
    assert said.out.splitlines()[-1] == "pilot: 1 delivered, 2 waiting"
    assert (len(pilot.hook.seen), len(pilot.own(INTENTS.word)), len(pilot.own(DELIVERIES.word))) == (1, 1, 1)


def test_wait_before_the_next_request_is_broken_off(pilot: Pilot) -> None:
    pilot.hook.always = lambda exchange: exchange.send(Answer(429, headers={"Retry-After": "60"}))
    said = pilot.ended("retry run --execute", signal.SIGTERM)
    assert (said.code, said.seconds < SOON) == (143, True), said.err
    lines = [line for line in said.out.splitlines() if " -> webhook" in line]
    assert [line.split()[0] for line in lines] == ["failed", "waiting", "waiting", "waiting"]
    assert lines[0].endswith("throttled: rate_limited")


def test_request_that_is_never_answered_is_named_unknown_and_sent_again_under_its_key_by_the_next_call(
    pilot: Pilot,
) -> None:
    pilot.hook.next.append(never)
    said = pilot.ended("retry run --execute", signal.SIGINT)
    assert (said.code, said.seconds < SOON) == (130, True), said.err
    lines = [line.split() for line in said.out.splitlines() if " -> webhook" in line]
    assert [line[0] for line in lines] == ["unknown", "waiting", "waiting", "waiting"]
    assert (len(pilot.own(INTENTS.word)), pilot.own(DELIVERIES.word)) == (1, [])
    again = subprocess.run(pilot.call("retry run --execute"), capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout.splitlines()[0]) == (0, "pilot: 3 selected, 0 left: 4 delivered")
    receiver = pilot.hook.vendor
    assert isinstance(receiver, Receiver)
    assert (len(receiver.events), len(receiver.repeated)) == (4, 1)


def test_run_that_is_asked_to_end_while_it_alerts_tells_what_waits_and_begins_no_other_part(pilot: Pilot) -> None:
    pilot.hook.always = late
    new_key_pair(pilot.folder / "key")
    command = [sys.executable, "-c", DELIVERING, str(pilot.folder)]
    said = Ended(command, signal.SIGTERM, lambda _: pilot.hook.seen)
    assert (said.code, said.seconds < SOON) == (143, True), said.err
    assert "pilot: delivery incomplete; the next run completes it" in said.out
    rows = [line.split()[:2] for line in said.out.splitlines() if line.startswith(("  alert ", "  retry "))]
    assert rows == [["alert", "waiting"], ["alert", "waiting"], ["retry", "error"]]
    assert len(pilot.hook.seen) == 1


def test_mail_that_is_never_taken_is_named_as_one_that_the_reader_may_have(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.office.wait = "BODY"
    with serving_apart(world.office) as port:
        world.server["port"] = port
        world.tell()
        command = [REPORTER, "mail", world.bundle, "--execute", "--settings", str(tmp_path / "reporter.toml")]
        said = Ended(command, signal.SIGTERM, lambda _: "BODY" in world.office.commands)
    assert (said.code, said.seconds < SOON) == (143, True), said.err
    assert said.out.count("may have it") == 2
    (row,) = (one for one in world.rows() if one["metadata_kind"] == DELIVERIES.word)
    assert (row["outcome"], row["error_class"]) == ("timeout_unknown", "interrupted")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"])
def test_run_that_is_asked_to_end_while_it_reads_records_says_so_and_leaves_nothing_at_work(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Nothing is being sent, so it ends at once; the processes that read with it end too."""
    line = json.dumps(make.delivery(F, datetime(2026, 6, 11, tzinfo=UTC), "export-1", ["webhook"])) + "\n"
    with (tmp_path / "evidence.jsonl").open("w", encoding="utf-8") as file:
        file.writelines([line] * (2 * WORTH_SHARING // len(line)))
    text = '[environments.pilot]\nmode = "promoted"\nrecords = ["evidence.jsonl"]\n'
    (tmp_path / "reporter.toml").write_text(text, encoding="utf-8")
    readers: list[int] = []
    said = Ended([REPORTER, "run", "--settings", str(tmp_path / "reporter.toml")], number, readers_of(readers))
    assert (said.code, said.seconds < SOON, said.out) == (code, True, ""), said.err
    settings, _ = load_checked_settings(str(tmp_path / "reporter.toml"))
    (run,) = last_runs(settings)
    assert (run.what, run.exit_code, run.failed) == ("run", code, True)
    assert read_holder(settings.state_path) is None, "no lock is left"
    assert not (tmp_path / "bundles").exists()
    assert [one for one in readers if Path(f"/proc/{one}").exists()] == []


def readers_of(readers: list[int]) -> Callable[[int], object]:
    """Note the processes that a run started, once there are some."""

    def are_at_work(process: int) -> bool:
        readers[:] = map(int, Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split())
        return bool(readers)

    return are_at_work
