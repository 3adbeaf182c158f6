"""What free text may not hold, and what it may although it looks alike."""

import pytest

from reporter.model.guards import RULES, RULES_OF_FREE_TEXT, broken_rules, hits_in

REFUSED = {
    "private_key": [
        "-----BEGIN PRIVATE KEY-----\nMC4CAQ",
        "see -----BEGIN OPENSSH PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----",
        "PuTTY-User-Key-File-3: ssh-ed25519",
    ],
    "token": [
        "Authorization: Bearer abcDEF123456789",
        "curl -H 'authorization: basic dXNlcjpwYXNzd29yZDE='",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "github_pat_11ABCDEFG0123456789_abcdef",
        "glpat-0123456789abcdefghij",
        "xoxb-123456789012-abcdefgh",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
        "https://hooks.slack.com/services/T000/B000/XXXX",
    ],
    "url_user_info": ["https://bot:pw@example.org/x", "postgresql+psycopg://reporter@example.org/db"],
    "email_address": [
        "ask jane.doe@example.org",
        "jane@mx1.example.org.2",
        "jane@4u.example",
        "jane\u200b@example.org",
        "jane@\uff45xample.org",
    ],
    "private_host": [
        "vault.prod.internal is down",
        "jira.corp",
        "nas.home.arpa",
        "on localhost",
        "splunk.siem.svc.cluster.local",
    ],
    "private_address": [
        "10.0.0.7 timed out",
        "host 192.168.1.20:8443",
        "169.254.169.254",
        "127.0.0.1",
        "100.64.0.1",
        "fd00:1::7 unreachable",
        "[fe80::1]",
        "::1",
    ],
    "credential_assignment": ["password=hunter2", "API-Key: 4711", "it says token=abc"],
    "bare_host": ["see http://grafana/d/1", "http://ci:8080"],
}


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in REFUSED.items() for text in texts])
def test_rule_finds_it(rule: str, text: str) -> None:
    assert rule in [one.id for one in broken_rules(text)]


def test_every_rule_is_shown_what_it_refuses() -> None:
    assert [rule.id for rule in RULES_OF_FREE_TEXT] == list(REFUSED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CHG-1042",
        "https://tickets.example.org/CHG-1042?view=1#top",
        "the bearer of bad news said basic authentication works again",
        "local deploys; internal review done",
        "internal.example.org is public, corp.example.com too",
        "2026-06-11T15:40:00Z to 16:05:30",
        "std::vector and a::b",
        "it listens on :: alone",
        "release 1.2.3.400, api 8.8.8.8",
        "@jane in #release-governance",
        "github:example/pilot@v1.4.0",
        "gitlab:group/pilot@2026.06.11-rc.1",
        "gordackretryexec-0123456789abcdef",
    ],
)
def test_ordinary_text_breaks_no_rule(text: str) -> None:
    assert broken_rules(text) == ()


def test_a_document_is_searched_in_values_and_keys_and_told_by_pointer_alone() -> None:
    document = {
        "refs": ["go-rollback-readiness://ci/ready", "CHG-1"],
        "by": {"jane@example.org": 2, "a/b": ["ghp_0123456789abcdefghijABCDEFGHIJ012345"]},
        "note": "rotate the token: see the runbook",
        "count": 3,
    }
    assert [(hit.pointer, hit.rule.id) for hit in hits_in(document)] == [
        ("/by", "email_address"),
        ("/by/a~1b/0", "token"),
    ]
    assert set(RULES) < set(RULES_OF_FREE_TEXT)
