"""One function for each thing that a person or a timer can start. Takes `now` once; reads aloud as the stages.

Collect, assess, render, seal. Jobs return values; the command line prints them.
"""

import hashlib
import json
import traceback
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter import __version__
from reporter.assess.everything import assess_reports, inputs_for
from reporter.collect.case import collect_case
from reporter.errors import KeyFault, ReporterError, UsageFault, VerificationFailed
from reporter.model.case import EVERYBODY, Case, Request
from reporter.model.instants import format_instant
from reporter.model.registry import REPORTS
from reporter.model.reports import AlertLevel, ProductionReport, Report, Status
from reporter.settings import Settings, read_secret

if TYPE_CHECKING:
    from concurrent.futures import Future

    from reporter.model.readiness import Inputs, Previous, Readiness
    from reporter.render.pdf import PdfWorkers
    from reporter.render.shapes import View
    from reporter.seal.keys import KeyPair, SigningKey

RUN_ID_PREFIX = "reprun"


class Outcome(NamedTuple):
    """What a run did for one environment. Without a bundle, `faults` says why."""

    environment: str
    status: Status | None
    alert_level: AlertLevel | None
    summary: str
    bundle: str
    digest: str
    reports: dict[str, Status]
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Run(NamedTuple):
    """One run over several environments, with the error of each that got no bundle."""

    run_id: str
    as_of: str
    outcomes: tuple[Outcome, ...]
    errors: tuple[ReporterError, ...]


def check_report(
    settings: Settings, environment: str, name: str, now: datetime, request: Request = EVERYBODY
) -> tuple[Report, Case]:
    """Assess one report, reading only what it and those below it need."""
    case = collect_case(settings, environment, now, inputs_for(name), request)
    return assess_reports(case, [name])[name], case


def run_environments(
    settings: Settings, environments: Sequence[str], now: datetime, key: "SigningKey", wall_now: float
) -> Run:
    """Run the main job. An environment that fails does not stop the others; `wall_now` only ages left-overs."""
    from reporter.render.pdf import PdfWorkers

    units: dict[str, _Unit] = {}
    outcomes: dict[str, Outcome] = {}
    errors: list[ReporterError] = []
    with PdfWorkers(len(environments)) as pdfs:
        for name in environments:
            try:
                units[name] = _begin(settings, name, now, key, pdfs)
            except Exception as failed:  # noqa: BLE001 - whatever it is, the other environments go on
                errors.append(_told(name, failed))
                outcomes[name] = Outcome(name, None, None, "", "", "", {}, errors[-1].faults)
        for name, unit in units.items():
            try:
                outcomes[name] = _finish(settings, unit, key, wall_now)
            except Exception as failed:  # noqa: BLE001 - as above
                errors.append(_told(name, failed))
                outcomes[name] = _outcome(unit, "", "", errors[-1].faults)
    listed = tuple(outcomes[name] for name in environments)
    return Run(_run_id(settings, now, listed), format_instant(now), listed, tuple(errors))


def _told(environment: str, failed: Exception) -> ReporterError:
    """Tell an expected error as it is, and a bug by its place alone: its text may hold what no log should."""
    if isinstance(failed, ReporterError):
        return failed
    place = traceback.extract_tb(failed.__traceback__)[-1]
    return ReporterError(
        f"{environment}: this is a bug in reporter, please report it:"
        f" {type(failed).__name__} in {Path(place.filename).name}, line {place.lineno} ({place.name})"
    )


class _Unit(NamedTuple):
    """One environment on its way: assessed, with the PDF in the making."""

    case: Case
    reports: dict[str, Report]
    readiness: "Readiness"
    inputs: "Inputs"
    view: "View"
    pdf: "Future[bytes]"


def _begin(settings: Settings, environment: str, now: datetime, key: "SigningKey", pdfs: "PdfWorkers") -> _Unit:
    """Collect and assess one environment, and give the slowest part, the PDF, to a worker."""
    from reporter.assess.readiness import build_inputs, build_readiness
    from reporter.render.html import render_readiness_paper
    from reporter.render.json import write_json
    from reporter.render.view import build_view

    case = collect_case(settings, environment, now)
    reports = assess_reports(case)
    production = reports["production"]
    assert isinstance(production, ProductionReport)  # noqa: S101 - the registry says so, for mypy
    previous, before = _previous(settings, environment, now, key)
    readiness = build_readiness(case, production, __version__, previous, before)
    view = build_view(readiness)
    pdf = pdfs.submit(render_readiness_paper(view), write_json(readiness), now)
    return _Unit(case, reports, readiness, build_inputs(case, settings.digest(environment)), view, pdf)


def _files(unit: _Unit, key: "SigningKey") -> dict[str, bytes]:
    """Render every file of the bundle; the PDF comes last, for a worker is at it meanwhile."""
    from reporter.render.html import render_index_html, render_readiness_html
    from reporter.render.json import write_json

    document = write_json(unit.readiness)
    return {
        "index.html": render_index_html(unit.view),
        "readiness.html": render_readiness_html(unit.view, document),
        "readiness.json": document,
        "inputs.json": write_json(unit.inputs),
        "VERIFY.md": _verify_text(key),
        **{kind.file: write_json(unit.reports[kind.name]) for kind in REPORTS},
        **_schemas(),
        "readiness.pdf": unit.pdf.result(),
    }


