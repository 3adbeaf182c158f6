"""Recovery of connectors: what calls for it, what ends it, who is told (domain.md A9, B2.20 - B2.22, C13, C22, C27)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from reporter.loops.days import first_day
from reporter.loops.facts import Attempt, Closing, PlaybookFacts, is_undated
from reporter.loops.policy import RecoveryPolicy
from reporter.loops.states import CLOSED_STATES
from reporter.model.instants import format_instant, shift
from reporter.model.providers import normalise
from reporter.model.routes import RecoveryState
from reporter.model.text import is_blank

OPEN = "open"
_EVER = datetime.min.replace(tzinfo=UTC)


class NeededPlaybook(NamedTuple):
    """A provider that needs a recovery: its failures, close to one another, that nothing has made good."""

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
    by_provider: dict[str, list[_Member]] = {}
    for (name, provider), facts in playbooks.items():
        if facts.opened:
            by_provider.setdefault(provider, []).append((facts.opened[0], name, facts))
    recoveries = []
    for provider in sorted(by_provider):
        series: list[list[_Member]] = []
        for opened in sorted(by_provider[provider], key=lambda one: one[:2]):
            if series and _is_same(series[-1], opened[0], opened[2].latest_failure_at):
                series[-1].append(opened)
            else:
                series.append([opened])
        recoveries += [_state(provider, members, now, policy) for members in series]
    return tuple(recoveries)


class FailingProviders:
    """Collects the failures of each provider that no later success of that provider made good."""

    def __init__(self) -> None:
        self._failures: dict[str, list[Attempt]] = {}
        self._successes: dict[str, Attempt] = {}

    def add(self, provider: str, attempts: Iterable[Attempt]) -> None:
        """Add the attempts of one route."""
        for one in attempts:
            if one.failed:
                self._failures.setdefault(provider, []).append(one)
            elif provider not in self._successes or one > self._successes[provider]:
                self._successes[provider] = one

    def rows(self) -> dict[str, tuple[Attempt, ...]]:
        """List them by provider, each in order and once."""
        rows = {}
        for provider in sorted(self._failures):
            success = self._successes.get(provider)
            left = {one for one in self._failures[provider] if success is None or one > success}
            if left:
                rows[provider] = tuple(sorted(left))
        return rows


def needed_playbooks(
    failures: Mapping[str, Iterable[Attempt]],
    recoveries: Iterable[RecoveryState],
    policy: RecoveryPolicy,
) -> tuple[NeededPlaybook, ...]:
    """List the providers that failed often enough within the lookback of one another, and have no recovery for that.

    Undated failures count as near to all. Failures up to the end of the last recovery were answered by it. Waiting
    makes none of this go away: only a recovery does, or a success of the provider.
    """
    latest = {recovery.provider: recovery for recovery in recoveries}
    needed = []
    for provider in sorted(failures):
        last = latest.get(provider)
        if last and not last.closed:
            continue
        left = [one for one in failures[provider] if last is None or last.closed_at is None or one.at > last.closed_at]
        if crowded := _crowded(sorted(left), policy):
            needed.append(NeededPlaybook(provider, crowded))
    return tuple(needed)


def under_repair(recoveries: Iterable[RecoveryState]) -> frozenset[str]:
    """List the providers whose recovery is open."""
    return frozenset(one.provider for one in recoveries if not one.closed)


def _crowded(failures: list[Attempt], policy: RecoveryPolicy) -> tuple[Attempt, ...]:
    """List those that have enough others within the lookback, both ends included."""
    dated = [one for one in failures if not is_undated(one.at)]
    undated = failures[len(dated) :]
    crowded: list[Attempt] = []
    start = taken = 0
    for end, one in enumerate(dated, start=1):
        while one.at - dated[start].at > policy.lookback:
            start += 1
        if end - start + len(undated) >= policy.min_failures:
            crowded += dated[max(start, taken) : end]
            taken = end
    return (*crowded, *undated) if crowded or len(undated) >= policy.min_failures else ()


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


_Member = tuple[datetime, str, PlaybookFacts]


def _is_same(members: list[_Member], opened_at: datetime, newest_failure: datetime | None) -> bool:
    closed_at = _closed_at(_closings(members, until=opened_at), members)
    return closed_at is None or (newest_failure is not None and newest_failure <= closed_at)


def _closings(members: list[_Member], until: datetime | None = None) -> list[Closing]:
    """List the decisions about a recovery that are dated at or after the playbook they name, the newest last."""
    closings = [
        one
        for opened_at, _, facts in members
        for one in facts.closings
        if one.at >= opened_at and not is_undated(opened_at)
    ]
    return sorted(one for one in closings if until is None or one.at < until)


def _closed_at(closings: list[Closing], members: list[_Member]) -> datetime | None:
    """Give the instant of the closing that is in force. Unverified ones change nothing; others open it again (C13).

    What failed after a closing, and a playbook opened again after it, was not closed by it.
    """
    answered_from = max(_known_until(facts) for _, _, facts in members)
    in_force: datetime | None = None
    for one in closings:
        if one.state not in CLOSED_STATES:
            in_force = None
        elif _is_founded(one) and one.at >= answered_from and in_force is None:
            in_force = one.at
    return in_force


def _known_until(facts: PlaybookFacts) -> datetime:
    """Give the instant of the newest failure that a playbook is about, or at which it was opened again."""
    again = None if facts.opened and facts.opened_again == facts.opened[0] else facts.opened_again
    return max((at for at in (again, facts.latest_failure_at) if at), default=_EVER)


def _is_founded(closing: Closing) -> bool:
    return closing.verified and not is_blank(closing.by)


def _state(provider: str, members: list[_Member], now: datetime, policy: RecoveryPolicy) -> RecoveryState:
    opened_at = members[0][0]
    undated = is_undated(opened_at)
    closings = _closings(members)
    closed_at = _closed_at(closings, members)
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
        reasons.append(f"{latest.state} {_flaw(latest)} closes nothing")
    elif latest:
        reasons.append(f"{latest.state or 'an unknown state'} keeps it open")
    return reasons


def _flaw(closing: Closing) -> str:
    if not closing.verified:
        return "without verification refs"
    return "by nobody" if is_blank(closing.by) else "before the newest failure or opening"
