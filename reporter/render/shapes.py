"""What a page shows, worded, rounded and sorted: templates loop over these values and print them.

Every text here is safe to print: nothing invisible, nothing endless. Escaping is the template's part. This module is
long because it is data.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from reporter.render.bars import Bar
from reporter.render.charts import Strip, Timeline
from reporter.render.day_charts import DayColumns, HeatMap
from reporter.render.trend_chart import TrendChart

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tag:
    """A state in a word, with a mark and a tone, so that colour never carries it alone."""

    word: str
    tone: str
    mark: str


@dataclass(frozen=True, slots=True)
class Cut(Generic[T]):
    """The part of a list that is shown, and a sentence about the rest (empty when nothing is left out)."""

    rows: tuple[T, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list that may be long. `what` names its items in the plural, `where` says where all of them are.

    `omitted` counts those that the document does not list either.
    """

    rows: tuple[T, ...]
    what: str
    where: str = "readiness.json"
    omitted: int = 0

    def cut(self, most: int) -> Cut[T]:
        """Keep the first `most` rows."""
        known = len(self.rows)
        left_out = max(0, known - most) + self.omitted
        if not left_out:
            return Cut(self.rows, "")
        has = f"the first {known:,} of {known + self.omitted:,}" if self.omitted else f"all {known:,}"
        more = f"1 more of the {self.what} is" if left_out == 1 else f"{left_out:,} more {self.what} are"
        return Cut(self.rows[:most], f"{more} not shown here; {self.where} has {has}.")


@dataclass(frozen=True, slots=True)
class State:
    """One of the states that the answer follows from."""

    label: str
    tag: Tag


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: a headline, one sentence, the question that they answer, and the states that they follow from.

    `tone` is that of the worst of them; `notices` must not be overlooked, whatever the answer.
    """

    question: str
    headline: str
    sentence: str
    tone: str
    states: tuple[State, ...]
    notices: Listing[str]


@dataclass(frozen=True, slots=True)
class Counts:
    """How the checks came out."""

    failed: int
    passed: int
    not_applicable: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value, and what a reader may want to know about it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A word that leads somewhere inside the page; `anchor` is empty where there is nothing to lead to."""

    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One condition that failed."""

    document: Link
    pointer: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One value that was read."""

    pointer: str
    value: str


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    """What was read in one document."""

    document: Link
    sha256: str
    short_sha256: str
    rows: Listing[EvidenceRow]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check with everything that speaks for or against it."""

    anchor: str
    id: str
    title: str
    status: str
    tag: Tag
    message: str
    reasons: Listing[ReasonRow]
    evidence: tuple[EvidenceGroup, ...]
    evidence_label: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: each reason is told once, at the check that is most about it.

    `tag` is None where all things to do are as pressing as this one; `tone` says it to the eye.
    """

    tag: Tag | None
    tone: str
    task: str
    report: Link
    why: str = ""
    command: str = ""
    more: str = ""
    done_when: str = ""
    check: Link | None = None
    reasons: Listing[ReasonRow] = Listing((), "reasons")
    also_fails: tuple[Link, ...] = ()
    owners: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One difference from the previous bundle."""

    title: Link
    before: Tag
    after: Tag
    direction: Tag


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the previous bundle."""

    sentence: str
    rows: Listing[ChangeRow]


@dataclass(frozen=True, slots=True)
class Trend:
    """The last bundles. Without two of them there is no `chart`, and the sentence says so."""

    sentence: str
    chart: TrendChart | None
    table: "Table | None"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a facts table; `anchor` is its stable name where it has one."""

    cells: tuple[str | Tag, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A facts table. `widths` are the columns' shares of the width in percent.

    `whole` is one that is shown to its end on paper too, as far as the screen shows it.
    """

    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Listing[Row]
    empty: str = "none"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report knows beside its checks."""

    pairs: tuple[Fact, ...] = ()
    steps_title: str = ""
    steps: Listing[str] = Listing((), "steps")
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Meter:
    """A bar with the words that say the same."""

    bar: Bar
    text: str
    label: str = ""
    tag: Tag | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """How far the routes of one loop came: planned, delivered, answered, closed; and what holds the others up."""

    anchor: str
    title: str
    tag: Tag
    stages: tuple[Meter, ...]
    stuck: str


@dataclass(frozen=True, slots=True)
class LoopCharts:
    """What the loops look like, each picture with a sentence and, on screen, a table that says the same."""

    lanes_told: str
    lanes: tuple[Lane, ...]
    deliveries: HeatMap | None
    deliveries_table: Table
    deliveries_note: str
    funnel_told: str
    funnel: tuple[Meter, ...]
    recoveries_told: str
    recoveries: Listing[Meter]
    told: DayColumns | None
    told_table: Table


@dataclass(frozen=True, slots=True)
class Section:
    """One report. `page` is a page of its own, empty where it has none.

    `repeats` is one whose checks only repeat those of others, and are not counted. `follows` says whose status it has
    where its own checks do not explain it.
    """

    anchor: str
    name: str
    title: str
    question: str
    file: str
    tag: Tag
    summary: str
    counts: Counts
    strip: Strip
    checks: tuple[CheckRow, ...]
    facts: Facts
    notes: tuple[str, ...]
    page: str = ""
    repeats: bool = False
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Reports that answer one question together; `loops` says that they start from evidence records."""

    title: str
    sections: tuple[Section, ...]
    loops: bool = False


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input."""

    anchor: str
    title: str
    name: str
    tag: Tag
    size: str
    sha256: str
    faults: Listing[ReasonRow]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source of evidence records."""

    anchor: str
    alias: str
    kind: str
    records: str
    tag: Tag
    size: str
    sha256: str
    faults: Listing[str]


@dataclass(frozen=True, slots=True)
class View:
    """The whole page. `created_at` is the instant of the verdict in RFC 3339."""

    environment: str
    as_of: str
    created_at: str
    mode: str
    tool_version: str
    verdict: Verdict
    tallies: tuple[Tag, ...]
    key_facts: tuple[Fact, ...]
    timeline: Timeline | None
    actions: Listing[Action]
    changes: Changes
    trend: Trend
    runs: tuple[str, ...]
    loops: LoopCharts | None
    sections: tuple[Section, ...]
    production: Section
    loop_sections: tuple[Section, ...]
    inputs: tuple[InputRow, ...]
    records: tuple[SourceRow, ...]
    policy: tuple[Fact, ...]
    notes: tuple[str, ...]
    attachments: Table | None = None

    @property
    def groups(self) -> tuple[Group, ...]:
        """Give the reports by the question that they answer together."""
        return (
            Group("Can Go run, and can it be taken back?", (*self.sections, self.production)),
            Group("Is everything told, answered and closed?", self.loop_sections, loops=True),
        )
