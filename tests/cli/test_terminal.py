"""What the process does with its streams: readers that leave, disks that are full, encodings that cannot, Ctrl-C."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from collect.tls_server import TlsServer, make_authorities, serving
from reporter.seal.keys import SigningKey, new_key_pair, read_signing_key
from seal.small_bundle import write_small
from worlds import AS_OF, REPORTER

ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("CAVRA_", "REPORTER_"))}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    path = tmp_path_factory.mktemp("keys") / "signing.key"
    new_key_pair(path)
    return read_signing_key(path)


@pytest.fixture
def changed_bundle(tmp_path: Path, key: SigningKey) -> list[str]:
    """Give the words that verify a bundle in which one file was changed."""
    bundle = Path(write_small(tmp_path / "bundles", key).path)
    (bundle / "index.html").write_text("better news")
    public = tmp_path / "key.pub"
    public.write_bytes(key.public_pem())
    return ["verify", str(bundle), "--key", str(public)]


def start(*words: str, cwd: Path, **variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [REPORTER, *words],
        cwd=cwd,
        env=ENVIRONMENT | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - one thread, one system call
    )


def _hear_ctrl_c() -> None:
    """Undo what a shell does to its background jobs: whoever starts the suite with `&` lets it ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def end_without_reader(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Close the reading end before anything is written; give exit code and stderr."""
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    with process.stderr:
        complaint = process.stderr.read()
    return process.wait(), complaint


def check(world: Path, environment: str, *more: str) -> list[str]:
    settings = str(world / "reporter.toml")
    return ["check", "production", "--settings", settings, "-e", environment, "--as-of", AS_OF, *more]


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_reader_that_left_is_no_fault_and_changes_no_verdict(world: Path, tmp_path: Path, more: list[str]) -> None:
    words = check(world, "build-fleet", *more)
    assert end_without_reader(start(*words, cwd=tmp_path)) == (0, b"")
    assert end_without_reader(start(*words, "--fail-on", "needs_attention", cwd=tmp_path)) == (4, b"")


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_reader_that_left_never_turns_a_failed_verification_into_a_passed_one(
    changed_bundle: list[str], tmp_path: Path, more: list[str]
) -> None:
    assert end_without_reader(start(*changed_bundle, *more, cwd=tmp_path)) == (5, b"")
    plain = end_without_reader(start("verify", *changed_bundle[2:], *more, changed_bundle[1], cwd=tmp_path))
    assert plain == (5, b"")


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["--version"], ["schema"], ["settings", "example"]])
def test_reader_that_left_a_listing_is_no_fault(tmp_path: Path, words: list[str]) -> None:
    assert end_without_reader(start(*words, cwd=tmp_path)) == (0, b"")


def test_full_disk_is_one_line_and_no_success(world: Path, changed_bundle: list[str], tmp_path: Path) -> None:
    for words in (["settings", "example"], ["schema", "production"], check(world, "build-fleet"), changed_bundle):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [REPORTER, *words], cwd=tmp_path, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert done.returncode == 2
        assert done.stderr == b"error: standard output: No space left on device; nothing of it can be relied on\n"


def test_stream_that_is_closed_is_no_fault(world: Path, tmp_path: Path) -> None:
    line = f"{REPORTER} {' '.join(check(world, 'build-fleet', '--fail-on', 'needs_attention'))} >&-"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (4, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_text_that_the_terminal_cannot_show_is_shown_by_its_codes(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "plan.json").write_text(json.dumps({"status": "fertig é ✓ " + "x" * 200}))
    process = start("check", "rollback", "--rollback-plan-path", "plan.json", cwd=tmp_path, PYTHONIOENCODING=encoding)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    shown = out.decode(encoding)
    assert ("é" if encoding != "ascii" else r"\xe9") in shown
    assert ("✓" if encoding == "utf-8" else r"\u2713") in shown


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[TlsServer]:
    authorities = make_authorities(tmp_path)
    with serving(authorities.trusted.issue_cert("localhost")) as server:
        (tmp_path / "reporter.toml").write_text(
            f'[https]\nca_file = "ca.pem"\ntimeout_seconds = 60\n'
            f'[environments.pilot]\nrollback_plan_path = "{server.url("/silence")}"\n'
        )
        yield server


def test_ctrl_c_is_quiet(silent: TlsServer, tmp_path: Path) -> None:
    process = start("check", "rollback", cwd=tmp_path)
    end = time.monotonic() + 30
    while not silent.seen and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")
