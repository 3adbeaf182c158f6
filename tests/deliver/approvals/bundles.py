"""A small world to attach from: settings, a sealed bundle, a private connector configuration, a ledger."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deliver.approvals.fake_releases import TOKEN
from deliver.vendors.server import Mount
from loops import records as make
from reporter.jobs.delivery.attaching import BundleAttached, attach_bundle
from reporter.jobs.records import open_settings_ledger
from reporter.ledger import verify_ledger
from reporter.model.instants import format_instant
from reporter.seal.bundle import SealedBundle, write_bundle
from reporter.seal.keys import SigningKey, new_key_pair, read_signing_key
from reporter.settings import load_settings
from reporter.settings_model import Settings

AS_OF = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
NOW = datetime(2026, 6, 11, 15, 45, tzinfo=UTC)
PILOT = "pilot"
FILES: Mapping[str, bytes] = {
    "index.html": b"<!doctype html>",
    "readiness.pdf": b"%PDF readiness",
    "runbook.pdf": b"%PDF runbook",
    "executive.pdf": b"%PDF executive",
}


class AttachingWorld:
    """Settings with one pilot, whose bundles are sealed with a key of their own."""

    def __init__(self, directory: Path, ca_file: str) -> None:
        self.directory, self.ca_file = directory, ca_file
        self.connectors: dict[str, dict[str, Any]] = {}
        self.extra = ""
        (directory / "keys").mkdir()
        new_key_pair(directory / "keys" / "signing.key")
        self.tell()
        (directory / "records").mkdir()
        self.configure()

    @property
    def key(self) -> SigningKey:
        return read_signing_key(self.directory / "keys" / "signing.key")

    @property
    def settings_file(self) -> Path:
        return self.directory / "reporter.toml"

    @property
    def settings(self) -> Settings:
        settings, _ = load_settings(str(self.settings_file), {})
        return settings

    def tell(self, *records: make.RecordValue) -> None:
        """Let the evidence be these records."""
        (self.directory / "evidence.jsonl").write_bytes(b"".join(make.raw(one) + b"\n" for one in records))

    def configure(self, **connectors: Mount | dict[str, Any]) -> None:
        """Let connectors be configured: a played vendor, or an entry as somebody wrote it."""
        for name, one in connectors.items():
            self.connectors[name] = self._entry(name, one) if isinstance(one, Mount) else one
        path = self.directory / "connectors.json"
        path.write_text(json.dumps({"connectors": self.connectors}), encoding="utf-8")
        path.chmod(0o600)
        text = (
            f'connector_config = "connectors.json"\n[environments.{PILOT}]\nrecords = ["evidence.jsonl"]\n{self.extra}'
        )
        self.settings_file.write_text(text, encoding="utf-8")

    def _entry(self, name: str, mount: Mount) -> dict[str, Any]:
        project = {"project": "REL"} if name == "jira" else {}
        return {"url": mount.base, "token": TOKEN, "ca_file": self.ca_file, **project}

    def seal(self, as_of: datetime = AS_OF, environment: str = PILOT, **more: bytes) -> SealedBundle:
        """Seal a bundle. Further files are given with `_` for the dot."""
        summary = {"release_readiness": {"summary_id": make.SUMMARY}, "runbook": {"export_id": "gordackfinalrunbook-1"}}
        readiness = {"as_of": format_instant(as_of), "loops": summary}
        files = {**FILES, "readiness.json": json.dumps(readiness).encode()}
        files |= {name.replace("_", "."): content for name, content in more.items()}
        predicate = {"environment": environment, "as_of": format_instant(as_of), "inputs": ["one"]}
        return write_bundle(
            self.directory / "bundles", environment, as_of, files, predicate, self.key, wall_now=as_of.timestamp()
        )

    def attach(
        self, *references: str, bundle: str = "", execute: bool = True, now: datetime = NOW, by: str = ""
    ) -> BundleAttached:
        named = bundle or f"{PILOT}/latest"
        return attach_bundle(self.settings, named, references, self.key.public, now, by=by, execute=execute)

    def rows(self) -> list[dict[str, Any]]:
        """Read the ledger, which has to be sound."""
        if not (self.directory / "state" / "ledger.db").exists():
            return []
        with open_settings_ledger(self.settings, write=False) as ledger:
            assert verify_ledger(ledger) == []
            return [json.loads(row.payload) for row in ledger.read()]

    def said(self) -> list[tuple[str, str, str]]:
        """Read what our own records say: phase, outcome and level of each."""
        payloads = [one["bundle_attachment"] for one in self.rows() if "bundle_attachment" in one]
        return [(one["phase"], one["outcome"], one["level"]) for one in payloads]

    def kept(self) -> set[str]:
        return {one.name for one in (self.directory / "records").iterdir()}
