"""`reporter check`: every report, from settings, from flags and from upstream's own command lines."""

import json
import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.conftest import Call
from loops import records as make
from loops.cases import HOUR, NOW, N
from reporter.model.manifests import MANIFESTS
from reporter.model.registry import BY_NAME, REPORTS
from reporter.model.schemas import find_schema
from worlds import AS_OF, edit, make_world, reporter_here

HERE = ("--as-of", AS_OF)

# The commands of the pages that users were given (seeds). `go-pilot-evaluate` evaluates an action: not a report.
UPSTREAM = [
    """
    cavra runtime go-deployment-readiness
      --mode shadow
      --package-dir /opt/cavra/go-runtime-release
      --json
    """,
    """
    cavra runtime go-rollback-drill-schedule
      --mode promoted
      --rollback-drill-history-path /etc/cavra/go-backend-rollback-drills.json
      --rollback-drill-schedule-path /etc/cavra/go-backend-rollback-drill-schedule.json
      --rollback-drill-due-soon-days 14
      --json
    """,
    """
    cavra runtime go-rollback-readiness
      --mode promoted
      --rollback-plan-path /etc/cavra/go-backend-rollback-plan.json
      --json
    """,
]


def upstream(text: str, directory: Path | None = None) -> list[str]:
    """Read `cavra runtime go-X` as `reporter check X`, with the paths of a sample environment if asked."""
    words = shlex.split(text)
    assert words[:2] == ["cavra", "runtime"]
    if directory is not None:
        words = [
            word.replace("/etc/cavra", str(directory)).replace("/opt/cavra/go-runtime-release", str(directory))
            for word in words
        ]
    return ["check", words[2].removeprefix("go-"), *words[3:]]


@pytest.mark.parametrize("text", UPSTREAM, ids=lambda text: shlex.split(text)[2])
def test_command_of_upstream_works_as_it_was_written(call: Call, text: str) -> None:
    """Nothing is installed under these paths here: that is a finding, and the call is done."""
    said = call(*upstream(text), *HERE)
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["status"] == "needs_attention"


@pytest.mark.parametrize(
    ("text", "name", "status"),
    list(zip(UPSTREAM, ["deployment", "schedule", "rollback"], ["ready", "due_soon", "ready"], strict=True)),
)
def test_command_of_upstream_judges_what_is_there(call: Call, world: Path, text: str, name: str, status: str) -> None:
    said = call(*upstream(text, world / "manifests" / "production-pilot"), *HERE)
    report = json.loads(said.out)
    assert (report["report"], report["status"], report["environment"]) == (name, status, "default")


@pytest.mark.parametrize("kind", [kind for kind in REPORTS if kind.upstream], ids=lambda kind: kind.name)
def test_word_of_upstream_means_our_report(call: Call, world: Path, kind: Any) -> None:  # noqa: ANN401 - a row
    settings = ("--settings", world / "reporter.toml", "-e", "production-pilot", "--json", *HERE)
    ours = call("check", kind.name, *settings)
    assert call("check", kind.upstream, *settings) == call("check", f"go-{kind.upstream}", *settings) == ours
    assert json.loads(ours.out)["schema_version"] == kind.schema_id


def flags_for(directory: Path) -> list[str | Path]:
    """Give every manifest of an environment by its own flag."""
    paths = {f"--{kind.path_key.replace('_', '-')}": directory / kind.file_name for kind in MANIFESTS}
    return [word for flag, path in paths.items() if path.is_file() for word in (flag, path)]


def without_ids(report: Any) -> str:  # noqa: ANN401 - JSON is untyped
    """Write a report without what is made from the environment's name: ids, commands, the title of the runbook."""
    text = re.sub(r"\b(gord[a-z]+)-[0-9a-f]{16}", r"\1", json.dumps(report))
    text = text.replace(" --environment production-pilot", "")
    return re.sub(r"(# [A-Za-z ]+: )(default|production-pilot)", r"\1", text)


