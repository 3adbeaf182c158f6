"""Three pilots, dated relative to one instant (domain.md A11).

`production-pilot` is in order and its next drill is due soon. `payments-pilot` lets its drills slip: the last one
took too long and the next is overdue. `build-fleet` was promoted in a hurry: its rollback plan waits for approval,
and its release metadata leaves a channel without a policy.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from reporter.model.instants import format_instant
from reporter.model.manifests import BY_ALIAS
from reporter.model.manifests.release import RUNNER_CONTROLS
from reporter.model.manifests.rollback import ROLLBACK_CONTROLS

PLATFORM: Final = "linux/amd64"
BINARY: Final = "bin/cavra-runtime_linux_amd64"
RUNNER: Final = "github-actions-linux-amd64-runner"
WORKSTATION: Final = "linux-systemd-amd64-workstation"
OUTPUT: Final = ".cavra/go-daemon/release-governance-evidence-verification.json"
RUNBOOK: Final = "docs/go-backend-rollback-drill-scheduling.md"
SCHEDULE: Final = "go_backend_python_fallback_monthly"

Manifest = dict[str, Any]
World = dict[str, dict[str, Manifest]]


def sample_world(as_of: datetime) -> World:
    """Give every manifest of every environment by its alias."""
    return {
        "production-pilot": _production_pilot(as_of),
        "payments-pilot": _payments_pilot(as_of),
        "build-fleet": _build_fleet(as_of),
    }


def sample_settings() -> str:
    """Give the `reporter.toml` of the sample."""
    environments = "\n".join(
        f"""[environments.{name}]
mode = "promoted"
manifests_dir = "manifests/{name}"
records = ["evidence/{name}.jsonl"]
runtime_path = "{BINARY}"
policy_path = "compiled-policy.json"
"""
        for name in ("production-pilot", "payments-pilot", "build-fleet")
    )
    return f"""# A sample world: three promoted pilots. `reporter settings example` explains every key.
bundles_dir = "bundles"
signing_key = "file:keys/signing.key"

