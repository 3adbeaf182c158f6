"""What to do about the loops: each open item, sick worker, missing recovery and blocker once, the worst first."""

from typing import Any, Literal

import pytest

from render.documents import closed_document, readiness_document, with_loops
from reporter.model.closing_reports import BlockerRow, OpenItemRow, PlaybookNeeded, RunbookStep
from reporter.model.delivery_reports import RouteName, WorkerAlert
from reporter.model.readiness import Readiness
from reporter.model.reports import AlertLevel, Status
from reporter.render.shapes import Action
from reporter.render.view import build_view

ACK = "reporter ack drill_notification monthly --provider teams --by NAME --reason TEXT --ref REF"


def route(loop: str, subject: str, provider: str) -> RouteName:
    return RouteName(route_key=f"{loop}-{provider}", loop=loop, subject=subject, provider=provider)


def item(code: str, *routes: RouteName, **changes: Any) -> OpenItemRow:  # noqa: ANN401 - any field
    given: dict[str, Any] = {
        "code": code,
        "severity": AlertLevel.CRITICAL,
        "title": f"Title of {code}",
        "detail": "what is open",
        "since": "",
        "owner": "release-governance",
        "next_action": "Do what is to be done.",
        "route_count": len(routes),
        "routes": routes,
    }
    return OpenItemRow(**(given | changes))


def step(
    task: str, command: str, why: str = "", phase: Literal["rollback", "now", "soon", "close"] = "now"
) -> RunbookStep:
    return RunbookStep(
        number=1,
        phase=phase,
        severity=AlertLevel.CRITICAL,
        task=task,
        command=command,
        owner="platform-lead",
        since="",
        due_at="",
        why=why,
        done_when="It is done.",
    )


def world(
    *,
    items: tuple[OpenItemRow, ...] = (),
    steps: tuple[RunbookStep, ...] = (),
    blockers: tuple[BlockerRow, ...] = (),
    alerts: tuple[WorkerAlert, ...] = (),
    needed: tuple[PlaybookNeeded, ...] = (),
) -> Readiness:
    """Give an environment in which nothing is to do but this."""
    document = closed_document()
    loops = document.loops
    worker = loops.worker_health.loops[0].model_copy(update={"alerts": alerts})
    schedule = document.production.go_backend_rollback_drill_schedule.model_copy(update={"status": Status.READY})
    production = document.production.model_copy(update={"go_backend_rollback_drill_schedule": schedule})
    return with_loops(
        document.model_copy(update={"production": production}),
        closure=loops.closure.model_copy(update={"open_items": items}),
        runbook=loops.runbook.model_copy(
            update={"steps": tuple(one.model_copy(update={"number": n}) for n, one in enumerate(steps, start=1))}
        ),
        release_readiness=loops.release_readiness.model_copy(update={"blockers": blockers}),
        worker_health=loops.worker_health.model_copy(update={"loops": (worker,)}),
        recovery=loops.recovery.model_copy(update={"playbooks_needed": needed}),
    )


def actions_of(document: Readiness) -> tuple[Action, ...]:
    return build_view(document).actions.rows


def blocker(code: str, severity: AlertLevel = AlertLevel.CRITICAL) -> BlockerRow:
    return BlockerRow(code=code, severity=severity, detail="what holds it")


def alert(message: str, *routes: RouteName, severity: AlertLevel = AlertLevel.CRITICAL) -> WorkerAlert:
    return WorkerAlert(
        severity=severity, category="c", message=message, recommendation=f"Mend {message}.", routes=routes
    )


@pytest.mark.parametrize(
    ("open_item", "command"),
    [
        (item("drill_notification_acknowledgement_outstanding", route("drill_notification", "monthly", "teams")), ACK),
        (
            item("executive_report_retry_exhausted", route("executive_report", "run-1", "webhook")),
            "reporter recovery open webhook --by NAME",
        ),
        (
            item("acknowledgement_audit_delivery_failed", route("acknowledgement_audit", "package-1", "slack")),
            "reporter retry approve acknowledgement_audit package-1 --provider slack --by NAME",
        ),
        (
            item("drill_notification_retry_execution_failed", route("drill_notification", "monthly", "teams")),
            "reporter retry plan --environment x",
        ),
        (item("no_reporting_evidence"), "reporter check closure"),
        (item("drill_notification_acknowledgement_outstanding", route("drill_notification", "weekly", "teams")), ""),
        (item("something_unheard_of"), ""),
    ],
    ids=["answer", "exhausted", "gated", "retry", "by its words", "another subject", "unknown"],
)
def test_an_open_item_gets_the_command_of_the_step_about_it(open_item: OpenItemRow, command: str) -> None:
    steps = (
        step("Later", ACK.replace("teams", "jira"), phase="close"),
        step("Answer", ACK),
        step("Open", "reporter recovery open webhook --by NAME"),
        step("Approve", "reporter retry approve acknowledgement_audit package-1 --provider slack --by NAME"),
        step("Retry", "reporter retry plan --environment x", "2 routes not delivered: the digest monthly by teams."),
        step("Evidence", "reporter check closure", "Title of no_reporting_evidence: what is open."),
    )
    told = actions_of(world(items=(open_item,), steps=steps))
    (action,) = [one for one in told if one.report.text == open_item.title]
    assert len(told) == (5 if command else 6), "each of the five steps that are about what is open is told once"
    assert action.command == command
    assert action.owners == ("platform-lead" if command else "release-governance")
    assert action.done_when == ("It is done." if command else "")
    assert action.report.anchor == f"item-{open_item.code}"


