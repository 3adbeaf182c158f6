"""Operator runbook (domain.md B2.26): what to do, in order, with no other page."""

import re
import shlex
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assess.cases import EMPTY, NOW, PILOT, SECOND, failed
from assess.closing_cases import QUIET, SEALED, calm_but, closing, failing
from loops import records as make
from loops.cases import DAY, HOUR, MINUTE, RH, A, F, N, R, X, calm
from loops.test_closeout import CLOSED
from reporter.assess.commands import Commands
from reporter.assess.runbook_plan import DISABLE
from reporter.assess.todo import MOST_STEPS, sentence
from reporter.cli.root import COMMANDS
from reporter.model.case import Artifact
from reporter.model.closing_reports import RunbookStep
from reporter.model.reports import Mode, Status

PLAN, HISTORY, SCHEDULE = "rollback_plan", "rollback_drill_history", "rollback_drill_schedule"
FAILED_DRILL = QUIET.put(HISTORY, "/drills/0/status", "fail")
UNAPPROVED = QUIET.put(PLAN, "/approved", "no")
HERE = "--environment production-pilot"
BY = "--by NAME --reason TEXT --ref REF --execute"
SIGNED = f"{HERE} {BY}"
RETRIES = f"reporter retry plan {HERE}"
SEND_AGAIN = f"reporter retry run {HERE} --execute"
RUN = f"reporter run {HERE}"
NOT_PROVEN = "NOT proven"


def runbook(*values: make.RecordValue, **given: Any) -> Any:  # noqa: ANN401
    return closing(*calm_but(*values), **given)["runbook"]


def steps(report: Any, phase: str) -> list[RunbookStep]:  # noqa: ANN401
    return [one for one in report.steps if one.phase == phase]


def commands(report: Any, phase: str = "now") -> list[str]:  # noqa: ANN401
    return [one.command for one in steps(report, phase)]


def lost(count: int, loop: Any = A, name: str = "s", ago: timedelta = HOUR) -> list[make.RecordValue]:  # noqa: ANN401
    return [make.delivery(loop, NOW - n * MINUTE - ago, name, failed=["slack"]) for n in range(count)]


def test_world_in_order_has_only_the_way_back_and_the_closing() -> None:
    report = runbook()
    assert (report.status, report.summary, failing(report)) == (Status.READY, "0 to do now, 0 soon", [])
    assert {one.phase for one in report.steps} == {"rollback", "close"}
    assert [one.number for one in report.steps] == list(range(1, len(report.steps) + 1))


def test_release_that_an_earlier_decision_approved_has_only_its_closing_left() -> None:
    report = runbook(*CLOSED.values(), make.delivery(F, NOW - MINUTE, "export-1"))
    assert {one.phase for one in report.steps} == {"rollback", "close"}


def test_nobody_asked_and_there_is_nothing_to_do() -> None:
    report = closing(pilot=QUIET.but(mode=Mode.SHADOW))["runbook"]
    assert (report.status, report.steps, failing(report)) == (Status.NOT_REQUESTED, (), [])
    assert "Nothing to do." in report.markdown


def test_failing_readiness_has_steps_though_nobody_gave_records() -> None:
    pilot = QUIET.but(mode=Mode.SHADOW).put(PLAN, "/status", "draft")
    report = closing(pilot=pilot)["runbook"]
    assert (report.status, len(steps(report, "now"))) == (Status.NEEDS_ATTENTION, 1)
    assert not steps(report, "close")


# --- the way back -----------------------------------------------------------------------------------------------------


def test_way_back_is_first_and_is_the_plans_own_with_the_commands_of_its_steps() -> None:
    report = runbook()
    planned = steps(report, "rollback")
    assert tuple(one.task for one in planned) == report.rollback_steps
    assert all("approved as apr_go_backend_rollback" in one.why for one in planned)
    first, second, last = planned
    assert first.command == DISABLE == "export CAVRA_GO_BACKEND_MODE=disabled"
    assert 'set mode = "disabled" of this environment in reporter.toml' in first.why
    assert (second.command, last.command) == ("", RUN)
    assert first.done_when == last.done_when == "The new bundle says disabled."
    assert (report.rollback_ready, report.rollback_target_minutes) == (True, 15.0)
    assert report.rollback_approval_id == "apr_go_backend_rollback"
    assert NOT_PROVEN not in report.markdown


