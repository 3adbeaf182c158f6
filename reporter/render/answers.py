"""What a request over HTTP would do, or did, in words: the same JSON that programs get, for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reporter.loops.table import BY_WORD
from reporter.model.text import count
from reporter.render.html import SCREEN, render_part
from reporter.render.shapes import Listing, Row, Table, Tag
from reporter.render.wording import LEVEL_TAGS, NO_MARK, RETRY_TAGS, given, joined, listed, plain, spelt, tag_in

Answer = Mapping[str, Any]

GATED: Final = Tag("Behind a gate", "soon", "▲")
FATE_TAGS: Final = {
    "retry": RETRY_TAGS["retry"],
    "wait": RETRY_TAGS["wait"],
    "exhausted": RETRY_TAGS["suppress"],
    "gated": GATED,
    "delivered": Tag("Delivered", "good", "✓"),
    "failed": Tag("Failed", "bad", "✗"),
    "unknown": Tag("Unknown", "bad", "✗"),
}

DRY: Final = "Nothing was recorded or sent."
DRY_RUN: Final = "A dry run: it was recorded as a sign of life, and nothing was sent."


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One answer. `tag` says whether it was done."""

    tag: Tag
    headline: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    remarks: Listing[str]


DONE: Final = Tag("Done", "good", "✓")
PREVIEW: Final = Tag("Not done yet", "none", NO_MARK)
INCOMPLETE: Final = Tag("Incomplete", "bad", "✗")


def render_answer(answer: Answer) -> bytes:
    """Render an answer as a part of a page."""
    return render_part("console/answer.html", build_answer(answer), SCREEN)


def build_answer(answer: Answer) -> AnswerView:
    """Word an answer by what it holds."""
    delivery = answer.get("delivery") or {}
    if "plans" in answer:
        view = _plans(answer)
    elif "runs" in answer:
        view = _runs(answer)
    elif "alerts" in answer:
        view = _alerts(answer)
    elif "routes" in answer:
        view = _notifications(answer)
    else:
        view = _decision(answer)
    headline, sentences, tables = view
    executed = answer["executed"]
    messages = delivery.get("messages", [])
    remarks = [*answer.get("remarks", []), *answer.get("faults", []), *delivery.get("faults", [])]
    tag = PREVIEW
    if executed:
        tag = DONE if delivery.get("complete", True) else INCOMPLETE
    return AnswerView(
        tag,
        headline,
        tuple(sentences),
        (*tables, *([_messages(messages)] if messages else [])),
        Listing(tuple(map(plain, remarks)), "remarks", "the JSON of this answer"),
    )


Worded = tuple[str, Sequence[str], Sequence[Table]]


def _plans(answer: Answer) -> Worded:
    routes = [one for plan in answer["plans"] for one in plan["routes"]]
    number = count(len(answer["plans"]), "retry plan")
    there = len(answer["plans"]) - answer["added"]
    if answer["executed"]:
        headline = f"{count(answer['added'], 'retry plan')} recorded"
        told = [f"{count(there, 'plan')} {'was' if there == 1 else 'were'} there already."] if there else []
    else:
        headline = f"{number} would be recorded" if answer["plans"] else "No record is there to plan from"
        told = [DRY]
    return headline, told, [_retries("Routes that were not delivered", routes, "Nothing is to be tried again.")]


def _runs(answer: Answer) -> Worded:
    selected = [one for run in answer["runs"] for one in run["selected"]]
    left = [one for run in answer["runs"] for one in run["left"]]
    if answer["executed"]:
        return (
            f"{count(len(selected), 'retry').replace('retrys', 'retries')} selected: {_counted(answer)}",
            [],
            [
                _retries("Selected", selected, "Nothing was due and let through."),
                *([_retries("Left", left, "")] if left else []),
            ],
        )
    would = f"{count(len(selected), 'retry').replace('retrys', 'retries')} would be sent"
    return (
        would,
        [DRY_RUN],
        [
            _retries("Would be sent, as if every gate were open", selected, "Nothing is due."),
            *([_retries("Would be left", left, "")] if left else []),
        ],
    )