def test_the_recovery_that_is_open_gets_the_command_that_closes_it() -> None:
    document = readiness_document()
    runbook = document.loops.runbook.model_copy(
        update={"steps": (step("Repair", "reporter recovery close slack --x"),)}
    )
    (action,) = [one for one in actions_of(with_loops(document, runbook=runbook)) if one.command]
    assert action.report.anchor == "item-recovery_open"


def test_an_item_of_many_routes_shows_one_command_and_counts_the_others() -> None:
    routes = [route("drill_notification", "monthly", provider) for provider in ("teams", "slack")]
    code = "drill_notification_acknowledgement_outstanding"
    (action,) = actions_of(world(items=(item(code, *routes, route_count=40),), steps=(step("Answer", ACK),)))
    assert action.more == "The same for 39 more routes; the runbook has the commands."


def test_a_blocker_that_something_else_explains_is_not_told_again() -> None:
    outstanding = item("drill_notification_acknowledgement_outstanding", since="2026-06-09T15:40:00Z")
    document = world(
        items=(outstanding,),
        alerts=(alert("the worker is silent"),),
        blockers=(
            blocker(outstanding.code),
            blocker("worker_health_acknowledgement_audit"),
            blocker("notification_acknowledgements"),
            blocker("release_readiness_artifacts"),
        ),
    )
    assert [(one.task, one.report.anchor) for one in actions_of(document)] == [
        ("Do what is to be done.", "item-drill_notification_acknowledgement_outstanding"),
        ("Mend the worker is silent.", "worker-acknowledgement_audit"),
        ("Mend what holds the release: Files of the bundle.", "report-release-readiness"),
    ]
    assert actions_of(document)[0].why.endswith("what is open, since 9 June 2026.")


@pytest.mark.parametrize(
    "code", ["worker_health_acknowledgement_audit", "notification_acknowledgements", "drills_not_accepted", "other"]
)
def test_a_blocker_that_nothing_explains_is_something_to_do(code: str) -> None:
    (action,) = actions_of(world(blockers=(blocker(code),)))
    assert action.task.startswith("Mend what holds the release: ")
    assert action.why == "what holds it."


def test_a_report_with_failed_checks_explains_its_blocker() -> None:
    document = readiness_document()
    release = document.loops.release_readiness.model_copy(update={"blockers": (blocker("drills_not_accepted"),)})
    assert not [
        one for one in actions_of(with_loops(document, release_readiness=release)) if "Drill history." in one.task
    ]


def test_an_alert_about_routes_that_an_open_item_has_is_told_there() -> None:
    one = route("acknowledgement_audit", "package-1", "slack")
    alerts = (alert("one", one), alert("two"), alert("three", severity=AlertLevel.WARNING))
    told = [action.task for action in actions_of(world(items=(item("x_delivery_failed", one),), alerts=alerts))]
    assert told == ["Do what is to be done.", "Mend two."]


def test_an_item_whose_routes_a_graver_one_has_is_settled_with_it() -> None:
    one, other = route("a", "s", "jira"), route("a", "s", "slack")
    items = (
        item("a_delivery_failed", one, other),
        item("a_retry_execution_failed", one),
        item("a_retry_exhausted", one),
        item("b_delivery_failed", one, route_count=60),
    )
    told = actions_of(world(items=items, needed=(needed("jira", 3),)))
    assert [action.why for action in told] == [
        "Title of a_delivery_failed: what is open.",
        "Title of a_retry_exhausted: what is open.",
        "Title of b_delivery_failed: what is open.",
    ]
    assert [[link.anchor for link in action.also_fails] for action in told] == [
        [],
        ["item-a_retry_execution_failed"],
        [],
    ]


def test_what_only_the_runbook_asks_for_is_something_to_do_too() -> None:
    steps = (
        step("Answer for the retry", ACK, "It takes `reporter ack` first"),
        step("Roll back", "", phase="rollback"),
    )
    (action,) = actions_of(world(steps=steps))
    assert (action.task, action.command, action.done_when) == ("Answer for the retry.", ACK, "It is done.")
    assert (action.report.text, action.report.anchor) == ("Step 1 of the runbook", "report-runbook")


