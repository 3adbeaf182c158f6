"""The guard of a run: nothing that is configured as private gets into a bundle, and the statement says so."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from reporter.deliver.canary import DISGUISES
from worlds import AS_OF, edit, make_world, reporter_here

TOKEN = "x0xb-of-this-test-0123"  # noqa: S105 - of this test
PILOT = ("--as-of", AS_OF, "--environment", "production-pilot")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("guard") / "world")


def configure(world: Path, document: object) -> dict[str, str]:
    path = world / "connectors.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(0o600)
    return {"CAVRA_CONNECTOR_CONFIG": str(path)}


def predicate_of(bundle: Path) -> dict[str, Any]:
    envelope = json.loads((bundle / "attestation.json").read_bytes())
    predicate: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))["predicate"]
    return predicate


def test_statement_says_what_was_searched_for_and_what_of_it_was_found(world: Path) -> None:
    entries = {
        "slack": {"url": "https://chat.example.org/hook", "token": TOKEN},
        "jira": {"enabled": False, "user": "bot", "token": TOKEN},
        "teams": {"url_env": "NOT_SET"},
    }
    env = configure(world, entries)
    runs = [reporter_here("run", *PILOT, "--json", cwd=world, env=env) for _ in range(2)]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    remarks = runs[0].stderr.splitlines()
    assert "not used: connectors.teams.url: the environment variable (not shown) is not set" in remarks
    digests = [json.loads(run.stdout)["environments"][0]["digest"] for run in runs]
    assert digests[0] == digests[1], "the canary is another one each time, and leaves no trace"
    bundle = world / "bundles" / "production-pilot" / "latest"
    guards = predicate_of(bundle)["guards"]
    assert guards == {
        "files": len([one for one in bundle.rglob("*") if one.is_file()]) - 2,
        "hits": 0,
        "private_values": {"searched": 4, "unsearched": 1},
        "rules": ["private_key", "token", "url_user_info", "email_address", "private_host", "private_address"],
        "self_test": {"disguises": list(DISGUISES), "result": "passed"},
    }


def test_private_value_in_a_manifest_refuses_the_bundle_of_that_environment_alone(tmp_path: Path) -> None:
    world = make_world(tmp_path / "world")
    hidden = [DISGUISES[name](TOKEN).decode() for name in ("raw", "base64_1", "url_every_sign")]
    plan = world / "manifests/production-pilot/go-backend-rollback-plan.json"
    edit(plan, lambda document: document.update(approval_id=hidden[0], environment=hidden[1], runbook_ref=hidden[2]))
    env = configure(world, {"slack": {"url": "https://chat.example.org/hook", "token": TOKEN}})
    asked = ("--environment", "production-pilot", "--environment", "build-fleet")
    done = reporter_here("run", "--as-of", AS_OF, *asked, "--json", cwd=world, env=env)
    assert done.returncode == 7
    bundles = {one["environment"]: one["bundle"] for one in json.loads(done.stdout)["environments"]}
    assert [name for name, bundle in bundles.items() if bundle] == ["build-fleet"]
    faults = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error: ")]
    found = ": found what is configured as connectors.slack.token (not shown), wanted none; rule configured_secret"
    assert faults
    assert all(line.startswith("production-pilot: ") and line.endswith(found) for line in faults)
    assert any(line.startswith("production-pilot: readiness.json /") for line in faults), faults
    for text in (TOKEN, *hidden):
        assert text not in done.stdout + done.stderr


def test_configuration_that_cannot_be_read_stops_the_run_before_anything_is_sealed(tmp_path: Path) -> None:
    world = make_world(tmp_path / "world")
    done = reporter_here("run", *PILOT, cwd=world, env=configure(world, f'{{"slack": {TOKEN}'))
    assert done.returncode == 2
    assert "connectors.json: not JSON: line 1 column 11" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert not (world / "bundles" / "production-pilot").exists()
