"""A bundle is written whole or not at all, is the same for the same inputs, and is never edited."""

import os
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest

from killing import count_calls, start_to_die, was_killed
from reporter.errors import BundleNotWritten, UsageFault
from reporter.seal.bundle import lost_latest, previous_bundle, write_bundle
from reporter.seal.digests import hash_file
from reporter.seal.faults import SealFault
from reporter.seal.keys import SigningKey, read_signing_key
from reporter.seal.verify import verify_bundle
from seal.small_bundle import (
    AS_OF,
    PREDICATE,
    WALL_NOW,
    names_in,
    small_files,
    tree_of,
    write_small,
)

ROOT = Path(__file__).parents[2]


def test_bundle_stands_under_its_time_and_digest(tmp_path: Path, key: SigningKey) -> None:
    sealed = write_small(tmp_path / "a" / "bundles", key)
    path = Path(sealed.path)
    assert not sealed.already_there
    assert path.parent == tmp_path / "a" / "bundles" / "pilot"
    assert path.name == f"20260521T154000Z-{sealed.digest[:12]}"
    assert sealed.digest == hash_file(path / "attestation.json")
    assert names_in(path.parent) == [path.name, "latest"]
    assert (path.parent / "latest").readlink() == Path(path.name)
    assert {p.read_bytes() for p in path.rglob("*.*") if p.is_file()} >= set(small_files(key).values())


def test_modes_do_not_depend_on_the_umask(tmp_path: Path, key: SigningKey) -> None:
    old = os.umask(0o077)
    try:
        path = Path(write_small(tmp_path / "bundles", key).path)
    finally:
        os.umask(old)
    for entry in (path.parent, path, *path.rglob("*")):
        assert entry.stat().st_mode & 0o777 == (0o755 if entry.is_dir() else 0o644)


def test_time_is_written_in_utc(tmp_path: Path, key: SigningKey) -> None:
    local = AS_OF.astimezone(timezone(timedelta(hours=9)))
    assert write_small(tmp_path, key, as_of=local) == write_small(tmp_path, key)._replace(already_there=False)
    with pytest.raises(ValueError, match="wanted an aware time"):
        write_small(tmp_path, key, as_of=AS_OF.replace(tzinfo=None))


def test_same_bundle_again_is_kept_as_it_is(tmp_path: Path, key: SigningKey) -> None:
    first = write_small(tmp_path, key)
    before = {p: p.stat() for p in Path(first.path).rglob("*")}
    assert write_small(tmp_path, key) == first._replace(already_there=True)
    assert {p: p.stat() for p in Path(first.path).rglob("*")} == before


@pytest.mark.parametrize("change", ["edit", "other attestation", "empty", "file", "link"])
def test_changed_bundle_is_neither_kept_nor_edited(tmp_path: Path, key: SigningKey, change: str) -> None:
    path = Path(write_small(tmp_path, key).path)
    if change == "edit":
        (path / "index.html").write_bytes(b"")
    elif change == "other attestation":
        other = Path(write_small(tmp_path, key, verdict="open").path)
        path.rename(tmp_path / "away")
        other.rename(path)
    else:
        path.rename(tmp_path / "away")
        if change == "empty":
            path.mkdir()
        elif change == "file":
            path.write_bytes(b"")
        else:
            path.symlink_to("nowhere")
    before = tree_of(tmp_path)
    with pytest.raises(BundleNotWritten, match="changed after it was sealed; keep it"):
        write_small(tmp_path, key)
    assert tree_of(tmp_path) == before


def test_latest_follows_the_newest_time_and_nothing_else(tmp_path: Path, key: SigningKey) -> None:
    latest = tmp_path / "pilot" / "latest"
    newest = Path(write_small(tmp_path, key).path)
    older = Path(write_small(tmp_path, key, as_of=AS_OF - timedelta(seconds=1)).path)
    assert latest.resolve() == newest
    same_time = Path(write_small(tmp_path, key, verdict="open").path)
    assert latest.resolve() == same_time
    for odd in ("../elsewhere", "20991231T235959Z-000000000000", same_time.name):
        latest.unlink()
        latest.symlink_to(odd)
        write_small(tmp_path, key, as_of=AS_OF + timedelta(seconds=1))
        assert latest.resolve().name.startswith("20260521T154001Z-")
    latest.unlink()
    latest.write_bytes(b"a file")
    write_small(tmp_path, key, as_of=AS_OF - timedelta(seconds=1))
    assert latest.resolve() == older


