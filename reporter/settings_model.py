"""The settings as a model: every key with its type, unit, description and example.

Validation, `reporter settings example` and the reference in the docs come from these fields. Secrets are references
here, never values. `settings` reads the file and the environment into this.
"""

import hashlib
import json
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from reporter.model.manifests import BY_ALIAS
from reporter.model.text import show
from reporter.model.words import Mode
from reporter.settings_places import (
    DEFAULT_BUNDLES_DIR,
    DEFAULT_LEDGER,
    DEFAULT_SIGNING_KEY,
    ENVIRONMENT_NAME,
    LEDGERS,
    state_path_of,
)

# A plugin of pydantic could change what is valid, and looking for one reads the metadata of every installed package.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # noqa: TID251 - set for pydantic, not read


class LogFormat(StrEnum):
    """How a line is written."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """How much a line matters, the least first."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Role(StrEnum):
    """What the bearer of a token may do over HTTP. Each may do what those before it may."""

    READ = "read"
    OPERATE = "operate"
    APPROVE = "approve"


class SecretRef(str):
    """Where a secret is, never the secret: `env:NAME`, `file:PATH` or `credential:NAME`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Print nothing of it."""
        return "<secret>"


def _secret_ref(value: object) -> SecretRef:
    kinds = ("env:", "file:", "credential:")
    if isinstance(value, str) and value.startswith(kinds) and value.partition(":")[2].strip():
        return SecretRef(value)
    raise ValueError("found something else (not shown), wanted a reference: env:NAME, file:PATH or credential:NAME")


