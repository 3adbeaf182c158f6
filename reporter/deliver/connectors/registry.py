"""Which class tells which provider: one row each. An unknown name is an error of the configuration (domain.md A2.6)."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from reporter.deliver.configured import Configured, Key, Needs
from reporter.deliver.connector import Connector
from reporter.deliver.connectors.datadog import Datadog
from reporter.deliver.connectors.email import Email
from reporter.deliver.connectors.jira import Jira
from reporter.deliver.connectors.mute import Mute
from reporter.deliver.connectors.pagerduty import PagerDuty
from reporter.deliver.connectors.sentinel import Sentinel
from reporter.deliver.connectors.servicenow import ServiceNow
from reporter.deliver.connectors.slack import Slack
from reporter.deliver.connectors.splunk import Splunk
from reporter.deliver.connectors.teams import Teams
from reporter.deliver.connectors.webhook import Webhook


class Kind(Protocol):
    """A class of connectors: what its configuration may hold, and how one is made."""

    @property
    def needs(self) -> Needs:
        """What it asks of the keys that all share."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of its own."""

    def __call__(self, configured: Configured) -> Connector:
        """Make one."""

    def faults(self, configured: Configured) -> Iterator[str]:
        """Say what is wrong beyond single keys, each as `KEY: found ..., wanted ...` without any value."""


CONNECTORS: Final[Mapping[str, Kind]] = {
    "azure_repos": Mute,
    "datadog": Datadog,
    "email": Email,
    "github": Mute,
    "github_actions": Mute,
    "gitlab": Mute,
    "jenkins": Mute,
    "jira": Jira,
    "pagerduty": PagerDuty,
    "sentinel": Sentinel,
    "servicenow": ServiceNow,
    "slack": Slack,
    "splunk": Splunk,
    "teams": Teams,
    "webhook": Webhook,
}


def tells_somebody(provider: str) -> bool:
    """Say whether a provider can bring a message to anybody."""
    return CONNECTORS.get(provider, Mute) is not Mute
