"""Which bundles are pruned: never what anything still needs; what goes is recorded and leaves its seal behind."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from cli.conftest import Call
from jobs.test_standing import DAY, HOUR, NOW, seal, stamp
from reporter.jobs.answers.recording import append_own, own_records, sealed_for
from reporter.jobs.keys import make_key_pair, signing_key
from reporter.jobs.records import verify_records
from reporter.jobs.retention.choosing import Candidate, Rules, choose, referred
from reporter.jobs.standing.chain import chain_of
from reporter.loops.writing import write_attachment
from reporter.seal.bundle import prune_bundle
from reporter.seal.chain import verify_chain
from reporter.seal.digests import hash_file
from reporter.seal.history import trend_of
from reporter.settings import load_settings
from reporter.settings_model import Settings

SIGNED = ("--by", "counsel", "--reason", "audit of June", "--ref", "CASE-12")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    make_key_pair(tmp_path / "keys" / "signing.key")
    found, _ = load_settings(str(tmp_path / "reporter.toml"), {})
    return found


def chain(settings: Settings, count: int = 5, **document: Any) -> list[Path]:  # noqa: ANN401 - JSON
    """Seal so many bundles, a day apart, each naming the one before it; the oldest first."""
    made: list[Path] = []
    previous: dict[str, str] | None = None
    for place in range(count):
        at = NOW - (count - 1 - place) * DAY
        content = {"as_of": stamp(at), "status": "ready", **(document if place == count - 1 else {})}
        made.append(seal(settings, at, content, previous=previous))
        previous = {"digest": hash_file(made[-1] / "attestation.json"), "as_of": stamp(at)}
    return made


def prune(call: Call, settings: Settings, *words: str, json_: bool = False) -> Any:  # noqa: ANN401 - Said or JSON
    with freeze_time(NOW):
        said = call("prune", "--settings", settings.file, *words, *(["--json"] if json_ else []))
    assert said.code == 0, said.err
    return json.loads(said.out)["environments"][0]["bundles"] if json_ else said


def left(settings: Settings) -> list[str]:
    folder = Path(settings.resolve("bundles"), "pilot")
    return sorted(path.name for path in folder.iterdir() if path.name[0] == "2")


def reasons(call: Call, settings: Settings, *words: str) -> dict[str, list[str]]:
    return {Path(one["bundle"]).name: one["reasons"] for one in prune(call, settings, *words, json_=True)}


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        (Rules(2, None), "edc"),
        (Rules(None, 2), "ed"),
        (Rules(1, 4), "edcb"),
        (Rules(3, 1), "edcb"),
        (Rules(None, None), "edcba"),
        (Rules(None, 100), "edcba"),
    ],
    ids=["age, inclusive", "count", "count keeps more", "age keeps more", "no rule", "more than there are"],
)
def test_bundle_goes_only_where_every_rule_lets_it(rules: Rules, kept: str) -> None:
    bundles = [Candidate(name, name, NOW - place * DAY, name) for place, name in enumerate("edcba")]
    judged = choose(bundles[::-1], rules, NOW)
    assert "".join(one.candidate.name for one in judged if not one.goes) == kept
    assert [one.candidate.name for one in judged] == list("edcba")


@pytest.mark.parametrize("words", [(), ("--execute",)], ids=["dry", "executed"])
def test_without_a_rule_nothing_goes_and_that_is_no_fault(
    call: Call, settings: Settings, words: tuple[str, ...]
) -> None:
    made = chain(settings, 3)
    said = prune(call, settings, *words)
    assert said.out.splitlines()[0] == f"pilot: 0 of 3 bundles {'pruned' if words else 'would be pruned'}"
    assert said.err == (
        "no rule of retention, so nothing goes: give --keep-days or --keep-count, or [retention] days or count\n"
    )
    assert left(settings) == [one.name for one in made]


def test_newest_stays_however_old_it_is() -> None:
    (judged,) = choose([Candidate("a", "a", NOW - 999 * DAY, "a")], Rules(1, None), NOW)
    assert judged.reasons == ("the newest",)


@pytest.mark.parametrize("rules", [Rules(None, 1), Rules(1, None)], ids=["count", "age"])
def test_what_does_not_count_has_no_place_among_the_newest(rules: Rules) -> None:
    good, old = (Candidate(name, name, NOW - age * DAY, name) for name, age in (("b", 10), ("a", 11)))
    junk = Candidate("c", "c", NOW - 9 * DAY, "c", ("it does not verify",), counts=False)
    judged = choose([old, junk, good], rules, NOW)
    assert [one.reasons[:1] for one in judged] == [("it does not verify",), ("the newest",), ()]


JUNK = {
    "empty": "it does not verify",
    "copied": "it does not verify",
    "renamed": "it does not verify",
    "future": "it is dated later than now",
    "foreign": "it is of another environment",
}


@pytest.mark.parametrize("case", JUNK)
def test_good_bundle_stays_whatever_stands_before_it(call: Call, settings: Settings, case: str) -> None:
    good = chain(settings, 2)[-1]
    match case:
        case "empty":
            junk = good.parent / "20990101T000000Z-000000000000"
            junk.mkdir()
        case "copied":
            junk = Path(shutil.copytree(good, good.parent / f"20260611T200000Z-{good.name[-12:]}"))
        case "renamed":
            junk = Path(shutil.copytree(good, good.parent / f"{good.name[:-12]}{'f' * 12}"))
        case "future":
            junk = seal(settings, NOW + HOUR)
        case _:
            junk = seal(settings, NOW + HOUR / 60, environment="other")
    (good.parent / "latest").unlink()
    told = reasons(call, settings, "--keep-count", "1", "--keep-days", "1")
    assert told[junk.name][-1] == f"{JUNK[case]}: it is kept for whoever looks into that"
    assert told[good.name][0] == "the newest"
    prune(call, settings, "--keep-count", "1", "--execute")
    assert left(settings) == sorted([good.name, junk.name])


def test_bundle_dated_five_minutes_after_now_still_counts(call: Call, settings: Settings) -> None:
    chain(settings, 1)
    newest = seal(settings, NOW + HOUR / 12)
    assert reasons(call, settings, "--keep-count", "1")[newest.name][0] == "the newest"


def test_reference_is_found_by_name_or_digest_and_told_once() -> None:
    text = json.dumps({"a": "ab" * 32, "b": ["20260611T154000Z-0123456789ab/index.html"], "c": "ab" * 32})
    names = {"ab" * 32: ["one", "two"], "20260611T154000Z-0123456789ab": ["three"]}
    assert referred([("x", text), ("y", "ab")], names) == {"one": ["x"], "two": ["x"], "three": ["x"]}


def test_prune_is_dry_and_says_what_would_go(call: Call, settings: Settings) -> None:
    made = chain(settings)
    said = prune(call, settings, "--keep-count", "2")
    assert said.out.splitlines()[0] == "pilot: 3 of 5 bundles would be pruned"
    assert f"  goes   {made[0].name}" in said.out.splitlines()
    assert said.err == "nothing was taken away; --execute does it\n"
    assert len(left(settings)) == 5
    assert not Path(settings.resolve("state/ledger.db")).exists()


def test_what_goes_is_recorded_leaves_its_seal_and_the_chain_holds(call: Call, settings: Settings) -> None:
    made = chain(settings)
    key = signing_key(settings)[0].public
    folder = settings.resolve("bundles")
    trend = trend_of(folder, "pilot", NOW + HOUR, key)
    digests = [hash_file(one / "attestation.json") for one in made]
    prune(call, settings, "--keep-count", "2", "--execute")
    assert left(settings) == [one.name for one in made[3:]]
    records = own_records(settings, "pilot", NOW).records
    payloads = [one["bundle_retention"] for one in records]
    assert [one["event"] for one in payloads] == ["pruned"] * 3
    assert [one["bundle_digest"] for one in payloads] == digests[:3]
    assert [one.get("previous_digest", "") for one in payloads] == ["", *digests[:2]]
    assert all(len(one["statement_sha256"]) == 64 and one["bundle_as_of"] for one in payloads)
    assert verify_records(settings).faults == []

    pruned = sorted(path.name for path in Path(folder, "pilot", "pruned").iterdir())
    assert pruned == [one.name for one in made[:3]]
    found = verify_chain(Path(folder, "pilot"), [key])
    assert (found.result, found.failures) == ("passed", ())
    assert [link.pruned for link in found.links] == [False, False, True, True, True]
    assert [link.chain for link in chain_of(settings, "pilot", key, 9)] == ["follows"] * 4 + ["first"]
    assert trend_of(folder, "pilot", NOW + HOUR, key) == trend
    said = call("history", "--settings", settings.file)
    assert (said.code, said.out.count("; pruned")) == (0, 3)
    again = prune(call, settings, "--keep-count", "2", "--execute")
    assert again.out.splitlines()[0] == "pilot: 0 of 2 bundles pruned"
    assert len(own_records(settings, "pilot", NOW).records) == 3


def test_bundle_on_hold_stays_until_it_is_released(call: Call, settings: Settings) -> None:
    made = chain(settings)
    digest = hash_file(made[0] / "attestation.json")
    dry = prune(call, settings, "--hold", digest[:12], *SIGNED)
    assert dry.out.startswith(f"would record: held bundle {digest[:12]}")
    assert reasons(call, settings, "--keep-count", "1")[made[0].name] == []
    assert prune(call, settings, "--hold", digest[:12], *SIGNED, "--execute").out.startswith("recorded: held bundle")
    assert reasons(call, settings, "--keep-count", "1")[made[0].name] == ["on hold: CASE-12"]
    again = prune(call, settings, "--hold", digest, *SIGNED, "--execute")
    assert again.out.startswith("recorded already, nothing was added:")
    other = (*SIGNED[:-1], "CASE-13")
    assert "another reason" in prune(call, settings, "--hold", digest[:12], *other).err
    prune(call, settings, "--keep-count", "1", "--execute")
    assert left(settings) == [made[0].name, made[-1].name]
    with freeze_time(NOW + HOUR):
        assert call("prune", "--release", digest[:12], *SIGNED, "--execute", "--settings", settings.file).code == 0
        assert call("prune", "--release", digest[:12], *SIGNED, "--settings", settings.file).code == 2
        assert call("prune", "--keep-count", "1", "--execute", "--settings", settings.file).code == 0
    assert left(settings) == [made[-1].name]


@pytest.mark.parametrize("word", ["--hold", "--release"])
def test_hold_that_holds_a_private_value_is_refused(call: Call, settings: Settings, word: str) -> None:
    (settings.base_dir / "beat").write_text("https://beat.monitor.example/ping", encoding="utf-8")
    (settings.base_dir / "beat").chmod(0o600)
    Path(settings.file).write_text('heartbeat_url = "file:beat"\n[environments.pilot]\n', encoding="utf-8")
    signed = (*SIGNED[:-1], "beat.monitor.example")
    said = call("prune", "--settings", settings.file, word, "0" * 12, *signed)
    assert (said.code, said.out) == (7, "")
    assert said.err == (
        "error: --ref: found what is configured as heartbeat_url (not shown), wanted none in a record;"
        " rule private_value\n"
    )


def test_hold_is_for_the_seal_that_a_bundle_has_not_for_the_name_that_it_was_given(
    call: Call, settings: Settings
) -> None:
    made = chain(settings, 2)
    shutil.rmtree(made[1])
    lying = Path(shutil.copytree(made[0], made[1]))
    (lying.parent / f"20260610T000000Z-{'e' * 12}").mkdir()
    for digits in (lying.name[-12:], "e" * 12):
        said = call("prune", "--settings", settings.file, "--hold", digits, *SIGNED)
        assert (said.code, "found no bundle of pilot with this digest" in said.err) == (2, True)


def test_hold_of_the_settings_counts_too(call: Call, settings: Settings) -> None:
    made = chain(settings)
    digest = hash_file(made[1] / "attestation.json")
    text = f'[retention]\ncount = 1\nholds = ["{digest[:12]}"]\n[environments.pilot]\n'
    Path(settings.file).write_text(text, encoding="utf-8")
    assert reasons(call, settings)[made[1].name] == ["on hold by the settings"]


def test_bundle_that_a_record_refers_to_stays(call: Call, settings: Settings) -> None:
    made = chain(settings)
    evidence = {"readiness.json": hash_file(made[1] / "readiness.json")}
    record = write_attachment(
        NOW, "v1", by="lead", decision_id="d", evidence=evidence, record_id="gordackfinalrecord-1"
    )
    append_own(settings, "pilot", [sealed_for("pilot", NOW, record)])
    kept = reasons(call, settings, "--keep-count", "1")
    assert kept[made[1].name] == ["record gordackfinalrecord-1 refers to it"]
    assert kept[made[0].name] == []


def test_bundle_that_first_told_of_an_open_item_stays_and_one_that_it_names(call: Call, settings: Settings) -> None:
    item = {"code": "recovery_open", "since": stamp(NOW - 3 * DAY - HOUR), "next_action": ""}
    named = {"code": "artifacts", "why": "20260607T154000Z-"}
    loops = {"closure": {"open_items": [item]}, "release_readiness": {"blockers": [named]}}
    made = chain(settings, loops=loops)
    kept = reasons(call, settings, "--keep-count", "1")
    assert kept[made[1].name] == ["the first that tells of the open item recovery_open"]
    assert kept[made[0].name] == []


def test_bundle_that_does_not_verify_stays_for_whoever_looks_into_it(call: Call, settings: Settings) -> None:
    made = chain(settings)
    (made[0] / "readiness.json").write_text("{}", encoding="utf-8")
    shutil.rmtree(made[1])
    (made[1]).mkdir()
    prune(call, settings, "--keep-count", "1", "--execute")
    assert left(settings) == [made[0].name, made[1].name, made[-1].name]


def test_bundle_that_latest_shows_stays(call: Call, settings: Settings) -> None:
    made = chain(settings)
    latest = made[0].with_name("latest")
    latest.unlink()
    latest.symlink_to(made[0].name)
    assert reasons(call, settings, "--keep-days", "1")[made[0].name] == ["`latest` shows it"]


def test_call_that_was_cut_off_after_the_seal_was_kept_is_finished_by_the_next(call: Call, settings: Settings) -> None:
    made = chain(settings)
    kept = made[0].parent / "pruned" / made[0].name
    kept.mkdir(parents=True)
    (kept / "attestation.json.partial-1").write_bytes(b"half")
    key = signing_key(settings)[0].public
    assert verify_chain(made[0].parent, [key]).result == "passed"
    prune(call, settings, "--keep-count", "4", "--execute")
    assert [path.name for path in kept.iterdir()] == ["attestation.json"]
    assert verify_chain(made[0].parent, [key]).result == "passed"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--hold", "12"), "--by: is blank"),
        (("--hold", "12", *SIGNED), "its first 12 digits at least"),
        (("--hold", "0" * 12, *SIGNED), "found no bundle of pilot with this digest"),
        (("--hold", "0" * 12, "--release", "0" * 12, *SIGNED), "leave out all other rules"),
        (("--keep-count", "1", "--by", "lead"), "--by, --reason and --ref are for"),
    ],
    ids=["unsigned", "too short", "unknown", "both", "signed for nothing"],
)
def test_call_that_cannot_be_meant_is_refused(
    call: Call, settings: Settings, words: tuple[str, ...], fault: str
) -> None:
    chain(settings, 1)
    said = call("prune", *words, "--settings", settings.file)
    assert (said.code, fault in said.err) == (2, True), said.err


def test_without_a_key_there_is_nothing_to_prune(call: Call, tmp_path: Path) -> None:
    (tmp_path / "reporter.toml").write_text("[environments.pilot]\n", encoding="utf-8")
    said = call("prune", "--keep-count", "1")
    assert (said.code, "no bundle yet" in said.err) == (2, True)


def test_command_verifies_a_chain_with_the_keys_that_it_is_given(call: Call, settings: Settings) -> None:
    made = chain(settings, 3)
    prune_bundle(str(made[0]))
    public = str(Path(settings.base_dir, "keys", "signing.key.pub"))
    said = call("verify", "--chain", made[0].parent, "--key", public)
    assert said.out.splitlines() == [
        f"passed  {made[0].parent}",
        "  environment pilot",
        "  3 bundles in the chain, 1 of them pruned to their seals",
    ]
    assert said.code == 0
    shutil.rmtree(made[0].parent / "pruned")
    said = call("verify", "--chain", made[0].parent, "--json")
    assert said.code == 5
    document = json.loads(said.out)
    assert document["result"] == "failed"
    assert document["environment"] == "pilot"
    assert [one["pruned"] for one in document["bundles"]] == [False, False]
    other = call("verify", "--chain", made[0].parent, "--environment", "production")
    assert (other.code, other.out.splitlines()[1]) == (5, "  environment production")
    assert "  " + document["failures"][0] in call("verify", "--chain", made[0].parent).out.splitlines()


@pytest.mark.parametrize(
    "words",
    [(), ("bundle", "--chain", "dir"), ("bundle", "--key", "a", "--key", "b"), ("bundle", "--environment", "pilot")],
    ids=["nothing", "both", "keys", "environment"],
)
def test_call_wants_a_bundle_or_a_chain(call: Call, words: tuple[str, ...]) -> None:
    said = call("verify", *words)
    assert (said.code, said.err) == (2, "error: wanted one BUNDLE with one --key, or --chain DIR\n")


def test_what_has_the_name_of_a_day_that_never_was_is_left_alone(call: Call, settings: Settings) -> None:
    chain(settings)
    odd = Path(settings.resolve("bundles"), "pilot", "20260631T000000Z-0123456789ab")
    odd.mkdir()
    prune(call, settings, "--keep-count", "1", "--execute")
    assert odd.is_dir()
    assert len(left(settings)) == 2
