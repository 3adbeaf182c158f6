"""Deciding about actions: Python's decision first, then Go's where the gate lets it take part (domain.md B8.3).

Over many actions, whatever the gate says, this is the proof of parity that promotion is judged by (B1.5).
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from reporter.assess.everything import assess_reports, inputs_for
from reporter.assess.gate import assess_gate, gate_reports
from reporter.collect.case import collect_case
from reporter.errors import UsageFault
from reporter.evaluation.cases import read_cases
from reporter.evaluation.decision import ActionRequest, decide
from reporter.evaluation.parity import Evaluation, Mismatch, ParityEvidence, judge, may_ask_go, mismatch_of
from reporter.evaluation.policy import CompiledPolicy, ToolRegistry, read_policy, read_registry
from reporter.evaluation.runtime import Runtime, ask_runtime
from reporter.model.case import Case
from reporter.model.documents import Document
from reporter.model.instants import format_instant
from reporter.settings_model import EnvironmentSettings, Settings

MOST_SHOWN: Final = 100
"""Mismatches that evidence lists; it counts them all."""

_DECIDED_BY: Final = frozenset({"runtime", "policy", "registry"})


def evaluate_action(settings: Settings, environment: str, now: datetime, request: ActionRequest) -> Evaluation:
    """Evaluate an action. Raise UsageFault where the policy or the registry cannot be read: nothing decides then."""
    chosen = settings.environments[environment]
    _refuse_addresses(chosen)
    names = gate_reports(chosen.mode)
    case = collect_case(settings, environment, now, _DECIDED_BY.union(*map(inputs_for, names)))
    policy, registry = _rules_of(case)
    python = decide(request, policy, registry)
    gate = assess_gate(case, assess_reports(case, names) if names else {})
    go = ask_runtime(_runtime_of(settings, chosen), request) if may_ask_go(gate) else None
    return judge(gate, python, go)


def prove_parity(settings: Settings, environment: str, now: datetime, file: Path) -> ParityEvidence:
    """Evaluate every case of a file by both backends, whatever the gate says: this is what promotion is judged by.

    Raise UsageFault where a case, the runtime, the policy or the registry cannot be read, or changed meanwhile.
    """
    chosen = settings.environments[environment]
    raw = _read_cases_file(file)
    requests = read_cases(raw, file.name)
    _refuse_addresses(chosen)
    wanted = _DECIDED_BY | inputs_for("deployment")
    case = collect_case(settings, environment, now, wanted)
    faults = [f"{case.runtime.document.name or 'runtime_path'}: found {one}" for one in _unusable(case)]
    if faults:
        raise UsageFault(*faults)
    policy, registry = _rules_of(case)
    runtime = _runtime_of(settings, chosen)

    def compare(numbered: tuple[int, ActionRequest]) -> Mismatch | None:
        number, request = numbered
        return mismatch_of(number, request, decide(request, policy, registry), ask_runtime(runtime, request))

    with ThreadPoolExecutor() as together:
        mismatches = tuple(filter(None, together.map(compare, enumerate(requests, 1))))
    digests = _digests_of(case)
    if _digests_of(collect_case(settings, environment, now, _DECIDED_BY)) != digests:
        raise UsageFault("runtime, policy or registry changed while they were compared: run it again")
    return ParityEvidence(
        environment=environment,
        generated_at=format_instant(now),
        parity_status="fail" if mismatches else "pass",
        deployment_status=assess_reports(case, ["deployment"])["deployment"].status,
        case_count=len(requests),
        match_count=len(requests) - len(mismatches),
        mismatch_count=len(mismatches),
        mismatches=mismatches[:MOST_SHOWN],
        cases_sha256=hashlib.sha256(raw).hexdigest(),
        runtime_sha256=digests.runtime,
        policy_sha256=digests.policy,
        registry_sha256=digests.registry,
    )


def _read_cases_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageFault(f"{file}: found {error.strerror}, wanted a file of cases") from None


def _unusable(case: Case) -> Iterator[str]:
    document = case.runtime.document
    if not document.configured:
        yield "no path configured, wanted the Go runtime"
    yield from (f"{one.found}, wanted {one.wanted}" for one in document.faults)


class _Digests(NamedTuple):
    """The files that decide, by their digests; empty for one that is not configured."""

    runtime: str
    policy: str
    registry: str


def _digests_of(case: Case) -> _Digests:
    read = (case.runtime.document, case.compiled_policy, case.tool_registry)
    return _Digests(*(one.sha256 or "" for one in read))


def _rules_of(case: Case) -> tuple[CompiledPolicy, ToolRegistry | None]:
    policy, wrong = read_policy(case.compiled_policy.value or {})
    registry, wrong_there = read_registry(case.tool_registry.value or {})
    faults = list(_unread(case.compiled_policy))
    faults += [f"{case.compiled_policy.name}: {one}" for one in wrong]
    if case.tool_registry.configured:
        faults += [*_unread(case.tool_registry), *(f"{case.tool_registry.name}: {one}" for one in wrong_there)]
    if faults:
        raise UsageFault(*faults)
    return policy, registry if case.tool_registry.configured else None


def _unread(document: Document) -> Iterator[str]:
    if not document.configured:
        yield f"{document.alias}_path: found nothing, wanted the compiled policy: without it nothing can be decided"
    yield from (f"{document.name}: found {one.found}, wanted {one.wanted}" for one in document.faults)


def _refuse_addresses(chosen: EnvironmentSettings) -> None:
    """Raise UsageFault where the Go runtime would have to read over https: it reads files alone."""
    remote = [key for key in ("policy_path", "registry_path") if getattr(chosen, key).startswith("https://")]
    if remote and chosen.mode.enabled:
        raise UsageFault(
            *(f"{key}: found an https:// address, wanted a file: the Go runtime reads it" for key in remote)
        )


def _runtime_of(settings: Settings, chosen: EnvironmentSettings) -> Runtime:
    return Runtime(
        Path(settings.resolve(chosen.runtime_path)),
        Path(settings.resolve(chosen.policy_path)),
        Path(settings.resolve(chosen.registry_path)) if chosen.registry_path else None,
        timedelta(seconds=chosen.timeout_seconds),
    )
