"""Keys: Ed25519 alone, private ones for their owner alone, never overwritten, never shown."""

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from reporter.errors import ExitCode, KeyFault
from reporter.seal.keys import (
    SigningKey,
    load_public_key,
    load_signing_key,
    new_key_pair,
    read_public_key,
    read_signing_key,
)
from seal.small_bundle import names_in

PKCS8 = serialization.PrivateFormat.PKCS8
PEM = serialization.Encoding.PEM


@pytest.fixture
def no_umask() -> Iterator[None]:
    old = os.umask(0)
    yield
    os.umask(old)


@pytest.mark.usefixtures("no_umask")
def test_pair_is_for_its_owner_and_for_everyone_whatever_the_umask(tmp_path: Path) -> None:
    pair = new_key_pair(tmp_path / "k")
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "k.pub").stat().st_mode & 0o777 == 0o644
    assert pair.public_path == f"{pair.private_path}.pub"
    assert read_signing_key(pair.private_path).key_id == pair.key_id
    assert read_public_key(pair.public_path).key_id == pair.key_id


def test_pair_beside_the_caller_needs_no_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    new_key_pair("k")
    assert (names_in(Path())) == ["k", "k.pub"]


def test_openssl_reads_both_halves_and_agrees_on_the_id(key_path: Path, key: SigningKey) -> None:
    def openssl(*args: str) -> bytes:
        return subprocess.run(["openssl", *args], capture_output=True, check=True).stdout

    public = openssl("pkey", "-in", str(key_path), "-pubout")
    assert public == key.public_pem() == Path(f"{key_path}.pub").read_bytes()
    der = openssl("pkey", "-pubin", "-in", f"{key_path}.pub", "-outform", "DER")
    digest = subprocess.run(["sha256sum"], input=der, capture_output=True, check=True)
    assert digest.stdout[:64].decode() == key.key_id


def test_key_that_openssl_made_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "k"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path], check=True)
    path.chmod(0o600)
    assert read_signing_key(path).public.accepts(read_signing_key(path).sign(b"x"), b"x")


def test_key_with_words_before_it_is_accepted(key_path: Path, key: SigningKey) -> None:
    assert load_signing_key(b"friendlyName: pilot\n" + key_path.read_bytes(), "k").key_id == key.key_id


@pytest.mark.parametrize("there", ["k", "k.pub"])
def test_nothing_is_overwritten_and_nothing_is_left(tmp_path: Path, there: str) -> None:
    (tmp_path / there).symlink_to("elsewhere")
    with pytest.raises(KeyFault, match="never overwritten: choose another name") as caught:
        new_key_pair(tmp_path / "k")
    assert caught.value.exit_code == ExitCode.USAGE
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFault, match="No such file or directory: choose a directory"):
        new_key_pair(tmp_path / "none" / "k")


def test_full_disk_leaves_no_half_of_a_key(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        with pytest.raises(KeyFault, match="File too large"):
            new_key_pair(tmp_path / "k")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_repr_shows_the_id_and_no_secret(key: SigningKey, key_path: Path) -> None:
    assert repr(key) == f"{key}" == f"SigningKey({key.key_id}, <secret>)"
    assert repr(key.public) == f"PublicKey({key.key_id})"
    assert not hasattr(key, "__dict__")
    body = key_path.read_text().splitlines()[1]
    seed = load_private(key_path).private_bytes_raw()
    assert body not in repr(key)
    assert seed.hex() not in repr(key)


def load_private(path: Path) -> ed25519.Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604, 0o602, 0o610, 0o644])
def test_key_open_to_others_is_refused_with_the_command_that_closes_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "k"
    new_key_pair(path)
    path.chmod(mode)
    with pytest.raises(KeyFault) as caught:
        read_signing_key(path)
    assert f"found mode 0{mode:o}" in str(caught.value)
    assert str(caught.value).endswith(f"chmod 600 {path}")


def test_mounted_secret_may_be_a_link(tmp_path: Path, key_path: Path, key: SigningKey) -> None:
    (tmp_path / "k").symlink_to(key_path)
    assert read_signing_key(tmp_path / "k").key_id == key.key_id


def test_file_that_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(KeyFault, match="found no regular file"):
            read_signing_key(path)
    with pytest.raises(KeyFault, match="No such file or directory: check the path"):
        read_signing_key(tmp_path / "none")
    with pytest.raises(KeyFault, match="null byte: check the path"):
        read_public_key("a\0b")


def private_pem(kind: str) -> bytes:
    plain = serialization.NoEncryption()
    if kind == "P-256":
        return ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, plain)
    secret = serialization.BestAvailableEncryption(b"pass phrase")
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(PEM, PKCS8, secret)
    return pem if kind == "encrypted" else pem[:90] + b"\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("kind", "found"),
    [("P-256", "of another kind"), ("encrypted", "encrypted key"), ("cut", "no private key")],
)
def test_key_that_cannot_sign_is_refused_without_a_word_of_it(kind: str, found: str) -> None:
    pem = private_pem(kind)
    with pytest.raises(KeyFault, match=f"^signing key state/k: found .*{found}") as caught:
        load_signing_key(pem, "state/k")
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert pem.decode().splitlines()[1] not in str(caught.value)


def test_private_key_is_not_taken_for_a_public_one(key_path: Path) -> None:
    with pytest.raises(KeyFault, match="found a private key, wanted the public half") as caught:
        read_public_key(key_path)
    assert key_path.read_text().splitlines()[1] not in str(caught.value)


def test_public_key_may_have_other_line_ends(key: SigningKey) -> None:
    pem = b"\n" + key.public_pem().replace(b"\n", b"\r\n") + b"\n\n"
    assert load_public_key(pem).key_id == key.key_id


def test_public_key_of_another_kind_is_refused(key: SigningKey) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    broken = key.public_pem().replace(b"MCow", b"M?ow")
    for pem in (other.public_bytes(PEM, spki), broken):
        with pytest.raises(KeyFault, match="wanted Ed25519"):
            load_public_key(pem)
    for pem in (b"", b"ssh-ed25519 AAAA", key.public_pem()[:-9]):
        with pytest.raises(KeyFault, match="found no public key"):
            load_public_key(pem, "here")


@pytest.mark.parametrize("mode", [0o600, 0o644], ids=["private", "open"])
def test_public_key_is_not_taken_for_a_private_one(key_path: Path, mode: int) -> None:
    path = Path(f"{key_path}.pub")
    path.chmod(mode)
    for read in (read_signing_key, lambda path: load_signing_key(path.read_bytes(), str(path))):
        with pytest.raises(KeyFault) as caught:
            read(path)
        assert str(caught.value) == (
            f"signing key {path}: found a public key, wanted the private half: give the file beside it without .pub"
        )
