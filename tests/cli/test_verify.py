"""`reporter verify`: the answer, where it comes from, and the exit code that scripts rely on."""

import json
from pathlib import Path

import pytest

from cli.conftest import Call
from reporter.seal.keys import SigningKey, new_key_pair, read_signing_key
from seal.small_bundle import write_small


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    (tmp_path / "keys").mkdir()
    new_key_pair(tmp_path / "keys/signing.key")
    return read_signing_key(tmp_path / "keys/signing.key")


@pytest.fixture
def bundle(tmp_path: Path, key: SigningKey) -> Path:
    return Path(write_small(tmp_path / "bundles", key).path)


SPELLINGS = [
    pytest.param(["{bundle}", "--key", "keys/signing.key.pub"], id="plain"),
    pytest.param(["--key", "keys/signing.key.pub", "{bundle}"], id="key-first"),
    pytest.param(["--key=keys/signing.key.pub", "{bundle}"], id="equals"),
    pytest.param(["--key", "keys/signing.key.pub", "--", "{bundle}"], id="dashes"),
    pytest.param(["{bundle}"], id="key-of-the-settings"),
]


@pytest.mark.parametrize("words", SPELLINGS)
def test_whole_bundle_passes_however_the_call_is_spelled(
    call: Call, bundle: Path, key: SigningKey, words: list[str]
) -> None:
    said = call("verify", *(word.format(bundle=bundle) for word in words))
    assert said == (0, f"passed  {bundle}\n  9 files, sealed by key {key.key_id}\n", "")


@pytest.mark.parametrize("words", SPELLINGS)
def test_changed_bundle_fails_however_the_call_is_spelled(call: Call, bundle: Path, words: list[str]) -> None:
    (bundle / "index.html").write_text("better news")
    (bundle / "extra\x1b[31m.txt").write_text("x")
    said = call("verify", *(word.format(bundle=bundle) for word in words))
    assert (said.code, said.err) == (5, "")
    first, *failures = said.out.splitlines()
    assert first == f"FAILED  {bundle}"
    assert [line.split()[0] for line in failures] == sorted(line.split()[0] for line in failures)
    assert "\x1b" not in said.out
    as_json = call("verify", *(word.format(bundle=bundle) for word in words if word != "--"), "--json")
    if "--" not in words:
        answer = json.loads(as_json.out)
        assert (as_json.code, answer["result"]) == (5, "failed")
        assert {failure["code"] for failure in answer["failures"]} == {line.split()[0] for line in failures}


def test_json_answer_has_the_promised_fields(call: Call, bundle: Path, key: SigningKey) -> None:
    said = call("verify", bundle, "--key", "keys/signing.key.pub", "--json")
    answer = json.loads(said.out)
    assert said.code == 0
    assert list(answer) == ["result", "failures", "files", "key_id", "statement"]
    assert (answer["result"], answer["failures"], answer["key_id"]) == ("passed", [], key.key_id)


def test_bundle_that_is_not_there_fails_verification(call: Call, key: SigningKey) -> None:
    del key
    said = call("verify", "none", "--key", "keys/signing.key.pub")
    assert (said.code, said.err) == (5, "")
    assert said.out.startswith("FAILED  none\n")


@pytest.mark.parametrize("words", [["--key", "none.pub"], ["--key=none.pub"]])
def test_key_that_is_not_there_is_a_mistake_of_the_call(call: Call, bundle: Path, words: list[str]) -> None:
    said = call("verify", bundle, *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: public key none.pub: No such file or directory")


def test_without_any_key_the_call_says_which_one_to_give(call: Call, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    said = call("verify", bundle)
    assert said == (
        2,
        "",
        ("error: no key to verify with: give --key PUB, the public key that you were handed apart from the bundle\n"),
    )


def test_settings_that_are_wrong_are_a_mistake_of_the_call(call: Call, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("bundles_dir = 3\n")
    said = call("verify", bundle)
    assert said == (2, "", "error: reporter.toml: bundles_dir: found 3, wanted a text\n")


def test_ctrl_c_during_a_verification_is_quiet(call: Call, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reporter.cli.verify.verify_bundle", interrupted)
    assert call("verify", bundle) == (130, "", "")


def test_what_is_no_bundle_is_told_apart(call: Call, bundle: Path, tmp_path: Path) -> None:
    said = call("verify", bundle.parent, "--key", "keys/signing.key.pub")
    assert said.code == 5
    assert said.out.endswith("  not_a_bundle  .: a directory without a seal; bundles are at DIR/ENVIRONMENT/NAME\n")
    (tmp_path / "file").touch()
    for name in ("none", "file"):
        assert call("verify", name, "--key", "keys/signing.key.pub").out.endswith(f"{name}: no directory here\n")
