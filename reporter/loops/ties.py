"""Who belongs together: a retry under another id, and the route that it tried again (C19).

The folds only collect; this is worked out from the collected sets, so that order cannot matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from reporter.loops.facts import Attempt, RouteFacts, RouteKey, join_routes
from reporter.loops.loop import Loop

_EMPTY: Final = RouteFacts()


class Retried(NamedTuple):
    """A success under another id: it makes up for the failures before the retry plan that it comes from."""

    attempt: Attempt
    before: datetime


class TiedRoutes(NamedTuple):
    """The routes, and the successes that other ids had for them."""

    routes: dict[RouteKey, RouteFacts]
    retried: dict[RouteKey, list[Retried]]


_Owners = Mapping[tuple[str, str, str], dict[RouteKey, list[datetime]]]


def tie_routes(routes: Mapping[RouteKey, RouteFacts], loops: Iterable[Loop]) -> TiedRoutes:
    """Join the routes that upstream opened for retries with the route that was retried (C19).

    Only a subject that goes by the id of its sending, since its records lack the subject's own, can be a retry of
    another. It is one when all its failures name a retry plan or worker run, made before them, that decided on exactly
    one other such route of the same provider. Its failures then count there. Each success that names such a plan makes
    up for what failed there before that plan, and for no more.
    """
    marks = {
        loop.word: tuple(f"{kind.prefix}-" for kind in loop.plans if kind.own_id in loop.subject_keys[1:])
        for loop in loops
    }
    owners: dict[tuple[str, str, str], dict[RouteKey, list[datetime]]] = {}
    marked = {key: facts for key, facts in routes.items() if key.subject.startswith(marks[key.loop])}
    for key, facts in marked.items():
        for cause in facts.causes:
            owners.setdefault((key.loop, key.provider, cause.id), {}).setdefault(key, []).append(cause.at)
    if not owners:
        return TiedRoutes(dict(routes), {})
    parents: dict[RouteKey, RouteKey] = {}
    moving: list[tuple[RouteKey, RouteKey, Retried]] = []
    for key, facts in marked.items():
        failed = {_retried(key, one, owners) for one in (*facts.failures, *facts.skips, *facts.intents)}
        above = {found.key for found in failed if found}
        if facts.plans or None in failed or len(above) > 1:
            continue
        if above:
            (parents[key],) = above
        for success in facts.successes:
            found = _retried(key, success, owners)
            if found and above <= {found.key}:
                moving.append((key, found.key, Retried(success, found.before)))
    return _move(routes, _roots(parents), moving)


class _Found(NamedTuple):
    key: RouteKey
    before: datetime


def _retried(key: RouteKey, attempt: Attempt, owners: _Owners) -> _Found | None:
    """Find the one route that an attempt tried again, and since when that was decided."""
    found: dict[RouteKey, datetime] = {}
    for name in (attempt.cause, attempt.run):
        for owner, decided in owners.get((key.loop, key.provider, name), {}).items():
            before = max((at for at in decided if at <= attempt.at), default=None)
            if before is not None:
                found[owner] = max(before, found.get(owner, before))
    if len(found) != 1 or key in found:
        return None
    return _Found(*found.popitem())


def _move(
    routes: Mapping[RouteKey, RouteFacts],
    roots: Mapping[RouteKey, RouteKey],
    moving: Sequence[tuple[RouteKey, RouteKey, Retried]],
) -> TiedRoutes:
    """Count failures and answers with the root. A success that names no retry stays where it is."""
    tied = dict(routes)
    retried: dict[RouteKey, list[Retried]] = {}
    for key, parent, success in moving:
        root = roots.get(parent, parent)
        if root != key:
            retried.setdefault(root, []).append(success)
            left = tuple(one for one in tied[key].successes if one != success.attempt)
            tied[key] = msgspec.structs.replace(tied[key], successes=left)
    for key, root in roots.items():
        if root != key:
            tied[root] = join_routes(tied[root], msgspec.structs.replace(tied[key], successes=()))
            tied[key] = RouteFacts(successes=tied[key].successes)
    gone = {key for key, _, _ in moving} | set(roots)
    return TiedRoutes({key: facts for key, facts in tied.items() if key not in gone or facts != _EMPTY}, retried)


def _roots(parents: Mapping[RouteKey, RouteKey]) -> dict[RouteKey, RouteKey]:
    """Follow each retry to the route that was tried first. Routes that name one another in a circle stay apart.

    What leads into a circle from outside counts where it enters it, whichever of the routes comes first.
    """
    roots: dict[RouteKey, RouteKey] = {}
    for start in parents:
        path: dict[RouteKey, None] = {}
        key = start
        while key in parents and key not in roots and key not in path:
            path[key] = None
            key = parents[key]
        steps, root = [*path], roots.get(key, key)
        outside = steps.index(key) if key in path else len(steps)
        roots |= dict.fromkeys(steps[:outside], root) | {one: one for one in steps[outside:]}
    return roots
