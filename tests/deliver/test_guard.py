"""What is refused before it is sealed or sent: places and rules are told, values never."""

import base64
import json
from email.message import EmailMessage

import pytest

from reporter.deliver.guard import Allowance, Finding, guard_files, guard_mail, guard_payload, search_file
from reporter.deliver.private_values import PrivateKind, PrivateValue, PrivateValues
from reporter.errors import ExitCode, NotPublicSafe

SECRET = "xoxb-of-this/test-only"  # noqa: S105 - of this test
PRIVATE = PrivateValues(
    [
        PrivateValue(PrivateKind.SECRET, "slack.token", SECRET),
        PrivateValue(PrivateKind.HOST, "jira.url", "jira.example.org"),
        PrivateValue(PrivateKind.PERSON, "deliver.executives", "cto@example.org"),
    ]
)


def test_files_without_a_private_value_pass() -> None:
    guard_files({"index.html": b"<p>ready</p>", "a.json": b'{"a": "ready"}', "a.pdf": b"%PDF-1.7"}, PRIVATE)


def test_bundle_is_refused_with_rule_and_place_and_no_value() -> None:
    files = {
        "index.html": f"<p>ready</p>\n<p>{SECRET}</p>\n".encode(),
        "reports/executive.json": json.dumps({"a/b": ["", {"to": "see " + SECRET}]}).encode(),
        "spread.json": b'["jira.","example.org", "' + base64.b64encode(b"-" + SECRET.encode()) + b'"]',
        "runbook.pdf": b"%PDF-1.7 /Title (jira.example.org)",
        "both.json": b'{"jira.example.org": "jira.example.org"}',
    }
    with pytest.raises(NotPublicSafe) as caught:
        guard_files(files, PRIVATE)
    assert caught.value.exit_code is ExitCode.NOT_PUBLIC_SAFE
    of_slack = "found what is configured as slack.token (not shown), wanted none; rule configured_secret"
    host = "found what is configured as jira.url (not shown), wanted none; rule configured_host"
    assert caught.value.faults == (
        f"both.json: {host}",
        f"index.html line 2: {of_slack}",
        f"reports/executive.json /a~1b/1/to: {of_slack}",
        f"runbook.pdf line 1: {host}",
        f"spread.json /2: {of_slack}",
    )


def test_value_that_no_single_text_holds_is_told_by_its_file() -> None:
    broken_over_lines = f"<p>{SECRET[:9]}=\n{SECRET[9:]}</p>".encode()
    assert [one.place for one in search_file("mail.html", broken_over_lines, PRIVATE)] == ["mail.html"]
    not_json = f'{{"a": "{SECRET}"'.encode()
    assert [one.place for one in search_file("broken.json", not_json, PRIVATE)] == ["broken.json"]


def test_many_findings_are_listed_in_part() -> None:
    with pytest.raises(NotPublicSafe) as caught:
        guard_files({f"{number:02}.html": SECRET.encode() for number in range(23)}, PRIVATE)
    assert len(caught.value.faults) == 21
    assert caught.value.faults[-1] == "and 3 more"


def payload(**fields: object) -> bytes:
    return json.dumps({"event_action": "trigger", **fields}).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(payload(summary="The drill is due"), [], id="clean"),
        pytest.param(b"", [], id="empty"),
        pytest.param(b"text: the drill is due", [], id="clean-text"),
        pytest.param(payload(to=["", SECRET]), [("payload /to/1", "configured_secret")], id="secret"),
        pytest.param(payload(to=SECRET.replace("/", "%2F")), [("payload /to", "configured_secret")], id="encoded"),
        pytest.param(payload(**{SECRET: 1}), [("payload", "configured_secret")], id="key"),
        pytest.param(payload(a="on db.internal"), [("payload /a", "private_host")], id="rule"),
        pytest.param(
            payload(a="ask cto@example.org"),
            [("payload /a", "configured_person"), ("payload /a", "email_address")],
            id="value-and-rule",
        ),
        pytest.param(
            f"one\ntwo {SECRET} on 10.0.0.7".encode(),
            [("payload", "configured_secret"), ("payload line 2", "private_address")],
            id="text",
        ),
        pytest.param(f'{{"a": "{SECRET}", "a": "x"}}'.encode(), [("payload", "configured_secret")], id="key-twice"),
        pytest.param(b"[" * 5_000 + SECRET.encode(), [("payload", "configured_secret")], id="nested"),
    ],
)
def test_payload_is_searched_and_read(body: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(one.place, one.rule) for one in guard_payload(body, PRIVATE)] == expected


