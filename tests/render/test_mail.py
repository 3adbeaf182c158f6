"""The executive report as mail: the words of the page, never better ones, in a form that all readers of mail keep."""

import re
from itertools import product

import pytest

from render.documents import closed_document, readiness_document, with_loops
from render.golden_mail import GOLDEN, LINK, NAMES, SEALED, golden_mails
from render.parsed import Parsed
from render.rewrite import HOSTILE, rewrite
from reporter.model.readiness import Readiness
from reporter.model.reports import AlertLevel, Mode, Status
from reporter.render.executive import build_executive_view
from reporter.render.mail import LIMITS, Mail, build_mail_view, write_mail
from reporter.render.wording import plain

ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "body",
    "table",
    "tr",
    "td",
    "h1",
    "h2",
    "p",
    "span",
    "strong",
    "br",
    "code",
}


def words(text: str) -> str:
    return " ".join(text.split())


def mail_about(readiness: Readiness, *, link: str = "", is_attached: bool = True) -> Mail:
    return write_mail(readiness, SEALED._replace(link=link, is_attached=is_attached))


@pytest.mark.parametrize("name", NAMES)
def test_mail_is_what_the_golden_file_holds(name: str) -> None:
    wanted = (GOLDEN / name).read_text(encoding="utf-8")
    assert golden_mails()[name] == wanted, "golden_mail.py says how to write it anew"


@pytest.mark.parametrize("readiness", [readiness_document(), closed_document()], ids=["held", "closed"])
def test_mail_says_what_the_page_says(readiness: Readiness) -> None:
    view = build_executive_view(readiness)
    mail = mail_about(readiness, link=LINK)
    told = [
        view.verdict.sentence,
        *view.verdict.notices.rows,
        view.changes.sentence,
        *(one.title.text for one in view.changes.rows.rows),
        *(one.risk for one in view.risks.rows),
        *(f"Owner: {one.owner}" for one in view.risks.rows),
        *(one.since for one in view.risks.rows),
        *(part for one in view.decisions.rows for part in (one.decision, one.why, f"To decide: {one.by}")),
        *view.actions.rows,
        SEALED.name,
        SEALED.digest,
        SEALED.key_id,
        f"reporter verify {view.environment}/{SEALED.name} --key signing.key.pub",
    ]
    for text in (words(mail.text), Parsed(mail.html).text):
        assert view.verdict.headline.lower() in text.lower()
        assert [one for one in told if words(one) not in text] == []
    assert view.verdict.headline in mail.subject
    assert LINK in words(mail.text)
    assert Parsed(mail.html).values("href") == [LINK]


def test_parts_without_content_say_so() -> None:
    mail = mail_about(closed_document())
    for text in (words(mail.text), Parsed(mail.html).text):
        assert "No risk is open." in text
        assert "The approval of this release, and nothing else." in text
        assert "Approved over blockers".lower() not in text.lower()
        assert "Open the report" not in text
    assert Parsed(mail.html).values("href") == []


def test_pdf_that_is_too_large_is_said_to_be_in_the_bundle() -> None:
    for text in (words(mail_about(closed_document(), is_attached=False).text),):
        assert "executive.pdf is too large for a mail; it is in the bundle." in text
    assert "executive.pdf is attached as it was sealed." in words(mail_about(closed_document()).text)


@pytest.mark.parametrize(
    ("readiness", "subject"),
    [
        (
            readiness_document(),
            "Hold the release: production needs attention, release blocked by 4, closure open (2026-06-11)",
        ),
        (
            closed_document(),
            "This release may be approved: production due soon, release ready, closure closed (2026-06-11)",
        ),
        (
            closed_document().model_copy(update={"closure_state": "open", "status": Status.READY}),
            "Hold the release: release ready, closure open (2026-06-11)",
        ),
        (
            closed_document().model_copy(
                update={
                    "mode": Mode.SHADOW,
                    "readiness_state": "not_requested",
                    "closure_state": "not_requested",
                    "as_of": "some day",
                }
            ),
            "There is no release to approve: production due soon, release not requested, closure not requested",
        ),
    ],
    ids=["held", "ready", "open", "none"],
)
def test_subject_is_the_verdict(readiness: Readiness, subject: str) -> None:
    assert mail_about(readiness).subject == f"[{readiness.environment}] {subject}"


