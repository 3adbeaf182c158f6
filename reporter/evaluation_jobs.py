"""Deciding about one action: Python's decision first, then Go's where the gate lets it take part (domain.md B8.3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from reporter.assess.everything import assess_reports, inputs_for
from reporter.assess.gate import assess_gate, gate_reports
from reporter.collect.case import collect_case
from reporter.errors import UsageFault
from reporter.evaluation.decision import ActionRequest, decide
from reporter.evaluation.parity import Evaluation, judge, may_ask_go
from reporter.evaluation.policy import CompiledPolicy, ToolRegistry, read_policy, read_registry
from reporter.evaluation.runtime import Runtime, ask_runtime
from reporter.model.case import Case
from reporter.model.documents import Document
from reporter.settings_model import EnvironmentSettings, Settings

_DECIDED_BY = frozenset({"runtime", "policy", "registry"})


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
