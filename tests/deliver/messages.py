"""Messages to deliver: one that anybody could get, and any that could be written."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from reporter.deliver.message import Message
from reporter.model.reports import AlertLevel

AT = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
LINK = "https://evidence.example.org/bundles/production-pilot/20260611T154000Z-58e1f2c07b9d?view=a&part=b"
MESSAGE_ID = "msg-3f0a9d2c7be1"


def message(**changes: Any) -> Message:  # noqa: ANN401 - as Message's fields
    """Make a message; name what is to be different."""
    fields: dict[str, Any] = {
        "message_id": MESSAGE_ID,
        "environment": "production-pilot",
        "loop": "drill-notification",
        "event_type": "cavra.go_backend.rollback_drill.notification",
        "subject": "go_backend_python_fallback_monthly",
        "severity": AlertLevel.CRITICAL,
        "title": "The rollback drill is overdue",
        "summary": "The last passing drill is 38 days old.\nIts interval is 30 days.",
        "at": AT,
        "facts": (("Last drill", "drill_go_backend_python_fallback"), ("Was due", "2026-06-20T15:40:00Z")),
        "actions": ("Run the drill.", "Record its evidence."),
        "owner": "release-governance",
        "runbook_ref": "runbooks/rollback.md",
        "link": LINK,
        "event": {"schedule_id": "go_backend_python_fallback_monthly", "summary": {"stale": True}},
    }
    return Message(**{**fields, **changes})


TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.characters(categories=["Mn", "Me", "Cf", "Cs", "So", "Lo", "Zs", "Cc"]), max_size=60),
    st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=12), st.sampled_from([10, 300, 4_000])),
    st.sampled_from(
        [
            "<!channel> <@U024BE7LH> <https://evil.example|here> & co",
            "*bold* _it_ ~no~ `code` [here](https://evil.example)",
            "{{DATE(2026-06-11T15:40:00Z, SHORT)}} {{{TIME",
            "[code]<script>alert(1)</script>[/code]",
            '"},"type":"mention"',
            "\u202egnorw si gnihtemos\u2066",
        ]
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)

TIMES = st.sampled_from([1, 1, 30])

MESSAGES = st.builds(
    Message,
    message_id=st.one_of(st.just(MESSAGE_ID), TEXTS),
    environment=TEXTS,
    loop=TEXTS,
    event_type=TEXTS,
    subject=TEXTS,
    severity=st.sampled_from(AlertLevel),
    title=TEXTS,
    summary=TEXTS,
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    facts=st.builds(lambda some, times: tuple(some) * times, st.lists(st.tuples(TEXTS, TEXTS), max_size=3), TIMES),
    actions=st.builds(lambda some, times: tuple(some) * times, st.lists(TEXTS, max_size=3), TIMES),
    owner=TEXTS,
    runbook_ref=TEXTS,
    link=st.sampled_from(["", LINK]),
    event=st.dictionaries(st.text(max_size=10), JSON, max_size=5),
)

LATER = AT + timedelta(hours=1)
