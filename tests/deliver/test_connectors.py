"""Each connector against its vendor, over real HTTPS: what arrives, what a refusal means, what is asked before."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from standardwebhooks import Webhook as Checker

from deliver.connected import BY_NAME, CASES, Case
from deliver.fault_matrix import ANY_2XX, RECALLS
from deliver.messages import AT, LATER, MESSAGE_ID, message
from deliver.vendors import jira, pagerduty, receiver, servicenow, siem, slack, splunk
from deliver.vendors.misbehaviour import LOGIN_PAGE, refuse_with, show_a_login_page, store_and_answer
from deliver.vendors.server import Answer, Authorities, Misbehaviour, Mount, Vendor, answer_json, answer_text
from reporter.deliver.addresses import pin_of
from reporter.deliver.configured import Configured
from reporter.deliver.connector import Connector, Recall
from reporter.deliver.connectors.base import ConfiguredConnector
from reporter.deliver.connectors.mute import TELLS_NOBODY, Mute
from reporter.deliver.connectors.registry import CONNECTORS, tells_somebody
from reporter.deliver.connectors.searching import NOT_THERE
from reporter.deliver.http import Http, HttpAnswer
from reporter.deliver.message import Message
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.model.providers import PROVIDERS

Play = Callable[[Vendor], Mount]
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
SEARCHED = pytest.mark.parametrize("case", [case for case in CASES if case.searches], ids=lambda case: case.name)

IDS = {
    "jira": (("issue", "OPS-2"),),
    "jira-comment": (("issue", "OPS-1"), ("comment", "20000")),
    "pagerduty": (("dedup_key", MESSAGE_ID),),
    "servicenow": (("sys_id", f"{1:032x}"), ("number", "INC0000001")),
}


class Stage:
    """Vendors that are played, connectors to them, and the trust to ask them."""

    def __init__(self, play: Play, authorities: Authorities) -> None:
        self._play, self._authorities = play, authorities

    def set_up(self, case: Case, vendor: Vendor | None = None) -> tuple[Mount, Connector]:
        mount = self._play(vendor or case.vendor())
        return mount, case.connector(mount)

    def ask(self, mount: Mount, asking: Callable[[Http], Any]) -> Any:  # noqa: ANN401 - what is asked gives it
        async def run() -> Any:  # noqa: ANN401 - as above
            async with Http({pin_of(mount.base)}, timeout_seconds=10, ca_file=self._authorities.ca_file) as http:
                return await asking(http)

        return asyncio.run(run())

    def send(self, mount: Mount, connector: Connector, told: Message | None = None) -> Receipt:
        receipt: Receipt = self.ask(mount, lambda http: connector.send(told or message(), AT, http))
        return receipt

    def find(self, mount: Mount, connector: Connector) -> Receipt | None:
        receipt: Receipt | None = self.ask(mount, lambda http: connector.find(message(), http))
        return receipt

    def probe(self, mount: Mount, connector: Connector) -> Receipt:
        receipt: Receipt = self.ask(mount, connector.probe)
        return receipt


@pytest.fixture
def stage(play: Play, authorities: Authorities) -> Stage:
    return Stage(play, authorities)


def judged(stage: Stage, case: Case, spoil: Misbehaviour) -> Receipt:
    """Send, and have the request that creates spoilt; what is asked before it is answered."""
    mount, connector = stage.set_up(case)
    mount.always = lambda exchange: (
        exchange.send(exchange.answer()) if exchange.asked.method == "GET" else spoil(exchange)
    )
    return stage.send(mount, connector)


def read(case: Case, body: object) -> Receipt:
    """Have a 200 judged without asking anybody: a text as it is, anything else as JSON."""
    connector = CONNECTORS[case.provider](case.configured("https://vendor.example"))
    assert isinstance(connector, ConfiguredConnector)
    text = body if isinstance(body, str) else json.dumps(body)
    return connector.judge(HttpAnswer(200, {}, text.encode()), message())


def outcome_of(receipt: Receipt) -> tuple[Outcome, int | None, str]:
    return receipt.outcome, receipt.status_code, receipt.error_class


@EVERY_CASE
def test_message_arrives_and_the_vendors_ids_come_back(case: Case, stage: Stage) -> None:
    mount, connector = stage.set_up(case)
    receipt = stage.send(mount, connector)
    assert (receipt.outcome, receipt.level, receipt.error_class) == (Outcome.ACCEPTED, Level.ACCEPTED, "")
    assert receipt.ids == IDS.get(case.name, ())
    assert len(case.kept(mount.vendor)) == 1
    assert MESSAGE_ID in json.dumps(case.kept(mount.vendor))


@EVERY_CASE
def test_connector_says_whose_it_is_and_what_the_vendor_can_tell(case: Case, stage: Stage) -> None:
    _, connector = stage.set_up(case)
    assert (connector.provider, connector.recall) == (case.provider, RECALLS[case.name])


@EVERY_CASE
def test_probe_leaves_nothing_behind(case: Case, stage: Stage) -> None:
    mount, connector = stage.set_up(case)
    receipt = stage.probe(mount, connector)
    assert (receipt.outcome, receipt.level) == (Outcome.ACCEPTED, Level.INTENDED)
    assert case.kept(mount.vendor) == []
    assert {asked.method for asked in mount.seen} <= {"GET"}


WITHOUT_CREDENTIAL = {
    "datadog": (403, "not_authorised"),
    "jira": (401, "not_authorised"),
    "jira-comment": (401, "not_authorised"),
    "pagerduty": (400, "rejected"),
    "sentinel": (403, "not_authorised"),
    "servicenow": (401, "not_authorised"),
    "splunk": (401, "splunk_token_missing"),
    "webhook": (401, "not_authorised"),
}


@pytest.mark.parametrize("name", sorted(WITHOUT_CREDENTIAL))
def test_wrong_credential_is_a_refusal_for_good(name: str, stage: Stage) -> None:
    case = BY_NAME[name]
    wrong = {key: value for key, value in case.values.items() if key not in {"routing_key", "secret"}}
    mount, connector = stage.set_up(case._replace(headers={}, values=wrong))
    receipt = stage.send(mount, connector)
    assert outcome_of(receipt) == (Outcome.REJECTED_PERMANENT, *WITHOUT_CREDENTIAL[name])
    assert case.kept(mount.vendor) == []


@pytest.mark.parametrize("name", ["jira", "jira-comment", "servicenow"])
def test_probe_tells_a_wrong_credential(name: str, stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME[name]._replace(headers={}))
    assert outcome_of(stage.probe(mount, connector)) == (Outcome.REJECTED_PERMANENT, 401, "not_authorised")


@pytest.mark.parametrize("name", ["jira", "jira-comment", "servicenow", "splunk"])
def test_probe_is_not_taken_in_by_a_login_page_or_by_another_system(name: str, stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME[name])
    mount.next += [show_a_login_page, refuse_with(answer_text(200, "fine"))]
    assert outcome_of(stage.probe(mount, connector)) == (Outcome.REJECTED_PERMANENT, 200, "html_page")
    assert outcome_of(stage.probe(mount, connector)) == (Outcome.TIMEOUT_UNKNOWN, 200, "unexpected_answer")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("slack", "/services/T0001/B0001/other"),
        ("teams", "/workflows/other"),
        ("datadog", "/api/v3/logs"),
        ("sentinel", "/ingest"),
        ("splunk", "/services/collector/other"),
        ("pagerduty", "/v3/enqueue"),
        ("webhook", "/hooks/other"),
        ("servicenow", "/api/now/table/other"),
        ("jira", "/elsewhere"),
    ],
)
def test_wrong_address_is_a_refusal_for_good(name: str, path: str, stage: Stage) -> None:
    case = BY_NAME[name]
    mount, connector = stage.set_up(case._replace(path=path))
    assert stage.send(mount, connector).outcome is Outcome.REJECTED_PERMANENT
    assert case.kept(mount.vendor) == []


# Slack


@pytest.mark.parametrize("status", [200, 400, 403, 404])
def test_slacks_word_for_a_refusal_is_kept_whatever_its_status(status: int, stage: Stage) -> None:
    receipt = judged(stage, BY_NAME["slack"], refuse_with(answer_text(status, "invalid_payload", "text/html")))
    assert outcome_of(receipt) == (Outcome.REJECTED_PERMANENT, status, "slack_invalid_payload")


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"ok": True}, (Outcome.ACCEPTED, 200, "")),
        ({"ok": False, "error": "channel_not_found"}, (Outcome.REJECTED_PERMANENT, 200, "slack_channel_not_found")),
        ({"ok": False, "error": "of http://10.0.0.1"}, (Outcome.REJECTED_PERMANENT, 200, "refused_in_body")),
        ({"ok": False, "error": ["a"]}, (Outcome.REJECTED_PERMANENT, 200, "refused_in_body")),
        ({}, (Outcome.TIMEOUT_UNKNOWN, 200, "unexpected_answer")),
    ],
)
def test_slacks_json_is_read(document: object, wanted: tuple[object, ...], stage: Stage) -> None:
    assert outcome_of(judged(stage, BY_NAME["slack"], refuse_with(answer_json(200, document)))) == wanted


def test_slack_shows_blocks_with_fields_of_ten(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["slack"])
    stage.send(mount, connector, message(facts=tuple((f"fact {number}", "value") for number in range(20))))
    assert isinstance(mount.vendor, slack.Slack)
    fields = [block["fields"] for block in mount.vendor.posts[0]["blocks"] if "fields" in block]
    assert [len(some) for some in fields] == [10, 10, 4]
    assert fields[0][0]["text"] == "Environment\nproduction-pilot"


# Teams


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("", (Outcome.ACCEPTED, 200, "")),
        ("1", (Outcome.ACCEPTED, 200, "")),
        (
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413",
            (Outcome.REJECTED_PERMANENT, 200, "refused_in_body"),
        ),
        ("Microsoft Teams endpoint returned HTTP error 429", (Outcome.THROTTLED, 200, "rate_limited")),
    ],
)
def test_teams_failure_in_a_200_is_one(body: str, wanted: tuple[object, ...], stage: Stage) -> None:
    assert outcome_of(judged(stage, BY_NAME["teams"], refuse_with(answer_text(200, body)))) == wanted


# Jira and ServiceNow


@SEARCHED
def test_what_is_there_is_found_and_not_created_again(case: Case, stage: Stage) -> None:
    mount, connector = stage.set_up(case)
    first, second = stage.send(mount, connector), stage.send(mount, connector)
    assert (second.outcome, second.ids) == (Outcome.ACCEPTED, first.ids)
    assert stage.find(mount, connector) == second
    assert len(case.kept(mount.vendor)) == 1


@SEARCHED
def test_what_is_not_there_is_said_to_be_not_there(case: Case, stage: Stage) -> None:
    mount, connector = stage.set_up(case)
    assert stage.find(mount, connector) == NOT_THERE
    stage.send(mount, connector, message(message_id="msg-another"))
    assert stage.find(mount, connector) == NOT_THERE


SPOILT_SEARCHES: Sequence[tuple[Misbehaviour, tuple[Outcome, int | None, str]]] = (
    (refuse_with(Answer(500)), (Outcome.UNREACHABLE, 500, "search_server_error")),
    (refuse_with(answer_text(200, "fine")), (Outcome.UNREACHABLE, 200, "search_unexpected_answer")),
    (show_a_login_page, (Outcome.REJECTED_PERMANENT, 200, "html_page")),
    (refuse_with(Answer(403)), (Outcome.REJECTED_PERMANENT, 403, "not_authorised")),
    (refuse_with(Answer(429)), (Outcome.THROTTLED, 429, "rate_limited")),
)


@SEARCHED
@pytest.mark.parametrize(("spoil", "wanted"), SPOILT_SEARCHES, ids=["500", "text", "login", "403", "429"])
def test_failed_search_creates_nothing_and_finds_nothing_out(
    case: Case, spoil: Misbehaviour, wanted: tuple[object, ...], stage: Stage
) -> None:
    mount, connector = stage.set_up(case)
    mount.always = spoil
    assert outcome_of(stage.send(mount, connector)) == wanted
    assert stage.find(mount, connector) is None
    assert case.kept(mount.vendor) == []


@SEARCHED
@pytest.mark.parametrize("document", [{}, {"key": "a b"}, {"id": "x"}, {"result": {"sys_id": "1"}}, {"result": []}])
def test_created_without_an_id_is_in_doubt(case: Case, document: object, stage: Stage) -> None:
    receipt = judged(stage, case, store_and_answer(answer_json(201, document)))
    assert outcome_of(receipt) == (Outcome.TIMEOUT_UNKNOWN, 201, "unexpected_answer")


def test_record_without_a_number_is_known_by_its_sys_id(stage: Stage) -> None:
    document = {"result": {"sys_id": "0" * 32, "number": "see http://10.0.0.1"}}
    receipt = judged(stage, BY_NAME["servicenow"], refuse_with(answer_json(201, document)))
    assert receipt.ids == (("sys_id", "0" * 32),)


def test_servicenow_list_of_something_else_is_in_doubt(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["servicenow"])
    mount.always = refuse_with(answer_json(200, {"result": ["x"]}))
    assert stage.find(mount, connector) is None


def test_jiras_list_of_something_else_is_in_doubt(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["jira"])
    mount.always = refuse_with(answer_json(200, {"issues": ["x"]}))
    assert stage.find(mount, connector) is None


def test_among_more_comments_than_are_read_nobody_can_tell(stage: Stage) -> None:
    vendor = jira.Jira()
    vendor.comments = [{"id": str(number), "properties": []} for number in range(101)]
    mount, connector = stage.set_up(BY_NAME["jira-comment"], vendor)
    assert stage.find(mount, connector) is None
    vendor.comments.pop()
    assert stage.find(mount, connector) == NOT_THERE


def test_comments_of_others_without_properties_are_passed_over(stage: Stage) -> None:
    vendor = jira.Jira()
    vendor.comments = [{"id": "1", "body": {}}, {"id": "2", "properties": None}]
    mount, connector = stage.set_up(BY_NAME["jira-comment"], vendor)
    assert stage.send(mount, connector).delivered
    assert len(vendor.comments) == 3
    assert stage.find(mount, connector) is not NOT_THERE


@pytest.mark.parametrize(
    ("name", "vendor"),
    [
        ("jira", lambda: jira.Jira(mixes_up=True)),
        ("servicenow", lambda: servicenow.ServiceNow(lacks={"correlation_id"})),
    ],
)
def test_record_of_somebody_else_is_not_ours(name: str, vendor: Callable[[], Vendor], stage: Stage) -> None:
    case = BY_NAME[name]
    mount, connector = stage.set_up(case, vendor())
    assert stage.send(mount, connector, message(message_id="msg-another")).delivered
    receipt = stage.send(mount, connector)
    assert outcome_of(receipt) == (Outcome.UNREACHABLE, 200, "search_unexpected_answer")
    assert (receipt.ids, stage.find(mount, connector)) == ((), None)
    assert len(case.kept(mount.vendor)) == 1


OUR_LABEL = f"reporter-{MESSAGE_ID}"


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("OPS-2", {"labels": [OUR_LABEL], "project": {"key": "PAYROLL"}}),
        ("OPS-2", {"labels": ["somebody-elses"], "project": {"key": "OPS"}}),
        ("OPS-2", {"labels": OUR_LABEL, "project": {"key": "OPS"}}),
        ("OPS-2", {"labels": [OUR_LABEL], "project": "OPS"}),
        ("OPS-2", {"labels": [OUR_LABEL]}),
        ("OPS-2", None),
        ("PAYROLL-7", {"labels": [OUR_LABEL], "project": {"key": "OPS"}}),
    ],
)
def test_issue_is_ours_by_label_project_and_key(key: str, fields: object, stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["jira"])
    mount.always = refuse_with(answer_json(200, {"issues": [{"key": key, "fields": fields}]}))
    assert stage.find(mount, connector) is None


@pytest.mark.parametrize(
    "document",
    [
        {"issues": [], "comments": [], "total": 0, "result": [], "error": {"message": "cancelled"}},
        {"comments": [], "total": True, "result": None},
        {"comments": [{"id": "1", "properties": 5}], "total": 9, "result": [5]},
    ],
)
@SEARCHED
def test_search_that_cannot_be_relied_on_says_nothing(case: Case, document: object, stage: Stage) -> None:
    mount, connector = stage.set_up(case)
    mount.always = refuse_with(answer_json(200, document))
    assert stage.find(mount, connector) is None


def test_issue_in_another_project_is_no_proof(stage: Stage) -> None:
    receipt = judged(stage, BY_NAME["jira"], refuse_with(answer_json(201, {"key": "PAYROLL-7"})))
    assert outcome_of(receipt) == (Outcome.TIMEOUT_UNKNOWN, 201, "unexpected_answer")


def test_index_that_lags_is_the_one_way_to_a_second_issue(stage: Stage) -> None:
    vendor = jira.Jira(indexes=False)
    mount, connector = stage.set_up(BY_NAME["jira"], vendor)
    stage.send(mount, connector)
    assert stage.find(mount, connector) == NOT_THERE
    vendor.indexes = True
    assert stage.send(mount, connector).ids == (("issue", "OPS-2"),)
    assert len(vendor.issues) == 1


def test_jiras_refusal_of_a_project_is_for_good(stage: Stage) -> None:
    case = BY_NAME["jira"]
    mount, connector = stage.set_up(case._replace(values={"project": "NOPE"}))
    assert outcome_of(stage.send(mount, connector)) == (Outcome.REJECTED_PERMANENT, 400, "rejected")


def test_servicenow_takes_another_table(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["servicenow"]._replace(values={"table": "change_request"}))
    stage.send(mount, connector)
    assert isinstance(mount.vendor, servicenow.ServiceNow)
    record = mount.vendor.records[0]
    assert (record["sys_class_name"], record["correlation_id"], record["urgency"]) == (
        "change_request",
        MESSAGE_ID,
        "1",
    )


# Splunk


@pytest.mark.parametrize(
    ("code", "outcome", "error_class"),
    [
        (0, Outcome.ACCEPTED, ""),
        (2, Outcome.REJECTED_PERMANENT, "splunk_token_missing"),
        (4, Outcome.REJECTED_PERMANENT, "splunk_token_invalid"),
        (7, Outcome.REJECTED_PERMANENT, "splunk_index_incorrect"),
        (8, Outcome.TIMEOUT_UNKNOWN, "splunk_server_error"),
        (9, Outcome.THROTTLED, "splunk_server_busy"),
        (99, Outcome.TIMEOUT_UNKNOWN, "unexpected_answer"),
        (True, Outcome.TIMEOUT_UNKNOWN, "unexpected_answer"),
        ("0", Outcome.TIMEOUT_UNKNOWN, "unexpected_answer"),
    ],
)
def test_splunks_code_is_believed_before_its_status(
    code: object, outcome: Outcome, error_class: str, stage: Stage
) -> None:
    receipt = judged(stage, BY_NAME["splunk"], refuse_with(answer_json(200, {"text": "x", "code": code})))
    assert outcome_of(receipt) == (outcome, 200, error_class)
    assert receipt.level is (Level.ACCEPTED if outcome is Outcome.ACCEPTED else Level.INTENDED)


def test_splunks_code_that_stands_twice_is_no_proof(stage: Stage) -> None:
    twice = answer_text(200, '{"text": "x", "code": 9, "code": 0}', "application/json")
    receipt = judged(stage, BY_NAME["splunk"], refuse_with(twice))
    assert outcome_of(receipt) == (Outcome.TIMEOUT_UNKNOWN, 200, "unexpected_answer")


def test_splunk_that_is_busy_is_asked_later(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["splunk"], splunk.Splunk(busy=True))
    assert outcome_of(stage.send(mount, connector)) == (Outcome.THROTTLED, 503, "splunk_server_busy")


def test_splunk_gets_the_time_of_the_message_and_the_index(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["splunk"])
    stage.send(mount, connector)
    assert isinstance(mount.vendor, splunk.Splunk)
    event = mount.vendor.events[0]
    assert (event["time"], event["index"], event["event"]["message_id"]) == (AT.timestamp(), "cavra", MESSAGE_ID)


# Datadog, Sentinel


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (Answer(202), (Outcome.ACCEPTED, 202, "")),
        (answer_json(202, {"status": "ok"}), (Outcome.ACCEPTED, 202, "")),
        (answer_json(200, {"errors": ["Forbidden"]}), (Outcome.REJECTED_PERMANENT, 200, "refused_in_body")),
        (answer_text(200, "fine"), (Outcome.TIMEOUT_UNKNOWN, 200, "unexpected_answer")),
    ],
)
def test_datadogs_errors_are_read(answer: Answer, wanted: tuple[object, ...], stage: Stage) -> None:
    assert outcome_of(judged(stage, BY_NAME["datadog"], refuse_with(answer))) == wanted


def test_sentinel_gets_the_time_of_the_message(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["sentinel"])
    stage.send(mount, connector)
    assert isinstance(mount.vendor, siem.Sentinel)
    assert mount.vendor.events[0]["TimeGenerated"] == "2026-06-11T15:40:00Z"


# PagerDuty


def test_pagerduty_takes_a_repetition_for_the_same_alert(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["pagerduty"])
    stage.send(mount, connector)
    stage.send(mount, connector)
    assert isinstance(mount.vendor, pagerduty.PagerDuty)
    assert [(key, len(events)) for key, events in mount.vendor.alerts.items()] == [(MESSAGE_ID, 2)]


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({"status": "invalid event", "errors": ["x"]}, (Outcome.REJECTED_PERMANENT, 202, "refused_in_body")),
        ({"status": "success"}, (Outcome.TIMEOUT_UNKNOWN, 202, "unexpected_answer")),
        ({"status": "success", "dedup_key": "somebody-elses"}, (Outcome.TIMEOUT_UNKNOWN, 202, "unexpected_answer")),
        (
            {"status": "success", "dedup_key": pagerduty.ROUTING_KEY},
            (Outcome.TIMEOUT_UNKNOWN, 202, "unexpected_answer"),
        ),
        ([], (Outcome.TIMEOUT_UNKNOWN, 202, "unexpected_answer")),
    ],
)
def test_pagerduty_has_to_say_so(document: object, wanted: tuple[object, ...], stage: Stage) -> None:
    assert outcome_of(judged(stage, BY_NAME["pagerduty"], refuse_with(answer_json(202, document)))) == wanted


# Webhooks


def test_signature_stands_for_body_id_and_time_of_the_attempt(stage: Stage) -> None:
    case = BY_NAME["webhook"]
    mount, connector = stage.set_up(case, receiver.Receiver(now=AT.timestamp() + 299))
    assert stage.send(mount, connector).delivered
    late, connector = stage.set_up(case, receiver.Receiver(now=AT.timestamp() + 301))
    assert outcome_of(stage.send(late, connector)) == (Outcome.REJECTED_PERMANENT, 401, "not_authorised")


def test_signature_is_that_of_the_published_library(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["webhook"])
    stage.send(mount, connector)
    asked = mount.seen[0]
    signed = Checker(receiver.SECRET).sign(MESSAGE_ID, AT, asked.body.decode())
    assert asked.headers["webhook-signature"] == signed


def test_repetition_keeps_its_id_and_has_a_time_of_its_own(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["webhook"])
    stage.send(mount, connector)
    stage.ask(mount, lambda http: connector.send(message(), LATER, http))
    first, second = mount.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == MESSAGE_ID
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 3_600
    assert isinstance(mount.vendor, receiver.Receiver)
    assert (len(mount.vendor.events), mount.vendor.repeated) == (1, [MESSAGE_ID])


def test_webhook_without_a_secret_has_an_id_and_no_signature(stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME["webhook-unsigned"])
    stage.send(mount, connector)
    headers = mount.seen[0].headers
    assert (headers["webhook-id"], "webhook-signature" in headers) == (MESSAGE_ID, False)


def test_receiver_that_is_gone_refuses_for_good(stage: Stage) -> None:
    vendor = receiver.Receiver()
    vendor.gone = True
    mount, connector = stage.set_up(BY_NAME["webhook"], vendor)
    assert outcome_of(stage.send(mount, connector)) == (Outcome.REJECTED_PERMANENT, 410, "not_found")


def test_webhook_may_be_a_put_with_headers_of_its_own(stage: Stage) -> None:
    mount, _ = stage.set_up(BY_NAME["webhook-unsigned"])
    configured = Configured("webhook", mount.url(receiver.PATH), {"x-tenant": "one"}, {}, method="PUT")
    stage.send(mount, CONNECTORS["webhook"](configured))
    asked = mount.seen[0]
    assert (asked.method, asked.headers["x-tenant"], asked.media_type) == ("PUT", "one", "application/json")


# All


LOGINS = [
    LOGIN_PAGE,
    f"\ufeff  {LOGIN_PAGE}",
    "<!-- proxy --><HTML lang=en>",
    "<head><meta http-equiv=refresh content='0'></head>",
]
MORE_LOGINS = [
    f"<?xml version='1.0'?>\n{LOGIN_PAGE}",
    f"<!-- {'x' * 600} --><!-- y -->\n<html>Sign in</html>",
    f"<!-- {'x' * 600}",
    "<title>Sign in</title><form>",
    "<meta charset=utf-8>",
    "<form action=/login>",
]


@EVERY_CASE
@pytest.mark.parametrize("page", LOGINS)
def test_page_for_people_is_no_acceptance_whatever_it_is_called(case: Case, page: str, stage: Stage) -> None:
    receipt = judged(stage, case, refuse_with(answer_text(200, page, "application/json")))
    assert outcome_of(receipt) == (Outcome.REJECTED_PERMANENT, 200, "html_page")


PROOFS: dict[str, dict[str, object]] = {
    "datadog": {},
    "jira": {"key": "OPS-2"},
    "jira-comment": {"id": "20000"},
    "pagerduty": {"status": "success", "dedup_key": MESSAGE_ID},
    "servicenow": {"result": {"sys_id": f"{1:032x}"}},
    "slack": {"ok": True},
    "splunk": {"code": 0},
}


@EVERY_CASE
@pytest.mark.parametrize(
    "failure",
    [
        {"error": {"code": "TriggerInputSchemaMismatch"}},
        {"errors": ["Forbidden"]},
        {"Success": False},
        {"succeeded": "false"},
        {"statusCode": 403, "message": "Forbidden"},
        {"status_code": 500},
    ],
)
def test_proof_beside_a_failure_is_none(case: Case, failure: dict[str, object]) -> None:
    told = read(case, {**PROOFS.get(case.name, {}), **failure})
    assert outcome_of(told) == (Outcome.REJECTED_PERMANENT, 200, "refused_in_body")
    harmless: dict[str, object] = {
        "error": None,
        "errors": [],
        "success": True,
        "statusCode": 200,
        "note": "error: none",
    }
    told = read(case, {**PROOFS.get(case.name, {}), **harmless})
    assert outcome_of(told) == (Outcome.ACCEPTED, 200, "")


@pytest.mark.parametrize("name", ANY_2XX)
@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ('{"status": "error"}', "refused_in_body"),
        ('{"status": "Failed to queue"}', "refused_in_body"),
        ('{"ok": false}', "refused_in_body"),
        ('[{"id": 1}, {"error": "quota"}]', "refused_in_body"),
        ("false", "refused_in_body"),
        ('{"ok": true, "ok": false}', "unexpected_answer"),
        ('{"errors": ["Forbidden: api k', "unexpected_answer"),
        ('\ufeff {"errors"', "unexpected_answer"),
        ("error: token expired", "unexpected_answer"),
        ("\nInternal error: x", "unexpected_answer"),
        ('{"status": "ok", "status_code": true}', ""),
        ("[1, null]", ""),
        ("no error", ""),
    ],
)
def test_failure_in_a_2xx_that_would_do_is_seen(name: str, body: str, wanted: str) -> None:
    assert read(BY_NAME[name], body).error_class == wanted


@pytest.mark.parametrize("name", ["jira", "servicenow"])
def test_probe_is_not_taken_in_by_an_error_in_a_200(name: str, stage: Stage) -> None:
    mount, connector = stage.set_up(BY_NAME[name])
    mount.next.append(refuse_with(answer_json(200, {"error": {"message": "User Not Authenticated"}})))
    assert outcome_of(stage.probe(mount, connector)) == (Outcome.TIMEOUT_UNKNOWN, 200, "unexpected_answer")


@EVERY_CASE
@pytest.mark.parametrize("page", MORE_LOGINS)
def test_page_for_people_is_known_by_what_it_begins_with(case: Case, page: str) -> None:
    assert outcome_of(read(case, page)) == (Outcome.REJECTED_PERMANENT, 200, "html_page")


def test_every_provider_has_a_connector_and_only_known_ones_have() -> None:
    assert set(CONNECTORS) == set(PROVIDERS)


@pytest.mark.parametrize("provider", [name for name in CONNECTORS if not tells_somebody(name)])
def test_pipelines_and_hosts_of_code_tell_nobody_and_say_so(provider: str) -> None:
    connector = CONNECTORS[provider](Configured(provider, "https://vendor.example/"))
    assert isinstance(connector, Mute)
    assert (connector.provider, connector.recall, connector.payload(message(), AT)) == (provider, Recall.NONE, b"")

    async def ask() -> list[Receipt | None]:
        async with Http(()) as http:
            return [
                await connector.send(message(), AT, http),
                await connector.find(message(), http),
                await connector.probe(http),
            ]

    assert asyncio.run(ask()) == [TELLS_NOBODY] * 3


def test_who_tells_somebody_is_known() -> None:
    assert tells_somebody("slack")
    assert not tells_somebody("jenkins")
    assert not tells_somebody("carrier-pigeon")
