"""`reporter ack`, `retry` and `recovery` as a user runs them: dry unless --execute."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from freezegun import freeze_time

from cli.conftest import Call, Said
from reporter.cli.answering import decided_at
from worlds import AS_OF

LATER = "2026-06-11T15:41:00Z"
SIGNED = ("--by", "lead", "--reason", "it is planned", "--ref", "CHG-1")


@pytest.fixture
def copy(world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(world, tmp_path / "copy"))


class Pilot:
    """Calls about one environment of the sample world."""

    def __init__(self, call: Call, world: Path, environment: str) -> None:
        self._call = call
        self._common = ("--settings", world / "reporter.toml", "--environment", environment)

    def __call__(self, *words: str, as_of: str = AS_OF) -> Said:
        with freeze_time(as_of):
            return self._call(*words, *self._common)

    def routes(self) -> dict[str, tuple[str, str]]:
        """Give subject and provider of the routes that were not delivered, by their fate."""
        plans = json.loads(self("retry", "plan", "--json").out)["plans"]
        return {one["fate"]: (one["subject"], one["provider"]) for plan in plans for one in plan["routes"]}


@pytest.fixture
def payments(call: Call, copy: Path) -> Pilot:
    return Pilot(call, copy, "payments-pilot")


@pytest.fixture
def fleet(call: Call, copy: Path) -> Pilot:
    return Pilot(call, copy, "build-fleet")


def test_plan_says_of_each_route_what_becomes_of_it(payments: Pilot, fleet: Pilot, call: Call, copy: Path) -> None:
    subject, provider = payments.routes()["gated"]
    said = payments("retry", "plan")
    assert said.code == 0
    assert said.out.splitlines()[:2] == [
        "payments-pilot: 1 not delivered: 1 gated",
        "Acknowledgement audit  [acknowledgement_audit]",
    ]
    assert f"  gated      {subject} -> {provider}  1 of 3 attempts failed; the next was due at" in said.out
    assert said.out.endswith("wait_for_retry_ack: nobody has accepted the retry plan\n")
    assert said.err == "nothing was recorded; --execute records the plans\n"
    assert "  exhausted  " in fleet("retry", "plan").out
    assert Pilot(call, copy, "production-pilot")("retry", "plan").out == "production-pilot: nothing to retry\n"


def test_plans_are_recorded_once(payments: Pilot) -> None:
    first, again = (payments("retry", "plan", "--execute").out.splitlines()[-1] for _ in range(2))
    count = first.split()[1]
    assert first == f"recorded {count} retry plans, 0 were there already"
    assert again == f"recorded 0 retry plans, {count} were there already"
    document = json.loads(payments("retry", "plan", "--execute", "--json").out)
    assert (document["executed"], document["added"], len(document["plans"])) == (True, 0, int(count))


def test_long_plans_are_cut_on_a_screen_and_whole_in_json(payments: Pilot, copy: Path) -> None:
    evidence = copy / "evidence" / "payments-pilot.jsonl"
    subject, _ = payments.routes()["gated"]
    (line,) = (one for one in evidence.read_text(encoding="utf-8").splitlines() if f"rcd-{subject}" in one)
    more = [line.replace(subject, f"{subject}-{number}") for number in range(25)]
    with evidence.open("a", encoding="utf-8") as file:
        file.write("\n".join([*more, "broken"]) + "\n")
    said = payments("retry", "plan")
    assert said.out.endswith("  and 6 more; --json lists all\n")
    assert "evidence that may hide a failure: " in said.err
    document = json.loads(payments("retry", "plan", "--json").out)
    assert sum(len(plan["routes"]) for plan in document["plans"]) == 26


def test_retry_is_accepted_approved_and_free_to_go(payments: Pilot) -> None:
    subject, provider = payments.routes()["gated"]
    route = ("acknowledgement-audit", subject, "--provider", provider, *SIGNED)
    early = payments("retry", "approve", *route)
    assert (early.code, early.out) == (2, "")
    assert "`reporter ack` it with --state accepted first" in early.err
    assert payments("ack", *route, "--execute").code == 0
    dry = payments("retry", "approve", *route)
    assert dry.out.startswith(f"would record: decision about the next retry of acknowledgement_audit {subject}")
    assert dry.err == "nothing was recorded; --execute records it\n"
    done = payments("retry", "approve", *route, "--execute")
    assert done.out.startswith("recorded: ")
    assert "  gate: approval_required (no approval since the last failure) -> open\n" in done.out
    assert payments.routes() == {"retry": (subject, provider)}


def test_answer_is_recorded_once_and_says_so(payments: Pilot, copy: Path) -> None:
    unknown = payments("ack", "audit_worker_health_alert", "?", "--provider", "slack", *SIGNED)
    subject = unknown.err.partition("wanted one of ")[2].split()[0].rstrip(",")
    route = ("audit-worker-health-alert", subject, "--provider", "slack", *SIGNED)
    dry = payments("ack", *route)
    assert dry.out.splitlines()[:2] == [
        f"would record: acknowledgement of audit_worker_health_alert {subject} -> slack",
        "  state: outstanding -> acknowledged (counts as an answer)",
    ]
    assert not (copy / "state").exists(), "a dry call makes no ledger"
    first = json.loads(payments("ack", *route, "--execute", "--json").out)
    assert (first["executed"], first["added"], first["repeated"]) == (True, True, False)
    assert first["record"]["environment"] == "payments-pilot"
    again = payments("ack", *route, "--execute", as_of=LATER)
    assert (again.code, again.err) == (0, "")
    assert again.out.splitlines()[0].startswith("recorded already, nothing was added: acknowledgement of ")
    repeated = json.loads(payments("ack", *route, "--json").out)
    assert (repeated["executed"], repeated["added"], repeated["repeated"]) == (False, False, True)
    assert repeated["record_id"] == first["record_id"]


def test_recovery_is_opened_and_closed_with_proof(fleet: Pilot) -> None:
    opened = fleet("recovery", "open", "jira", *SIGNED, "--execute")
    assert opened.out.splitlines()[:2] == [
        "recorded: recovery of jira",
        "  opens a recovery: 3 failed attempts since its last success",
    ]
    few = fleet("recovery", "open", "teams", *SIGNED)
    assert "0 failed attempts since its last success: fewer than the 2 that call for a recovery" in few.err
    without = fleet("recovery", "close", "jira", "--state", "resolved", *SIGNED, as_of=LATER)
    assert (without.code, without.err) == (
        2,
        "error: --verification: found none, wanted at least one to call a recovery resolved\n",
    )
    closed = fleet(
        "recovery", "close", "jira", "--state", "resolved", "--verification", "run 7", *SIGNED, "--execute",
        as_of=LATER,
    )  # fmt: skip
    assert "  state: open -> resolved (closes the recovery)\n" in closed.out


@pytest.mark.parametrize(
    "words",
    [
        ("ack", "drill-notification", "monthly", "--provider", "slack"),
        ("retry", "approve", "acknowledgement-audit", "x", "--provider", "slack"),
        ("recovery", "open", "jira"),
        ("recovery", "close", "jira", "--state", "deferred"),
    ],
    ids=["ack", "approve", "open", "close"],
)
def test_secret_is_refused_by_rule_and_option_and_never_shown(call: Call, words: tuple[str, ...]) -> None:
    secret = "Bearer abcdefgh12345"  # noqa: S105 - none
    said = call(*words, "--by", "lead", "--reason", f"token was {secret}", "--ref", "http://vault/x")
    assert (said.code, said.out) == (7, "")
    assert said.err.splitlines() == [
        "error: --reason: found a token or a credential (not shown), wanted none in a record; rule token",
        "error: --ref: found an address whose host has no domain (not shown), wanted none in a record; rule bare_host",
    ]


def test_one_of_several_environments_must_be_named(call: Call, world: Path) -> None:
    said = call("retry", "plan", "--settings", world / "reporter.toml")
    assert (said.code, said.out) == (2, "")
    assert "choose one with --environment (build-fleet, payments-pilot, production-pilot)" in said.err


@pytest.mark.parametrize(
    ("as_of", "side"),
    [("2026-06-11T15:45:01Z", "later"), ("2026-06-11T15:34:59Z", "earlier")],
    ids=["ahead", "dated back"],
)
@pytest.mark.parametrize(
    "words",
    [
        ("ack", "drill-notification", "monthly", "--provider", "slack", *SIGNED),
        ("retry", "plan"),
        ("retry", "approve", "acknowledgement-audit", "x", "--provider", "slack", *SIGNED),
        ("recovery", "open", "jira", *SIGNED),
        ("recovery", "close", "jira", "--state", "deferred", *SIGNED),
    ],
    ids=["ack", "plan", "approve", "open", "close"],
)
def test_what_is_recorded_is_dated_when_it_is_given(
    fleet: Pilot, words: tuple[str, ...], as_of: str, side: str
) -> None:
    said = fleet(*words, "--as-of", as_of, "--execute")
    assert (said.code, said.out) == (2, "")
    assert f"--as-of: found {as_of}, {side} than the clock, {AS_OF}: what is recorded is dated when it is" in said.err


@pytest.mark.parametrize("as_of", ["2026-06-11T15:45:00Z", "2026-06-11T15:35:00Z"], ids=["ahead", "back"])
def test_clocks_may_differ_by_five_minutes(fleet: Pilot, as_of: str) -> None:
    done = fleet("recovery", "open", "jira", *SIGNED, "--as-of", as_of, "--execute")
    assert (done.code, done.out.splitlines()[-1].endswith(f"dated {as_of}")) == (0, True)


def test_dry_call_may_be_about_any_time(fleet: Pilot) -> None:
    dry = fleet("recovery", "open", "jira", *SIGNED, "--as-of", "2030-01-01T00:00:00Z")
    assert (dry.code, dry.out.splitlines()[0]) == (0, "would record: recovery of jira")


def test_call_that_lost_a_race_shows_what_was_recorded(fleet: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fleet("recovery", "open", "jira", *SIGNED, "--execute")
    monkeypatch.setattr("reporter.jobs.answers.recoveries._recoveries", lambda *_: [])
    twin = fleet("recovery", "open", "jira", *SIGNED, "--execute", as_of=LATER)
    assert twin.out.splitlines()[0] == "recorded already, nothing was added: recovery of jira"
    assert twin.out.splitlines()[-1] == first.out.splitlines()[-1]
    assert first.out.splitlines()[-1].endswith(f"dated {AS_OF}")


def test_printed_placeholders_are_no_names(fleet: Pilot) -> None:
    said = fleet("recovery", "open", "PROVIDER", "--by", "NAME", "--reason", "TEXT", "--ref", "REF")
    assert said.code == 2
    assert [line.split(",")[0] for line in said.err.splitlines()] == [
        "error: --by: found the placeholder NAME",
        "error: --reason: found the placeholder TEXT",
        "error: --ref: found the placeholder REF",
    ]
    assert "; PROVIDER is a placeholder" in fleet("recovery", "open", "PROVIDER", *SIGNED).err
    assert "--by: is blank" in fleet("recovery", "open", "jira", "--by", "", *SIGNED[2:]).err


def test_what_is_recorded_is_dated_to_the_digit_and_what_is_only_judged_a_moment_later() -> None:
    with freeze_time("2026-06-11T15:40:00.25Z"):
        assert decided_at(None, execute=True) == datetime(2026, 6, 11, 15, 40, 0, 250_000, UTC), "before it is sent"
        assert decided_at(None, execute=False) == datetime(2026, 6, 11, 15, 40, 1, tzinfo=UTC)


PRIVATE = {
    "connectors.jira.token": "CANARYJIRATOKEN5",
    "connectors.slack.url": "CANARYPATHSECRET1",
    "heartbeat_url": "beat.monitor.example",
    "serve.tokens.lead": "0123456789abcdefghijklmnopqrstuvwxyz",
}
DECISIONS = {
    "ack": ("ack", "drill-notification", "monthly", "--provider", "slack"),
    "approve": ("retry", "approve", "acknowledgement-audit", "x", "--provider", "slack"),
    "open": ("recovery", "open", "jira"),
    "close": ("recovery", "close", "jira", "--state", "resolved", "--verification", "see CANARYPATHSECRET1"),
}


def configure_private(world: Path, connectors: str) -> None:
    """Configure the private values of these tests, with this text as the connector configuration."""
    files = {
        "connectors.json": connectors,
        "beat.secret": f"https://{PRIVATE['heartbeat_url']}/ping",
        "lead.secret": PRIVATE["serve.tokens.lead"],
    }
    for name, text in files.items():
        (world / name).write_text(text, encoding="utf-8")
        (world / name).chmod(0o600)
    settings = world / "reporter.toml"
    text = settings.read_text(encoding="utf-8")
    head = 'connector_config = "connectors.json"\nheartbeat_url = "file:beat.secret"\n'
    tail = '\n[serve.tokens.lead]\nsecret = "file:lead.secret"\nrole = "approve"\n'
    settings.write_text(f"{head}{text}{tail}", encoding="utf-8")


@pytest.mark.parametrize("execute", [(), ("--execute",)], ids=["dry", "executed"])
@pytest.mark.parametrize("decision", DECISIONS)
def test_what_is_configured_as_private_is_refused_in_every_text_and_never_recorded(
    fleet: Pilot, copy: Path, decision: str, execute: tuple[str, ...]
) -> None:
    slack = {"url": f"https://chat.example.org/{PRIVATE['connectors.slack.url']}"}
    jira = {"url": "https://tracker.example.org", "token": PRIVATE["connectors.jira.token"]}
    configure_private(copy, json.dumps({"slack": slack, "jira": jira}))
    beat, token = PRIVATE["heartbeat_url"], PRIVATE["serve.tokens.lead"]
    texts = ("--by", PRIVATE["connectors.jira.token"], "--reason", f"{beat} is down: {token}")
    said = fleet(*DECISIONS[decision], *texts, "--ref", "chat.example.org", *execute)
    assert (said.code, said.out) == (7, "")
    found = "found what is configured as {} (not shown), wanted none in a record; rule private_value"
    wanted = {
        f"error: --by: {found.format('connectors.jira.token')}",
        f"error: --reason: {found.format('heartbeat_url')}",
        f"error: --reason: {found.format('serve.tokens.lead')}",
        f"error: --ref: {found.format('connectors.slack.url')}",
    }
    if decision == "close":
        wanted.add(f"error: --verification: {found.format('connectors.slack.url')}")
    assert set(said.err.splitlines()) == wanted
    assert not (copy / "state" / "ledger.db").exists()


def test_nothing_is_decided_while_nobody_knows_what_is_private(fleet: Pilot, copy: Path) -> None:
    configure_private(copy, "{")
    said = fleet("recovery", "open", "jira", *SIGNED, "--execute")
    assert (said.code, said.out) == (2, "")
    assert "connector_config" in said.err
    assert not (copy / "state" / "ledger.db").exists()