ROUTING_KEY = Allowance("/routing_key", SECRET)


@pytest.mark.parametrize(
    ("body", "places"),
    [
        pytest.param(payload(routing_key=SECRET), [], id="there"),
        pytest.param(payload(routing_key=SECRET, a=SECRET), ["payload /a"], id="elsewhere-too"),
        pytest.param(payload(routing_key=f"{SECRET} "), ["payload /routing_key"], id="not-exactly"),
        pytest.param(payload(a={"routing_key": SECRET}), ["payload /a/routing_key"], id="deeper"),
        pytest.param(payload(routing_key="jira.example.org"), ["payload /routing_key"], id="another-value"),
        pytest.param(payload(routing_key=[SECRET]), ["payload /routing_key/0"], id="in-a-list"),
    ],
)
def test_allowance_is_for_one_value_in_one_field(body: bytes, places: list[str]) -> None:
    assert [one.place for one in guard_payload(body, PRIVATE, [ROUTING_KEY])] == places


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"To": "cto@example.org", "Message-ID": "<1@example.org>", **headers}.items():
        message[name] = value
    message.set_content("The verdict is: ready.\n")
    message.add_alternative("<p>ready</p>\n", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="executive.pdf")
    return message


RECIPIENT = (Allowance("to", "cto@example.org"), Allowance("From", "reports@example.org"))


def test_mail_to_whom_it_is_allowed_passes() -> None:
    message = mail(From="Reports <reports@example.org>", Subject="Ready: pilot")
    assert guard_mail(message.as_bytes(), PRIVATE, RECIPIENT) == ()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Cc": "cto@example.org"}, ["configured_person", "email_address"]),
        ({"To": "jane@example.org, cto@example.org"}, ["email_address"]),
        ({"Subject": "cto@example.org"}, ["configured_person", "email_address"]),
        ({"Subject": f"ünd {SECRET}"}, ["configured_secret"]),
        ({"Message-ID": "<cto@example.org>"}, ["configured_person"]),
    ],
)
def test_headers_of_a_mail_are_searched_decoded(headers: dict[str, str], expected: list[str]) -> None:
    (name,) = headers
    findings = guard_mail(mail(**headers).as_bytes(), PRIVATE, RECIPIENT)
    assert [(one.place, one.rule) for one in findings] == [(f"mail, header {name}", rule) for rule in expected]


def test_parts_of_a_mail_are_searched_as_they_are_sent_and_decoded() -> None:
    message = mail()
    message.add_attachment(f"%PDF-1.7 {SECRET}".encode(), maintype="application", subtype="pdf", filename="b.pdf")
    message.add_attachment("on db.internal\n", filename="notes.txt")
    of_slack = "what is configured as slack.token"
    assert guard_mail(message.as_bytes(), PRIVATE, RECIPIENT) == (
        Finding("mail", "configured_secret", of_slack),
        Finding("mail part 5", "configured_secret", of_slack),
        Finding("mail part 6 line 1", "private_host", "the name of a private host"),
    )


def test_nothing_private_is_printed() -> None:
    said = (
        f"{ROUTING_KEY!r} {[*guard_payload(payload(a=SECRET), PRIVATE)]} {guard_payload(payload(a=SECRET), PRIVATE)[0]}"
    )
    assert "slack.token" in said
    assert SECRET not in said