def _mode(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _number(value: object) -> object:
    # To pydantic, true is 1.
    if isinstance(value, bool):
        raise ValueError(f"found {show(value)}, wanted a number")  # noqa: TRY004 - pydantic lists ValueErrors
    return value


def _place(value: object) -> object:
    """Refuse an address that is not https, or that carries a password: both would leak."""
    if not isinstance(value, str):
        return value
    if "\0" in value:
        raise ValueError("found a NUL character, wanted a path or an https:// address")
    if "://" in value or value.lower().startswith(("http:", "https:")):
        if not value.startswith("https://"):
            raise ValueError("found another kind of address (not shown), wanted a path or an https:// address")
        if "@" in value.partition("://")[2].partition("/")[0]:
            raise ValueError("found an address with a password (not shown), wanted the token under https.tokens")
        if not _reachable(value):
            raise ValueError("found an address that cannot be (not shown), wanted https://HOST/PATH without a fragment")
    return value


def _reachable(address: str) -> bool:
    """Say whether an address names a host and a port that can exist; it is not asked."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - only an address needs it

    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        return bool(host) and (parts.port or 443) > 0 and not parts.fragment and address.isprintable()
    except ValueError:
        return False


def _local(value: object) -> object:
    if isinstance(value, str) and ("://" in value or "\0" in value):
        raise ValueError("found an address (not shown), wanted a path on this machine")
    return value


def _record_place(value: object) -> object:
    """Let a ledger's address pass beside paths and https://; a password never."""
    if isinstance(value, str) and value.startswith(LEDGERS):
        return _ledger(value)
    return _place(value)


def _ledger(value: object) -> object:
    if isinstance(value, str) and "@" in value and ":" in value.partition("://")[2].rpartition("@")[0]:
        raise ValueError("found an address with a password (not shown), wanted a reference under ledger_password")
    if not (isinstance(value, str) and value.startswith(LEDGERS)) or "password=" in value:
        raise ValueError(f"found something else (not shown), wanted {' or '.join(LEDGERS)} and where it is")
    return value


def _address(value: object) -> object:
    """Take one e-mail address, and show none that is wrong."""
    if not isinstance(value, str) or not re.fullmatch(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+", value):
        raise ValueError("found something else (not shown), wanted one e-mail address: NAME@DOMAIN")
    return value


def _cron(value: object) -> object:
    if isinstance(value, str):
        from reporter.cron_times import parse_cron  # noqa: PLC0415 - only a schedule needs it

        parse_cron(value)
    return value


def _timezone(value: object) -> object:
    if isinstance(value, str):
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - likewise

        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"found {show(value)}, wanted a time zone such as Europe/Berlin") from None
    return value


def _release_record(value: object) -> object:
    if isinstance(value, str):
        from reporter.model.guards import broken_rules  # noqa: PLC0415 - likewise
        from reporter.model.release_records import read_reference  # noqa: PLC0415 - likewise

        read = read_reference(value)
        if isinstance(read, str):
            raise ValueError(read)  # noqa: TRY004 - pydantic lists ValueErrors
        for rule in broken_rules(value):
            raise ValueError(f"found {rule.refuses} (not shown), wanted none in a record; rule {rule.id}")
    return value


Secret = Annotated[SecretRef, PlainValidator(_secret_ref)]
Place = Annotated[str, BeforeValidator(_place)]
LocalPath = Annotated[str, BeforeValidator(_local)]
RecordPlace = Annotated[str, BeforeValidator(_record_place), Field(min_length=1)]
Address = Annotated[str, BeforeValidator(_address)]
ReleaseRecord = Annotated[str, BeforeValidator(_release_record)]
Days = Annotated[float, BeforeValidator(_number), Field(gt=0, le=3660, allow_inf_nan=False)]
Seconds = Annotated[float, BeforeValidator(_number), Field(gt=0, le=3600, allow_inf_nan=False)]
Bytes = Annotated[int, BeforeValidator(_number), Field(ge=1_000, le=1_000_000_000)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _path(what: str, example: str, env: str) -> Any:  # noqa: ANN401 - as pydantic's Field
    extra: Any = {"env": env} if env else None
    return Field(default="", description=what, examples=[example], json_schema_extra=extra)


def _manifest(alias: str) -> Any:  # noqa: ANN401 - as pydantic's Field
    kind = BY_ALIAS[alias]
    return _path(f"{kind.title} manifest: a path or an https:// address.", f"manifests/{kind.file_name}", kind.env)


class RecoverySettings(_Keys):
    """When the failures of a provider call for a recovery, and how long it may take."""

    min_failures: Annotated[int, BeforeValidator(_number), Field(ge=1, le=1000)] = Field(
        default=2, description="Failed attempts within the lookback that call for a recovery.", examples=[2]
    )
    lookback_hours: Annotated[float, BeforeValidator(_number), Field(gt=0, le=8760, allow_inf_nan=False)] = Field(
        default=24.0, description="Hours that failures are looked back for.", examples=[24]
    )
    slo_minutes: Annotated[float, BeforeValidator(_number), Field(gt=0, le=525_600, allow_inf_nan=False)] = Field(
        default=240.0, description="Minutes that a recovery may stay open.", examples=[240]
    )


class DeliverSettings(_Keys):
    """What a run of one environment brings to people and systems, and where. Nothing is sent that is not asked for."""

    notify: bool = Field(default=False, description="Tell owners of the next rollback drill.", examples=[True])
    alert: bool = Field(default=False, description="Tell of workers that are not well.", examples=[True])
    retry: bool = Field(default=False, description="Try again what failed and may be retried.", examples=[True])
    mail: bool = Field(default=False, description="Mail the executive closure report.", examples=[True])
    attach: tuple[ReleaseRecord, ...] = Field(
        default=(),
        description="Release approval records to attach the bundle to; `reporter attach --help` lists the kinds.",
        examples=[["github:example/pilot@v1.4.0", "directory:/srv/release-records"]],
    )
    executives: tuple[Address, ...] = Field(
        default=(),
        repr=False,
        description="E-mail addresses that the executive closure report goes to; never shown or stored.",
        examples=[["cto@example.org"]],
    )
    link: Place = Field(
        default="",
        description="https:// address under which bundles are published, for links in messages.",
        examples=["https://evidence.example.org/bundles"],
    )


class JobSettings(_Keys):
    """One job of `reporter schedule`; also what a bundle counts missed runs by, whoever starts them."""

    cron: Annotated[str, BeforeValidator(_cron)] = Field(
        description="When it is due: minute, hour, day of the month, month, day of the week.", examples=["15 6 * * *"]
    )
    timezone: Annotated[str, BeforeValidator(_timezone)] = Field(
        default="UTC", description="The time zone of `cron`.", examples=["Europe/Berlin"]
    )
    command: tuple[str, ...] = Field(
        default=(),
        description="The words after `reporter`. Default: those of a job of this name.",
        examples=[["run", "--environment", "production-pilot"]],
    )
    grace_minutes: Annotated[float, BeforeValidator(_number), Field(gt=0, le=525_600, allow_inf_nan=False)] = Field(
        default=1440.0,
        description="Minutes after which a job that could not start is left out. One that is caught up runs once.",
        examples=[1440],
    )


class EnvironmentSettings(_Keys):
    """One promoted pilot."""

    mode: Annotated[Mode, BeforeValidator(_mode)] = Field(
        default=Mode.DISABLED,
        description="How the Go backend takes part: disabled, shadow, enforce or promoted.",
        examples=["promoted"],
        json_schema_extra={"env": "CAVRA_GO_BACKEND_MODE"},
    )
    manifests_dir: Place = Field(
        default="",
        description="Directory (or https:// base) that holds every manifest under its default name.",
        examples=["manifests/production-pilot"],
    )
    records: tuple[RecordPlace, ...] = Field(
        default=(),
        description="Evidence records: paths, patterns and https:// addresses; `ledger` for our own.",
        examples=[["evidence/*.jsonl"]],
    )
    package_dir: Place = _path(
        "Directory of the Go runtime release package with its four release manifests.",
        "/opt/cavra/go-runtime-release",
        "CAVRA_GO_RUNTIME_PACKAGE_DIR",
    )
    runtime_path: LocalPath = _path(
        "Path of the Go runtime binary.", "/opt/cavra/bin/cavra-runtime", "CAVRA_GO_RUNTIME_PATH"
    )
    policy_path: Place = _path(
        "Path of the compiled policy.", "/etc/cavra/compiled-policy.json", "CAVRA_GO_RUNTIME_POLICY"
    )
    registry_path: Place = _path(
        "Path of the tool registry; optional.", "/etc/cavra/registry.json", "CAVRA_GO_RUNTIME_REGISTRY"
    )
    endpoint_deployment_path: Place = _manifest("endpoint_deployment")
    ci_runner_bundles_path: Place = _manifest("ci_runner_bundles")
    channel_manifest_path: Place = _manifest("channel_manifest")
    updater_policy_path: Place = _manifest("updater_policy")
    promotion_evidence_path: Place = _manifest("promotion_evidence")
    rollback_plan_path: Place = _manifest("rollback_plan")
    rollback_rehearsal_path: Place = _manifest("rollback_rehearsal")
    rollback_drill_history_path: Place = _manifest("rollback_drill_history")
    rollback_drill_schedule_path: Place = _manifest("rollback_drill_schedule")
    routing_policy_path: Place = _manifest("routing_policy")
    rollback_drill_max_age_days: Days = Field(
        default=90.0,
        description="Days after which the latest drill is no longer recent.",
        examples=[90],
        json_schema_extra={"env": "CAVRA_GO_ROLLBACK_DRILL_MAX_AGE_DAYS"},
    )
    rollback_drill_due_soon_days: Days = Field(
        default=14.0,
        description="Days before the due date from which a drill is due soon.",
        examples=[14],
        json_schema_extra={"env": "CAVRA_GO_ROLLBACK_DRILL_DUE_SOON_DAYS"},
    )
    timeout_seconds: Seconds = Field(
        default=5.0,
        description="Seconds that one evaluation by the Go runtime may take.",
        examples=[5],
        json_schema_extra={"env": "CAVRA_GO_RUNTIME_TIMEOUT_SECONDS"},
    )
    executor: str = Field(
        default="",
        description="Who executes retries: an approval by the same person is flagged as self-approved.",
        examples=["retry-worker"],
    )
    loops: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Rules of single loops in upstream's words; the table of the domain holds where none are given.",
        examples=[{"executive_report": {"max_retry_attempts": 5, "interval_minutes": 30}}],
    )
    recovery: RecoverySettings = Field(
        default_factory=RecoverySettings.model_construct, description="When a connector needs a recovery."
    )
    deliver: DeliverSettings = Field(
        default_factory=DeliverSettings.model_construct, description="What is brought to people and systems."
    )


class HttpsSettings(_Keys):
    """Reading manifests over https. Redirects are never followed."""

    timeout_seconds: Seconds = Field(default=10.0, le=600, description="Seconds for one whole request.", examples=[10])
    ca_file: LocalPath = Field(
        default="",
        description="PEM file of the certificate authorities to trust instead of the system's.",
        examples=["/etc/ssl/private-ca.pem"],
    )
    tokens: dict[str, Secret] = Field(
        default_factory=dict,
        description="Bearer token by host name; it is sent to that host alone.",
        examples=[{"manifests.example.org": "env:MANIFEST_TOKEN"}],
    )


class RetentionSettings(_Keys):
    """Which bundles `reporter prune` keeps. A bundle goes only where every rule that is given lets it go."""

    days: Annotated[int, BeforeValidator(_number), Field(ge=0, le=36_600)] = Field(
        default=0, description="Keep bundles of so many days; 0 is no rule.", examples=[400]
    )
    count: Annotated[int, BeforeValidator(_number), Field(ge=0, le=100_000)] = Field(
        default=0, description="Keep so many of the newest bundles of each environment; 0 is no rule.", examples=[90]
    )
    holds: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{12,64}$")], ...] = Field(
        default=(),
        description="Digests of bundles on legal hold, 12 digits at least; `reporter prune --hold` records one.",
        examples=[["58e1f2c07b9d"]],
    )


