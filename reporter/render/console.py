"""The console: what an operator looks at and acts on, from the parts of the bundle's pages.

The page itself holds no data: it asks for the part with the data once somebody has signed in.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, NamedTuple

from markupsafe import Markup

from reporter import __version__
from reporter.loops.alerts import alert_dashboard
from reporter.loops.routes import LoopStates
from reporter.loops.table import BY_WORD, LOOPS
from reporter.model.instants import format_instant
from reporter.model.readiness import Readiness
from reporter.model.recent import RecentRecords
from reporter.model.registry import BY_NAME
from reporter.model.reports import AlertLevel
from reporter.model.routes import RetryAction, RouteState
from reporter.model.text import count
from reporter.render.blockers import name_blockers
from reporter.render.facts import build_facts
from reporter.render.html import SCREEN, Policy, policy_of, render_page, render_part, source_of
from reporter.render.record_words import NAMED_KINDS, kind_title
from reporter.render.references import RECORDS_ANCHOR, References
from reporter.render.runbook import RunbookView, build_runbook_view
from reporter.render.shapes import Fact, Facts, Link, Listing, Row, Section, Table, Tag, Verdict
from reporter.render.view import build_section, build_view
from reporter.render.wording import ANSWER_TAGS, LEVEL_TAGS, NO_MARK, given, moment, plain, spelt, tag_in

TITLE: Final = "Operator console"

ALERTS: Final = tuple(BY_WORD[word] for word in dict.fromkeys(loop.alert_loop for loop in LOOPS if loop.alert_loop))
"""The loops that tell of workers."""

WORKERS, RETRIES, ALERTING, EVIDENCE, RUNBOOK = "worker-health", "retry-plan", "alerts", "evidence", "runbook"
CLOSING: Final = ("closure", "release-readiness")
"""The parts of the page; those named after a report are that report."""

GATED: Final = BY_WORD["acknowledgement_audit"]
"""The loop whose retries wait for an answer to their plan."""

_DIRECTIVES: Final = "; connect-src 'self'; trusted-types fragment; require-trusted-types-for 'script'"


class ConsoleLimits(NamedTuple):
    """How many rows of a list the console shows; the paths of the reports give all."""

    notices: int
    rows: int
    steps: int
    reasons: int
    evidence: int
    passed_evidence: int


LIMITS: Final = ConsoleLimits(notices=50, rows=200, steps=200, reasons=100, evidence=100, passed_evidence=100)


@dataclass(frozen=True, slots=True)
class FieldView:
    """One thing that an action may be told. `options` are the words of a choice; `kind` says how it is asked for."""

    name: str
    label: str
    kind: str
    hint: str
    options: tuple[str, ...] = ()
    longest: int = 0
    needed: bool = False


@dataclass(frozen=True, slots=True)
class ActionView:
    """One action. `reads` is the section that it leads to, or what it saves; without it, it acts by its `path`."""

    anchor: str
    title: str
    summary: str
    path: str
    role: str
    reads: str = ""
    saves: str = ""
    records_dry: bool = False
    fields: tuple[FieldView, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """Actions about one thing."""

    title: str
    actions: tuple[ActionView, ...]


@dataclass(frozen=True, slots=True)
class PageView:
    """The page before anybody has signed in."""

    groups: tuple[ActionGroup, ...]
    roles: tuple[str, ...]
    tool_version: str
    parts: tuple[tuple[str, str], ...]
    panel: str
    environments: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A route whose next retry may be answered for."""

    plan: str
    subject: str
    provider: str
    words: str


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of records that may be asked for."""

    word: str
    title: str
    told: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One evidence record."""

    kind: str
    title: str
    at: str
    state: str
    provider: str
    signer: str
    record: str


@dataclass(frozen=True, slots=True)
class Alerts:
    """How the alerts of workers stand: the worst of them, each loop that tells, and each route that was told."""

    tag: Tag
    summary: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class ConsoleView:
    """Everything about one environment."""

    environment: str
    as_of: str
    verdict: Verdict
    tallies: tuple[Tag, ...]
    key_facts: tuple[Fact, ...]
    workers: Section
    alerts: Alerts
    retries: Section
    closing: tuple[Section, ...]
    runbook: RunbookView
    kinds: tuple[RecordKind, ...]
    records: tuple[RecordRow, ...]
    choices: tuple[Choice, ...]


PARTS: Final = (
    (WORKERS, BY_NAME[WORKERS].title),
    (ALERTING, "Alerts"),
    (RETRIES, BY_NAME[RETRIES].title),
    *((name, BY_NAME[name].title) for name in CLOSING),
    (RUNBOOK, BY_NAME[RUNBOOK].title),
    (EVIDENCE, "Evidence"),
)
"""The parts of the page, by their anchors."""


class _OnPage(References):
    """Leads to what stands on the page, and nowhere else."""

    def document(self, alias: str) -> Link:
        """Lead to the part that tells of a document, where there is one."""
        here = {anchor: name for name, anchor in self.reports.items() if name in dict(PARTS)}
        link = super().document(alias)
        return replace(link, anchor={**here, RECORDS_ANCHOR: EVIDENCE}.get(link.anchor, ""))


def build_page_view(groups: Sequence[ActionGroup], roles: Sequence[str], panel: str, environments: str) -> PageView:
    """Word the page without any data. `panel` and `environments` are the paths that it asks."""
    return PageView(tuple(groups), tuple(roles), __version__, PARTS, panel, environments)


