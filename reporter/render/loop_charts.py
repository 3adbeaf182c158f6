"""What the loops look like: lanes, deliveries by day, what became of failures, recoveries, and who was told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from reporter.model.closing_reports import ClosureReport, DeliveryDay, LoopLane, RecoveryReport, RecoveryRow
from reporter.model.delivery_reports import RoutingDay
from reporter.model.instants import parse_instant
from reporter.model.readiness import Readiness
from reporter.model.text import count
from reporter.render.bars import draw_measure, draw_share
from reporter.render.day_charts import SHOWN_DAYS, SHOWN_PROVIDERS, DayColumns, HeatMap, draw_columns, draw_heat_map
from reporter.render.references import References
from reporter.render.shapes import Lane, Listing, LoopCharts, Meter, Row, Table
from reporter.render.wording import LEVEL_TAGS, NO_MARK, RECOVERY_TAGS, day_of, given, joined, plain, span_of, tag_in

STAGES: Final = ("Planned", "Delivered", "Answered", "Closed")


def build_loop_charts(readiness: Readiness, references: References) -> LoopCharts | None:
    """Draw the loops; None where nobody asked for them, or where the instant of the verdict cannot be read."""
    loops = readiness.loops
    now = parse_instant(readiness.as_of)
    if now is None or loops.closure.closure_state == "not_requested":
        return None
    end = now.at.date()
    deliveries = _placed(loops.closure.delivery_days)
    gated = {plan.loop: plan.gated_count for plan in loops.retry_plan.plans}
    told = [(day, one) for one in loops.routing_trend.days if (day := _day(one.day))]
    return LoopCharts(
        lanes_told=_tell_lanes(loops.closure),
        lanes=tuple(_lane(one, gated.get(one.loop, 0), references) for one in loops.closure.lanes),
        deliveries=_heat_map(deliveries, end),
        deliveries_table=_deliveries_table(deliveries),
        deliveries_note=_left_out(deliveries),
        funnel_told=_tell_funnel(loops.closure),
        funnel=_funnel(loops.closure),
        recoveries_told=_tell_recoveries(loops.recovery),
        recoveries=Listing(tuple(_recovery(one) for one in loops.recovery.recoveries), "recoveries"),
        told=_told(told, end),
        told_table=_told_table(told),
    )


def _lane(lane: LoopLane, gated: int, references: References) -> Lane:
    routes = lane.planned + lane.delivered + lane.failed
    asked = lane.acknowledged + lane.outstanding
    stuck = (
        (lane.waiting, "waiting for a retry"),
        (lane.due, f"due for a retry{f', {gated:,} of them behind a gate' if gated else ''}"),
        (lane.exhausted, "exhausted"),
        (lane.failed - lane.waiting - lane.due - lane.exhausted, "failed"),
        (lane.outstanding, "without an answer"),
        (lane.planned, "not sent yet"),
    )
    return Lane(
        references.anchors.name("loop", lane.loop),
        given(lane.title),
        LEVEL_TAGS[lane.alert_level],
        (
            Meter(draw_share(routes, routes, "none"), f"{routes:,}" if routes else NO_MARK, STAGES[0]),
            _stage(lane.delivered, routes, STAGES[1], "none"),
            _stage(lane.acknowledged, asked, STAGES[2], "not asked"),
            _stage(lane.closed, routes, STAGES[3], "none"),
        ),
        ", ".join(f"{number:,} {words}" for number, words in stuck if number > 0)
        or ("nothing" if routes else "no route yet"),
    )


def _stage(part: int, whole: int, label: str, nothing: str) -> Meter:
    tone = "good" if part >= whole else "soon"
    text = f"{part:,} of {whole:,}" if whole > 0 else nothing if label == STAGES[2] else NO_MARK
    return Meter(draw_share(part, whole, tone), text, label)


def _tell_lanes(closure: ClosureReport) -> str:
    lanes = closure.lanes
    closed, open_ = sum(one.closed for one in lanes), sum(one.open for one in lanes)
    stuck = [one.title for one in lanes if one.open]
    told = (
        f"{count(closure.route_count, 'route')} in {count(len(lanes), 'loop')}: {closed:,} closed, {open_:,} held open"
    )
    return f"{told}, in {joined([plain(title) for title in stuck])}." if stuck else f"{told}."


def _day(text: str) -> date | None:
    instant = parse_instant(text)
    return instant.at.date() if instant else None


Attempts = dict[tuple[str, date], tuple[int, int]]


def _placed(days: Iterable[DeliveryDay]) -> Attempts:
    placed: Attempts = {}
    for one in days:
        day = _day(one.day)
        if day is not None:
            delivered, failed = placed.get((one.provider, day), (0, 0))
            placed[one.provider, day] = delivered + one.delivered, failed + one.failed
    return placed


def _providers(attempts: Attempts) -> list[str]:
    """Name the providers, those that fail most first, and of those that fail as often the one that failed last."""
    failed: dict[str, int] = defaultdict(int)
    sent: dict[str, int] = defaultdict(int)
    last: dict[str, int] = defaultdict(int)
    for (provider, day), (good, bad) in attempts.items():
        failed[provider] += bad
        sent[provider] += good + bad
        if bad:
            last[provider] = max(last[provider], day.toordinal())
    return sorted(sent, key=lambda name: (-failed[name], -last[name], -sent[name], name))


def _heat_map(attempts: Attempts, end: date) -> HeatMap | None:
    if not attempts:
        return None
    providers = _providers(attempts)
    good, bad = (sum(pair[side] for pair in attempts.values()) for side in (0, 1))
    told = (
        f"{count(good + bad, 'attempt')} through {count(len(providers), 'provider')}"
        f" in the {SHOWN_DAYS} days to {day_of(end)}: {good:,} delivered, {bad:,} failed."
    )
    if bad:
        last = max(day for (provider, day), pair in attempts.items() if provider == providers[0] and pair[1])
        worst = sum(pair[1] for (provider, _), pair in attempts.items() if provider == providers[0])
        told += f" Most failures: {plain(providers[0])} with {worst:,}, the last on {day_of(last)}."
    names = {provider: plain(provider) or "unnamed" for provider in providers}
    shown = {(names[provider], day): pair for (provider, day), pair in attempts.items()}
    return draw_heat_map("Deliveries by provider and day", told, shown, list(names.values()), end)


def _left_out(attempts: Attempts) -> str:
    more = len(_providers(attempts)) - SHOWN_PROVIDERS
    return (
        f"The picture shows the {SHOWN_PROVIDERS} providers that fail most; {more:,} more are not in it."
        if more > 0
        else ""
    )


def _deliveries_table(attempts: Attempts) -> Table:
    newest = sorted(attempts.items(), key=lambda one: (-one[0][1].toordinal(), -one[1][1], one[0][0]))
    return Table(
        "Attempts by day and provider, newest first",
        ("Day", "Through", "Delivered", "Failed"),
        (30, 30, 20, 20),
        Listing(
            tuple(
                Row((day_of(day), given(provider), f"{good:,}", f"{bad:,}")) for (provider, day), (good, bad) in newest
            ),
            "days",
        ),
        empty="Nothing was sent.",
    )


def _tell_funnel(closure: ClosureReport) -> str:
    funnel = closure.funnel
    if not funnel.ever_failed:
        return "No route ever failed."
    return f"Of {count(funnel.ever_failed, 'route')} that ever failed, {funnel.recovered:,} recovered."


def _funnel(closure: ClosureReport) -> tuple[Meter, ...]:
    funnel = closure.funnel
    gated = f", {funnel.gated:,} behind a gate" if funnel.gated else ""
    rows = (
        ("Ever failed", funnel.ever_failed, "none", ""),
        ("Recovered", funnel.recovered, "good", ""),
        ("Wait for their time", funnel.waiting, "none", ""),
        ("Due to be tried again", funnel.due, "soon", gated),
        ("Exhausted", funnel.exhausted, "bad", ""),
    )
    if not funnel.ever_failed:
        return ()
    return tuple(
        Meter(draw_share(number, funnel.ever_failed, tone), f"{number:,}{more}", label)
        for label, number, tone, more in rows
    )


def _tell_recoveries(report: RecoveryReport) -> str:
    if not report.recoveries:
        return "No recovery was ever opened."
    return (
        f"{len(report.recoveries):,} recover{'y' if len(report.recoveries) == 1 else 'ies'}:"
        f" {report.recovery_open_count:,} open, {report.recovery_slo_breached_count:,} longer than"
        f" the {span_of(report.recovery_slo_minutes)} agreed. The line marks that time; a bar with an open end is"
        " longer than three times it."
    )


def _recovery(one: RecoveryRow) -> Meter:
    took = one.age_minutes if one.closure_minutes is None else one.closure_minutes
    late = took is None or took > one.recovery_slo_minutes
    tone = "good" if one.closed_at and not late else "bad" if late and not one.closed_at else "soon"
    text = f"{'took' if one.closed_at else 'open for'} {span_of(took)}{', longer than agreed' if late else ''}"
    bar = draw_measure(took, one.recovery_slo_minutes, tone)
    return Meter(bar, text, given(one.provider), tag_in(RECOVERY_TAGS, one.slo_status))


def _told(days: Sequence[tuple[date, RoutingDay]], end: date) -> DayColumns | None:
    if not days:
        return None
    told, silent = sum(one.delivered for _, one in days), sum(one.suppressed for _, one in days)
    reasons = (
        (sum(one.maintenance_suppressed for _, one in days), "by a maintenance window"),
        (sum(one.calendar_suppressed for _, one in days), "because the owner was away"),
        (sum(one.healthy_suppressed for _, one in days), "because there was nothing to tell"),
        (sum(one.other_suppressed for _, one in days), "for another reason"),
    )
    why = ", ".join(f"{number:,} {words}" for number, words in reasons if number)
    sentence = f"{told:,} routes were told, {silent:,} were not{f': {why}' if why else ''}."
    numbers = {day: (one.delivered, one.suppressed) for day, one in days}
    return draw_columns("Routes told and not told, by day", sentence, numbers, end)


def _told_table(days: Sequence[tuple[date, RoutingDay]]) -> Table:
    return Table(
        "Routes told and not told by day, newest first",
        ("Day", "Told", "Not told", "Window", "Owner away", "Nothing to tell", "Other"),
        (22, 11, 13, 13, 13, 15, 13),
        Listing(
            tuple(
                Row(
                    (
                        day_of(day),
                        f"{one.delivered:,}",
                        f"{one.suppressed:,}",
                        f"{one.maintenance_suppressed:,}",
                        f"{one.calendar_suppressed:,}",
                        f"{one.healthy_suppressed:,}",
                        f"{one.other_suppressed:,}",
                    )
                )
                for day, one in sorted(days, key=lambda entry: entry[0], reverse=True)
            ),
            "days",
        ),
        empty="No plan decided anything.",
    )
