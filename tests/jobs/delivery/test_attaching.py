"""Attaching as a job: verified and guarded first, recorded before and after, complete after every interruption."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from deliver.approvals.bundles import AS_OF, NOW, PILOT, AttachingWorld
from deliver.approvals.fake_records import ITEM, KEY, SYS_ID, Azure, Jira, ServiceNow, Store
from deliver.approvals.fake_releases import TOKEN, GitHub, GitLab
from deliver.vendors.misbehaviour import hang_up, refuse_with
from deliver.vendors.server import Answer, Exchange, Mount, Vendor, answer_json, behave
from loops import records as make
from loops.cases import HOUR
from reporter.cli import answer
from reporter.deliver.approvals.attaching import Attached, without_private
from reporter.deliver.approvals.jira import JiraIssue
from reporter.deliver.private_values import PrivateKind, PrivateValue, PrivateValues
from reporter.deliver.receipts import Level, Outcome
from reporter.errors import LedgerUnusable, NotPublicSafe, UsageFault, VerificationFailed
from reporter.jobs.answers.recording import append_own, own_records
from reporter.jobs.delivery.attaching import attach_bundle
from reporter.jobs.delivery.attachment_records import MOST_SHOWN, read_attachments
from reporter.jobs.loops import states_of
from reporter.jobs.runs.holder import read_holder
from reporter.jobs.runs.latest import last_runs
from reporter.loops.closeout import assess_closeout
from worlds import REPORTER

SOON = 10.0
"""Seconds within which a command has to end."""
Play = Callable[[Vendor], Mount]
DIRECTORY = "directory:records"
STEM = "pilot-20260611T154000Z-"
TAILS = {"zip", "readiness.pdf", "runbook.pdf", "executive.pdf", "attestation.json"}
REFERENCES = {
    "github": "github:example/pilot@v1.4.0",
    "gitlab": "gitlab:example/group/pilot@v1.4.0",
    "jira": f"jira:{KEY}",
    "servicenow": f"servicenow:change_request/{SYS_ID}",
    "azure_repos": f"azure:pilot/{ITEM}",
    "http_put": "put:releases/v1.4.0",
}


def vendors() -> dict[str, Vendor]:
    github = GitHub()
    github.release("v1.4.0")
    return {
        "github": github,
        "gitlab": GitLab(),
        "jira": Jira(),
        "servicenow": ServiceNow(),
        "azure_repos": Azure(),
        "http_put": Store(),
    }


def test_dry_call_writes_nothing_anywhere(world: AttachingWorld, play: Play) -> None:
    mount = play(Jira())
    world.configure(jira=mount)
    found = world.attach(DIRECTORY, REFERENCES["jira"], execute=False)
    assert not found.failed
    assert [(one.complete, one.recorded) for one in found.records] == [(False, ())] * 2
    assert (world.kept(), world.rows()) == (set(), [])
    assert {one.method for one in mount.seen} == {"GET"}


def test_every_kind_of_record_gets_the_bundle_and_is_recorded_before_and_after(
    world: AttachingWorld, play: Play
) -> None:
    world.configure(**{name: play(vendor) for name, vendor in vendors().items()})
    found = world.attach(DIRECTORY, *REFERENCES.values())
    assert [(one.complete, one.attached and one.attached.level) for one in found.records] == [(True, Level.LANDED)] * 7
    assert world.kept() == {f"{STEM}{found.digest[:12]}.{tail}" for tail in TAILS}
    assert world.said() == [("intended", "timeout_unknown", "intended"), ("ended", "accepted", "landed")] * 7
    assert {one["environment"] for one in world.rows()} == {PILOT}
    listed = read_attachments(world.settings, PILOT, NOW)
    assert {one.release_record_ref for one in listed} == {DIRECTORY, *REFERENCES.values()}
    assert {(one.level, one.bundle_digest, one.bundle_as_of) for one in listed} == {
        ("landed", found.digest, "2026-06-11T15:40:00Z")
    }
    (change,) = [one for one in listed if one.target == "servicenow"]
    assert change.facts == {"approval": "requested"}
    assert {key for one in change.files for key in one.ids} == {"sys_id"}


def test_attaching_again_changes_nothing_and_records_nothing(world: AttachingWorld) -> None:
    world.attach(DIRECTORY)
    before = world.rows()
    again = world.attach(DIRECTORY, now=NOW + HOUR)
    assert (again.failed, again.records[0].recorded) == (False, ())
    assert world.rows() == before


def test_target_that_repeats_our_secret_as_an_id_gets_it_into_no_record(world: AttachingWorld) -> None:
    attached = world.attach(DIRECTORY).records[0].attached
    assert attached
    spoiled = [
        one._replace(receipt=one.receipt and one.receipt._replace(ids=(("id", TOKEN), ("sys_id", "4711"))))
        for one in attached.files
    ]
    spoiled[0] = spoiled[0]._replace(receipt=None)
    told = Attached(tuple(spoiled), (("state", "draft"), ("by", "somebody@example.org")))
    private = PrivateValues([PrivateValue(PrivateKind.SECRET, "jira.token", TOKEN)])
    kept = without_private(told, private.find)
    assert kept.facts == (("state", "draft"),)
    assert kept.files[0].receipt is None
    assert {one.receipt.ids for one in kept.files if one.receipt} == {(("sys_id", "4711"),)}


def test_own_records_of_decisions_are_not_disturbed(world: AttachingWorld) -> None:
    world.attach(DIRECTORY)
    kinds = {one["metadata_kind"] for one in own_records(world.settings, PILOT, NOW).records}
    assert kinds == {"reporter-bundle-attachment"}
    states = states_of(world.settings, PILOT, NOW)
    assert (states.states.faults, states.states.routes) == ((), ())


def test_record_that_fails_does_not_stop_the_next_and_the_next_call_completes_it(
    world: AttachingWorld, play: Play
) -> None:
    mount = play(Jira())
    world.configure(jira=mount)
    mount.always = refuse_with(Answer(500))
    found = world.attach(REFERENCES["jira"], DIRECTORY)
    assert found.failed
    assert [(one.complete, one.failed) for one in found.records] == [(False, True), (True, False)]
    assert world.said()[0] == ("ended", "timeout_unknown", "intended")
    assert world.attach(REFERENCES["jira"]).records[0].recorded == (), "it failed in the same way"
    mount.always = None
    assert not world.attach(REFERENCES["jira"], DIRECTORY).failed
    assert world.said()[-2:] == [("intended", "timeout_unknown", "intended"), ("ended", "accepted", "landed")]


def test_record_that_is_answered_slowly_for_ever_is_left_to_the_next_call(world: AttachingWorld, play: Play) -> None:
    """A list without an end, in pages that take their time; the limit of one record is a second here."""
    mount = play(GitHub())
    world.configure(github=mount)

    def page(exchange: Exchange) -> None:
        exchange.wait(0.3)
        exchange.send(answer_json(200, [{}] * 100))

    mount.always = page
    for execute in (False, True):
        found = attach_bundle(
            world.settings,
            "pilot/latest",
            [REFERENCES["github"], DIRECTORY],
            world.key.public,
            NOW,
            execute=execute,
            seconds_a_record=1,
        )
        assert [one.failed for one in found.records] == [True, False]
        assert found.records[0].attached
        assert {one.receipt and one.receipt.error_class for one in found.records[0].attached.files} == {"deadline"}
    assert world.said()[0] == ("ended", "timeout_unknown", "intended")
    assert len(mount.seen) < 15


def test_record_that_meets_a_bug_is_told_without_its_text_and_does_not_stop_the_next(
    world: AttachingWorld, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.configure(jira=play(Jira()))

    async def fail(*_: object) -> None:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(JiraIssue, "look", fail)
    found = world.attach(REFERENCES["jira"], DIRECTORY)
    assert [(one.failed, one.complete) for one in found.records] == [(True, False), (False, True)]
    assert found.records[0].fault.startswith("jira: this is a bug in reporter, please report it: RuntimeError in ")
    assert TOKEN not in found.records[0].fault


def test_upload_that_is_cut_off_is_recorded_as_unknown_and_completed(world: AttachingWorld, play: Play) -> None:
    mount = play(Store())
    world.configure(http_put=mount)
    mount.cut_bodies = 1
    assert world.attach(REFERENCES["http_put"]).failed
    (known,) = read_attachments(world.settings, PILOT, NOW)
    assert (known.outcome, known.level) == ("timeout_unknown", "intended")
    assert sorted(one.level for one in known.files) == ["intended", *["landed"] * 4]
    assert not world.attach(REFERENCES["http_put"]).failed
    assert read_attachments(world.settings, PILOT, NOW)[0].level == "landed"


def test_store_that_only_takes_is_remembered_by_the_ledger(world: AttachingWorld, play: Play) -> None:
    world.configure(http_put=play(Store(readable=False)))
    first = world.attach(REFERENCES["http_put"])
    again = world.attach(REFERENCES["http_put"])
    assert [one.records[0].complete for one in (first, again)] == [True, True]
    assert (again.records[0].recorded, world.said()[-1]) == ((), ("ended", "accepted", "accepted"))


def test_store_that_only_takes_and_refuses_what_a_lost_call_stored_has_it(world: AttachingWorld, play: Play) -> None:
    mount = play(Store(readable=False))
    world.configure(http_put=mount)
    mount.always = lambda exchange: hang_up(exchange) if exchange.asked.method == "PUT" else behave(exchange)
    assert world.attach(REFERENCES["http_put"]).failed
    mount.always = refuse_with(Answer(401, headers={"X-Refused": "all"}))
    assert world.attach(REFERENCES["http_put"], now=NOW + HOUR).failed
    mount.always = None
    again = world.attach(REFERENCES["http_put"], now=NOW + 2 * HOUR).records[0]
    assert (again.complete, again.attached and again.attached.added) == (True, False)
    assert world.said()[-1] == ("ended", "accepted", "accepted")


def test_what_others_stored_before_the_first_call_is_never_ours(world: AttachingWorld, play: Play) -> None:
    vendor = Store(readable=False)
    world.configure(http_put=play(vendor))
    for one in world.attach(REFERENCES["http_put"], execute=False).files:
        vendor.files[f"/releases/v1.4.0/{one.name}"] = b"theirs"
    for hours in (0, 1, 2):
        found = world.attach(REFERENCES["http_put"], now=NOW + hours * HOUR).records[0]
        assert found.attached
        assert {one.receipt.error_class for one in found.attached.files if one.receipt} == {"there_already"}


def lose(exchange: Exchange) -> None:
    """Do nothing of what was asked, and say nothing."""
    exchange.hang_up()


def test_what_was_taken_before_is_remembered_over_a_call_that_was_cut_off(world: AttachingWorld, play: Play) -> None:
    vendor = Jira()
    mount = play(vendor)
    world.configure(jira=mount)
    world.attach(REFERENCES["jira"])
    vendor.attachments.pop()
    mount.always = lambda exchange: lose(exchange) if exchange.asked.method == "POST" else behave(exchange)
    assert world.attach(REFERENCES["jira"], now=NOW + HOUR).failed
    hide = refuse_with(Answer(403))
    mount.always = lambda exchange: hide(exchange) if "/content/" in exchange.asked.path else behave(exchange)
    assert not world.attach(REFERENCES["jira"], now=NOW + 2 * HOUR).failed


@pytest.mark.parametrize("named", ["pilot/latest", "path", "elsewhere"])
def test_bundle_of_another_environment_in_the_place_of_ours_is_refused(world: AttachingWorld, named: str) -> None:
    other = Path(world.seal(environment="production").path)
    moved = other.rename(world.directory / "bundles" / PILOT / other.name)
    latest = world.directory / "bundles" / PILOT / "latest"
    latest.unlink()
    latest.symlink_to(moved.name)
    with world.settings_file.open("a", encoding="utf-8") as settings:
        settings.write("[environments.production]\n")
    if named == "elsewhere":
        moved = moved.rename(world.directory / "elsewhere")
        assert world.attach(DIRECTORY, bundle=str(moved)).environment == "production"
        return
    with pytest.raises(VerificationFailed, match="other_environment: it is of production, wanted pilot"):
        world.attach(DIRECTORY, bundle=str(moved) if named == "path" else named)
    assert (world.kept(), world.rows()) == (set(), [])


def test_connector_that_is_not_there_disabled_or_faulty_is_told_and_stops_no_other(
    world: AttachingWorld, play: Play
) -> None:
    world.configure(
        gitlab={"enabled": False, "url": "https://gitlab.example.org"},
        servicenow={"url": "http://insecure.example.org", "token": TOKEN},
        http_put=play(Store()),
    )
    found = world.attach(*(REFERENCES[name] for name in ("jira", "gitlab", "servicenow", "http_put")))
    assert [one.failed for one in found.records] == [True, True, True, False]
    assert found.records[0].fault.startswith("connectors.jira: found none")
    assert found.records[1].fault == "connectors.gitlab: is disabled"
    assert found.records[2].fault.startswith("connectors.servicenow.url: found another address (not shown)")
    assert all("example.org" not in one.fault for one in found.records)


def test_configuration_that_cannot_be_read_lets_nothing_out(world: AttachingWorld) -> None:
    (world.directory / "connectors.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageFault, match=r"connector_config: .*not JSON"):
        world.attach(DIRECTORY)
    assert world.kept() == set()


def test_references_are_refused_all_at_once(world: AttachingWorld) -> None:
    with pytest.raises(UsageFault) as refused:
        world.attach("svn:x", "jira:1", DIRECTORY)
    assert [one.partition(":")[0] for one in refused.value.faults] == ["--to", "--to"]
    with pytest.raises(NotPublicSafe, match=r"--to directory: .* \(not shown\).*private_host") as unsafe:
        world.attach("directory:/mnt/nas.internal/x")
    assert "nas" not in str(unsafe.value)
    world.configure(jira={"url": "https://jira.example.org", "token": "release-2026-secret", "project": "REL"})
    with pytest.raises(NotPublicSafe, match=r"--to put: found what is configured as connectors\.jira\.token") as leak:
        world.attach("put:release-2026-secret/x")
    assert "secret/x" not in str(leak.value)


def test_bundle_that_does_not_verify_is_refused_before_anything_is_asked(world: AttachingWorld, play: Play) -> None:
    mount = play(Jira())
    world.configure(jira=mount)
    (world.directory / "bundles" / PILOT / "latest" / "runbook.pdf").write_bytes(b"%PDF other")
    with pytest.raises(VerificationFailed, match=r"changed: runbook\.pdf"):
        world.attach(REFERENCES["jira"])
    assert (mount.seen, world.rows()) == ([], [])


def test_bundle_that_holds_a_private_value_is_refused_before_anything_is_asked(
    world: AttachingWorld, play: Play
) -> None:
    mount = play(Jira())
    world.configure(jira=mount)
    world.seal(AS_OF + HOUR, notes_txt=f"the key is {TOKEN}".encode())
    with pytest.raises(NotPublicSafe, match=r"notes\.txt") as refused:
        world.attach(REFERENCES["jira"])
    assert TOKEN not in str(refused.value)
    assert (mount.seen, world.rows()) == ([], [])


@pytest.mark.parametrize("environment", ["elsewhere"])
def test_bundle_of_an_environment_that_is_not_ours_is_refused(world: AttachingWorld, environment: str) -> None:
    sealed = world.seal(environment=environment)
    with pytest.raises(UsageFault, match="wanted one of pilot"):
        world.attach(DIRECTORY, bundle=sealed.path)


def test_bundle_is_named_by_path_digest_or_latest(world: AttachingWorld) -> None:
    sealed = world.seal(AS_OF + HOUR)
    for named in (sealed.path, sealed.digest[:12], sealed.digest, "latest", "pilot/latest"):
        assert world.attach(DIRECTORY, bundle=named, execute=False).digest == sealed.digest
    with pytest.raises(UsageFault, match=r"other/latest: wanted .* pilot/latest"):
        world.attach(DIRECTORY, bundle="other/latest")
    (world.directory / "bundles" / PILOT / "latest").unlink()
    with pytest.raises(UsageFault, match="found no bundle; `reporter run --environment pilot` makes one"):
        world.attach(DIRECTORY, bundle="latest")


def test_second_bundle_stands_beside_the_first(world: AttachingWorld) -> None:
    first = world.attach(DIRECTORY)
    world.seal(AS_OF + HOUR)
    second = world.attach(DIRECTORY, now=NOW + HOUR)
    assert len(world.kept()) == 2 * len(TAILS)
    listed = read_attachments(world.settings, PILOT, NOW + HOUR)
    assert [one.bundle_digest for one in listed] == [second.digest, first.digest]
    assert len(read_attachments(world.settings, PILOT, NOW + HOUR - timedelta(minutes=6))) == 1, "from the future"


def test_ledger_that_cannot_be_written_lets_nothing_out(world: AttachingWorld, play: Play) -> None:
    mount = play(Store())
    world.configure(http_put=mount)
    world.attach(REFERENCES["http_put"])
    world.seal(AS_OF + HOUR)
    seen = len(mount.seen)
    path = world.directory / "state" / "ledger.db"
    path.write_bytes(b"no database " * 500)
    with pytest.raises(LedgerUnusable):
        world.attach(REFERENCES["http_put"])
    assert len(mount.seen) == seen
    assert read_attachments(world.settings, PILOT, NOW) == ()


def test_ledger_that_breaks_while_the_record_is_looked_at_ends_the_call_before_anything_is_added(
    world: AttachingWorld, play: Play
) -> None:
    vendor = Jira()
    mount = play(vendor)
    world.configure(jira=mount)
    world.attach(DIRECTORY)
    path = world.directory / "state" / "ledger.db"

    def break_it(exchange: Exchange) -> None:
        path.write_bytes(b"no database " * 500)
        exchange.send(exchange.answer())

    mount.always = break_it
    with pytest.raises(LedgerUnusable):
        world.attach(REFERENCES["jira"], DIRECTORY)
    assert vendor.attachments == []


def test_record_of_another_version_is_passed_over(world: AttachingWorld) -> None:
    world.attach(DIRECTORY)
    (*_, ended) = world.rows()
    changes: tuple[dict[str, object], ...] = ({"phase": "dreamt"}, {"level": None})
    for number, change in enumerate(changes):
        payload = {**ended["bundle_attachment"], **change}
        odd = {**ended, "session_id": f"repattach-{number}", "bundle_attachment": payload}
        append_own(world.settings, PILOT, [odd])
    (known,) = read_attachments(world.settings, PILOT, NOW)
    assert known.level == "landed"
    assert world.attach(DIRECTORY).records[0].recorded == ()


def test_only_the_newest_attachments_are_listed(world: AttachingWorld) -> None:
    for number in range(MOST_SHOWN + 1):
        (world.directory / f"place{number}").mkdir()
        world.attach(f"directory:place{number}", now=NOW + timedelta(minutes=number))
    listed = read_attachments(world.settings, PILOT, NOW + HOUR)
    assert [one.release_record_ref for one in listed] == [f"directory:place{n}" for n in range(MOST_SHOWN, 0, -1)]


def test_who_attaches_is_the_executor_or_whoever_is_named(world: AttachingWorld) -> None:
    world.extra = 'executor = "release-bot"\n'
    world.configure()
    world.attach(DIRECTORY)
    assert {one["signer"] for one in world.rows()} == {"release-bot"}
    world.seal(AS_OF + HOUR)
    world.attach(DIRECTORY, by="lead")
    assert world.rows()[-1]["bundle_attachment"]["recorded_by"] == "lead"
    with pytest.raises(NotPublicSafe, match="--by"):
        world.attach(DIRECTORY, by="lead@example.org")


def approved(state: str = "approved", summary: str = make.SUMMARY, number: int = 1) -> make.RecordValue:
    return make.release_decision(NOW - HOUR, state, summary=summary, rid=f"gordackfinalapproval-{number}")


def test_approved_summary_is_told_to_the_closeout_packet_once(world: AttachingWorld) -> None:
    world.tell(approved())
    found = world.attach(DIRECTORY)
    assert len(found.records[0].recorded) == 3
    told = [one for one in world.rows() if one["metadata_kind"].endswith("release-record-attachment")]
    assert [one["release_record_ref"] for one in told] == [DIRECTORY]
    states = states_of(world.settings, PILOT, NOW).states
    packet = assess_closeout(states, make.SUMMARY, readiness_ready=True)
    met = {one.code for one in packet.entries if one.met}
    assert {"approval_decision", "release_record_attachment", "packet_verification"} <= met
    assert world.attach(DIRECTORY, now=NOW + HOUR).records[0].recorded == ()


@pytest.mark.parametrize(
    "decisions",
    [
        [],
        [approved("denied")],
        [approved(summary="gordackfinalready-other")],
        [approved(), approved("denied", number=0)],
        [approved(), approved(summary="gordackfinalready-other")],
    ],
    ids=["none", "denied", "other", "denied-at-the-same-instant", "another-version-of-the-same-instant"],
)
def test_summary_that_is_not_approved_tells_the_closeout_nothing(
    decisions: list[make.RecordValue], world: AttachingWorld
) -> None:
    world.tell(*decisions)
    assert len(world.attach(DIRECTORY).records[0].recorded) == 2


def test_approval_that_comes_later_is_told_by_the_next_call(world: AttachingWorld, play: Play) -> None:
    mount = play(Store())
    world.configure(http_put=mount)
    mount.always = refuse_with(Answer(401))
    world.attach(DIRECTORY, REFERENCES["http_put"])
    world.tell(approved())
    found = world.attach(DIRECTORY, REFERENCES["http_put"])
    assert [name.partition("-")[0] for name in found.records[0].recorded] == ["gordackfinalrecord"]
    assert {name.partition("-")[0] for name in found.records[1].recorded} == {"repattach"}, "it is not attached"


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"loops": {}}'])
def test_bundle_of_another_version_is_attached_and_tells_the_closeout_nothing(
    content: bytes, world: AttachingWorld
) -> None:
    world.tell(approved())
    world.seal(AS_OF + HOUR, readiness_json=content)
    assert len(world.attach(DIRECTORY).records[0].recorded) == 2


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 143)],
    ids=["killed", "asked to end"],
)
def test_process_ended_in_an_upload_is_completed_by_the_next_call(
    number: signal.Signals, code: int, world: AttachingWorld, play: Play
) -> None:
    """It ends while the second file is on its way: its fate is unknown, then looked up; nothing is sent twice."""
    vendor = Jira()
    mount = play(vendor)
    world.configure(jira=mount)
    arrived, uploads = threading.Event(), []

    def stop_at_the_second(exchange: Exchange) -> None:
        if exchange.asked.method == "POST":
            uploads.append(exchange.asked)
        if len(uploads) == 2 and not arrived.is_set():
            exchange.answer()
            arrived.set()
            exchange.wait(20)
            exchange.hang_up()
            return
        exchange.send(exchange.answer())

    mount.always = stop_at_the_second
    words = [
        REPORTER,
        "attach",
        "latest",
        "--to",
        REFERENCES["jira"],
        "--to",
        DIRECTORY,
        "--execute",
        "--settings",
        str(world.settings_file),
    ]
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert arrived.wait(60)
        asked_at = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, time.monotonic() - asked_at < SOON) == (code, True), err
    (run,) = last_runs(world.settings)
    assert (run.what, run.exit_code, run.failed, run.running) == ("attach", max(code, 0) or None, True, False)
    if number is signal.SIGTERM:
        assert read_holder(world.settings.state_path) is None, "no lock is left"
        assert out.count("MISSING: interrupted") == 5
        assert f"waiting    {DIRECTORY}\n" in out
        assert f"error: {DIRECTORY}: not begun when the end was asked for; the next call attaches it\n" in err
    later = NOW.replace(year=NOW.year + 30)
    (known,) = read_attachments(world.settings, PILOT, later)
    assert (known.outcome, known.level, known.files[0].error_class) == ("timeout_unknown", "intended", "interrupted")
    assert len(vendor.attachments) == 2
    assert not world.attach(REFERENCES["jira"], now=later).failed
    assert sorted(one["filename"].partition(".")[2] for one in vendor.attachments) == sorted(TAILS)


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 422, 429, 500])
def test_nothing_private_is_in_a_record_an_error_or_an_answer(
    status: int, world: AttachingWorld, play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a vendor answers, repeating our token and its own address, nothing of it is kept or told."""
    body = json.dumps({"message": f"Bearer {TOKEN} at localhost", "id": f"{TOKEN} x", "sys_id": TOKEN + "@"}).encode()
    spoiled = Answer(status, body, {"Location": f"https://localhost/{TOKEN}", "Content-Type": "application/json"})
    mounts = {name: play(vendor) for name, vendor in vendors().items()}
    world.configure(**mounts)
    spoil = {name: refuse_with(spoiled) for name in mounts}
    for name, mount in mounts.items():
        mount.always = lambda exchange, name=name: (
            spoil[name](exchange) if exchange.asked.method != "GET" else exchange.send(exchange.answer())
        )
    to = [word for one in REFERENCES.values() for word in ("--to", one)]
    code = answer(["attach", "latest", *to, "--execute", "--json", "--settings", str(world.settings_file)])
    said = capsys.readouterr()
    assert code == 6, said.err
    kept = said.out + said.err + json.dumps(world.rows()) + repr(world.settings)
    port = next(iter(mounts.values())).base.rpartition(":")[2].partition("/")[0]
    for private in (TOKEN, "localhost", f":{port}"):
        assert private not in kept
    assert len(read_attachments(world.settings, PILOT, NOW.replace(year=NOW.year + 30))) == len(REFERENCES)


def test_level_is_that_of_the_file_that_came_least_far(world: AttachingWorld) -> None:
    digest = world.attach(DIRECTORY, execute=False).digest
    (world.directory / "records" / f"{STEM}{digest[:12]}.runbook.pdf").write_bytes(b"theirs")
    found = world.attach(DIRECTORY).records[0]
    assert found.attached
    assert (found.attached.outcome, found.attached.level) == (Outcome.REJECTED_PERMANENT, Level.INTENDED)
    assert world.said()[-1] == ("ended", "rejected_permanent", "intended")
    assert Path(world.directory, "records", f"{STEM}{digest[:12]}.runbook.pdf").read_bytes() == b"theirs"
