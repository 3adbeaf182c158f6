"""`reporter attach` as a user calls it: what it prints, its exit codes, and what `status` and the next bundle show."""

import json
import re
from collections.abc import Callable

import pytest
from freezegun import freeze_time

from deliver.approvals.bundles import NOW, PILOT, AttachingWorld
from deliver.approvals.fake_records import SYS_ID, Jira, ServiceNow
from deliver.approvals.fake_releases import GitLab
from deliver.vendors.server import Mount, Vendor
from loops import records as make
from reporter.cli import answer
from reporter.jobs.delivery.attachment_records import read_attachments
from reporter.model.release_records import KINDS

Play = Callable[[Vendor], Mount]


class Said:
    """Calls the command in this process, and keeps what the last call printed."""

    def __init__(self, world: AttachingWorld, capsys: pytest.CaptureFixture[str]) -> None:
        self.world, self._capsys = world, capsys
        self.out = self.err = ""

    def call(self, *words: str) -> int:
        with freeze_time(NOW, ignore=["asyncio"]):
            code = answer([*words, "--settings", str(self.world.settings_file)])
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def said(world: AttachingWorld, capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(world, capsys)


def test_dry_call_lists_what_would_be_attached(said: Said, world: AttachingWorld) -> None:
    assert said.call("attach", "latest", "--to", "directory:records") == 0
    lines = said.out.splitlines()
    assert re.fullmatch(r"pilot: bundle [0-9a-f]{12}, as of 2026-06-11T15:40:00Z, verified", lines[0])
    assert lines[1] == "to attach  directory:records"
    assert all(line.endswith("bytes  to attach") for line in lines[2:])
    assert len(lines) == 7
    assert said.err == "nothing was attached; --execute attaches it\n"
    assert world.kept() == set()


def test_execute_attaches_and_again_says_that_it_is_there(said: Said) -> None:
    assert said.call("attach", "latest", "--to", "directory:records", "--execute") == 0
    assert said.out.splitlines()[1] == "landed     directory:records"
    assert said.err == ""
    assert said.call("attach", "latest", "--to", "directory:records", "--execute") == 0
    assert said.out.count("landed, there already") == 5


def test_what_is_missing_is_a_table_a_sentence_and_an_exit_code(said: Said, world: AttachingWorld) -> None:
    digest = world.attach("directory:records", execute=False).digest
    for tail in ("zip", "runbook.pdf"):
        (world.directory / "records" / f"pilot-20260611T154000Z-{digest[:12]}.{tail}").write_bytes(b"theirs")
    to = ("--to", "directory:nowhere", "--to", "jira:REL-12", "--to", "directory:records")
    assert said.call("attach", "latest", *to, "--execute") == 6
    assert [line for line in said.out.splitlines() if not line.startswith(" ")][1:] == [
        "MISSING    directory:nowhere",
        "MISSING    jira:REL-12",
        "MISSING    directory:records",
    ]
    assert said.out.count("MISSING: different content") == 2
    assert re.findall(r"^error: (\S+): ", said.err, flags=re.MULTILINE) == [
        "directory:nowhere",
        "jira:REL-12",
        "directory:records",
    ]
    assert "zip and 1 more: different content; other content stands under this name and is kept" in said.err
    nowhere, issue, _ = said.err.splitlines()
    assert nowhere.endswith(
        " and 4 more: not found; there is no such directory; make it, or mount the share, for none is made here"
    )
    assert issue.endswith("connectors.jira: found none, wanted its url and token in the connector configuration")
    assert said.call("attach", "latest", *to) == 6, "what is wrong is told by a dry call too"


def test_leftover_is_told_by_a_dry_call(said: Said, world: AttachingWorld, play: Play) -> None:
    vendor = GitLab()
    world.configure(gitlab=play(vendor))
    name = world.attach("gitlab:example/group/pilot@v1.4.0", execute=False).files[1].name
    vendor.packages["release-evidence", "v1.4.0"] = {name: b"%PDF readiness"}
    assert said.call("attach", "latest", "--to", "gitlab:example/group/pilot@v1.4.0") == 0
    assert "to attach (leftover)" in said.out


def test_what_a_record_says_of_itself_and_what_is_ignored_is_told(
    said: Said, world: AttachingWorld, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAVRA_GO_BACKEND_MODE", "promoted")
    world.configure(servicenow=play(ServiceNow()))
    assert said.call("attach", "latest", "--to", f"servicenow:change_request/{SYS_ID}") == 0
    assert said.out.splitlines()[2] == "           approval: requested"
    assert "ignored: CAVRA_GO_BACKEND_MODE" in said.err


def test_json_alone_goes_to_stdout(said: Said, world: AttachingWorld, play: Play) -> None:
    world.configure(jira=play(Jira()))
    assert said.call("attach", "latest", "--to", "jira:REL-12", "--to", "directory:nowhere", "--execute", "--json") == 6
    document = json.loads(said.out)
    assert (document["environment"], document["executed"], len(document["files"])) == (PILOT, True, 5)
    issue, nowhere = document["records"]
    assert (issue["kind"], issue["complete"], issue["level"], issue["added"]) == ("jira", True, "landed", True)
    assert issue["files"][0]["ids"].keys() == {"attachment_id"}
    assert len(issue["recorded"]) == 2
    assert (nowhere["complete"], nowhere["outcome"], nowhere["files"][0]["error_class"]) == (
        False,
        "rejected_permanent",
        "not_found",
    )
    assert said.call("attach", "latest", "--to", "azure:pilot/1", "--json") == 6
    assert json.loads(said.out)["records"][0]["level"] is None


def test_help_lists_every_kind_of_record(said: Said) -> None:
    assert said.call("attach", "--help") == 0
    assert all(kind.form in said.out and kind.becomes in said.out for kind in KINDS.values())
    assert "readiness.pdf, runbook.pdf, executive.pdf" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("attach", "latest", "--to", "svn:x", "--to", "jira:1"), 2),
        (("attach", "nowhere", "--to", "directory:records"), 2),
        (("attach", "latest", "--to", "directory:/mnt/nas.internal"), 7),
    ],
)
def test_call_that_is_wrong_is_refused(words: tuple[str, ...], code: int, said: Said) -> None:
    assert said.call(*words) == code
    assert said.out == ""


