"""Whoever can be told, by one short name each (domain.md B1.13, B2.20). An unknown name is an error (A2.6)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Category(StrEnum):
    """What kind of system a provider is (domain.md B2.20)."""

    SIEM = "siem"
    ITSM = "itsm"
    CHATOPS = "chatops"
    WEBHOOK = "webhook"


PROVIDERS: Final[Mapping[str, Category]] = {
    "azure_repos": Category.WEBHOOK,
    "datadog": Category.SIEM,
    "email": Category.CHATOPS,
    "github": Category.WEBHOOK,
    "github_actions": Category.WEBHOOK,
    "gitlab": Category.WEBHOOK,
    "jenkins": Category.WEBHOOK,
    "jira": Category.ITSM,
    "pagerduty": Category.CHATOPS,
    "sentinel": Category.SIEM,
    "servicenow": Category.ITSM,
    "slack": Category.CHATOPS,
    "splunk": Category.SIEM,
    "teams": Category.CHATOPS,
    "webhook": Category.WEBHOOK,
}

FALLBACK: Final = "webhook"
"""Who is told when a schedule names nobody (domain.md B2.10)."""

ALL: Final = "all"
"""The word of a request for every provider of the schedule."""


def normalise(name: str) -> str:
    """Write a provider's name the one way that it is compared: `GitHub-Actions ` is `github_actions`."""
    return name.strip().lower().replace("-", "_")
