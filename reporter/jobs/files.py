"""The files of one bundle, from the reports of one environment. The PDFs are laid out by workers meanwhile."""

from collections.abc import Mapping
from concurrent.futures import Future
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from reporter.errors import NotPublicSafe
from reporter.model.registry import REPORTS
from reporter.model.reports import Report

if TYPE_CHECKING:
    from reporter.model.readiness import Inputs, Readiness
    from reporter.render.pdf import PdfWorkers
    from reporter.seal.keys import SigningKey


MOST_HITS: Final = 20


class BundleFiles:
    """What a bundle will hold, but for its seal. Made as soon as the reports are there: the workers can begin."""

    def __init__(
        self,
        readiness: "Readiness",
        reports: Mapping[str, Report],
        inputs: "Inputs",
        now: datetime,
        pdfs: "PdfWorkers",
    ) -> None:
        from reporter.render.executive import build_executive_view, render_executive_paper
        from reporter.render.html import render_readiness_paper
        from reporter.render.json import write_json
        from reporter.render.runbook import build_runbook_view, render_runbook_paper
        from reporter.render.view import build_view

        self._view = build_view(readiness)
        self._executive = build_executive_view(readiness)
        self._runbook = build_runbook_view(readiness)
        self._documents = {
            "readiness.json": write_json(readiness),
            "executive.json": write_json(readiness.loops.executive),
            "runbook.json": write_json(readiness.loops.runbook),
        }
        _guard(self._documents["readiness.json"])
        self._others = {
            "inputs.json": write_json(inputs),
            "runbook.md": readiness.loops.runbook.markdown.encode(),
            **{kind.file: write_json(reports[kind.name]) for kind in REPORTS},
        }
        papers = {
            "readiness": render_readiness_paper(self._view),
            "executive": render_executive_paper(self._executive),
            "runbook": render_runbook_paper(self._runbook),
        }
        self._pdfs: dict[str, Future[bytes]] = {
            f"{name}.pdf": pdfs.submit(paper, self._documents[f"{name}.json"], now, f"{name}.json")
            for name, paper in papers.items()
        }

    def render(self, key: "SigningKey") -> dict[str, bytes]:
        """Render the pages, and wait for the PDFs."""
        from reporter.render.executive import render_executive_html
        from reporter.render.html import render_index_html, render_readiness_html
        from reporter.render.runbook import render_runbook_html

        documents = self._documents
        return {
            "index.html": render_index_html(self._view),
            "readiness.html": render_readiness_html(self._view, documents["readiness.json"]),
            "executive.html": render_executive_html(self._executive, documents["executive.json"]),
            "runbook.html": render_runbook_html(self._runbook, documents["runbook.json"]),
            "VERIFY.md": _verify_text(key),
            **documents,
            **self._others,
            **_schemas(),
            **{name: made.result() for name, made in self._pdfs.items()},
        }


def _guard(document: bytes) -> None:
    """Refuse to seal what is not public-safe (A10). All other documents repeat parts of this one."""
    import json

    from reporter.model.guards import hits_in

    hits = list(hits_in(json.loads(document)))
    if hits:
        more = [f"readiness.json: and {len(hits) - MOST_HITS} more"] if len(hits) > MOST_HITS else []
        raise NotPublicSafe(
            *(
                f"readiness.json {one.pointer}: found {one.rule.refuses} (not shown), wanted none in a bundle;"
                f" rule {one.rule.id}; take it out of the manifest or record"
                for one in hits[:MOST_HITS]
            ),
            *more,
        )


@cache
def _schemas() -> dict[str, bytes]:
    from reporter.model.schemas import bundle_schemas, write_schema

    return {f"schemas/{name}.json": write_schema(schema) for name, schema in bundle_schemas()}


def _verify_text(key: "SigningKey") -> bytes:
    from reporter.assets import templates_dir
    from reporter.seal.instructions import verify_text

    return verify_text((templates_dir() / "VERIFY.md").read_text(encoding="utf-8"), key.key_id)
