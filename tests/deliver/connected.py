"""Each connector with the vendor that it talks to: one row for every way to be configured."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from deliver.vendors import jira, pagerduty, receiver, servicenow, siem, slack, splunk, teams
from deliver.vendors.server import Mount, Vendor
from reporter.deliver.configured import Configured
from reporter.deliver.connector import Connector
from reporter.deliver.connectors.registry import CONNECTORS


class Case(NamedTuple):
    """How a connector is configured for its vendor. `kept` gives what the vendor has, in the order that it came."""

    name: str
    provider: str
    vendor: Callable[[], Vendor]
    path: str
    kept: Callable[[Any], list[Any]]
    headers: Mapping[str, str] = {}
    values: Mapping[str, str] = {}

    def configured(self, base: str) -> Configured:
        return Configured(self.provider, base + self.path, self.headers, self.values)

    def connector(self, mount: Mount) -> Connector:
        return CONNECTORS[self.provider](self.configured(mount.base))

    @property
    def searches(self) -> int:
        """How many questions come before a message is created."""
        return int(self.provider in {"jira", "servicenow"})


CASES = (
    Case("datadog", "datadog", siem.Datadog, siem.DATADOG_PATH, lambda v: v.events, {"dd-api-key": siem.DATADOG_KEY}),
    Case(
        "jira",
        "jira",
        jira.Jira,
        "",
        lambda v: v.issues,
        {"authorization": jira.AUTHORIZATION},
        {"project": "OPS", "issue_type": "Task"},
    ),
    Case(
        "jira-comment",
        "jira",
        jira.Jira,
        "/rest/api/3/issue/OPS-1/comment",
        lambda v: v.comments,
        {"authorization": jira.AUTHORIZATION},
    ),
    Case(
        "pagerduty",
        "pagerduty",
        pagerduty.PagerDuty,
        "/v2/enqueue",
        lambda v: list(v.alerts.items()),
        values={"routing_key": pagerduty.ROUTING_KEY},
    ),
    Case(
        "sentinel", "sentinel", siem.Sentinel, siem.SENTINEL_PATH, lambda v: v.events, {"x-api-key": siem.SENTINEL_KEY}
    ),
    Case(
        "servicenow",
        "servicenow",
        servicenow.ServiceNow,
        "",
        lambda v: v.records,
        {"authorization": servicenow.AUTHORIZATION},
        {"table": "incident"},
    ),
    Case("slack", "slack", slack.Slack, slack.PATH, lambda v: v.posts),
    Case(
        "splunk",
        "splunk",
        splunk.Splunk,
        splunk.ENDPOINT,
        lambda v: v.events,
        {"authorization": f"Splunk {splunk.TOKEN}"},
        {"index": "cavra"},
    ),
    Case("teams", "teams", teams.Teams, teams.PATH + teams.QUERY, lambda v: v.cards),
    Case(
        "webhook",
        "webhook",
        receiver.Receiver,
        receiver.PATH,
        lambda v: list(v.events.items()),
        values={"secret": receiver.SECRET},
    ),
    Case(
        "webhook-unsigned",
        "webhook",
        lambda: receiver.Receiver(secret=""),
        receiver.PATH,
        lambda v: list(v.events.items()),
    ),
)
BY_NAME = {case.name: case for case in CASES}
