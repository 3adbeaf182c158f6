"""Which version of a record counts, where several came under one id: the newest, wherever it points.

A version that speaks for a route counts only while it is the newest of its record, and none of the same instant points
elsewhere. One that speaks against a route counts there until that route has a newer version of its own: what was found
wrong is not made good by a correction that speaks of something else.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol, TypeVar

from msgspec.structs import replace

from reporter.loops.facts import (
    KEPT_FAILURES,
    KEPT_SUCCESSES,
    Answer,
    Attempt,
    Closing,
    LoopFacts,
    PlaybookFacts,
    RouteFacts,
    RouteKey,
    is_undated,
)
from reporter.loops.states import ANSWERED_STATES, CLOSED_STATES
from reporter.model.records import ContentFault

_FAVOURABLE: Final = ANSWERED_STATES | {"approved"}
_NOWHERE: Final = ("",)
_EMPTY: Final = RouteFacts()


class _Version(Protocol):
    @property
    def at(self) -> datetime: ...

    @property
    def id(self) -> str: ...


V = TypeVar("V", bound=_Version)


def _newest(versions: list[V]) -> V:
    """Choose among versions of one record: the newest that has a date; with equal dates the one that sorts last."""
    if len(versions) == 1:
        return versions[0]
    dated = [one for one in versions if not is_undated(one.at)]
    return max(dated or versions)  # type: ignore[type-var]


def attempts_of(facts: RouteFacts) -> tuple[Attempt, ...]:
    """Give what is known of the attempts at a route: their results, and those that were begun.

    Of results only the newest are kept. What was begun before the oldest of them ended before it, too.
    """
    full = ((facts.failures, KEPT_FAILURES), (facts.successes, KEPT_SUCCESSES))
    since = max((kept[0].at for kept, most in full if len(kept) >= most), default=None)
    begun = (one for one in facts.intents if since is None or one.at >= since)
    return (*facts.failures, *facts.successes, *begun)


def settle_attempts(attempts: Iterable[Attempt]) -> tuple[list[Attempt], set[str]]:
    """Give each attempt once, in order, and the ids of the records that came with different contents.

    Of a delivery and an execution that speak of one attempt, the one that says it failed is believed. However many
    executions name one delivery, each that failed used up an attempt. What was begun and has no result failed, as far
    as anybody knows; beside its result it says nothing.
    """
    records: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        records.setdefault(attempt.record, []).append(attempt)
    conflicts = {record for record, versions in records.items() if len(versions) > 1}
    tries: dict[str, list[Attempt]] = {}
    for versions in records.values():
        version = _newest(versions)
        tries.setdefault(version.id, []).append(version)
    return sorted(attempt for told in tries.values() for attempt in _tried(told)), conflicts


def _tried(told: list[Attempt]) -> list[Attempt]:
    told = [one for one in told if not one.intent] or [max(told)]
    executions = sorted(one for one in told if one.execution and one.failed)
    return [_believed(told), *(replace(one, id=one.record) for one in executions[:-1])]


def _believed(told: list[Attempt]) -> Attempt:
    if len(told) == 1:
        return told[0]
    chosen = max([one for one in told if one.failed] or told)
    execution = max((one for one in told if one.execution), default=chosen)
    return Attempt(
        chosen.at,
        chosen.id,
        chosen.failed,
        execution.execution,
        chosen.record,
        chosen.detail,
        chosen.cause or execution.cause,
        chosen.run or execution.run,
        execution.approval,
        execution.by,
    )


def settle_answers(answers: Iterable[Answer]) -> tuple[list[Answer], set[str]]:
    """Give each answer once, in order, and the ids of those that came with different contents."""
    records: dict[str, list[Answer]] = {}
    for answer in dict.fromkeys(answers):
        records.setdefault(answer.id, []).append(answer)
    conflicts = {record for record, versions in records.items() if len(versions) > 1}
    return sorted(_newest(versions) for versions in records.values()), conflicts


def leave_undoubted(
    routes: Mapping[RouteKey, RouteFacts],
) -> tuple[Mapping[RouteKey, RouteFacts], tuple[ContentFault, ...]]:
    """Leave out the successes that may be none, and routes of which nothing else is known; list what is wrong."""
    doubts: list[ContentFault] = []
    left = dict(routes)
    for key, facts in routes.items():
        doubted = [one for one in facts.successes if one.doubt]
        if doubted:
            doubts += (ContentFault(*one.doubt) for one in doubted)
            left[key] = replace(facts, successes=tuple(one for one in facts.successes if not one.doubt))
            if left[key] == _EMPTY:
                del left[key]
    return (left, tuple(sorted(doubts))) if doubts else (routes, ())


class Counted(NamedTuple):
    """What is left of the facts without the versions that a newer one of their record takes back."""

    routes: Mapping[RouteKey, RouteFacts]
    loops: Mapping[str, LoopFacts]
    playbooks: Mapping[tuple[str, str], PlaybookFacts]
    conflicts: set[str]


def leave_newest(
    routes: Mapping[RouteKey, RouteFacts],
    loops: Mapping[str, LoopFacts],
    playbooks: Mapping[tuple[str, str], PlaybookFacts],
) -> Counted:
    """Leave out what speaks for a route or closes a recovery and is not the newest version of its record."""
    versions = _Versions()
    _note_routes(versions, routes)
    _note_loops(versions, loops)
    for name, playbook in playbooks.items():
        for closing in playbook.closings:
            versions.note(closing.id, closing.at, _place_of_closing(closing, name))
    if not versions.conflicts:
        return Counted(routes, loops, playbooks, versions.conflicts)
    return Counted(
        {key: _left_of_route(key, facts, versions) for key, facts in routes.items()},
        {word: _left_of_loop(word, facts, versions) for word, facts in loops.items()},
        {name: _left_of_playbook(name, facts, versions) for name, facts in playbooks.items()},
        versions.conflicts,
    )


class _Versions:
    """The newest version of each record, and the ids of those that came with different ones."""

    def __init__(self) -> None:
        self.conflicts: set[str] = set()
        self._newest: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    def note(self, record: str, at: datetime, place: tuple[str, ...]) -> None:
        """Note a version and where it points. One without a date is never the newest."""
        known_at, known_place = self._newest.setdefault(record, (at, place))
        if at == known_at and place == known_place:
            return
        self.conflicts.add(record)
        if at == known_at:
            self._newest[record] = (at, _NOWHERE)
        elif is_undated(known_at) or (at > known_at and not is_undated(at)):
            self._newest[record] = (at, place)

    def counts(self, record: str, at: datetime, place: tuple[str, ...]) -> bool:
        """Say whether a version is the newest of its record."""
        return record not in self.conflicts or self._newest[record] == (at, place)


def _note_routes(versions: _Versions, routes: Mapping[RouteKey, RouteFacts]) -> None:
    for key, facts in routes.items():
        place = (key.loop, key.subject)
        for attempt in (*facts.failures, *facts.successes):
            versions.note(attempt.record, attempt.at, place)
        for answer in (*facts.acknowledgements, *facts.approvals):
            versions.note(answer.id, answer.at, _place(answer, key.loop, key.subject, key.provider))


def _note_loops(versions: _Versions, loops: Mapping[str, LoopFacts]) -> None:
    for word, facts in loops.items():
        for kept in (facts.acknowledgements, facts.approvals):
            for provider, answers in kept.items():
                for answer in answers:
                    versions.note(answer.id, answer.at, _place(answer, word, "", provider))


def _place_of_closing(closing: Closing, name: tuple[str, str]) -> tuple[str, ...]:
    return (*name, closing.state, closing.by, str(closing.verified))


def _place(answer: Answer, *where: str) -> tuple[str, ...]:
    return (*where, answer.state, answer.by, answer.plan, answer.cause)


def _left_of_route(key: RouteKey, facts: RouteFacts, versions: _Versions) -> RouteFacts:
    place = (key.loop, key.subject)
    return replace(
        facts,
        successes=tuple(one for one in facts.successes if versions.counts(one.record, one.at, place)),
        acknowledgements=_left_of(facts.acknowledgements, versions, key.loop, key.subject, key.provider),
        approvals=_left_of(facts.approvals, versions, key.loop, key.subject, key.provider),
    )


def _left_of_loop(word: str, facts: LoopFacts, versions: _Versions) -> LoopFacts:
    return replace(
        facts,
        acknowledgements={who: _left_of(kept, versions, word, "", who) for who, kept in facts.acknowledgements.items()},
        approvals={who: _left_of(kept, versions, word, "", who) for who, kept in facts.approvals.items()},
    )


def _left_of(answers: tuple[Answer, ...], versions: _Versions, *where: str) -> tuple[Answer, ...]:
    return tuple(
        one for one in answers if one.state not in _FAVOURABLE or versions.counts(one.id, one.at, _place(one, *where))
    )


def _left_of_playbook(name: tuple[str, str], facts: PlaybookFacts, versions: _Versions) -> PlaybookFacts:
    return replace(
        facts,
        closings=tuple(
            one
            for one in facts.closings
            if one.state not in CLOSED_STATES or versions.counts(one.id, one.at, _place_of_closing(one, name))
        ),
    )
