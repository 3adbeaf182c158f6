"""Recovery of connectors: what calls for it, what ends it, who is told (domain.md A9, B2.20 - B2.22, C13, C22, C27)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from reporter.loops.days import first_day
from reporter.loops.facts import Attempt, Closing, PlaybookFacts, is_undated
from reporter.loops.policy import RecoveryPolicy
from reporter.loops.states import CLOSED_STATES
from reporter.model.instants import format_instant, shift
from reporter.model.providers import normalise
from reporter.model.routes import RecoveryState

OPEN = "open"


class NeededPlaybook(NamedTuple):
    """A provider that needs a recovery: its failures within the lookback that no recovery covers."""

    provider: str
    failures: tuple[Attempt, ...]


class Escalation(NamedTuple):
    """Who is told of a failing provider. Without a channel a person has to be told in another way."""

    provider: str
    channels: tuple[str, ...]
    reason: str


def recoveries_of(
    playbooks: Mapping[tuple[str, str], PlaybookFacts], now: datetime, policy: RecoveryPolicy
) -> tuple[RecoveryState, ...]:
    """Join the playbooks of each provider to recoveries.

    A playbook made while one is open is about the same recovery, and so is one whose newest failure an earlier
    closure already answers. Closures without a playbook close nothing.
    """
    by_provider: dict[str, list[tuple[datetime, str, PlaybookFacts]]] = {}
    for (name, provider), facts in playbooks.items():
        if facts.opened:
            by_provider.setdefault(provider, []).append((facts.opened[0], name, facts))
    recoveries = []
    for provider in sorted(by_provider):
        series: list[list[tuple[datetime, str, PlaybookFacts]]] = []
        for opened in sorted(by_provider[provider], key=lambda one: one[:2]):
            if series and _is_same(series[-1], opened[0], opened[2].latest_failure_at):
                series[-1].append(opened)
            else:
                series.append([opened])
        recoveries += [_state(provider, members, now, policy) for members in series]
    return tuple(recoveries)


def needed_playbooks(
    failures: Mapping[str, Iterable[Attempt]],
    recoveries: Iterable[RecoveryState],
    now: datetime,
    policy: RecoveryPolicy,
) -> tuple[NeededPlaybook, ...]:
    """List the providers with enough failures in the lookback, both ends included, and no recovery for them.

    Undated failures count as recent. Failures up to the end of the last recovery were answered by it.
    """
    latest: dict[str, RecoveryState] = {}
    for recovery in recoveries:
        latest[recovery.provider] = recovery
    needed = []
    for provider in sorted(failures):
        last = latest.get(provider)
        if last and not last.closed:
            continue
        recent = tuple(
            one
            for one in failures[provider]
            if (is_undated(one.at) or now - one.at <= policy.lookback)
            and (last is None or last.closed_at is None or one.at > last.closed_at)
        )
        if len(recent) >= policy.min_failures:
            needed.append(NeededPlaybook(provider, recent))
    return tuple(needed)


def escalate(provider: str, available: Iterable[str]) -> Escalation:
    """Choose who is told that a provider fails: any other, and never that one alone (C27)."""
    others = tuple(sorted({normalise(one) for one in available} - {provider}))
    if others:
        return Escalation(provider, others, f"independent of {provider}")
    return Escalation(provider, (), f"no channel but {provider} itself: tell a person")


class RecoveryDay(NamedTuple):
    """How many recoveries were opened and closed on one day."""

    day: date
    opened: int
    closed: int


def recovery_days(recoveries: Iterable[RecoveryState], now: datetime) -> tuple[RecoveryDay, ...]:
    """Count by day, for the days of the histories on which any was opened or closed (B2.21)."""
    opened: Counter[date] = Counter()
    closed: Counter[date] = Counter()
    for one in recoveries:
        if not one.undated:
            opened[one.opened_at.date()] += 1
        if one.closed_at is not None:
            closed[one.closed_at.date()] += 1
    first = first_day(now)
    return tuple(RecoveryDay(day, opened[day], closed[day]) for day in sorted({*opened, *closed}) if day >= first)


def _is_same(
    members: list[tuple[datetime, str, PlaybookFacts]], opened_at: datetime, newest_failure: datetime | None
) -> bool:
    closed_at = _closed_at(_closings(members, until=opened_at), members[0][0])
    return closed_at is None or (newest_failure is not None and newest_failure <= closed_at)


def _closings(members: list[tuple[datetime, str, PlaybookFacts]], until: datetime | None = None) -> list[Closing]:
    """List the decisions about a recovery that are dated at or after the playbook they name, the newest last."""
    closings = [
        one
        for opened_at, _, facts in members
        for one in facts.closings
        if one.at >= opened_at and not is_undated(opened_at)
    ]
    return sorted(one for one in closings if until is None or one.at < until)


def _closed_at(closings: list[Closing], opened_at: datetime) -> datetime | None:
    """Give the instant of the closing that is in force. Unverified ones change nothing; others open it again (C13)."""
    in_force: datetime | None = None
    for one in closings:
        if one.state not in CLOSED_STATES:
            in_force = None
        elif one.verified and in_force is None:
            in_force = max(one.at, opened_at)
    return in_force


def _state(
    provider: str, members: list[tuple[datetime, str, PlaybookFacts]], now: datetime, policy: RecoveryPolicy
) -> RecoveryState:
    opened_at = members[0][0]
    undated = is_undated(opened_at)
    closings = _closings(members)
    closed_at = _closed_at(closings, opened_at)
    latest = closings[-1] if closings else None
    age = timedelta(0) if undated else max(now - opened_at, timedelta(0))
    recovery = RecoveryState(
        provider=provider,
        playbooks=tuple(name for _, name, _ in members),
        opened_at=opened_at,
        undated=undated,
        state=latest.state if latest else OPEN,
        closed=closed_at is not None,
        closed_at=closed_at,
        age=age,
        breached=closed_at is None and (undated or age > policy.slo),
        by=latest.by if latest else "",
        reasons=(),
        due_at=None if undated else shift(opened_at, policy.slo),
        failures=max(facts.failures for _, _, facts in members),
        latest_failure_at=max((at for _, _, facts in members if (at := facts.latest_failure_at)), default=None),
        record=latest.id if latest else "",
    )
    return replace(recovery, reasons=tuple(_reasons(recovery, latest, policy)))


def _reasons(recovery: RecoveryState, latest: Closing | None, policy: RecoveryPolicy) -> list[str]:
    if recovery.closed:
        return []
    since = "an unknown time" if recovery.undated else format_instant(recovery.opened_at)
    reasons = [f"open since {since}"]
    if recovery.breached:
        reasons.append(f"longer than {int(policy.slo.total_seconds() // 60)} minutes")
    if latest and latest.state in CLOSED_STATES:
        reasons.append(f"{latest.state} without verification refs closes nothing")
    elif latest:
        reasons.append(f"{latest.state or 'an unknown state'} keeps it open")
    return reasons
