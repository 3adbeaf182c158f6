"""`reporter init`: a directory to start in, whole or not at all, and never over anything that is there."""

import contextlib
import os
import re
import resource
import stat
from pathlib import Path

import pytest

from cli.conftest import Call
from reporter.seal.keys import read_signing_key
from reporter.settings import load_settings
from worlds import AS_OF


def tree(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir())


def test_plain_init_writes_settings_with_every_key_explained_and_a_key(call: Call, tmp_path: Path) -> None:
    said = call("init", "here")
    assert (said.code, said.err) == (0, "")
    assert tree(tmp_path / "here") == ["keys/signing.key", "keys/signing.key.pub", "reporter.toml"]
    key = read_signing_key("here/keys/signing.key")
    assert said.out == (
        f"wrote 1 file and a signing key (key id {key.key_id}) to here\n"
        "next: describe your pilots in here/reporter.toml, then reporter doctor --settings here/reporter.toml,"
        " then reporter run --settings here/reporter.toml\n"
    )
    settings, _ = load_settings("here/reporter.toml", {})
    assert list(settings.environments) == ["production-pilot"]
    assert call("settings", "check", "--settings", "here/reporter.toml").code == 0


def test_sample_can_be_checked_at_once(call: Call, tmp_path: Path) -> None:
    said = call("init", "demo", "--sample", "--as-of", AS_OF)
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(
        r"wrote (\d+) files and a signing key \(key id [0-9a-f]{64}\) to demo\n"
        r"next: reporter run --settings demo/reporter.toml\n",
        said.out,
    )
    assert len(tree(tmp_path / "demo")) == int(said.out.split()[1]) + 2
    assert stat.S_IMODE(Path("demo/bin/cavra-runtime_linux_amd64").stat().st_mode) == 0o755
    assert stat.S_IMODE(Path("demo/reporter.toml").stat().st_mode) == 0o644
    assert stat.S_IMODE(Path("demo/keys/signing.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(Path("demo/keys").stat().st_mode) == 0o700
    check = call("check", "production", "--settings", "demo/reporter.toml", "-e", "production-pilot", "--as-of", AS_OF)
    assert check.code == 0


def test_sample_is_the_same_for_the_same_instant(call: Call, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert call("init", name, "--sample", "--as-of", AS_OF).code == 0
    files = {
        name: {path: (tmp_path / name / path).read_bytes() for path in tree(tmp_path / name) if "keys" not in path}
        for name in ("one", "two")
    }
    assert files["one"] == files["two"]


def test_directory_that_is_there_is_filled(call: Call, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert call("init", ".").code == 0
    assert tree(tmp_path) == ["keys/signing.key", "keys/signing.key.pub", "notes.txt", "reporter.toml"]


def test_init_in_place_makes_what_is_missing_and_keeps_the_rest(call: Call, tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("[environments.mine]\n", encoding="utf-8")
    said = call("init")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("wrote a signing key (key id ")
    assert lines[1:] == ["kept reporter.toml, which was there", "next: reporter doctor, then reporter run"]
    before = {path: (tmp_path / path).read_bytes() for path in tree(tmp_path)}
    again = call("init")
    assert again.out.splitlines() == [
        "kept reporter.toml, which was there",
        "kept keys/signing.key, which was there",
        "next: reporter doctor, then reporter run",
    ]
    assert {path: (tmp_path / path).read_bytes() for path in tree(tmp_path)} == before
    (tmp_path / "reporter.toml").unlink()
    assert call("init").out.splitlines()[0] == "wrote 1 file to ."


@pytest.mark.parametrize(
    "taken",
    [
        "reporter.toml",
        "keys/signing.key",
        "keys/signing.key.pub",
        "bin/cavra-runtime_linux_amd64",
        "manifests/build-fleet/go-backend-rollback-plan.json",
    ],
)
@pytest.mark.parametrize("kind", ["file", "directory", "dangling-link"])
def test_nothing_is_overwritten_and_nothing_else_is_written(call: Call, tmp_path: Path, taken: str, kind: str) -> None:
    path = tmp_path / "demo" / taken
    path.parent.mkdir(parents=True)
    if kind == "file":
        path.write_text("mine")
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.rglob("*"))
    said = call("init", "demo", "--sample")
    assert said == (2, "", f"error: demo/{taken}: already there, and never overwritten; choose another directory\n")
    assert sorted(tmp_path.rglob("*")) == before


def test_world_that_is_there_is_told_in_one_line(call: Call) -> None:
    assert call("init", "demo").code == 0
    assert call("init", "demo", "--sample").err == (
        "error: demo/reporter.toml and 2 more of what is to be written: already there, and never overwritten;"
        " choose another directory\n"
    )


def test_full_disk_leaves_nothing_behind(call: Call, tmp_path: Path) -> None:
    """The first manifest that does not fit comes after files and directories that do."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (900, hard))
    try:
        said = call("init", "deep/er/demo", "--sample")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: deep/er/demo")
    assert said.err.endswith(": cannot be written: File too large; choose another directory\n")
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written_is_one_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    said = call("init", "file/demo")
    assert said == (2, "", "error: file/demo: cannot be written: Not a directory; choose another directory\n")
    assert call("init", "file").err.startswith("error: Invalid value for '[DIRECTORY]': Directory 'file' is a file")


def test_key_that_cannot_be_written_takes_everything_back(call: Call, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/keys").write_text("mine")
    said = call("init", "demo", "--sample")
    assert said == (2, "", "error: demo/keys: cannot be made: File exists; choose another directory\n")
    assert tree(tmp_path) == ["demo/keys"]
    (tmp_path / "demo/keys").unlink()
    directory = tmp_path / "demo/keys"
    directory.symlink_to("/proc/self/fd")  # a directory in which nothing can be made
    said = call("init", "demo")
    directory.unlink()
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ")
    assert tree(tmp_path) == []


@pytest.mark.skipif(os.getuid() != 0, reason="needs somebody else's directory")
def test_directory_of_somebody_else_is_one_line(call: Call, tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        os.seteuid(65534)
        try:
            said = call("init", "demo")
        finally:
            os.seteuid(0)
    assert (said.code, said.out) == (2, "")
    assert said.err == "error: demo: cannot be written: Permission denied; choose another directory\n"


@pytest.mark.parametrize("as_of", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_instant_at_the_end_of_the_calendar_is_refused_and_nothing_written(
    call: Call, tmp_path: Path, as_of: str
) -> None:
    said = call("init", "demo", "--sample", "--as-of", as_of)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: --as-of: found ")
    assert list(tmp_path.iterdir()) == []