@pytest.mark.parametrize(
    "pilot",
    [
        UNAPPROVED,
        QUIET.put("rollback_rehearsal", "/recovery_minutes", 16),
        FAILED_DRILL,
        QUIET.drop(PLAN),
        EMPTY,
        EMPTY.but(mode=Mode.ENFORCE),
    ],
    ids=["plan", "rehearsal", "drill", "no-plan", "nothing", "enforce"],
)
def test_way_back_that_is_not_proven_is_said_first_and_loudly(pilot: Any) -> None:  # noqa: ANN401
    report = runbook(pilot=pilot)
    assert not report.rollback_ready
    first = report.steps[0]
    assert first.task.startswith("Do not rely on this way back: it is not proven")
    assert (first.severity, first.phase) == ("critical", "rollback")
    assert {one.severity for one in steps(report, "rollback")} == {"critical"}
    assert NOT_PROVEN in report.markdown.splitlines()[2]
    assert ("runbook_rollback_proven" in failing(report)) == (pilot.mode is Mode.PROMOTED)


@pytest.mark.parametrize(
    ("without", "added", "place"),
    [
        ("CAVRA_GO", "If Go decides wrongly or not at all, switch it off", 0),
        ("Restart", "Restart the API, the CI runner wrapper", 0),
        ("Capture", "Capture the reports as evidence", -1),
    ],
)
def test_step_that_a_ready_plan_leaves_out_is_added(without: str, added: str, place: int) -> None:
    left = [one for one in runbook().rollback_steps if without not in one]
    told = steps(runbook(pilot=QUIET.put(PLAN, "/rollback_steps", left)), "rollback")
    assert len(told) == 3
    assert told[place].task.startswith(added)


def test_plan_that_is_not_ready_is_told_with_the_way_that_always_works_each_step_once() -> None:
    doubt, first, second, last = steps(runbook(pilot=UNAPPROVED), "rollback")
    assert doubt.task.startswith("Do not rely")
    assert first.command == DISABLE
    assert 'set mode = "disabled" of this environment in reporter.toml' in first.task
    assert first.done_when.endswith("The new bundle says disabled.")
    assert (second.task.split()[0], last.command) == ("Restart", RUN)
    plan = "of 3 of the rollback plan, which is not approved: "
    assert [f"Step {place} {plan}" in one.why for place, one in ((1, first), (2, second), (3, last))] == [True] * 3
    assert "approved: Restart the API, CI runner or workstation process that hosts CAVRA." in second.why


def test_steps_of_a_doubtful_plan_that_are_not_ours_stand_in_its_order() -> None:
    own = ["Drain the queue", "Restart the API", "Tell the owners", "Restart the runners"]
    told = steps(runbook(pilot=UNAPPROVED.put(PLAN, "/rollback_steps", own)), "rollback")
    assert [one.task.split()[0] for one in told[1:]] == ["If", "Restart", "Drain", "Tell", "Restart", "Capture"]
    assert [one.why.partition(" of ")[0] for one in told[3:6]] == ["Step 1", "Step 3", "Step 4"]
    assert "Step 2 of 4 of the rollback plan, which is not approved: Restart the API." in told[2].why


@pytest.mark.parametrize("mode", [Mode.DISABLED, Mode.SHADOW])
def test_nothing_leads_back_where_python_decides(mode: Mode) -> None:
    report = runbook(pilot=EMPTY.but(mode=mode))
    assert not steps(report, "rollback")
    assert NOT_PROVEN not in report.markdown


def test_very_long_plan_is_cut_and_counted() -> None:
    told = steps(runbook(pilot=QUIET.put(PLAN, "/rollback_steps", [f"Step {n}" for n in range(30)])), "rollback")
    assert told[-2].task == "Follow the other 5 steps of the plan"
    assert len(told) == 2 + MOST_STEPS + 2


# --- readiness --------------------------------------------------------------------------------------------------------


