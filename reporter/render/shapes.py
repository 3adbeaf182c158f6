"""What a page shows, worded, rounded and sorted: templates loop over these values and print them.

Every text here is safe to print: nothing invisible, nothing endless. Escaping is the template's part.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from reporter.render.charts import Strip, Timeline

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
    """A list that may be long. `what` names its items in the plural, `where` says where all of them are."""

    rows: tuple[T, ...]
    what: str
    where: str = "readiness.json"

    def cut(self, most: int) -> Cut[T]:
        """Keep the first `most` rows."""
        left_out = len(self.rows) - most
        if left_out <= 0:
            return Cut(self.rows, "")
        return Cut(
            self.rows[:most],
            f"{left_out:,} more {self.what} are not shown here; {self.where} has all {len(self.rows):,}.",
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: a headline, one sentence, the question that they answer, and what they do not cover."""

    question: str
    headline: str
    sentence: str
    scope: str
    tag: Tag
    level: Tag


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
    """One thing to do: each reason is told once, at the check that is most about it."""

    number: int
    tag: Tag
    task: str
    check: Link | None
    reasons: Listing[ReasonRow]
    also_fails: tuple[Link, ...]
    report: Link
    owners: str


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
class Row:
    """One row of a facts table; `anchor` is its stable name where it has one."""

    cells: tuple[str | Tag, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A facts table. `widths` are the columns' shares of the width in percent."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Listing[Row]
    empty: str = "none"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report knows beside its checks."""

    pairs: tuple[Fact, ...] = ()
    steps_title: str = ""
    steps: Listing[str] = Listing((), "steps")
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One report."""

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
    sections: tuple[Section, ...]
    production: Section
    other_reports: tuple[tuple[str, str], ...]
    inputs: tuple[InputRow, ...]
    policy: tuple[Fact, ...]
    notes: tuple[str, ...]
