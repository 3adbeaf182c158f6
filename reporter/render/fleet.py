"""The fleet page, and the same as CSV: each environment with its verdict, risks, trend and latest bundle."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reporter.model.fleet import Fleet, FleetRow
from reporter.model.text import count
from reporter.render.html import SCREEN, render_page, source_of
from reporter.render.shapes import Fact, Listing, State, Tag, Verdict
from reporter.render.spark import Spark, draw_spark
from reporter.render.wording import (
    CLOSURE_TAGS,
    NO_MARK,
    READINESS_TAGS,
    day,
    listed,
    moment,
    plain,
    prose,
    tag_in,
    tag_of_word,
)

COLUMNS: Final = (
    "rank", "environment", "verdict", "sealed", "alert_level", "status", "readiness_state", "closure_state",
    "failed_check_count", "open_item_count", "as_of", "age_minutes", "old", "next_due", "owners", "risks", "summary",
    "faults", "bundle", "drill_overdue",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet could take for a formula at the start of a cell (OWASP, CSV injection)."""
_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")
_TONES: Final = ("bad", "soon", "none", "good")


@dataclass(frozen=True, slots=True)
class FleetLine:
    """One environment on the page. `state` is what the filter asks for; `link` is empty where there is no bundle."""

    anchor: str
    rank: str
    environment: str
    tag: Tag
    state: str
    summary: str
    risks: str
    states: tuple[State, ...]
    owners: str
    next_due: str
    as_of: str
    notices: tuple[str, ...]
    link: str
    spark: Spark | None


@dataclass(frozen=True, slots=True)
class FleetView:
    """The whole page."""

    environment: str
    as_of: str
    tool_version: str
    verdict: Verdict
    tallies: tuple[Tag, ...]
    key_facts: tuple[Fact, ...]
    lines: tuple[FleetLine, ...]


def render_fleet_html(fleet: Fleet, fleet_json: bytes) -> bytes:
    """Render the page; the JSON is embedded byte for byte."""
    view = build_fleet_view(fleet)
    return render_page("fleet.html", "Fleet", view, SCREEN, document=fleet_json, script=source_of("fleet.js"))


def build_fleet_view(fleet: Fleet) -> FleetView:
    """Word every row, and the answer over all."""
    lines = tuple(_line(row) for row in fleet.environments)
    tones = [line.tag.tone for line in lines]
    bad, soon = tones.count("bad"), tones.count("soon")
    worst = min(tones, key=_TONES.index, default="none")
    stale = sum(row.old or not row.sealed for row in fleet.environments)
    sentence = f"{count(stale, 'environment')} without a recent bundle that verifies." if stale else ""
    whole = f"of {len(lines):,}"
    headline = f"{soon:,} {whole} to look after soon" if soon else "Nothing needs attention"
    if bad:
        headline = f"{bad:,} {whole} {'needs' if bad == 1 else 'need'} attention"
    return FleetView(
        environment=count(len(lines), "environment"),
        as_of=moment(fleet.as_of),
        tool_version=plain(fleet.tool_version),
        verdict=Verdict(
            "Where does the most risk lie?", headline, sentence or _worst(fleet), worst, (), Listing((), "")
        ),
        tallies=(
            Tag(f"{bad:,} bad", "bad" if bad else "none", "✗"),
            Tag(f"{soon:,} soon", "soon" if soon else "none", "▲"),
            Tag(f"{tones.count('good'):,} good", "good" if tones.count("good") else "none", "✓"),
            Tag(f"{tones.count('none'):,} neither", "none", NO_MARK),
        ),
        key_facts=(
            Fact("As of", moment(fleet.as_of)),
            Fact("Environments", f"{len(lines):,}"),
            Fact("Open items", f"{sum(row.open_item_count for row in fleet.environments):,}"),
            Fact("Failed checks", f"{sum(row.failed_check_count for row in fleet.environments):,}"),
        ),
        lines=lines,
    )


def render_fleet_csv(fleet: Fleet) -> bytes:
    """Write one row for each environment; no cell can be taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in fleet.environments:
        values = row.model_dump(mode="json")
        writer.writerow([_cell(values[name]) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = plain(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _worst(fleet: Fleet) -> str:
    first = fleet.environments[0] if fleet.environments else None
    if first is None:
        return "There is no environment in the settings."
    return f"First: {plain(first.environment)}{f' ({_joined(first.risks)})' if first.risks else ''}."


def _line(row: FleetRow) -> FleetLine:
    tag = _tag(row)
    return FleetLine(
        anchor=f"environment-{row.environment}",
        rank=str(row.rank),
        environment=plain(row.environment),
        tag=tag,
        state=tag.tone,
        summary=prose(row.summary),
        risks=_joined(row.risks) or "nothing to tell",
        states=_states(row) if row.sealed else (),
        owners=listed(row.owners) if row.owners else "",
        next_due=day(row.next_due) if row.next_due and not row.drill_overdue else "",
        as_of=moment(row.as_of) if row.as_of else "",
        notices=tuple(_notices(row)),
        link=f"{row.bundle}/index.html" if row.bundle and row.sealed else "",
        spark=draw_spark(row.trend),
    )


def _states(row: FleetRow) -> tuple[State, ...]:
    return (
        State("Release", tag_in(READINESS_TAGS, row.readiness_state)),
        State("Closure", tag_in(CLOSURE_TAGS, row.closure_state)),
    )


def _tag(row: FleetRow) -> Tag:
    """Give the verdict, no better than its alert level, and no good one for what is old."""
    if not row.sealed:
        return Tag("Not verified" if row.bundle else "No bundle", "bad", "✗")
    if row.verdict == "blocked":
        return READINESS_TAGS["blocked"]
    tag, level = tag_of_word(row.verdict), tag_of_word(row.alert_level)
    tone = min(tag.tone, level.tone if level.tone != "good" else tag.tone, key=_TONES.index)
    if row.old and tone in {"good", "none"}:
        tone = "soon"
    return tag if tone == tag.tone else Tag(tag.word, tone, "▲" if tone == "soon" else "✗")


def _notices(row: FleetRow) -> list[str]:
    told = [f"The latest bundle is old: as of {moment(row.as_of)}. A run is missing."] if row.old and row.sealed else []
    if row.drill_overdue:
        told.append(f"The rollback drill is overdue since {day(row.next_due)}.")
    return [*told, *(_DIGEST.sub(lambda found: f"{found[0][:12]}…", prose(fault)) for fault in row.faults)]


def _joined(risks: Sequence[str]) -> str:
    return ", ".join(map(plain, risks))
