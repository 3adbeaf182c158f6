"""When to ask again: every way that vendors say it, and nothing for what cannot be meant."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.deliver.retry_after import MOST, read_retry_after, says_limit

NOW = datetime(2026, 6, 11, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "120"}, 120, id="seconds"),
        pytest.param({"retry-after": " 0 "}, 0, id="at-once"),
        pytest.param({"retry-after": "1.5"}, 1.5, id="part-of-a-second"),
        pytest.param({"retry-after": "86400"}, 86_400, id="a-day"),
        pytest.param({"retry-after": "Thu, 11 Jun 2026 12:01:30 GMT"}, 90, id="http-date"),
        pytest.param({"retry-after": "Thu, 11 Jun 2026 12:01:30 -0000"}, 90, id="date-without-a-zone"),
        pytest.param({"retry-after": "Thursday, 11-Jun-26 12:01:30 GMT"}, 90, id="rfc-850-date"),
        pytest.param({"retry-after": "Thu Jun 11 12:01:30 2026"}, 90, id="asctime-date"),
        pytest.param({"retry-after-ms": "1500", "retry-after": "2"}, 1.5, id="milliseconds"),
        pytest.param({"x-ms-retry-after-ms": "250"}, 0.25, id="milliseconds-of-azure"),
        pytest.param({"x-ratelimit-reset": str(EPOCH + 60)}, 60, id="github-epoch"),
        pytest.param({"x-ratelimit-reset": str((EPOCH + 60) * 1_000)}, 60, id="epoch-in-milliseconds"),
        pytest.param({"x-ratelimit-reset": "2026-06-11T12:01Z"}, 60, id="jira-iso-8601"),
        pytest.param({"x-ratelimit-reset": "2026-06-11T14:01:00+02:00"}, 60, id="iso-8601-with-an-offset"),
        pytest.param({"x-ratelimit-reset": "2026-06-11T12:01:00"}, 60, id="iso-8601-without-an-offset"),
        pytest.param({"x-ratelimit-reset": "7"}, 7, id="datadog-seconds"),
        pytest.param({"ratelimit-reset": str(EPOCH + 9)}, 9, id="gitlab"),
        pytest.param({"retry-after": "5", "x-ratelimit-reset": "7"}, 5, id="retry-after-goes-first"),
        pytest.param({"retry-after": "soon", "x-ratelimit-reset": "7"}, 7, id="the-next-that-can-be-read"),
        pytest.param({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}, 7, id="nothing-remains"),
        pytest.param({"x-ratelimit-remaining": "12", "x-ratelimit-reset": "7"}, None, id="something-remains"),
        pytest.param({}, None, id="nothing"),
        pytest.param({"retry-after": ""}, None, id="empty"),
        pytest.param({"retry-after": "-1"}, None, id="negative"),
        pytest.param({"retry-after": "86401"}, None, id="over-a-day"),
        pytest.param({"retry-after": "1e3"}, None, id="exponent"),
        pytest.param({"retry-after": "9" * 400}, None, id="endless"),
        pytest.param({"retry-after": "٣"}, None, id="another-digit"),
        pytest.param({"retry-after": "5, 5"}, None, id="twice"),
        pytest.param({"retry-after": "inf"}, None, id="infinite"),
        pytest.param({"retry-after": "Thu, 11 Jun 2026 11:59:59 GMT"}, None, id="date-in-the-past"),
        pytest.param({"retry-after": "Thu, 99 Jun 2026 11:59:59 GMT"}, None, id="date-that-is-none"),
        pytest.param({"x-ratelimit-reset": str(EPOCH - 1)}, None, id="epoch-in-the-past"),
        pytest.param({"x-ratelimit-reset": "2026-06-31T00:00Z"}, None, id="iso-8601-that-is-none"),
    ],
)
def test_wait_is_read_from(headers: dict[str, str], seconds: float | None) -> None:
    assert read_retry_after(headers, NOW) == (None if seconds is None else timedelta(seconds=seconds))


NAMES = (
    "retry-after",
    "retry-after-ms",
    "x-ms-retry-after-ms",
    "x-ratelimit-reset",
    "x-ratelimit-remaining",
    "ratelimit-reset",
    "ratelimit-remaining",
)


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20) | st.integers().map(str) | st.datetimes().map(str)))
def test_whatever_is_said_the_wait_is_bounded(headers: dict[str, str]) -> None:
    wait = read_retry_after(headers, NOW)
    assert wait is None or timedelta(0) <= wait <= MOST


@pytest.mark.parametrize(
    ("headers", "limited"),
    [
        ({}, False),
        ({"retry-after": "60"}, True),
        ({"x-ratelimit-remaining": "0"}, True),
        ({"ratelimit-remaining": "0"}, True),
        ({"x-ratelimit-remaining": "59"}, False),
    ],
)
def test_limit_is_told_from_a_refusal(headers: dict[str, str], limited: bool) -> None:  # noqa: FBT001 - of a table
    assert says_limit(headers) is limited
