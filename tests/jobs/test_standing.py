"""Where an environment stands, as its sealed bundles say; nothing of what is not sealed."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporter.cli import answer
from reporter.errors import UsageFault, VerificationFailed
from reporter.jobs.keys import make_key_pair, signing_key
from reporter.jobs.standing import public_key_of
from reporter.jobs.standing.advice import Route, advise, for_environment
from reporter.jobs.standing.chain import chain_of, lost_of
from reporter.jobs.standing.difference import compare_bundles, find_bundle
from reporter.jobs.standing.standing import Actor, Due, OpenItem, standing_of
from reporter.model.verification import FAILURE_CODES
from reporter.seal.bundle import prune_bundle, write_bundle
from reporter.settings import load_settings
from reporter.settings_model import Settings

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n[environments.other]\n", encoding="utf-8")
    make_key_pair(tmp_path / "keys" / "signing.key")
    found, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    return found


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def seal(settings: Settings, at: datetime, document: Any = None, **said: Any) -> Path:  # noqa: ANN401 - JSON
    """Seal a bundle with this readiness.json."""
    key, _ = signing_key(settings)
    content = {"as_of": stamp(at), "status": "ready"} if document is None else document
    files = {"readiness.json": content if isinstance(content, bytes) else json.dumps(content).encode()}
    predicate = {"environment": "pilot", "as_of": stamp(at), "inputs": [{"alias": "plan"}], **said}
    folder = settings.resolve(settings.bundles_dir)
    return Path(write_bundle(folder, "pilot", at, files, predicate, key, wall_now=NOW.timestamp()).path)


def standing(settings: Settings, now: datetime = NOW, recorded: str = "") -> Any:  # noqa: ANN401 - a Standing
    return standing_of(settings, "pilot", now, public_key_of(settings), recorded)


def test_without_a_bundle_it_says_what_to_run(settings: Settings) -> None:
    found = standing(settings)
    assert (found.bundle, found.faults) == ("", ("no bundle yet: `reporter run --environment pilot`",))


def test_bundle_that_is_dated_later_is_not_where_it_stands(settings: Settings) -> None:
    seal(settings, NOW + HOUR)
    (Path(settings.resolve("bundles")) / "pilot" / "20269999T000000Z-000000000000").mkdir()
    assert standing(settings).faults == ("no bundle yet: `reporter run --environment pilot`; 2 bundles dated later",)
    seal(settings, NOW - HOUR)
    assert standing(settings).as_of == stamp(NOW - HOUR)


@pytest.mark.parametrize("older", [True, False], ids=["an older one is there", "it was the only one"])
def test_bundle_that_latest_shows_and_that_is_gone_is_where_it_stands(settings: Settings, older: bool) -> None:  # noqa: FBT001
    if older:
        seal(settings, NOW - HOUR)
    gone = seal(settings, NOW)
    assert not lost_of(settings, "pilot")
    shutil.rmtree(gone)
    found = standing(settings)
    assert (found.bundle, found.as_of, found.status, found.sealed) == (str(gone), stamp(NOW), "", False)
    assert found.faults == ("`latest` shows it, but it is gone: bring it back, or run again",)
    assert lost_of(settings, "pilot") == gone.name


def test_older_bundle_in_the_place_of_the_newest_is_not_believed(settings: Settings) -> None:
    older, newest = seal(settings, NOW - HOUR), seal(settings, NOW, {"as_of": stamp(NOW), "status": "needs_attention"})
    shutil.rmtree(newest)
    shutil.copytree(older, newest)
    found = standing(settings)
    assert (found.bundle, found.as_of, found.status, found.sealed) == (str(newest), stamp(NOW), "", False)
    assert found.faults == (f"wrong_name: .: {FAILURE_CODES['wrong_name']}",)


@pytest.mark.parametrize("before", [timedelta(0), HOUR], ids=["one of the same instant is there", "an older one is"])
def test_recorded_bundle_that_is_gone_is_where_it_stands_whatever_latest_shows(
    settings: Settings, before: timedelta
) -> None:
    other = seal(settings, NOW - before)
    gone = seal(settings, NOW, {"as_of": stamp(NOW), "status": "needs_attention"})
    assert standing(settings, recorded=gone.name).sealed
    shutil.rmtree(gone)
    (gone.parent / "latest").unlink()
    (gone.parent / "latest").symlink_to(other.name)
    found = standing(settings, recorded=gone.name)
    assert (found.bundle, found.as_of, found.status, found.sealed) == (str(gone), stamp(NOW), "", False)
    assert found.faults == ("the record of its run names it, but it is gone: bring it back, or run again",)
    seal(settings, NOW + HOUR)
    assert standing(settings, NOW + HOUR, gone.name).as_of == stamp(NOW + HOUR)


def test_recorded_bundle_that_was_the_only_one_is_gone_unless_it_was_pruned(settings: Settings) -> None:
    gone = seal(settings, NOW)
    prune_bundle(str(gone))
    (gone.parent / "latest").unlink()
    assert standing(settings, recorded=gone.name).bundle == ""
    shutil.rmtree(gone.parent / "pruned")
    assert standing(settings, recorded=gone.name).bundle == str(gone)


def test_bundle_of_another_version_says_what_it_can(settings: Settings) -> None:
    path = seal(settings, NOW, {"as_of": stamp(NOW), "status": "ready", "loops": {"closure": {"open_items": [1, {}]}}})
    found = standing(settings)
    assert (found.sealed, found.bundle, found.status, found.closure_state) == (True, str(path), "ready", "")
    assert (found.due, found.actors, found.open_items) == ((), (), (OpenItem("", "", "", "", ""),))


@pytest.mark.parametrize(
    ("age", "old"), [(26 * HOUR, False), (26 * HOUR + timedelta(seconds=1), True)], ids=["26 hours", "a second more"]
)
def test_bundle_is_old_after_26_hours(settings: Settings, age: timedelta, old: bool) -> None:  # noqa: FBT001
    seal(settings, NOW)
    assert standing(settings, NOW + age).old is old


def test_what_is_due_next_is_the_first_of_its_kind(settings: Settings) -> None:
    def at(hours: int) -> str:
        return stamp(NOW + hours * HOUR)

    routes = [
        {"due_at": at(3), "acknowledged": False},
        {"due_at": at(-1), "acknowledged": False, "loop": "audit", "subject": "a-1", "provider": "slack"},
        {"due_at": at(-9), "acknowledged": True},
    ]
    retries = [
        {"action": "wait", "next_retry_at": at(2)},
        {"action": "suppress", "next_retry_at": at(-2)},
        {"action": "retry", "next_retry_at": ""},
    ]
    schedule = {"schedule": {"due": {"at": at(200)}}}
    document = {
        "as_of": at(0),
        "production": {"summary": "all well", "go_backend_rollback_drill_schedule": schedule},
        "loops": {
            "escalation_plan": {"routes": routes},
            "retry_plan": {"plans": [{"retry_decisions": retries}]},
            "executive": {"schedule": {"next_due_at": at(0)}},
        },
    }
    seal(settings, NOW, document)
    found = standing(settings)
    assert found.summary == "all well"
    assert found.due == (
        Due("drill", at(200), overdue=False, pending=1),
        Due("acknowledgement", at(-1), overdue=True, pending=2, about="audit a-1 by slack"),
        Due("retry", at(2), overdue=False, pending=1),
        Due("executive report", at(0), overdue=True, pending=1),
    )


def test_who_must_act_is_told_with_the_first_step(settings: Settings) -> None:
    steps = [
        {"phase": "rollback", "owner": "operator", "task": "switch off", "command": ""},
        {"phase": "now", "owner": "lead", "task": "mend", "command": "reporter check drills"},
        {"phase": "now", "owner": "platform", "task": "answer", "command": ""},
        {"phase": "soon", "owner": "lead", "task": "drill", "command": ""},
        {"phase": "close", "owner": "lead", "task": "archive", "command": ""},
    ]
    seal(settings, NOW, {"as_of": stamp(NOW), "loops": {"runbook": {"steps": steps}}})
    assert standing(settings).actors == (
        Actor("lead", 2, "mend", "reporter check drills --environment pilot"),
        Actor("platform", 1, "answer", ""),
    )


def edit_page(path: Path) -> None:
    (path / "readiness.json").write_text("{}", encoding="utf-8")


def add_files(path: Path) -> None:
    for number in range(5):
        (path / f"extra-{number}").touch()


@pytest.mark.parametrize(
    ("harm", "said"),
    [(edit_page, "changed: readiness.json: found sha256"), (add_files, "and 2 more failures")],
    ids=["edited", "added"],
)
def test_bundle_that_does_not_verify_says_nothing_but_why(
    settings: Settings, harm: Callable[[Path], None], said: str
) -> None:
    harm(seal(settings, NOW))
    found = standing(settings)
    assert (found.sealed, found.status) == (False, "")
    assert any(said in fault for fault in found.faults)


@pytest.mark.parametrize(
    ("document", "said", "fault"),
    [
        (b"not json", {}, "it holds no readiness.json of its own instant"),
        (b"[]", {}, "it holds no readiness.json of its own instant"),
        ({"as_of": "2026-01-01T00:00:00Z"}, {}, "it holds no readiness.json of its own instant"),
        (None, {"environment": "other"}, "it was sealed for another environment"),
    ],
    ids=["no JSON", "no object", "another instant", "another environment"],
)
def test_bundle_of_something_else_says_nothing(
    settings: Settings, document: object, said: dict[str, str], fault: str
) -> None:
    seal(settings, NOW, document, **said)
    assert standing(settings).faults == (fault,)


def test_bundle_without_a_key_to_verify_it_says_nothing(settings: Settings, tmp_path: Path) -> None:
    seal(settings, NOW)
    shutil.rmtree(tmp_path / "keys")
    assert public_key_of(settings) is None
    assert standing(settings).faults == ("there is no key to verify it with; see the setting signing_key",)


# The chain


def chain(settings: Settings, most: int = 30) -> list[str]:
    key = public_key_of(settings)
    assert key is not None
    return [link.chain for link in chain_of(settings, "pilot", key, most)]


def follow(settings: Settings, days: int, before: Path | None = None) -> Path:
    digest = before.name.rpartition("-")[2] + "0" * 52 if before else None
    return seal(settings, NOW + days * DAY, previous={"digest": digest} if digest else None)


def test_each_bundle_follows_the_one_before_it(settings: Settings) -> None:
    third = follow(settings, 2, follow(settings, 1, follow(settings, 0)))
    assert chain(settings) == ["follows", "follows", "first"]
    assert chain(settings, 1) == ["follows"]
    (third / "attestation.json").unlink()
    assert chain(settings) == ["", "follows", "first"]


def test_bundle_that_is_gone_leaves_a_gap(settings: Settings) -> None:
    second = follow(settings, 1, follow(settings, 0))
    follow(settings, 2, second)
    shutil.rmtree(second)
    assert chain(settings) == ["gap", "first"]


def test_oldest_bundle_is_the_first_whatever_it_names(settings: Settings) -> None:
    first = follow(settings, 0)
    follow(settings, 1, first)
    shutil.rmtree(first)
    assert chain(settings) == ["first"]


def test_bundle_that_passes_over_another_skips_it(settings: Settings) -> None:
    first = follow(settings, 0)
    follow(settings, 1)
    follow(settings, 2, first)
    assert chain(settings) == ["skips", "skips", "first"]


def test_bundle_made_before_an_older_one_was_added_breaks_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    first = follow(settings, 0)
    follow(settings, 2, first)
    follow(settings, 1, first)
    assert answer(["history", "--settings", str(settings.base_dir / "reporter.toml"), "-e", "pilot"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("  made before the bundle of 2026-06-12T15:40:00Z was added")
    assert [line.rpartition("  ")[2] for line in lines[2:]] == ["follows", "the first"]
    (Path(settings.resolve("bundles")) / "pilot" / "20260099T000000Z-000000000000").mkdir()
    key = public_key_of(settings)
    assert key is not None
    *_, oldest = (one for one in chain_of(settings, "pilot", key, 9) if one.chain)
    assert oldest.before == "20260099T000000Z"


def test_bundles_of_one_instant_stand_beside_each_other(settings: Settings) -> None:
    first = follow(settings, 0)
    follow(settings, 1, first)
    seal(settings, NOW + DAY, b"{}", previous={"digest": first.name[-12:] + "0" * 52})
    assert chain(settings) == ["follows", "follows", "first"]


# Finding and comparing


def test_bundle_is_found_by_its_path_and_by_its_digest(settings: Settings) -> None:
    path = seal(settings, NOW)
    digest = path.name[-12:]
    for named in (str(path), str(path.with_name("latest"))):
        assert find_bundle(settings, named) == named
    assert find_bundle(settings, digest) == find_bundle(settings, digest[:4]) == str(path)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("abc", "found no directory, wanted the path of a bundle or the first digits of its digest"),
        ("nowhere/else", "found no directory"),
        ("ffff0000ffff", "found none, wanted one bundle whose digest starts with it"),
    ],
)
def test_bundle_that_is_not_there_is_refused(settings: Settings, named: str, said: str) -> None:
    seal(settings, NOW)
    with pytest.raises(UsageFault, match=said):
        find_bundle(settings, named)


def test_whole_digest_must_be_the_bundles_own(settings: Settings) -> None:
    path = seal(settings, NOW)
    with pytest.raises(UsageFault, match="found none"):
        find_bundle(settings, path.name[-12:] + "0" * 52)
    (path / "attestation.json").unlink()
    with pytest.raises(UsageFault, match="found none"):
        find_bundle(settings, path.name[-12:] + "0" * 52)


def test_digits_of_several_bundles_are_refused_with_their_names(settings: Settings) -> None:
    paths = [seal(settings, NOW)]
    for twin in ("20260611T164000Z", "20260611T174000Z"):
        paths.append(Path(shutil.copytree(paths[0], paths[0].with_name(f"{twin}-{paths[0].name[-12:]}"))))
    with pytest.raises(UsageFault, match="found 3 of them: 20260611T174000Z-"):
        find_bundle(settings, paths[0].name[-12:])


def test_bundles_are_not_compared_unless_both_verify(settings: Settings) -> None:
    one, other = seal(settings, NOW), seal(settings, NOW + HOUR)
    edit_page(one)
    edit_page(other)
    key = public_key_of(settings)
    assert key is not None
    with pytest.raises(VerificationFailed) as caught:
        compare_bundles(str(one), str(other), key)
    assert [fault.partition(": ")[0] for fault in caught.value.faults] == [str(one), str(other)]


def test_bundle_of_another_version_cannot_be_compared(settings: Settings) -> None:
    path = seal(settings, NOW)
    key = public_key_of(settings)
    assert key is not None
    with pytest.raises(UsageFault, match="found a bundle of another version of reporter"):
        compare_bundles(str(path), str(path), key)


def open_item(code: str, *routes: str, count: int = 0) -> dict[str, Any]:
    keys = [{"route_key": route} for route in routes]
    return {"code": code, "title": code, "routes": keys, "route_count": count or len(keys)}


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (
            [open_item("a_retry_exhausted", "r"), open_item("a_retry_execution_failed", "r"),
             open_item("a_delivery_failed", "r")],
            {"a_retry_exhausted": ("a_retry_execution_failed", "a_delivery_failed")},
        ),
        (
            [open_item("a_delivery_failed", "r", "s"), open_item("a_retry_exhausted", "r")],
            {"a_delivery_failed": (), "a_retry_exhausted": ()},
        ),
        (
            [open_item("a_retry_exhausted", "r"), open_item("a_delivery_failed", "r", count=2), open_item("b")],
            {"a_retry_exhausted": (), "a_delivery_failed": (), "b": ()},
        ),
    ],
    ids=["one route", "another route too", "not all are listed"],
)  # fmt: skip
def test_what_is_settled_with_something_graver_is_named_there(
    settings: Settings, items: list[dict[str, Any]], told: dict[str, tuple[str, ...]]
) -> None:
    seal(settings, NOW, {"as_of": stamp(NOW), "loops": {"closure": {"open_items": items}}})
    assert {one.code: one.settles for one in standing(settings).open_items} == told


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("reporter retry plan", "reporter retry plan --environment pilot"),
        ("reporter ack --provider x -- a -b", "reporter ack --provider x --environment pilot -- a -b"),
        ("reporter check drills --environment pilot", "reporter check drills --environment pilot"),
        ("reporter check drills -e pilot", "reporter check drills -e pilot"),
        ("systemctl restart x", "systemctl restart x"),
        ("", ""),
    ],
)
def test_command_names_the_environment_once(command: str, said: str) -> None:
    assert for_environment(command, "pilot") == said


SHUT = Route("audit", "a-1", "jira", "retry", "wait_for_retry_ack")
SPENT = Route("audit", "a-2", "slack", "suppress", "not_needed")
GOT = Route("audit", "a-3", "teams")
OF_PILOT = "--environment pilot"
TO = f"{OF_PILOT} --by NAME --reason TEXT --ref REF --execute"
OF_JIRA = f"audit a-1 --provider jira {TO}"


@pytest.mark.parametrize(
    ("code", "advice", "said"),
    [
        (
            "audit_delivery_failed",
            "`reporter ack`, then `reporter retry approve`; `reporter retry plan`",
            f"`reporter ack {OF_JIRA}`, then `reporter retry approve {OF_JIRA}`; `reporter retry plan {OF_PILOT}`",
        ),
        ("audit_retry_exhausted", "`reporter recovery open`", f"`reporter recovery open slack {TO}`"),
        (
            "audit_acknowledgement_outstanding",
            "`reporter ack`, or ask.",
            f"`reporter ack audit a-3 --provider teams {TO}`, or ask.",
        ),
        (
            "recovery_open",
            "`reporter recovery close`",
            f"`reporter recovery close jira {TO.replace('--by', '--state resolved --verification REF --by')}`",
        ),
        ("executive_report_missing", "`reporter mail`", "`reporter mail pilot/latest --execute`"),
        (
            "evidence_unreadable",
            "Repair it, then `reporter records import`.",
            "Repair it, then `reporter records import`. (environment pilot)",
        ),
    ],
)
def test_advice_names_the_route_that_wants_it_and_the_environment(code: str, advice: str, said: str) -> None:
    assert advise(code, advice, (GOT, SPENT, SHUT) if code != "recovery_open" else (SHUT,), "pilot") == said


def test_advice_without_a_route_that_wants_it_names_the_environment_alone() -> None:
    assert advise("x_delivery_failed", "`reporter ack`", (), "pilot") == "`reporter ack --environment pilot`"


def test_open_item_says_what_it_is_about_and_what_its_routes_want(settings: Settings) -> None:
    route = {"route_key": "r", "loop": "audit", "subject": "a-1", "provider": "jira"}
    decision = {"route_key": "r", "action": "retry", "gate_state": "approval_required"}
    item = {
        "code": "audit_delivery_failed",
        "next_action": "`reporter retry approve`",
        "route_count": 3,
        "routes": [route],
    }
    loops = {
        "closure": {"open_items": [item]},
        "retry_plan": {"plans": [{"retry_decisions": [decision]}]},
    }
    seal(settings, NOW, {"as_of": stamp(NOW), "loops": loops})
    (found,) = standing(settings).open_items
    assert (found.about, found.route_count) == (("audit a-1 by jira",), 3)
    assert found.next_action == f"`reporter retry approve audit a-1 --provider jira {TO}`"
