"""Places: the same as the settings have, or none at all."""

from pathlib import Path

import pytest

from reporter.settings import environment_variables, load_places, load_settings
from reporter.settings_model import Settings
from reporter.settings_places import KEYS, Places


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty directory, without variables of ours."""
    for name in environment_variables():
        if name.startswith(("CAVRA_", "REPORTER_", "CREDENTIALS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    Path("reporter.toml").write_text(text, encoding="utf-8")


def test_every_key_of_the_settings_is_known() -> None:
    assert set(Settings.model_fields) == KEYS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[environments.pilot]\nmode = 'promoted'\n[environments.b]\n",
        "bundles_dir = '/srv/bundles'\nsigning_key = 'file:k'\nstate_dir = 'lock'\nledger = 'sqlite:////srv/l.db'\n",
        "ledger = 'sqlite:///l.db'\nlog_format = 'json'\n",
    ],
    ids=["defaults", "environments", "all", "ledger"],
)
@pytest.mark.parametrize("variable", [{}, {"REPORTER_BUNDLES_DIR": "there", "REPORTER_SIGNING_KEY": "file:my.key"}])
def test_places_are_those_of_the_settings(text: str, variable: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    write(text)
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    places, remarks = load_places()
    whole, _ = load_settings()
    assert isinstance(places, Places)
    assert remarks == []
    assert set(places.environments) == set(whole.environments)
    for name in ("base_dir", "bundles_dir", "signing_key", "signing_key_given", "ledger", "state_dir", "state_path"):
        assert getattr(places, name) == getattr(whole, name), name
    assert places.resolve(places.bundles_dir) == whole.resolve(whole.bundles_dir)


@pytest.mark.parametrize(
    "text",
    [
        "ledger = 'postgresql+psycopg://me@host/name'\n",
        "signing_key = 'env:SIGNING_KEY'\n",
        "signing_key = 'credential:signing.key'\n",
    ],
    ids=["server", "variable", "credential"],
)
def test_what_is_no_plain_place_is_read_whole(text: str) -> None:
    write(text)
    assert isinstance(load_places()[0], Settings)


def test_upstream_variables_and_no_file_are_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAVRA_GO_BACKEND_MODE", "promoted")
    assert list(load_places()[0].environments) == ["default"]
    write("[environments.pilot]\n")
    assert load_places()[1] == [
        "ignored: CAVRA_GO_BACKEND_MODE; the settings file defines no environment named default"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "bundles_dir = ''",
        "bundles_dir = 3",
        "state_dir = 's3://x'",
        "ledger = 'sqlite:///'\nno_key = 1",
        "environments = []",
        "[environments.Pilot]",
        "environments.pilot = 1",
        "signing_key = 'file: '",
        "signing_key = 1",
    ],
)
def test_faults_are_told_by_the_whole_reading(text: str) -> None:
    write(text)
    with pytest.raises(Exception) as whole:  # noqa: PT011 - compared below
        load_settings()
    with pytest.raises(type(whole.value)) as caught:
        load_places()
    assert str(caught.value) == str(whole.value)
