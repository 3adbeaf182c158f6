"""What can go wrong between a connector and its vendor: one table, for the tests and for the docs.

Each row says what is done to the request that would create something, what the connector then knows, whether the vendor
has the message, and with that what the next run does.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

from reporter.deliver.connector import Recall
from reporter.deliver.receipts import Outcome

RECALLS: Final = {
    "datadog": Recall.NONE,
    "jira": Recall.SEARCHABLE,
    "jira-comment": Recall.SEARCHABLE,
    "pagerduty": Recall.KEYED,
    "sentinel": Recall.NONE,
    "servicenow": Recall.SEARCHABLE,
    "slack": Recall.NONE,
    "splunk": Recall.NONE,
    "teams": Recall.NONE,
    "webhook": Recall.KEYED,
    "webhook-unsigned": Recall.NONE,
}
ALL: Final = tuple(RECALLS)
ANY_2XX: Final = ("sentinel", "teams", "webhook", "webhook-unsigned")
"""Those whose vendor says no more than a 2xx: only a page for people, or what tells of a failure, is none."""
PROVING: Final = tuple(name for name in ALL if name not in ANY_2XX)

OWN: Final = -1
"""The status of the vendor's own answer, 200, 201 or 202."""

UNKNOWN: Final = Outcome.TIMEOUT_UNKNOWN
UNREACHABLE: Final = Outcome.UNREACHABLE
REJECTED: Final = Outcome.REJECTED_PERMANENT
THROTTLED: Final = Outcome.THROTTLED


class Row(NamedTuple):
    """One fault. `stored`: the vendor has the message all the same. `wait`: when it wants to be asked again."""

    id: str
    fault: str
    outcome: Outcome
    status: int | None
    error_class: str
    stored: bool = False
    wait: timedelta | None = None
    cases: tuple[str, ...] = ALL


_HALF_A_MINUTE: Final = timedelta(seconds=30)

ROWS: Final = (
    Row("refused", "nobody listens there", UNREACHABLE, 0, "connection_refused"),
    Row("dns", "the host has no address", UNREACHABLE, 0, "dns_failure"),
    Row("tls", "a certificate that is not trusted", UNREACHABLE, 0, "tls_failure"),
    Row("handshake", "no answer before the request has left", UNREACHABLE, 0, "connect_timeout"),
    Row("silence", "no answer after the request has arrived", UNKNOWN, None, "read_timeout", stored=True),
    Row("429", "429 that says nothing", THROTTLED, 429, "rate_limited"),
    Row("429-seconds", "429, `Retry-After` in seconds", THROTTLED, 429, "rate_limited", wait=_HALF_A_MINUTE),
    Row("429-date", "429, `Retry-After` as a date", THROTTLED, 429, "rate_limited", wait=_HALF_A_MINUTE),
    Row("429-ms", "429, `Retry-After-Ms`", THROTTLED, 429, "rate_limited", wait=_HALF_A_MINUTE),
    Row("429-epoch", "429, `X-RateLimit-Reset` as an epoch", THROTTLED, 429, "rate_limited", wait=_HALF_A_MINUTE),
    Row("429-iso", "429, `X-RateLimit-Reset` as ISO 8601", THROTTLED, 429, "rate_limited", wait=_HALF_A_MINUTE),
    Row("429-span", "429, `RateLimit-Reset` in seconds", THROTTLED, 429, "rate_limited", wait=_HALF_A_MINUTE),
    Row("503", "503, `Retry-After` in seconds", THROTTLED, 503, "come_later", wait=_HALF_A_MINUTE),
    Row("500", "500", UNKNOWN, 500, "server_error"),
    Row("502-stored", "502 after it was stored", UNKNOWN, 502, "server_error", stored=True),
    Row("closed", "connection closed without an answer", UNKNOWN, None, "connection_lost", stored=True),
    Row("cut", "connection cut in the middle of the answer", UNKNOWN, OWN, "answer_cut", stored=True),
    Row("drip", "an answer that drips past the time limit", UNKNOWN, 200, "slow_answer", stored=True),
    Row("10-mb", "an answer of 10 MB", UNKNOWN, OWN, "answer_too_large", stored=True),
    Row("redirect", "a redirect", REJECTED, 307, "redirect"),
    Row("login", "200 with a page for people", REJECTED, 200, "html_page"),
    Row("text", "200 with another content type", UNKNOWN, 200, "unexpected_answer", stored=True, cases=PROVING),
    Row("text-2xx", "200 with another content type", Outcome.ACCEPTED, 200, "", stored=True, cases=ANY_2XX),
    Row("error-slack", "200 with `ok: false`", REJECTED, 200, "slack_channel_not_found", cases=("slack",)),
    Row("error-teams", "200 with a text that tells of a failure", REJECTED, 200, "refused_in_body", cases=("teams",)),
    Row(
        "error-splunk",
        "200 with a code of a refusal",
        REJECTED,
        200,
        "splunk_token_invalid",
        cases=("splunk",),
    ),
    Row("busy-splunk", "200 with code 9", THROTTLED, 200, "splunk_server_busy", cases=("splunk",)),
    Row(
        "error-listed",
        "2xx with errors in the body",
        REJECTED,
        200,
        "refused_in_body",
        cases=("datadog", "pagerduty", "sentinel", "webhook", "webhook-unsigned"),
    ),
    Row(
        "untrue",
        "200 with a success that is false",
        REJECTED,
        200,
        "refused_in_body",
        cases=("datadog", *ANY_2XX),
    ),
    Row("broken", "200 with JSON that breaks off", UNKNOWN, 200, "unexpected_answer"),
    Row("told", "200 with a text that begins with `error:`", UNKNOWN, 200, "unexpected_answer"),
    Row(
        "error-searched",
        "2xx with errors in the body",
        UNKNOWN,
        200,
        "unexpected_answer",
        cases=("jira", "jira-comment", "servicenow"),
    ),
    Row("foreign", "2xx with the key of another event", UNKNOWN, 202, "unexpected_answer", cases=("pagerduty",)),
    Row("foreign-issue", "2xx with the key of an issue elsewhere", UNKNOWN, 201, "unexpected_answer", cases=("jira",)),
)


