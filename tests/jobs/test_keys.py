"""The signing key of the settings: where it may be, and what is said when it is not there."""

from pathlib import Path

import pytest

from reporter.errors import KeyFault, UsageFault
from reporter.jobs.keys import own_public_key, signing_key
from reporter.settings import load_settings
from reporter.settings_model import Settings


def settings_of(folder: Path, text: str = "") -> Settings:
    (folder / "reporter.toml").write_text(text, encoding="utf-8")
    return load_settings(str(folder / "reporter.toml"), {})[0]


def test_default_key_is_made_once_and_told(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert own_public_key(settings) is None
    key, told = signing_key(settings)
    assert told.startswith(f"made a signing key: {tmp_path / 'keys' / 'signing.key'} (key id {key.key_id})")
    again, silent = signing_key(settings)
    assert (again.key_id, silent) == (key.key_id, "")


def test_key_of_a_variable_is_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = signing_key(settings_of(tmp_path))
    monkeypatch.setenv("SEAL", (tmp_path / "keys" / "signing.key").read_text(encoding="utf-8"))
    assert signing_key(settings_of(tmp_path, 'signing_key = "env:SEAL"\n'))[0].key_id == made.key_id


def test_key_behind_a_link_to_nowhere_is_not_made_there(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "signing.key").symlink_to(tmp_path / "elsewhere.key")
    with pytest.raises(KeyFault, match="No such file or directory: check the path"):
        signing_key(settings_of(tmp_path))
    assert not (tmp_path / "elsewhere.key").exists()


def test_place_of_the_key_that_is_no_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("in the way", encoding="utf-8")
    with pytest.raises(UsageFault, match="keys: cannot be made: File exists; choose another place for the key"):
        signing_key(settings_of(tmp_path))