@pytest.mark.parametrize("name", BY_NAME)
def test_report_is_the_same_from_flags_alone_and_from_settings(call: Call, world: Path, name: str) -> None:
    runtime = [
        "--runtime-path",
        world / "bin/cavra-runtime_linux_amd64",
        "--policy-path",
        world / "compiled-policy.json",
    ]
    by_flags = call(
        "check",
        name,
        *("--mode", "promoted"),
        *runtime,
        *flags_for(world / "manifests/production-pilot"),
        *("--records", world / "evidence/production-pilot.jsonl"),
        "--json",
        *HERE,
    )
    by_settings = call("check", name, "--settings", world / "reporter.toml", "-e", "production-pilot", "--json", *HERE)
    assert (by_flags.code, by_flags.err) == (by_settings.code, by_settings.err) == (0, "")
    one, other = json.loads(by_flags.out), json.loads(by_settings.out)
    jsonschema.Draft202012Validator(find_schema(name)).validate(one)
    assert one["environment"] == "default"
    assert without_ids(one).replace('"default"', '"production-pilot"') == without_ids(other)


@pytest.mark.parametrize("name", BY_NAME)
def test_report_as_text_says_status_and_every_failed_check_with_its_remedy(call: Call, world: Path, name: str) -> None:
    settings = ("--settings", world / "reporter.toml", "-e", "build-fleet", *HERE)
    text = call("check", name, *settings).out
    report = json.loads(call("check", name, *settings, "--json").out)
    assert text.splitlines()[0].startswith(f"{report['title']}: {report['status'].replace('_', ' ').upper()}  (")
    marks = [line[:4] for line in text.splitlines() if line[:4] in ("FAIL", "pass", "n/a ")]
    assert marks == sorted(marks, key=["FAIL", "pass", "n/a "].index)
    for check in report["checks"]:
        assert f"[{check['id']}]" in text
        if check["status"] == "fail":
            assert f"-> {check['remedy']}" in text
            for reason in check["reasons"]:
                assert reason["text"] in text


def test_flags_go_over_the_settings_of_the_named_environment(call: Call, world: Path) -> None:
    said = call(
        *("check", "schedule", "--settings", world / "reporter.toml", "-e", "production-pilot"),
        *("--rollback-drill-due-soon-days", "1", *HERE, "--json"),
    )
    assert json.loads(said.out)["status"] == "ready"


def test_variables_of_upstream_alone_are_enough(world: Path, tmp_path: Path) -> None:
    manifests = world / "manifests" / "production-pilot"
    variables = {kind.env: str(manifests / kind.file_name) for kind in MANIFESTS if kind.env}
    done = reporter_here(
        "check", "schedule", "--json", *HERE, cwd=tmp_path, env={**variables, "CAVRA_GO_BACKEND_MODE": "promoted"}
    )
    assert json.loads(done.stdout)["status"] == "due_soon"


def test_several_environments_without_a_choice_are_listed(call: Call, world: Path) -> None:
    said = call("check", "production", "--settings", world / "reporter.toml")
    assert said == (
        2,
        "",
        (
            "error: several environments in the settings: choose one with --environment "
            "(build-fleet, payments-pilot, production-pilot)\n"
        ),
    )


def test_unknown_environment_is_refused_with_the_known_ones(call: Call, world: Path) -> None:
    said = call("check", "production", "--settings", world / "reporter.toml", "-e", "prod")
    assert said == (
        2,
        "",
        "error: environment 'prod' is not in the settings; known: build-fleet, payments-pilot, production-pilot\n",
    )


MISTAKES = [
    (["foo"], "'foo' is no command; known: {commands}; see reporter --help"),
    (
        ["go-rollback-readiness"],
        (
            "'go-rollback-readiness' is no command; a report is asked for with: reporter check rollback; "
            "see reporter --help"
        ),
    ),
    (["check"], "Missing argument 'REPORT'; see reporter check --help"),
    (
        ["check", "foo"],
        "Invalid value for 'REPORT': found 'foo', wanted one of {reports}; see reporter check --help",
    ),
    (
        ["check", "schedule", "--as-of", "yesterday"],
        (
            "Invalid value for '--as-of': found 'yesterday', wanted an ISO 8601 time such as 2026-06-11T15:40:00Z; "
            "see reporter check --help"
        ),
    ),
    (
        ["check", "schedule", "--mode", "promote"],
        (
            "Invalid value for '--mode': 'promote' is not one of 'disabled', 'shadow', 'enforce', 'promoted'; "
            "see reporter check --help"
        ),
    ),
    (
        ["check", "schedule", "--rollback-drill-max-age-days", "soon"],
        "Invalid value for '--rollback-drill-max-age-days': 'soon' is not a valid float; see reporter check --help",
    ),
    (
        ["check", "schedule", "--rollback-drill-max-age-days", "-1"],
        "--rollback-drill-max-age-days: found -1.0, wanted a number above 0",
    ),
    (
        ["check", "rollback", "--rollback-plan-path", "http://u:p@h/plan.json"],
        "--rollback-plan-path: found another kind of address (not shown), wanted a path or an https:// address",
    ),
    (
        ["check", "schedule", "--settings", "none.toml"],
        "none.toml: no such settings file; `reporter init DIR` writes one",
    ),
    (["verify"], "wanted one BUNDLE with one --key, or --chain DIR"),
    (["keys", "old"], "No such command 'old'; see reporter keys --help"),
    (["settings", "check", "--nope"], "No such option '--nope'; see reporter settings check --help"),
]


