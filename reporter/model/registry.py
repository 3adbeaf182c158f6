"""The report registry: one row for every report.

`reporter check`, the bundle's files, the navigation of the pages and the docs come from these rows. The order is the
order of assessment: a report only builds on those above it. Functions are named, not imported, so that asking for
one report loads one report.
"""

from importlib import import_module
from typing import Any, Final, NamedTuple

from reporter.model.paths import AUDIT, PILOT, TOLD
from reporter.model.reports import Report, Status

Accepted = frozenset[Status]

_WHERE_ASKED: Final = frozenset({Status.NOT_REQUESTED, Status.READY})


class ReportKind(NamedTuple):
    """One report.

    `name` is its CLI word and its file (`reports/<name>.json`), `path` where it is asked for over HTTP; `upstream` is
    the word after `go-` in upstream's command; `section` and `gate` are its key and its check in production readiness;
    `accepted` are the statuses that do not block production; `from_records` says that it starts from the evidence
    records too.
    """

    name: str
    path: str
    title: str
    question: str
    schema_id: str
    model_at: str
    assess_at: str
    upstream: str = ""
    reads: tuple[str, ...] = ()
    builds_on: tuple[str, ...] = ()
    section: str = ""
    gate: str = ""
    accepted: Accepted = _WHERE_ASKED
    from_records: bool = False

    @property
    def file(self) -> str:
        """Its path in the bundle."""
        return f"reports/{self.name}.json"

    @property
    def only_folds(self) -> bool:
        """Whether it judges nothing by itself: its checks repeat those of the reports that it builds on."""
        return self.name == "production" or (self.from_records and bool(self.builds_on))

    @property
    def model(self) -> type[Report]:
        """Import the model of this report."""
        module, _, name = self.model_at.rpartition(":")
        model: type[Report] = _load(f"reporter.model.{module or 'reports'}", name)
        return model

    def assess(self, *given: object) -> Report:
        """Import and call its assess function.

        It takes the case, the states of the loops where it starts from records, then the reports of `builds_on`.
        """
        module, _, name = self.assess_at.partition(":")
        report: Report = _load(f"reporter.assess.{module}", name)(*given)
        return report


def _load(module: str, name: str) -> Any:  # noqa: ANN401 - the caller states the type
    return getattr(import_module(module), name)


