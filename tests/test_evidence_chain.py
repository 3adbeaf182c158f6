"""What was recorded through us cannot vanish, change or be left out without the closure staying open."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deliver.vendors.receiver import PATH, SECRET, Receiver
from deliver.vendors.server import Authorities, make_authorities, serving
from ledger.entries import raw, tamper
from reporter.cli.deliveries import deliver_all, delivery_code, missing_lines
from reporter.cli.root import call
from reporter.clock import utc_now
from reporter.errors import ExitCode, LedgerUnusable
from reporter.jobs import readiness
from reporter.jobs.keys import make_key_pair, signing_key
from reporter.jobs.loops import Evidence, refuse_lost_ledger, states_of
from reporter.jobs.records import import_records, open_settings_ledger
from reporter.jobs.standing import public_key_of
from reporter.ledger import Entry, append_run, own_key
from reporter.ledger.chain import hash_over, sha256_of
from reporter.seal.bundle import write_bundle
from reporter.settings import load_settings
from reporter.settings_model import Settings

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)


class World:
    """One environment with a ledger, and bundles whose statements say where it stood."""

    def __init__(self, directory: Path, records: str = "[]") -> None:
        self.directory = directory
        self.ledger = directory / "state" / "ledger.db"
        text = f"[environments.pilot]\nrecords = {records}\n[environments.other]\n"
        (directory / "reporter.toml").write_text(text, encoding="utf-8")
        make_key_pair(directory / "keys" / "signing.key")

    @property
    def settings(self) -> Settings:
        return load_settings(str(self.directory / "reporter.toml"), {})[0]

    def record(self, *numbers: int, environment: str = "pilot") -> None:
        entries = [Entry(raw(one), own_key(environment, str(one))) for one in numbers]
        with open_settings_ledger(self.settings, write=True) as ledger:
            assert ledger.append(entries).added == len(numbers)

    def read(self, at: datetime = NOW + HOUR) -> Evidence:
        return states_of(self.settings, "pilot", at, key=public_key_of(self.settings))

    def faults(self, at: datetime = NOW + HOUR) -> list[str]:
        return [f"{one.where}: {one.found}; {one.wanted}" for one in self.read(at).states.faults]

    def seal(self, at: datetime = NOW, closure: str = "open") -> None:
        """Seal what a run would say of the ledger and the sources."""
        evidence = self.read(at)
        head = evidence.head
        predicate = {
            "environment": "pilot",
            "as_of": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "inputs": [{"alias": "plan"}],
            "records": [
                {"alias": one.alias, "sha256": one.sha256, "record_count": one.record_count} for one in evidence.sources
            ],
            "ledger_head": head._asdict() if head and head.sequence else None,
            "run_head": evidence.run_head._asdict() if evidence.run_head else None,
            "closure_state": closure,
        }
        key, _ = signing_key(self.settings)
        folder = self.settings.resolve("bundles")
        write_bundle(folder, "pilot", at, {"readiness.json": b"{}"}, predicate, key, wall_now=NOW.timestamp())


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("authorities"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


SAW = "the ledger that the bundle of 2026-06-11T15:40:00Z saw, up to row 3; restore its backup"


def remove(world: World) -> None:
    shutil.rmtree(world.ledger.parent)


def dangle(world: World) -> None:
    remove(world)
    world.ledger.parent.mkdir()
    world.ledger.symlink_to("elsewhere")


def begin_anew(world: World) -> None:
    remove(world)
    world.record(1, 2)


def write_others(world: World) -> None:
    remove(world)
    world.record(1, 2, 4, 5)


def edit_payload(world: World) -> None:
    tamper(world.ledger, "UPDATE record SET payload = '{}' WHERE sequence = 2")


def edit_whole_row(world: World) -> None:
    """Write a row that is whole by itself, before another that does not follow it."""
    with open_settings_ledger(world.settings, write=False) as ledger:
        row = next(one for one in ledger.read() if one.sequence == 2)
    payload = raw(9).decode()
    fields = (*row[1:8], payload, sha256_of(payload), row.idempotency_key)
    own = hash_over(row.previous_hash, 2, fields)
    tamper(
        world.ledger,
        f"UPDATE record SET payload = '{payload}', payload_sha256 = '{sha256_of(payload)}', hash = '{own}'"  # noqa: S608
        " WHERE sequence = 2",
    )


def edit_later_link(world: World) -> None:
    world.record(4, 5, environment="other")
    tamper(world.ledger, "UPDATE record SET signer = 'somebody' WHERE sequence = 4")


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        pytest.param(remove, "no ledger", id="gone"),
        pytest.param(dangle, "ledger ledger.db: a link to a file that is gone", id="a link to nowhere"),
        pytest.param(begin_anew, "a chain that ends at row 2; the head that was noted is row 3", id="begun anew"),
        pytest.param(write_others, "row 3 has another hash than the head that was noted", id="another"),
        pytest.param(edit_payload, "row 2 is not what was written", id="a payload edited"),
        pytest.param(edit_whole_row, "other answers than it held", id="a whole row edited"),
        pytest.param(edit_later_link, "row 4 is not what was written", id="a later row edited"),
    ],
)
def test_ledger_that_is_not_the_one_that_the_last_bundle_saw_keeps_the_closure_open(
    world: World, harm: Callable[[World], None], found: str
) -> None:
    world.record(1, 2, 3)
    world.seal()
    assert world.faults() == []
    harm(world)
    (fault,) = world.faults()
    assert fault.startswith(f"our own answers: {found}")
    assert fault.endswith(SAW)


@pytest.mark.parametrize("command", ["notify send", "alert send", "retry run"])
def test_nothing_is_sent_by_a_ledger_that_lost_what_the_last_bundle_saw(
    world: World, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.record(1, 2, 3)
    backup = world.directory / "backup.db"
    world.seal()
    shutil.copy(world.ledger, backup)
    begin_anew(world)
    called = [*command.split(), "--settings", str(world.directory / "reporter.toml"), "--environment", "pilot"]
    assert call([*called, "--execute"]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert "pilot: nothing is sent: found " in said
    assert f", wanted {SAW}" in said
    shutil.copy(backup, world.ledger)
    call([*called, "--execute"])
    assert "nothing is sent" not in capsys.readouterr().err


def test_run_sends_nothing_by_a_ledger_that_lost_what_the_last_bundle_saw_and_goes_on(
    world: World, authorities: Authorities
) -> None:
    settings, folder, receiver = world.directory / "reporter.toml", world.directory, Receiver()
    parts = "".join(f"{part} = true\n" for part in ("notify", "alert", "retry", "mail"))
    settings.write_text(
        f'connector_config = "connectors.json"\n[environments.pilot]\nmode = "promoted"\n'
        f'[environments.pilot.deliver]\nattach = ["directory:{folder}"]\n{parts}',
        encoding="utf-8",
    )
    tell = ["alert", "send", "--force", "--execute", "--settings", str(settings)]
    with serving(authorities.trusted.issue_cert("localhost", "127.0.0.1")) as server, server.mounted(receiver) as hook:
        config = {"webhook": {"url": hook.url(PATH), "secret": SECRET, "ca_file": authorities.ca_file}}
        (folder / "connectors.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "connectors.json").chmod(0o600)
        assert call(tell) == ExitCode.DONE
        told = len(receiver.events)
        world.seal()
        shutil.move(world.ledger, folder / "backup.db")
        now, key = utc_now(), public_key_of(world.settings)
        assert key
        delivered = deliver_all(world.settings, {"pilot": str(folder / "bundles")}, key, now, now)
        assert delivery_code(delivered) == ExitCode.DELIVERY_INCOMPLETE
        assert (len(receiver.events), receiver.repeated) == (told, [])
        shutil.move(folder / "backup.db", world.ledger)
        assert call(tell) == ExitCode.DONE
        assert len(receiver.events) == 2 * told
    said, *rows = missing_lines(delivered)
    assert said == "pilot: delivery incomplete; the next run completes it"
    assert [line.split()[:2] for line in rows] == [
        [part, "error"] for part in ("attach", "notify", "alert", "retry", "mail")
    ]
    assert all(
        "  pilot: nothing is sent: found no ledger, wanted the ledger that the bundle of " in one for one in rows
    )
    assert all(one.endswith("; restore its backup") for one in rows)


def test_ledger_is_not_asked_for_more_than_bundles_say_of_it(world: World) -> None:
    world.record(1, 2)
    refuse_lost_ledger(world.settings, "pilot", NOW + HOUR, None)
    refuse_lost_ledger(world.settings, "pilot", NOW + HOUR, public_key_of(world.settings))
    world.seal()
    refuse_lost_ledger(world.settings, "pilot", NOW + HOUR, public_key_of(world.settings))
    remove(world)
    refuse_lost_ledger(world.settings, "pilot", NOW + HOUR, None)
    with pytest.raises(LedgerUnusable, match="found no ledger, wanted the ledger that the bundle of"):
        refuse_lost_ledger(world.settings, "pilot", NOW + HOUR, public_key_of(world.settings))


def leave_runs(world: World, number: int, job: str = "run") -> None:
    """Leave the records of runs as of different days before the bundle."""
    with open_settings_ledger(world.settings, write=True) as ledger:
        for day in range(number):
            append_run(ledger.database, job, f"2026-06-0{day + 1}T06:15:00Z", {"what": job, "environments": ["pilot"]})


@pytest.mark.parametrize("records", [(1, 2), ()], ids=["beside records", "of runs alone"])
def test_records_of_runs_that_were_cut_off_are_found_by_the_next_run(world: World, records: tuple[int, ...]) -> None:
    world.record(*records)
    leave_runs(world, 4)
    world.seal()
    assert world.faults() == []
    tamper(world.ledger, "DELETE FROM run_event WHERE sequence > 2")
    rows = "row 2 and run record 4" if records else "run record 4"
    wanted = f"the ledger that the bundle of 2026-06-11T15:40:00Z saw, up to {rows}; restore its backup"
    assert world.faults() == [f"our own answers: the records of runs end before number 4, which was noted; {wanted}"]
    with pytest.raises(LedgerUnusable, match="nothing is sent: found the records of runs end before number 4"):
        refuse_lost_ledger(world.settings, "pilot", NOW + HOUR, public_key_of(world.settings))
    leave_runs(world, 3, "retry run")
    assert world.faults() == [f"our own answers: run record 4 is not the one that was noted; {wanted}"]


def test_records_of_runs_that_grew_are_those_that_the_last_bundle_saw(world: World) -> None:
    leave_runs(world, 2)
    world.seal()
    leave_runs(world, 3)
    assert world.faults() == []
    tamper(world.ledger, "UPDATE run_event SET payload = '{}' WHERE sequence = 4")
    assert len(world.faults()) == 1


def test_records_verify_knows_what_the_newest_bundles_noted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["records", "verify", "--settings", str(world.directory / "reporter.toml")]
    world.record(1, 2)
    leave_runs(world, 2)
    assert call(words) == 0
    world.seal()
    assert call(words) == 0
    tamper(world.ledger, "DELETE FROM run_event WHERE sequence = 2")
    capsys.readouterr()
    assert call(words) == 5
    assert capsys.readouterr().out.startswith(
        "FAILED  truncated: the records of runs end before number 2, which was noted\n"
    )
    begin_anew(world)
    assert call(words) == 5
    assert "the records of runs end before number 2" in capsys.readouterr().out
    (world.directory / "keys" / "signing.key").chmod(0o644)
    assert call(words) == 0, "whoever cannot use the key cannot tell"


def test_bundle_that_found_the_ledger_gone_does_not_vouch_for_the_next_one(world: World) -> None:
    world.record(1, 2, 3)
    world.seal()
    shutil.move(world.ledger.parent, world.directory / "away")
    for hours in (1, 2):
        world.seal(NOW + hours * HOUR)
    world.record(7)
    world.seal(NOW + 3 * HOUR)
    assert len(world.faults(NOW + 4 * HOUR)) == 1
    shutil.rmtree(world.ledger.parent)
    shutil.move(world.directory / "away", world.ledger.parent)
    assert world.faults(NOW + 4 * HOUR) == []


def test_ledger_that_grew_is_the_one_that_the_last_bundle_saw(world: World) -> None:
    world.record(1, 2, 3)
    world.seal()
    world.record(4)
    world.record(5, environment="other")
    assert world.faults() == []
    world.seal(NOW + HOUR)
    assert world.faults(NOW + 2 * HOUR) == []


def test_ledger_that_was_empty_had_nothing_to_lose(world: World) -> None:
    with open_settings_ledger(world.settings, write=True):
        pass
    world.seal()
    remove(world)
    assert world.faults() == []


def test_payload_that_was_edited_is_found_before_there_is_a_bundle(world: World) -> None:
    world.record(1, 2)
    edit_payload(world)
    assert world.faults() == [
        "our own answers: row 2 is not what was written; a sound ledger; restore its backup",
    ]
    (source,) = world.read().sources
    assert (source.sha256, source.record_count, source.fault_count) == (None, 1, 1)


def test_row_of_a_ledger_that_is_read_as_a_source_must_be_what_was_written(tmp_path: Path) -> None:
    world = World(tmp_path, '["ledger"]')
    with open_settings_ledger(world.settings, write=True) as ledger:
        ledger.append([raw(1), raw(2)])
    assert world.faults() == []
    tamper(world.ledger, "UPDATE record SET signer = 'somebody' WHERE sequence = 2")
    assert world.faults() == ["ledger: row 2 is not what was written; what was written; restore its latest backup"]


def test_what_an_import_left_out_keeps_the_closure_open_until_it_is_repaired(tmp_path: Path) -> None:
    world = World(tmp_path, '["ledger"]')
    path = tmp_path / "evidence.jsonl"

    def imported(*lines: bytes) -> list[str]:
        path.write_bytes(b"".join(one + b"\n" for one in lines))
        list(import_records(world.settings, [str(path)]))
        return world.faults()

    said = "ledger: {} damaged records of evidence.jsonl that its import left out;"
    said += " that source repaired where it stands and imported again"
    assert imported(raw(1), b"damaged", b"{") == [said.format(2)]
    assert imported(raw(1), b"damaged", b"{", raw(2)) == [said.format(2)], "read on from where it ended"
    assert imported(raw(1), raw(3), b"{", raw(2)) == [said.format(1)]
    assert imported(raw(1), raw(3), raw(4), raw(2)) == []


def test_last_line_that_was_half_written_is_no_damage_once_it_is_whole(tmp_path: Path) -> None:
    world = World(tmp_path, '["ledger"]')
    path = tmp_path / "evidence.jsonl"
    for text, faults in ((raw(1) + b"\n" + raw(2)[:20], 1), (raw(1) + b"\n" + raw(2) + b"\n", 0)):
        path.write_bytes(text)
        list(import_records(world.settings, [str(path)]))
        assert len(world.faults()) == faults


def write(world: World, *numbers: int, name: str = "a.jsonl") -> None:
    (world.directory / name).write_bytes(b"".join(raw(one) + b"\n" for one in numbers))


def lost(found: str, count: int, hour: int = 15, name: str = "a.jsonl") -> str:
    seen = f"at least the {count} that the bundle of 2026-06-11T{hour}:40:00Z saw"
    return f"{name}: {found}; {seen}; restore the source"


@pytest.fixture
def source_world(tmp_path: Path) -> World:
    world = World(tmp_path, '["*.jsonl"]')
    write(world, 1, 2, 3)
    write(world, 4, name="b.jsonl")
    return world


@pytest.mark.parametrize(
    ("kept", "found"), [((1, 3), "2 records"), ((3,), "1 record"), ((), "no records")], ids=["one", "two", "all"]
)
def test_lines_that_were_cut_out_of_a_source_keep_the_closure_open_until_they_are_back(
    source_world: World, kept: tuple[int, ...], found: str
) -> None:
    world = source_world
    world.seal()
    assert world.faults() == []
    write(world, *kept)
    for hours in (1, 2, 3):
        at = NOW + hours * HOUR
        assert world.faults(at) == [lost(found, 3)], "a bundle that saw less does not vouch for it"
        world.seal(at)
    whole = world.read(NOW + 4 * HOUR).sources
    assert [(one.alias, one.record_count, one.fault_count) for one in whole] == [
        ("a.jsonl", len(kept), 1),
        ("b.jsonl", 1, 0),
    ]
    assert whole[0].faults == (f"a.jsonl (?): found {found}, wanted {lost(found, 3).partition('; ')[2]}",)
    write(world, 1, 2, 3)
    assert world.faults(NOW + 4 * HOUR) == []


def test_source_that_is_gone_is_missed_though_others_are_read(source_world: World) -> None:
    source_world.seal()
    (source_world.directory / "b.jsonl").unlink()
    assert source_world.faults() == [lost("no records", 1, name="b.jsonl")]
    assert [one.alias for one in source_world.read().sources] == ["a.jsonl"]


def test_source_that_grew_must_keep_what_the_bundle_that_saw_most_saw(source_world: World) -> None:
    world = source_world
    world.seal()
    write(world, 1, 2, 3, 5)
    assert world.faults() == []
    world.seal(NOW + HOUR, closure="closed")
    write(world, 1, 2, 3)
    assert world.faults(NOW + HOUR) == [], "a bundle of this instant or later does not count"
    assert world.faults(NOW + 2 * HOUR) == [lost("3 records", 4, hour=16)]


def test_bundle_that_is_sealed_again_for_its_instant_does_not_hide_the_first(source_world: World) -> None:
    world = source_world
    world.seal()
    write(world, 1)
    for _ in range(3):
        world.seal(closure="closed")
        write(world, 1, 2)
    assert world.faults() == [lost("2 records", 3)]


def test_damaged_record_is_there_and_is_told_by_itself(source_world: World) -> None:
    source_world.seal()
    with (source_world.directory / "a.jsonl").open("r+b") as file:
        file.write(b"#")
    (fault,) = source_world.faults()
    assert fault.startswith("a.jsonl")
    assert "restore the source" not in fault


def test_sources_are_compared_with_bundles_that_verify_alone(source_world: World) -> None:
    world = source_world
    world.seal()
    write(world, 1)
    assert states_of(world.settings, "pilot", NOW + HOUR).states.faults == (), "without the key nobody can tell"
    (bundle,) = (world.directory / "bundles" / "pilot").glob("2*")
    attestation = next(bundle.glob("*attestation*"))
    attestation.chmod(0o644)
    attestation.write_bytes(attestation.read_bytes() + b" ")
    assert world.faults() == []


def test_check_of_the_closure_names_what_is_missing_and_what_to_do(
    source_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    source_world.seal()
    write(source_world, 1, 2)
    asked = ["--settings", str(source_world.directory / "reporter.toml"), "--as-of", "2026-06-11T16:40:00Z"]
    assert call(["check", "closure", "--environment", "pilot", *asked]) == ExitCode.DONE
    said = capsys.readouterr().out
    assert "FAIL  Evidence can be read" in said
    assert "at least the 3 that the bundle of 2026-06-11T15:40:00Z saw" in said
    assert "reporter records import" in said


def test_check_asks_the_last_bundle_too_where_its_key_can_be_read(world: World) -> None:
    world.record(1, 2, 3)
    world.seal()
    remove(world)
    report, _ = readiness.check_report(world.settings, "pilot", "closure", NOW + HOUR)
    assert "no ledger" in report.model_dump_json()
    (world.directory / "keys" / "signing.key").write_text("no key", encoding="utf-8")
    report, _ = readiness.check_report(world.settings, "pilot", "closure", NOW + HOUR)
    assert "no ledger" not in report.model_dump_json()
