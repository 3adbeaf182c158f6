"""Where an environment stands: its newest bundle, what is due next, what is open, who must act.

It is asked for often, so the document is read without its model: a bundle of another version may lack a field, and what
it does not say is left out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reporter.jobs.standing.advice import Route, advise, for_environment
from reporter.model.instants import FUTURE_TOLERANCE, format_instant, parse_instant
from reporter.model.text import count
from reporter.seal.bundle import BundleName, list_bundles, list_pruned, lost_latest
from reporter.seal.keys import PublicKey
from reporter.seal.verify import verify_bundle
from reporter.settings_places import Places

if TYPE_CHECKING:
    from reporter.settings_model import Settings

OLD_AFTER: Final = timedelta(hours=26)
"""A daily run that is two hours late."""
MOST_FAILURES: Final = 3
LOST: Final = "`latest` shows it, but it is gone: bring it back, or run again"
UNKEPT: Final = "the record of its run names it, but it is gone: bring it back, or run again"
_GRAVER: Final = ("_retry_exhausted", "_retry_execution_failed", "_delivery_failed")
"""Endings of the codes of items about the same routes, the gravest first."""
_TO_DO: Final = ("now", "soon")
"""Phases of the runbook with something to do while nothing is rolled back or closed."""


class Due(NamedTuple):
    """The next thing of its kind that is due. `pending` says how many such things there are."""

    what: str
    at: str
    overdue: bool
    pending: int
    about: str = ""
    """The route that it is due for."""


class OpenItem(NamedTuple):
    """One thing that holds the closure open, and what to do about the first of its routes.

    `settles` are the titles of others that are settled with it.
    """

    code: str
    title: str
    since: str
    owner: str
    next_action: str
    settles: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    route_count: int = 0


class Actor(NamedTuple):
    """Who must act: how many steps of the runbook are theirs, and the first of them."""

    owner: str
    steps: int
    task: str
    command: str


class Attached(NamedTuple):
    """A bundle at a release approval record, as far as it is known to have come."""

    release_record_ref: str
    level: str
    outcome: str
    recorded_at: str
    bundle_digest: str


class Standing(NamedTuple):
    """What the newest bundle of one environment says. Without one, or where its seal is broken, `faults` says so."""

    environment: str
    bundle: str = ""
    as_of: str = ""
    age: timedelta = timedelta(0)
    status: str = ""
    readiness_state: str = ""
    closure_state: str = ""
    alert_level: str = ""
    summary: str = ""
    due: tuple[Due, ...] = ()
    open_items: tuple[OpenItem, ...] = ()
    actors: tuple[Actor, ...] = ()
    attachments: tuple[Attached, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def old(self) -> bool:
        """Whether a daily run is missing."""
        return self.age > OLD_AFTER

    @property
    def sealed(self) -> bool:
        """Whether there is a bundle whose seal holds."""
        return bool(self.bundle) and not self.faults


def standing_of(
    settings: "Settings | Places", environment: str, now: datetime, key: PublicKey | None, recorded: str = ""
) -> Standing:
    """Read the newest bundle dated at or before `now`, once it verifies.

    `recorded` is the newest by the records of the runs: where it is gone, no older one speaks in its place.
    """
    bundles_dir = settings.resolve(settings.bundles_dir)
    names, lost = list_bundles(bundles_dir, environment), lost_latest(bundles_dir, environment)
    name = next((one for one in names if (at := instant_of(one)) and at - now <= FUTURE_TOLERANCE), None)
    gone = lost or (recorded if _is_gone(recorded, name, (*names, *list_pruned(bundles_dir, environment))) else "")
    if gone:
        path = str(Path(bundles_dir, environment, gone))
        at = instant_of(BundleName(path, gone.partition("-")[0], "")) or now
        return Standing(environment, path, format_instant(at), faults=(LOST if lost else UNKEPT,))
    if name is None:
        later = f"; {count(len(names), 'bundle')} dated later" if names else ""
        return Standing(environment, faults=(f"no bundle yet: `reporter run --environment {environment}`{later}",))
    at = instant_of(name) or now
    head = Standing(environment, name.path, format_instant(at), max(now - at, timedelta(0)))
    if key is None:
        return head._replace(faults=("there is no key to verify it with; see the setting signing_key",))
    document, faults = _verified(name, environment, key)
    if document is None:
        return head._replace(faults=faults)
    return head._replace(
        status=_text(document, "status"),
        readiness_state=_text(document, "readiness_state"),
        closure_state=_text(document, "closure_state"),
        alert_level=_text(document, "alert_level"),
        summary=_text(document, "production", "summary"),
        due=tuple(_due(document, now)),
        open_items=tuple(_open_items(document, environment)),
        actors=tuple(_actors(document, environment)),
        attachments=tuple(
            Attached(*(_text(row, field) for field in Attached._fields)) for row in _rows(document, "attachments")
        ),
    )


def _is_gone(recorded: str, newest: BundleName | None, kept: Iterable[BundleName]) -> bool:
    """Say whether a bundle that was recorded is not there, and none of a later instant is."""
    is_newest = newest is None or newest.stamp <= recorded.partition("-")[0]
    return bool(recorded) and is_newest and recorded not in {Path(one.path).name for one in kept}


def _verified(name: BundleName, environment: str, key: PublicKey) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    """Give the readiness of a bundle, or why it cannot be relied on."""
    verification = verify_bundle(name.path, key)
    failures = [f"{one.code}: {one.file}: {one.detail}" for one in verification.failures]
    if failures:
        more = [f"and {len(failures) - MOST_FAILURES} more failures"] if len(failures) > MOST_FAILURES else []
        return None, (*failures[:MOST_FAILURES], *more)
    sealed = verification.statement["predicate"] if verification.statement else {}
    if sealed.get("environment") != environment:
        return None, ("it was sealed for another environment",)
    try:
        document = json.loads(Path(name.path, "readiness.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("as_of") != sealed.get("as_of"):
        return None, ("it holds no readiness.json of its own instant",)
    return document, ()


def _due(document: Mapping[str, Any], now: datetime) -> Iterator[Due]:
    """List what is due next, of each kind the first."""
    drill = _text(document, "production", "go_backend_rollback_drill_schedule", "schedule", "due", "at")
    answers = [
        (_text(one, "due_at"), _about(one))
        for one in _rows(document, "loops", "escalation_plan", "routes")
        if one.get("acknowledged") is False
    ]
    retries = [
        (_text(one, "next_retry_at"), _about(one))
        for one in _decisions(document)
        if one.get("action") in {"retry", "wait"}
    ]
    report = _text(document, "loops", "executive", "schedule", "next_due_at")
    kinds = {
        "drill": [(drill, "")],
        "acknowledgement": answers,
        "retry": retries,
        "executive report": [(report, "")],
    }
    for what, times in kinds.items():
        known = [(found.at, at, about) for at, about in times if (found := parse_instant(at))]
        if known:
            at, text, about = min(known)
            yield Due(what, text, at <= now, len(known), about)


def _decisions(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for plan in _rows(document, "loops", "retry_plan", "plans"):
        yield from _rows(plan, "retry_decisions")


def _about(row: Mapping[str, Any]) -> str:
    found = _route(row, {})
    return str(found) if found.subject else ""


def _open_items(document: Mapping[str, Any], environment: str) -> Iterator[OpenItem]:
    """List what is open, the worst first; what is settled with something graver is named there alone."""
    rows = _rows(document, "loops", "closure", "open_items")
    planned = {_text(one, "route_key"): one for one in _decisions(document)}
    graver = _settled_with(rows)
    for number, row in enumerate(rows):
        if number in graver:
            continue
        code, title, since, owner = (_text(row, field) for field in OpenItem._fields[:4])
        routes = [_route(one, planned.get(_text(one, "route_key"), {})) for one in _rows(row, "routes")]
        advice = _text(row, "next_action")
        also = tuple(_text(rows[other], "title") for other, above in graver.items() if above == number)
        about, told = tuple(map(str, routes)), row.get("route_count")
        action = advise(code, advice, routes, environment) if advice else ""
        whole = told if isinstance(told, int) else len(about)
        yield OpenItem(code, title, since, owner, action, also, about, whole)


def _route(row: Mapping[str, Any], decision: Mapping[str, Any]) -> Route:
    loop, subject, provider = (_text(row, field) for field in ("loop", "subject", "provider"))
    return Route(loop, subject, provider, _text(decision, "action"), _text(decision, "gate_state"))


def _settled_with(rows: list[dict[str, Any]]) -> dict[int, int]:
    """Find the items all of whose routes are in a graver item too, as the page does (render.loop_actions)."""
    routes = [{_text(route, "route_key") for route in _rows(row, "routes")} for row in rows]
    settled: dict[int, int] = {}
    for rank, ending in enumerate(_GRAVER):
        for number, row in enumerate(rows):
            whole = row.get("route_count") == len(_rows(row, "routes")) and bool(routes[number])
            if not (whole and _text(row, "code").endswith(ending)):
                continue
            for other, above in enumerate(rows):
                is_graver = _text(above, "code").endswith(_GRAVER[:rank]) and other not in settled
                if is_graver and routes[number] <= routes[other]:
                    settled[number] = other
    return settled


def _actors(document: Mapping[str, Any], environment: str) -> Iterator[Actor]:
    """List who has a step of the runbook to do, in its order."""
    steps = [one for one in _rows(document, "loops", "runbook", "steps") if one.get("phase") in _TO_DO]
    owners = [_text(one, "owner") for one in steps]
    for owner in dict.fromkeys(owners):
        first = steps[owners.index(owner)]
        command = for_environment(_text(first, "command"), environment)
        yield Actor(owner, owners.count(owner), _text(first, "task"), command)


def overall_state(status: str, readiness_state: str, closure_state: str) -> str:
    """Give the verdict of a bundle, never a better one than release readiness and the closure have."""
    held = readiness_state == "blocked" or closure_state == "open"
    return "blocked" if held and status != "needs_attention" else status


def instant_of(name: BundleName) -> datetime | None:
    """Give the instant that a bundle's name says; None for one that cannot be."""
    try:
        return datetime.fromisoformat(name.stamp)
    except ValueError:
        return None


def _value(document: Any, *path: str) -> Any:  # noqa: ANN401 - JSON is untyped
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _text(document: Any, *path: str) -> str:  # noqa: ANN401 - JSON is untyped
    found = _value(document, *path)
    return found if isinstance(found, str) else ""


def _rows(document: Any, *path: str) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON is untyped
    found = _value(document, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
