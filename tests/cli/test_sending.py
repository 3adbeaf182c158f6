"""`reporter notify`, `alert`, `retry run`, and what `run` delivers, as a user runs them: over HTTPS to real servers."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.conftest import Call, Said
from deliver.vendors import slack
from deliver.vendors.misbehaviour import refuse_with
from deliver.vendors.receiver import PATH, SECRET, Receiver
from deliver.vendors.server import Answer, Authorities, Mount, Vendor, VendorServer, make_authorities, serving
from reporter.cli.deliveries import deliver_all
from reporter.jobs.loops import load_checked_settings
from reporter.seal.keys import read_public_key
from worlds import make_world

PILOT = "payments-pilot"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return make_authorities(tmp_path_factory.mktemp("authorities"))


@pytest.fixture(scope="module")
def server(authorities: Authorities) -> Iterator[VendorServer]:
    with serving(authorities.trusted.issue_cert("localhost", "127.0.0.1")) as found:
        yield found


@pytest.fixture
def play(server: VendorServer) -> Iterator[Callable[[Vendor], Mount]]:
    with ExitStack() as stack:
        yield lambda vendor: stack.enter_context(server.mounted(vendor))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a world of today: what is sent is dated when it is sent."""
    now = datetime.now(UTC).replace(microsecond=0)
    return make_world(tmp_path_factory.mktemp("sending") / "world", now.isoformat())


class Pilot:
    """Calls about one environment whose drill is overdue, with two connectors and one that is broken."""

    def __init__(self, call: Call, world: Path, play: Callable[[Vendor], Mount], ca_file: str) -> None:
        self._call, self.world = call, world
        self.receiver, self.slack = Receiver(), slack.Slack()
        self.hook, self.chat = play(self.receiver), play(self.slack)
        config = {
            "webhook": {"url": self.hook.url(PATH), "secret": SECRET, "ca_file": ca_file},
            "slack": {"url": self.chat.url(slack.PATH), "ca_file": ca_file},
            "jira": {"enabled": True},
        }
        file = world / "connectors.json"
        file.write_text(json.dumps({"connectors": config}), encoding="utf-8")
        file.chmod(0o600)
        self.settings = world / "reporter.toml"
        text = self.settings.read_text(encoding="utf-8")
        self.settings.write_text(f'connector_config = "connectors.json"\n{text}', encoding="utf-8")

    def ask_for(self, *parts: str) -> None:
        """Have the settings ask for parts of a run."""
        with self.settings.open("a", encoding="utf-8") as file:
            records = self.world / "records"
            records.mkdir(exist_ok=True)
            lines = "".join(f"{part} = true\n" for part in parts) + f'attach = ["directory:{records}"]\n'
            file.write(f"\n[environments.{PILOT}.deliver]\n{lines}")

    def __call__(self, *words: str) -> Said:
        return self._call(*words, "--settings", self.settings, "--environment", PILOT)


@pytest.fixture
def pilot(call: Call, sample: Path, tmp_path: Path, play: Callable[[Vendor], Mount], authorities: Authorities) -> Pilot:
    return Pilot(call, Path(shutil.copytree(sample, tmp_path / "world")), play, authorities.ca_file)


def test_plan_says_who_is_told_and_is_recorded_once(pilot: Pilot) -> None:
    dry = pilot("notify", "plan")
    assert (dry.code, dry.err) == (0, "nothing was recorded; --execute records the plan\n")
    assert "  deliver    release-governance -> slack  the drill is overdue since " in dry.out
    assert not (pilot.world / "state" / "ledger.db").exists()
    first, again = pilot("notify", "plan", "--execute"), pilot("notify", "plan", "--execute")
    assert first.out.splitlines()[-1].startswith("recorded: plan gordn-")
    assert again.out.splitlines()[-1].startswith("recorded already: plan gordn-")
    document = json.loads(pilot("notify", "plan", "--provider", "slack", "--json").out)
    assert ({one["provider"] for one in document["routes"]}, document["executed"]) == ({"slack"}, False)


def test_unknown_provider_is_refused_with_the_known_ones(pilot: Pilot) -> None:
    said = pilot("notify", "send", "--provider", "sleck")
    assert (said.code, "found 'sleck', wanted some of all, azure_repos" in said.err) == (2, True)


