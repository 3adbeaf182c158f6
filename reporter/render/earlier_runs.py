"""What the first page says of the runs before this one."""

from collections.abc import Iterator

from reporter.model.instants import format_span, parse_instant
from reporter.model.readiness import Readiness, TroubledRun
from reporter.model.text import count
from reporter.render.wording import joined, moment, plain

MOST_NAMED = 5


def build_earlier_runs(readiness: Readiness) -> tuple[str, ...]:
    """Say how long ago the last run was, and what failed, died or never came since; nothing where nothing is known."""
    return tuple(_sentences(readiness))


def _sentences(readiness: Readiness) -> Iterator[str]:
    runs = readiness.runs
    if runs.last_as_of:
        ago = _ago(runs.last_as_of, readiness.as_of)
        yield f"The last run before this one that left a bundle was as of {moment(runs.last_as_of)}, {ago} earlier."
    for outcome, number, what in (
        ("failed", runs.failed_count, "failed"),
        ("interrupted", runs.interrupted_count, "never came to an end"),
    ):
        if number:
            named = [_name(one) for one in runs.troubled if one.outcome == outcome]
            yield f"{count(number, 'run')} {what}: {_some(named, number)}."
    if runs.missed_count:
        named = [moment(one) for one in runs.missed]
        verb = "was" if runs.missed_count == 1 else "were"
        yield f"{count(runs.missed_count, 'scheduled run')} {verb} missed: {_some(named, runs.missed_count)}."


def _name(run: TroubledRun) -> str:
    why = [plain(run.failure)] if run.failure else []
    code = [f"exit code {run.exit_code}"] if run.exit_code is not None else []
    reason = f" ({', '.join((*why, *code))})" if why or code else ""
    return f"as of {moment(run.as_of)}{reason}"


def _some(named: list[str], number: int) -> str:
    """Name the latest, and how many there are besides."""
    shown = named[-MOST_NAMED:]
    more = [f"{number - len(shown):,} earlier"] if number > len(shown) else []
    return joined([*more, *shown])


def _ago(earlier: str, later: str) -> str:
    first, last = parse_instant(earlier), parse_instant(later)
    return format_span(last.at - first.at) if first and last else "some time"
