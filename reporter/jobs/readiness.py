"""One function for each thing that a person or a timer can start. Takes `now` once; reads aloud as the stages.

Collect, assess, render, seal. Jobs return values; the command line prints them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reporter import __version__
from reporter.assess.everything import assess_reports, inputs_for, needed_for, needs_records
from reporter.collect.case import collect_case
from reporter.errors import ReporterError, UsageFault, VerificationFailed, as_told
from reporter.jobs.files import BundleFiles
from reporter.jobs.loops import Evidence, read_large, states_of
from reporter.jobs.records import reading_of
from reporter.jobs.runs.results import kind_of
from reporter.model.case import EVERYBODY, Case, Request
from reporter.model.instants import format_instant
from reporter.model.progress import Tick, untold
from reporter.model.reports import AlertLevel, Report, Status
from reporter.settings_model import Settings
from reporter.stopping import end_if_asked

if TYPE_CHECKING:
    from reporter.jobs.guards import Guard
    from reporter.ledger import Head
    from reporter.loops.routes import LoopStates
    from reporter.model.gate import GateDecision
    from reporter.model.readiness import Inputs, Readiness
    from reporter.render.pdf import PdfWorkers
    from reporter.seal.keys import PublicKey, SigningKey

RUN_ID_PREFIX = "reprun"
PDFS = 3
"""A bundle has so many: more than one worker serves a single environment."""


class Outcome(NamedTuple):
    """What a run did for one environment. Without a bundle, `faults` says why, and `failure` of what kind it is."""

    environment: str
    status: Status | None = None
    readiness_state: str = ""
    closure_state: str = ""
    readiness_summary: str = ""
    alert_level: AlertLevel | None = None
    summary: str = ""
    bundle: str = ""
    digest: str = ""
    reports: Mapping[str, Status] = MappingProxyType({})
    failed_check_count: int = 0
    open_item_count: int = 0
    faults: tuple[str, ...] = ()
    failure: str = ""
    remarks: tuple[str, ...] = ()


class Run(NamedTuple):
    """One run over several environments, with the error of each that got no bundle."""

    run_id: str
    as_of: str
    outcomes: tuple[Outcome, ...]
    errors: tuple[ReporterError, ...]
    remarks: tuple[str, ...] = ()


def check_report(
    settings: Settings, environment: str, name: str, now: datetime, request: Request = EVERYBODY
) -> tuple[Report, Case]:
    """Assess one report, reading only what it and those below it need."""
    reports, case = check_reports(settings, environment, [name], now, request)
    return reports[name], case


def check_reports(  # noqa: PLR0913 - what is assessed, and from what
    settings: Settings,
    environment: str,
    names: Sequence[str],
    now: datetime,
    request: Request = EVERYBODY,
    *,
    states: "LoopStates | None" = None,
) -> tuple[dict[str, Report], Case]:
    """Assess reports and give them with those that they build on; without `states` the records are read for them.

    Release readiness looks at the bundles that are there, as that of a run does (domain.md A8).
    """
    inputs = frozenset[str]().union(*(inputs_for(name) for name in names))
    case = collect_case(settings, environment, now, inputs, request)
    if states is None and any(needs_records(name) for name in names):
        states = states_of(settings, environment, now, key=readable_key(settings)).states
    if any("release-readiness" in needed_for(name) for name in names):
        from reporter.jobs.earlier import promised_artifacts

        case = replace(case, artifacts=promised_artifacts(settings, environment, now, readable_key(settings)))
    return assess_reports(case, names, states), case


def decide_gate(settings: Settings, environment: str, now: datetime) -> "GateDecision":
    """Decide which backend may be selected, reading only what the mode asks for."""
    from reporter.assess.gate import assess_gate, gate_reports

    names = gate_reports(settings.environments[environment].mode)
    case = collect_case(settings, environment, now, frozenset[str]().union(*map(inputs_for, names)))
    return assess_gate(case, assess_reports(case, names) if names else {})


def readable_key(settings: Settings) -> "PublicKey | None":
    """Give the key of the bundles. Who checks may have no right to it, and then the bundles tell nothing."""
    from reporter.jobs.standing import public_key_of

    try:
        return public_key_of(settings)
    except UsageFault:
        return None


STEPS: Final = 3
"""Each environment is read, assessed and sealed: so often a run tells how far it is."""


def run_environments(  # noqa: PLR0913 - what a run is made from, and whom it tells
    settings: Settings,
    environments: Sequence[str],
    now: datetime,
    key: "SigningKey",
    wall_now: float,
    *,
    tick: Tick = untold,
) -> Run:
    """Run the main job. An environment that fails does not stop the others; `wall_now` only ages left-overs.

    Raise UsageFault for a connector configuration that cannot be read, and NotPublicSafe where the guard of private
    values fails its proof: nothing may be sealed then.
    """
    from reporter.jobs.guards import proved_guard
    from reporter.render.pdf import PdfWorkers

    guard = proved_guard(settings)
    units: dict[str, _Unit] = {}
    outcomes: dict[str, Outcome] = {}
    errors: list[ReporterError] = []
    read: dict[str, Evidence | None] = {}
    for name in environments:
        tick(f"{name}: reading records", 0)
        end_if_asked()
        try:
            read[name] = read_large(settings, name, now, key.public)
        except Exception as failed:  # noqa: BLE001 - whatever it is, the other environments go on
            errors.append(as_told(name, failed))
            outcomes[name] = Outcome(name, faults=errors[-1].faults, failure=kind_of(failed))
        tick(f"{name}: records read", 1)
    with PdfWorkers(PDFS * len(environments)) as pdfs:
        for name, evidence in read.items():
            tick(f"{name}: assessing", 0)
            end_if_asked()
            try:
                units[name] = _begin(settings, name, now, key, pdfs, evidence)
            except Exception as failed:  # noqa: BLE001 - as above
                errors.append(as_told(name, failed))
                outcomes[name] = Outcome(name, faults=errors[-1].faults, failure=kind_of(failed))
            tick(f"{name}: assessed", 1)
        for name, unit in units.items():
            tick(f"{name}: rendering and sealing", 0)
            end_if_asked()
            try:
                outcomes[name] = _finish(settings, unit, key, guard, wall_now)
            except Exception as failed:  # noqa: BLE001 - as above
                errors.append(as_told(name, failed))
                outcomes[name] = _outcome(unit, "", "")._replace(faults=errors[-1].faults, failure=kind_of(failed))
            tick(f"{name}: sealed", 1)
    end_if_asked()
    listed = tuple(outcomes[name] for name in environments)
    return Run(_run_id(settings, now, listed), format_instant(now), listed, tuple(errors), guard.remarks)


class _Unit(NamedTuple):
    """One environment on its way: assessed, with the PDFs in the making."""

    case: Case
    reports: dict[str, Report]
    readiness: "Readiness"
    inputs: "Inputs"
    evidence: Evidence
    files: BundleFiles


def _begin(  # noqa: PLR0913, PLR0917 - what an environment is made from
    settings: Settings,
    environment: str,
    now: datetime,
    key: "SigningKey",
    pdfs: "PdfWorkers",
    evidence: Evidence | None,
) -> _Unit:
    """Collect and assess one environment, and give the slowest part, the PDFs, to the workers."""
    from reporter.assess.readiness import build_inputs, build_readiness
    from reporter.jobs.delivery.attachment_records import read_attachments
    from reporter.jobs.earlier import look_back
    from reporter.jobs.lost_records import note_rewritten
    from reporter.jobs.runs.earlier import runs_before

    earlier = look_back(settings, environment, now, key)
    evidence = evidence or states_of(settings, environment, now, key=key.public)
    places = settings.environments[environment].records
    sources = note_rewritten(evidence.sources, places, reading_of(settings), earlier.before)
    case = replace(collect_case(settings, environment, now), artifacts=earlier.artifacts)
    reports = assess_reports(case, states=evidence.states)
    readiness = build_readiness(
        case,
        reports,
        __version__,
        previous=earlier.previous,
        before=earlier.before,
        trend=earlier.trend,
        records=sources,
        runs=runs_before(settings, environment, now, earlier.previous.as_of if earlier.previous else ""),
        attachments=read_attachments(settings, environment, now),
    )
    inputs = build_inputs(case, settings.digest(environment), sources)
    files = BundleFiles(readiness, reports, inputs, now, pdfs)
    return _Unit(case, reports, readiness, inputs, evidence, files)


def _finish(settings: Settings, unit: _Unit, key: "SigningKey", guard: "Guard", wall_now: float) -> Outcome:
    """Render the files, guard them, seal the bundle and verify what was written."""
    from reporter.render.html import is_large
    from reporter.seal.bundle import write_bundle
    from reporter.seal.verify import verify_bundle

    files = unit.files.render(key)
    predicate = _predicate(unit)
    predicate["guards"] = guard.results_for(unit.case.environment, files, predicate)
    bundle = write_bundle(
        settings.resolve(settings.bundles_dir),
        unit.case.environment,
        unit.case.now,
        files,
        predicate,
        key,
        wall_now=wall_now,
    )
    verification = verify_bundle(bundle.path, key.public)
    if verification.failures:
        raise VerificationFailed(
            *(f"{bundle.path}: {one.code}: {one.file}: {one.detail}" for one in verification.failures)
        )
    large = [name for name, content in files.items() if name.endswith(".html") and is_large(content)]
    remarks = [f"{bundle.path}/{name} has {len(files[name]):,} bytes; browsers will be slow" for name in large]
    newest = Path(bundle.path).with_name("latest").resolve().name
    if newest != Path(bundle.path).name:
        remarks.append(f"{unit.case.environment}: latest stays at {newest}, which is dated later than this bundle")
    return _outcome(unit, bundle.path, bundle.digest)._replace(remarks=tuple(remarks))


def _outcome(unit: _Unit, path: str, digest: str) -> Outcome:
    from reporter.assess.readiness import count_failed

    return Outcome(
        unit.case.environment,
        unit.readiness.status,
        unit.readiness.readiness_state,
        unit.readiness.closure_state,
        unit.readiness.loops.release_readiness.summary,
        unit.readiness.alert_level,
        unit.readiness.production.summary,
        path,
        digest,
        {name: report.status for name, report in unit.reports.items()},
        count_failed(unit.readiness),
        unit.readiness.loops.closure.open_item_count,
    )


def _predicate(unit: _Unit) -> dict[str, Any]:
    """Say in the signed statement what the bundle was made from (design.md, Bundle)."""
    from reporter.assess.readiness import count_failed

    readiness = unit.readiness
    previous = readiness.previous
    history = readiness.production.go_backend_rollback_drill_history.history
    dated = [drill.executed_at for drill in history.drills if drill.outcome in ("passed", "failed")]
    policy = readiness.policy.model_dump(mode="json")
    return {
        "tool": {"name": "reporter", "version": __version__},
        "environment": readiness.environment,
        "as_of": readiness.as_of,
        "status": readiness.status,
        "readiness_state": readiness.readiness_state,
        "closure_state": readiness.closure_state,
        "alert_level": readiness.alert_level,
        "failed_check_count": count_failed(readiness),
        "open_item_count": readiness.loops.closure.open_item_count,
        "settings_sha256": unit.inputs.settings_sha256,
        "policy": policy,
        "policy_sha256": _canonical_sha256(policy),
        "inputs": [{"alias": one.alias, "state": one.state, "sha256": one.sha256} for one in readiness.inputs],
        "records": [
            {"alias": one.alias, "sha256": one.sha256, "record_count": one.record_count} for one in readiness.records
        ],
        "ledger_head": _noted(unit.evidence.head),
        "run_head": _noted(unit.evidence.run_head),
        "observation_window": {"from": min(dated, default=readiness.as_of), "to": readiness.as_of},
        "previous": {"digest": previous.digest, "as_of": previous.as_of} if previous else None,
    }


def _noted(head: "Head | None") -> dict[str, Any] | None:
    return head._asdict() if head and head.sequence else None


def _canonical_sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _run_id(settings: Settings, now: datetime, outcomes: tuple[Outcome, ...]) -> str:
    """Name a run after what it was asked and what it made, as upstream names its records (domain.md B)."""
    made = {one.environment: one.digest for one in outcomes}
    asked = {one.environment: settings.digest(one.environment) for one in outcomes}
    fields = {"as_of": format_instant(now), "settings": asked, "bundles": made}
    return f"{RUN_ID_PREFIX}-{_canonical_sha256(fields)[:16]}"
