"""A pilot whose executive report is mailed: a small sealed bundle, a ledger, readers, and a real mail server."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from deliver.post_office import PostOffice, serving_apart
from render.documents import readiness_document
from reporter.jobs.delivery.connecting import open_channels
from reporter.jobs.delivery.mailing import Mailed, Mailing, plan_mail, send_mail
from reporter.jobs.delivery.mailroom import LOOP
from reporter.jobs.delivery.sending import Sender
from reporter.jobs.loops import states_of
from reporter.jobs.records import open_settings_ledger
from reporter.model.readiness import Readiness
from reporter.model.routes import RouteState
from reporter.render.json import write_json
from reporter.seal.bundle import write_bundle
from reporter.seal.keys import new_key_pair, read_signing_key
from reporter.settings import load_settings
from reporter.settings_model import Settings

PILOT = "payments-pilot"
NOW = datetime(2026, 6, 11, 16, 0, tzinfo=UTC)
CEO, CTO, BOARD = "ceo@example.org", "cto@example.org", "board@example.com"
PDF = b"%PDF-1.7\nwhat was sealed\n%%EOF\n"


class World:
    """One pilot with a sealed bundle, a ledger, a mail server and readers."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.office = PostOffice()
        self.readers = [CEO, CTO]
        self.link = ""
        self.server: dict[str, Any] = {}
        self.seconds = count()
        new_key_pair(directory / "signing.key")
        self.key = read_signing_key(directory / "signing.key")
        self.bundle = self.seal()

    def seal(self, pdf: bytes = PDF, environment: str = PILOT, readiness: Readiness | None = None) -> str:
        told = (readiness or readiness_document()).model_copy(update={"environment": environment})
        files = {"readiness.json": write_json(told), "executive.pdf": pdf}
        at = datetime.fromisoformat(told.as_of)
        bundles, predicate = self.directory / "bundles", {"inputs": [{"alias": "rollback_plan"}], "as_of": told.as_of}
        return write_bundle(bundles, environment, at, files, predicate, self.key, wall_now=at.timestamp()).path

    def tell(self) -> None:
        """Write the settings and the connector configuration as they are meant now."""
        email = {"host": "127.0.0.1", "sender": "reports@example.org", "security": "none", **self.server}
        (self.directory / "connectors.json").write_text(json.dumps({"connectors": {"email": email}}), encoding="utf-8")
        lines = (
            'connector_config = "connectors.json"',
            'signing_key = "file:signing.key"',
            f"[environments.{PILOT}]",
            f"[environments.{PILOT}.deliver]",
            f"executives = {json.dumps(self.readers)}",
            f"link = {json.dumps(self.link)}",
        )
        (self.directory / "reporter.toml").write_text("\n".join(lines), encoding="utf-8")

    @property
    def settings(self) -> Settings:
        self.tell()
        settings, _ = load_settings(str(self.directory / "reporter.toml"), {})
        return settings

    def clock(self) -> datetime:
        return NOW + timedelta(seconds=next(self.seconds))

    def plan(self, *only: str, again: bool = False) -> Mailing:
        return plan_mail(self.settings, self.bundle, self.clock(), only=only, again=again)

    def mail(self, *only: str, again: bool = False) -> Mailed:
        with serving_apart(self.office) as port:
            self.server["port"] = port
            return send_mail(self.sender(), self.plan(*only, again=again))

    def sender(self) -> Sender:
        return Sender(self.settings, PILOT, open_channels(self.settings), self.clock)

    def states(self, mailed: Mailed) -> list[str]:
        return [one.state for one in mailed.states]

    def route(self) -> RouteState:
        (route,) = states_of(self.settings, PILOT, self.clock()).states.of(LOOP)
        return route

    def rows(self) -> list[dict[str, Any]]:
        with open_settings_ledger(self.settings, write=False) as ledger:
            return [json.loads(row.payload) for row in ledger.read()]
