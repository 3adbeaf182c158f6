"""The pages: one self-contained file each, and the paper that the PDF is laid out from.

A page loads nothing, runs one script that it can do without, and says so in a policy that a browser enforces.
"""

import base64
import hashlib
from functools import cache
from typing import Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporter.assets import templates_dir
from reporter.render.glyphs import printable
from reporter.render.shapes import View

LARGE_PAGE_BYTES: Final = 5_000_000
"""A page above this size opens slowly; the caller warns."""


class Limits(NamedTuple):
    """How many rows of a list a page shows. What is left out is said, and is in the JSON."""

    actions: int
    action_reasons: int
    reasons: int
    evidence: int
    passed_evidence: int
    rows: int


SCREEN: Final = Limits(actions=50, action_reasons=20, reasons=100, evidence=200, passed_evidence=200, rows=500)
INDEX: Final = SCREEN._replace(actions=10, action_reasons=3)
PAPER: Final = Limits(actions=30, action_reasons=5, reasons=30, evidence=12, passed_evidence=6, rows=60)

SEAL: Final = (
    "This document is part of a sealed bundle. VERIFY.md beside it says how to check every file and the signature,"
    " offline and without the tool that made it."
)


def render_readiness_html(view: View, readiness_json: bytes) -> bytes:
    """Render `readiness.html`; the JSON is embedded byte for byte, as `write_json` wrote it.

    Raises ValueError for JSON that would end its script element.
    """
    if b"<" in readiness_json:
        raise ValueError("the JSON holds a raw <: write it with write_json")
    json = Markup(readiness_json.decode())  # noqa: S704 - holds no <, see above
    return _screen("readiness.html", view, SCREEN, "Readiness report", json=json)


def render_index_html(view: View) -> bytes:
    """Render `index.html`, the first page of a bundle."""
    return _screen("index.html", view, INDEX, "Readiness bundle")


def render_readiness_paper(view: View) -> str:
    """Render the HTML that `PdfWorkers` lays out on paper; characters without a glyph become their code."""
    html = (
        _templates()
        .get_template("paper.html")
        .render(
            view=view,
            limits=PAPER,
            paper=True,
            title=paper_title(view),
            style=_source("paper.css"),
            seal=SEAL,
        )
    )
    return printable(html)


def paper_title(view: View) -> str:
    """Give the title of the PDF."""
    return f"Readiness of {view.environment} as of {view.as_of}"


def is_large(page: bytes) -> bool:
    """Say whether a page is so large that the caller should warn."""
    return len(page) > LARGE_PAGE_BYTES


def _screen(name: str, view: View, limits: Limits, title: str, **more: Markup) -> bytes:
    style, script = _source("style.css"), _source("filter.js")
    html = (
        _templates()
        .get_template(name)
        .render(
            view=view,
            limits=limits,
            paper=False,
            title=title,
            style=style,
            script=script,
            csp=_policy(style, script if more else None),
            seal=SEAL,
            **more,
        )
    )
    return html.encode()


def _policy(style: str, script: str | None) -> str:
    scripts = _source_hash(script) if script else "'none'"
    return (
        f"default-src 'none'; style-src {_source_hash(style)}; script-src {scripts}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _source_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _source(name: str) -> Markup:
    return Markup((templates_dir() / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