def test_notifications_are_sent_once_and_what_is_missing_is_told(pilot: Pilot) -> None:
    dry = pilot("notify", "send")
    assert (dry.code, pilot.slack.posts) == (0, [])
    assert dry.err.endswith("nothing was sent; --execute records the plan and sends it\n")
    assert json.loads(pilot("notify", "send", "--json").out)["delivery"] is None
    sent = pilot("notify", "send", "--execute")
    assert (sent.code, sent.out.splitlines()[0]) == (6, f"{PILOT}: 1 delivered, 1 failed")
    assert "teams  refused_locally: connector_config_not_configured" in sent.out
    assert "not used: connectors.jira.url: found none" in sent.err
    again = json.loads(pilot("notify", "send", "--execute", "--json").out)
    assert (again["delivery"]["counts"], again["delivery"]["complete"]) == ({"waiting": 1}, False)
    assert len(pilot.slack.posts) == 1
    assert "Rollback drill is overdue" in json.dumps(pilot.slack.posts)


def test_dry_run_and_execution_say_alike_that_everybody_was_told_already(call: Call, pilot: Pilot) -> None:
    def production(*words: str) -> Said:
        return call(*words, "--settings", pilot.settings, "--environment", "production-pilot")

    ready = production("check", "release-readiness")
    assert ready.code == 0
    dry, sent = production("notify", "send"), production("notify", "send", "--execute")
    lines = dry.out.splitlines()
    assert lines[0] == "production-pilot: 2 routes told already; nothing to do"
    assert [one.split("Z")[0][:52] for one in lines[1:]] == [
        f"             release-governance -> {provider}  told already on "[:52] for provider in ("slack", "teams")
    ]  # fmt: skip
    assert (sent.code, sent.out) == (0, dry.out)
    narrow = json.loads(production("notify", "send", "--execute", "--provider", "slack", "--json").out)
    assert (narrow["record"], list(narrow["told_already"]), narrow["delivery"]["counts"]) == (None, ["slack"], {})
    assert production("check", "release-readiness").out.splitlines()[1] == ready.out.splitlines()[1]


def test_dry_run_says_how_many_of_its_routes_were_told_already(pilot: Pilot) -> None:
    assert pilot("notify", "send", "--execute").code == 6
    lines = pilot("notify", "send").out.splitlines()
    assert lines[0].endswith("2 routes to deliver, 0 suppressed; 1 route of these told already")
    assert [one.split("  ")[1].strip() for one in lines[1:]] == ["", "deliver"]


def test_one_provider_alone_is_complete(pilot: Pilot) -> None:
    assert pilot("notify", "send", "--provider", "slack", "--execute").code == 0


def test_alerts_are_sent_to_every_usable_connector_and_not_again_at_once(pilot: Pilot) -> None:
    dry = pilot("alert", "send")
    assert (dry.code, dry.out.splitlines()[0]) == (
        0, "audit_worker_health_alert  about acknowledgement_audit: critical; tells slack, webhook",
    )  # fmt: skip
    assert dry.err.endswith("nothing was recorded or sent; --execute does both\n")
    sent = pilot("alert", "send", "--execute")
    assert (sent.code, sent.out.splitlines()[-1]) == (0, f"{PILOT}: 2 delivered")
    again = pilot("alert", "send", "--execute")
    assert (again.code, again.out.splitlines()[-1]) == (0, f"{PILOT}: nothing to send")
    assert "  slack was told at " in again.out
    document = json.loads(pilot("alert", "send", "--force", "--json").out)
    assert document["alerts"][0]["selected_providers"] == ["slack", "webhook"]
    assert json.loads(pilot("alert", "send", "--force", "--execute", "--json").out)["delivery"]["complete"] is True
    assert (len(pilot.slack.posts), len(pilot.receiver.events), pilot.receiver.repeated) == (2, 2, [])


def test_mail_for_executives_alone_is_told_no_alert(pilot: Pilot) -> None:
    file = pilot.world / "connectors.json"
    mail = {"email": {"host": "127.0.0.1", "sender": "reports@example.org", "security": "none"}}
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({"connectors": document["connectors"] | mail}), encoding="utf-8")
    dry = pilot("alert", "send")
    assert dry.out.splitlines()[0].endswith("; tells slack, webhook")
    assert "email is not told: connectors.email.to names nobody whom messages go to" in dry.err
    file.write_text(json.dumps(mail), encoding="utf-8")
    (told,) = json.loads(pilot("alert", "send", "--json").out)["alerts"]
    assert (told["selected_providers"], told["not_configured"]) == ([], ["webhook"])
    sent = pilot("alert", "send", "--execute")
    assert (sent.code, sent.out.splitlines()[-1]) == (6, f"{PILOT}: 1 waiting")
    assert sent.out.splitlines()[0].endswith("; tells nobody; would tell webhook, which is not configured")