def _alerts(answer: Answer) -> Worded:
    alerts = answer["alerts"]
    rows = tuple(
        Row(
            (
                _title(one["about"]),
                tag_in({str(level): tag for level, tag in LEVEL_TAGS.items()}, one["alert_level"]),
                listed(one["selected_providers"]) if one["selected_providers"] else "nobody",
                listed(one["suppressed_providers"]),
                "; ".join(plain(each["message"]) for each in one["alerts"]),
            )
        )
        for one in alerts
    )
    providers = sorted({each for one in alerts for each in one["selected_providers"]})
    who = joined([plain(one) for one in providers]) if providers else "Nobody"
    workers = count(len(alerts), "worker")
    if not alerts:
        headline = "Every worker is well: nobody is told"
    elif answer["executed"]:
        headline = f"{workers} to tell of: {_counted(answer)}"
    else:
        headline = f"{who} would be told of {workers}"
    table = Table(
        "Who is told of which worker",
        ("Worker", "Level", "Is told", "Was told already", "What is wrong"),
        (20, 13, 16, 17, 34),
        Listing(rows, "workers", "the JSON of this answer"),
        empty="Every retry worker is well.",
    )
    return headline, _dry(answer), [table]


def _notifications(answer: Answer) -> Worded:
    rows = tuple(
        Row((given(one["owner"]), given(one["provider"]), plain(one["action"]), plain(one["reason"])))
        for one in answer["routes"]
    )
    routes = count(sum(one["action"] == "deliver" for one in answer["routes"]), "route")
    headline = f"{routes} to tell: {_counted(answer)}" if answer["executed"] else f"{routes} would be told"
    table = Table(
        "Who is told of the next drill",
        ("Owner", "Through", "Decision", "Why"),
        (27, 15, 15, 43),
        Listing(rows, "routes", "the JSON of this answer"),
        empty="No route is planned.",
    )
    return headline, _dry(answer), [table]


def _decision(answer: Answer) -> Worded:
    about, told = plain(answer["about"]), list(map(plain, answer["changes"]))
    if not answer["executed"]:
        again = "it is recorded already" if answer["repeated"] else "it would be recorded"
        return f"{about}: {again}", [*told, DRY], []
    if answer["added"]:
        return f"{about}: recorded", [*told, f"Record {plain(answer['record_id'])}."], []
    return f"{about}: it was recorded already", [f"Record {plain(answer['record_id'])}; nothing was added."], []


def _dry(answer: Answer) -> Sequence[str]:
    return () if answer["executed"] else (DRY,)


def _counted(answer: Answer) -> str:
    counts = (answer["delivery"] or {}).get("counts", {})
    return ", ".join(f"{number:,} {plain(fate)}" for fate, number in counts.items()) or "nothing to send"


def _retries(title: str, routes: Sequence[Answer], empty: str) -> Table:
    return Table(
        title,
        ("Route", "Through", "What becomes of it", "Why", "Owner"),
        (27, 13, 17, 28, 15),
        Listing(
            tuple(
                Row(
                    (
                        f"{_title(one['loop'])}: {given(one['subject'])}",
                        given(one["provider"]),
                        tag_in(FATE_TAGS, one["fate"]),
                        "; ".join(_whys(one)),
                        given(one["owner"]),
                    )
                )
                for one in routes
            ),
            "routes",
            "the JSON of this answer",
        ),
        empty=empty,
    )


def _whys(one: Answer) -> Iterator[str]:
    yield plain(one["reason"])
    if one["fate"] == "gated":
        yield plain(one["gate_reason"])


def _messages(messages: Sequence[Answer]) -> Table:
    return Table(
        "What became of each message",
        ("Route", "Through", "What became of it", "Why"),
        (34, 14, 18, 34),
        Listing(
            tuple(
                Row(
                    (
                        f"{_title(one['loop'])}: {given(one['subject'])}",
                        plain(one["provider"]) or "nobody",
                        tag_in(FATE_TAGS, one["fate"]),
                        spelt(one["why"]) if one["why"] else NO_MARK,
                    )
                )
                for one in messages
            ),
            "messages",
            "the JSON of this answer",
        ),
    )


def _title(word: str) -> str:
    loop = BY_WORD.get(word)
    return loop.title if loop else plain(word)
