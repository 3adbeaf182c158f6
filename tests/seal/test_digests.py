"""SHA256SUMS is what `sha256sum` writes and reads, and only safe names get into a bundle."""

import subprocess
from pathlib import Path

import pytest

from reporter.seal.digests import (
    hash_file,
    is_safe_name,
    parse_sums,
    refuse_clashes,
    sha256_hex,
    sums_file,
)
from reporter.seal.faults import SealFault

FILES = {"b.txt": b"b", "a/c.json": b"{}", "a.txt": b"", "A.txt": b"large\n" * 400_000}


def test_sums_are_those_of_sha256sum(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    listed = subprocess.run(["sha256sum", *sorted(FILES)], cwd=tmp_path, capture_output=True, check=True)
    assert sums_file(FILES) == listed.stdout
    assert parse_sums(listed.stdout) == {n: sha256_hex(FILES[n]) for n in FILES}
    assert all(hash_file(tmp_path / name) == sha256_hex(FILES[name]) for name in FILES)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/../b",
        "./a",
        "a b",
        "a\nb",
        "ä",
        "a\\b",
        7,
        None,
        "x" * 256,
        "/".join("abcdefghi"),
    ],
)
def test_unsafe_name_is_refused(name: object) -> None:
    assert not is_safe_name(name)


def test_name_at_the_limits_is_safe() -> None:
    assert is_safe_name("x" * 255)
    assert is_safe_name("/".join("abcdefgh"))
    assert is_safe_name("..a/-b")


@pytest.mark.parametrize("names", [["../a"], ["a", "a/b"], ["a/b", "a/b/c/d"]], ids=str)
def test_files_that_cannot_stand_together_are_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="file name"):
        refuse_clashes(dict.fromkeys(names, b""))


LINE = b"%b  a\n" % (b"0" * 64)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        LINE[:-1],
        LINE + b"x",
        LINE + b"\n",
        LINE + LINE,
        LINE.replace(b"  a", b"  b") + LINE,
        LINE.replace(b"  a", b" *a"),
        LINE.replace(b"0", b"F"),
        LINE.replace(b"  a", b"  ../a"),
        b"\xff" + LINE,
    ],
    ids=lambda raw: repr(raw[-12:]),
)
def test_sums_that_reporter_did_not_write_are_refused(raw: bytes) -> None:
    with pytest.raises(SealFault) as caught:
        parse_sums(raw)
    assert caught.value.code == "sums_disagree"