def test_healthy_workers_are_said_to_be_well(pilot: Pilot, call: Call) -> None:
    said = call("alert", "send", "--settings", pilot.settings, "--environment", "production-pilot")
    assert (said.code, said.out) == (0, "production-pilot: every retry worker is well\n")


def test_retries_are_run_dry_and_live(pilot: Pilot) -> None:
    pilot.chat.always = refuse_with(Answer(400))
    assert pilot("notify", "send", "--provider", "slack", "--execute").code == 6
    dry = pilot("retry", "run")
    assert (dry.code, dry.out.splitlines()[0]) == (0, f"{PILOT}: 1 selected, 0 left: nothing was sent")
    assert dry.out.splitlines()[1].startswith("  would send  acknowledgement_audit ")
    assert dry.err.endswith("a dry run: it was recorded and nothing was sent; --execute sends\n")
    live = pilot("retry", "run", "--max", "3", "--execute")
    assert (live.code, live.out.splitlines()[0]) == (0, f"{PILOT}: 0 selected, 1 left: nothing to send")
    assert "wait_for_retry_ack" in live.out
    document = json.loads(pilot("retry", "run", "--execute", "--json").out)
    assert (document["executed"], document["delivery"]["counts"]) == (True, {})
    assert {one["loop"] for one in document["runs"]} >= {"acknowledgement_audit", "drill_notification"}
    assert pilot("retry", "run", "--max", "26").code == 2


def test_what_holds_a_secret_is_refused_and_never_sent(pilot: Pilot) -> None:
    schedule = next((pilot.world / "manifests" / PILOT).glob("*schedule*.json"))
    document = json.loads(schedule.read_text(encoding="utf-8"))
    schedule.write_text(json.dumps(document | {"owners": [f"team {SECRET}"]}), encoding="utf-8")
    said = pilot("notify", "send", "--provider", "slack", "--execute")
    assert (said.code, pilot.slack.posts) == (7, [])
    assert "slack  refused_locally: not_public_safe: payload /blocks/" in said.out
    assert "webhook.secret (not shown), wanted none; rule configured_secret" in said.out
    assert SECRET not in said.out + said.err


def test_run_delivers_what_the_settings_ask_for_and_the_next_one_shows_and_completes_it(pilot: Pilot) -> None:
    pilot.ask_for("notify", "alert", "retry")
    pilot.hook.next.append(refuse_with(Answer(400)))
    first = pilot("run")
    assert (first.code, f"{PILOT}: delivery incomplete; the next run completes it" in first.out) == (6, True)
    assert "  notify   failed     drill_notification " in first.out
    assert "  alert    failed     audit_worker_health_alert " in first.out
    settings, _ = load_checked_settings(str(pilot.settings))
    key, now = read_public_key(str(pilot.world / "keys" / "signing.key.pub")), datetime.now(UTC)
    again = deliver_all(settings, {PILOT: f"{PILOT}/latest"}, key, now, now)
    stages = {one.stage: one for one in again[PILOT]}
    assert list(stages) == ["attach", "notify", "alert", "retry"]
    assert (stages["attach"].is_complete, any((pilot.world / "records").iterdir())) == (True, True)
    assert stages["notify"].counts == {"waiting": 1}
    assert len([post for post in pilot.slack.posts if "Rollback drill" in json.dumps(post)]) == 1


def test_run_about_the_past_tells_nobody(pilot: Pilot, capsys: pytest.CaptureFixture[str]) -> None:
    pilot.ask_for("notify", "alert", "retry")
    settings, _ = load_checked_settings(str(pilot.settings))
    key, now = read_public_key(str(pilot.world / "keys" / "signing.key.pub")), datetime.now(UTC)
    assert deliver_all(settings, {PILOT: ""}, key, now - timedelta(hours=1), now) == {}
    assert "nothing was delivered: it would tell people of " in capsys.readouterr().err
    assert deliver_all(settings, {"production-pilot": ""}, key, now - timedelta(hours=1), now) == {}
    assert pilot.slack.posts == []
