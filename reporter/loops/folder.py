"""What every step of the fold uses: finding routes and loops, dating records, listing faults (domain.md A2).

What cannot be dated is a fault: where it speaks for a route it does not count, where it speaks against one it counts
as the newest. What is dated too far in the future is listed and does not count (A2.3).
"""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final, cast

from reporter.loops.days import first_day
from reporter.loops.facts import (
    KEPT_LISTED,
    Folded,
    FutureRecord,
    LoopFacts,
    PlaybookFacts,
    RouteKey,
    join_playbooks,
)
from reporter.loops.growing import FIRST_INSTANT, GrowingRoute
from reporter.loops.history import cut_events
from reporter.loops.loop import Loop
from reporter.loops.sets import keep
from reporter.loops.states import normalise_state
from reporter.model.instants import FUTURE_TOLERANCE, shift
from reporter.model.providers import PROVIDERS, normalise
from reporter.model.records import UNDATED, ContentFault, Record, type_word
from reporter.model.text import UNSEEN, is_blank, shorten, visible

NO_PROVIDER: Final = ""
NO_SUBJECT: Final = ""
CONTRADICTORY: Final = "contradictory"
"""The state of what says two; no step knows it, so that it counts as what speaks against."""
LONGEST_TEXT: Final = 200
_FEW_NAMES: Final = 10_000


class GrowingLoop:
    """Where the records of one loop go: how they name their subject, and the routes, as far as they are known.

    `subject` finds the subject's id in what a record says, or nothing; `told` lists the ids that a delivery may name it
    by; `accepted` are the states of an answer that counts. `routes` go by subject and provider, the latter as the
    records spell it. Before `oldest_runs` a live run and a dry one are too old to be kept.
    """

    __slots__ = ("accepted", "event_type", "oldest_runs", "routes", "subject", "told", "word")

    def __init__(self, loop: Loop) -> None:
        self.word = loop.word
        self.event_type = loop.event_type
        self.accepted = loop.accepted
        self.subject: Callable[[Any], str | None] = _first_of(loop.subject_keys)
        self.told: Callable[[Any], tuple[str | None, ...]] = attrgetter(*loop.subject_keys, *loop.event_keys)
        self.routes: dict[tuple[str, str | None], GrowingRoute] = {}
        self.oldest_runs = [FIRST_INSTANT, FIRST_INSTANT]

    def sent_for(self, delivery: object) -> str:
        """Find the subject of a delivery, whose event may go by its type alone; NO_SUBJECT where none is given."""
        for name in self.told(delivery):
            if name and name != self.event_type:
                return name
        return NO_SUBJECT


