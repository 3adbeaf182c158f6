"""The parts of a run that deliver: in order, each for itself, and what is missing told at the end."""

from pathlib import Path

import pytest

from reporter.clock import precise_now
from reporter.jobs.delivery.channels import Channels
from reporter.jobs.delivery.running import STAGES, Row, StageResult, Unit, deliver_environment, is_complete
from reporter.jobs.delivery.sending import Sender
from reporter.jobs.loops import load_checked_settings
from reporter.seal.keys import new_key_pair, read_signing_key

NOTIFY, RETRY = (next(one for one in STAGES if one.name == name) for name in ("notify", "retry"))


def unit(folder: Path, deliver: str, more: str = "") -> Unit:
    text = f"[environments.pilot]\n{more}\n[environments.pilot.deliver]\n{deliver}\n"
    (folder / "reporter.toml").write_text(text, encoding="utf-8")
    settings, _ = load_checked_settings(str(folder / "reporter.toml"))
    new_key_pair(folder / "key")
    key = read_signing_key(folder / "key").public
    return Unit(Sender(settings, "pilot", Channels(), precise_now), precise_now(), key)


def test_nothing_is_done_that_nobody_asks_for(tmp_path: Path) -> None:
    assert deliver_environment(unit(tmp_path, "")) == ()


def test_parts_come_in_order_and_only_those_that_are_wanted(tmp_path: Path) -> None:
    found = deliver_environment(unit(tmp_path, "retry = true\nnotify = true"))
    assert [one.stage for one in found] == ["notify", "retry"]
    assert is_complete(found)


def test_nothing_is_attached_without_a_bundle_and_the_rest_goes_on(tmp_path: Path) -> None:
    first, second = deliver_environment(unit(tmp_path, f'attach = ["directory:{tmp_path}"]\nretry = true'))
    assert (first.stage, first.faults[0].startswith("found no bundle"), first.is_complete) == ("attach", True, False)
    assert (second.stage, second.is_complete) == ("retry", True)


def test_part_that_fails_says_why_and_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no directory", encoding="utf-8")
    found = deliver_environment(unit(tmp_path, "notify = true\nalert = true\nretry = true", 'mode = "promoted"'))
    assert [one.stage for one in found] == ["notify", "alert", "retry"]
    assert all("ledger" in one.faults[0] for one in found)
    assert not is_complete(found)


def test_bug_in_a_part_is_told_by_its_place_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Unit) -> StageResult:
        raise RuntimeError("private")

    monkeypatch.setattr("reporter.jobs.delivery.running.STAGES", (NOTIFY._replace(act=broken), RETRY))
    first, second = deliver_environment(unit(tmp_path, "notify = true\nretry = true"))
    assert "RuntimeError in test_running.py" in first.faults[0]
    assert "private" not in first.faults[0]
    assert (second.stage, second.is_complete) == ("retry", True)


def test_what_is_missing_is_what_is_not_delivered() -> None:
    there, lost = Row("a", "delivered"), Row("b", "failed", "why")
    found = StageResult("notify", (lost, there), {"delivered": 1, "failed": 1})
    assert (found.missing, found.is_complete) == ((lost,), False)
    assert StageResult("notify", (there,), {"delivered": 1}).is_complete
