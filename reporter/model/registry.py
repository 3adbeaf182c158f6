"""The report registry: one row for every report.

`reporter check`, the bundle's files, the navigation of the pages and the docs come from these rows. The order is the
order of assessment: a report only builds on those above it. Functions are named, not imported, so that asking for
one report loads one report.
"""

from importlib import import_module
from typing import Any, Final, NamedTuple

from reporter.model.reports import Report, Status

Accepted = frozenset[Status]

_WHERE_ASKED: Final = frozenset({Status.NOT_REQUESTED, Status.READY})


class ReportKind(NamedTuple):
    """One report.

    `name` is its CLI word and its file (`reports/<name>.json`); `upstream` is the word after `go-` in upstream's
    command; `section` and `gate` are its key and its check in production readiness; `accepted` are the statuses that
    do not block production.
    """

    name: str
    title: str
    question: str
    schema_id: str
    upstream: str
    model_at: str
    assess_at: str
    reads: tuple[str, ...] = ()
    builds_on: tuple[str, ...] = ()
    section: str = ""
    gate: str = ""
    accepted: Accepted = _WHERE_ASKED

    @property
    def file(self) -> str:
        """Its path in the bundle."""
        return f"reports/{self.name}.json"

    @property
    def model(self) -> type[Report]:
        """Import the model of this report."""
        model: type[Report] = _load("reporter.model.reports", self.model_at)
        return model

    def assess(self, *given: object) -> Report:
        """Import and call its assess function: `case`, then the reports of `builds_on` in that order."""
        module, _, name = self.assess_at.partition(":")
        report: Report = _load(f"reporter.assess.{module}", name)(*given)
        return report


def _load(module: str, name: str) -> Any:  # noqa: ANN401 - the caller states the type
    return getattr(import_module(module), name)


REPORTS: Final = (
    ReportKind(
        name="backend",
        title="Backend",
        question="Can the Go runtime be selected?",
        schema_id="cavra.go-backend-pilot.readiness.v1",
        upstream="pilot-readiness",
        model_at="BackendReport",
        assess_at="backend:assess_backend",
        reads=("runtime", "policy", "registry"),
        section="go_backend_pilot",
        gate="go_backend_pilot",
        accepted=frozenset({Status.DISABLED, Status.READY}),
    ),
    ReportKind(
        name="deployment",
        title="Deployment",
        question="Are the rollout paths to runners and workstations controlled?",
        schema_id="cavra.go-backend-pilot.deployment-readiness.v1",
        upstream="deployment-readiness",
        model_at="DeploymentReport",
        assess_at="deployment:assess_deployment",
        reads=("package_dir", "endpoint_deployment", "ci_runner_bundles", "channel_manifest", "updater_policy"),
        section="go_backend_deployment",
        gate="go_backend_deployment_paths",
        accepted=frozenset({Status.READY, Status.NOT_CONFIGURED}),
    ),
    ReportKind(
        name="promotion",
        title="Promotion",
        question="Is there approved proof that Go decides as Python does?",
        schema_id="cavra.go-backend-pilot.promotion-readiness.v1",
        upstream="promotion-readiness",
        model_at="PromotionReport",
        assess_at="promotion:assess_promotion",
        reads=("promotion_evidence",),
        builds_on=("backend", "deployment"),
        section="go_backend_promotion",
        gate="go_backend_promotion_gate",
    ),
    ReportKind(
        name="rollback",
        title="Rollback plan",
        question="Is the way back to Python planned and approved?",
        schema_id="cavra.go-backend-pilot.rollback-readiness.v1",
        upstream="rollback-readiness",
        model_at="RollbackReport",
        assess_at="rollback:assess_rollback",
        reads=("rollback_plan", "rollback_rehearsal", "rollback_drill_history", "rollback_drill_schedule"),
        section="go_backend_rollback",
        gate="go_backend_rollback_controls",
    ),
    ReportKind(
        name="rehearsal",
        title="Rollback rehearsal",
        question="Was the way back rehearsed within its target?",
        schema_id="cavra.go-backend-pilot.rollback-rehearsal.v1",
        upstream="rollback-rehearsal",
        model_at="RehearsalReport",
        assess_at="rehearsal:assess_rehearsal",
        reads=("rollback_plan", "rollback_rehearsal"),
        section="go_backend_rollback_rehearsal",
        gate="go_backend_rollback_rehearsal",
    ),
    ReportKind(
        name="drills",
        title="Drill history",
        question="Is the way back still exercised?",
        schema_id="cavra.go-backend-pilot.rollback-drill-history.v1",
        upstream="rollback-drills",
        model_at="DrillsReport",
        assess_at="drills:assess_drills",
        reads=("rollback_plan", "rollback_drill_history", "rollback_drill_schedule"),
        section="go_backend_rollback_drill_history",
        gate="go_backend_rollback_drill_history",
    ),
    ReportKind(
        name="schedule",
        title="Drill schedule",
        question="When is the next drill due, and who is told?",
        schema_id="cavra.go-backend-pilot.rollback-drill-schedule.v1",
        upstream="rollback-drill-schedule",
        model_at="ScheduleReport",
        assess_at="schedule:assess_schedule",
        reads=("rollback_plan", "rollback_drill_history", "rollback_drill_schedule"),
        builds_on=("drills",),
        section="go_backend_rollback_drill_schedule",
        gate="go_backend_rollback_drill_schedule",
        accepted=frozenset({Status.NOT_REQUESTED, Status.READY, Status.DUE_SOON}),
    ),
    ReportKind(
        name="notification-plan",
        title="Notification plan",
        question="Who is told of the next drill, and who is not?",
        schema_id="cavra.go-backend-pilot.rollback-drill-notification-plan.v1",
        upstream="rollback-drill-notification-plan",
        model_at="NotificationPlanReport",
        assess_at="notification_plan:assess_notification_plan",
        reads=("rollback_drill_schedule", "routing_policy"),
        builds_on=("schedule",),
    ),
    ReportKind(
        name="production",
        title="Production readiness",
        question="May this environment run Go in production?",
        schema_id="cavra.deployment.production_readiness.v1",
        upstream="production-readiness",
        model_at="ProductionReport",
        assess_at="production:assess_production",
        builds_on=(
            "backend",
            "deployment",
            "promotion",
            "rollback",
            "rehearsal",
            "drills",
            "schedule",
        ),
    ),
)

BY_NAME: Final = {kind.name: kind for kind in REPORTS}


def find_report(word: str) -> ReportKind | None:
    """Find a report by our word or by upstream's, with or without its `go-`."""
    bare = word.removeprefix("go-")
    return next((kind for kind in REPORTS if bare in (kind.name, kind.upstream)), None)