class Folder:
    """A fold under way."""

    def __init__(self, now: datetime, loops: tuple[Loop, ...], environment: str = "") -> None:
        self.environment = environment.strip().casefold()
        self.folded = Folded(now)
        self.routes: dict[RouteKey, GrowingRoute] = {}
        self.loops = self.folded.loops
        self.latest = shift(now, FUTURE_TOLERANCE)
        self.first_day = first_day(now)
        self.growing = {loop.word: GrowingLoop(loop) for loop in loops}
        self.sources: dict[str | None, GrowingLoop] = {loop.source: self.growing[loop.word] for loop in loops}
        self.named_by_event = {
            loop.source: self.growing[loop.word] for loop in loops if loop.event_keys[:1] == ("event_id",)
        }
        self.words: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.texts: dict[str, str] = {}

    def dated(self, record: Record, at: datetime | None) -> datetime | None:
        """Give the instant in UTC, UNDATED with a fault, or None for what lies in the future and was listed."""
        if at is not None and at.tzinfo is UTC and at <= self.latest:
            return at
        if at is None or (at := to_utc(at)) == UNDATED:
            found = "nothing" if at is None else "an unreadable time"
            self.fault(ContentFault(record.session_id, "/created_at", found, "an ISO 8601 timestamp"))
            return UNDATED
        if at > self.latest:
            listed = FutureRecord(at, record.session_id, record.kind)
            self.folded.future = self.listed("future", self.folded.future, listed)
            return None
        return at

    def utc(self, record: Record, field: str, at: datetime | None) -> datetime | None:
        """Give a further instant of a record in UTC, UNDATED with a fault, or None where it has none."""
        if at is None:
            return None
        at = to_utc(at)
        if at == UNDATED:
            self.fault(ContentFault(record.session_id, f"/{field}", "an unreadable time", "an ISO 8601 timestamp"))
        return at

    def is_here(self, record: Record, environment: object) -> bool:
        """Say whether a record that names an environment counts: one that names another does not."""
        if isinstance(environment, str):
            named = UNSEEN.sub("", environment).strip().casefold()
            return named in ("", self.environment) or not self.environment
        self.fault(ContentFault(record.session_id, "/environment", type_word(environment), "an environment's name"))
        return True

    def fault(self, fault: ContentFault) -> None:
        """Put a fault on the list."""
        self.folded.faults = self.listed("faults", self.folded.faults, fault)

    def listed(self, name: str, items: tuple[Any, ...], item: Any) -> tuple[Any, ...]:  # noqa: ANN401 - of three kinds
        """Add to a list that holds so many at most, and say when it holds no more."""
        if len(items) >= KEPT_LISTED and item not in items:
            self.folded.truncated |= {name}
        return keep(items, item, KEPT_LISTED)

    def unknown_word(self, record: Record, field: str, found: str | None, known: Iterable[str]) -> None:
        """Refuse a word that is not known, and list those that are (A2.6). It never counts in favour."""
        wanted = "one of " + ", ".join(sorted(filter(None, known)))
        shown = visible(shorten(found)) if found else "nothing"
        self.fault(ContentFault(record.session_id, f"/{field}", shown, wanted))

    def stated(self, record: Any, said: Any, field: str, known: Collection[str] = ()) -> str:  # noqa: ANN401 - of any step
        """Give a state by its one spelling; CONTRADICTORY where the envelope says another, for then neither counts."""
        own, copy = getattr(said, field), getattr(record, field)
        state = own if own in known else normalise_state(own)
        if copy != own and said is not record and copy is not None and normalise_state(copy) != state:
            self._refuse_copy(record, field, copy, own)
            return CONTRADICTORY
        if known and state not in known:
            self.unknown_word(record, field, own, known)
        return cast("str", state)

    def compare(self, record: Any, said: Any, loop: GrowingLoop) -> None:  # noqa: ANN401 - of any step
        """List where the envelope names another route than the payload, which counts."""
        if said is record:
            return
        copy, own = record.provider, said.provider
        if copy != own and copy and self.word(copy) != self.word(own):
            self._refuse_copy(record, "provider", copy, own)
        copy, own = loop.subject(record), loop.subject(said)
        if copy != own and copy and own:
            self._refuse_copy(record, "", copy, own)

    def _refuse_copy(self, record: Record, field: str, copy: str, own: str | None) -> None:
        inside = visible(shorten(own)) if own else "nothing"
        found = f"{visible(shorten(copy))} in the envelope, {inside} in the payload"
        self.fault(ContentFault(record.session_id, field and f"/{field}", found, "the same in both"))

    def word(self, provider: str | None) -> str:
        """Write a provider's name the one way that it is compared, and once in memory; what shows nothing is none."""
        if not provider:
            return NO_PROVIDER
        word = self.words.get(provider)
        if word is None:
            word = NO_PROVIDER if is_blank(provider) else normalise(provider)
            if len(self.words) < _FEW_NAMES:
                self.words[provider] = word
        return word

    def knows(self, record: Record, field: str, provider: str | None) -> bool:
        """Say whether anybody can have been told: an unknown provider is refused, and without one nobody was."""
        word = self.word(provider)
        if word and word not in PROVIDERS:
            self.unknown_word(record, field, provider, PROVIDERS)
        return word in PROVIDERS

    def name(self, person: str | None) -> str:
        """Keep a person's name once in memory."""
        named = person or ""
        return self.names.setdefault(named, named) if len(self.names) < _FEW_NAMES else named

    def text(self, text: str | None) -> str:
        """Keep what people wrote so that it can be shown: nothing invisible, at most LONGEST_TEXT characters."""
        if not text:
            return ""
        shown = self.texts.get(text)
        if shown is None:
            shown = visible(text[: LONGEST_TEXT + 1])
            if len(shown) > LONGEST_TEXT:
                shown = f"{shown[: LONGEST_TEXT - 1]}…"
            if len(text) <= LONGEST_TEXT and len(self.texts) < _FEW_NAMES:
                self.texts[text] = shown
        return shown

    def loop(self, word: str) -> LoopFacts:
        """Find a loop's facts."""
        facts = self.loops.get(word)
        if facts is None:
            facts = self.loops[word] = LoopFacts()
        return facts

    def finish(self) -> Folded:
        """Give the fold once all records are in it."""
        cut_events(self.folded.routing)
        for loop in self.growing.values():
            loop.routes.clear()
        while self.routes:  # each is gone before the next is made: there are never two of all
            key, route = self.routes.popitem()
            self.folded.routes[key] = route.facts()
        return self.folded

    def route(self, loop: GrowingLoop, subject: str, provider: str | None) -> GrowingRoute:
        """Find a route, and the same one however its provider is written. Only known providers stay `routes`."""
        route = loop.routes.get((subject, provider))
        if route is None:
            self.loop(loop.word)
            word = self.word(provider)
            route = self.routes.setdefault(RouteKey(loop.word, subject, word), GrowingRoute())
            if word in PROVIDERS:
                loop.routes[subject, provider] = route
        return route

    def recovery(self, playbook: str, provider: str | None, known: PlaybookFacts) -> None:
        """Join what is known of one playbook for one provider."""
        key = (playbook, self.word(provider))
        playbooks = self.folded.playbooks
        playbooks[key] = join_playbooks(playbooks[key], known) if key in playbooks else known


def to_utc(at: datetime) -> datetime:
    """Give an instant in UTC; without an offset it is taken as UTC (A2.2). One that UTC has no year for is UNDATED."""
    if at.tzinfo is UTC:
        return at
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return UNDATED


def _first_of(names: tuple[str, ...]) -> Callable[[Any], str | None]:
    """Make what finds the first of some fields that holds anything."""
    if len(names) == 1:
        return attrgetter(*names)
    values = attrgetter(*names)

    def first(said: object) -> str | None:
        for value in values(said):
            if value:
                return cast("str", value)
        return None

    return first
