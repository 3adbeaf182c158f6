"""The main job as a user runs it: from manifests on disk to a bundle that others can verify."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from freezegun import freeze_time

from reporter.assess.everything import assess_reports
from reporter.cli import answer
from reporter.errors import UsageFault
from reporter.jobs.loops import Evidence, read_large
from reporter.loops.routes import LoopStates
from reporter.model.case import Case
from reporter.model.verification import Verification
from reporter.seal.keys import PublicKey
from reporter.seal.verify import verify_bundle
from reporter.settings_model import Settings
from tracing import untraced, untraced_environment
from worlds import AS_OF, KEPT_PRINTS, REPORTER, edit, make_world, reporter, reporter_here, snapshot

LATER = "2026-06-11T16:10:00Z"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_world(tmp_path_factory.mktemp("run") / "world")
    done = reporter_here("run", "--as-of", AS_OF, cwd=path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def copy(world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(world, tmp_path / "world", symlinks=True))


def test_one_line_for_each_environment_says_verdict_and_bundle(copy: Path) -> None:
    done = reporter_here("run", "--as-of", LATER, cwd=copy)
    assert done.returncode == 0
    lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [re.split(r"\s{2,}", line)[:2] for line in lines] == [
        ["build-fleet", "NEEDS ATTENTION"],
        ["payments-pilot", "NEEDS ATTENTION"],
        ["production-pilot", "DUE SOON"],
    ]
    for line in lines:
        assert (Path(line.split("  ")[-1].strip()) / "attestation.json").is_file()


def test_json_alone_goes_to_stdout(copy: Path) -> None:
    done = reporter_here("run", "--as-of", LATER, "--json", "--environment", "production-pilot", cwd=copy)
    result = json.loads(done.stdout)
    (one,) = result["environments"]
    assert result["as_of"] == LATER
    assert one["environment"] == "production-pilot"
    assert one["status"] == "due_soon"
    assert one["alert_level"] == "warning"
    assert one["reports"]["schedule"] == "due_soon"
    assert Path(one["bundle"]).name.endswith(one["digest"][:12])


@pytest.mark.parametrize(
    ("environment", "fail_on", "code"),
    [
        ("production-pilot", "due_soon", 3),
        ("production-pilot", "needs_attention", 0),
        ("payments-pilot", "due_soon", 4),
        ("payments-pilot", "needs_attention", 4),
    ],
)
def test_fail_on_turns_a_verdict_into_an_exit_code(copy: Path, environment: str, fail_on: str, code: int) -> None:
    done = reporter_here("run", "--as-of", AS_OF, "--environment", environment, "--fail-on", fail_on, cwd=copy)
    assert done.returncode == code


@pytest.mark.parametrize("environment", ["production-pilot", "payments-pilot", "build-fleet"])
def test_strangers_can_verify_with_coreutils_and_openssl(world: Path, environment: str) -> None:
    bundle = world / "bundles" / environment / "latest"
    text = (bundle / "VERIFY.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL))
    assert "reporter verify" in script, "the last step runs the real command"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=bundle,
        env={"KEY": str(world / "keys" / "signing.key.pub"), "PATH": f"{Path(REPORTER).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_json_file_follows_its_schema(world: Path) -> None:
    for environment in ("production-pilot", "payments-pilot", "build-fleet"):
        bundle = world / "bundles" / environment / "latest"
        documents = [path for path in bundle.rglob("*.json") if path.parent.name != "schemas"]
        assert {path.stem for path in documents} == {path.stem for path in (bundle / "schemas").iterdir()}
        for path in documents:
            schema = json.loads((bundle / "schemas" / path.name).read_text(encoding="utf-8"))
            with untraced():
                jsonschema.validate(
                    json.loads(path.read_text(encoding="utf-8")), schema, jsonschema.Draft202012Validator
                )


def test_the_same_inputs_settings_and_instant_give_the_same_bytes(world: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(world, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("bundles")))
    odd = {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "HOME": str(tmp_path)}
    done = reporter("run", "--as-of", AS_OF, cwd=other, env=odd)
    assert done.returncode == 0, done.stderr
    for environment in ("production-pilot", "payments-pilot", "build-fleet"):
        first = (world / "bundles" / environment / "latest").resolve()
        second = (other / "bundles" / environment / "latest").resolve()
        assert first.name == second.name
        assert snapshot(first) == snapshot(second)


def test_papers_of_a_run_are_whole(copy: Path, tmp_path: Path) -> None:
    run = [REPORTER, "run", "--as-of", LATER, "-e", "build-fleet"]
    subprocess.run(run, cwd=copy, env=untraced_environment(), capture_output=True, check=True, timeout=300)
    bundle = copy / "bundles" / "build-fleet" / "latest"
    pages = {}
    for paper in sorted(bundle.glob("*.pdf")):
        told = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
        pages[paper.stem] = int(told.partition("Pages:")[2].split()[0])
        out = tmp_path / paper.stem
        subprocess.run(["pdfdetach", "-save", "1", "-o", out, paper], check=True)
        assert out.read_bytes() == paper.with_suffix(".json").read_bytes()
    assert pages["executive"] <= 4
    assert pages["runbook"] >= 3
    assert 15 <= pages["readiness"] <= 30


def test_records_that_several_processes_share_give_the_same_bundle(
    world: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy / "bundles")
    monkeypatch.setattr("reporter.jobs.folding.WORTH_SHARING", 1)
    monkeypatch.chdir(copy)
    assert answer(["run", "--as-of", AS_OF, "-e", "payments-pilot"]) == 0
    shared, alone = (path / "bundles" / "payments-pilot" / "latest" for path in (copy, world))
    assert shared.resolve().name == alone.resolve().name


def test_running_again_changes_nothing(copy: Path) -> None:
    before = snapshot(copy / "bundles")
    assert reporter_here("run", "--as-of", AS_OF, "-e", "payments-pilot", cwd=copy).returncode == 0
    assert snapshot(copy / "bundles") == before


def test_the_next_bundle_names_the_one_before_and_what_changed(copy: Path) -> None:
    first = (copy / "bundles" / "build-fleet" / "latest").resolve()
    edit(
        copy / "manifests" / "build-fleet" / "go-backend-rollback-plan.json",
        lambda plan: plan.update(approved=True, approval_id="apr_go_backend_rollback"),
    )
    assert reporter_here("run", "--as-of", LATER, "-e", "build-fleet", cwd=copy).returncode == 0
    second = copy / "bundles" / "build-fleet" / "latest"
    readiness = json.loads((second / "readiness.json").read_text(encoding="utf-8"))
    assert readiness["previous"]["digest"].startswith(first.name[-12:])
    assert readiness["previous"]["verified"] is True
    changed = {change["subject"]: change["after"] for change in readiness["changes"]}
    assert changed == {
        "rollback": "ready",
        "rehearsal": "ready",
        "rollback/go_rollback_approval": "pass",
        "rehearsal/go_rollback_rehearsal_evidence": "pass",
    }
    statement = json.loads(reporter_here("verify", second, "--key", "keys/signing.key.pub", "--json", cwd=copy).stdout)[
        "statement"
    ]
    assert statement["predicate"]["previous"]["digest"] == readiness["previous"]["digest"]


def test_a_previous_bundle_that_was_changed_is_named_but_not_believed(copy: Path) -> None:
    first = (copy / "bundles" / "production-pilot" / "latest").resolve()
    edit(first / "readiness.json", lambda readiness: readiness.update(status="ready"))
    run = ("run", "--environment", "production-pilot", "--as-of")
    done = reporter_here(*run, LATER, cwd=copy)
    assert done.returncode == 0
    assert "blocked by 1: Artifacts of the bundle" in done.stdout
    latest = copy / "bundles" / "production-pilot" / "latest"
    readiness = json.loads((latest / "readiness.json").read_text(encoding="utf-8"))
    assert "BLOCKED" in reporter_here(*run, "2026-06-11T16:20:00Z", cwd=copy).stdout, "until somebody takes it away"
    shutil.move(first, copy / "investigation")
    assert "BLOCKED" not in reporter_here(*run, "2026-06-11T16:30:00Z", cwd=copy).stdout
    assert readiness["previous"]["verified"] is False
    assert readiness["previous"]["status"] is None
    assert readiness["changes"] == []


def test_an_address_in_a_record_refuses_the_bundle_and_is_not_repeated(copy: Path) -> None:
    lines = (copy / "evidence" / "payments-pilot.jsonl").read_text(encoding="utf-8")
    (copy / "evidence" / "payments-pilot.jsonl").write_text(
        lines.replace('"acknowledged_by":"release-manager"', '"acknowledged_by":"jane.doe@example.org"'),
        encoding="utf-8",
    )
    done = reporter_here("run", "--as-of", LATER, "-e", "payments-pilot", "-e", "build-fleet", cwd=copy)
    assert done.returncode == 7
    assert "rule email_address; take it out of the manifest or record" in done.stderr
    assert "jane" not in done.stdout + done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines() if "NO BUNDLE" in line] == ["payments-pilot"]


def test_a_bundle_of_another_environment_is_no_predecessor(copy: Path) -> None:
    foreign = (copy / "bundles" / "payments-pilot" / "latest").resolve()
    shutil.copytree(foreign, copy / "bundles" / "production-pilot" / foreign.name)
    shutil.rmtree((copy / "bundles" / "production-pilot" / "latest").resolve())
    assert reporter_here("run", "--as-of", LATER, "-e", "production-pilot", cwd=copy).returncode == 0
    text = (copy / "bundles" / "production-pilot" / "latest" / "readiness.json").read_text(encoding="utf-8")
    assert json.loads(text)["previous"]["verified"] is False


def test_a_run_dated_before_the_newest_bundle_says_that_latest_stays(copy: Path) -> None:
    done = reporter_here("run", "--as-of", "2026-06-10T15:40:00Z", "-e", "production-pilot", cwd=copy)
    assert "production-pilot: latest stays at 20260611T154000Z-" in done.stderr


def test_a_run_without_settings_and_variables_assesses_nothing(tmp_path: Path) -> None:
    done = reporter_here("run", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: nothing to assess")
    assert list(tmp_path.iterdir()) == []


def test_a_bug_in_one_environment_costs_no_other_its_bundle(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(case: Case, *, states: LoopStates) -> object:
        if case.environment == "payments-pilot":
            raise ZeroDivisionError("a value that no log should hold")
        return assess_reports(case, states=states)

    def unread(settings: Settings, environment: str, *more: Any) -> Evidence | None:  # noqa: ANN401 - as it is called
        if environment == "production-pilot":
            raise UsageFault("no memory to share")
        return read_large(settings, environment, *more)

    monkeypatch.setattr("reporter.jobs.readiness.assess_reports", broken)
    monkeypatch.setattr("reporter.jobs.readiness.read_large", unread)
    monkeypatch.chdir(copy)
    assert answer(["run", "--as-of", LATER]) == 2
    told = capsys.readouterr()
    assert "payments-pilot: this is a bug in reporter, please report it: ZeroDivisionError in " in told.err
    assert "no log should hold" not in told.err
    assert "error: no memory to share\n" in told.err
    lost = [line.split()[0] for line in told.out.splitlines() if "NO BUNDLE" in line]
    assert lost == ["payments-pilot", "production-pilot"]
    assert len(list((copy / "bundles").glob("*/20260611T1610*"))) == 1


def test_upstream_variables_alone_are_enough(world: Path, tmp_path: Path) -> None:
    manifests = world / "manifests" / "production-pilot"
    env = {
        "CAVRA_GO_BACKEND_MODE": "promoted",
        "CAVRA_GO_RUNTIME_PATH": str(world / "bin" / "cavra-runtime_linux_amd64"),
        "CAVRA_GO_RUNTIME_POLICY": str(world / "compiled-policy.json"),
        "CAVRA_GO_RUNTIME_PACKAGE_DIR": str(manifests),
        "CAVRA_GO_PROMOTION_EVIDENCE": str(manifests / "go-backend-promotion-evidence.json"),
        "CAVRA_GO_ROLLBACK_PLAN": str(manifests / "go-backend-rollback-plan.json"),
        "CAVRA_GO_ROLLBACK_REHEARSAL_EVIDENCE": str(manifests / "go-backend-rollback-rehearsal.json"),
        "CAVRA_GO_ROLLBACK_DRILL_HISTORY": str(manifests / "go-backend-rollback-drills.json"),
        "CAVRA_GO_ROLLBACK_DRILL_SCHEDULE": str(manifests / "go-backend-rollback-drill-schedule.json"),
    }
    done = reporter_here("run", "--as-of", AS_OF, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    verdict, blocked, besides = done.stdout.splitlines()[:3]
    assert verdict.startswith("default  BLOCKED")
    assert blocked.startswith("         release readiness: blocked by ")
    assert besides.startswith("         production: all 7 reports that were asked for are in order")
    assert "made a signing key" in done.stderr
    assert (tmp_path / "keys" / "signing.key").stat().st_mode & 0o777 == 0o600
    verified = reporter_here("verify", "bundles/default/latest", "--key", "keys/signing.key.pub", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout


def test_an_environment_without_any_document_still_gets_its_bundle(tmp_path: Path) -> None:
    done = reporter_here("run", "--as-of", AS_OF, cwd=tmp_path, env={"CAVRA_GO_BACKEND_MODE": "promoted"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("default  NEEDS ATTENTION")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a pilot that is switched off, and that wants its bundle where no directory is."""
    text = '[environments.pilot]\n[environments.pilot.deliver]\nattach = ["directory:none"]\n'
    (tmp_path / "reporter.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("small")
def test_run_says_what_is_missing_and_why_its_verdict_is_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with freeze_time(AS_OF):
        assert answer(["run", "--explain"]) == 6
    told = capsys.readouterr().out
    assert "pilot: delivery incomplete; the next run completes it\n" in told
    assert "attach" in told.partition("completes it\n")[2].splitlines()[0]
    assert told.endswith("not requested: mode is disabled and there are no evidence records\n")


def test_bundle_that_does_not_verify_once_it_is_written_is_a_failure(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def damage(path: str, key: PublicKey) -> Verification:
        Path(path, "index.html").write_bytes(b"")
        return verify_bundle(path, key)

    monkeypatch.setattr("reporter.seal.verify.verify_bundle", damage)
    assert answer(["run", "--no-deliver", "--as-of", AS_OF]) == 5
    told = capsys.readouterr()
    assert (told.out, ": changed: index.html: " in told.err) == ("pilot  NO BUNDLE\n", True)
    assert (small / "bundles" / "pilot").exists()


def test_an_environment_that_gets_no_bundle_does_not_stop_the_others(copy: Path) -> None:
    shutil.rmtree(copy / "bundles" / "payments-pilot")
    (copy / "bundles" / "payments-pilot").write_text("in the way", encoding="utf-8")
    done = reporter_here("run", "--as-of", LATER, "-e", "payments-pilot", "-e", "build-fleet", cwd=copy)
    assert done.returncode == 74
    assert "payments-pilot  NO BUNDLE" in done.stdout
    assert "Traceback" not in done.stderr
    assert (copy / "bundles" / "build-fleet" / "latest").resolve().name.startswith("20260611T1610")


def test_a_kill_at_any_moment_leaves_no_half_bundle(world: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(world, tmp_path / "world", ignore=shutil.ignore_patterns("bundles")))
    dice = random.Random(7)  # noqa: S311 - moments, not secrets
    whole = 0
    for round_ in range(8):
        process = subprocess.Popen(
            [
                sys.executable,
                KEPT_PRINTS,
                os.environ["KEPT_PRINTS"],
                "run",
                "--as-of",
                f"2026-06-11T15:40:{round_:02}Z",
            ],
            cwd=copy,
            env=untraced_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(dice.uniform(0.2, 4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for bundle in (copy / "bundles").glob("*/2026*"):
            whole += 1
            done = reporter_here("verify", bundle, "--key", "keys/signing.key.pub", cwd=copy)
            assert done.returncode == 0, done.stdout
    done = reporter_here("run", "--as-of", LATER, cwd=copy)
    assert done.returncode == 0, done.stderr
    assert len(list((copy / "bundles").glob("*/20260611T1610*"))) == 3
    assert _processes_in(copy) == [], "no worker outlives a run that was killed"


def _processes_in(folder: Path) -> list[str]:
    """List the processes that work in a folder, after a while in which they may end."""
    left: list[str] = []
    for _ in range(300):
        left = [str(one) for one in Path("/proc").glob("[0-9]*") if _works_in(one, folder)]
        if not left:
            break
        time.sleep(0.1)
    return left


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&\u202e\x1b[31m\u0000{{7*7}}{%x%}"


def test_hostile_text_in_a_manifest_stays_text_everywhere(copy: Path) -> None:
    def poison(value: object) -> None:
        if isinstance(value, dict):
            for key in value:
                if isinstance(value[key], str) and key not in ("schema_version", "executed_at", "next_due_at"):
                    value[key] = HOSTILE
                else:
                    poison(value[key])
        elif isinstance(value, list):
            for position, item in enumerate(value):
                if isinstance(item, str):
                    value[position] = HOSTILE
                else:
                    poison(item)

    for path in (copy / "manifests" / "production-pilot").iterdir():
        edit(path, poison)
    done = reporter_here("run", "--as-of", LATER, "--environment", "production-pilot", cwd=copy)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    bundle = copy / "bundles" / "production-pilot" / "latest"
    for page in ("index.html", "readiness.html"):
        html = (bundle / page).read_text(encoding="utf-8")
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "\u202e" not in html
        assert "\x1b" not in html
    check = reporter_here("check", "rollback", "--environment", "production-pilot", cwd=copy)
    assert "\x1b" not in check.stdout
    assert "\u202e" not in check.stdout
    assert r"\u001b[31m" in check.stdout


def test_the_verdict_says_what_it_does_not_cover(world: Path) -> None:
    page = (world / "bundles" / "production-pilot" / "latest" / "index.html").read_text(encoding="utf-8")
    banner = page.partition('<section class="verdict')[2].partition("</section>")[0]
    assert "judged by" not in banner


def test_a_changed_bundle_fails_verification_with_its_code(copy: Path) -> None:
    bundle = (copy / "bundles" / "production-pilot" / "latest").resolve()
    (bundle / "readiness.html").write_text("all is well", encoding="utf-8")
    (bundle / "note.txt").write_text("", encoding="utf-8")
    (bundle / "inputs.json").unlink()
    done = reporter_here("verify", bundle, "--key", "keys/signing.key.pub", "--json", cwd=copy)
    assert done.returncode == 5
    result = json.loads(done.stdout)
    assert result["result"] == "failed"
    assert {(one["code"], one["file"]) for one in result["failures"]} == {
        ("changed", "readiness.html"),
        ("extra", "note.txt"),
        ("missing", "inputs.json"),
    }


def test_recovery_that_was_opened_through_us_does_not_vanish_with_the_ledger(tmp_path: Path) -> None:
    world = make_world(tmp_path / "world", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    pilot = ("--environment", "production-pilot")
    opened = ("--by", "lead", "--reason", "deliveries fail", "--ref", "INC-7", "--execute")
    assert reporter_here("recovery", "open", "slack", *opened, *pilot, cwd=world).returncode == 0
    assert "blocked by 1: A connector recovery is open; closure: open" in reporter_here("run", *pilot, cwd=world).stdout
    shutil.move(world / "state", world / "gone")
    said = reporter_here("run", *pilot, cwd=world).stdout
    assert "blocked by 1: Evidence cannot be read in full; closure: open" in said
    checked = ("check", "closure", *pilot)
    assert "wanted the ledger that the bundle of" in reporter_here(*checked, cwd=world).stdout
    shutil.rmtree(world / "state")
    shutil.move(world / "gone", world / "state")
    said = reporter_here(*checked, cwd=world).stdout
    assert "recovery_open" in said
    assert "wanted the ledger" not in said