def test_things_that_one_step_settles_are_one_thing_to_do() -> None:
    items = (item("a_delivery_failed", route("a", "s", "jira")), item("b_delivery_failed", route("b", "t", "jira")))
    retry = step("Mend", "reporter retry plan", "2 routes not delivered: the a s by jira, the b t by jira.")
    (action,) = actions_of(world(items=items, steps=(retry,)))
    assert action.report.anchor == "item-a_delivery_failed"
    assert [link.anchor for link in action.also_fails] == ["item-b_delivery_failed"]


def test_the_steps_about_the_other_routes_of_an_item_are_told_with_it() -> None:
    routes = [route("drill_notification", "monthly", provider) for provider in ("teams", "slack")]
    steps = (step("Answer", ACK), step("Answer for the digest monthly by slack", ACK.replace("teams", "slack")))
    code = "drill_notification_acknowledgement_outstanding"
    (action,) = actions_of(world(items=(item(code, *routes),), steps=steps))
    assert action.more == "The same for 1 more route; the runbook has the commands."


def test_what_to_do_follows_the_order_of_the_runbook() -> None:
    steps = (step("First", "x"), step("Evidence", "y", "Title of b: what is open."), step("Last", "z"))
    assert [one.task for one in actions_of(world(items=(item("a"), item("b")), steps=steps))] == [
        "First.",
        "Do what is to be done.",
        "Last.",
        "Do what is to be done.",
    ]


def test_the_next_drill_and_a_failed_check_are_told_once_with_their_steps() -> None:
    due = closed_document()
    drill = step("Run the next rollback drill, and add it to the drill history", "x", phase="soon")
    runbook = due.loops.runbook.model_copy(update={"steps": (drill,)})
    (action,) = actions_of(with_loops(due, runbook=runbook))
    assert action.task.startswith("Run the next rollback drill by")
    failing = readiness_document()
    remedy = next(one.task for one in actions_of(failing) if one.check)
    mend = failing.loops.runbook.model_copy(update={"steps": (step(remedy.removesuffix("."), "x"),)})
    assert [one.task for one in actions_of(with_loops(failing, runbook=mend))].count(remedy) == 1


def test_a_worker_is_named_by_its_loop_where_it_is_linked() -> None:
    (action,) = actions_of(world(alerts=(alert("two"),)))
    assert action.report.text == "worker of Acknowledgement audit"


def test_a_detail_that_names_its_loop_again_is_told_once() -> None:
    open_item = item("x", title="Auditor export: not delivered", detail="Auditor export: 2 routes")
    sick = alert("Acknowledgement audit: no run since noon")
    told = [action.why for action in actions_of(world(items=(open_item,), alerts=(sick,)))]
    assert told == ["Auditor export: not delivered: 2 routes.", "Worker of Acknowledgement audit: no run since noon."]


def needed(provider: str, count: int) -> PlaybookNeeded:
    return PlaybookNeeded(
        provider=provider,
        category="c",
        failure_count=count,
        latest_failure_at="2026-06-11T10:00:00Z",
        recovery_steps=(),
    )


@pytest.mark.parametrize(("count", "words"), [(1, "1 delivery failed"), (3, "3 deliveries failed")])
def test_a_recovery_that_nobody_opened_is_something_to_do(count: int, words: str) -> None:
    command = "reporter recovery open webhook --by NAME"
    (action,) = actions_of(world(needed=(needed("webhook", count),), steps=(step("Open", command),)))
    assert action.task == "Open a recovery for webhook."
    assert action.why == f"{words} within 24 hours, the latest on 11 June 2026."
    assert action.command == command


def test_the_worst_comes_first_and_the_level_is_told_only_where_it_differs() -> None:
    items = (item("a_delivery_failed", severity=AlertLevel.WARNING), item("b_delivery_failed"))
    told = actions_of(world(items=items))
    assert [one.tag.word for one in told if one.tag] == ["Critical", "Warning"]
    assert [one.tone for one in told] == ["bad", "soon"]
    assert [one.tag for one in actions_of(world(items=items[1:]))] == [None]


def test_a_failed_check_of_the_notification_plan_is_something_to_do() -> None:
    document = world()
    plan = readiness_document().loops.notification_plan
    failed = next(one for one in plan.checks if one.reasons or one.evidence)
    reason = readiness_document().production.go_backend_rollback_drill_history.checks[0]
    check = failed.model_copy(update={"status": reason.status, "reasons": reason.reasons, "remedy": "Tell somebody."})
    told = with_loops(
        document, notification_plan=plan.model_copy(update={"checks": (check,), "alert_level": AlertLevel.HEALTHY})
    )
    (action,) = actions_of(told)
    assert (action.task, action.tone, action.report.text) == ("Tell somebody.", "soon", "Notification plan")