def test_one_cause_is_one_step_however_many_checks_it_fails() -> None:
    (step,) = steps(runbook(pilot=QUIET.drop("rollback_rehearsal")), "now")
    assert step.task.startswith("Name the document: set rollback_rehearsal_path")
    assert step.command == f"reporter check rehearsal {HERE}"
    assert step.owner == "release-governance"
    assert step.done_when == f"Passed in reporter check rehearsal {HERE}: Rehearsal evidence."


def test_report_that_fails_by_another_one_has_no_step_of_its_own() -> None:
    pilot = QUIET.drop("channel_manifest")
    found = closing(*calm(), pilot=pilot)
    assert found["production"].go_backend_promotion.status is Status.NEEDS_ATTENTION
    assert set(commands(found["runbook"])) == {f"reporter check deployment {HERE}"}


def test_reason_is_told_by_the_check_that_is_most_about_it() -> None:
    report = runbook(pilot=QUIET.put(HISTORY, "/drills/0/recovery_minutes", 19))
    assert [one.task for one in steps(report, "now") if "drills" in one.command] == [
        "Shorten the recovery until a drill stays within the plan's max_recovery_minutes"
    ]


def test_doubt_about_the_way_back_leads_to_the_report_that_doubts() -> None:
    assert runbook(pilot=FAILED_DRILL).steps[0].command == f"reporter check drills {HERE}"


def test_report_that_only_the_release_wants_has_a_step() -> None:
    pilot = QUIET.but(mode=Mode.SHADOW).only()
    assert f"reporter check schedule {HERE}" in commands(runbook(pilot=pilot))


def test_drill_that_is_due_soon_is_for_soon() -> None:
    report = runbook(pilot=PILOT)
    (step,) = steps(report, "soon")
    assert (step.due_at, step.owner) == ("2026-06-20T15:40:00Z", "release-governance")
    assert report.status is Status.DUE_SOON


def test_drill_that_nobody_is_told_of_is_told_by_hand() -> None:
    window = {"window_id": "freeze", "start_at": "2026-06-11T00:00:00Z", "end_at": "2026-06-12T00:00:00Z"}
    pilot = PILOT.put(SCHEDULE, "/maintenance_windows", [{**window, "reason": "freeze"}])
    (step,) = steps(runbook(pilot=pilot), "now")
    assert (step.command, step.due_at) == (f"reporter check notification-plan {HERE}", "2026-06-12T00:00:00Z")


def test_bundle_that_does_not_verify_is_written_again() -> None:
    report = runbook(artifacts=(*SEALED, Artifact("runbook.pdf", exists=True, verified=False)))
    assert commands(report) == [RUN]


# --- the loops --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("past", "phase", "owner"),
    [(-SECOND, "soon", "ops"), (0 * SECOND, "now", "boss"), (SECOND, "now", "boss")],
    ids=["before", "at", "after"],
)
def test_answer_is_due_soon_until_its_slo_ends(past: timedelta, phase: str, owner: str) -> None:
    routes = make.notification_routes(["slack"], 30, "ops", "boss")
    report = runbook(make.routed_plan(N, NOW - 30 * MINUTE - past, "monthly", routes))
    (step,) = [one for one in report.steps if one.command.startswith("reporter ack")]
    assert step.command == f"reporter ack drill_notification monthly --provider slack {SIGNED}"
    assert (step.phase, step.owner) == (phase, owner)
    assert step.since
    assert step.due_at


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("a b", "'a b'"),
        ("it's", "'it'\"'\"'s'"),
        ("$(reboot)", "'$(reboot)'"),
        ("x;y", "'x;y'"),
        ("`id`", "'`id`'"),
        ("a\nb", r"$'a\U0000000ab'"),
        ("\x1b[2J", r"$'\U0000001b[2J'"),
        ("a'\u202eb\\", r"$'a\'\U0000202eb\\'"),
    ],
)
def test_ids_are_quoted_for_the_shell_and_show_nothing_invisible(name: str, quoted: str) -> None:
    report = runbook(make.plan(N, NOW - DAY, name))
    assert commands(report) == [f"reporter ack drill_notification {quoted} --provider slack {SIGNED}"]
    if not quoted.startswith("$"):
        assert shlex.split(commands(report)[0])[3] == name
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", report.markdown)