def test_a_bundle_dated_in_the_future_does_not_hold_latest(tmp_path: Path, key: SigningKey) -> None:
    """A what-if must not stay in front of the bundles of every day until its date has come."""
    latest = tmp_path / "pilot" / "latest"
    future = datetime.fromtimestamp(WALL_NOW, UTC) + timedelta(days=365)
    write_small(tmp_path, key, as_of=future)
    assert latest.resolve().name.startswith(f"{future:%Y%m%d}"), "the only one there is"
    today = Path(write_small(tmp_path, key).path)
    assert latest.resolve() == today
    write_small(tmp_path, key, as_of=future + timedelta(days=1))
    assert latest.resolve() == today


def test_latest_that_leads_nowhere_names_what_is_gone(tmp_path: Path, key: SigningKey) -> None:
    assert not lost_latest(tmp_path, "pilot"), "nothing was ever there"
    newest = Path(write_small(tmp_path, key).path)
    assert not lost_latest(tmp_path, "pilot")
    newest.rename(tmp_path / "away")
    assert lost_latest(tmp_path, "pilot") == newest.name


def test_early_years_have_four_digits(tmp_path: Path, key: SigningKey) -> None:
    early = Path(write_small(tmp_path, key, as_of=datetime(7, 1, 2, tzinfo=UTC)).path)
    assert early.name.startswith("00070102T000000Z-")
    found = previous_bundle(tmp_path, "pilot", AS_OF)
    assert found is not None
    assert found.path == str(early)


def test_runs_at_once_do_not_stand_in_each_others_way(tmp_path: Path, key: SigningKey) -> None:
    children = []
    for number in range(6):
        child = os.fork()
        if child == 0:
            try:
                for _ in range(5):
                    write_small(tmp_path, key, as_of=AS_OF + timedelta(seconds=number % 2))
            except BaseException:  # noqa: BLE001 - told by the exit status
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 6
    names = names_in(tmp_path / "pilot")
    assert len(names) == 3
    assert (tmp_path / "pilot" / "latest").resolve().name == names[1]


def test_latest_that_cannot_be_replaced_is_said(tmp_path: Path, key: SigningKey) -> None:
    (tmp_path / "pilot" / "latest").mkdir(parents=True)
    with pytest.raises(BundleNotWritten, match=r"the bundle is whole, `latest` .* run again"):
        write_small(tmp_path, key)
    assert len(names_in(tmp_path / "pilot")) == 2


def test_only_partial_bundles_older_than_a_day_are_removed(tmp_path: Path, key: SigningKey) -> None:
    pilot = tmp_path / "pilot"
    for name, age_seconds in (("old", 86_401), ("young", 86_400)):
        path = pilot / f".partial-1-{name}"
        (path / "reports").mkdir(parents=True)
        os.utime(path, (0, WALL_NOW - age_seconds))
    (pilot / ".partial-1-link").symlink_to(tmp_path)
    os.utime(pilot / ".partial-1-link", (0, 0), follow_symlinks=False)
    write_small(tmp_path, key)
    assert [n for n in names_in(pilot) if n.startswith(".")] == [".partial-1-young"]


def test_partial_bundle_of_a_process_that_is_gone_is_removed_at_once(tmp_path: Path, key: SigningKey) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    names = [f".partial-{gone.pid}-0123", f".partial-{os.getpid()}-0123", ".partial-of-somebody"]
    for name in names:
        (tmp_path / "pilot" / name).mkdir(parents=True)
    write_small(tmp_path, key)
    assert [one for one in names_in(tmp_path / "pilot") if one.startswith(".")] == sorted(names[1:])


def test_full_disk_leaves_no_part_of_a_bundle(tmp_path: Path, key: SigningKey) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(BundleNotWritten, match="File too large: free the disk"):
            write_small(tmp_path, key)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not names_in(tmp_path / "pilot")
    assert not write_small(tmp_path, key).already_there


def test_place_that_is_no_directory_is_said(tmp_path: Path, key: SigningKey) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BundleNotWritten, match="Not a directory"):
        write_small(tmp_path / "file", key)
    (tmp_path / "pilot").write_bytes(b"")
    with pytest.raises(BundleNotWritten, match="Not a directory"):
        write_small(tmp_path, key)
    with pytest.raises(BundleNotWritten, match="Not a directory: make the directory readable"):
        previous_bundle(tmp_path, "pilot", AS_OF)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "a" * 64, "a\n"])
def test_environment_is_one_plain_directory(tmp_path: Path, key: SigningKey, name: str) -> None:
    with pytest.raises(UsageFault, match="environment"):
        write_bundle(tmp_path, name, AS_OF, {"a": b""}, PREDICATE, key, wall_now=WALL_NOW)
    with pytest.raises(UsageFault, match="environment"):
        previous_bundle(tmp_path, name, AS_OF)
    assert not names_in(tmp_path)


