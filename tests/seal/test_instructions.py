"""VERIFY.md, run as it stands: it accepts a good bundle and stops at a changed one."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reporter.seal.instructions import verify_text
from reporter.seal.keys import SigningKey
from seal.small_bundle import TEMPLATE, names_in, tree_of, write_small

ROOT = Path(__file__).parents[2]
REPORTER = """#!/bin/sh
test "$1" = verify && test "$3" = --key || exit 2
exec "{python}" -c 'import sys
from reporter.seal.keys import read_public_key
from reporter.seal.verify import verify_bundle
verification = verify_bundle(sys.argv[1], read_public_key(sys.argv[2]))
sys.exit(0 if verification.result == "passed" else 5)' "$2" "$4"
"""


def run_instructions(bundle: Path, public_key: Path, shell: str, *, steps: int = 5) -> subprocess.CompletedProcess[str]:
    """Run the page's own commands, with this tree's verifier as `reporter`."""
    tools = bundle.parents[1] / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "reporter").write_text(REPORTER.format(python=sys.executable))
    (tools / "reporter").chmod(0o755)
    page = verify_text(TEMPLATE.read_text(encoding="utf-8"), "0" * 64).decode()
    if (bundle / "VERIFY.md").is_file():
        page = (bundle / "VERIFY.md").read_text(encoding="utf-8", errors="replace")
    page = page.partition(f"\n## {steps + 1}. ")[0]
    script = "".join(re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "KEY": str(public_key),
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(tools),
    }
    return subprocess.run(
        [shell, "-c", script],
        cwd=bundle,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )


@pytest.fixture
def public_key(key_path: Path) -> Path:
    return Path(f"{key_path}.pub")


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_commands_accept_a_good_bundle_and_leave_nothing(
    bundle: Path, public_key: Path, key: SigningKey, shell: str
) -> None:
    before = tree_of(bundle)
    run = run_instructions(bundle, public_key, shell)
    assert run.returncode == 0, run.stderr
    assert "sealed and unchanged" in run.stdout
    assert f"key id {key.key_id}" in run.stdout
    assert tree_of(bundle) == before
    assert names_in(bundle.parents[1] / "tools") == ["reporter"]


def appended(name: str, more: bytes) -> Callable[[Path], object]:
    return lambda bundle: (bundle / name).write_bytes((bundle / name).read_bytes() + more)


def edited(name: str, old: bytes, new: bytes) -> Callable[[Path], object]:
    def edit(bundle: Path) -> None:
        content = (bundle / name).read_bytes()
        assert old in content
        (bundle / name).write_bytes(content.replace(old, new, 1))

    return edit


def linked(bundle: Path) -> None:
    (bundle / "index.html").rename(bundle.parent / "copy")
    (bundle / "index.html").symlink_to("../copy")


def relisted(bundle: Path) -> None:
    """Edit a file and make SHA256SUMS agree: only the signature can tell."""
    appended("index.html", b"<!-- approved -->")(bundle)
    files = sorted(path.split(b"  ")[1] for path in (bundle / "SHA256SUMS").read_bytes().splitlines())
    sums = subprocess.run(["sha256sum", *files], cwd=bundle, capture_output=True, check=True)
    (bundle / "SHA256SUMS").write_bytes(sums.stdout)


TAMPERED: dict[str, Callable[[Path], object]] = {
    "edit": appended("index.html", b" "),
    "edit and list": relisted,
    "missing": lambda bundle: (bundle / "empty.txt").unlink(),
    "extra": lambda bundle: (bundle / "x").write_bytes(b""),
    "extra hidden": lambda bundle: (bundle / "reports" / ".x").write_bytes(b""),
    "extra directory": lambda bundle: (bundle / "x").mkdir(),
    "extra name with a newline": lambda bundle: (bundle / "a\nindex.html").write_bytes(b""),
    "link": linked,
    "link inside": lambda bundle: (bundle / "x").symlink_to("index.html"),
    "sums": appended("SHA256SUMS", b"\n"),
    "sums line gone": edited("SHA256SUMS", b"\n", b""),
    "signature": edited("attestation.json", b'"sig":"', b'"sig":"A'),
    "no signature": edited("attestation.json", b'"signatures":[{', b'"signatures":[],"x":[{'),
    "space": edited("attestation.json", b'","payloadType"', b'", "payloadType"'),
    "second line": appended("attestation.json", b"{}\n"),
    "extra key": edited("attestation.json", b'"payloadType"', b'"x":"","payloadType"'),
    "payload": edited("attestation.json", b'{"payload":"ey', b'{"payload":"ez'),
    "no attestation": lambda bundle: (bundle / "attestation.json").unlink(),
    "no sums": lambda bundle: (bundle / "SHA256SUMS").unlink(),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_commands_without_reporter_stop_at_a_changed_bundle(
    bundle: Path, public_key: Path, change: Callable[[Path], object]
) -> None:
    change(bundle)
    run = run_instructions(bundle, public_key, "sh", steps=4)
    assert run.returncode != 0
    assert "sealed and unchanged" not in run.stdout


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_commands_stop_in_a_directory_that_has_the_name_of_another_bundle(
    bundle: Path, public_key: Path, shell: str
) -> None:
    stamp, digest = bundle.name.split("-")
    for name in (f"{stamp}-{'0' * 12}", f"20990101T000000Z-{digest}"):
        run = run_instructions(Path(shutil.copytree(bundle, bundle.parent / name)), public_key, shell, steps=4)
        assert run.returncode != 0
        assert "Signature Verified Successfully" in run.stdout
        assert "sealed and unchanged" not in run.stdout
    kept = Path(shutil.copytree(bundle, bundle.parent / "evidence"))
    assert run_instructions(kept, public_key, shell).returncode == 0


def test_commands_stop_at_another_bundles_seal(bundle: Path, public_key: Path, key: SigningKey) -> None:
    other = write_small(bundle.parents[1], key, verdict="open")
    shutil.copyfile(Path(other.path) / "attestation.json", bundle / "attestation.json")
    run = run_instructions(bundle, public_key, "sh", steps=4)
    assert run.returncode != 0
    assert "Signature Verified Successfully" in run.stdout
    assert "sealed and unchanged" not in run.stdout


def test_commands_stop_at_another_key(bundle: Path, tmp_path: Path, other_key: SigningKey) -> None:
    path = tmp_path / "other.pub"
    path.write_bytes(other_key.public_pem())
    run = run_instructions(bundle, path, "sh", steps=4)
    assert run.returncode != 0
    assert f"key id {other_key.key_id}" in run.stdout
    assert "Verified" not in run.stdout


def test_reporter_step_fails_on_its_own(bundle: Path, public_key: Path) -> None:
    (bundle / "VERIFY.md").write_text('```sh\nreporter verify . --key "$KEY"\n```\n')
    assert run_instructions(bundle, public_key, "sh").returncode == 5


def test_page_needs_a_template_with_a_place_and_an_id() -> None:
    assert verify_text("id {key_id}, ${WORK}", "0" * 64) == b"id %b, ${WORK}" % (b"0" * 64)
    for template, key_id in (("no place", "0" * 64), ("{key_id}", "0")):
        with pytest.raises(ValueError, match="wanted a template"):
            verify_text(template, key_id)