REPORTS: Final = (
    ReportKind(
        name="backend",
        path=PILOT + "/readiness",
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
        path=PILOT + "/deployment-readiness",
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
        path=PILOT + "/promotion-readiness",
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
        path=PILOT + "/rollback-readiness",
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
        path=PILOT + "/rollback-rehearsal",
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
        path=PILOT + "/rollback-drills",
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
        path=PILOT + "/rollback-drill-schedule",
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
        path=TOLD,
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
        path="/deployment/production-readiness",
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
    ReportKind(
        name="escalation-plan",
        path=TOLD + "/escalation-plan",
        title="Escalation plan",
        question="Who has to be asked next, because nobody answered?",
        schema_id="cavra.go-backend-pilot.rollback-drill-notification-escalation-plan.v1",
        upstream="rollback-drill-escalation-plan",
        model_at="delivery_reports:EscalationPlanReport",
        assess_at="escalation_plan:assess_escalation_plan",
        from_records=True,
    ),
    ReportKind(
        name="routing-trend",
        path=TOLD + "/suppression-trends",
        title="Routing trend",
        question="Who was told and who was not, day by day?",
        schema_id="cavra.go-backend-pilot.rollback-drill-routing-suppression-trend.v1",
        model_at="delivery_reports:RoutingTrendReport",
        assess_at="routing_trend:assess_routing_trend",
        from_records=True,
    ),
    ReportKind(
        name="audit-package",
        path=TOLD + "/acknowledgements/audit-package",
        title="Acknowledgement audit",
        question="Was every alert that asked for an answer acknowledged?",
        schema_id="cavra.go-backend-pilot.rollback-drill-acknowledgement-audit-package.v1",
        model_at="delivery_reports:AuditPackageReport",
        assess_at="audit_package:assess_audit_package",
        from_records=True,
    ),
    ReportKind(
        name="retry-plan",
        path=AUDIT + "/retry-plans",
        title="Retry plan",
        question="What is tried again, when, and who has to allow it?",
        schema_id="reporter.retry-plan.v1",
        model_at="delivery_reports:RetryPlanReport",
        assess_at="retry_plan:assess_retry_plan",
        from_records=True,
    ),
    ReportKind(
        name="worker-health",
        path=AUDIT + "/worker-health",
        title="Worker health",
        question="Are the workers that retry alive, and what do they leave undone?",
        schema_id="reporter.worker-health.v1",
        model_at="delivery_reports:WorkerHealthReport",
        assess_at="worker_health:assess_worker_health",
        reads=("rollback_drill_schedule",),
        from_records=True,
    ),
    ReportKind(
        name="recovery",
        path=AUDIT + "/retry-recovery-report",
        title="Recovery",
        question="Which connectors are being repaired, and for how long?",
        schema_id="cavra.go-backend-pilot.rollback-drill-acknowledgement-audit-delivery-retry-recovery-report.v1",
        model_at="closing_reports:RecoveryReport",
        assess_at="recovery:assess_recovery",
        reads=("rollback_drill_schedule",),
        from_records=True,
    ),
    ReportKind(
        name="closure",
        path=AUDIT + "/final-reporting-closure-dashboard",
        title="Final closure",
        question="Is everything delivered, acknowledged and closed?",
        schema_id="cavra.go-backend-pilot.rollback-drill-final-reporting-closure-dashboard.v1",
        model_at="closing_reports:ClosureReport",
        assess_at="closure:assess_closure",
        from_records=True,
    ),
    ReportKind(
        name="release-readiness",
        path=AUDIT + "/final-reporting-release-readiness-summary",
        title="Release readiness",
        question="May this release be approved?",
        schema_id="cavra.go-backend-pilot.rollback-drill-final-reporting-release-readiness-summary.v1",
        model_at="closing_reports:ReleaseReadinessReport",
        assess_at="release_readiness:assess_release_readiness",
        builds_on=(
            "deployment",
            "promotion",
            "rollback",
            "rehearsal",
            "drills",
            "schedule",
            "worker-health",
            "closure",
        ),
        from_records=True,
    ),
    ReportKind(
        name="executive",
        path=AUDIT + "/recovery-executive-report",
        title="Executive report",
        question="What do executives have to know and decide?",
        schema_id="cavra.go-backend-pilot.rollback-drill-acknowledgement-audit-delivery-recovery-executive-report.v1",
        model_at="closing_reports:ExecutiveReport",
        assess_at="executive:assess_executive",
        builds_on=("production", "escalation-plan", "recovery", "closure", "release-readiness"),
        from_records=True,
    ),
    ReportKind(
        name="runbook",
        path=AUDIT + "/final-reporting-operator-runbook-export",
        title="Operator runbook",
        question="What do I do now?",
        schema_id="cavra.go-backend-pilot.rollback-drill-final-reporting-operator-runbook-export.v1",
        model_at="closing_reports:RunbookReport",
        assess_at="runbook:assess_runbook",
        builds_on=(
            "production",
            "rollback",
            "drills",
            "schedule",
            "notification-plan",
            "escalation-plan",
            "retry-plan",
            "worker-health",
            "recovery",
            "closure",
            "release-readiness",
        ),
        from_records=True,
    ),
)

BY_NAME: Final = {kind.name: kind for kind in REPORTS}


def find_report(word: str) -> ReportKind | None:
    """Find a report by our word or by upstream's, with or without its `go-`."""
    bare = word.removeprefix("go-")
    return next((kind for kind in REPORTS if bare and bare in (kind.name, kind.upstream)), None)
