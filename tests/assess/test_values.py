"""The values that verdicts are made of: instants, texts, pointers, wants, schemas."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import jsonschema
import pytest

from assess.cases import NOW, PILOT, READINESS
from reporter.model.documents import MISSING, look_up, pointer_to
from reporter.model.instants import Instant, days, format_instant, is_future, parse_instant, shift
from reporter.model.manifests import BY_ALIAS
from reporter.model.reports import Mode
from reporter.model.schemas import bundle_schemas, find_schema, schema_names, write_schema
from reporter.model.text import is_blank, shorten, show, visible
from reporter.model.verification import Verification
from reporter.model.wants import ABSENT_NUMBER, ManifestModel, equals, filled, instant, one_of, positive, text

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "at", "assumed"),
    [
        ("2026-06-01T12:00:00Z", NOON, False),
        ("2026-06-01t12:00:00z", NOON, False),
        ("2026-06-01T12:00:00+00:00", NOON, False),
        ("2026-06-01T14:00:00+02:00", NOON, False),
        ("2026-06-01T14:00+0200", NOON, False),
        ("2026-06-01 06:30:00 -05:30", NOON, False),
        ("2026-06-01T12:00", NOON, True),
        (" 2026-06-01T12:00:00 ", NOON, True),
        ("2026-06-01T12:00:00.000000999Z", NOON, False),
        ("2026-06-01T12:00:00,5Z", NOON + timedelta(milliseconds=500), False),
        ("2026-06-01", NOON - timedelta(hours=12), True),
        ("2026-06-01Z", NOON - timedelta(hours=12), False),
    ],
)
def test_timestamp_is_read_as_utc(written: str, at: datetime, *, assumed: bool) -> None:
    assert parse_instant(written) == Instant(at, assumed, is_day=":" not in written)


@pytest.mark.parametrize(
    "written",
    ["", " ", "now", "2026", "2026-06", "2026-6-1", "20260601", "2026-06-31", "2026-00-01", "2026-06-01T24:00:01Z",
     "2026-06-01T12:60Z", "2026-06-01T12:00:60Z", "2026-06-01T12:00:00+24:00", "2026-06-01T12:00:00+99:99",
     "2026-06-01T12:00:00.Z", "2026-06-01T12:00:00.1234567890Z", "2026-06-01T12:00:00 UTC", "0000-01-01",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "\u0662\u0660\u0662\u0666-06-01",
     "2026-06-01T12:00:00Z\x00",
     "1780315200", "2026-W23-1", "x" * 100_000],
)  # fmt: skip
def test_what_is_no_timestamp_is_none(written: str) -> None:
    assert parse_instant(written) is None


def test_instant_is_written_in_utc() -> None:
    assert format_instant(NOON.astimezone()) == "2026-06-01T12:00:00Z"
    assert format_instant(NOON + timedelta(microseconds=5)) == "2026-06-01T12:00:00.000005Z"


def test_future_begins_after_five_minutes() -> None:
    assert not is_future(NOW + timedelta(minutes=5), NOW)
    assert is_future(NOW + timedelta(minutes=5, microseconds=1), NOW)


def test_days_have_four_decimals() -> None:
    assert days(timedelta(seconds=1)) == 0.0
    assert days(timedelta(hours=1)) == 0.0417


def test_sum_beyond_the_calendar_stops_at_its_end() -> None:
    century = timedelta(days=36500)
    assert shift(NOW, century - century) == NOW
    assert shift(datetime.max.replace(tzinfo=UTC), century) == datetime.max.replace(tzinfo=UTC)
    assert shift(datetime.min.replace(tzinfo=UTC), -century) == datetime.min.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "blank",
    [
        "",
        " ",
        "\t\n",
        "\u00a0",
        "\u3000",
        "\u200b",
        "\ufeff \u2060",
        "\u3164",
        "\u2800",
        "\u00ad",
        "\u0301",
        "-",
        "..",
        "\u2014",
    ],
)
def test_text_that_shows_nothing_is_blank(blank: str) -> None:
    assert is_blank(blank)
    assert not is_blank(f"{blank}x{blank}")


def test_values_are_shown_short_and_visible() -> None:
    assert visible("a\x1b[0m\u202eb\U000e0041") == r"a\u001b[0m\u202eb\ue0041"
    assert shorten("x" * 120) == "x" * 120
    assert show(["a", 1]) == "a list of 2"
    assert shorten("x" * 121) == "x" * 120 + "… (1 more characters)"
    assert [show(one) for one in ("é\n", [], ["a"], [1], {}, None, True, 1.5, {"a": 1})] == [
        '"é\\n"',
        "an empty list",
        '["a"]',
        "a list of 1",
        "an object of 0",
        "null",
        "true",
        "1.5",
        "an object of 1",
    ]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", {"a": [{"~/": 1}]}),
        ("/a/0/~0~1", 1),
        ("/a/1", MISSING),
        ("/b", MISSING),
        ("/a/x", MISSING),
        ("/a/\u00b2", MISSING),
        ("/a/0/~0~1/x", MISSING),
    ],
)
def test_pointer_leads_to_a_value_or_to_missing(pointer: str, value: object) -> None:
    assert look_up({"a": [{"~/": 1}]}, pointer) == value
    assert repr(MISSING) == "nothing"
    assert pointer_to("a", 0, "~/") == "/a/0/~0~1"


class _Small(ManifestModel):
    name: Annotated[str, text()] = ""
    kind: Annotated[str, one_of("a", "b", optional=True)] = ""
    at: Annotated[str, instant(optional=True)] = ""
    size: Annotated[float, positive("metres", 9)] = ABSENT_NUMBER
    on: Annotated[bool, equals(value=True)] = False
    parts: Annotated[list[str], filled()] = []  # noqa: RUF012 - pydantic copies it
    free: str = ""


def test_wants_are_judged_in_the_order_of_the_fields() -> None:
    good = _Small(name="x", kind="a", at="2026-06-01", size=9, on=True, parts=["x"])
    assert all(one.met for one in good.judge())
    assert [(one.pointer, one.met) for one in _Small().judge()] == [
        ("/name", False),
        ("/kind", True),
        ("/at", True),
        ("/size", False),
        ("/on", False),
        ("/parts", False),
    ]


def test_wants_are_in_the_schema() -> None:
    schema = _Small.model_json_schema()
    assert schema["required"] == ["name", "size", "on", "parts"]
    assert schema["properties"]["size"] == {"exclusiveMinimum": 0, "maximum": 9, "title": "Size", "type": "number"}
    assert "required" not in ManifestModel.model_json_schema()


@pytest.mark.parametrize("alias", PILOT.documents)
def test_sample_manifest_fits_its_schema_and_its_row(alias: str) -> None:
    schema, row = find_schema(alias), BY_ALIAS[alias]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(PILOT.documents[alias], schema)
    assert schema["properties"]["schema_version"]["const"] == row.schema_id
    assert row.path_key == f"{alias}_path"


@pytest.mark.parametrize("name", READINESS)
def test_report_fits_its_schema(name: str) -> None:
    jsonschema.validate(PILOT.report(name).model_dump(mode="json"), find_schema(name))


def test_every_schema_is_written_one_way() -> None:
    for name in schema_names():
        jsonschema.Draft202012Validator.check_schema(find_schema(name))
        assert write_schema(find_schema(name)).endswith(b"}\n")
    assert {name for name, _ in bundle_schemas()} <= set(schema_names())


def test_every_mode_but_disabled_is_enabled() -> None:
    assert [mode.enabled for mode in Mode] == [False, True, True, True]


def test_verification_without_a_statement_has_failed() -> None:
    assert Verification((), 3, "k", None).result == "failed"
    assert Verification((), 3, "k", {}).as_json() == {
        "result": "passed",
        "failures": [],
        "files": 3,
        "key_id": "k",
        "statement": {},
    }
