"""Drill history: is the way back still exercised (domain.md B2.6, A3, A4).

The latest drill is judged, and every drill is known as passed or failed: only a passed one restarts the cadence.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from reporter.assess.conditions import (
    CheckSpec,
    Condition,
    check,
    faults_under,
    fold,
    head,
    holds,
    judged,
    requested,
    under,
    unrequested,
)
from reporter.assess.numbers import number, recovery_conditions
from reporter.assess.same_environment import environment_conditions
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.documents import Manifest, pointer_to
from reporter.model.instants import days, format_instant, format_span, is_future, parse_instant
from reporter.model.manifests.drills import Drill, DrillHistory
from reporter.model.reports import DrillFacts, DrillsReport, HistoryFacts, Outcome, Status
from reporter.model.text import is_blank, show

FILE: Final = CheckSpec(
    "go_rollback_drill_history_file",
    "Drill history",
    "Run a drill that passes and add it; never change what a drill found."
    " Where the form is wrong, `reporter schema rollback_drill_history` prints it.",
)
PASSED: Final = CheckSpec(
    "go_rollback_drill_latest_passed",
    "Latest drill passed",
    "Find out why the drill failed, mend it and run the drill again.",
)
TARGET: Final = CheckSpec(
    "go_rollback_drill_disabled_target",
    "From promoted to disabled",
    "Run the drill from promoted mode to disabled and record source_mode and target_mode.",
)
FALLBACK: Final = CheckSpec(
    "go_rollback_drill_fallback_verified",
    "Fallback verified",
    "Verify during the drill that Python serves, and record fallback_verified: true.",
)
SLA: Final = CheckSpec(
    "go_rollback_drill_recovery_sla",
    "Recovery within target",
    "Shorten the recovery until a drill stays within the plan's max_recovery_minutes.",
)
FRESH: Final = CheckSpec(
    "go_rollback_drill_freshness",
    "Drill is recent",
    "Run a rollback drill and add it to the history.",
)
_END_OF_DAY: Final = timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999)
_UNDATED: Final = datetime.min.replace(tzinfo=UTC)  # sorts before every drill that has a date

SPECS: Final = (FILE, PASSED, TARGET, FALLBACK, SLA, FRESH)


class JudgedDrill(NamedTuple):
    """One drill, its place in the document, its instant if it has one, and what had to hold for it to pass.

    `is_day` where no more than the day is known; its instant is its beginning.
    """

    drill: Drill
    pointer: str
    at: datetime | None
    assumed_utc: bool
    is_day: bool
    conditions: tuple[Condition, ...]
    content: str

    @property
    def passed(self) -> bool:
        """Whether every condition but freshness holds."""
        return all(condition.met for condition in self.conditions)


def assess_drills(case: Case) -> DrillsReport:
    """Judge the latest drill that is not dated in the future."""
    history = case.manifest("rollback_drill_history")
    drills = judge_drills(case)
    latest = latest_drill(drills, case.now)
    if requested(case, history, "rollback_drill_schedule"):
        document = [
            *judged(history, "drill history"),
            *_one_content_per_id(history),
            *environment_conditions(case, "rollback_drill_history", "rollback_plan"),
        ]
        checks: tuple[Check, ...] = (
            check(FILE, [*document, *(latest.conditions if latest else ()), _freshness(case, latest)]),
            check(PASSED, _of_latest(history, latest, "/status")),
            check(TARGET, _of_latest(history, latest, "/target_mode", "/source_mode")),
            check(FALLBACK, _of_latest(history, latest, "/fallback_verified")),
            check(SLA, _of_latest(history, latest, "/recovery_minutes", "/max_recovery_minutes")),
            check(FRESH, [_freshness(case, latest)]),
        )
        status = fold(checks)
    else:
        checks = unrequested(case, SPECS, "drill history")
        status = Status.NOT_REQUESTED
    facts = _facts(case, history, drills, latest)
    return DrillsReport(
        **head("drills", case, status, checks),
        operator_notes=tuple(_notes(drills, facts)),
        rollback_drill_history_path=history.document.name,
        rollback_drill_max_age_days=days(case.policy.drill_max_age),
        history=facts,
    )


def judge_drills(case: Case) -> list[JudgedDrill]:
    """Judge every distinct drill by every rule but freshness, in the order of time and then of id."""
    history: Manifest[DrillHistory] = case.manifest("rollback_drill_history")
    document_wide = [
        *(one for one in judged(history, "drill history") if one.pointer in ("", "/schema_version", "/drills")),
        *environment_conditions(case, "rollback_drill_history", "rollback_plan"),
    ]
    contradicted = {one.pointer.removesuffix("/drill_id"): one for one in _one_content_per_id(history)}
    seen: set[str] = set()
    drills = []
    for position, drill in enumerate(history.value.drills if history.value else ()):
        here = pointer_to("drills", position)
        content = _content(history, drill, here)
        if content not in seen:
            seen.add(content)
            own = [contradicted[here]] if here in contradicted else []
            drills.append(_judge(case, history, drill, here, [*document_wide, *own]))
    # At one and the same instant the failed drill counts as the later one: the worse side (domain.md A2). So does one
    # of which only the day is known, on that day.
    return sorted(
        drills,
        key=lambda one: (
            _END_OF_DAY + one.at if one.at and one.is_day and not one.passed else one.at or _UNDATED,
            not one.passed,
            one.drill.drill_id,
            one.content,
        ),
    )


def latest_drill(drills: Iterable[JudgedDrill], now: datetime) -> JudgedDrill | None:
    """Give the newest drill that has a date which is not in the future (domain.md A2.3)."""
    dated = [one for one in drills if one.at is not None and not is_future(one.at, now)]
    return dated[-1] if dated else None


def _judge(
    case: Case,
    history: Manifest[DrillHistory],
    drill: Drill,
    here: str,
    document_wide: list[Condition],
) -> JudgedDrill:
    document = history.document
    instant = parse_instant(drill.executed_at)
    conditions = [
        *document_wide,
        *faults_under(document, here),
        holds(document, f"{here}/drill_id", "a non-empty text", met=not is_blank(drill.drill_id)),
        holds(document, f"{here}/executed_at", "an ISO 8601 timestamp", met=instant is not None),
        holds(document, f"{here}/status", '"pass"', met=drill.status == "pass"),
        holds(document, f"{here}/target_mode", '"disabled"', met=drill.target_mode == "disabled"),
        holds(document, f"{here}/fallback_verified", "true", met=drill.fallback_verified),
        *recovery_conditions(
            document,
            here,
            drill.recovery_minutes,
            drill.max_recovery_minutes,
            case.manifest("rollback_plan"),
        ),
        holds(document, f"{here}/runbook_ref", "a non-empty text", met=not is_blank(drill.runbook_ref)),
        holds(
            document,
            f"{here}/evidence_refs",
            "a list with at least one entry, none blank",
            met=bool(drill.evidence_refs) and not any(is_blank(ref) for ref in drill.evidence_refs),
        ),
    ]
    if "source_mode" in drill.model_fields_set:
        conditions.append(holds(document, f"{here}/source_mode", '"promoted"', met=drill.source_mode == "promoted"))
    return JudgedDrill(
        drill,
        here,
        instant.at if instant else None,
        instant.assumed_utc if instant else False,
        instant.is_day if instant else False,
        tuple(conditions),
        _content(history, drill, here),
    )


def _one_content_per_id(history: Manifest[DrillHistory]) -> Iterator[Condition]:
    """Want one content under one drill id: two that differ contradict each other."""
    places: dict[str, dict[str, str]] = {}
    for position, drill in enumerate(history.value.drills if history.value else ()):
        here = pointer_to("drills", position)
        places.setdefault(drill.drill_id.strip(), {}).setdefault(_content(history, drill, here), here)
    for drill_id, differing in places.items():
        if drill_id and len(differing) > 1:
            for here in differing.values():
                yield holds(history.document, f"{here}/drill_id", "an id that no other drill has", met=False)


def _content(history: Manifest[DrillHistory], drill: Drill, here: str) -> str:
    """Write down all that is known of a drill, its faults too: two with the same content are one drill."""
    faults = [
        (fault.pointer.removeprefix(here), fault.found)
        for fault in history.document.faults
        if fault.pointer == here or fault.pointer.startswith(f"{here}/")
    ]
    return f"{drill.model_dump_json(exclude_unset=True)} {sorted(faults)}"


def _of_latest(history: Manifest[DrillHistory], latest: JudgedDrill | None, *fields: str) -> list[Condition]:
    if latest is None:
        return [_no_drill(history)]
    return under(latest.conditions, *(latest.pointer + field for field in fields))


def _no_drill(history: Manifest[DrillHistory]) -> Condition:
    return Condition(
        history.document,
        "/drills",
        "no drill with a date that counts",
        "at least one dated drill that is not in the future",
        met=False,
    )


def _freshness(case: Case, latest: JudgedDrill | None) -> Condition:
    history = case.manifest("rollback_drill_history")
    if latest is None or latest.at is None:
        return _no_drill(history)
    age = case.now - latest.at
    return Condition(
        history.document,
        f"{latest.pointer}/executed_at",
        f"{show(latest.drill.executed_at)}, {format_span(age)} ago",
        f"less than {format_span(case.policy.drill_max_age)} ago",
        met=age < case.policy.drill_max_age,
    )


def _facts(
    case: Case,
    history: Manifest[DrillHistory],
    drills: list[JudgedDrill],
    latest: JudgedDrill | None,
) -> HistoryFacts:
    drill = latest.drill if latest else Drill()
    passing = latest_drill((one for one in drills if one.passed), case.now)
    at = latest.at if latest else None
    sla = _of_latest(history, latest, "/recovery_minutes", "/max_recovery_minutes")
    return HistoryFacts(
        environment=history.value.environment if history.value else "",
        drill_count=len(drills),
        latest_drill_id=drill.drill_id,
        latest_status=drill.status,
        latest_target_mode=drill.target_mode,
        latest_executed_at=format_instant(at) if at else "",
        age_days=days(case.now - at) if at else None,
        fresh=_freshness(case, latest).met,
        fallback_verified=drill.fallback_verified,
        recovery_sla_met=all(condition.met for condition in sla),
        recovery_minutes=number(drill.recovery_minutes),
        max_recovery_minutes=number(drill.max_recovery_minutes),
        runbook_ref=drill.runbook_ref,
        evidence_refs=tuple(drill.evidence_refs),
        latest_passing_drill_id=passing.drill.drill_id if passing else "",
        latest_passing_executed_at=format_instant(passing.at) if passing and passing.at else "",
        future_dated=tuple(one.drill.drill_id for one in drills if one.at and is_future(one.at, case.now)),
        drills=tuple(_drill_facts(case, one) for one in drills),
    )


def _drill_facts(case: Case, one: JudgedDrill) -> DrillFacts:
    outcome: Outcome
    if one.at is None:
        outcome = "undated"
    elif is_future(one.at, case.now):
        outcome = "future_dated"
    else:
        outcome = "passed" if one.passed else "failed"
    return DrillFacts(
        drill_id=one.drill.drill_id,
        executed_at=format_instant(one.at) if one.at else one.drill.executed_at,
        outcome=outcome,
        status=one.drill.status,
        actor=one.drill.actor,
        recovery_minutes=number(one.drill.recovery_minutes),
        max_recovery_minutes=number(one.drill.max_recovery_minutes),
    )


def _notes(drills: list[JudgedDrill], facts: HistoryFacts) -> Iterator[str]:
    if facts.future_dated:
        listed = ", ".join(show(drill_id) for drill_id in facts.future_dated)
        yield f"future_dated: {listed} lies more than 5 minutes ahead and does not count."
    for one in drills:
        if one.assumed_utc:
            yield (f"{one.pointer}/executed_at {show(one.drill.executed_at)} has no offset and is taken as UTC.")
