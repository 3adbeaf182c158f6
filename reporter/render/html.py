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
from reporter.render.wording import DUE

LARGE_PAGE_BYTES: Final = 5_000_000
"""A page above this size opens slowly; the caller warns."""


class Limits(NamedTuple):
    """How many rows of a list a page shows. What is left out is said, and is in the JSON.

    `rows` are those of the tables of production, `routes` those of the loops.
    """

    notices: int
    actions: int
    action_reasons: int
    reasons: int
    evidence: int
    passed_evidence: int
    rows: int
    routes: int


SCREEN: Final = Limits(
    notices=50, actions=50, action_reasons=20, reasons=100, evidence=200, passed_evidence=200, rows=500, routes=500
)
INDEX: Final = SCREEN._replace(actions=10, action_reasons=3)
PAPER: Final = Limits(
    notices=10, actions=30, action_reasons=5, reasons=30, evidence=12, passed_evidence=6, rows=60, routes=12
)


class Policy(NamedTuple):
    """What a page has and may do besides the others."""

    style: Markup = Markup()
    directives: str = ""


NO_MORE: Final = Policy()

SEAL: Final = (
    "This document is part of a sealed bundle. VERIFY.md beside it says how to check every file and the signature,"
    " offline and without the tool that made it."
)


def render_readiness_html(view: View, readiness_json: bytes) -> bytes:
    """Render `readiness.html`; the JSON is embedded byte for byte, as `write_json` wrote it.

    Raises ValueError for JSON that would end its script element.
    """
    return render_page(
        "readiness.html", "Readiness report", view, SCREEN, document=readiness_json, script=source_of("filter.js")
    )


def render_index_html(view: View) -> bytes:
    """Render `index.html`, the first page of a bundle."""
    return render_page("index.html", "Readiness bundle", view, INDEX)


def render_readiness_paper(view: View) -> str:
    """Render the HTML that `PdfWorkers` lays out on paper; characters without a glyph become their code."""
    return render_paper("paper.html", paper_title(view), view, PAPER)


def paper_title(view: View) -> str:
    """Give the title of the PDF."""
    return f"Readiness of {view.environment} as of {view.as_of}"


def is_large(page: bytes) -> bool:
    """Say whether a page is so large that the caller should warn."""
    return len(page) > LARGE_PAGE_BYTES


def render_page(  # noqa: PLR0913 - each is a part of the page
    template: str,
    title: str,
    view: object,
    limits: object,
    *,
    document: bytes = b"",
    script: str = "",
    more: Policy = NO_MORE,
) -> bytes:
    """Render one page; `document` is the JSON to embed and `script` the one script that the policy allows.

    `more` adds to its style and to its policy. Raises ValueError for JSON that would end its script element.
    """
    if b"<" in document:
        raise ValueError("the JSON holds a raw <: write it with write_json")
    style = source_of("style.css") + more.style
    html = (
        _templates()
        .get_template(template)
        .render(
            view=view,
            limits=limits,
            paper=False,
            title=title,
            style=style,
            script=script,
            csp=policy_of(style, script, more.directives),
            seal=SEAL,
            due=DUE,
            json=Markup(document.decode()),  # noqa: S704 - holds no <, see above
        )
    )
    return html.encode()


def render_paper(template: str, title: str, view: object, limits: object) -> str:
    """Render the HTML that `PdfWorkers` lays out; characters without a glyph become their code."""
    style = source_of("paper.css")
    rendered = _templates().get_template(template)
    return printable(
        rendered.render(view=view, limits=limits, paper=True, title=title, style=style, seal=SEAL, due=DUE)
    )


def render_mail(template: str, view: object, limits: object) -> str:
    """Render a part of a mail. Its styles stand at its elements, for many who read mail keep no others."""
    return _templates().get_template(template).render(view=view, limits=limits)


def render_part(template: str, view: object, limits: object) -> bytes:
    """Render a part of a page, for a page that is there already."""
    return _templates().get_template(template).render(view=view, limits=limits, paper=False).encode()


def policy_of(style: str, script: str, directives: str = "") -> str:
    """Write the policy of a page: this style, this script, and nothing else but what the `directives` allow."""
    scripts = _source_hash(script) if script else "'none'"
    return (
        f"default-src 'none'; style-src {_source_hash(style)}; script-src {scripts}; img-src data:;"
        f" base-uri 'none'; form-action 'none'{directives}"
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
def source_of(name: str) -> Markup:
    """Read a style or a script of ours."""
    return Markup((templates_dir() / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of ours