@pytest.mark.parametrize(("arguments", "error"), MISTAKES, ids=[" ".join(words) for words, _ in MISTAKES])
def test_mistake_in_the_call_is_one_line_and_exit_code_two(call: Call, arguments: list[str], error: str) -> None:
    from reporter.cli.root import COMMANDS  # noqa: PLC0415 - as the command itself does

    said = call(*arguments)
    expected = error.replace("{commands}", ", ".join(COMMANDS)).replace("{reports}", ", ".join(BY_NAME))
    assert said == (2, "", f"error: {expected}\n")


@pytest.mark.parametrize(
    ("environment", "asked", "code"),
    [
        ("production-pilot", [], 0),
        ("production-pilot", ["--fail-on", "due_soon"], 3),
        ("production-pilot", ["--fail-on", "needs_attention"], 0),
        ("payments-pilot", [], 0),
        ("payments-pilot", ["--fail-on", "due_soon"], 4),
        ("payments-pilot", ["--fail-on", "needs_attention"], 4),
    ],
)
def test_verdict_becomes_an_exit_code_only_when_asked(
    call: Call, world: Path, environment: str, asked: list[str], code: int
) -> None:
    settings = ("--settings", world / "reporter.toml", "-e", environment, *HERE)
    assert call("check", "schedule", *settings, *asked)[::2] == (code, "")
    assert call("check", "schedule", *settings, *asked, "--json")[::2] == (code, "")


HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\nFAIL\u202ekcab\u2066\u200b\u0085\x9b31m\U000e0041\u2028\ud83d\ude00x"