def test_id_that_looks_like_an_option_is_given_as_an_argument() -> None:
    report = runbook(make.plan(N, NOW - DAY, "--help"))
    assert commands(report) == [f"reporter ack --provider slack {SIGNED} -- drill_notification --help"]


def test_route_that_the_records_do_not_name_has_no_command() -> None:
    step = steps(runbook(make.delivery(N, NOW - DAY, "", failed=["slack"])), "now")[0]
    assert step.command == ""
    assert step.task == "Repair the records of the drill notification something without a name by slack"


def test_connector_that_nobody_repairs_has_its_recovery_opened_with_six_steps() -> None:
    values = [make.delivery(A, NOW - n * MINUTE, "s", ["jira"], failed=["jira"]) for n in range(2)]
    (step,) = [one for one in steps(runbook(*values), "now") if "recovery open" in one.command]
    assert step.command == f"reporter recovery open jira {SIGNED}"
    assert all(f"{number}. " in step.why for number in range(1, 7))


@pytest.mark.parametrize(("age", "phase"), [(4 * HOUR, "soon"), (4 * HOUR + SECOND, "now")], ids=["at", "after"])
def test_recovery_is_due_soon_within_its_slo(age: timedelta, phase: str) -> None:
    report = runbook(make.playbook(NOW - age, {"jira": NOW - DAY}))
    (step,) = [one for one in report.steps if "recovery close" in one.command]
    assert step.command == f"reporter recovery close jira {HERE} --state resolved --verification REF {BY}"
    assert step.phase == phase


def test_undated_recovery_has_no_since() -> None:
    (step,) = steps(runbook(make.playbook(None, {"jira": NOW - DAY})), "now")[:1]
    assert (step.since, step.due_at) == ("", "")


def test_c1_exhausted_route_is_delivered_by_hand() -> None:
    """Trap 1: upstream calls an exhausted retry healthy."""
    report = runbook(*lost(3))
    assert f"reporter recovery open slack {SIGNED}" in commands(report)
    (step,) = [one for one in steps(report, "now") if "by hand" in one.task]
    assert (step.command, step.since) == ("", "2026-06-11T14:38:00Z")
    assert "3 of 3 attempts failed: none is left" in step.why


def test_exhausted_route_by_nobody_opens_no_recovery() -> None:
    values = [make.delivery(A, NOW - n * MINUTE - HOUR, "s", []) for n in range(3)]
    assert not [one for one in commands(runbook(*values)) if "recovery open" in one]


def test_provider_with_an_open_recovery_has_none_opened() -> None:
    report = runbook(*lost(3), make.playbook(NOW - MINUTE, {"slack": NOW - HOUR}))
    assert not [one for one in commands(report) if "recovery open" in one]


def test_gate_is_opened_before_the_retry_is_run() -> None:
    due = lost(1)
    waiting, accepted = due, [*due, make.acknowledgement(A, NOW - MINUTE, "s", state="accepted")]
    escalated = lost(1, R)
    both = f"acknowledgement_audit s --provider slack {SIGNED}"
    assert commands(runbook(*waiting)) == [f"reporter ack {both}", f"reporter retry approve {both}", SEND_AGAIN]
    assert "reporter ack first, then reporter retry approve" in steps(runbook(*waiting), "now")[0].why
    assert "two decisions" not in steps(runbook(*accepted), "now")[0].why
    assert commands(runbook(*accepted)) == [
        f"reporter retry approve acknowledgement_audit s --provider slack {SIGNED}",
        SEND_AGAIN,
    ]
    assert f"reporter ack recovery_escalation s --provider slack {SIGNED}" in commands(runbook(*escalated))


def test_approved_retry_is_run() -> None:
    report = runbook(*lost(1), make.approval(A, NOW - MINUTE, "s"))
    (step,) = steps(report, "now")
    assert (step.command, step.since) == (SEND_AGAIN, "2026-06-11T14:40:00Z")


def test_retry_of_very_many_names_a_few() -> None:
    values = [make.delivery(X, NOW - HOUR, f"r-{n}", failed=["slack"]) for n in range(8)]
    values = [*values, make.delivery(X, NOW - MINUTE, "fine")]
    (step,) = [one for one in steps(runbook(*values), "now") if one.command == SEND_AGAIN]
    assert "r-4 by slack and 3 more" in step.why
    assert step.why.startswith("8 routes not delivered: the executive report r-0 by slack,")


