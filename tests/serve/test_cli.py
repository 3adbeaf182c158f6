"""`reporter serve` as a user starts it: a process of its own, its faults, and what other commands do not pay for."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from serve.serving import configure
from worlds import REPORTER, reporter


def test_server_listens_until_sigterm_and_leaves_no_trace(world: Path) -> None:
    with subprocess.Popen(
        [REPORTER, "serve", "--settings", str(world / "reporter.toml")], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        found = re.fullmatch(r"listening at (http://127\.0\.0\.1:\d+)\n", process.stderr.readline())
        assert found
        answer = httpx.get(f"{found[1]}/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        process.send_signal(signal.SIGTERM)
        assert (process.wait(30), process.stderr.read()) == (0, "")


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"host": "0.0.0.0"}, "serve.host: found an address that other machines reach, wanted one of loopback, or"),  # noqa: S104 - refused
        ({"host": "::"}, "serve.host: found an address that other machines reach"),
        ({"host": "example.org"}, "serve.host: found an address that other machines reach"),
    ],
    ids=["all", "all of IPv6", "name"],
)
def test_address_that_others_reach_is_asked_for(world: Path, keys: dict[str, object], fault: str) -> None:
    configure(world, **keys)
    done = reporter("serve", "--settings", world / "reporter.toml", cwd=world)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {fault}")


def test_every_fault_is_told_at_once_and_no_value(world: Path) -> None:
    short = "short-secret"
    (world / "viewer.token").write_text(short, encoding="ascii")
    (world / "operator.token").write_bytes((world / "lead.token").read_bytes())
    (world / "lead.token").write_text(" ".join("x" * 40), encoding="ascii")
    text = (world / "reporter.toml").read_text(encoding="utf-8")
    more = '[serve.tokens.twin]\nsecret = "file:operator.token"\n[serve.tokens.gone]\nsecret = "file:gone"\n'
    more += '[serve.tokens.same]\nsecret = "file:same"\n'
    (world / "same").write_text("x" * 40, encoding="ascii")
    (world / "reporter.toml").write_text(text + more, encoding="utf-8")
    done = reporter("serve", "--settings", world / "reporter.toml", cwd=world)
    assert done.returncode == 2
    faults = [line.removeprefix("error: serve.tokens.") for line in done.stderr.splitlines()]
    assert [one.partition(":")[0] for one in faults] == [
        "viewer.secret",
        "lead.secret",
        "twin.secret",
        "gone.secret",
        "same.secret",
    ]
    assert "found 12 characters, wanted 32 to 512" in faults[0]
    assert "without spaces" in faults[1]
    assert "found the token of operator, wanted one of its own" in faults[2]
    assert "fewer than 8 different characters" in faults[4]
    assert short not in done.stderr


def test_without_callers_or_environments_there_is_nothing_to_serve(tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    done = reporter("serve", cwd=tmp_path)
    assert done.stderr.startswith("error: serve.tokens: found none, wanted one at least")
    (tmp_path / "reporter.toml").write_text("", encoding="utf-8")
    assert reporter("serve", cwd=tmp_path).stderr.startswith("error: environments: found none")


def test_port_that_is_taken_is_a_fault(world: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        configure(world, port=port)
        done = reporter("serve", "--settings", world / "reporter.toml", cwd=world)
    assert done.returncode == 2
    assert f"serve.port: port {port} of serve.host cannot be listened at: " in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_named_with_what_to_install(world: Path) -> None:
    code = "import sys; sys.modules['uvicorn'] = None; from reporter.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve", "--settings", str(world / "reporter.toml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: reporter serve needs uvicorn: pip install 'reporter[serve]'\n"


def test_no_other_command_imports_the_server(world: Path) -> None:
    code = (
        "import sys; from reporter.cli import answer; answer(sys.argv[1:]);"
        " print(sorted({'fastapi', 'uvicorn', 'reporter.serve'} & {*sys.modules}))"
    )
    for words in (["--help"], ["check", "deployment"], ["retry", "plan", "-e", "payments-pilot"]):
        settings = ["--settings", str(world / "reporter.toml")] if len(words) > 1 else []
        environment = ["-e", "payments-pilot"] if "check" in words else []
        done = subprocess.run(
            [sys.executable, "-c", code, *words, *environment, *settings],
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ),
        )
        assert done.stdout.splitlines()[-1] == "[]", done.stderr
