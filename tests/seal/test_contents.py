"""The bytes of a bundle are given only as they were sealed."""

from pathlib import Path

import pytest

from reporter.errors import VerificationFailed
from reporter.seal import contents
from reporter.seal.contents import read_contents
from reporter.seal.digests import hash_file
from reporter.seal.keys import SigningKey
from reporter.seal.verify import verify_bundle
from seal.small_bundle import small_files, write_small


def test_every_file_is_given_with_the_predicate_and_the_digest(bundle: Path, key: SigningKey) -> None:
    read = read_contents(bundle, key.public)
    assert set(read.files) == {*small_files(key), "SHA256SUMS", "attestation.json"}
    assert all(content == (bundle / name).read_bytes() for name, content in read.files.items())
    assert read.digest == hash_file(bundle / "attestation.json")
    assert read.predicate["tool"]["name"] == "reporter"


def test_bundle_that_does_not_verify_is_refused_with_every_failure(bundle: Path, key: SigningKey) -> None:
    (bundle / "index.html").write_bytes(b"other")
    (bundle / "extra.txt").write_bytes(b"")
    with pytest.raises(VerificationFailed) as refused:
        read_contents(bundle, key.public)
    assert [one.partition(f"{bundle}: ")[2].partition(":")[0] for one in refused.value.faults] == ["changed", "extra"]


def test_directory_that_is_no_bundle_is_refused(tmp_path: Path, key: SigningKey) -> None:
    with pytest.raises(VerificationFailed, match="not_a_bundle"):
        read_contents(tmp_path / "nowhere", key.public)


@pytest.mark.parametrize("name", ["index.html", "attestation.json"])
def test_file_that_is_changed_between_verifying_and_reading_is_refused(
    name: str, bundle: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bundle.parent / "other"

    def verify_then_change(path: Path, public: object) -> object:
        verification = verify_bundle(path, key.public)
        if name == "attestation.json":
            sealed = write_small(other, key, verdict="due_soon")
            (path / name).write_bytes((Path(sealed.path) / name).read_bytes())
        else:
            (path / name).write_bytes(b"other")
        assert public
        return verification

    monkeypatch.setattr(contents, "verify_bundle", verify_then_change)
    with pytest.raises(VerificationFailed, match=f"changed: {name}: while it was read"):
        read_contents(bundle, key.public)


def test_file_that_is_gone_between_verifying_and_reading_is_refused(
    bundle: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify_then_remove(path: Path, _: object) -> object:
        verification = verify_bundle(path, key.public)
        (path / "index.html").unlink()
        return verification

    monkeypatch.setattr(contents, "verify_bundle", verify_then_remove)
    with pytest.raises(VerificationFailed, match="unreadable: No such file"):
        read_contents(bundle, key.public)
