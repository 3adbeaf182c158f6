"""`reporter verify --chain`: every bundle of an environment and its place, with nothing but the directory and keys."""

import shutil
from pathlib import Path

import pytest

from cli.test_prune import chain, settings  # noqa: F401 - a fixture
from jobs.test_standing import DAY, NOW, seal
from reporter.jobs.keys import make_key_pair, signing_key
from reporter.model.verification import FAILURE_CODES
from reporter.seal.bundle import prune_bundle
from reporter.seal.chain import verify_chain
from reporter.seal.digests import hash_file
from reporter.seal.keys import PublicKey
from reporter.settings import load_settings
from reporter.settings_model import Settings


def key_of(settings: Settings) -> PublicKey:  # noqa: F811 - the fixture
    return signing_key(settings)[0].public


def test_whole_chain_passes_with_and_without_pruned_bundles(settings: Settings) -> None:  # noqa: F811
    made = chain(settings)
    for pruned in (0, 2, 4):
        for one in made[:pruned]:
            if one.exists():
                prune_bundle(str(one))
        found = verify_chain(made[0].parent, [key_of(settings)])
        assert (found.result, found.failures) == ("passed", ())
        assert sum(link.pruned for link in found.links) == pruned
        assert [link.environment for link in found.links] == ["pilot"] * 5


def test_directory_without_bundles_is_no_chain(tmp_path: Path, settings: Settings) -> None:  # noqa: F811
    for folder in (tmp_path, tmp_path / "missing"):
        found = verify_chain(folder, [key_of(settings)])
        assert found.result == "failed"
        assert found.failures[0].startswith("not_a_bundle: ")


@pytest.mark.parametrize("place", [0, 2], ids=["the first", "one in between"])
def test_bundle_that_was_taken_away_without_pruning_is_a_gap(settings: Settings, place: int) -> None:  # noqa: F811
    made = chain(settings)
    digest = hash_file(made[place] / "attestation.json")
    shutil.rmtree(made[place])
    found = verify_chain(made[0].parent, [key_of(settings)])
    assert found.failures == (
        f"{made[place + 1].name}: gap: it names {digest} as the bundle before it, which is neither here nor pruned",
    )


def test_latest_that_is_gone_is_told_and_one_that_was_pruned_too(settings: Settings) -> None:  # noqa: F811
    made = chain(settings)
    shutil.rmtree(made[-1])
    found = verify_chain(made[0].parent, [key_of(settings)])
    assert found.failures == (f"latest: gone: it shows {made[-1].name}, which is not here",)


def test_changed_file_and_changed_seal_are_told_with_their_bundle(settings: Settings) -> None:  # noqa: F811
    made = chain(settings)
    (made[1] / "readiness.json").write_text("{}", encoding="utf-8")
    prune_bundle(str(made[0]))
    kept = made[0].parent / "pruned" / made[0].name
    (kept / "note.txt").write_text("x", encoding="utf-8")
    found = verify_chain(made[0].parent, [key_of(settings)])
    assert any(one.startswith(f"{made[1].name}: changed: readiness.json: ") for one in found.failures)
    assert f"{made[0].name}: extra: note.txt: beside the seal of a pruned bundle" in found.failures
    (kept / "attestation.json").write_bytes(b"{}")
    assert any(
        one.startswith(f"{made[0].name}: bad_envelope: attestation.json: ")
        for one in verify_chain(made[0].parent, [key_of(settings)]).failures
    )


def test_seal_of_another_bundle_under_a_name_is_told(settings: Settings) -> None:  # noqa: F811
    made = chain(settings, 3)
    for one in made[:2]:
        prune_bundle(str(one))
    pruned = made[0].parent / "pruned"
    shutil.copy(pruned / made[1].name / "attestation.json", pruned / made[0].name / "attestation.json")
    found = verify_chain(made[0].parent, [key_of(settings)])
    assert f"{made[0].name}: wrong_name: .: {FAILURE_CODES['wrong_name']}" in found.failures
    assert not any("wrong_name" in one for one in found.failures if not one.startswith(made[0].name))
    shutil.rmtree(made[2] / "schemas", ignore_errors=True)
    (made[2] / "attestation.json").unlink()
    assert verify_chain(made[0].parent, [key_of(settings)]).result == "failed"


def test_bundles_of_two_environments_are_no_chain(settings: Settings) -> None:  # noqa: F811
    made = chain(settings, 1)
    other = seal(settings, NOW - DAY, environment="other")
    found = verify_chain(made[0].parent, [key_of(settings)])
    assert found.failures == (
        f"{other.name}: other_environment: it is of other, wanted pilot",
        "mixed: found bundles of other, pilot, wanted one environment",
    )


def test_bundles_that_were_moved_to_another_environment_are_told(settings: Settings) -> None:  # noqa: F811
    made = chain(settings, 2)
    prune_bundle(str(made[0]))
    other = made[0].parent.rename(made[0].parent.parent / "production")
    found = verify_chain(other, [key_of(settings)])
    assert (found.result, found.environment) == ("failed", "production")
    assert found.failures == tuple(
        f"{one.name}: other_environment: it is of pilot, wanted production" for one in made[::-1]
    )
    assert verify_chain(other, [key_of(settings)], "pilot").result == "passed"


def test_chain_over_a_change_of_keys_passes_with_both(tmp_path: Path, settings: Settings) -> None:  # noqa: F811
    old = key_of(settings)
    first = chain(settings, 2)
    prune_bundle(str(first[0]))
    shutil.rmtree(tmp_path / "keys")
    make_key_pair(tmp_path / "keys" / "signing.key")
    fresh, _ = load_settings(settings.file, {})
    last = {"digest": hash_file(first[1] / "attestation.json"), "as_of": "x"}
    seal(fresh, NOW + DAY, previous=last)
    new = key_of(fresh)
    for keys in ([old, new], [new, old]):
        assert verify_chain(first[0].parent, keys).result == "passed"
    for keys in ([old], [new]):
        assert any(": wrong_key: " in one for one in verify_chain(first[0].parent, keys).failures)
    (first[0].parent / "pruned" / first[0].name / "attestation.json").write_bytes(b"{}")
    assert any(": bad_envelope: " in one for one in verify_chain(first[0].parent, [new, old]).failures)


def test_what_a_pruning_that_was_cut_off_left_is_replaced(settings: Settings) -> None:  # noqa: F811
    made = chain(settings, 2)
    left = made[0].parent / "pruned" / made[0].name
    left.mkdir(parents=True)
    (left / "attestation.json").write_bytes(b"half")
    sealed = (made[0] / "attestation.json").read_bytes()
    prune_bundle(str(made[0]))
    assert (left / "attestation.json").read_bytes() == sealed
    assert not made[0].exists()