def test_what_cannot_be_sealed_is_refused_before_anything_is_written(tmp_path: Path, key: SigningKey) -> None:
    for name in ("SHA256SUMS", "attestation.json", "../a"):
        with pytest.raises(ValueError, match="file name"):
            write_bundle(tmp_path, "p", AS_OF, {name: b""}, PREDICATE, key, wall_now=WALL_NOW)
    with pytest.raises(SealFault, match="no_inputs"):
        write_bundle(tmp_path, "p", AS_OF, {"a": b""}, {}, key, wall_now=WALL_NOW)
    large = {"inputs": ["x" * (13 << 20)]}
    with pytest.raises(ValueError, match="no verifier would read it"):
        write_bundle(tmp_path, "p", AS_OF, {"a": b""}, large, key, wall_now=WALL_NOW)
    assert not names_in(tmp_path)


def test_previous_bundle_is_strictly_before(tmp_path: Path, key: SigningKey) -> None:
    assert previous_bundle(tmp_path, "pilot", AS_OF) is None
    early = write_small(tmp_path, key, as_of=AS_OF - timedelta(days=1))
    late = write_small(tmp_path, key)
    second = timedelta(seconds=1)
    for before, found in (
        (AS_OF - timedelta(days=1), None),
        (AS_OF, early),
        (AS_OF + second, late),
        (datetime(2030, 1, 1, tzinfo=UTC), late),
    ):
        previous = previous_bundle(tmp_path, "pilot", before)
        assert (previous and (previous.path, previous.digest)) == (found and found[:2])
    previous = previous_bundle(tmp_path, "pilot", AS_OF + second)
    assert previous is not None
    assert previous.as_of == AS_OF


def test_previous_bundle_is_never_one_that_was_changed(tmp_path: Path, key: SigningKey) -> None:
    good = write_small(tmp_path, key)
    pilot = tmp_path / "pilot"
    digest = hash_file(Path(good.path) / "attestation.json")[:12]
    (pilot / "20260522T000000Z-000000000000").mkdir()
    (pilot / f"20260599T000000Z-{digest}").mkdir()
    (pilot / f"20260523T000000Z-{digest}").symlink_to(good.path)
    (pilot / f"20260599T000000Z-{digest}" / "attestation.json").write_bytes(
        (Path(good.path) / "attestation.json").read_bytes()
    )
    edited = Path(write_small(tmp_path, key, as_of=AS_OF + timedelta(hours=1)).path)
    with (edited / "attestation.json").open("ab") as stream:
        stream.write(b"\n")
    (pilot / "notes.txt").write_bytes(b"")
    previous = previous_bundle(tmp_path, "pilot", datetime(2030, 1, 1, tzinfo=UTC))
    assert previous is not None
    assert previous.path == good.path


WRITE = """
import os, sys
os.umask(int(sys.argv[3], 8))
from pathlib import Path
from reporter.seal.keys import read_signing_key
from seal.small_bundle import write_small
write_small(Path(sys.argv[1]), read_signing_key(sys.argv[2]))
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path, key_path: Path) -> None:
    trees = []
    for number, zone, umask in (("1", "Pacific/Kiritimati", "000"), ("2", "UTC", "077")):
        environment = {**os.environ, "PYTHONHASHSEED": number, "TZ": zone}
        environment["PYTHONPATH"] = f"{ROOT}:{ROOT / 'tests'}"
        target = tmp_path / number
        command = [sys.executable, "-c", WRITE, str(target), str(key_path), umask]
        subprocess.run(command, env=environment, check=True)
        trees.append(tree_of(target))
    assert trees[0] == trees[1]


def test_kill_at_any_call_leaves_no_bundle_or_a_whole_one(tmp_path: Path, key_path: Path) -> None:
    key = read_signing_key(key_path)
    pilot = tmp_path / "pilot"
    write_small(tmp_path, key)
    torn, sealed = 0, set(names_in(pilot)) - {"latest"}
    calls = count_calls(partial(write_small, tmp_path, key, as_of=AS_OF + timedelta(hours=1)))
    for call in range(calls):
        as_of = AS_OF + timedelta(hours=2 + call)
        assert was_killed(start_to_die(partial(write_small, tmp_path, key, as_of=as_of), call))
        names = set(names_in(pilot)) - {"latest"}
        torn += any(name.startswith(".partial-") for name in names)
        new = {name for name in names - sealed if not name.startswith(".")}
        assert all(verify_bundle(pilot / name, key.public).result == "passed" for name in new)
        sealed |= new
        write_small(tmp_path, key)
        assert set(names_in(pilot)) == sealed | {"latest"}, "the next run removes what is left"
    assert torn > 20
    assert len(sealed) > 3, "some kills came when the bundle stood already"
