"""What is said of an environment in one line: what blocks its release comes first."""

import pytest

from reporter.jobs.held import summary_of
from reporter.jobs.standing.standing import OpenItem, Standing

ORDER = "all 7 reports that were asked for are in order"


def item(title: str) -> OpenItem:
    return OpenItem("code", title, "", "owner", "", (), (), 0)


def said(*titles: str, status: str = "ready", readiness: str = "blocked", closure: str = "open") -> str:
    items = tuple(map(item, titles))
    return summary_of(
        Standing("pilot", "b", "", status=status, readiness_state=readiness, closure_state=closure, summary=ORDER,
                 open_items=items)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        ((), "release readiness is blocked"),
        (("Executive report: not delivered",), "blocked by Executive report not delivered"),
        (("a: b", "c", "a: b"), "blocked by a b, c"),
        (("a", "b", "c", "d", "e"), "blocked by a, b, c, 2 more"),
    ],
    ids=["no item", "one", "twice the same", "many"],
)
def test_what_blocks_comes_before_what_is_in_order(titles: tuple[str, ...], told: str) -> None:
    assert said(*titles) == f"{told}; production: {ORDER}"


def test_open_closure_alone_blocks() -> None:
    assert said("x", readiness="ready").startswith("blocked by x; ")


@pytest.mark.parametrize(
    ("status", "readiness", "closure"),
    [("ready", "ready", "closed"), ("needs_attention", "blocked", "open"), ("disabled", "not_requested", "closed")],
)
def test_summary_stays_as_it_is_where_nothing_else_is_hidden(status: str, readiness: str, closure: str) -> None:
    assert said("x", status=status, readiness=readiness, closure=closure) == ORDER
