"""Where an environment stands: its newest bundle, what is due next, what is open, who must act.

It is asked for often, so the document is read without its model: a bundle of another version may lack a field, and what
it does not say is left out.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from reporter.model.instants import FUTURE_TOLERANCE, format_instant, parse_instant
from reporter.seal.bundle import BundleName, list_bundles
from reporter.seal.keys import PublicKey
from reporter.seal.verify import verify_bundle
from reporter.settings_model import Settings

OLD_AFTER: Final = timedelta(hours=26)
"""A daily run that is two hours late."""
MOST_FAILURES: Final = 3
_TO_DO: Final = ("now", "soon")
"""Phases of the runbook with something to do while nothing is rolled back or closed."""


class Due(NamedTuple):
    """The next thing of its kind that is due. `pending` says how many such things there are."""

    what: str
    at: str
    overdue: bool
    pending: int


class OpenItem(NamedTuple):
    """One thing that holds the closure open."""

    code: str
    title: str
    since: str
    owner: str
    next_action: str


class Actor(NamedTuple):
    """Who must act: how many steps of the runbook are theirs, and the first of them."""

    owner: str
    steps: int
    task: str
    command: str


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
    faults: tuple[str, ...] = ()

    @property
    def old(self) -> bool:
        """Whether a daily run is missing."""
        return self.age > OLD_AFTER

    @property
    def sealed(self) -> bool:
        """Whether there is a bundle whose seal holds."""
        return bool(self.bundle) and not self.faults


def standing_of(settings: Settings, environment: str, now: datetime, key: PublicKey | None) -> Standing:
    """Read the newest bundle dated at or before `now`, once it verifies."""
    names = list_bundles(settings.resolve(settings.bundles_dir), environment)
    name = next((one for one in names if (at := _instant(one)) and at - now <= FUTURE_TOLERANCE), None)
    if name is None:
        later = f"; {len(names)} bundles are dated later" if names else ""
        return Standing(environment, faults=(f"no bundle yet: `reporter run --environment {environment}`{later}",))
    at = _instant(name) or now
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
        open_items=tuple(
            OpenItem(*(_text(one, field) for field in OpenItem._fields))
            for one in _rows(document, "loops", "closure", "open_items")
        ),
        actors=tuple(_actors(document)),
    )


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
        document = msgspec.json.decode(Path(name.path, "readiness.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        document = None
    if not isinstance(document, dict) or document.get("as_of") != sealed.get("as_of"):
        return None, ("it holds no readiness.json of its own instant",)
    return document, ()


def _due(document: Mapping[str, Any], now: datetime) -> Iterator[Due]:
    """List what is due next, of each kind the first."""
    drill = _text(document, "production", "go_backend_rollback_drill_schedule", "schedule", "due", "at")
    answers = [
        _text(one, "due_at")
        for one in _rows(document, "loops", "escalation_plan", "routes")
        if one.get("acknowledged") is False
    ]
    retries = [
        _text(one, "next_retry_at")
        for plan in _rows(document, "loops", "retry_plan", "plans")
        for one in _rows(plan, "retry_decisions")
        if one.get("action") in {"retry", "wait"}
    ]
    report = _text(document, "loops", "executive", "schedule", "next_due_at")
    kinds = {"drill": [drill], "acknowledgement": answers, "retry": retries, "executive report": [report]}
    for what, times in kinds.items():
        known = [(found.at, at) for at in times if (found := parse_instant(at))]
        if known:
            at, text = min(known)
            yield Due(what, text, at <= now, len(known))


def _actors(document: Mapping[str, Any]) -> Iterator[Actor]:
    """List who has a step of the runbook to do, in its order."""
    steps = [one for one in _rows(document, "loops", "runbook", "steps") if one.get("phase") in _TO_DO]
    owners = [_text(one, "owner") for one in steps]
    for owner in dict.fromkeys(owners):
        first = steps[owners.index(owner)]
        yield Actor(owner, owners.count(owner), _text(first, "task"), _text(first, "command"))


def _instant(name: BundleName) -> datetime | None:
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
