"""The closeout packet (domain.md A7, A8, B2.27, B2.28, C13, C15, C23). Each case changes one part of a closed one."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, NOW, SECOND, F, settled
from reporter.loops.closeout import CloseoutEntry, CloseoutPacket, assess_closeout
from reporter.loops.facts import KEPT_LISTED, merge
from reporter.loops.fold import fold
from reporter.loops.packet import KEPT_PARTS
from reporter.loops.table import READER
from reporter.model.instants import format_instant
from reporter.model.records import Step
from reporter.model.routes import ClosureState

APPROVED_AT = NOW - 10 * HOUR
ATTACHED_AT = NOW - 9 * HOUR
EXPORTED_AT = NOW - 8 * HOUR
ARCHIVED_AT = NOW - 7 * HOUR
SIGNED_AT = NOW - 6 * HOUR
RELEASE = "REL-2026-06"
DIGEST = "sha256:" + "a" * 64
CODES = [
    "approval_decision",
    "release_record_attachment",
    "packet_verification",
    "packet_export",
    "archive_reference",
    "archive_retention",
    "archive_manifest_signature",
]


def decision(at: Any = APPROVED_AT, state: str = "approved", **more: Any) -> make.RecordValue:  # noqa: ANN401
    return make.release_decision(at, state, **{"rid": "decision-1", **more})


def attachment(at: Any = ATTACHED_AT, **more: Any) -> make.RecordValue:  # noqa: ANN401
    evidence = [{"session_id": make.SUMMARY}, {"session_id": "gordackfinalrunbook-1"}]
    said = {
        "attachment_state": "attached",
        "attached_by": make.ACTOR,
        "release_record_ref": RELEASE,
        "decision_id": "decision-1",
        "attached_evidence": evidence,
    }
    return make.part(Step.ATTACHMENT, at, **{"rid": "attachment-1", **said, **more})


def verification(at: Any = EXPORTED_AT, **more: Any) -> make.RecordValue:  # noqa: ANN401
    return make.part(Step.VERIFICATION, at, **{"rid": "verification-1", "verification_state": "verified", **more})


def export(at: Any = EXPORTED_AT, **more: Any) -> make.RecordValue:  # noqa: ANN401
    said = {"rid": "export-1", "export_id": "export-1", "export_hash": DIGEST, "release_record_ref": RELEASE}
    named = {**said, **more}
    return make.envelope(F.plans[-1], at, {key: named[key] for key in named if key != "rid"}, rid=named["rid"])


def archive(at: Any = ARCHIVED_AT, **more: Any) -> make.RecordValue:  # noqa: ANN401
    said = {
        "export_id": "export-1",
        "archive_ref": "vault-7",
        "archive_hash": "sha256:" + "b" * 64,
        "retention_until": format_instant(NOW + 365 * DAY),
    }
    return make.part(Step.ARCHIVE, at, **{"rid": "archive-1", **said, **more})


def manifest(at: Any = SIGNED_AT, **more: Any) -> make.RecordValue:  # noqa: ANN401
    said = {"rid": "manifest-1", "signature_state": "external_signature_attached"}
    return make.part(Step.ARCHIVE_MANIFEST, at, **{**said, **more})


CLOSED = {
    "decision": decision(),
    "attachment": attachment(),
    "verification": verification(),
    "export": export(),
    "archive": archive(),
    "manifest": manifest(),
}


def assess(*values: make.RecordValue, ready: bool = True) -> CloseoutPacket:
    return assess_closeout(settled(*values), make.SUMMARY, readiness_ready=ready)


def changed(*more: make.RecordValue, ready: bool = True, **parts: make.RecordValue | None) -> CloseoutPacket:
    """Put other parts into a closed packet; None leaves one out."""
    return assess(*(one for one in {**CLOSED, **parts}.values() if one), *more, ready=ready)


def unmet(packet: CloseoutPacket) -> dict[str, str]:
    return {one.code: one.found for one in packet.entries if not one.met}


def entry(packet: CloseoutPacket, code: str) -> CloseoutEntry:
    (found,) = [one for one in packet.entries if one.code == code]
    return found


def test_packet_with_every_part_in_order_is_closed_and_says_what_each_rests_on() -> None:
    packet = changed()
    assert (packet.state, packet.overridden, unmet(packet)) == (ClosureState.CLOSED, False, {})
    assert [one.code for one in packet.entries] == CODES
    assert [(one.since, one.record) for one in packet.entries] == [
        (APPROVED_AT, "decision-1"),
        (ATTACHED_AT, "attachment-1"),
        (ATTACHED_AT, "attachment-1"),
        (EXPORTED_AT, "export-1"),
        (ARCHIVED_AT, "archive-1"),
        (ARCHIVED_AT, "archive-1"),
        (SIGNED_AT, "manifest-1"),
    ]
    assert all(one.found and one.wanted and one.title for one in packet.entries)


def test_c3_nothing_at_all_is_open() -> None:
    packet = assess()
    assert packet.state is ClosureState.OPEN
    assert list(unmet(packet)) == CODES
    assert {(one.since, one.record) for one in packet.entries} == {(None, "")}


@pytest.mark.parametrize("missing", [name for name in CLOSED if name != "verification"])
def test_packet_without_one_part_is_open(missing: str) -> None:
    kept = [value for name, value in CLOSED.items() if name != missing]
    assert assess(*kept).state is ClosureState.OPEN


DECISIONS = {
    "denied": (decision(state="denied"), "denied by release-manager"),
    "deferred": (decision(state="deferred"), "deferred by"),
    "expired": (decision(state="expired"), "expired by"),
    "unknown-state": (decision(state="fine"), "fine by"),
    "no-state": (decision(state=""), "an unknown state by"),
    "nobody": (decision(by=" "), "approved by nobody"),
    "blank-id": (decision(rid=" "), "a decision without an id"),
    "blocked-summary": (decision(readiness_state="blocked"), "approved while blocked, without an override"),
    "summary-of-unknown-state": (decision(readiness_state=""), "approved while in an unknown state, without"),
    "override-without-reason": (decision(readiness_state="blocked", override=True, reason=" "), "without a reason"),
}


@pytest.mark.parametrize(("value", "found"), list(DECISIONS.values()), ids=list(DECISIONS))
def test_c15_decision_that_does_not_approve_by_the_rules_opens_it(value: make.RecordValue, found: str) -> None:
    packet = changed(decision=value)
    assert found in entry(packet, "approval_decision").found
    assert {"approval_decision", "release_record_attachment", "packet_verification"} <= set(unmet(packet))


def test_blocked_release_is_approved_by_an_override_with_a_reason_alone_and_that_is_flagged() -> None:
    over = decision(override=True, reason="vendor outage, accepted by the board")
    packet = changed(decision=over, ready=False)
    assert (packet.state, packet.overridden) == (ClosureState.CLOSED, True)
    assert "over its blockers: vendor outage" in entry(packet, "approval_decision").found
    assert unmet(changed(ready=False))["approval_decision"] == "approved while blocked, without an override"


@pytest.mark.parametrize("state", ["denied", "expired", "deferred"])
@pytest.mark.parametrize("at", [APPROVED_AT + SECOND, None], ids=["later", "undated"])
def test_c15_later_decision_revokes_the_approval_and_one_without_a_date_too(at: Any, state: str) -> None:  # noqa: ANN401
    packet = changed(decision(at, state, rid="decision-2"))
    assert "approval_decision" in unmet(packet), "upstream: never revoked"
    assert changed(decision(APPROVED_AT - SECOND, state, rid="decision-2")).state is ClosureState.CLOSED


ATTACHMENTS = {
    "not-attached": (attachment(attachment_state="incomplete"), "in state incomplete"),
    "no-state": (attachment(attachment_state=None), "in state (none)"),
    "no-release": (attachment(release_record_ref=" "), "no release record is named"),
    "nobody": (attachment(attached_by=None), "attached by nobody"),
    "before-the-approval": (attachment(APPROVED_AT - SECOND), "before the approval at"),
    "undated": (attachment(None), "dated at an unknown time"),
    "unreadable-date": (attachment("soon"), "dated at an unknown time"),
    "of-another-decision": (attachment(decision_id="decision-0"), "made for decision-0"),
    "of-another-approval": (attachment(approval_decision_id="decision-0"), "made for decision-0"),
    "in-the-future": (attachment(NOW + DAY), "no attachment"),
}


@pytest.mark.parametrize(("value", "found"), list(ATTACHMENTS.values()), ids=list(ATTACHMENTS))
def test_attachment_that_is_none_opens_it(value: make.RecordValue, found: str) -> None:
    packet = changed(attachment=value)
    assert found in unmet(packet)["release_record_attachment"]
    assert "packet_verification" in unmet(packet)


@pytest.mark.parametrize(
    "value", [attachment(APPROVED_AT), attachment(decision_id=None)], ids=["at-the-approval", "names-no-decision"]
)
def test_attachment_at_the_instant_of_the_approval_and_one_that_names_no_decision_count(
    value: make.RecordValue,
) -> None:
    assert changed(attachment=value).state is ClosureState.CLOSED


def test_c23_newer_approval_wants_an_attachment_of_its_own() -> None:
    packet = changed(decision(SIGNED_AT, rid="decision-2"))
    assert "before the approval" in unmet(packet)["release_record_attachment"]


PARTS = {
    "nothing-attached": (attachment(attached_evidence=[]), "nothing is attached"),
    "one-missing": (
        attachment(attached_evidence=[{"session_id": make.SUMMARY}, {"session_id": ""}]),
        "something that belongs to it is missing",
    ),
    "one-without-id": (
        attachment(attached_evidence=[{"session_id": make.SUMMARY}, {}]),
        "something that belongs to it is missing",
    ),
    "another-summary": (attachment(attached_evidence=[{"session_id": "other"}]), f"{make.SUMMARY} is not attached"),
}


@pytest.mark.parametrize(("value", "found"), list(PARTS.values()), ids=list(PARTS))
def test_c13_word_verified_does_not_verify_what_its_parts_contradict(value: make.RecordValue, found: str) -> None:
    packet = changed(attachment=value)
    assert found in unmet(packet)["packet_verification"], "upstream: verified, and always by the closure dashboard"


def test_decision_about_no_summary_has_nothing_that_could_be_attached() -> None:
    packet = assess_closeout(settled(*{**CLOSED, "decision": decision(summary="")}.values()), "", readiness_ready=True)
    assert "(not named)" in unmet(packet)["packet_verification"]


def test_approval_of_another_summary_than_the_current_one_closes_nothing() -> None:
    packet = assess_closeout(settled(*CLOSED.values()), "gordackfinalready-of-july", readiness_ready=True)
    assert packet.state is ClosureState.OPEN
    assert unmet(packet)["approval_decision"] == (
        f"about {make.SUMMARY}, while gordackfinalready-of-july is the current one"
    )
    assert "about no summary" in unmet(changed(decision=decision(summary="")))["approval_decision"]


@pytest.mark.parametrize(
    ("value", "is_open"),
    [
        pytest.param(None, False, id="nobody-says-anything"),
        pytest.param(verification(verification_state="incomplete"), True, id="incomplete"),
        pytest.param(verification(verification_state=None), True, id="no-state"),
        pytest.param(verification(None, verification_state="incomplete"), True, id="incomplete-and-undated"),
        pytest.param(verification(ATTACHED_AT, verification_state="incomplete"), True, id="at-the-attachment"),
        pytest.param(verification(APPROVED_AT, verification_state="incomplete"), False, id="before-the-attachment"),
        pytest.param(
            verification(verification_state="incomplete", release_record_ref="other"), False, id="of-another-release"
        ),
    ],
)
def test_what_others_say_of_the_packet_makes_it_worse_alone(value: make.RecordValue | None, *, is_open: bool) -> None:
    assert ("packet_verification" in unmet(changed(verification=value))) is is_open


def test_later_verification_supersedes_an_incomplete_one() -> None:
    packet = changed(verification(SIGNED_AT, rid="v-2"), verification=verification(verification_state="incomplete"))
    assert packet.state is ClosureState.CLOSED


EXPORTS = {
    "no-hash": (export(export_hash=None), "no hash of its own"),
    "incomplete": (export(verification_state="incomplete"), "calls itself incomplete"),
    "before-the-attachment": (export(ATTACHED_AT - SECOND), "before the attachment"),
    "undated": (export(None), "dated at an unknown time"),
    "of-another-release": (export(release_record_ref="other"), "no export of this release"),
    "in-the-future": (export(NOW + DAY), "no export of this release"),
}


@pytest.mark.parametrize(("value", "found"), list(EXPORTS.values()), ids=list(EXPORTS))
def test_export_that_is_none_of_this_release_opens_it(value: make.RecordValue, found: str) -> None:
    packet = changed(export=value)
    assert found in unmet(packet)["packet_export"]
    assert "archive_reference" in unmet(packet)


def test_export_is_a_plan_of_its_loop_too() -> None:
    states = settled(*CLOSED.values(), make.delivery(F, NOW, "export-1"))
    assert [one.route.subject for one in states.of(F)] == ["export-1"]


ARCHIVES = {
    "no-reference": (archive(archive_ref=" "), "no archive is named"),
    "no-hash": (archive(archive_hash=None), "no hash of the archived object"),
    "hash-of-the-export": (archive(archive_hash=DIGEST), "is the export's own"),
    "hash-of-the-export-in-another-spelling": (archive(archive_hash=" " + "A" * 64), "is the export's own"),
    "before-the-export": (archive(EXPORTED_AT - SECOND), "before the export"),
    "undated": (archive(None), "dated at an unknown time"),
    "of-another-export": (archive(export_id="export-0"), "no archive reference for this export"),
    "in-the-future": (archive(NOW + DAY), "no archive reference for this export"),
}


@pytest.mark.parametrize(("value", "found"), list(ARCHIVES.values()), ids=list(ARCHIVES))
def test_c13_and_c23_archive_reference_that_proves_nothing_opens_it(value: make.RecordValue, found: str) -> None:
    assert found in unmet(changed(archive=value))["archive_reference"]


def test_archive_reference_that_names_no_export_counts_for_the_one_before_it() -> None:
    assert changed(archive=archive(EXPORTED_AT, export_id=None)).state is ClosureState.CLOSED


@pytest.mark.parametrize(
    ("until", "found"),
    [
        pytest.param(format_instant(NOW - SECOND), "ended at", id="a-second-before-now"),
        pytest.param(format_instant(NOW), "ended at 2026-06-11T15:40:00Z", id="at-now"),
        pytest.param(format_instant(NOW + SECOND), "", id="a-second-after-now"),
        pytest.param("2026-06-11", "ended at", id="today"),
        pytest.param("2026-06-12", "", id="tomorrow"),
        pytest.param("2026-06-11T17:40:00+02:00", "ended at", id="by-instant"),
        pytest.param("forever", "forever, which is no date", id="no-date"),
        pytest.param(None, "no date", id="missing"),
    ],
)
def test_c13_retention_is_compared_with_now(until: str | None, found: str) -> None:
    packet = changed(archive=archive(retention_until=until))
    assert found in unmet(packet).get("archive_retention", ""), "upstream: never compared"
    assert (packet.state is ClosureState.CLOSED) is (not found)
    held = changed(archive=archive(retention_until=until, legal_hold=True))
    assert entry(held, "archive_retention")[2:4] == (True, "a legal hold")


MANIFESTS = {
    "unsigned": (manifest(signature_state="external_signature_required"), "in state external_signature_required"),
    "any-word": (manifest(signature_state="yes"), "in state yes"),
    "no-state": (manifest(signature_state=None), "in state (none)"),
    "before-the-archive": (manifest(ARCHIVED_AT - SECOND), "before the archive reference"),
    "undated": (manifest(None), "dated at an unknown time"),
    "in-the-future": (manifest(NOW + DAY), "no archive manifest"),
}


@pytest.mark.parametrize(("value", "found"), list(MANIFESTS.values()), ids=list(MANIFESTS))
def test_c13_manifest_without_a_recorded_signature_opens_it(value: make.RecordValue, found: str) -> None:
    assert found in unmet(changed(manifest=value))["archive_manifest_signature"]


def test_recorded_signature_is_never_called_verified() -> None:
    signature = entry(changed(), "archive_manifest_signature")
    assert (signature.met, signature.found) == (True, "an external signature is recorded; it cannot be verified here")


def test_manifest_without_an_archive_lists_nothing() -> None:
    assert "no archive that it could list" in unmet(changed(archive=None))["archive_manifest_signature"]


BLOCKED = decision(override=True, reason="vendor outage", readiness_state="blocked")
ENDED_HELD = archive(retention_until="2026-01-01", legal_hold=True)
CONTRADICTIONS = {
    "verification-incomplete": (verification(verification_state="incomplete"), {}, "packet_verification"),
    "verification-revoked": (verification(verification_state="revoked"), {}, "packet_verification"),
    "verification-without-a-state": (verification(verification_state=None), {}, "packet_verification"),
    "archive-retention-ended": (archive(retention_until="2026-01-01"), {}, "archive_retention"),
    "archive-retention-no-date": (archive(retention_until="soon"), {}, "archive_retention"),
    "archive-not-held": (archive(retention_until="2026-01-01"), {"archive": ENDED_HELD}, "archive_retention"),
    "archive-hash-of-the-export": (archive(archive_hash=DIGEST), {}, "archive_reference"),
    "archive-without-hash": (archive(archive_hash=None), {}, "archive_reference"),
    "archive-without-reference": (archive(archive_ref=""), {}, "archive_reference"),
    "export-without-hash": (export(export_hash=""), {}, "packet_export"),
    "export-incomplete": (
        export(verification_state="incomplete"),
        {"export": export(verification_state="verified")},
        "packet_export",
    ),
    "attached-by-nobody": (attachment(attached_by=""), {}, "release_record_attachment"),
    "attached-without-evidence": (attachment(attached_evidence=[]), {}, "packet_verification"),
    "attachment-aborted": (attachment(attachment_state="aborted"), {}, "release_record_attachment"),
    "attached-for-another-decision": (attachment(decision_id="decision-0"), {}, "release_record_attachment"),
    "decision-blocked": (decision(readiness_state="blocked"), {}, "approval_decision"),
    "decision-by-nobody": (decision(by=""), {}, "approval_decision"),
    "decision-of-another-summary": (decision(summary="gordackfinalready-0000"), {}, "approval_decision"),
    "decision-denied": (decision(state="denied"), {}, "approval_decision"),
    "decision-without-override": (decision(readiness_state="blocked"), {"decision": BLOCKED}, "approval_decision"),
    "manifest-broken": (manifest(signature_state="broken"), {}, "archive_manifest_signature"),
    "manifest-unsigned": (manifest(signature_state="external_signature_required"), {}, "archive_manifest_signature"),
}


READ_FIRST_OR_LAST = pytest.mark.parametrize("first", [True, False], ids=["read-first", "read-last"])


@READ_FIRST_OR_LAST
@pytest.mark.parametrize(("worse", "parts", "code"), list(CONTRADICTIONS.values()), ids=list(CONTRADICTIONS))
def test_worse_version_of_a_record_counts_beside_one_of_its_instant_and_is_a_conflict(
    worse: make.RecordValue, parts: dict[str, make.RecordValue], code: str, *, first: bool
) -> None:
    good = list({**CLOSED, **parts}.values())
    assert assess(*good).state is ClosureState.CLOSED
    values = [worse, *good] if first else [*good, worse]
    found = unmet(assess(*values))
    assert code in found
    assert f"two versions of {worse['session_id']}, of 2026-06-11T" in "; ".join(found.values())
    assert settled(*values).conflicts == (worse["session_id"],)


@READ_FIRST_OR_LAST
@pytest.mark.parametrize("rid", ["a-1", "z-1"], ids=["sorts-before", "sorts-after"])
@pytest.mark.parametrize(("worse", "parts", "code"), list(CONTRADICTIONS.values()), ids=list(CONTRADICTIONS))
def test_worse_record_counts_beside_another_of_its_instant_whatever_its_id(
    worse: make.RecordValue, parts: dict[str, make.RecordValue], code: str, rid: str, *, first: bool
) -> None:
    good = list({**CLOSED, **parts}.values())
    values = [worse | {"session_id": rid}, *good] if first else [*good, worse | {"session_id": rid}]
    found = unmet(assess(*values))[code]
    assert rid in found
    assert "contradict each other" in found
    assert settled(*values).conflicts == ()


TWO_AT_ONCE = {
    "two-releases": (
        attachment(release_record_ref="REL-0", rid="a-1"),
        "packet_export",
        "no export of this release REL-0",
    ),
    "two-hashes": (export(export_hash="sha256:" + "b" * 64, rid="a-1"), "archive_reference", "is the export's own"),
    "two-exports": (export(export_id="export-0", rid="a-1"), "archive_reference", "for this export export-0"),
    "another-version": (
        attachment(release_record_ref="REL-0"),
        "release_record_attachment",
        "two versions of attachment-1, of 2026-06-11T06:40:00Z, contradict each other",
    ),
    "another-version-undated": (
        attachment(None, rid="attachment-1") | {"session_id": "attachment-2"},
        "release_record_attachment",
        "dated at an unknown time",
    ),
}


@pytest.mark.parametrize(("more", "code", "found"), list(TWO_AT_ONCE.values()), ids=list(TWO_AT_ONCE))
def test_what_follows_two_records_of_one_instant_follows_both(more: make.RecordValue, code: str, found: str) -> None:
    assert found in unmet(changed(more))[code]


def test_records_of_one_instant_that_all_satisfy_their_rule_contradict_nothing() -> None:
    packet = changed(
        decision(rid="decision-0"),
        attachment(rid="attachment-0", decision_id="decision-0"),
        verification(rid="verification-0", release_record_ref=RELEASE),
        export(rid="export-0"),
        archive(rid="archive-0", archive_ref="vault-8"),
        manifest(rid="manifest-0"),
    )
    assert (packet.state, unmet(packet)) == (ClosureState.CLOSED, {})


def test_undated_versions_of_a_record_contradict_each_other_too() -> None:
    found = unmet(
        changed(manifest(None) | {"session_id": "m-1"}, manifest(None, signature_state="") | {"session_id": "m-1"})
    )
    assert "two versions of m-1, without a date, contradict each other" in found["archive_manifest_signature"]


SUPERSEDED = {
    "export": (export(SIGNED_AT, release_record_ref="other"), "packet_export", "export-1"),
    "archive": (archive(SIGNED_AT, export_id="export-0"), "archive_reference", "archive-1"),
    "verification": (verification(SIGNED_AT, release_record_ref="other"), "packet_verification", "verification-1"),
}


@pytest.mark.parametrize(("newer", "code", "name"), list(SUPERSEDED.values()), ids=list(SUPERSEDED))
def test_record_whose_newer_version_speaks_of_something_else_counts_no_more(
    newer: make.RecordValue, code: str, name: str
) -> None:
    assert unmet(changed(newer))[code] == f"a newer version of {name} speaks of something else"
    assert changed(newer | {"session_id": "another"}).state is ClosureState.CLOSED
    assert settled(*CLOSED.values(), newer).conflicts == (name,)


def crowd(make_part: Any, at: datetime, count: int = KEPT_PARTS, **more: Any) -> list[make.RecordValue]:  # noqa: ANN401
    return [make_part(at, rid=f"z-{number:03}", **more) for number in range(count)]


CROWDS = {
    "decisions": (
        decision(state="denied"),
        crowd(decision, APPROVED_AT, KEPT_LISTED, decision_id="decision-1"),
        "approval_decision",
    ),
    "attachments": (attachment(attached_by=""), crowd(attachment, ATTACHED_AT), "release_record_attachment"),
    "exports": (export(export_hash=""), crowd(export, EXPORTED_AT), "packet_export"),
    "archives": (archive(archive_hash=None), crowd(archive, ARCHIVED_AT), "archive_reference"),
    "manifests": (manifest(signature_state="broken"), crowd(manifest, SIGNED_AT), "archive_manifest_signature"),
    "verifications": (
        verification(verification_state="incomplete"),
        crowd(verification, EXPORTED_AT),
        "packet_verification",
    ),
    "verifications-of-another-release": (
        verification(verification_state="incomplete"),
        crowd(verification, SIGNED_AT, release_record_ref="other"),
        "packet_verification",
    ),
}


@pytest.mark.parametrize(("worse", "others", "code"), list(CROWDS.values()), ids=list(CROWDS))
def test_more_records_of_one_instant_than_are_kept_hide_none(
    worse: make.RecordValue, others: list[make.RecordValue], code: str
) -> None:
    values = [*(one for one in CLOSED.values() if one["metadata_kind"] != worse["metadata_kind"]), worse, *others]
    assert "that are kept" in unmet(assess(*values))[code]
    assert assess(*(one for one in values if one not in (worse, others[0]))).state is ClosureState.CLOSED


def test_verifications_before_the_attachment_are_none_of_it_however_many_there_are() -> None:
    assert changed(*crowd(verification, APPROVED_AT), verification=None).state is ClosureState.CLOSED


@given(st.permutations([*CLOSED.values(), *(worse for worse, _, _ in CONTRADICTIONS.values())]), st.integers(0, 29))
@settings(max_examples=20)
def test_order_and_shares_of_contradictory_records_change_nothing(values: list[make.RecordValue], cut: int) -> None:
    records = [READER.decode_record(make.raw(value)) for value in values]
    whole = fold(records, NOW)
    assert merge(fold(records[:cut], NOW), fold(records[cut:], NOW)) == whole
    assert fold(reversed(records), NOW) == whole


def test_parts_are_kept_newest_and_merge() -> None:
    values = [archive(ARCHIVED_AT - place * MINUTE, rid=f"archive-{place:03}") for place in range(3 * KEPT_PARTS)]
    read = [READER.decode_record(make.raw(value)) for value in (*CLOSED.values(), *values)]
    whole = fold(read, NOW)
    assert len(whole.packet.archives) == KEPT_PARTS
    assert fold([*reversed(read), *read], NOW) == whole
    assert merge(fold(read[::2], NOW), fold(read[1::2], NOW)) == whole
    assert whole.packet.archives[-1].at == ARCHIVED_AT


OFFSETS = st.integers(-2, 12).map(lambda hours: NOW - hours * HOUR)


@given(
    st.fixed_dictionaries(
        {
            "decision": st.builds(decision, OFFSETS, readiness_state=st.sampled_from(("ready", "blocked"))),
            "attachment": st.builds(attachment, OFFSETS),
            "export": st.builds(export, OFFSETS, export_hash=st.sampled_from((DIGEST, None))),
            "archive": st.builds(archive, OFFSETS, archive_hash=st.sampled_from((DIGEST, "sha256:" + "b" * 64))),
            "manifest": st.builds(manifest, OFFSETS),
        }
    ),
    st.sets(st.sampled_from(sorted(CLOSED))),
)
def test_removing_parts_closes_nothing(parts: dict[str, make.RecordValue], removed: set[str]) -> None:
    whole = {**CLOSED, **parts}
    kept = [value for name, value in whole.items() if name not in removed]
    assert set(unmet(assess(*whole.values()))) <= set(unmet(assess(*kept)))