def test_retry_that_waits_is_for_soon() -> None:
    report = runbook(*lost(1, ago=MINUTE))
    (step,) = steps(report, "soon")
    assert (step.command, step.due_at) == (RETRIES, "2026-06-11T15:54:00Z")
    assert not steps(report, "now")


def test_workers_with_the_same_trouble_are_one_step() -> None:
    report = closing(make.delivery(X, NOW - MINUTE, "r"))["runbook"]
    (step,) = steps(report, "now")
    assert (step.task, step.command) == ("Start the retry worker of each of 6 loops and find out why it stopped", "")
    assert step.why.count("there was none") == 6
    assert commands(report, "soon") == [f"{RETRIES} --execute"]


def test_disabled_schedule_has_a_step_and_no_command() -> None:
    others = [one for one in calm() if one["metadata_kind"] != RH.worker_run.word]
    report = closing(*others, make.worker_run(RH, NOW - MINUTE, dry=False, enabled=False))["runbook"]
    assert [(one.task, one.command) for one in steps(report, "soon")] == [
        (
            "Enable the schedule of the retry worker of the recovery retry health alert, or say who retries by hand",
            "",
        )
    ]


def test_missing_report_and_unreadable_evidence_have_steps() -> None:
    without = [one for one in calm() if one.get("connector_delivery_source") != X.source]
    assert commands(closing(*without)["runbook"]) == [RUN]
    assert f"reporter check closure {HERE}" in commands(runbook(make.worker_run(A, "someday")))
    assert f"reporter check closure {HERE}" in commands(closing()["runbook"])


def test_retry_that_failed_again_counts_those_after_a_retry() -> None:
    values = [make.execution(X, NOW - HOUR, "r", status="failed"), make.delivery(X, NOW - MINUTE, "fine")]
    (step,) = [one for one in steps(runbook(*values), "now") if one.command == SEND_AGAIN]
    assert step.why.startswith("1 route not delivered, 1 of them after a retry: ")


def test_nothing_tells_anybody_to_run_what_does_not_exist() -> None:
    found = closing(*calm_but(*lost(3), *lost(1, name="t"), *lost(1, R)), pilot=EMPTY)
    told = set(re.findall(r"reporter ([a-z]+)", " ".join(one.model_dump_json() for one in found.values())))
    assert {"ack", "recovery", "retry", "run"} <= told
    assert told <= set(COMMANDS)


def test_environment_without_a_name_of_its_own_is_not_named() -> None:
    assert Commands("default").run == "reporter run"
    assert Commands("a b").check("closure") == "reporter check closure --environment 'a b'"


def test_no_sentence_ends_twice() -> None:
    report = runbook(*lost(3), *lost(1, R), make.plan(N, NOW - DAY, "m"), pilot=EMPTY, artifacts=())
    assert not [one for one in report.steps if ".." in one.why or ".." in one.done_when]
    assert sentence("It is so.") == sentence("It is so") == "It is so."


def test_check_points_to_the_steps_by_their_numbers() -> None:
    report = runbook(*lost(3))
    pointed = [reason.pointer for reason in failed(report)["runbook_nothing_urgent"].reasons]
    assert pointed == [f"/steps/{one.number}" for one in steps(report, "now")]


def test_late_answer_is_asked_of_who_is_named_for_another_route_of_its_owner() -> None:
    routes = make.notification_routes(["slack"], 30, "release-governance", "boss")
    known = [make.routed_plan(N, NOW - HOUR, "m", routes), make.acknowledgement(N, NOW - MINUTE, "m")]
    (step,) = steps(runbook(*known, make.plan(RH, NOW - DAY, "h")), "now")
    assert step.owner == "boss"


