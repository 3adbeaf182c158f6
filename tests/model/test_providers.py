"""Providers (domain.md B1.13, B2.20): their names and categories."""

import pytest

from reporter.model.manifests.routing import KNOWN_PROVIDERS
from reporter.model.providers import FALLBACK, PROVIDERS, Category, normalise


@pytest.mark.parametrize(
    ("written", "name"),
    [("slack", "slack"), (" Slack\t", "slack"), ("GitHub-Actions", "github_actions"), ("azure_repos", "azure_repos")],
)
def test_a_name_is_compared_without_spaces_case_and_dashes(written: str, name: str) -> None:
    assert normalise(written) == name
    assert name in PROVIDERS


@pytest.mark.parametrize(
    ("category", "names"),
    [
        (Category.SIEM, {"splunk", "sentinel", "datadog"}),
        (Category.ITSM, {"jira", "servicenow"}),
        (Category.CHATOPS, {"slack", "teams", "pagerduty", "email"}),
        (Category.WEBHOOK, {"webhook", "github", "gitlab", "azure_repos", "github_actions", "jenkins"}),
    ],
)
def test_every_provider_has_its_category(category: Category, names: set[str]) -> None:
    assert {name for name, found in PROVIDERS.items() if found is category} == names


def test_the_names_are_in_order_and_normal() -> None:
    assert list(PROVIDERS) == sorted(map(normalise, PROVIDERS))
    assert FALLBACK in PROVIDERS


@pytest.mark.parametrize("found", ["slack", ["slack", " Teams "], []])
def test_known_providers_are_met(found: str | list[str]) -> None:
    assert KNOWN_PROVIDERS.test(found)
    assert "unknown" not in KNOWN_PROVIDERS.wanted(found)


@pytest.mark.parametrize("found", ["slak", ["slack", "slak"], [""]])
def test_an_unknown_provider_is_named_and_the_known_are_listed(found: str | list[str]) -> None:
    assert not KNOWN_PROVIDERS.test(found)
    wanted = KNOWN_PROVIDERS.wanted(found)
    assert ", ".join(PROVIDERS) in wanted
    assert wanted.endswith('; unknown: "slak"' if "slak" in found else '; unknown: ""')
