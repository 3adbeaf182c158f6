"""The runbook as Markdown: what it shows is what was written, whatever the documents hold."""

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.closing_cases import QUIET, calm_but, closing
from loops import records as make
from loops.cases import DAY, MINUTE, NOW, N
from reporter.assess.commands import quote
from reporter.assess.runbook_text import code, text
from reporter.model.text import UNSEEN


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("release-governance", "release-governance"),
        ("gordn_1a_2b", "gordn_1a_2b"),
        ("_loud_", r"\_loud\_"),
        ("**loud**", r"\*\*loud\*\*"),
        ("`x`", r"\`x\`"),
        ("<script>", r"\<script\>"),
        ("&amp;", r"\&amp;"),
        ("![x](y)", r"\!\[x\](y)"),
        ("a|b~c~#d", r"a\|b\~c\~\#d"),
        ("back\\slash", r"back\\slash"),
        ("a\nb", r"a\\u000ab"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("=", r"\="),
        ("    code", "code"),
        ("2026-06-11", "2026-06-11"),
        ("-1.5", "-1.5"),
        ("\x1b[2J\u202e", r"\\u001b\[2J\\u202e"),
    ],
)
def test_words_are_shown_as_they_are(words: str, written: str) -> None:
    assert text(words) == written


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("reporter run", "`reporter run`"),
        ("a `b` c", "``a `b` c``"),
        ("a ``b`` c", "```a ``b`` c```"),
        ("`b`", "`` `b` ``"),
        ("", "``"),
    ],
)
def test_command_is_one_code_span(command: str, written: str) -> None:
    assert code(command) == written


@pytest.mark.parametrize(
    "word", ["plain", "a b", "it's", "$(id)", "a\nb", "\x1b[2J", "a'\u202e\\b", "\u200bé", "~", "*"]
)
def test_shell_reads_a_quoted_word_as_it_was(word: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"printf %s {quote(word)}"], env={"LC_ALL": "C.UTF-8"}, check=True, capture_output=True
    )
    assert done.stdout.decode() == word


@given(st.text())
def test_nothing_invisible_and_no_line_end_comes_through(words: str) -> None:
    for written in (text(words), code(words)):
        assert not UNSEEN.search(written)
        assert len(written.splitlines()) <= 1


@given(st.text(alphabet="ab`", min_size=1, max_size=12))
def test_no_backticks_of_a_command_end_its_span(command: str) -> None:
    found = re.fullmatch(r"(`+)( ?)(.+?)\2\1", code(command))
    assert found
    assert found[3] == command
    assert len(found[1]) not in map(len, re.findall("`+", command))


def test_steps_keep_their_numbers_and_their_facts_stay_below_them() -> None:
    report = closing(*calm_but(*(make.plan(N, NOW - DAY, f"m-{n}") for n in range(8))))["runbook"]
    lines = report.markdown.splitlines()
    assert [line.split(".")[0] for line in lines if re.match(r"\d+\. ", line)] == [
        str(one.number) for one in report.steps
    ]
    assert any(line.startswith("10. ") for line in lines)
    indent = 0
    for line in lines:
        if found := re.match(r"\d+\. ", line):
            indent = len(found[0])
        elif line.startswith(" "):
            assert line.startswith(f"{' ' * indent}- ")
    assert report.markdown.endswith("\n")
    assert not report.markdown.endswith("\n\n")


def test_hostile_names_stay_text() -> None:
    pilot = QUIET.put("rollback_plan", "/rollback_steps", ["<b>now</b>\n# Title", "* item"])
    markdown = closing(*calm_but(), pilot=pilot)["runbook"].markdown
    assert r"**\<b\>now\</b\>\\u000a\# Title**" in markdown
    assert "\n# Title" not in markdown
    assert r"**\* item**" in markdown


def test_facts_say_what_is_not_given() -> None:
    markdown = closing(*calm_but(), pilot=QUIET.drop("rollback_plan"))["runbook"].markdown
    assert "- Recovery target: not given" in markdown
    assert "- Approval of the plan: not given" in markdown


def test_settings_are_told_of_once_and_blanks_once_in_each_phase_that_has_them() -> None:
    plans = [make.plan(N, NOW - DAY, "late"), make.plan(N, NOW - MINUTE, "soon")]
    markdown = closing(*calm_but(*plans))["runbook"].markdown
    assert markdown.count("`--settings FILE`") == 1
    assert markdown.count("Replace NAME, TEXT and REF") == 2
    assert "Replace" not in closing(*calm_but())["runbook"].markdown


def test_steps_that_nothing_is_wrong_with_have_no_severity() -> None:
    markdown = closing(*calm_but(make.plan(N, NOW - DAY, "late")))["runbook"].markdown
    assert "(healthy)" not in markdown
    assert "** (critical)" in markdown
