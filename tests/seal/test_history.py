"""What the bundles of an environment said, read from their signed statements alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.errors import BundleNotWritten
from reporter.seal.bundle import write_bundle
from reporter.seal.history import (
    SealedCount,
    SealedLedger,
    SealedStatement,
    sealed_counts,
    sealed_ledger,
    statements_of,
    trend_of,
)
from reporter.seal.keys import SigningKey

START = datetime(2026, 6, 1, 6, tzinfo=UTC)
FAR = START + timedelta(days=365)


def seal(bundles: Path, key: SigningKey, day: int, folder: str = "pilot", **said: object) -> Path:
    """Seal a bundle whose statement says these things beside what every statement says."""
    at = START + timedelta(days=day)
    predicate = {
        "environment": "pilot",
        "as_of": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "status": "ready",
        "inputs": [{"alias": "plan"}],
        **said,
    }
    files = {"a.txt": repr(sorted(said.items())).encode()}
    return Path(write_bundle(bundles, folder, at, files, predicate, key, wall_now=FAR.timestamp()).path)


def test_trend_tells_the_oldest_first_and_stops_before_the_instant(tmp_path: Path, key: SigningKey) -> None:
    said = {"readiness_state": "blocked", "closure_state": "open", "alert_level": "critical"}
    first = seal(tmp_path, key, 0, **said, failed_check_count=3, open_item_count=2)
    seal(tmp_path, key, 1)
    seal(tmp_path, key, 2)
    old, newer = trend_of(tmp_path, "pilot", START + timedelta(days=2), key.public)
    assert old.model_dump() == {
        "as_of": "2026-06-01T06:00:00Z", "digest": old.digest, "status": "ready", **said,
        "failed_check_count": 3, "open_item_count": 2,
    }  # fmt: skip
    assert old.digest[:12] == first.name[-12:]
    assert newer.as_of == "2026-06-02T06:00:00Z"


def test_what_an_older_bundle_does_not_say_is_empty(tmp_path: Path, key: SigningKey) -> None:
    seal(tmp_path, key, 0, status=None, failed_check_count=True, open_item_count="4", alert_level=1)
    (point,) = trend_of(tmp_path, "pilot", FAR, key.public)
    assert point.model_dump(exclude={"as_of", "digest"}) == {
        "status": "", "readiness_state": "", "closure_state": "", "alert_level": "",
        "failed_check_count": 0, "open_item_count": 0,
    }  # fmt: skip


def test_trend_has_the_last_ones_and_one_of_each_instant(tmp_path: Path, key: SigningKey) -> None:
    for day in range(5):
        seal(tmp_path, key, day)
    for run in range(3):
        seal(tmp_path, key, 4, run=run)
    points = trend_of(tmp_path, "pilot", FAR, key.public, most=3)
    assert [one.as_of[8:10] for one in points] == ["03", "04", "05"]
    newest = max(path.name for path in (tmp_path / "pilot").glob("20260605*"))
    assert points[-1].digest[:12] == newest[-12:]


def damage_signature(path: Path, _: SigningKey) -> None:
    attestation = path / "attestation.json"
    attestation.write_bytes(attestation.read_bytes().replace(b'"sig":"', b'"sig":"AA'))


def remove_attestation(path: Path, _: SigningKey) -> None:
    (path / "attestation.json").unlink()


def put_another_in_its_place(path: Path, key: SigningKey) -> None:
    other = seal(path.parents[1] / "other", key, 0, run=2)
    (path / "attestation.json").write_bytes((other / "attestation.json").read_bytes())


def put_a_link_in_its_place(path: Path, _: SigningKey) -> None:
    path.rename(path.with_name("away"))
    path.symlink_to("away")


def put_a_file_in_its_place(path: Path, _: SigningKey) -> None:
    path.rename(path.with_name("away"))
    path.touch()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (damage_signature, "attestation is not the one that its name says"),
        (remove_attestation, "there is no attestation"),
        (put_another_in_its_place, "attestation is not the one that its name says"),
        (put_a_link_in_its_place, "Not a directory"),
        (put_a_file_in_its_place, "Not a directory"),
    ],
)
def test_bundle_whose_seal_is_broken_is_told_and_is_no_point(
    tmp_path: Path, key: SigningKey, harm: object, said: str
) -> None:
    path = seal(tmp_path, key, 0)
    harm(path, key)  # type: ignore[operator] # one of the above
    (one,) = statements_of(tmp_path, "pilot", key.public)
    assert said in one.fault
    assert (one.as_of, one.word("status"), one.previous_digest) == ("2026-06-01T06:00:00Z", "", "")
    assert trend_of(tmp_path, "pilot", FAR, key.public) == ()


def test_bundle_of_another_key_is_told_as_such(tmp_path: Path, key: SigningKey, other_key: SigningKey) -> None:
    seal(tmp_path, other_key, 0)
    (one,) = statements_of(tmp_path, "pilot", key.public)
    assert one.fault.endswith("(wrong_key)")


@pytest.mark.parametrize("said", [{"environment": "other"}, {"as_of": "2026-05-01T06:00:00Z"}], ids=["name", "time"])
def test_bundle_that_speaks_of_something_else_does_not_count(
    tmp_path: Path, key: SigningKey, said: dict[str, str]
) -> None:
    seal(tmp_path, key, 0, **said)
    (one,) = statements_of(tmp_path, "pilot", key.public)
    assert (one.fault, one.predicate) == ("it was sealed for another environment or instant", {})


def test_statement_names_the_bundle_before_it(tmp_path: Path, key: SigningKey) -> None:
    seal(tmp_path, key, 0, previous={"digest": "d" * 64, "as_of": "2026-05-31T06:00:00Z"})
    seal(tmp_path, key, 1, previous=None)
    seal(tmp_path, key, 2, previous={"digest": 1})
    assert [one.previous_digest for one in statements_of(tmp_path, "pilot", key.public)] == ["", "", "d" * 64]


def test_what_has_no_name_of_a_bundle_is_passed_over(tmp_path: Path, key: SigningKey) -> None:
    assert list(statements_of(tmp_path, "pilot", key.public)) == []
    seal(tmp_path, key, 0)
    (tmp_path / "pilot" / "20269999T000000Z-000000000000").mkdir()
    (tmp_path / "pilot" / "notes").mkdir()
    assert len(list(statements_of(tmp_path, "pilot", key.public))) == 1


def test_directory_that_cannot_be_read_is_a_fault_with_what_to_do(tmp_path: Path, key: SigningKey) -> None:
    (tmp_path / "pilot").touch()
    with pytest.raises(BundleNotWritten, match="make the directory readable"):
        list(statements_of(tmp_path, "pilot", key.public))


def test_only_seals_that_hold_say_anything() -> None:
    assert SealedStatement("p", "2026-06-01T06:00:00Z", "d", fault="x").count("open_item_count") == 0


HEAD = {"sequence": 3, "hash": "a" * 64}
OWN = {"alias": "own", "sha256": "b" * 64, "record_count": 2}


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ({"ledger_head": HEAD, "records": [OWN]}, ("2026-06-02T06:00:00Z", 3, "a" * 64, 2, "b" * 64)),
        ({"ledger_head": HEAD, "records": []}, ("2026-06-02T06:00:00Z", 3, "a" * 64, 0, "")),
        ({"ledger_head": HEAD}, ("2026-06-02T06:00:00Z", 3, "a" * 64, 0, "")),
        ({"ledger_head": HEAD, "records": [{**OWN, "sha256": None}]}, ("2026-06-01T06:00:00Z", 1, "c" * 64, 0, "")),
        ({"environment": "other"}, ("2026-06-01T06:00:00Z", 1, "c" * 64, 0, "")),
        ({"ledger_head": None}, None),
        ({}, None),
    ],
    ids=["own rows", "no own rows", "no records", "own rows damaged", "no seal", "no ledger", "an older version"],
)
def test_last_bundle_that_found_the_ledger_whole_says_where_it_stood(
    tmp_path: Path, key: SigningKey, said: dict[str, Any], seen: tuple[object, ...] | None
) -> None:
    seal(tmp_path, key, 0, ledger_head={"sequence": 1, "hash": "c" * 64})
    seal(tmp_path, key, 1, **said)
    seal(tmp_path, key, 9, ledger_head=HEAD)
    found = sealed_ledger(tmp_path, "pilot", START + timedelta(days=9), key.public, "own")
    assert found == (SealedLedger(*seen) if seen else None)  # type: ignore[arg-type] # one of the above


def test_without_a_bundle_nothing_is_known_of_the_ledger(tmp_path: Path, key: SigningKey) -> None:
    assert sealed_ledger(tmp_path, "pilot", FAR, key.public, "own") is None


def seen(**counts: int) -> list[dict[str, Any]]:
    return [{"alias": alias, "sha256": None, "record_count": count} for alias, count in counts.items()]


def test_most_that_the_bundles_saw_of_each_source_is_counted_back_to_one_that_missed_nothing(
    tmp_path: Path, key: SigningKey, other_key: SigningKey
) -> None:
    assert sealed_counts(tmp_path, "pilot", FAR, key.public) == {}
    seal(tmp_path, key, 0, records=seen(a=99))
    seal(tmp_path, key, 1, records=seen(a=3, b=4, c=0), closure_state="closed")
    seal(tmp_path, key, 1, records=seen(a=5))
    seal(tmp_path, key, 2, records=seen(a=2, b=4), closure_state="open")
    seal(tmp_path, other_key, 3, records=seen(a=99))
    seal(tmp_path, key, 4)
    seal(tmp_path, key, 9, records=seen(a=99))
    assert sealed_counts(tmp_path, "pilot", START + timedelta(days=9), key.public) == {
        "a": SealedCount("2026-06-02T06:00:00Z", 5),
        "b": SealedCount("2026-06-03T06:00:00Z", 4),
    }