class TokenSettings(_Keys):
    """One caller of `reporter serve`. Its name stands in the ledger as who decided."""

    secret: Secret = Field(
        description="The bearer token, by reference: 32 characters at least, as chance has them.",
        examples=["credential:lead-token"],
    )
    role: Role = Field(
        default=Role.READ,
        description="read; operate, which plans, sends and answers too; approve, which lets retries through too.",
        examples=["operate"],
    )


class ServeSettings(_Keys):
    """The HTTP paths of `reporter serve`."""

    host: Annotated[str, Field(pattern=r"^[0-9A-Za-z:.-]+$")] = Field(
        default="127.0.0.1", description="The address to listen at.", examples=["127.0.0.1"]
    )
    port: Annotated[int, BeforeValidator(_number), Field(ge=0, le=65_535)] = Field(
        default=8000, description="The port to listen at; 0 takes a free one.", examples=[8000]
    )
    allow_remote: bool = Field(
        default=False,
        description="Listen at an address that other machines reach: put TLS in front of it.",
        examples=[True],
    )
    hosts: tuple[Annotated[str, Field(pattern=r"^[0-9A-Za-z:.\[\]-]+$")], ...] = Field(
        default=(),
        description="Names that callers may use for this server, besides those of loopback.",
        examples=[["evidence.example.org"]],
    )
    max_age_seconds: Annotated[float, BeforeValidator(_number), Field(ge=0, le=60, allow_inf_nan=False)] = Field(
        default=2.0,
        description="Seconds that a report may be answered from memory while nothing it was made from changed.",
        examples=[2.0],
    )
    max_body_bytes: Annotated[int, BeforeValidator(_number), Field(ge=1_000, le=10_000_000)] = Field(
        default=65_536, description="Bytes that the body of a request may have.", examples=[65_536]
    )
    max_connections: Annotated[int, BeforeValidator(_number), Field(ge=2, le=10_000)] = Field(
        default=200, description="Connections at a time; of one address, half of them.", examples=[200]
    )
    timeout_seconds: Annotated[float, BeforeValidator(_number), Field(gt=0, le=600, allow_inf_nan=False)] = Field(
        default=10.0,
        description="Seconds that a caller may take for the head of a request, for its body, and to read the answer.",
        examples=[10.0],
    )
    requests_per_second: Annotated[float, BeforeValidator(_number), Field(gt=0, le=100_000, allow_inf_nan=False)] = (
        Field(default=300.0, description="Requests a second of one token; twice as many at once.", examples=[300.0])
    )
    failures_per_minute: Annotated[float, BeforeValidator(_number), Field(gt=0, le=1e9, allow_inf_nan=False)] = Field(
        default=30.0, description="Requests a minute of one address without a token that is known.", examples=[30.0]
    )
    tokens: dict[Annotated[str, Field(pattern=ENVIRONMENT_NAME)], TokenSettings] = Field(
        default_factory=dict,
        description="The callers, by name.",
        examples=[{"lead": {"secret": "credential:lead-token", "role": "approve"}}],
    )


