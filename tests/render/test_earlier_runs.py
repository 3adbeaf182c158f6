"""What the first page says of the runs before this one."""

import pytest

from reporter.model.readiness import Readiness, Runs
from reporter.render.earlier_runs import build_earlier_runs


@pytest.mark.parametrize(
    ("missed", "count", "said"),
    [
        (["2026-06-10T06:15:00Z"], 1, "1 scheduled run was missed: 10 June 2026, 06:15 UTC."),
        (
            ["2026-06-09T06:15:00Z", "2026-06-10T06:15:00Z"],
            2,
            "2 scheduled runs were missed: 9 June 2026, 06:15 UTC and 10 June 2026, 06:15 UTC.",
        ),
    ],
)
def test_scheduled_runs_that_never_came_are_told(due_soon: Readiness, missed: list[str], count: int, said: str) -> None:
    runs = Runs(missed_count=count, missed=tuple(missed))
    assert build_earlier_runs(due_soon.model_copy(update={"runs": runs})) == (said,)