def build_console_view(readiness: Readiness, states: LoopStates, records: RecentRecords) -> ConsoleView:
    """Word everything about an environment."""
    blockers = name_blockers(readiness)
    references = _OnPage(())

    def build(name: str) -> Section:
        report = getattr(readiness.loops, name.replace("-", "_"))
        facts = _at_server(build_facts(report, references, blockers), BY_NAME[name].path)
        return replace(build_section(BY_NAME[name], report, facts, references), anchor=name)

    whole = build_view(readiness)
    return ConsoleView(
        environment=whole.environment,
        as_of=whole.as_of,
        verdict=whole.verdict,
        tallies=whole.tallies,
        key_facts=whole.key_facts,
        workers=build(WORKERS),
        alerts=_alerts(states),
        retries=build(RETRIES),
        closing=tuple(map(build, CLOSING)),
        runbook=build_runbook_view(readiness),
        kinds=tuple(_kinds(records)),
        records=tuple(
            RecordRow(
                plain(one.kind),
                kind_title(one.kind),
                moment(one.created_at),
                spelt(one.state) if one.state else NO_MARK,
                plain(one.provider) or NO_MARK,
                given(one.signer),
                plain(one.record),
            )
            for one in records.rows
        ),
        choices=tuple(_choices(states)),
    )


def render_console_page(view: PageView) -> bytes:
    """Render the page, without any data."""
    style, script = _parts()
    return render_page("console.html", TITLE, view, SCREEN, script=script, more=Policy(style, _DIRECTIVES))


@cache
def page_policy() -> str:
    """Give the policy of the page as its header says it: what a page cannot say of itself, too."""
    style, script = _parts()
    return f"{policy_of(source_of('style.css') + style, script, _DIRECTIVES)}; frame-ancestors 'none'"


def render_console_panel(view: ConsoleView) -> bytes:
    """Render the part of the page that shows an environment."""
    return render_part("console/panel.html", view, LIMITS)


def _parts() -> tuple[Markup, Markup]:
    return source_of("console/console.css"), source_of("console/console.js")


def _at_server(facts: Facts, path: str) -> Facts:
    """Say where all rows of a table are: not in a file of a bundle."""
    return replace(
        facts, tables=tuple(replace(one, rows=replace(one.rows, where=f"GET {path}")) for one in facts.tables)
    )


def _alerts(states: LoopStates) -> Alerts:
    found = [(loop, alert_dashboard(states, loop)) for loop in ALERTS]
    levels = [one.alert_level for _, one in found]
    worst = max(levels, key=list(AlertLevel).index)
    failed, outstanding = (sum(getattr(one, what) for _, one in found) for what in ("failed", "outstanding"))
    return Alerts(
        LEVEL_TAGS[worst],
        f"{count(failed, 'alert')} not delivered, {count(outstanding, 'answer')} outstanding",
        (
            Table(
                "Loops that tell of workers",
                ("Loop", "Level", "Delivered", "Failed", "Unanswered", "Left out"),
                (35, 15, 12, 12, 13, 13),
                Listing(
                    tuple(
                        Row(
                            (
                                loop.title,
                                LEVEL_TAGS[one.alert_level],
                                f"{one.delivered:,}",
                                f"{one.failed:,}",
                                f"{one.outstanding:,}",
                                f"{one.suppressed:,}",
                            )
                        )
                        for loop, one in found
                    ),
                    "loops",
                ),
            ),
            Table(
                "Alerts that were planned or sent",
                ("Alert", "Through", "Level", "Last attempt", "Answer", "Answer due"),
                (29, 12, 13, 17, 15, 14),
                Listing(
                    tuple(_alert(one) for loop in ALERTS for one in sorted(states.of(loop), key=_worst_first)),
                    "alerts",
                    where="the path of each loop",
                ),
                empty="Nobody was ever told of a worker.",
            ),
        ),
    )


def _worst_first(one: RouteState) -> tuple[int, str]:
    return -list(AlertLevel).index(one.alert_level), str(one.route)


def _alert(one: RouteState) -> Row:
    answer = one.acknowledgement
    return Row(
        (
            f"{BY_WORD[one.route.loop].title}: {given(one.route.subject)}",
            given(one.route.provider),
            LEVEL_TAGS[one.alert_level],
            moment(format_instant(one.last_attempt_at)) if one.last_attempt_at else "not sent yet",
            tag_in(ANSWER_TAGS, answer.state),
            moment(format_instant(answer.due_at)) if answer.outstanding and answer.due_at else NO_MARK,
        )
    )


def _choices(states: LoopStates) -> Iterator[Choice]:
    """Give the routes whose next retry may be answered for, under the newest plan: an older one is not answered."""
    facts = states.facts.get(GATED.word)
    plans = sorted(facts.retry_plans) if facts else []
    for one in states.of(GATED) if plans else ():
        if one.retry.action in {RetryAction.RETRY, RetryAction.WAIT}:
            words = f"{given(one.route.provider)}: {given(one.route.subject)}, {plain(one.retry.reason)}"
            yield Choice(plans[-1].id, one.route.subject, one.route.provider, words)


def _kinds(records: RecentRecords) -> Iterator[RecordKind]:
    """List the kinds that there are, and those that people ask for by name, by their titles."""
    shown = Counter(one.kind for one in records.rows)
    titles = {**{word: kind_title(word) for word in records.counts}, **NAMED_KINDS}
    for word, title in sorted(titles.items(), key=lambda one: (one[1], one[0])):
        number = records.counts.get(word, 0)
        told = count(number, "record")
        yield RecordKind(word, title, f"the newest {shown[word]:,} of {told}" if shown[word] < number else told)
