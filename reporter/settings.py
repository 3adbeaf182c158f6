"""Settings: `reporter.toml`, overridden by the environment, validated at once and whole.

The only module that reads environment variables and secrets. A key's type, unit, description and example stand in
its field; validation, `reporter settings example` and the reference in the docs come from there. Upstream's `CAVRA_*`
variables are enough by themselves: they make one environment named `default` (domain.md B1.0).
"""

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import ErrorDetails

from reporter.errors import UsageFault
from reporter.model.manifests import BY_ALIAS
from reporter.model.reports import Mode
from reporter.model.text import show, visible

# A plugin of pydantic could change what is valid, and looking for one reads the metadata of every installed package.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

DEFAULT_FILE: Final = "reporter.toml"
DEFAULT_ENVIRONMENT: Final = "default"
LEDGERS: Final = ("sqlite:///", "postgresql+psycopg://")
DEFAULT_SIGNING_KEY: Final = "file:keys/signing.key"
ENVIRONMENT_NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"

Location = tuple[str | int, ...]


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


Secret = Annotated[SecretRef, PlainValidator(_secret_ref)]
Place = Annotated[str, BeforeValidator(_place)]
LocalPath = Annotated[str, BeforeValidator(_local)]
RecordPlace = Annotated[str, BeforeValidator(_record_place), Field(min_length=1)]
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


class Settings(_Keys):
    """Everything that a run needs to know."""

    bundles_dir: Annotated[str, Field(min_length=1), BeforeValidator(_local)] = Field(
        default="bundles", description="Directory that bundles are written to.", examples=["bundles"]
    )
    signing_key: Secret = Field(
        default=SecretRef(DEFAULT_SIGNING_KEY),
        description="The Ed25519 private key (PEM) that seals bundles, by reference.",
        examples=[DEFAULT_SIGNING_KEY],
    )
    ledger: Annotated[str, BeforeValidator(_ledger)] = Field(
        default="sqlite:///state/ledger.db",
        description="The ledger: sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME.",
        examples=["sqlite:///state/ledger.db"],
    )
    ledger_password: Secret | None = Field(
        default=None, description="The password of a PostgreSQL ledger, by reference.", examples=["env:LEDGER_PASSWORD"]
    )
    manifest_max_bytes: Bytes = Field(
        default=5_000_000,
        description="Bytes that one manifest may have; a larger one is a finding.",
        examples=[5_000_000],
    )
    https: HttpsSettings = Field(
        default_factory=HttpsSettings.model_construct, description="Reading manifests over https."
    )
    environments: dict[Annotated[str, Field(pattern=ENVIRONMENT_NAME)], EnvironmentSettings] = Field(
        default_factory=dict, description="The pilots, by name."
    )

    _base_dir: Path = Path()
    _signing_key_given: bool = False

    @property
    def base_dir(self) -> Path:
        """The directory that relative paths start from: that of the settings file, else the current one."""
        return self._base_dir

    @property
    def signing_key_given(self) -> bool:
        """Whether somebody named the signing key; the default one may be made on the first run."""
        return self._signing_key_given

    def resolve(self, path: str) -> str:
        """Make a path absolute; https:// addresses stay as they are."""
        return path if path.startswith("https://") else str(self.base_dir / path)

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
        values["manifest_max_bytes"] = self.manifest_max_bytes
        text = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def environment_variables() -> dict[str, str]:
    """Read the process environment; nothing else in the project does."""
    return dict(os.environ)


def load_settings(
    file: str | None = None, variables: Mapping[str, str] | None = None, *, from_file: bool = True
) -> tuple[Settings, list[str]]:
    """Read the settings in force, and remarks for a person.

    `file` is a TOML file; without it `REPORTER_SETTINGS`, then `reporter.toml` in the current directory, then no
    file at all. `from_file=False` leaves out every file. Raise UsageFault with every fault at once.
    """
    variables = environment_variables() if variables is None else variables
    found = file or variables.get("REPORTER_SETTINGS", "")
    found = found or (DEFAULT_FILE if os.path.lexists(DEFAULT_FILE) else "")
    found = found if from_file else ""
    values = _read_toml(Path(found)) if found else {}
    given, remarks = _overlay(values, variables, from_file=bool(found))
    settings = _validate(values, f"{found}: " if found else "", given)
    settings._base_dir = Path(found).absolute().parent if found else Path.cwd()  # noqa: SLF001 - own
    settings._signing_key_given = "signing_key" in values  # noqa: SLF001 - own
    return settings, remarks


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - 7 ms of start that flags and variables alone do without

    if _would_wait(path):
        raise UsageFault(f"{path}: no regular file, so no settings; `reporter init DIR` writes some")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        message = f"{path}: no such settings file; `reporter init DIR` writes one"
        raise UsageFault(message) from None
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise UsageFault(message) from None
    except UnicodeDecodeError:
        message = f"{path}: not UTF-8 text"
        raise UsageFault(message) from None
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: not TOML: {error}"
        raise UsageFault(message) from None
    except RecursionError:
        message = f"{path}: not TOML: nested too deep"
        raise UsageFault(message) from None


def _would_wait(path: Path) -> bool:
    """Say whether reading could wait for ever: on a pipe, a socket or a device."""
    text = str(path)
    return os.path.exists(text) and not os.path.isfile(text) and not os.path.isdir(text)  # noqa: PTH110, PTH112, PTH113 - these never raise


