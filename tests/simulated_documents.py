"""The documents of a simulated pilot: settings, manifests and records, and how they come to lie in a directory."""

import json
from datetime import datetime
from pathlib import Path

from reporter.loops.writing import RecordValue
from reporter.model.instants import format_instant
from reporter.model.manifests import BY_ALIAS
from reporter.sample.runtime import RUNTIME
from reporter.sample.world import BINARY, RUNBOOK, compiled_policy, sample_world


class Documents:
    """All that one pilot has written. Its release is in order; of its drills it has those that were added."""

    def __init__(self, environment: str, start: datetime) -> None:
        self.environment = environment
        self.records: list[RecordValue] = []
        self.drilled_at = start
        self.manifests = sample_world(start)["production-pilot"]
        for alias in ("rollback_plan", "rollback_drill_history", "rollback_drill_schedule"):
            self.manifests[alias]["environment"] = environment
        del self.manifests["rollback_drill_schedule"]["next_due_at"]
        self.manifests["rollback_drill_history"]["drills"] = []

    def add_drill(self, at: datetime, *, passed: bool) -> None:
        """Add a rollback drill; a failed one took too long."""
        drills = self.manifests["rollback_drill_history"]["drills"]
        drill = {
            "drill_id": f"drill_{len(drills) + 1:02}",
            "executed_at": format_instant(at),
            "actor": "release-governance",
            "source_mode": "promoted",
            "target_mode": "disabled",
            "status": "pass" if passed else "fail",
            "fallback_verified": True,
            "recovery_minutes": 7 if passed else 19,
            "max_recovery_minutes": 15,
            "runbook_ref": RUNBOOK,
            "evidence_refs": [f"go-rollback-drill://ci/run_{len(drills) + 1:02}"],
        }
        drills.append(drill)
        if passed:
            self.drilled_at = at

    def write(self, directory: Path) -> None:
        """Write everything; records are only ever added to what an earlier call wrote."""
        for alias, manifest in self.manifests.items():
            path = directory / "manifests" / BY_ALIAS[alias].file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
        (directory / "compiled-policy.json").write_text(json.dumps(compiled_policy()), encoding="utf-8")
        binary = directory / BINARY
        binary.parent.mkdir(exist_ok=True)
        binary.write_text(RUNTIME, encoding="utf-8")
        binary.chmod(0o755)
        evidence = directory / "evidence.jsonl"
        known = len(evidence.read_bytes().splitlines()) if evidence.exists() else 0
        with evidence.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in self.records[known:])
        (directory / "reporter.toml").write_text(
            f"""bundles_dir = "bundles"

[environments.{self.environment}]
mode = "promoted"
manifests_dir = "manifests"
records = ["evidence.jsonl"]
runtime_path = "{BINARY}"
policy_path = "compiled-policy.json"
""",
            encoding="utf-8",
        )