class Settings(_Keys):
    """Everything that a run needs to know."""

    bundles_dir: Annotated[str, Field(min_length=1), BeforeValidator(_local)] = Field(
        default=DEFAULT_BUNDLES_DIR,
        description="Directory that bundles are written to.",
        examples=[DEFAULT_BUNDLES_DIR],
    )
    signing_key: Secret = Field(
        default=SecretRef(DEFAULT_SIGNING_KEY),
        description="The Ed25519 private key (PEM) that seals bundles, by reference.",
        examples=[DEFAULT_SIGNING_KEY],
    )
    ledger: Annotated[str, BeforeValidator(_ledger)] = Field(
        default=DEFAULT_LEDGER,
        description="The ledger: sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME.",
        examples=[DEFAULT_LEDGER],
    )
    ledger_password: Secret | None = Field(
        default=None, description="The password of a PostgreSQL ledger, by reference.", examples=["env:LEDGER_PASSWORD"]
    )
    state_dir: LocalPath = Field(
        default="",
        description="Directory of the lock of runs. Default: that of an SQLite ledger, else `state`.",
        examples=["/var/lib/reporter/state"],
    )
    heartbeat_url: Secret | None = Field(
        default=None,
        description="Address, by reference, to ping at the start and the end of every run, as Healthchecks has it.",
        examples=["env:HEARTBEAT_URL"],
    )
    metrics_file: LocalPath = Field(
        default="",
        description="File of metrics for node_exporter's textfile collector, written after every run.",
        examples=["/var/lib/node_exporter/textfile/reporter.prom"],
    )
    log_format: LogFormat = Field(
        default=LogFormat.CONSOLE,
        description="How jobs write to stderr: console, or json with one object a line.",
        examples=["console"],
    )
    log_level: LogLevel = Field(
        default=LogLevel.INFO,
        description="The least that jobs write to stderr: debug, info, warning or error.",
        examples=["info"],
    )
    connector_config: LocalPath = Field(
        default="",
        description="The private connector configuration, JSON or YAML in upstream's format.",
        examples=["/etc/cavra/private/connectors.json"],
    )
    manifest_max_bytes: Bytes = Field(
        default=5_000_000,
        description="Bytes that one manifest may have; a larger one is a finding.",
        examples=[5_000_000],
    )
    https: HttpsSettings = Field(
        default_factory=HttpsSettings.model_construct, description="Reading manifests over https."
    )
    retention: RetentionSettings = Field(
        default_factory=RetentionSettings.model_construct, description="Which bundles are kept."
    )
    serve: ServeSettings = Field(
        default_factory=ServeSettings.model_construct, description="The HTTP paths of `reporter serve`."
    )
    schedule: dict[Annotated[str, Field(pattern=ENVIRONMENT_NAME)], JobSettings] = Field(
        default_factory=dict,
        description="The jobs of `reporter schedule`, by name.",
        examples=[{"run": {"cron": "15 6 * * *"}}],
    )
    environments: dict[Annotated[str, Field(pattern=ENVIRONMENT_NAME)], EnvironmentSettings] = Field(
        default_factory=dict, description="The pilots, by name."
    )

    _base_dir: Path = Path()
    _signing_key_given: bool = False
    _file: str = ""

    @property
    def base_dir(self) -> Path:
        """The directory that relative paths start from: that of the settings file, else the current one."""
        return self._base_dir

    @property
    def file(self) -> str:
        """The settings file as it was named; empty without one."""
        return self._file

    @property
    def signing_key_given(self) -> bool:
        """Whether somebody named the signing key; the default one may be made on the first run."""
        return self._signing_key_given

    def resolve(self, path: str) -> str:
        """Make a path absolute; https:// addresses stay as they are."""
        return path if path.startswith("https://") else str(self.base_dir / path)

    @property
    def state_path(self) -> Path:
        """The directory of what belongs to this machine: the lock of runs."""
        return state_path_of(self.base_dir, self.ledger, self.state_dir)

    def digest(self, environment: str) -> str:
        """Give the sha256 of the settings that decide one environment's verdict, written canonically.

        Of paths and addresses only the last part counts: where a document lies decides nothing.
        """
        values = self.environments[environment].model_dump(mode="json")
        for key, value in values.items():
            if key.endswith(("_path", "_dir")):
                values[key] = value.partition("?")[0].rstrip("/").rpartition("/")[2]
            elif key == "records":
                values[key] = [place.partition("?")[0].rstrip("/").rpartition("/")[2] for place in value]
        del values["deliver"]
        values["manifest_max_bytes"] = self.manifest_max_bytes
        text = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
