"""Which kinds of release approval records there are, how each is reached, and whose connector lets us in.

The words are those of `model.release_records`. A row for each, and nothing else to add a kind.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from reporter.deliver.approvals.asking import Access
from reporter.deliver.approvals.azure import AzureWorkItem
from reporter.deliver.approvals.directory import Directory
from reporter.deliver.approvals.github import GitHubRelease
from reporter.deliver.approvals.gitlab import GitLabRelease
from reporter.deliver.approvals.jira import JiraIssue
from reporter.deliver.approvals.put import PutStore
from reporter.deliver.approvals.servicenow import ServiceNowRecord
from reporter.deliver.approvals.target import Target
from reporter.model.release_records import Reference

HTTP_PUT: Final = "http_put"
"""The name under which the private connector configuration holds the store of `put:` references."""


class Way(NamedTuple):
    """How records of one kind are reached. `connector` is the entry of the private configuration that lets us in."""

    connector: str
    build: Callable[..., Target]


WAYS: Final[Mapping[str, Way]] = {
    "github": Way("github", GitHubRelease),
    "gitlab": Way("gitlab", GitLabRelease),
    "jira": Way("jira", JiraIssue),
    "servicenow": Way("servicenow", ServiceNowRecord),
    "azure": Way("azure_repos", AzureWorkItem),
    "put": Way(HTTP_PUT, PutStore),
}
"""How each kind is reached; a directory is on this machine, and lets us in or not by itself."""


def connector_of(reference: Reference) -> str:
    """Name the connector that lets us in; empty for a record on this machine."""
    way = WAYS.get(reference.kind)
    return way.connector if way else ""


def make_target(reference: Reference, access: Access | None, base_dir: Path) -> Target:
    """Make the target of a reference. A relative directory starts from `base_dir`."""
    if access is None:
        return Directory(base_dir / reference.parts[0])
    return WAYS[reference.kind].build(access, *reference.parts)
