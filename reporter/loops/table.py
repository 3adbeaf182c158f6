"""The loop table: nine rows (domain.md B4, B5.1 - B5.3). Upstream's kind grammar is irregular, so every word is stored.

Where upstream has no such step (the holes of B5.2) the word is ours, in its grammar, and marked so. This module is
long because it is data.
"""

from datetime import timedelta
from typing import Final

from reporter.loops.loop import Alert, GateKind, Kind, Loop, make_reader
from reporter.model.paths import AUDIT, TOLD
from reporter.model.record_reader import KindRow, RecordReader
from reporter.model.records import DELIVERY_KIND, INTENT_KIND, Step

_P: Final = "go-backend-rollback-drill-"
_AD: Final = "go-backend-rollback-drill-acknowledgement-audit-delivery-"
_S: Final = "go_backend_rollback_drill_"
_EV: Final = "cavra.go_backend.rollback_drill."

LOOPS: Final = (
    Loop(
        word="drill_notification",
        path=TOLD,
        title="Drill notification",
        source=_S + "notification",
        event_type=_EV + "notification",
        subject_keys=("schedule_id",),
        event_keys=("event_id",),
        subjects=(Kind(_P + "notification-escalation-plan", "escalation_plan", "gordesc", own_id="plan_id"),),
        plans=(Kind(_P + "notification-plan", "plan", "gordn"),),
        acknowledgement=Kind(_P + "notification-ack", "acknowledgement", "gordack"),
        retry_plan=Kind(
            _P + "notification-delivery-retry-plan", "notification_delivery_retry_plan", "gordnretry", ours=True
        ),
        worker_run=Kind(
            _P + "notification-delivery-retry-worker-run",
            "notification_delivery_retry_worker_run",
            "gordnworker",
            ours=True,
        ),
        execution=Kind(
            _P + "notification-delivery-retry-execution-record",
            "notification_delivery_retry_execution_record",
            "gordnexec",
            ours=True,
        ),
        health=Kind(
            _P + "notification-delivery-retry-health", "notification_delivery_retry_health", "gordnhealth", ours=True
        ),
        code="drill_notification",
        alert_stem="drill_notification_retry",
        always_on=False,
        escalation="escalate_missed_drill_notification",
    ),
    Loop(
        word="acknowledgement_audit",
        path=AUDIT,
        title="Acknowledgement audit",
        source=_S + "acknowledgement_audit",
        event_type=_EV + "acknowledgement_audit_delivery",
        # The subject is the package. Upstream's retries send it under new delivery ids (C19).
        subject_keys=("audit_id", "delivery_id"),
        event_keys=("event_id", "session_id"),
        subjects=(
            Kind(
                _P + "acknowledgement-audit-package", "acknowledgement_audit_package", "gordackaudit", own_id="audit_id"
            ),
        ),
        plans=(
            Kind(
                _P + "acknowledgement-audit-delivery-plan",
                "acknowledgement_audit_delivery_plan",
                "gordackdelivery",
                own_id="delivery_id",
            ),
        ),
        acknowledgement=Kind(_AD + "retry-ack", "acknowledgement", "gordackretryack"),
        retry_plan=Kind(_AD + "retry-plan", "acknowledgement_audit_delivery_retry_plan", "gordackretry"),
        approval_plan=Kind(
            _AD + "retry-execution-approval-plan", "retry_execution_approval_plan", "gordackretryapproval"
        ),
        approval=Kind(
            _AD + "retry-execution-approval-decision",
            "retry_execution_approval_decision",
            "gordackretryapprovaldecision",
        ),
        worker_run=Kind(_AD + "worker-run", "acknowledgement_audit_delivery_worker_run", "gordackworker"),
        execution=Kind(_AD + "retry-execution-record", "retry_execution_record", "gordackretryexec"),
        health=Kind(_AD + "worker-health", "worker_health", "gordackhealth", ours=True),
        code="acknowledgement_audit",
        alert_stem="acknowledgement_audit_retry",
        alert_loop="audit_worker_health_alert",
        alert_words=(
            (Alert.MISSED_RUN, "missed_worker_run"),
            (Alert.FAILED_RUN, "failed_worker_run"),
            (Alert.RETRYABLE, "retryable_deliveries"),
            (Alert.DELIVERY_FAILURE, "connector_failure"),
            (Alert.STALE_PLAN, "stale_retry_plan"),
            (Alert.DISABLED_SCHEDULE, "disabled_schedule"),
        ),
        acknowledged=False,
        accepted=frozenset({"accepted", "resolved"}),
        gate=GateKind.APPROVAL,
        not_found="audit_package_not_found",
    ),
    Loop(
        word="audit_worker_health_alert",
        path=AUDIT + "/worker-health-alerts",
        title="Audit worker health alert",
        source=_S + "acknowledgement_audit_worker_health_alert",
        event_type=_EV + "acknowledgement_audit_worker_health_alert",
        subject_keys=("health_id",),
        event_keys=("event_id",),
        plans=(Kind(_AD + "worker-health-alert-plan", "worker_health_alert_plan", "gordackhealthalert"),),
        acknowledgement=Kind(_AD + "worker-health-alert-ack", "acknowledgement", "gordackhealthack"),
        retry_plan=Kind(
            _AD + "worker-health-alert-delivery-retry-plan",
            "worker_health_alert_delivery_retry_plan",
            "gordackhealthalertretry",
            ours=True,
        ),
        worker_run=Kind(
            _AD + "worker-health-alert-delivery-retry-worker-run",
            "worker_health_alert_delivery_retry_worker_run",
            "gordackhealthalertworker",
            ours=True,
        ),
        execution=Kind(
            _AD + "worker-health-alert-delivery-retry-execution-record",
            "worker_health_alert_delivery_retry_execution_record",
            "gordackhealthalertexec",
            ours=True,
        ),
        health=Kind(
            _AD + "worker-health-alert-delivery-retry-health",
            "worker_health_alert_delivery_retry_health",
            "gordackhealthalerthealth",
            ours=True,
        ),
        code="audit_worker_health_alert",
        alert_stem="audit_worker_health_alert_retry",
        worker_interval=timedelta(minutes=30),
        always_on=False,
    ),
    Loop(
        word="recovery_escalation",
        path=AUDIT + "/recovery-escalation",
        title="Recovery escalation",
        source=_S + "acknowledgement_audit_recovery_escalation",
        event_type=_EV + "acknowledgement_audit_delivery.recovery_escalation",
        subject_keys=("plan_id",),
        event_keys=("event_id",),
        plans=(Kind(_AD + "recovery-escalation-plan", "recovery_escalation_plan", "gordackrecoveryesc"),),
        acknowledgement=Kind(
            _AD + "recovery-escalation-ack", "recovery_escalation_acknowledgement", "gordackrecoveryescack"
        ),
        retry_plan=Kind(
            _AD + "recovery-escalation-delivery-retry-plan",
            "recovery_escalation_delivery_retry_plan",
            "gordackrecoveryescretry",
        ),
        worker_run=Kind(
            _AD + "recovery-escalation-retry-worker-run",
            "recovery_escalation_retry_worker_run",
            "gordackrecoveryescworker",
        ),
        execution=Kind(
            _AD + "recovery-escalation-retry-execution-record",
            "recovery_escalation_retry_execution_record",
            "gordackrecoveryescexec",
        ),
        health=Kind(
            _AD + "recovery-escalation-retry-health", "recovery_escalation_retry_health", "gordackrecoveryeschealth"
        ),
        code="recovery_escalation",
        alert_stem="recovery_escalation_retry",
        alert_loop="recovery_retry_health_alert",
        alert_words=(
            (Alert.FAILED_EXECUTION, "failed_recovery_escalation_retry_execution"),
            (Alert.STALE_PLAN, "stale_recovery_escalation_retry_plan"),
            (Alert.ACKNOWLEDGEMENT_GAP, "recovery_escalation_acknowledgement_gap"),
            (Alert.DISABLED_SCHEDULE, "disabled_recovery_escalation_retry_schedule"),
        ),
        gate=GateKind.ACKNOWLEDGEMENT,
        gate_accepted=frozenset({"acknowledged", "accepted", "resolved"}),
        not_found="recovery_escalation_plan_not_found",
    ),
    Loop(
        word="recovery_retry_health_alert",
        path=AUDIT + "/recovery-escalation/retry-health-alerts",
        title="Recovery retry health alert",
        source=_S + "acknowledgement_audit_recovery_escalation_retry_health_alert",
        event_type=_EV + "acknowledgement_audit_recovery_escalation_retry_health_alert",
        subject_keys=("health_id",),
        event_keys=("event_id",),
        plans=(
            Kind(
                _AD + "recovery-escalation-retry-health-alert-plan",
                "recovery_escalation_retry_health_alert_plan",
                "gordackrecoveryhealthalert",
            ),
        ),
        acknowledgement=Kind(
            _AD + "recovery-escalation-retry-health-alert-ack", "acknowledgement", "gordackrecoveryhealthack"
        ),
        retry_plan=Kind(
            _AD + "recovery-escalation-retry-health-alert-delivery-retry-plan",
            "recovery_escalation_retry_health_alert_delivery_retry_plan",
            "gordackrecoveryhealthalertretry",
        ),
        worker_run=Kind(
            _AD + "recovery-escalation-retry-health-alert-delivery-retry-worker-run",
            "recovery_escalation_retry_health_alert_delivery_retry_worker_run",
            "gordackrecoveryhealthalertworker",
        ),
        execution=Kind(
            _AD + "recovery-escalation-retry-health-alert-delivery-retry-execution-record",
            "recovery_escalation_retry_health_alert_delivery_retry_execution_record",
            "gordackrecoveryhealthalertexec",
        ),
        health=Kind(
            _AD + "recovery-escalation-retry-health-alert-delivery-retry-health",
            "recovery_escalation_retry_health_alert_delivery_retry_health",
            "gordackrecoveryhealthalerthealth",
            ours=True,
        ),
        code="recovery_retry_health_alert",
        alert_stem="recovery_retry_health_alert_retry",
        worker_interval=timedelta(minutes=30),
        not_found="recovery_escalation_retry_health_not_found",
    ),
    Loop(
        word="executive_report",
        path=AUDIT + "/recovery-executive-report",
        title="Executive report",
        source=_S + "acknowledgement_audit_recovery_executive_report",
        event_type=_EV + "acknowledgement_audit_delivery.recovery_executive_report",
        subject_keys=("run_id",),
        event_keys=("event_id", "session_id"),
        subjects=(
            Kind(
                _AD + "recovery-executive-report",
                "recovery_executive_report",
                "gordackexecreport",
                own_id="executive_report_id",
            ),
        ),
        plans=(
            Kind(
                _AD + "recovery-executive-report-schedule-run",
                "recovery_executive_report_schedule_run",
                "gordackexecsched",
                own_id="run_id",
            ),
        ),
        acknowledgement=Kind(_AD + "recovery-executive-report-ack", "acknowledgement", "gordackexecack", ours=True),
        retry_plan=Kind(
            _AD + "recovery-executive-report-delivery-retry-plan",
            "recovery_executive_report_delivery_retry_plan",
            "gordackexecdeliveryretry",
        ),
        worker_run=Kind(
            _AD + "recovery-executive-report-delivery-retry-worker-run",
            "recovery_executive_report_delivery_retry_worker_run",
            "gordackexecdeliveryworker",
        ),
        execution=Kind(
            _AD + "recovery-executive-report-delivery-retry-execution-record",
            "recovery_executive_report_delivery_retry_execution_record",
            "gordackexecdeliveryexec",
        ),
        health=Kind(
            _AD + "recovery-executive-report-delivery-retry-health",
            "recovery_executive_report_delivery_retry_health",
            "gordackexecdeliveryhealth",
        ),
        code="executive_report",
        alert_stem="executive_delivery_retry",
        alert_loop="executive_retry_health_alert",
        alert_words=(
            (Alert.DELIVERY_FAILURE, "failed_executive_report_delivery"),
            (Alert.FAILED_EXECUTION, "failed_executive_delivery_retry_execution"),
            (Alert.STALE_PLAN, "stale_executive_delivery_retry_plan"),
            (Alert.DISABLED_SCHEDULE, "disabled_executive_delivery_retry_schedule"),
        ),
        acknowledged=False,
        base_delay=timedelta(minutes=30),
        stale_after=timedelta(minutes=180),
        report_interval=timedelta(minutes=1440),
        delivery_failure_is_critical=True,
        not_found="recovery_executive_report_schedule_run_not_found",
    ),
    Loop(
        word="executive_retry_health_alert",
        path=AUDIT + "/recovery-executive-report/delivery-retry-health-alerts",
        title="Executive retry health alert",
        source=_S + "acknowledgement_audit_recovery_executive_report_delivery_retry_health_alert",
        event_type=_EV + "recovery_executive_report_delivery_retry_health_alert",
        subject_keys=("health_id",),
        event_keys=("event_id",),
        plans=(
            Kind(
                _AD + "recovery-executive-report-delivery-retry-health-alert-plan",
                "recovery_executive_report_delivery_retry_health_alert_plan",
                "gordackexechealthalert",
            ),
        ),
        acknowledgement=Kind(
            _AD + "recovery-executive-report-delivery-retry-health-alert-ack", "acknowledgement", "gordackexechealthack"
        ),
        retry_plan=Kind(
            _AD + "recovery-executive-report-delivery-retry-health-alert-delivery-retry-plan",
            "recovery_executive_report_delivery_retry_health_alert_delivery_retry_plan",
            "gordackexechealthalertretry",
        ),
        worker_run=Kind(
            _AD + "recovery-executive-report-delivery-retry-health-alert-delivery-retry-worker-run",
            "recovery_executive_report_delivery_retry_health_alert_delivery_retry_worker_run",
            "gordackexechealthalertworker",
        ),
        execution=Kind(
            _AD + "recovery-executive-report-delivery-retry-health-alert-delivery-retry-execution-record",
            "recovery_executive_report_delivery_retry_health_alert_delivery_retry_execution_record",
            "gordackexechealthalertexec",
        ),
        health=Kind(
            _AD + "recovery-executive-report-delivery-retry-health-alert-delivery-retry-health",
            "recovery_executive_report_delivery_retry_health_alert_delivery_retry_health",
            "gordackexechealthalerthealth",
            ours=True,
        ),
        code="executive_retry_health_alert",
        alert_stem="executive_retry_health_alert_retry",
        worker_interval=timedelta(minutes=30),
        not_found="recovery_executive_report_delivery_retry_health_not_found",
    ),
    Loop(
        word="auditor_export",
        path=AUDIT + "/final-reporting-auditor-export",
        title="Auditor export",
        source=_S + "acknowledgement_audit_final_reporting_auditor_export",
        event_type=_EV + "final_reporting.auditor_export",
        subject_keys=("export_id",),
        event_keys=("event_id",),
        plans=(
            Kind(
                _AD + "final-reporting-auditor-export",
                "final_reporting_auditor_export",
                "gordackfinalauditor",
                own_id="export_id",
            ),
        ),
        acknowledgement=Kind(
            _AD + "final-reporting-auditor-export-ack", "acknowledgement", "gordackfinalaudack", ours=True
        ),
        retry_plan=Kind(
            _AD + "final-reporting-auditor-export-delivery-retry-plan",
            "final_reporting_auditor_export_delivery_retry_plan",
            "gordackfinalaudretry",
        ),
        worker_run=Kind(
            _AD + "final-reporting-auditor-export-delivery-retry-worker-run",
            "final_reporting_auditor_export_delivery_retry_worker_run",
            "gordackfinalaudworker",
        ),
        execution=Kind(
            _AD + "final-reporting-auditor-export-delivery-retry-execution-record",
            "final_reporting_auditor_export_delivery_retry_execution_record",
            "gordackfinalaudexec",
        ),
        health=Kind(
            _AD + "final-reporting-auditor-export-delivery-retry-health",
            "final_reporting_auditor_export_delivery_retry_health",
            "gordackfinalaudhealth",
            ours=True,
        ),
        code="auditor_export",
        alert_stem="auditor_export_retry",
        plan_step=Step.EXPORT,
        acknowledged=False,
    ),
    Loop(
        word="archive_health_alert",
        path=AUDIT + "/final-reporting-archive-reference-health-alerts",
        title="Archive health alert",
        source=_S + "acknowledgement_audit_final_reporting_archive_reference_health_alert",
        event_type=_EV + "final_reporting.archive_reference_health_alert",
        subject_keys=("health_id",),
        event_keys=("event_id",),
        subjects=(
            Kind(
                _AD + "final-reporting-archive-reference-health",
                "final_reporting_archive_reference_health",
                "gordackfinalarchivehealth",
                own_id="health_id",
            ),
        ),
        plans=(
            Kind(
                _AD + "final-reporting-archive-reference-health-alert-plan",
                "final_reporting_archive_reference_health_alert_plan",
                "gordackfinalarchalert",
            ),
        ),
        acknowledgement=Kind(
            _AD + "final-reporting-archive-reference-health-alert-ack", "acknowledgement", "gordackfinalarchack"
        ),
        retry_plan=Kind(
            _AD + "final-reporting-archive-reference-health-alert-delivery-retry-plan",
            "final_reporting_archive_reference_health_alert_delivery_retry_plan",
            "gordackfinalarchretry",
            ours=True,
        ),
        worker_run=Kind(
            _AD + "final-reporting-archive-reference-health-alert-delivery-retry-worker-run",
            "final_reporting_archive_reference_health_alert_delivery_retry_worker_run",
            "gordackfinalarchworker",
            ours=True,
        ),
        execution=Kind(
            _AD + "final-reporting-archive-reference-health-alert-delivery-retry-execution-record",
            "final_reporting_archive_reference_health_alert_delivery_retry_execution_record",
            "gordackfinalarchexec",
            ours=True,
        ),
        health=Kind(
            _AD + "final-reporting-archive-reference-health-alert-delivery-retry-health",
            "final_reporting_archive_reference_health_alert_delivery_retry_health",
            "gordackfinalarchhealth",
            ours=True,
        ),
        code="final_archive_health_alert",
        alert_stem="archive_health_alert_retry",
        worker_interval=timedelta(minutes=30),
        always_on=False,
    ),
)

