"""Who belongs together: versions of one record, a delivery and its execution, a retry under another id (C19).

The folds only collect; everything here is worked out from the collected sets, so that order cannot matter.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from reporter.loops.facts import Answer, Attempt, RouteFacts, RouteKey, is_undated, join_routes


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


def settle_attempts(attempts: Iterable[Attempt]) -> tuple[list[Attempt], set[str]]:
    """Give each attempt once, in order, and the ids of the records that came with different contents.

    Of a delivery and an execution that speak of one attempt, the one that says it failed is believed.
    """
    records: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        records.setdefault(attempt.record, []).append(attempt)
    conflicts = {record for record, versions in records.items() if len(versions) > 1}
    tries: dict[str, list[Attempt]] = {}
    for versions in records.values():
        version = _newest(versions)
        tries.setdefault(version.id, []).append(version)
    return sorted(_believed(told) for told in tries.values()), conflicts


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


def tie_routes(routes: Mapping[RouteKey, RouteFacts]) -> dict[RouteKey, RouteFacts]:
    """Join the routes that upstream opened for retries with the route that was retried (C19).

    A route is such a one when all its attempts name a retry plan or worker run that decided on exactly one other
    route of the same loop and provider, and none decided on it by its own id.
    """
    owners: dict[tuple[str, str, str], set[RouteKey]] = {}
    for key, facts in routes.items():
        for cause in facts.causes:
            owners.setdefault((key.loop, key.provider, cause.id), set()).add(key)
    parents: dict[RouteKey, RouteKey] = {}
    for key, facts in routes.items():
        if owners and not facts.plans and (parent := _parent(key, facts, owners)):
            parents[key] = parent
    tied = {key: facts for key, facts in routes.items() if key not in parents}
    for key in parents:
        root = _root(key, parents)
        tied[root] = join_routes(tied.get(root, RouteFacts()), routes[key])
    return tied


def _parent(key: RouteKey, facts: RouteFacts, owners: Mapping[tuple[str, str, str], set[RouteKey]]) -> RouteKey | None:
    candidates: set[RouteKey] = set()
    for attempt in (*facts.failures, *facts.successes, *facts.skips):
        retried = {
            owner for cause in (attempt.cause, attempt.run) for owner in owners.get((key.loop, key.provider, cause), ())
        }
        if not retried or key in retried:
            return None
        candidates |= retried
    return candidates.pop() if len(candidates) == 1 else None


def _root(key: RouteKey, parents: Mapping[RouteKey, RouteKey]) -> RouteKey:
    seen = {key}
    while (above := parents.get(key)) is not None:
        key = above
        if key in seen:
            return min(seen)  # routes that name one another: one of them, always the same
        seen.add(key)
    return key
