"""The arithmetic behind the verdict: parts that add up to a whole, and what is said when they do not."""

from collections.abc import Sequence
from typing import Final

from reporter.model.readiness import Readiness
from reporter.render.actions import loop_pairs, pairs
from reporter.render.check_rows import count_checks
from reporter.render.shapes import Counts, Fact
from reporter.render.wording import NOT_GIVEN, prose

Part = tuple[int, str]

NO_SUM: Final = "these do not add up"


def build_sums(readiness: Readiness) -> tuple[Fact, ...]:
    """Build every sum; a part of nothing is left out of the words, never out of the sum."""
    loops = readiness.loops
    lanes, funnel, recovery = loops.closure.lanes, loops.closure.funnel, loops.recovery
    checks = counted_checks(readiness)
    failed = sum(lane.failed for lane in lanes)
    schedule = readiness.production.go_backend_rollback_drill_schedule.schedule
    return (
        add_up(
            "Checks",
            ((checks.failed, "failed"), (checks.passed, "passed"), (checks.not_applicable, "not applicable")),
        ),
        add_up(
            "Routes",
            (
                (sum(lane.delivered for lane in lanes), "delivered"),
                (failed, "failed"),
                (sum(lane.planned for lane in lanes), "planned"),
            ),
            loops.closure.route_count,
        ),
        add_up(
            "Failed routes",
            (
                (sum(lane.exhausted for lane in lanes), "exhausted"),
                (sum(lane.due for lane in lanes), "to be tried again"),
                (sum(lane.waiting for lane in lanes), "waiting"),
            ),
            failed,
        ),
        add_up(
            "Routes that ever failed",
            (
                (funnel.recovered, "recovered"),
                (funnel.exhausted, "exhausted"),
                (funnel.due, "to be tried again"),
                (funnel.waiting, "waiting"),
            ),
            funnel.ever_failed,
        ),
        add_up(
            "Answers asked for",
            (
                (sum(lane.acknowledged for lane in lanes), "given"),
                (sum(lane.outstanding for lane in lanes), "outstanding"),
            ),
        ),
        add_up(
            "Recoveries",
            ((recovery.recovery_open_count, "open"), (recovery.recovery_closed_count, "closed")),
            recovery.recovery_playbook_provider_count,
        ),
        Fact("Next drill", prose(schedule.due.sum) or NOT_GIVEN),
    )


def counted_checks(readiness: Readiness) -> Counts:
    """Count the checks of all reports but those that only repeat others."""
    reports = [*pairs(readiness), *loop_pairs(readiness)]
    return count_checks(check for kind, report in reports if not kind.only_folds for check in report.checks)


def add_up(label: str, parts: Sequence[Part], whole: int | None = None) -> Fact:
    """Write a sum: `5 delivered + 1 failed = 6`; where a report counts otherwise, say so beside it."""
    total = sum(number for number, _ in parts)
    told = " + ".join(f"{number:,} {word}" for number, word in parts if number)
    doubt = "" if whole is None or whole == total else f"the report counts {whole:,}: {NO_SUM}"
    return Fact(label, f"{told} = {total:,}" if told else "none", doubt)
