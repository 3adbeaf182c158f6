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
    """What one call asks of the notification plan: these providers only (none: all), and notify though healthy."""

    providers: tuple[str, ...] = ()
    force: bool = False


EVERYBODY: Final = Request()


@dataclass(frozen=True)
class Case:
    """One environment at one instant: who, under which rules, on what evidence."""

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

    def manifest(self, alias: str) -> Manifest[Any]:
        """Find a manifest by its row of the table."""
        return self.manifests[BY_ALIAS[alias].alias]