def _finish(settings: Settings, unit: _Unit, key: "SigningKey", wall_now: float) -> Outcome:
    """Render the files, seal the bundle and verify what was written."""
    from reporter.render.html import is_large
    from reporter.seal.bundle import write_bundle
    from reporter.seal.verify import verify_bundle

    files = _files(unit, key)
    bundle = write_bundle(
        settings.resolve(settings.bundles_dir),
        unit.case.environment,
        unit.case.now,
        files,
        _predicate(unit),
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


def _outcome(unit: _Unit, path: str, digest: str, faults: tuple[str, ...] = ()) -> Outcome:
    return Outcome(
        unit.case.environment,
        unit.readiness.status,
        unit.readiness.alert_level,
        unit.readiness.production.summary,
        path,
        digest,
        {name: report.status for name, report in unit.reports.items()},
        faults,
    )


def _predicate(unit: _Unit) -> dict[str, Any]:
    """Say in the signed statement what the bundle was made from (design.md, Bundle)."""
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
        "settings_sha256": unit.inputs.settings_sha256,
        "policy": policy,
        "policy_sha256": _canonical_sha256(policy),
        "inputs": [{"alias": one.alias, "state": one.state, "sha256": one.sha256} for one in readiness.inputs],
        "observation_window": {"from": min(dated, default=readiness.as_of), "to": readiness.as_of},
        "previous": {"digest": previous.digest, "as_of": previous.as_of} if previous else None,
    }


def _previous(
    settings: Settings, environment: str, now: datetime, key: "SigningKey"
) -> tuple["Previous | None", ProductionReport | None]:
    """Find the bundle before this one; what it says only counts when it still verifies."""
    from pydantic import ValidationError

    from reporter.model.readiness import Previous, Readiness
    from reporter.seal.bundle import previous_bundle
    from reporter.seal.verify import verify_bundle

    found = previous_bundle(settings.resolve(settings.bundles_dir), environment, now)
    if found is None:
        return None, None
    as_of = format_instant(found.as_of)
    verification = verify_bundle(found.path, key.public)
    sealed = verification.statement["predicate"] if verification.statement and not verification.failures else {}
    # A bundle that was copied here from elsewhere verifies, but it is not the one before this.
    if (sealed.get("environment"), sealed.get("as_of")) == (environment, as_of):
        try:
            raw = Path(found.path, "readiness.json").read_bytes()
            before = Readiness.model_validate_json(raw)
        except (OSError, ValidationError):
            pass
        else:
            seen = Previous(digest=found.digest, as_of=as_of, status=before.status, verified=True)
            return seen, before.production
    return Previous(digest=found.digest, as_of=as_of, status=None, verified=False), None


def signing_key(settings: Settings) -> tuple["SigningKey", str]:
    """Load the signing key, and say so when it had to be made.

    A key that somebody named must exist. The default one is made on the first run, so that upstream's variables
    alone are enough.
    """
    from reporter.seal.keys import load_signing_key, read_signing_key

    kind, _, name = settings.signing_key.partition(":")
    if kind != "file":
        return load_signing_key(read_secret(settings, settings.signing_key, "signing_key"), settings.signing_key), ""
    path = Path(settings.resolve(name))
    if path.exists() or settings.signing_key_given:
        return read_signing_key(path), ""
    try:
        made = make_key_pair(path)
    except KeyFault:
        # Another run made it meanwhile.
        return read_signing_key(path), ""
    return read_signing_key(path), (
        f"made a signing key: {made.private_path} (key id {made.key_id}); give {made.public_path} to your auditors"
    )


def make_key_pair(path: Path) -> "KeyPair":
    """Make a key pair, and the directory that it is to stand in."""
    from reporter.seal.keys import new_key_pair

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageFault(f"{path.parent}: cannot be made: {error.strerror}; choose another place for the key") from None
    return new_key_pair(path)


def own_public_key(settings: Settings) -> bytes | None:
    """Give the public half of the signing key as PEM; None when the default key was not made yet."""
    kind, _, name = settings.signing_key.partition(":")
    if kind == "file" and not settings.signing_key_given and not Path(settings.resolve(name)).exists():
        return None
    key, _ = signing_key(settings)
    return key.public_pem()


def chosen_environments(settings: Settings, wanted: Sequence[str]) -> list[str]:
    """Give the environments to run: those named, else all."""
    known = ", ".join(sorted(settings.environments)) or "none"
    unknown = [name for name in wanted if name not in settings.environments]
    if unknown:
        raise UsageFault(*(f"environment {name!r} is not in the settings; known: {known}" for name in unknown))
    if not settings.environments:
        raise UsageFault(
            "nothing to assess: no [environments.NAME] in a settings file and no CAVRA_* variable;"
            " `reporter init DIR` writes settings, --settings names them"
        )
    return list(dict.fromkeys(wanted)) or sorted(settings.environments)


@cache
def _schemas() -> dict[str, bytes]:
    from reporter.model.schemas import bundle_schemas, write_schema

    return {f"schemas/{name}.json": write_schema(schema) for name, schema in bundle_schemas()}


def _verify_text(key: "SigningKey") -> bytes:
    from reporter.assets import templates_dir
    from reporter.seal.instructions import verify_text

    return verify_text((templates_dir() / "VERIFY.md").read_text(encoding="utf-8"), key.key_id)


def _canonical_sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _run_id(settings: Settings, now: datetime, outcomes: tuple[Outcome, ...]) -> str:
    """Name a run after what it was asked and what it made, as upstream names its records (domain.md B)."""
    made = {one.environment: one.digest for one in outcomes}
    asked = {one.environment: settings.digest(one.environment) for one in outcomes}
    fields = {"as_of": format_instant(now), "settings": asked, "bundles": made}
    return f"{RUN_ID_PREFIX}-{_canonical_sha256(fields)[:16]}"