{environments}"""


def compiled_policy() -> Manifest:
    """Give a small compiled policy for the Go runtime."""
    return {
        "metadata": {"id": "cavra-ai-agent-baseline", "title": "Baseline for coding agents"},
        "commands": {"block": ["rm -rf *"], "allow": ["git status", "terraform plan*"]},
        "filesystem": {"block_read": ["**/.env"], "block_write": [], "require_approval_write": ["infra/**"]},
        "mcp": {"allowed_servers": [], "blocked_servers": [], "block_unknown_servers": True},
    }


def _production_pilot(as_of: datetime) -> dict[str, Manifest]:
    drills = [
        _drill(as_of - timedelta(days=21 + 30 * months), suffix=suffix, minutes=minutes)
        for months, (suffix, minutes) in enumerate((("", 7), ("_03", 8), ("_02", 11), ("_01", 9)))
    ]
    return {
        **_release(),
        "promotion_evidence": _promotion(),
        "rollback_plan": _plan("production-pilot"),
        "rollback_rehearsal": _rehearsal(),
        "rollback_drill_history": _history("production-pilot", drills),
        "rollback_drill_schedule": _schedule("production-pilot", next_due_at=as_of + timedelta(days=9)),
    }


def _payments_pilot(as_of: datetime) -> dict[str, Manifest]:
    slow = _drill(as_of - timedelta(days=52), suffix="_03", minutes=19) | {"status": "fail"}
    drills = [
        slow,
        _drill(as_of - timedelta(days=83), suffix="_02", minutes=12),
        _drill(as_of - timedelta(days=113), suffix="_01", minutes=10),
    ]
    return {
        **_release(),
        "promotion_evidence": _promotion(),
        "rollback_plan": _plan("payments-pilot"),
        "rollback_rehearsal": _rehearsal(),
        "rollback_drill_history": _history("payments-pilot", drills),
        "rollback_drill_schedule": _schedule("payments-pilot", next_due_at=as_of - timedelta(days=22)),
    }


def _build_fleet(as_of: datetime) -> dict[str, Manifest]:
    release = _release()
    release["updater_policy"]["policies"] = release["updater_policy"]["policies"][:1]
    beta = dict(release["channel_manifest"]["channels"][0], channel="beta", approval_required=False)
    release["channel_manifest"]["channels"].append(beta)
    release["ci_runner_bundles"]["controls"].remove("blocking-decision-fails-closed-by-default")
    plan = _plan("build-fleet") | {"approved": False}
    del plan["approval_id"]
    return {
        **release,
        "promotion_evidence": _promotion(),
        "rollback_plan": plan,
        "rollback_rehearsal": _rehearsal(),
        "rollback_drill_history": _history("build-fleet", [_drill(as_of - timedelta(days=6), suffix="_01", minutes=6)]),
        "rollback_drill_schedule": _schedule("build-fleet", next_due_at=None),
    }


def _release() -> dict[str, Manifest]:
    return {
        "endpoint_deployment": {
            "schema_version": BY_ALIAS["endpoint_deployment"].schema_id,
            "deployment_targets": [
                {"id": RUNNER, "surface": "ci-runner", "platform": PLATFORM, "binary": BINARY},
                {"id": WORKSTATION, "surface": "workstation", "platform": PLATFORM, "binary": BINARY},
            ],
        },
        "ci_runner_bundles": {
            "schema_version": BY_ALIAS["ci_runner_bundles"].schema_id,
            "source_metadata": BY_ALIAS["endpoint_deployment"].file_name,
            "controls": list(RUNNER_CONTROLS),
            "runner_bundles": [
                {
                    "deployment_target": RUNNER,
                    "platform": PLATFORM,
                    "runtime_binary": BINARY,
                    "required_outputs": [OUTPUT],
                }
            ],
        },
        "channel_manifest": {
            "schema_version": BY_ALIAS["channel_manifest"].schema_id,
            "source_metadata": BY_ALIAS["endpoint_deployment"].file_name,
            "channels": [
                {
                    "channel": "stable",
                    "auto_update": False,
                    "approval_required": True,
                    "workstation_targets": [
                        {
                            "id": WORKSTATION,
                            "platform": PLATFORM,
                            "deployment_channel": "stable",
                            "management_tool": "systemd",
                            "binary": BINARY,
                        }
                    ],
                }
            ],
        },
        "updater_policy": {
            "schema_version": BY_ALIAS["updater_policy"].schema_id,
            "source_channel_manifest": BY_ALIAS["channel_manifest"].file_name,
            "default_auto_update": False,
            "policies": [{"channel": "stable", "auto_update": False, "approval_required": True}],
        },
    }


def _promotion() -> Manifest:
    return {
        "schema_version": BY_ALIAS["promotion_evidence"].schema_id,
        "parity_status": "pass",
        "deployment_status": "ready",
        "approved": True,
        "approval_id": "apr_go_backend_promotion",
        "evidence_refs": ["go-parity://ci/pass", "go-deployment-readiness://ci/ready"],
    }


def _plan(environment: str) -> Manifest:
    return {
        "schema_version": BY_ALIAS["rollback_plan"].schema_id,
        "environment": environment,
        "status": "ready",
        "target_mode": "disabled",
        "approved": True,
        "approval_id": "apr_go_backend_rollback",
        "max_recovery_minutes": 15,
        "controls": list(ROLLBACK_CONTROLS),
        "rollback_steps": [
            "Set CAVRA_GO_BACKEND_MODE=disabled.",
            "Restart the API, CI runner or workstation process that hosts CAVRA.",
            "Capture the rollback and production readiness reports.",
        ],
        "evidence_refs": ["go-rollback-readiness://ci/ready", "go-promotion-rollback-runbook://docs/current"],
    }


def _rehearsal() -> Manifest:
    return {
        "schema_version": BY_ALIAS["rollback_rehearsal"].schema_id,
        "status": "pass",
        "plan_approval_id": "apr_go_backend_rollback",
        "simulated": True,
        "fallback_verified": True,
        "recovery_minutes": 6,
        "max_recovery_minutes": 15,
        "runbook_ref": RUNBOOK,
        "evidence_refs": ["go-rollback-rehearsal://ci/pass"],
    }


def _drill(executed_at: datetime, suffix: str, minutes: int) -> Manifest:
    return {
        "drill_id": f"drill_go_backend_python_fallback{suffix}",
        "executed_at": format_instant(executed_at),
        "actor": "release-governance",
        "source_mode": "promoted",
        "target_mode": "disabled",
        "status": "pass",
        "fallback_verified": True,
        "recovery_minutes": minutes,
        "max_recovery_minutes": 15,
        "runbook_ref": RUNBOOK,
        "evidence_refs": [f"go-rollback-drill://ci/run{suffix}"],
    }


def _history(environment: str, drills: list[Manifest]) -> Manifest:
    return {
        "schema_version": BY_ALIAS["rollback_drill_history"].schema_id,
        "environment": environment,
        "drills": drills,
    }


def _schedule(environment: str, next_due_at: datetime | None) -> Manifest:
    due = {"next_due_at": format_instant(next_due_at)} if next_due_at else {}
    return {
        "schema_version": BY_ALIAS["rollback_drill_schedule"].schema_id,
        "schedule_id": SCHEDULE,
        "environment": environment,
        "status": "active",
        "interval_days": 30,
        **due,
        "owners": ["release-governance"],
        "notification_providers": ["slack", "teams"],
        "owner_routes": {
            "release-governance": {
                "providers": ["slack", "teams"],
                "acknowledgement_minutes": 30,
                "escalation_owner": "platform-lead",
            }
        },
        "maintenance_windows": [],
        "owner_calendars": {},
        "runbook_ref": RUNBOOK,
    }
