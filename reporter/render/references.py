"""Where the pages lead: from a document's alias to its row, from a check or report to its place."""

from collections.abc import Sequence
from typing import Final

from reporter.model.readiness import Input, RecordSource
from reporter.model.registry import BY_NAME, REPORTS
from reporter.render.anchors import Anchors
from reporter.render.shapes import Link
from reporter.render.wording import plain

REPORT_PREFIX: Final = "report:"

RECORDS: Final = "records"
"""The alias of all evidence records together."""

RECORDS_ANCHOR: Final = "records"
"""The part of the page that lists the sources of records; no anchor made from a name is without a hyphen."""


class References:
    """The names that links of one page need; every anchor of the page is given out here."""

    def __init__(self, inputs: Sequence[Input], sources: Sequence[RecordSource] = ()) -> None:
        """Name the inputs and the reports first, so that their anchors never depend on what a document says."""
        self.anchors = Anchors()
        self.reports = {kind.name: self.anchors.name("report", kind.name) for kind in REPORTS}
        self.input_rows = [self.anchors.name("input", one.alias) for one in inputs]
        self._documents = {
            one.alias: Link(plain(one.name or one.title), anchor)
            for one, anchor in zip(inputs, self.input_rows, strict=True)
        }
        self.source_rows = [self.anchors.name("source", one.alias) for one in sources]
        self._documents.setdefault(RECORDS, Link("evidence records", RECORDS_ANCHOR))
        for one, anchor in zip(sources, self.source_rows, strict=True):
            self._documents.setdefault(one.alias, Link(plain(one.alias), anchor))
        self.checks: dict[tuple[str, str], str] = {}
        self.items: dict[tuple[str, str], str] = {}

    def document(self, alias: str) -> Link:
        """Lead to the input or the report that an alias names; an unknown alias leads nowhere."""
        name = alias.removeprefix(REPORT_PREFIX)
        if alias.startswith(REPORT_PREFIX) and name in self.reports:
            return Link(f"{BY_NAME[name].title} report", self.reports[name])
        return self._documents.get(alias) or Link(plain(alias))

    def check(self, report: str, check_id: str) -> str:
        """Give the anchor of a check; the first one with an id of its own has the plain anchor."""
        key = (report, check_id)
        if key not in self.checks:
            self.checks[key] = self.anchors.name("check", check_id)
        return self.checks[key]

    def item(self, report: str, kind: str, name: str) -> str:
        """Give the anchor of a row that has a name in its report: an open item, a worker, a recovery."""
        key = (report, name)
        if key not in self.items:
            self.items[key] = self.anchors.name(kind, name)
        return self.items[key]