@pytest.mark.parametrize(
    ("status", "readiness_state", "closure_state", "level"),
    [*product(Status, ["ready", "blocked", "not_requested"], ["closed", "open", "not_requested"], AlertLevel)],
)
def test_no_mail_says_better_than_the_bundle(
    status: Status, readiness_state: str, closure_state: str, level: AlertLevel
) -> None:
    update = {
        "status": status,
        "readiness_state": readiness_state,
        "closure_state": closure_state,
        "alert_level": level,
    }
    readiness = readiness_document().model_copy(update=update)
    mail = mail_about(readiness)
    may_go = (readiness_state, closure_state) == ("ready", "closed")
    for text in (mail.subject, mail.text, Parsed(mail.html).text):
        assert ("may be approved" in text.lower()) == may_go
        assert ("hold the release" in text.lower().partition("recommended")[0].partition("decisions")[0]) != may_go
    view = build_mail_view(readiness, SEALED)
    shown = {one.tag.tone for one in view.states}
    if closure_state == "open" or readiness_state == "blocked":
        assert "bad" in shown
    if status is Status.NEEDS_ATTENTION:
        assert "needs attention" in mail.subject
    if closure_state == "open":
        assert "closure open" in mail.subject


def test_html_is_what_readers_of_mail_keep() -> None:
    page = Parsed(mail_about(readiness_document(), link=LINK).html)
    assert {tag for tag, _ in page.elements} == (ALLOWED | {"a"}) - {"code"}
    for tag, attributes in page.elements:
        assert not {"class", "id", "src", "background", "onclick"} & set(attributes), tag
        if tag == "table":
            assert attributes["role"] == "presentation"
        assert "url(" not in attributes.get("style", "")
    assert ("html", {"lang": "en"}) in page.elements
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in page.elements


def test_every_text_has_a_colour_and_a_ground() -> None:
    page = Parsed(mail_about(readiness_document(), link=LINK).html)
    for tag, attributes in page.elements:
        style = attributes.get("style", "")
        if "background-color" in style:
            assert re.search(r"(?<!-)color:#", style) or tag == "td", (tag, style)
    for mark in ("#14663a", "#a3161f"):
        assert any(mark in style for style in page.values("style"))


def test_commands_stand_out() -> None:
    readiness = readiness_document()
    report = readiness.loops.executive.model_copy(update={"recommended_actions": ("Run `reporter run` again.",)})
    mail = mail_about(with_loops(readiness, executive=report))
    assert Parsed(mail.html).inside("code") == ["reporter run"]
    assert "* Run `reporter run` again." in mail.text


def test_long_lists_are_cut_and_say_so() -> None:
    readiness = readiness_document()
    report, release = readiness.loops.executive, readiness.loops.release_readiness
    many = with_loops(
        readiness,
        executive=report.model_copy(
            update={
                "key_risks": report.key_risks * 30,
                "decisions": report.decisions * 30,
                "recommended_actions": report.recommended_actions * 30,
            }
        ),
        release_readiness=release.model_copy(update={"overrides": release.overrides * 30}),
    ).model_copy(update={"changes": readiness.changes * 30})
    mail = mail_about(many)
    for text in (words(mail.text), Parsed(mail.html).text):
        assert text.count("not shown here; ") == len(LIMITS)
        assert text.count("To decide:") == LIMITS.decisions
        assert text.count("Owner:") == LIMITS.risks
    assert len(mail.html) < 100_000, "Gmail cuts a mail off at 102 kB"


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_of_a_document_adds_an_element_or_an_attribute(kind: str) -> None:
    hostile = mail_about(rewrite(readiness_document(), HOSTILE[kind], keep_dates=True))
    harmless = mail_about(rewrite(readiness_document(), "word", keep_dates=True))
    assert Parsed(hostile.html).shape == Parsed(harmless.html).shape
    assert not {"\r", "\0", "\x1b", "\u202e"} & {*hostile.subject, *hostile.text, *hostile.html}
    assert "\n" not in hostile.subject


@pytest.mark.parametrize("kind", sorted(set(HOSTILE) - {"long"}))
def test_hostile_text_is_shown_as_the_text_it_is(kind: str) -> None:
    readiness = rewrite(readiness_document(), HOSTILE[kind], keep_dates=True)
    mail = mail_about(readiness)
    shown = words(plain(readiness.loops.executive.key_risks[0].risk))
    assert shown.replace(" ", "") in mail.text.replace(" ", "").replace("\n", "")
    assert shown in Parsed(mail.html).text


def test_text_has_no_line_that_is_too_long_to_read() -> None:
    mail = mail_about(readiness_document())
    long = [line for line in mail.text.splitlines() if len(line) > 78]
    assert [line for line in long if not line.startswith(("Digest:", "Key id:", "    reporter verify"))] == []
