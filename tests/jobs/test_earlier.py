"""What the bundles before this one promise: one that was changed blocks, the trace of a change of keys does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reporter.jobs.earlier import MOST_VERIFIED, look_back
from reporter.jobs.keys import make_key_pair
from reporter.jobs.readiness import check_report
from reporter.model.case import Artifact
from reporter.model.closing_reports import ReleaseReadinessReport
from reporter.seal.bundle import write_bundle
from reporter.seal.keys import SigningKey, read_signing_key
from reporter.settings import load_settings
from reporter.settings_model import Settings

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    return load_settings(str(tmp_path / "reporter.toml"), {})[0]


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return read_signing_key(make_key_pair(tmp_path / "signing.key").private_path)


@pytest.fixture
def other_key(tmp_path: Path) -> SigningKey:
    return read_signing_key(make_key_pair(tmp_path / "other.key").private_path)


def seal(settings: Settings, key: SigningKey, days_ago: int) -> Path:
    at = NOW - days_ago * DAY
    predicate = {"environment": "pilot", "as_of": f"{at:%Y-%m-%dT%H:%M:%SZ}", "inputs": [{"alias": "plan"}]}
    folder = settings.resolve("bundles")
    return Path(write_bundle(folder, "pilot", at, {"a.txt": b"a"}, predicate, key, wall_now=NOW.timestamp()).path)


def artifacts(settings: Settings, key: SigningKey) -> tuple[Artifact, ...] | None:
    return look_back(settings, "pilot", NOW, key).artifacts


def test_without_a_bundle_nothing_is_promised(settings: Settings, key: SigningKey) -> None:
    assert artifacts(settings, key) is None


def test_check_judges_the_bundles_that_are_there_as_a_run_does(settings: Settings, tmp_path: Path) -> None:
    def judged() -> tuple[str, list[str]]:
        report, case = check_report(settings, "pilot", "release-readiness", NOW)
        assert isinstance(report, ReleaseReadinessReport)
        (check,) = (one for one in report.release_checks if one.id == "release_readiness_artifacts")
        return check.status, [one.name for one in case.artifacts or ()]

    key = read_signing_key(make_key_pair(tmp_path / "keys" / "signing.key").private_path)
    (tmp_path / "reporter.toml").write_text('[environments.pilot]\nmode = "promoted"\n', encoding="utf-8")
    settings, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    assert judged() == ("warning", [])
    sealed = seal(settings, key, 1)
    assert judged() == ("pass", [sealed.name])
    assert check_report(settings, "pilot", "closure", NOW)[1].artifacts is None
    (sealed / "a.txt").write_bytes(b"b")
    assert judged() == ("fail", [f"{sealed.name}/a.txt"])
    for file in (tmp_path / "keys").iterdir():
        file.unlink()
    assert judged() == ("warning", [])


def test_bundle_that_was_changed_blocks_until_it_is_taken_away(
    settings: Settings, key: SigningKey, tmp_path: Path
) -> None:
    changed = seal(settings, key, 3)
    good = [seal(settings, key, days) for days in (1, 2)]
    (changed / "a.txt").write_bytes(b"b")
    (changed / "SHA256SUMS").unlink()
    whole = tuple(Artifact(path.name, exists=True, verified=True) for path in good)
    assert artifacts(settings, key) == (
        *whole,
        Artifact(f"{changed.name}/a.txt", exists=True, verified=False),
        Artifact(f"{changed.name}/SHA256SUMS", exists=False, verified=False),
    )
    changed.rename(tmp_path / "investigation")
    assert artifacts(settings, key) == whole


def test_bundle_of_another_key_counts_only_as_the_last_one(
    settings: Settings, key: SigningKey, other_key: SigningKey
) -> None:
    other = seal(settings, other_key, 2)
    assert artifacts(settings, key) == (Artifact(f"{other.name}/attestation.json", exists=True, verified=False),)
    last = seal(settings, key, 1)
    assert artifacts(settings, key) == (Artifact(last.name, exists=True, verified=True),)


def test_bundle_of_another_key_that_was_changed_too_blocks_wherever_it_stands(
    settings: Settings, key: SigningKey, other_key: SigningKey
) -> None:
    other = seal(settings, other_key, 2)
    seal(settings, key, 1)
    (other / "extra.txt").touch()
    _, *found = artifacts(settings, key) or ()
    assert {one.name for one in found} == {f"{other.name}/attestation.json", f"{other.name}/extra.txt"}
    assert not any(one.verified for one in found)


def test_only_so_many_of_the_last_bundles_are_verified(settings: Settings, key: SigningKey) -> None:
    oldest = [seal(settings, key, days) for days in range(1, MOST_VERIFIED + 2)][-1]
    (oldest / "a.txt").unlink()
    assert [one.verified for one in artifacts(settings, key) or ()] == [True] * MOST_VERIFIED