def test_answer_to_what_nobody_got_is_asked_for_once_it_is_delivered() -> None:
    wanted = make.plan(RH, NOW - DAY, "h")
    got, lost_on_the_way = make.delivery(RH, NOW - DAY, "h"), make.delivery(RH, NOW - DAY, "h", failed=["slack"])
    (answer,) = [one for one in steps(runbook(wanted, got), "now") if "Answer" in one.task]
    assert answer.command.startswith("reporter ack recovery_retry_health_alert h --provider slack ")
    report = runbook(wanted, lost_on_the_way)
    (first,) = [one for one in steps(report, "now") if one.task.startswith("Have it delivered, then answer for ")]
    assert (first.command, first.why) == (RETRIES, "The answer is overdue; nobody got it.")
    assert not [one for one in commands(report) if one.startswith("reporter ack")]


def test_every_step_says_who_why_and_when_it_is_done() -> None:
    report = runbook(*lost(3), *lost(1, R), make.plan(N, NOW - DAY, "m"), pilot=EMPTY, artifacts=())
    for one in report.steps:
        assert one.task
        assert one.owner
        assert one.why
        assert one.done_when
        assert one.task in report.markdown.replace("\\", "")


def test_very_many_of_a_kind_are_cut_and_the_rest_is_counted() -> None:
    report = runbook(*(make.plan(N, NOW - DAY, f"m-{n:03}") for n in range(40)))
    asked = [one for one in commands(report) if one.startswith("reporter ack")]
    assert len(asked) == MOST_STEPS
    assert steps(report, "now")[MOST_STEPS].task == "Do the same for 15 more"
    assert steps(report, "now")[MOST_STEPS].command == f"reporter check escalation-plan {HERE}"


def test_every_route_that_holds_the_closure_open_is_named() -> None:
    values = [*lost(3), *lost(1, R, "r"), make.plan(N, NOW - DAY, "m"), *lost(1, X, "x", MINUTE), *lost(1, F, "f")]
    report = runbook(*values)
    text = " ".join(f"{one.task} {one.command} {one.why}" for one in report.steps)
    for name in ("audit s by slack", "escalation r by slack", "notification m", "report x by slack", "export f by"):
        assert name in text


# --- closing, and the whole ------------------------------------------------------------------------------------------


def test_closing_comes_last_and_lists_every_part_that_is_missing() -> None:
    report = runbook(*lost(3))
    last = steps(report, "close")
    assert report.steps[-len(last) :] == tuple(last)
    assert last[0].command == RUN
    assert [one.task for one in last[1:3]] == [
        "Complete the closeout: approval decision",
        "Complete the closeout: release record attachment",
    ]


def test_override_is_in_the_runbook_too() -> None:
    report = runbook(make.release_decision(NOW - HOUR, override=True, reason="CHG-1"))
    assert "CHG-1" in report.markdown


def test_contacts_are_owners_of_drills_and_of_what_is_open() -> None:
    routes = make.notification_routes(["slack"], owner="ops", escalation="boss")
    assert runbook(make.routed_plan(N, NOW - DAY, "m", routes)).contacts == (
        "release-governance: owns the drills",
        "platform-lead: stands in for release-governance",
        "ops: answers for the drill notification",
        "boss: stands in for ops",
    )
    assert closing(pilot=EMPTY)["runbook"].contacts == ("release-governance: stands in for release-governance",)


def test_runbook_of_the_service_is_that_of_the_schedule_or_of_a_drill() -> None:
    assert runbook().runbook_ref == "docs/go-backend-rollback-drill-scheduling.md"
    assert runbook(pilot=QUIET.drop(SCHEDULE)).runbook_ref
    assert runbook(pilot=EMPTY).runbook_ref == ""


def test_id_is_of_the_steps() -> None:
    ids = [runbook().export_id, runbook().export_id, runbook(*lost(3)).export_id]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("gordackfinalrunbook-")


def test_check_names_each_step_to_do_now() -> None:
    report = runbook(*lost(3))
    found = [one.found for one in failed(report)["runbook_nothing_urgent"].reasons]
    assert found == [one.task for one in steps(report, "now")]


def test_reports_that_block_are_all_answered() -> None:
    """Whatever holds the release has a step before the closing."""
    found = closing(*calm_but(*lost(3)), pilot=EMPTY.but(runtime=replace(PILOT.runtime, executable=False)))
    report = found["runbook"]
    for name in ("backend", "deployment", "promotion", "rollback", "rehearsal", "drills", "schedule"):
        assert f"reporter check {name} {HERE}" in [one.command for one in report.steps]
