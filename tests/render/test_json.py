"""JSON: the same bytes in the file, in the page and in the PDF."""

import json

from render.rewrite import HOSTILE, rewrite
from reporter.model.readiness import Readiness
from reporter.render.json import write_json


def test_it_reads_back_as_the_same_value(overdue: Readiness) -> None:
    assert Readiness.model_validate_json(write_json(overdue)) == overdue


def test_it_is_indented_and_ends_its_last_line(overdue: Readiness) -> None:
    written = write_json(overdue)
    assert written.startswith(b'{\n  "schema_version": "reporter.readiness.v1",\n')
    assert written.endswith(b"\n}\n")


def test_nothing_in_it_can_end_a_script_element(overdue: Readiness) -> None:
    for text in HOSTILE.values():
        model = rewrite(overdue, text + "<>&\u2028\u2029", keep_dates=False)
        written = write_json(model)
        assert not any(char in written.decode() for char in "<>&\u2028\u2029\x00\u202e\x1b")
        assert json.loads(written) == json.loads(model.model_dump_json())


def test_a_number_that_json_cannot_hold_is_null(overdue: Readiness) -> None:
    plan = overdue.production.go_backend_rollback
    facts = plan.rollback.model_copy(update={"max_recovery_minutes": float("inf")})
    written = json.loads(write_json(plan.model_copy(update={"rollback": facts})))
    assert written["rollback"]["max_recovery_minutes"] is None