def hostile(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Put the hostile text at the end of every text."""
    match value:
        case str():
            return value + HOSTILE.encode("utf-16", "surrogatepass").decode("utf-16")
        case list():
            return [hostile(one) for one in value]
        case dict():
            return {key: hostile(one) for key, one in value.items()} | {
                hostile(key): one for key, one in value.items() if isinstance(one, dict)
            }
        case _:
            return value


def steering(text: str) -> Iterator[str]:
    """Give every character that moves the cursor, reorders or hides text."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character != "\n":
            yield f"U+{ord(character):04X}"


@pytest.fixture(scope="module")
def hostile_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = make_world(tmp_path_factory.mktemp("hostile") / "world")
    for path in (world / "manifests").rglob("*.json"):
        before = json.loads(path.read_text())
        path.write_text(json.dumps(hostile(before)))
    return world


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
def test_hostile_text_never_reaches_the_terminal_raw(
    call: Call, hostile_world: Path, name: str, as_json: list[str]
) -> None:
    for environment in ("production-pilot", "payments-pilot", "build-fleet"):
        settings = ("--settings", hostile_world / "reporter.toml", "-e", environment, *HERE)
        said = call("check", name, *settings, *as_json)
        assert (said.code, said.err) == (0, "")
        assert list(steering(said.out)) == []
        assert "\nFAILkcab" not in said.out


@pytest.mark.parametrize("code_point", [0x34F, 0xAD, 0x61C, 0x180E, 0x200B, 0x202E, 0x2066, 0xFEFF, 0x1D173, 0xE0001])
def test_no_format_character_of_unicode_reaches_the_terminal(call: Call, world: Path, code_point: int) -> None:
    del world
    Path("plan.json").write_text(json.dumps({"status": f"ready{chr(code_point)}"}))
    said = call("check", "rollback", "--rollback-plan-path", "plan.json", *HERE)
    assert chr(code_point) not in said.out
    assert f"\\u{code_point:04x}" in said.out


def test_file_name_that_is_hostile_or_no_text_is_shown_by_its_codes(call: Call) -> None:
    Path("pl\x1b[31man\u202e.json").write_text("{}")
    for name in ("pl\x1b[31man\u202e.json", "caf\udce9.json"):
        for as_json in ([], ["--json"]):
            said = call("check", "rollback", "--rollback-plan-path", name, *HERE, *as_json)
            assert said.code == 0
            assert list(steering(said.out + said.err)) == []


def test_hostile_word_on_the_command_line_is_shown_by_its_codes(call: Call) -> None:
    for arguments in (["\x1b[31mx"], ["check", "\x1b[31mx\u202e"], ["check", "--\x1b[31m"], ["keys", "\u202e"]):
        said = call(*arguments)
        assert said.code == 2
        assert len(said.err.splitlines()) == 1
        assert list(steering(said.err)) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff", b"{", b'{"drills": [1, null]}', b'{"drills": NaN, "drills": 1}', b'{"a":' * 100_000],
    ids=["empty", "list", "bytes", "cut", "types", "twice", "deep"],
)
@pytest.mark.parametrize("name", BY_NAME)
def test_document_that_cannot_be_used_is_a_finding_of_the_report(call: Call, name: str, content: bytes) -> None:
    flags: list[str] = []
    if BY_NAME[name].from_records:
        Path("evidence.jsonl").write_bytes(content or b"null")
        flags += ["--records", "evidence.jsonl"]
    for kind in MANIFESTS:
        Path(kind.file_name).write_bytes(content)
        flags += [f"--{kind.path_key.replace('_', '-')}", kind.file_name]
    said = call("check", name, "--mode", "promoted", *flags, *HERE, "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["status"] == "needs_attention"


def test_ctrl_c_between_two_documents_has_no_traceback(
    call: Call, monkeypatch: pytest.MonkeyPatch, world: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reporter.jobs.readiness.collect_case", interrupted)
    said = call("check", "schedule", "--settings", world / "reporter.toml", "-e", "production-pilot")
    assert (said.code, said.out, said.err.strip()) == (130, "", "")


def test_bug_shows_its_places_without_its_text_and_is_no_verdict(
    call: Call, monkeypatch: pytest.MonkeyPatch, world: Path
) -> None:
    def broken(*_: object) -> None:
        raise BrokenPipeError if fault == "pipe" else RuntimeError(f"s3cret \x1b[31m {fault}") from ValueError("s3cret")

    monkeypatch.setattr("reporter.jobs.readiness.collect_case", broken)
    for fault in ("readers", "pipe"):
        said = call("check", "schedule", "--settings", world / "reporter.toml", "-e", "production-pilot", "--json")
        assert (said.code, said.out) == (1, "")
        assert list(steering(said.err)) == []
        assert "s3cret" not in said.err
        assert fault == "pipe" or "in broken\nRuntimeError\n" in said.err
        assert fault == "pipe" or said.err.endswith(
            "This is a bug in reporter. Please report it with the lines above.\n"
        )


def test_edit_of_one_value_is_named_with_found_and_wanted(call: Call, tmp_path: Path) -> None:
    world = make_world(tmp_path / "world")
    plan = world / "manifests/production-pilot/go-backend-rollback-plan.json"
    edit(plan, lambda value: value.update(target_mode="shadow"))
    said = call("check", "rollback", "--settings", world / "reporter.toml", "-e", "production-pilot", *HERE)
    assert 'go-backend-rollback-plan.json /target_mode: found "shadow", wanted "disabled"' in said.out


@pytest.mark.parametrize("words", [["check", "rollback"], ["settings", "check"], ["verify", "none"]])
def test_variables_that_are_ignored_are_said_beside_the_result(
    call: Call, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    assert call("init", ".").code == 0
    monkeypatch.setenv("CAVRA_GO_BACKEND_MODE", "shadow")
    said = call(*words)
    assert said.out
    assert said.err == ("ignored: CAVRA_GO_BACKEND_MODE; the settings file defines no environment named default\n")


def write_pilot(name: str = "pilot") -> str:
    return f'[environments.{name}]\nmode = "promoted"\n'


def test_records_alone_go_over_the_one_environment_of_the_settings(call: Call, tmp_path: Path) -> None:
    (tmp_path / "evidence.jsonl").touch()
    (tmp_path / "reporter.toml").write_text(write_pilot(), encoding="utf-8")
    report = json.loads(call("check", "closure", "--records", "evidence.jsonl", "--json", *HERE).out)
    assert (report["environment"], report["mode"]) == ("pilot", "promoted")
    alone = json.loads(call("check", "closure", "--records", "evidence.jsonl", "--mode", "shadow", "--json").out)
    assert (alone["environment"], alone["mode"]) == ("default", "shadow")


def test_records_alone_choose_none_of_several_environments(call: Call, tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text(write_pilot() + write_pilot("other"), encoding="utf-8")
    said = call("check", "closure", "--records", "evidence.jsonl")
    assert (said.code, said.out) == (2, "")
    assert "choose one with --environment (other, pilot)" in said.err
    (tmp_path / "reporter.toml").write_text("", encoding="utf-8")
    assert "nothing to assess" in call("check", "closure", "--records", "evidence.jsonl").err


@pytest.mark.parametrize(("variable", "mode"), [("promoted", "promoted"), ("", "disabled")], ids=["set", "unset"])
def test_records_without_settings_go_over_the_variables(
    call: Call, monkeypatch: pytest.MonkeyPatch, variable: str, mode: str
) -> None:
    monkeypatch.setenv("CAVRA_GO_BACKEND_MODE", variable)
    report = json.loads(call("check", "closure", "--records", "evidence.jsonl", "--json", *HERE).out)
    assert (report["environment"], report["mode"]) == ("default", mode)


def test_schedule_that_the_history_does_not_know_is_refused_with_those_it_knows(call: Call, world: Path) -> None:
    common = ("check", "routing-trend", "--settings", world / "reporter.toml", "-e", "production-pilot", *HERE)
    known = next(iter(json.loads(call(*common, "--json").out)["schedule_counts"]))
    said = call(*common, "--schedule", "zzz")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith('error: --schedule: found "zzz", wanted one of the routing history: ')
    assert known in said.err
    assert call(*common, "--schedule", known).code == 0


def test_very_many_schedules_are_counted_not_listed(call: Call, tmp_path: Path) -> None:
    routes = make.notification_routes(["slack"])
    plans = [make.routed_plan(N, NOW - HOUR, f"s-{number:02}", routes, rid=f"g-{number}") for number in range(22)]
    (tmp_path / "evidence.jsonl").write_bytes(b"".join(make.raw(one) + b"\n" for one in plans))
    said = call("check", "routing-trend", "--mode", "promoted", "--records", "evidence.jsonl", "--schedule", "z", *HERE)
    assert said.err.endswith(" s-19 and 2 more\n")
    none = call("check", "routing-trend", "--mode", "promoted", "--schedule", "z", *HERE)
    assert none.err == 'error: --schedule: found "z", wanted one of the routing history: none\n'


def test_faults_of_the_settings_and_of_the_rules_are_told_at_once_with_the_file(call: Call, tmp_path: Path) -> None:
    text = "bundles_dir = 3\n[environments.pilot.loops]\nbroken = {}\ndrill-notification = { backoff = 0 }\n"
    (tmp_path / "reporter.toml").write_text(f"{text}[environments.other]\nloops = 5\n", encoding="utf-8")
    said = call("settings", "check")
    assert (said.code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert all(line.startswith("error: reporter.toml: ") for line in lines)
    assert [line.split(":")[2].strip() for line in lines] == [
        "bundles_dir",
        "environments.other.loops",
        "environments.pilot.loops.broken",
        "environments.pilot.loops.drill-notification.backoff",
    ]
    (tmp_path / "reporter.toml").write_text(text.partition("\n")[2], encoding="utf-8")
    assert call("settings", "check").err.splitlines() == lines[2:]
    assert call("check", "closure", "-e", "pilot").err.splitlines() == lines[2:]
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\nloops.broken = 5\n", encoding="utf-8")
    assert "environments.pilot.loops.broken: " in call("settings", "check").err