_STEPS: Final = {
    Outcome.ACCEPTED: "nothing",
    UNREACHABLE: "sends it",
    THROTTLED: "sends it when welcome",
    REJECTED: "needs a person",
}
_STEPS_IN_DOUBT: Final = {
    Recall.KEYED: "sends it under the same key",
    Recall.SEARCHABLE: "looks for it first",
    Recall.NONE: "unknown: the gates decide",
}


def next_step(outcome: Outcome, recall: Recall) -> str:
    """Say what the next run does."""
    return _STEPS_IN_DOUBT[recall] if outcome is UNKNOWN else _STEPS[outcome]


TITLES: Final = {
    "datadog": "Datadog",
    "jira": "Jira",
    "jira-comment": "Jira",
    "pagerduty": "PagerDuty",
    "sentinel": "Sentinel",
    "servicenow": "ServiceNow",
    "slack": "Slack",
    "splunk": "Splunk",
    "teams": "Teams",
    "webhook": "signed webhook",
    "webhook-unsigned": "plain webhook",
}


def vendors_of(recall: Recall) -> str:
    """List the vendors that can tell as much of what they have."""
    return ", ".join(dict.fromkeys(TITLES[name] for name, one in RECALLS.items() if one is recall))


def documented() -> Iterator[tuple[str, ...]]:
    """Write the table for people, its head first."""
    classes = (Recall.KEYED, Recall.SEARCHABLE, Recall.NONE)
    yield ("what happens", "outcome", "evidence", *(f"next run: {vendors_of(recall)}" for recall in classes))
    for row in ROWS:
        named = "" if row.cases == ALL else ", ".join(dict.fromkeys(TITLES[name] for name in row.cases)) + ": "
        status = {OWN: "2xx", None: "no status"}.get(row.status, str(row.status))
        wait = f"{row.wait.seconds} s" if row.wait else ""
        evidence = ", ".join(filter(None, (status, f"`{row.error_class}`" if row.error_class else "", wait)))
        met = {RECALLS[name] for name in row.cases}
        steps = (next_step(row.outcome, recall) if recall in met else "" for recall in classes)
        yield (named + row.fault, f"`{row.outcome}`", evidence, *steps)