def _overlay(
    values: dict[str, Any], variables: Mapping[str, str], *, from_file: bool
) -> tuple[dict[Location, str], list[str]]:
    """Put the environment's values over the file's; relative paths in variables start from the current directory.

    Give the variable that each key came from, and remarks.
    """
    given: dict[Location, str] = {}
    for key in ("bundles_dir", "signing_key"):
        variable = f"REPORTER_{key.upper()}"
        text = variables.get(variable, "").strip()
        if text:
            values[key] = _from_here(key, text)
            given[key,] = variable
    upstream = {
        key: _from_here(key, variables[variable].strip())
        for key, variable in upstream_variables().items()
        if variables.get(variable, "").strip()
    }
    names = {key: upstream_variables()[key] for key in upstream}
    environments = values.setdefault("environments", {DEFAULT_ENVIRONMENT: {}} if upstream and not from_file else {})
    default = environments.get(DEFAULT_ENVIRONMENT) if isinstance(environments, dict) else None
    if isinstance(default, dict):
        default.update(upstream)
        given |= {("environments", DEFAULT_ENVIRONMENT, key): name for key, name in names.items()}
    elif upstream and default is None:
        listed = ", ".join(sorted(names.values()))
        return given, [f"ignored: {listed}; the settings file defines no environment named {DEFAULT_ENVIRONMENT}"]
    return given, []


def upstream_variables() -> dict[str, str]:
    """Map every environment key to upstream's variable."""
    return {
        key: str(field.json_schema_extra["env"])
        for key, field in EnvironmentSettings.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
    }


def _from_here(key: str, text: str) -> str:
    """Make a path of a variable or a flag absolute: it starts from the current directory."""
    if key == "signing_key" and text.startswith("file:"):
        return f"file:{Path.cwd() / text.removeprefix('file:')}"
    if not key.endswith(("_path", "_dir")) or "://" in text:
        return text
    return str(Path.cwd() / text)


def override(settings: Settings, environment: str, flags: Mapping[str, object]) -> Settings:
    """Put the flags of one call over one environment; their paths start from the current directory."""
    before = settings.environments.get(environment)
    values = before.model_dump(mode="json", exclude_unset=True) if before else {}
    values |= {key: _from_here(key, value) if isinstance(value, str) else value for key, value in flags.items()}
    given: dict[Location, str] = {("environments", environment, key): f"--{key.replace('_', '-')}" for key in flags}
    changed = _validate({"environments": {environment: values}}, "", given)
    return settings.model_copy(update={"environments": changed.environments})


def _validate(values: dict[str, Any], prefix: str, given: Mapping[Location, str]) -> Settings:
    """Build the settings. `given` names the variable or the flag that a value came from."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        faults = [_fault(one, prefix, given) for one in error.errors(include_url=False)]
    raise UsageFault(*faults)  # outside the handler: the first error holds values that may be secret


_WANTED: Final = {
    "string_type": "a text",
    "dict_type": "a table",
    "model_type": "a table",
    "tuple_type": "a list",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_too_short": "a text that is not empty",
    "string_pattern_mismatch": "a name of a-z, 0-9, '.', '_' and '-', 63 characters at most",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "{ge} at least",
    "less_than_equal": "{le} at most",
    "enum": "{expected}",
}


def _fault(error: ErrorDetails, prefix: str, given: Mapping[Location, str]) -> str:
    loc = tuple(key for key in error["loc"] if key != "[key]")
    where = given.get(loc) or f"{prefix}{'.'.join(visible(str(key)) for key in loc)}"
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key{_suggestion(str(loc[-1]))}"
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return f"{where}: {context['error']}"
    wanted = _WANTED.get(error["type"], error["msg"].removeprefix("Input should be ")).format(**context)
    return f"{where}: found {_found(error['input'], loc)}, wanted {wanted}"


def _found(value: object, loc: Location) -> str:
    """Show a wrong value, unless it may be a secret that somebody wrote down in the wrong form."""
    private = loc[0] in ("signing_key", "ledger", "ledger_password", "https")
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else show(value)
    if isinstance(value, str) and (private or "@" in value or "//" in value):
        return "something else (not shown)"
    return show(str(value) if isinstance(value, date | time) else value)


def _suggestion(key: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a typo needs it

    keys = {name for model in (Settings, EnvironmentSettings, HttpsSettings) for name in model.model_fields}
    close = get_close_matches(key, sorted(keys), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def read_secret(settings: Settings, reference: str, purpose: str) -> bytes:
    """Fetch a secret by its reference. Faults name the reference's target and never a value."""
    kind, _, name = reference.partition(":")
    variables = environment_variables()
    if kind == "env":
        if not variables.get(name):
            shown = name if name.isidentifier() and name.isupper() else "(not shown)"
            raise UsageFault(f"{purpose}: the environment variable {shown} is not set")
        return variables[name].encode()
    path = settings.base_dir / name if kind == "file" else _credential(variables, name, purpose)
    if _would_wait(path):
        raise UsageFault(f"{purpose}: {path}: no regular file")
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{purpose}: {path}: {error.strerror}"
        raise UsageFault(message) from None


def read_token(settings: Settings, host: str) -> str:
    """Fetch the bearer token for a host."""
    purpose = f"https.tokens.{host}"
    token = read_secret(settings, settings.https.tokens[host], purpose).strip()
    if not token or any(not 0x21 <= byte <= 0x7E for byte in token):  # noqa: PLR2004 - visible ASCII (RFC 6750 2.1)
        message = f"{purpose}: found something else (not shown), wanted a token on one line, without spaces"
        raise UsageFault(message)
    return token.decode()


def _credential(variables: Mapping[str, str], name: str, purpose: str) -> Path:
    directory = variables.get("CREDENTIALS_DIRECTORY")
    if not directory:
        message = f"{purpose}: credential:{name} needs CREDENTIALS_DIRECTORY, which systemd sets for LoadCredential="
        raise UsageFault(message)
    if "/" in name:
        raise UsageFault(f"{purpose}: credential:NAME takes a name, not a path")
    return Path(directory) / name
