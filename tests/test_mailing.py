"""Mailing executive reports: a bundle that verifies, to nobody twice, with a record of every step and no address."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from deliver.post_office import PostOffice, serving_apart
from mail_world import BOARD, CEO, CTO, NOW, PDF, PILOT, World
from render.documents import readiness_document, with_loops
from reporter.deliver.connector import Connector, Recall
from reporter.deliver.http import Http
from reporter.deliver.outbox import Sending
from reporter.deliver.receipts import Outcome, Receipt
from reporter.errors import LedgerUnusable, UsageFault, VerificationFailed
from reporter.jobs.delivery.connecting import open_channels
from reporter.jobs.delivery.mailed_report import MOST_PDF_BYTES
from reporter.jobs.delivery.mailing import guard_mailing, plan_mail, send_mail
from reporter.jobs.delivery.mailroom import LOOP
from reporter.jobs.delivery.readers import alias_of
from reporter.jobs.delivery.retrying import run_retries
from reporter.jobs.delivery.running import STAGES, StageResult, Unit
from reporter.jobs.delivery.sending import send_all
from reporter.jobs.guards import proved_guard
from reporter.jobs.loops import states_of
from reporter.loops.closure import assess_closure
from reporter.model.reports import Mode
from reporter.model.routes import RouteId, RouteOutcome
from reporter.render.json import write_json
from reporter.seal.bundle import write_bundle
from reporter.seal.keys import new_key_pair, read_signing_key
from reporter.settings import load_settings


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def recipients(office: PostOffice) -> list[tuple[str, ...]]:
    return [one.recipients for one in office.received]


def test_plan_sends_and_records_nothing(world: World) -> None:
    mailing = world.plan()
    assert [one.state for one in mailing.states] == ["not_mailed", "not_mailed"]
    assert mailing.report.mail.subject.startswith("[payments-pilot] Hold the release: ")
    assert not (world.directory / "state").exists()


def test_report_is_mailed_to_every_reader_and_counts_as_delivered(world: World) -> None:
    mailed = world.mail()
    assert world.states(mailed) == ["accepted", "accepted"]
    assert mailed.missing == ()
    (mail,) = world.office.received
    assert mail.recipients == (CEO, CTO)
    message = mail.message
    assert message["Subject"] == world.plan().report.mail.subject
    assert [one.addr_spec for one in message["To"].addresses] == [CEO, CTO]
    assert message["From"] == "reporter <reports@example.org>"
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "payments-pilot-2026-06-11-executive.pdf"
    assert attached.get_content() == PDF
    route = world.route()
    assert (route.route.subject, route.route.provider) == (world.plan().report.run_id, "email")
    assert route.outcome is RouteOutcome.DELIVERED


def test_mailed_report_is_not_missing_to_the_closure(world: World) -> None:
    def codes(now: datetime) -> set[str]:
        states = states_of(world.settings, PILOT, now).states
        return {one.code for one in assess_closure(states, Mode.PROMOTED).open_items}

    world.office.rcpt = {"*": 550}
    world.mail()
    assert codes(NOW + timedelta(minutes=1)) == {"executive_report_delivery_failed", "executive_report_missing"}
    world.office.rcpt = {}
    world.mail()
    assert codes(NOW + timedelta(minutes=1)) == set()
    assert codes(NOW + timedelta(days=2, minutes=1)) == {"executive_report_missing"}


def test_intent_is_recorded_before_and_the_result_after(world: World) -> None:
    world.mail()
    plan, intent, delivery = world.rows()
    assert plan["metadata_kind"] == LOOP.plans[-1].word
    assert plan["recovery_executive_report_schedule_run"]["bundle_digest"] == world.plan().report.digest
    assert intent["event_id"] == delivery["event_id"] == plan["session_id"]
    assert delivery["connector_delivery_source"] == LOOP.source
    assert delivery["event_type"] == LOOP.event_type
    assert (delivery["delivery_success"], delivery["providers"], delivery["status_codes"]) == (True, ["email"], [250])
    assert delivery["receipt_ids"] == {one.alias: "accepted 250" for one in world.plan().readers}


def test_nothing_that_is_recorded_says_who_it_was(world: World) -> None:
    world.office.rcpt = {CTO: 550}
    world.mail()
    world.mail(BOARD)
    text = json.dumps(world.rows())
    for private in (CEO, CTO, BOARD, "reports@example.org", "example.", "127.0.0.1", "@"):
        assert private not in text


def test_same_bundle_goes_to_nobody_twice(world: World) -> None:
    world.mail()
    mailed = world.mail()
    assert mailed.delivery is None
    assert world.states(mailed) == ["has_it", "has_it"]
    assert recipients(world.office) == [(CEO, CTO)]
    assert len(world.rows()) == 3


def test_retry_goes_to_the_rest_with_the_same_message_id(world: World) -> None:
    world.office.rcpt = {CTO: 550}
    first = world.mail()
    assert world.states(first) == ["accepted", "rejected_permanent"]
    assert [(one.place, one.status_code) for one in first.missing] == [
        ("environments.payments-pilot.deliver.executives[1]", 550)
    ]
    assert world.route().outcome is RouteOutcome.FAILED
    world.office.rcpt = {}
    second = world.mail()
    assert world.states(second) == ["has_it", "accepted"]
    assert recipients(world.office) == [(CEO,), (CTO,)]
    names = {one.message["Message-ID"] for one in world.office.received}
    assert len(names) == 1
    assert world.route().outcome is RouteOutcome.DELIVERED
    assert len({row["session_id"] for row in world.rows()}) == len(world.rows())


def test_new_reader_gets_what_the_others_have(world: World) -> None:
    world.mail()
    world.readers.append(BOARD)
    assert world.states(world.mail()) == ["has_it", "has_it", "accepted"]
    assert recipients(world.office) == [(CEO, CTO), (BOARD,)]


def test_order_and_case_of_readers_change_nothing(world: World) -> None:
    world.mail()
    world.readers = ["CTO@example.org", CEO, CEO.upper()]
    assert world.states(world.mail()) == ["has_it", "has_it"]


def test_again_is_a_new_mail_to_everybody(world: World) -> None:
    world.mail()
    assert world.states(world.mail(again=True)) == ["accepted", "accepted"]
    assert recipients(world.office) == [(CEO, CTO), (CEO, CTO)]
    first, second = (one.message["Message-ID"] for one in world.office.received)
    assert first != second
    assert world.states(world.mail()) == ["has_it", "has_it"]


def test_other_readers_of_one_call_leave_the_report_undelivered(world: World) -> None:
    mailed = world.mail(BOARD)
    assert (world.states(mailed), recipients(world.office)) == (["accepted"], [(BOARD,)])
    assert world.route().outcome is RouteOutcome.FAILED
    assert world.states(world.mail(CTO)) == ["accepted"]
    assert world.route().outcome is RouteOutcome.FAILED
    assert world.states(world.mail()) == ["accepted", "has_it"]
    assert world.route().outcome is RouteOutcome.DELIVERED
    assert recipients(world.office) == [(BOARD,), (CTO,), (CEO,)]


def test_readers_of_one_call_are_enough_where_the_settings_name_none(world: World) -> None:
    world.readers = []
    with pytest.raises(UsageFault, match=r"nobody to mail to: environments.payments-pilot.deliver.executives is empty"):
        world.plan()
    assert world.states(world.mail(BOARD)) == ["accepted"]
    assert world.route().outcome is RouteOutcome.DELIVERED


def test_lost_connection_leaves_it_unknown_and_the_next_call_repeats_the_same_mail(world: World) -> None:
    world.office.cut = "BODY"
    assert world.states(world.mail()) == ["timeout_unknown", "timeout_unknown"]
    assert world.rows()[-1]["outcome"] == "timeout_unknown"
    world.office.cut = ""
    assert world.states(world.mail()) == ["accepted", "accepted"]
    first, second = world.office.received
    assert first.raw == second.raw


class Once(dict[str, int]):
    """Answers that are given once; then everything is accepted."""

    def get(self, address: str, _default: object = None) -> int:
        return self.pop(address, 250)


def test_whoever_is_to_come_later_is_tried_again_at_once_and_nobody_else(world: World) -> None:
    world.office.rcpt = Once({CTO: 451})
    assert world.states(world.mail()) == ["accepted", "accepted"]
    assert recipients(world.office) == [(CEO,), (CTO,)]
    (delivery,) = (row for row in world.rows() if "delivery_success" in row)
    assert (delivery["delivery_success"], delivery["attempt_count"]) == (True, 2)


def test_retry_worker_mails_the_report_to_the_rest(world: World) -> None:
    world.office.rcpt = {CTO: 550}
    world.mail()
    world.office.rcpt = {}
    world.seconds = count(3600)
    with serving_apart(world.office) as port:
        world.server["port"] = port
        run_retries(world.sender(), NOW + timedelta(hours=1), live=True)
    assert recipients(world.office)[-1] == (CTO,)
    assert world.route().outcome is RouteOutcome.DELIVERED
    attached = [*world.office.received[-1].message.iter_attachments()]
    assert len(attached) == 1


def test_bundle_that_is_not_what_was_sealed_is_not_mailed(world: World) -> None:
    (Path(world.bundle) / "executive.pdf").write_bytes(PDF + b" ")
    with pytest.raises(VerificationFailed, match=r"changed: executive\.pdf"):
        world.plan()


def test_bundle_that_changes_before_its_retry_is_not_mailed(world: World) -> None:
    mailing = world.plan()
    (Path(world.bundle) / "executive.pdf").write_bytes(PDF + b" ")
    with serving_apart(world.office) as port:
        world.server["port"] = port
        mailed = send_mail(world.sender(), mailing)
    assert world.states(mailed) == ["not_mailed", "not_mailed"]
    assert world.office.received == []
    assert world.rows()[-1]["error_class"] == "payload_fault"


def test_large_pdf_stays_in_the_bundle(world: World) -> None:
    world.bundle = world.seal(b"x" * (MOST_PDF_BYTES + 1))
    world.mail()
    (mail,) = world.office.received
    assert list(mail.message.iter_attachments()) == []
    assert b"executive.pdf is too large" in mail.raw


def test_link_leads_to_the_page_of_this_bundle(world: World) -> None:
    world.link = "https://evidence.example.org/bundles/"
    mailing = world.plan()
    page = f"https://evidence.example.org/bundles/{PILOT}/{mailing.report.name}/executive.html"
    assert mailing.report.link == page
    assert Path(world.bundle).name == mailing.report.name
    assert guard_mailing(mailing, proved_guard(world.settings).private) == ()


def test_mail_holds_no_private_value(world: World) -> None:
    assert guard_mailing(world.plan(), proved_guard(world.settings).private) == ()
    assert guard_mailing(world.plan(BOARD), proved_guard(world.settings).private) == ()


@pytest.mark.parametrize("where", ["risk", "sender"])
def test_private_value_in_the_report_is_found_before_anything_is_sent(world: World, where: str) -> None:
    world.server = {"sender": "m.lindqvist@example.org"} if where == "sender" else {}
    world.readers = ["release-board@example.org"]
    secret = "release-board@example.org" if where == "risk" else "m.lindqvist@example.org"
    readiness = readiness_document()
    report = readiness.loops.executive.model_copy(update={"recommended_actions": (f"Ask {secret}.",)})
    world.bundle = world.seal(readiness=with_loops(readiness, executive=report))
    found = guard_mailing(world.plan(), proved_guard(world.settings).private)
    assert {one.rule for one in found} >= {"configured_person", "email_address"}
    assert secret not in str(found)
    (fault,) = world.mail().faults
    assert fault.startswith(f"executive_report {world.plan().route.subject}")
    assert ": refused_locally: not_public_safe: mail" in fault
    assert "rule configured_person" in fault
    assert secret not in fault
    assert world.office.received == []
    assert world.rows()[-1]["error_class"] == "not_public_safe"


def test_bundle_of_an_environment_that_the_settings_do_not_name(world: World) -> None:
    world.bundle = world.seal(environment="elsewhere")
    with pytest.raises(UsageFault, match="found a bundle of elsewhere"):
        world.plan()


def test_bundle_from_elsewhere_is_refused(world: World, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    Path(world.bundle).rename(moved)
    world.bundle = str(moved)
    with pytest.raises(UsageFault, match="found a bundle from elsewhere"):
        world.plan()


def test_settings_without_a_mail_server_are_told_what_is_missing(world: World) -> None:
    mailing = world.plan()
    world.server = {"security": "perhaps"}
    with pytest.raises(UsageFault, match=r"no mail server: wanted connectors\.email"):
        send_mail(world.sender(), mailing)


def test_reader_whose_address_cannot_be_used_does_not_stop_the_others(world: World) -> None:
    world.readers = [CEO, "jürgen@example.org"]
    mailed = world.mail()
    assert [(one.state, one.error_class) for one in mailed.states] == [
        ("accepted", ""),
        ("refused_locally", "bad_address"),
    ]
    assert recipients(world.office) == [(CEO,)]


def test_call_for_who_has_it_records_nothing_while_others_want_it(world: World) -> None:
    world.mail(BOARD)
    rows = len(world.rows())
    mailed = world.mail(BOARD)
    assert (world.states(mailed), mailed.delivery) == (["has_it"], None)
    assert len(world.rows()) == rows


def test_report_that_all_who_are_left_have_counts_as_delivered_without_another_mail(world: World) -> None:
    world.office.rcpt = {CTO: 550}
    world.mail()
    world.readers = [CEO]
    mailed = world.mail()
    assert world.states(mailed) == ["has_it"]
    assert mailed.delivery is not None
    assert world.route().outcome is RouteOutcome.DELIVERED
    assert recipients(world.office) == [(CEO,)]


def test_whoever_was_refused_is_not_asked_again_in_the_same_call(world: World) -> None:
    asked: list[str] = []

    class Noting(Once):
        def get(self, address: str, _default: object = None) -> int:
            asked.append(address)
            return 550 if address == CEO else super().get(address)

    world.office.rcpt = Noting({CTO: 451})
    assert world.states(world.mail()) == ["rejected_permanent", "accepted"]
    assert [one for one in asked if one != "*"] == [CEO, CTO, CTO]


def test_sender_that_cannot_be_used_is_said_of_every_reader(world: World) -> None:
    world.server["sender"] = "repörts@example.org"
    assert {(one.state, one.error_class) for one in world.mail().states} == {("refused_locally", "bad_sender")}
    assert world.office.commands == []


def test_report_of_which_nothing_says_the_bundle_is_told_as_a_message(world: World) -> None:
    world.server["to"] = BOARD
    plain = world.plan().message
    lost = replace(plain, event={"run_id": plain.subject})
    route = RouteId(LOOP.word, plain.subject, "email")
    with serving_apart(world.office) as port:
        world.server["port"] = port
        delivery = send_all(world.sender(), [Sending(lost, route)])
    assert delivery.is_complete
    (mail,) = world.office.received
    assert mail.recipients == (BOARD,)
    assert mail.message.get_content_type() == "text/plain"


def test_retry_without_readers_is_refused_and_says_why(world: World) -> None:
    message = world.plan().message
    world.readers = []
    with serving_apart(world.office) as port:
        world.server["port"] = port
        delivery = send_all(world.sender(), [Sending(message, RouteId(LOOP.word, message.subject, "email"))])
    assert [one.why for one in delivery.lines] == ["refused_locally: no_readers"]


def test_retry_about_a_bundle_that_is_another_one_is_refused(world: World) -> None:
    message = world.plan().message
    other = replace(message, event={**message.event, "bundle_digest": "0" * 64})
    delivery = send_all(world.sender(), [Sending(other, RouteId(LOOP.word, message.subject, "email"))])
    assert [one.why for one in delivery.lines] == ["refused_locally: payload_fault"]


def test_mailroom_is_probed_and_asked_as_the_mail_connector_is(world: World) -> None:
    async def ask(mailroom: Connector) -> tuple[Receipt, Receipt | None]:
        async with Http([], timeout_seconds=5.0) as http:
            return await mailroom.probe(http), await mailroom.find(world.plan().message, http)

    with serving_apart(world.office) as port:
        world.server["port"] = port
        mailroom = open_channels(world.settings).of("email").connector
        assert asyncio.run(ask(mailroom)) == (Receipt(Outcome.ACCEPTED), None)
    assert (mailroom.provider, mailroom.recall, repr(mailroom)) == ("email", Recall.NONE, "Mailroom(<secret>)")
    assert world.office.received == []


def test_reader_is_never_printed(world: World) -> None:
    (one, _) = world.plan().readers
    assert repr(one) == f"Reader({one.alias}, environments.payments-pilot.deliver.executives[0], <secret>)"
    assert one.alias == alias_of(world.key, CEO.upper())
    assert one.alias != alias_of(read_signing_key(other_key(world.directory)), CEO)


def other_key(directory: Path) -> Path:
    new_key_pair(directory / "other.key")
    return directory / "other.key"


def seal_only(world: World, files: dict[str, bytes]) -> str:
    as_of = readiness_document().as_of
    at, predicate = datetime.fromisoformat(as_of), {"inputs": [{}], "as_of": as_of}
    bundles = world.directory / "bundles"
    return write_bundle(bundles, PILOT, at, files, predicate, world.key, wall_now=at.timestamp()).path


def test_bundle_of_another_version_is_told(world: World) -> None:
    files = {"readiness.json": b"{}\n", "executive.pdf": PDF}
    for content in (files, {"executive.pdf": PDF}):
        world.bundle = seal_only(world, content)
        with pytest.raises(UsageFault, match="found a bundle of another version"):
            world.plan()


def test_bundle_without_an_instant_is_told(world: World) -> None:
    undated = readiness_document().model_copy(update={"as_of": "some day"})
    world.bundle = seal_only(world, {"readiness.json": write_json(undated), "executive.pdf": PDF})
    with pytest.raises(UsageFault, match="found a bundle without its instant"):
        world.plan()


def test_settings_without_a_key_verify_nothing(world: World) -> None:
    settings, _ = load_settings(None, {}, from_file=False)
    with pytest.raises(UsageFault, match="no key to verify the bundle with"):
        plan_mail(settings.model_copy(update={}), world.bundle, NOW)


def stage(world: World, bundle: str) -> StageResult:
    (found,) = (one for one in STAGES if one.name == "mail")
    return found.act(Unit(world.sender(), NOW, world.key.public, bundle))


def test_run_mails_the_report_of_its_bundle_and_says_who_is_missing(world: World) -> None:
    world.office.rcpt = {CTO: 550}
    with serving_apart(world.office) as port:
        world.server["port"] = port
        found = stage(world, world.bundle)
        assert found.counts == {"delivered": 1, "failed": 1}
        assert not found.is_complete
        (row,) = found.missing
        assert row.why == ("rejected_permanent: recipient_refused; environments.payments-pilot.deliver.executives[1]")
        world.office.rcpt, world.office.cut = {}, "BODY"
        assert stage(world, world.bundle).counts == {"delivered": 1, "unknown": 1}
        world.office.cut = ""
        assert stage(world, world.bundle).is_complete
    assert [one.recipients for one in world.office.received] == [(CEO,), (CTO,), (CTO,)]


def test_run_without_a_bundle_mails_nothing_and_says_so(world: World) -> None:
    assert stage(world, "").faults == ("found no bundle, wanted one to mail; the run says why there is none",)


def test_ledger_that_cannot_be_written_is_told_and_nothing_is_mailed(world: World) -> None:
    mailing = world.plan()
    (world.directory / "state").write_text("no directory", encoding="utf-8")
    with serving_apart(world.office) as port:
        world.server["port"] = port
        with pytest.raises(LedgerUnusable):
            send_mail(world.sender(), mailing)
    assert world.office.received == []
