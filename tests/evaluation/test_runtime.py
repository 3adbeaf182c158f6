"""The Go runtime as a subprocess: whatever it does instead of answering is a fault with its word (domain.md B8.2)."""

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from evaluation.runtimes import make_runtime
from reporter.evaluation.decision import ActionRequest, Decision
from reporter.evaluation.runtime import Runtime, RuntimeFault, ask_runtime, read_decision, run_bounded

REQUEST = ActionRequest(action_type="execute_command", target="terraform plan")
ANSWER = {
    "decision": "require_approval",
    "rule_id": "commands.default.require_approval",
    "severity": "medium",
    "action_type": "execute_command",
    "target": "terraform plan",
    "timestamp": "2026-06-11T15:40:00.123456789Z",
}
SHORT, LONG = timedelta(milliseconds=400), timedelta(seconds=20)
SAY = f"import sys; sys.stdin.read(); print({json.dumps(json.dumps(ANSWER))})"


def asked(tmp_path: Path, body: str, timeout: timedelta = LONG) -> Decision | RuntimeFault:
    path = make_runtime(tmp_path / "runtime", sys.executable, body)
    return ask_runtime(Runtime(path, tmp_path / "policy.json", None, timeout), REQUEST)


def test_answer_is_read_and_further_fields_are_not(tmp_path: Path) -> None:
    found = asked(tmp_path, SAY)
    assert isinstance(found, Decision)
    assert (found.decision, found.rule_id, found.severity) == ("require_approval", ANSWER["rule_id"], "medium")


def test_runtime_is_given_the_request_the_policy_and_the_registry_and_a_clean_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAVRA_SECRET", "hush")
    seen = tmp_path / "seen.json"
    body = (
        "import json, os, sys; "
        f"json.dump([json.load(sys.stdin), sys.argv[1:], dict(os.environ), os.getcwd()], open({str(seen)!r}, 'w'))"
    )
    path = make_runtime(tmp_path / "runtime", sys.executable, body)
    ask_runtime(Runtime(path, tmp_path / "p.json", tmp_path / "r.json", LONG), REQUEST)
    request, arguments, environment, directory = json.loads(seen.read_text())
    assert request == REQUEST.model_dump()
    assert arguments == ["--policy", str(tmp_path / "p.json"), "--registry", str(tmp_path / "r.json")]
    assert "CAVRA_SECRET" not in environment
    assert directory == "/"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import sys; sys.exit(3)", "runtime_failed"),
        ("import os; os.abort()", "runtime_failed"),
        ("pass", "runtime_answer_unreadable"),
        ('print(\'{"decision": "allow", \')', "runtime_answer_unreadable"),
        ('print("[" * 200000)', "runtime_answer_unreadable"),
        ("print('{\"severity\": NaN}')", "runtime_answer_unreadable"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe')", "runtime_answer_unreadable"),
        ("print('[]')", "runtime_answer_no_object"),
        ("print('7')", "runtime_answer_no_object"),
        ('print(\'{"decision": "allow"}\')', "runtime_answer_incomplete"),
    ],
)
def test_wrong_answer_is_a_fault(tmp_path: Path, body: str, code: str) -> None:
    found = asked(tmp_path, body)
    assert isinstance(found, RuntimeFault)
    assert found.code == code


@pytest.mark.parametrize("field", ["action_type", "target"])
def test_decision_about_another_action_is_none(field: str) -> None:
    found = read_decision(json.dumps(ANSWER | {field: "other"}).encode(), REQUEST)
    assert found == RuntimeFault("runtime_answer_of_another_action", "a decision about another action")


@pytest.mark.parametrize("wrong", [{"decision": "maybe"}, {"severity": 3}, {"rule_id": None}, {"reason": []}])
def test_field_of_a_wrong_kind_is_named_and_not_shown(wrong: dict[str, object]) -> None:
    found = read_decision(json.dumps(ANSWER | wrong).encode(), REQUEST)
    assert found == RuntimeFault("runtime_answer_incomplete", f"a decision without a sound {next(iter(wrong))}")


def test_flood_is_cut_off(tmp_path: Path) -> None:
    found = asked(tmp_path, "import sys\nwhile True: sys.stdout.write('x' * 65536)")
    assert isinstance(found, RuntimeFault)
    assert found.code == "runtime_flooded"


@pytest.mark.parametrize(
    "body", ["import time; time.sleep(60)", f"import time\n{SAY}\nsys.stdout.close(); time.sleep(60)"]
)
def test_runtime_that_hangs_is_ended(tmp_path: Path, body: str) -> None:
    found = asked(tmp_path, body, SHORT)
    assert isinstance(found, RuntimeFault)
    assert found.code == "runtime_timeout"


def test_runtime_that_does_not_read_its_request_is_still_heard() -> None:
    said = run_bounded([sys.executable, "-S", "-c", "print('{}')"], b"x" * 1_000_000, LONG, 100)
    assert said == b"{}\n"


def test_large_request_is_written_while_the_answer_is_read() -> None:
    echo = "import sys\nfor line in sys.stdin: sys.stdout.write(line)"
    given = b"line of a request\n" * 20_000
    assert run_bounded([sys.executable, "-S", "-c", echo], given, LONG, 1_000_000) == given


def test_what_the_runtime_starts_ends_with_it_and_is_not_waited_for(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    body = f"""
import os, time
child = os.fork()
if child == 0:
    open({str(pid)!r}, "w").write(str(os.getpid()))
    time.sleep(60)
while not os.path.exists({str(pid)!r}) or not open({str(pid)!r}).read():
    time.sleep(0.01)
{SAY}
"""
    begun = time.monotonic()
    assert isinstance(asked(tmp_path, body), Decision)
    assert time.monotonic() - begun < 30
    number = int(pid.read_text())
    for _ in range(500):
        if not is_running(number):
            break
        time.sleep(0.01)
    assert not is_running(number)


def is_running(pid: int) -> bool:
    """Say whether a process is there and not merely waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("kind", ["missing", "directory", "no_right", "no_program"])
def test_runtime_that_cannot_be_started_is_a_fault(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "runtime"
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_text("\x7fELF nothing")
        path.chmod(0o755 if kind == "no_program" else 0o644)
    found = ask_runtime(Runtime(path, tmp_path / "p", None, LONG), REQUEST)
    assert isinstance(found, RuntimeFault)
    assert found.code == "runtime_not_started"
    assert os.fspath(tmp_path) not in found.found


def test_runtime_that_ends_what_it_says_and_goes_on_is_out_of_time(tmp_path: Path) -> None:
    body = f"{SAY}; sys.stdout.flush(); import os, time; os.close(1); time.sleep(60)"
    assert asked(tmp_path, body, SHORT * 10) == RuntimeFault("runtime_timeout", "an answer, and no end in time")


@pytest.mark.parametrize("listens", [True, False])
def test_request_that_is_larger_than_a_pipe_is_written_as_far_as_it_is_read(tmp_path: Path, listens: bool) -> None:  # noqa: FBT001 - a case
    slow = "import sys, time; time.sleep(0.2); print(len(sys.stdin.read()))"
    deaf = "import os, time; os.close(0); time.sleep(0.2); print(0)"
    path = make_runtime(tmp_path / "runtime", sys.executable, slow if listens else deaf)
    given = b"x" * 300_000
    assert run_bounded([str(path)], given, LONG, 100) == (b"300000\n" if listens else b"0\n")