BY_WORD: Final = {loop.word: loop for loop in LOOPS}
"""The loops by their names."""

DELIVERIES: Final = Kind(DELIVERY_KIND, "delivery", "rcd", schema="cavra.connector.delivery.v1")
"""What all loops deliver with (B1.14, B1.15)."""

INTENTS: Final = Kind(INTENT_KIND, "delivery_intent", "rcdi", ours=True, schema="cavra.connector.delivery-intent.v1")
"""What all loops write before they send."""

SHARED: Final = {Step.DELIVERY: DELIVERIES.word, Step.INTENT: INTENTS.word}
"""Kinds that every loop has, told apart by their source."""

OUTSIDE: Final = {
    Step.PLAYBOOK: Kind(_AD + "connector-recovery-playbook", "connector_recovery_playbook", "gordackrecovery"),
    Step.CLOSURE: Kind(_AD + "connector-recovery-closure", "connector_recovery_closure", "gordackrecoveryclosure"),
    Step.RELEASE_DECISION: Kind(
        _AD + "final-reporting-release-readiness-approval-decision",
        "final_reporting_release_readiness_approval_decision",
        "gordackfinalapproval",
    ),
    Step.ATTACHMENT: Kind(
        _AD + "final-reporting-release-record-attachment",
        "final_reporting_release_record_attachment",
        "gordackfinalrecord",
    ),
    Step.VERIFICATION: Kind(
        _AD + "final-reporting-release-closure-packet-verification",
        "final_reporting_release_closure_packet_verification",
        "gordackfinalpacket",
    ),
    Step.ARCHIVE: Kind(
        _AD + "final-reporting-immutable-archive-reference",
        "final_reporting_immutable_archive_reference",
        "gordackfinalarchive",
    ),
    Step.ARCHIVE_MANIFEST: Kind(
        _AD + "final-reporting-signed-archive-manifest",
        "final_reporting_signed_archive_manifest",
        "gordackfinalmanifest",
    ),
}
"""Kinds that belong to no loop and decide something, by their steps (B2.20, B2.27, B2.28)."""

