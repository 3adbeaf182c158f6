"""Backend readiness (domain.md B2.1, A3): runtime, compiled policy, registry."""

import pytest

from assess.cases import PILOT, Pilot, failed, not_there, statuses, there, triple
from reporter.collect.parsing import parse_document
from reporter.model.documents import Document, DocumentState, Fault, RuntimeFile
from reporter.model.reports import AlertLevel, BackendReport, Mode, Status

RUNTIME = there("runtime", "cavra-runtime")
DIRECTORY = Document("runtime", "bin", DocumentState.UNREADABLE, faults=(Fault("", "a directory", "a regular file"),))


def backend(pilot: Pilot) -> BackendReport:
    report: BackendReport = pilot.report("backend")
    return report


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.ENFORCE, Mode.PROMOTED], ids=str)
def test_backend_in_order_is_ready_in_every_enabled_mode(mode: Mode) -> None:
    report = backend(PILOT.but(mode=mode))
    assert report.status is Status.READY
    assert report.alert_level is AlertLevel.HEALTHY
    assert report.summary == "2 of 2 checks passed"
    assert statuses(report) == {
        "go_runtime_binary": "pass",
        "go_runtime_policy": "pass",
        "go_runtime_registry": "not_applicable",
    }


def test_disabled_backend_is_disabled_whatever_is_configured() -> None:
    broken = not_there("policy", "compiled-policy.json")
    report = backend(PILOT.but(mode=Mode.DISABLED, compiled_policy=broken))
    assert report.status is Status.DISABLED
    assert report.summary == "disabled"
    assert set(statuses(report).values()) == {"not_applicable"}


def test_backend_names_its_files_and_not_their_paths() -> None:
    report = backend(PILOT.but(tool_registry=there("registry", "registry.json")))
    assert (report.runtime_path, report.policy_path, report.registry_path, report.timeout_seconds) == (
        "cavra-runtime",
        "compiled-policy.json",
        "registry.json",
        5.0,
    )


@pytest.mark.parametrize(
    ("runtime", "found", "wanted"),
    [
        pytest.param(
            RuntimeFile(Document("runtime", "", DocumentState.UNCONFIGURED)),
            "no path configured",
            "a regular file",
            id="unconfigured",
        ),
        pytest.param(RuntimeFile(not_there("runtime", "x")), "no such file", "a file", id="missing"),
        pytest.param(RuntimeFile(DIRECTORY, executable=True), "a directory", "a regular file", id="a-directory"),
        pytest.param(RuntimeFile(RUNTIME), "no execute permission", "an execute permission", id="not-executable"),
    ],
)
def test_runtime_that_cannot_be_run_fails(runtime: RuntimeFile, found: str, wanted: str) -> None:
    report = backend(PILOT.but(runtime=runtime))
    assert report.status is Status.NEEDS_ATTENTION
    checks = failed(report)
    assert set(checks) == {"go_runtime_binary"}
    assert [triple(reason) for reason in checks["go_runtime_binary"].reasons] == [("runtime", "", found, wanted)]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        pytest.param(b"", "an empty file", id="empty"),
        pytest.param(b"[]", "a list", id="a-list"),
        pytest.param(b"null", "null", id="null"),
        pytest.param(b"{", "not JSON: Expecting property name enclosed in double quotes at line 1, column 2", id="cut"),
        pytest.param(b"\xff{}", "bytes that are not UTF-8 at offset 0", id="not-utf-8"),
        pytest.param(b'{"a": 1, "a": 2}', "a key given more than once", id="a-key-twice"),
    ],
)
@pytest.mark.parametrize("alias", ["policy", "registry"])
def test_policy_and_registry_must_be_readable_json_objects(alias: str, raw: bytes, found: str) -> None:
    document = parse_document(alias, "some.json", raw)
    part = {"policy": "compiled_policy", "registry": "tool_registry"}[alias]
    checks = failed(backend(PILOT.but(**{part: document})))
    assert set(checks) == {f"go_runtime_{alias}"}
    (reason,) = checks[f"go_runtime_{alias}"].reasons
    assert (reason.document, reason.found) == (alias, found)


def test_policy_that_nobody_configured_fails() -> None:
    report = backend(PILOT.but(compiled_policy=Document("policy", "", DocumentState.UNCONFIGURED)))
    assert failed(report)["go_runtime_policy"].message == (
        "policy: found no path configured, wanted a readable JSON object"
    )


def test_registry_that_is_there_is_judged() -> None:
    report = backend(PILOT.but(tool_registry=parse_document("registry", "registry.json", b"{}")))
    assert statuses(report)["go_runtime_registry"] == "pass"
    assert report.checks[2].message == "1 condition met in registry.json"


def test_trap_08_fallback_and_parity_are_notes_and_no_constant_passes() -> None:
    """Trap 8: upstream's `python_fallback` and `parity_gate` pass always."""
    report = backend(PILOT)
    assert {"python_fallback", "parity_gate"}.isdisjoint(statuses(report))
    assert any("not observed here" in note for note in report.operator_notes)


def test_all_failed_checks_are_summarised() -> None:
    report = backend(PILOT.but(runtime=RuntimeFile(RUNTIME), compiled_policy=not_there("policy", "p.json")))
    assert report.summary == "2 of 2 checks failed: Runtime binary, Compiled policy"
