"""What is odd about the settings is told by every command that reads them, whatever becomes of it."""

from pathlib import Path

import pytest

from cli.conftest import Call

ODD = "ignored: CAVRA_GO_ROLLBACK_PLAN; the settings file defines no environment named default\n"


@pytest.mark.parametrize(
    "words",
    [
        "status",
        "history",
        "calendar",
        "feed",
        "prune --keep-days 1",
        "diff aaaa bbbb",
        "run --no-deliver",
        "records verify",
        "schedule --check",
    ],
)
def test_variable_that_is_ignored_is_told(call: Call, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    Path("reporter.toml").write_text('signing_key = "file:gone.key"\n[environments.pilot]\n', encoding="utf-8")
    monkeypatch.setenv("CAVRA_GO_ROLLBACK_PLAN", "plan.json")
    assert call(*words.split()).err.startswith(ODD)
