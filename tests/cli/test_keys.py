"""`reporter keys`: make a pair, show the id of a key, and never the private half."""

from pathlib import Path

from cli.conftest import Call
from reporter.seal.keys import read_public_key, read_signing_key


def test_new_writes_a_pair_and_says_where_and_which(call: Call, tmp_path: Path) -> None:
    said = call("keys", "new", "signing.key")
    key = read_signing_key(tmp_path / "signing.key")
    assert said.code == 0
    assert said.out == f"private key  signing.key\npublic key   signing.key.pub\nkey id       {key.key_id}\n"
    assert said.err == ("Hand the public key and its id to your auditors by a way of its own, not inside a bundle.\n")


def test_new_never_overwrites(call: Call, tmp_path: Path) -> None:
    assert call("keys", "new", "signing.key").code == 0
    before = (tmp_path / "signing.key").read_bytes()
    said = call("keys", "new", "signing.key")
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    assert (tmp_path / "signing.key").read_bytes() == before


def test_show_gives_id_and_public_half_from_a_file_and_from_the_settings(call: Call, tmp_path: Path) -> None:
    assert call("init", ".").code == 0
    public = read_public_key(tmp_path / "keys/signing.key.pub")
    expected = f"key id {public.key_id}\n{public.public_pem().decode()}"
    assert call("keys", "show", "keys/signing.key.pub") == (0, expected, "")
    assert call("keys", "show") == (0, expected, "")
    assert call("keys", "show", "--settings", tmp_path / "reporter.toml") == (0, expected, "")


def test_show_of_a_key_that_is_not_there_says_what_to_do(call: Call) -> None:
    assert call("keys", "show") == (2, "", "error: no signing key yet: `reporter keys new PATH` makes one\n")
    said = call("keys", "show", "none.pub")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: public key none.pub: No such file or directory")


def test_private_key_is_not_shown_when_it_is_taken_for_the_public_one(call: Call, tmp_path: Path) -> None:
    assert call("keys", "new", "signing.key").code == 0
    body = (tmp_path / "signing.key").read_text().splitlines()[1]
    said = call("keys", "show", "signing.key")
    assert (said.code, said.out) == (2, "")
    assert body not in said.err