BUNDLE_RETENTION: Final = Kind(
    "reporter-bundle-retention",
    "bundle_retention",
    "represerve",
    ours=True,
    own_id="retention_id",
    schema="reporter.bundle-retention.v1",
)
"""A bundle that is held, released from its hold, or pruned. It decides nothing: no loop, gate or closure reads it."""

BUNDLE_ATTACHMENT: Final = Kind(
    "reporter-bundle-attachment",
    "bundle_attachment",
    "repattach",
    ours=True,
    own_id="attachment_id",
    schema="reporter.bundle-attachment.v1",
)
"""A bundle at a release approval record. It decides nothing: no loop, gate or closure reads it."""

HTTP_REQUEST: Final = Kind(
    "reporter-http-request",
    "http_request",
    "rephttp",
    ours=True,
    own_id="request_id",
    schema="reporter.http-request.v1",
)
"""A request over HTTP that was carried out, and its answer. It decides nothing: no loop, gate or closure reads it."""

OTHER_KINDS: Final = (
    *(KindRow(kind.word, "", step, kind.payload) for step, kind in OUTSIDE.items()),
    *(
        KindRow(word, "", Step.OTHER)
        for word in (
            _P + "routing-suppression-trend",
            _AD + "retry-recovery-report",
            _AD + "final-reporting-release-readiness-summary",
            _AD + "final-reporting-operator-runbook-export",
            _AD + "final-reporting-readiness-bundle",
            _AD + "final-reporting-release-closeout-summary",
        )
    ),
)
"""Kinds that belong to no loop (B3); the others decide nothing."""

READER: Final[RecordReader] = make_reader(LOOPS, SHARED, OTHER_KINDS)
"""Reads records of the kinds of this table."""

decode_record = READER.decode_record
