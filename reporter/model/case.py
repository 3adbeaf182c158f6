"""Everything that the assessment of one environment starts from, and nothing it would have to fetch."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from reporter.model.documents import Document, Manifest, RuntimeFile
from reporter.model.manifests import BY_ALIAS
from reporter.model.reports import Mode


class Policy(NamedTuple):
    """The thresholds of one environment (domain.md B1.0)."""

    drill_max_age: timedelta
    drill_due_soon: timedelta
    runtime_timeout: timedelta


class Request(NamedTuple):
    """What one call asks: these providers only (none: all), notify though healthy, and of the routing trend a part."""

    providers: tuple[str, ...] = ()
    force: bool = False
    schedule: str = ""
    owner: str = ""
    action: str = ""
    category: str = ""


class Artifact(NamedTuple):
    """A file that a bundle promises, and whether it is there and verifies (domain.md A8)."""

    name: str
    exists: bool
    verified: bool


EVERYBODY: Final = Request()


@dataclass(frozen=True)
class Case:
    """One environment at one instant: who, under which rules, on what evidence.

    `artifacts` are those of the bundle before this one; None where there is none to look at.
    """

    environment: str
    mode: Mode
    policy: Policy
    now: datetime
    manifests: dict[str, Manifest[Any]]
    runtime: RuntimeFile
    compiled_policy: Document
    tool_registry: Document
    package_dir: Document
    request: Request = EVERYBODY
    artifacts: tuple[Artifact, ...] | None = None

    def manifest(self, alias: str) -> Manifest[Any]:
        """Find a manifest by its row of the table."""
        return self.manifests[BY_ALIAS[alias].alias]
