"""What others subscribe to: the calendar of what is due, and the feed of verdict changes. Both public-safe (A10)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from reporter.assess.agenda import REPORTS_READ, build_agenda
from reporter.errors import NotPublicSafe
from reporter.jobs.readiness import check_reports
from reporter.jobs.standing.standing import overall_state
from reporter.model.agenda import Appointment
from reporter.model.guards import RULES, broken_rules
from reporter.model.instants import format_instant
from reporter.render.feed import VerdictChange, render_feed
from reporter.seal.history import SealedStatement, each_instant, statements_of
from reporter.seal.keys import PublicKey
from reporter.settings_model import Settings

STATES = (("production", "status"), ("release readiness", "readiness_state"), ("closure", "closure_state"))


def calendar_file(
    settings: Settings, environments: Sequence[str], now: datetime, owner: str = "", horizon: timedelta = timedelta(90)
) -> tuple[bytes, int]:
    """Assess these environments and write what is due as iCalendar; give the number of entries too.

    With `owner`, only what is theirs or everybody's. Raise NotPublicSafe for a text that no calendar may hold.
    """
    from reporter.render.calendar import render_calendar, text_of

    found: list[Appointment] = []
    for name in environments:
        reports, case = check_reports(settings, name, REPORTS_READ, now)
        found += [one for one in build_agenda(case, reports, horizon) if _is_for(one, owner)]
    _refuse_unsafe((f"{one.environment}: {one.kind}", text_of(one)) for one in found)
    whose = f" of {owner}" if owner else ""
    return render_calendar(found, now, f"{', '.join(environments)}: due{whose}"), len(found)


def feed_file(
    settings: Settings, environments: Sequence[str], now: datetime, key: PublicKey, most: int
) -> tuple[bytes, int]:
    """Write the last verdict changes dated at or before `now` as Atom, and count them."""
    changes = [one for name in environments for one in _changes(settings, name, now, key)]
    changes.sort(key=lambda one: (one.as_of, one.environment))
    latest = changes[-most:]
    _refuse_unsafe((one.environment, one.link) for one in latest)
    return render_feed(latest, environments, format_instant(now)), len(latest)


def _is_for(one: Appointment, owner: str) -> bool:
    return not owner or not one.owners or owner.casefold() in {each.casefold() for each in one.owners}


def _changes(settings: Settings, environment: str, now: datetime, key: PublicKey) -> Iterator[VerdictChange]:
    """Give every bundle whose verdict is another one than that of the sealed bundle before it."""
    bundles_dir = settings.resolve(settings.bundles_dir)
    newest_first = each_instant(statements_of(bundles_dir, environment, key, now + timedelta(seconds=1)))
    sealed = list(newest_first)[::-1]
    link = settings.environments[environment].deliver.link.rstrip("/")
    for before, after in zip([None, *sealed], sealed, strict=False):
        words = [(name, before.word(field) if before else "", after.word(field)) for name, field in STATES]
        if before is None or any(old != new for _, old, new in words):
            yield VerdictChange(
                environment,
                after.as_of,
                after.digest,
                _verdict(after),
                _verdict(before) if before else "",
                tuple(words),
                after.count("failed_check_count"),
                after.count("open_item_count"),
                f"{link}/{environment}/{Path(after.path).name}/index.html" if link else "",
            )


def _verdict(one: SealedStatement) -> str:
    return overall_state(one.word("status"), one.word("readiness_state"), one.word("closure_state"))


def _refuse_unsafe(texts: Iterator[tuple[str, str]]) -> None:
    hits = {
        f"{where}: found {rule.refuses} (not shown), rule {rule.id}"
        for where, text in texts
        for rule in broken_rules(text, RULES)
    }
    if hits:
        raise NotPublicSafe(*(f"{hit}; take it out of the manifest, the record or the setting" for hit in sorted(hits)))