def test_bundle_that_does_not_verify_and_a_key_that_is_another_are_refused(said: Said, world: AttachingWorld) -> None:
    to = ("--to", "directory:records")
    public = world.directory / "keys" / "signing.key.pub"
    assert said.call("attach", "latest", *to, "--key", str(public)) == 0
    (world.directory / "bundles" / PILOT / "latest" / "index.html").write_bytes(b"other")
    assert said.call("attach", "latest", *to) == 5
    (world.directory / "keys" / "signing.key").unlink()
    assert said.call("attach", "latest", *to) == 2
    assert "no key to verify with" in said.err


def test_setting_attach_takes_references_alone(said: Said, world: AttachingWorld) -> None:
    world.extra = f'[environments.{PILOT}.deliver]\nattach = ["svn:x", "jira:REL-1", "directory:/mnt/nas.internal"]\n'
    world.configure()
    assert said.call("settings", "check") == 2
    assert len(re.findall(r"deliver\.attach\.[02]: found", said.err)) == 2
    assert "rule private_host" in said.err


def test_next_bundle_and_status_show_where_the_last_one_is_kept(said: Said, world: AttachingWorld) -> None:
    digest = world.attach("directory:records").digest
    world.attach("directory:records/nowhere")
    later = NOW.isoformat()
    assert said.call("run", "--as-of", later) == 0
    bundle = world.directory / "bundles" / PILOT / "latest"
    shown = json.loads((bundle / "readiness.json").read_bytes())["attachments"]
    assert [(one["release_record_ref"], one["level"], one["bundle_digest"]) for one in shown] == [
        ("directory:records/nowhere", "intended", digest),
        ("directory:records", "landed", digest),
    ]
    assert [one.model_dump(mode="json") for one in read_attachments(world.settings, PILOT, NOW)] == shown
    page = (bundle / "index.html").read_text(encoding="utf-8")
    section = page.partition('id="release-records"')[2].partition("</section>")[0]
    words = " ".join(re.sub(r"<[^>]*>", " ", section).split())
    assert "directory:records ✓ Landed 11 June 2026, 15:45 UTC" in words
    assert "directory:records/nowhere ✗ Not complete" in words
    assert f"{digest[:12]}, as of 11 June 2026, 15:40 UTC 5 files" in words
    assert "0 of 5 files" in words
    assert said.call("status", "--as-of", later) == 0
    assert f"  kept  directory:records: landed at 2026-06-11T15:45:00Z, bundle {digest[:12]}" in said.out
    assert "  kept  directory:records/nowhere: NOT COMPLETE (rejected permanent) at" in said.out
    assert said.call("status", "--as-of", later, "--json") == 0
    (standing,) = json.loads(said.out)["environments"]
    assert [one["level"] for one in standing["attachments"]] == ["intended", "landed"]


def test_attaching_alone_keeps_no_bundle_from_being_pruned_and_an_approved_release_does(
    said: Said, world: AttachingWorld
) -> None:
    first = world.attach("directory:records").digest
    world.seal(NOW)
    assert said.call("prune", "--keep-count", "1", "--json") == 0
    assert first[:12] in said.out
    assert "refers to it" not in said.out
    world.tell(make.release_decision(NOW, "approved", rid="gordackfinalapproval-1"))
    world.attach("directory:records", bundle=first)
    assert said.call("prune", "--keep-count", "1", "--json") == 0
    assert "refers to it" in said.out
