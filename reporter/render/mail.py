"""The executive report as mail: a subject that is the verdict, the same in text and in HTML, and how to verify it.

All of it comes from the view of the executive page, so that no mail says better than the bundle. A mail proves nothing
by itself: it names the bundle that does.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from reporter.model.instants import parse_instant
from reporter.model.readiness import Readiness
from reporter.render.executive import ExecutiveLimits, ExecutiveView, build_executive_view
from reporter.render.html import render_mail
from reporter.render.shapes import State
from reporter.render.verdict import is_held
from reporter.render.wording import CLOSURE_TAGS, READINESS_TAGS, STATUS_TAGS, plain, tag_in

LIMITS: Final = ExecutiveLimits(notices=10, rows=12, risks=15, decisions=12, actions=6)
"""Rows of each list: a mail that somebody reads on a phone. What is left out is said."""

PDF: Final = "executive.pdf"
PROOF: Final = (
    "This mail proves nothing by itself: the sealed bundle does, offline, with the public key of the people who run the"
    " reports."
)


class Sealed(NamedTuple):
    """What a mail says of its bundle: its name, what seals it, and where it may be opened, if anywhere."""

    name: str
    digest: str
    key_id: str
    link: str = ""
    is_attached: bool = True
    """Whether the PDF comes with the mail, or is too large to."""


class Mail(NamedTuple):
    """A mail, but for who sends it to whom."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class MailView:
    """What the templates print. `report` is the view of the executive page."""

    subject: str
    report: ExecutiveView
    states: tuple[State, ...]
    bundle: str
    digest: str
    key_id: str
    command: str
    link: str
    proof: str


def write_mail(readiness: Readiness, sealed: Sealed) -> Mail:
    """Write the mail about a bundle."""
    view = build_mail_view(readiness, sealed)
    return Mail(
        view.subject, render_mail("mail/executive.txt", view, LIMITS), render_mail("mail/executive.html", view, LIMITS)
    )


def build_mail_view(readiness: Readiness, sealed: Sealed) -> MailView:
    """Build the view; the same readiness and bundle give the same view."""
    report = build_executive_view(readiness)
    name = plain(sealed.name)
    enclosed = f"{PDF} is attached as it was sealed."
    if not sealed.is_attached:
        enclosed = f"{PDF} is too large for a mail; it is in the bundle."
    return MailView(
        subject=_subject(readiness, report),
        report=report,
        states=_states(readiness),
        bundle=name,
        digest=plain(sealed.digest),
        key_id=plain(sealed.key_id),
        command=f"reporter verify {report.environment}/{name}",
        link=sealed.link,
        proof=f"{enclosed} {PROOF}",
    )


def _states(readiness: Readiness) -> tuple[State, ...]:
    return (
        State("Production", STATUS_TAGS[readiness.status]),
        State("Release", tag_in(READINESS_TAGS, readiness.readiness_state)),
        State("Closure", tag_in(CLOSURE_TAGS, readiness.closure_state)),
    )


def _subject(readiness: Readiness, report: ExecutiveView) -> str:
    """Say the headline of the page and the states that it follows from: what holds the release is never left out."""
    production, release, closure = (f"{one.label} {one.tag.word}".lower() for one in _states(readiness))
    blockers = len(readiness.loops.release_readiness.blockers)
    if blockers:
        release = f"release blocked by {blockers:,}"
    is_plain = is_held(readiness) and STATUS_TAGS[readiness.status].tone == "good"
    states = ", ".join((release, closure) if is_plain else (production, release, closure))
    at = parse_instant(readiness.as_of)
    day = f" ({at.at:%Y-%m-%d})" if at else ""
    return f"[{report.environment}] {report.verdict.headline}: {states}{day}"
