"""Whatever a message holds, each vendor takes it: valid, within its limits, telling the verdict, and meaning no more.

The vendors' own validation is the judge; it is asked without a network here.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliver.connected import BY_NAME, CASES, Case
from deliver.messages import AT, LATER, LINK, MESSAGES, message
from deliver.vendors import jira, receiver, slack
from deliver.vendors.server import Answer, Asked, Vendor
from reporter.deliver.configured import Configured
from reporter.deliver.connectors.base import ConfiguredConnector
from reporter.deliver.connectors.datadog import Datadog
from reporter.deliver.connectors.jira import Jira
from reporter.deliver.connectors.pagerduty import PagerDuty
from reporter.deliver.connectors.registry import CONNECTORS
from reporter.deliver.connectors.searching import SearchingConnector
from reporter.deliver.connectors.webhook import Webhook
from reporter.deliver.http import HttpAnswer, HttpRequest
from reporter.deliver.http_connector import receipt_of
from reporter.deliver.message import Message

BASE = "https://vendor.example"

HOSTILE = message(
    title="<!channel> <@U024BE7LH> & *all* {{{DATE(2026-06-11T15:40:00Z, SHORT)}}}",
    summary="<https://evil.example|evidence> [evidence](https://evil.example) [code]<b>[/CODE]\n<!here>",
    facts=(("<#C01>", "<at>Everyone</at>"), ("[Code]", "<script>alert(1)</script>")),
    actions=("<!subteam^S1>", '"}],"type":"mention","x":[{"'),
    owner="<@W1>",
    environment="pilot <!everyone>",
)


def asked(request: HttpRequest) -> Asked:
    parts = urlsplit(request.url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Asked(request.method, parts.path, query, dict(request.headers), request.body, BASE)


def connector(case: Case) -> ConfiguredConnector:
    made = CONNECTORS[case.provider](case.configured(BASE))
    assert isinstance(made, ConfiguredConnector)
    return made


def deliver(case: Case, told: Message) -> tuple[Any, Answer]:
    """Write a message and hand it to a new vendor; give what the vendor has then, and its answer."""
    vendor: Vendor = case.vendor()
    answer = vendor.answer(asked(connector(case).request(told, LATER)))
    kept = case.kept(vendor)
    return (kept[0] if kept else None), answer


def read_slack(post: Any) -> str:  # noqa: ANN401 - JSON
    lines = []
    for block in post["blocks"]:
        texts = [block["text"]] if "text" in block else block.get("fields", block.get("elements"))
        lines += [text["text"] for text in texts]
    text = re.sub(r"<(https://[^>]*)>$", r"\1", "\n".join(lines))
    return text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")


def read_teams(card: Any) -> str:  # noqa: ANN401 - JSON
    lines = ["".join(run["text"] for run in element["inlines"]) for element in card["body"]]
    return "\n".join(lines) + "".join(f" {action['url']}" for action in card.get("actions", []))


def read_jira(document: Any) -> str:  # noqa: ANN401 - JSON
    return "\n".join(
        "".join(node["text"] for node in jira.nodes_in(one) if node["type"] == "text") for one in document["content"]
    )


def read_document(document: Any) -> str:  # noqa: ANN401 - JSON
    assert list(document)[-2:] == ["note", "link"]
    return f"{document['title']}\n{document['note']} {document['link']}".strip()


READERS: dict[str, Callable[[Any], str]] = {
    "datadog": lambda event: event["message"],
    "jira": lambda issue: issue["fields"]["summary"] + "\n" + read_jira(issue["fields"]["description"]),
    "jira-comment": lambda comment: read_jira(comment["body"]),
    "pagerduty": lambda alert: read_document(alert[1][0]["payload"]["custom_details"]),
    "sentinel": read_document,
    "servicenow": lambda record: record["short_description"] + "\n" + record["description"],
    "slack": read_slack,
    "splunk": lambda event: read_document(event["event"]),
    "teams": read_teams,
    "webhook": lambda event: read_document(event[1]["data"]),
    "webhook-unsigned": lambda event: read_document(event[1]["data"]),
}


@settings(max_examples=min(50, settings().max_examples))
@given(MESSAGES)
def test_any_message_is_taken_and_says_its_verdict_and_what_is_left_out(told: Message) -> None:
    for case in CASES:
        kept, answer = deliver(case, told)
        assert 200 <= answer.status <= 299, (case.name, answer)
        read = READERS[case.name](kept)
        assert read.startswith(told.severity.upper()), case.name
        if told.link:
            assert read.endswith((f"More: {LINK}", f"Shortened. Everything: {LINK}")), case.name
        elif "\nShortened." in read:
            assert read.endswith("has everything."), case.name


WORDS = ["ok", "error", "errors", "code", "status", "dedup_key", "id", "key", "result", "sys_id", "issues", "comments"]
WORDS += ["fields", "labels", "project", "properties", "correlation_id", "total"]
ANSWERS = st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["ok", "success", "OPS-1", "msg-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
).map(lambda document: json.dumps(document).encode())


@settings(max_examples=min(200, settings().max_examples))
@given(status=st.integers(200, 599), body=ANSWERS)
def test_no_answer_makes_a_connector_stumble_or_tell_what_it_said(status: int, body: bytes) -> None:
    answer = HttpAnswer(status, {}, body)
    for made in map(connector, CASES):
        receipts = [receipt_of(answer, AT, partial(made.judge, message=message()))]
        if isinstance(made, SearchingConnector):
            receipts.append(made.found(answer, message()))
        for receipt in receipts:
            assert re.fullmatch(r"[a-z_]*", receipt.error_class), made
            assert all(re.fullmatch(r"[\w.:-]+", value, re.ASCII) for _, value in receipt.ids), made
        assert re.fullmatch(r"[a-z_]*", made.reason_of(answer)), made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_usual_message_is_not_shortened(case: Case) -> None:
    kept, _ = deliver(case, message())
    assert READERS[case.name](kept).endswith(f"More: {LINK}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_endless_message_is_shortened_and_says_so(case: Case) -> None:
    endless = message(
        title="long " * 5_000,
        summary="word " * 50_000,
        facts=(("fact " * 5_000, "value " * 5_000),) * 500,
        actions=("act " * 5_000,) * 500,
        event={"everything": "x" * 1_000_000},
    )
    kept, answer = deliver(case, endless)
    assert 200 <= answer.status <= 299
    assert READERS[case.name](kept).endswith(f"Shortened. Everything: {LINK}")
    assert "x" * 1_000 not in json.dumps(kept)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_payload_is_the_same_at_every_attempt(case: Case) -> None:
    made = connector(case)
    assert made.payload(message(), AT) == made.payload(message(), LATER)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_payload_holds_no_credential_and_the_connector_shows_none(case: Case) -> None:
    made = connector(case)
    private = [
        *case.headers.values(),
        *(case.values[name] for name in ("routing_key", "secret") if name in case.values),
    ]
    payload = made.payload(message(), AT).decode()
    assert [value for value in (*private, BASE) if value in payload] == []
    shown = repr(made) + repr(made.configured) + repr(made.request(message(), AT))
    assert [value for value in (*private, BASE) if value in shown] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_title_of_the_configuration_stands_before_each(case: Case) -> None:
    configured = case.configured(BASE)
    named = Configured(configured.provider, configured.url, configured.headers, configured.values, title="Cavra Ops")
    assert b"[Cavra Ops] CRITICAL: The rollback drill is overdue" in CONNECTORS[case.provider](named).payload(
        message(), AT
    )


EVENT_CASES = ["datadog", "pagerduty", "sentinel", "splunk", "webhook"]


@pytest.mark.parametrize("name", EVENT_CASES)
def test_systems_that_keep_events_get_the_whole_event(name: str) -> None:
    payload = json.loads(connector(BY_NAME[name]).payload(message(), AT))
    assert message().event in found_under(payload, "event")


@pytest.mark.parametrize("name", EVENT_CASES)
def test_event_that_holds_itself_is_left_out_and_the_rest_is_delivered(name: str) -> None:
    event: dict[str, Any] = {"schedule_id": "monthly"}
    event["webhook"] = {"payload": event}
    kept, answer = deliver(BY_NAME[name], message(event=event))
    assert 200 <= answer.status <= 299
    assert READERS[name](kept).endswith(f"Shortened. Everything: {LINK}")


@pytest.mark.parametrize("event", [{"age": float("nan")}, {"at": AT}], ids=["not a number", "no JSON"])
def test_event_that_is_no_json_is_left_out(event: dict[str, Any]) -> None:
    payload = json.loads(connector(BY_NAME["webhook"]).payload(message(event=event), AT))
    assert "event" not in payload["data"]


def found_under(document: object, name: str) -> list[object]:
    """List all that stands under a name, anywhere."""
    if isinstance(document, list):
        return [found for one in document for found in found_under(one, name)]
    if not isinstance(document, dict):
        return []
    own = [document[name]] if name in document else []
    return own + [found for one in document.values() for found in found_under(one, name)]


def test_slack_reads_one_link_and_no_mention() -> None:
    vendor = slack.Slack()
    vendor.answer(asked(connector(BY_NAME["slack"]).request(HOSTILE, AT)))
    assert vendor.marks == [LINK.replace("&", "&amp;")]
    assert all(text.get("emoji") is False for text in found_texts(vendor.posts[0]) if text["type"] == "plain_text")


def found_texts(post: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        text
        for block in post["blocks"]
        for text in [
            *([block["text"]] if "text" in block else []),
            *block.get("fields", []),
            *block.get("elements", []),
        ]
    ]


def test_teams_reads_no_markdown_no_date_and_one_link() -> None:
    card, _ = deliver(BY_NAME["teams"], HOSTILE)
    assert {element["type"] for element in card["body"]} == {"RichTextBlock"}
    assert "{{" not in json.dumps(card)
    assert "msteams" not in card
    assert found_under(card, "url") == [LINK]


@pytest.mark.parametrize("name", ["jira", "jira-comment"])
def test_jira_reads_no_mention_and_one_link(name: str) -> None:
    kept, _ = deliver(BY_NAME[name], HOSTILE)
    document = kept["body"] if "body" in kept else kept["fields"]["description"]
    nodes = jira.nodes_in(document)
    assert {node["type"] for node in nodes} == {"doc", "paragraph", "bulletList", "listItem", "text"}
    assert [node["marks"] for node in nodes if "marks" in node] == [[{"type": "link", "attrs": {"href": LINK}}]]


def test_servicenow_reads_no_html() -> None:
    record, _ = deliver(BY_NAME["servicenow"], HOSTILE)
    assert "[code" not in json.dumps(record).lower()
    assert "[/code" not in json.dumps(record).lower()


def test_servicenow_cuts_nothing_off() -> None:
    made = connector(BY_NAME["servicenow"])
    record, _ = deliver(BY_NAME["servicenow"], message(summary="word " * 5_000))
    assert json.loads(made.payload(message(summary="word " * 5_000), AT)).items() <= record.items()


def test_datadog_tags_hold_nothing_that_parts_them() -> None:
    event = json.loads(connector(BY_NAME["datadog"]).payload(message(environment="A pilot, critical:yes", loop=""), AT))
    assert event["ddtags"] == "env:a_pilot__critical_yes,severity:critical"


def test_pagerduty_payload_has_no_routing_key_and_its_request_has() -> None:
    made = connector(BY_NAME["pagerduty"])
    assert "routing_key" not in json.loads(made.payload(message(), AT))
    assert json.loads(made.request(message(), AT).body)["routing_key"] == BY_NAME["pagerduty"].values["routing_key"]


@pytest.mark.parametrize(
    ("kind", "url", "wanted"),
    [
        ("jira", f"{BASE}/", f"{BASE}/rest/api/3/issue"),
        ("jira", f"{BASE}/jira", f"{BASE}/jira/rest/api/3/issue"),
        ("jira", f"{BASE}/rest/api/2/issue", f"{BASE}/rest/api/3/issue"),
        ("jira", f"{BASE}/rest/api/3/issue/OPS-7/comment", f"{BASE}/rest/api/3/issue/OPS-7/comment"),
        ("servicenow", f"{BASE}/", f"{BASE}/api/now/table/incident"),
        ("servicenow", f"{BASE}/api/now/v2/table/change_request", f"{BASE}/api/now/v2/table/change_request"),
        ("splunk", BASE, f"{BASE}/services/collector/event"),
        ("splunk", f"{BASE}/services/collector", f"{BASE}/services/collector"),
        ("slack", f"{BASE}/services/T/B/X", f"{BASE}/services/T/B/X"),
    ],
)
def test_address_of_a_site_is_completed_and_a_whole_one_stays(kind: str, url: str, wanted: str) -> None:
    made = CONNECTORS[kind](Configured(kind, url))
    assert isinstance(made, ConfiguredConnector)
    assert made.url == wanted


@pytest.mark.parametrize(
    ("kind", "url", "values", "keys"),
    [
        ("jira", BASE, {}, ["project"]),
        ("jira", BASE, {"project": "OPS"}, []),
        ("jira", BASE, {"issue": "OPS-1"}, []),
        ("jira", f"{BASE}/rest/api/3/issue/OPS-1/comment", {}, []),
        ("jira", f"{BASE}/rest/api/3/search", {"project": "OPS"}, ["url"]),
        ("jira", f"{BASE}/rest/api/3/issue?x=1", {"project": "OPS"}, ["url"]),
        ("servicenow", BASE, {}, []),
        ("servicenow", f"{BASE}/api/now/table/incident", {}, []),
        ("servicenow", f"{BASE}/api/now/import/incident", {}, ["url"]),
        ("servicenow", f"{BASE}/api/now/table/incident?sysparm_x=1", {}, ["url"]),
        ("webhook", BASE, {}, []),
        ("webhook", BASE, {"secret": receiver.SECRET}, []),
        ("webhook", BASE, {"secret": "whsec_" + "A" * 33}, ["secret"]),
        ("slack", BASE, {}, []),
        ("github", BASE, {}, []),
    ],
)
def test_configuration_that_cannot_work_is_refused_by_key(
    kind: str, url: str, values: dict[str, str], keys: list[str]
) -> None:
    faults = list(CONNECTORS[kind].faults(Configured(kind, url, {}, values)))
    assert [fault.partition(":")[0] for fault in faults] == keys
    assert BASE not in "".join(faults)


def test_class_says_what_a_configuration_may_hold() -> None:
    assert [key.name for key in Jira.keys] == ["project", "issue_type", "issue"]
    assert [(key.name, key.secret, key.required) for key in PagerDuty.keys] == [("routing_key", True, True)]
    assert [(key.name, key.secret, key.required) for key in Webhook.keys] == [("secret", True, False)]
    assert Datadog.needs.api_key_header == "dd-api-key"
