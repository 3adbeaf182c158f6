"""Settings: `reporter.toml`, overridden by the environment, validated at once and whole.

The only module that reads environment variables and secrets. A key's type, unit, description and example stand in
its field; validation, `reporter settings example` and the reference in the docs come from there. Upstream's `CAVRA_*`
variables are enough by themselves: they make one environment named `default` (domain.md B1.0).
"""

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from reporter.errors import UsageFault
from reporter.model.manifests import MANIFESTS
from reporter.model.reports import Mode
from reporter.model.text import show

DEFAULT_FILE: Final = "reporter.toml"
DEFAULT_ENVIRONMENT: Final = "default"
DEFAULT_SIGNING_KEY: Final = "file:keys/signing.key"
ENVIRONMENT_NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"


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
    message = "a secret is given by reference: env:NAME, file:PATH or credential:NAME"
    raise ValueError(message)


def _mode(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Secret = Annotated[str, BeforeValidator(_secret_ref)]
PathText = Annotated[str, Field(min_length=1)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _place(value: object) -> object:
    """Refuse an address that is not https, or that carries a password: both would leak."""
    if isinstance(value, str) and "://" in value:
        if not value.startswith("https://"):
            raise ValueError("wanted a path or an https:// address")
        if "@" in value.partition("://")[2].partition("/")[0]:
            raise ValueError("an address must not hold a password; put a token under https.tokens")
    return value


Place = Annotated[str, BeforeValidator(_place)]


def _path(what: str, example: str, env: str) -> Any:  # noqa: ANN401 - as pydantic's Field
    return Field(default="", description=f"Path of {what}.", examples=[example], json_schema_extra={"env": env})


def _manifest(alias: str) -> Any:  # noqa: ANN401 - as pydantic's Field
    kind = next(one for one in MANIFESTS if one.alias == alias)
    return _path(f"the {kind.title.lower()} manifest (file or https://)", f"manifests/{kind.file_name}", kind.env)


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
    package_dir: Place = _path(
        "the Go runtime release package with its four release manifests",
        "/opt/cavra/go-runtime-release",
        "CAVRA_GO_RUNTIME_PACKAGE_DIR",
    )
    runtime_path: str = _path("the Go runtime binary", "/opt/cavra/bin/cavra-runtime", "CAVRA_GO_RUNTIME_PATH")
    policy_path: Place = _path("the compiled policy", "/etc/cavra/compiled-policy.json", "CAVRA_GO_RUNTIME_POLICY")
    registry_path: Place = _path("the tool registry; optional", "/etc/cavra/registry.json", "CAVRA_GO_RUNTIME_REGISTRY")
    endpoint_deployment_path: Place = _manifest("endpoint_deployment")
    ci_runner_bundles_path: Place = _manifest("ci_runner_bundles")
    channel_manifest_path: Place = _manifest("channel_manifest")
    updater_policy_path: Place = _manifest("updater_policy")
    promotion_evidence_path: Place = _manifest("promotion_evidence")
    rollback_plan_path: Place = _manifest("rollback_plan")
    rollback_rehearsal_path: Place = _manifest("rollback_rehearsal")
    rollback_drill_history_path: Place = _manifest("rollback_drill_history")
    rollback_drill_schedule_path: Place = _manifest("rollback_drill_schedule")
    rollback_drill_max_age_days: float = Field(
        default=90.0,
        gt=0,
        le=3660,
        description="Days after which the latest drill is no longer recent.",
        examples=[90],
        json_schema_extra={"env": "CAVRA_GO_ROLLBACK_DRILL_MAX_AGE_DAYS"},
    )
    rollback_drill_due_soon_days: float = Field(
        default=14.0,
        gt=0,
        le=3660,
        description="Days before the due date from which a drill is due soon.",
        examples=[14],
        json_schema_extra={"env": "CAVRA_GO_ROLLBACK_DRILL_DUE_SOON_DAYS"},
    )
    timeout_seconds: float = Field(
        default=5.0,
        gt=0,
        le=3600,
        description="Seconds that one evaluation by the Go runtime may take.",
        examples=[5],
        json_schema_extra={"env": "CAVRA_GO_RUNTIME_TIMEOUT_SECONDS"},
    )


class HttpsSettings(_Keys):
    """Reading manifests over https. Redirects are never followed."""

    timeout_seconds: float = Field(
        default=10.0, gt=0, le=600, description="Seconds for one whole request.", examples=[10]
    )
    ca_file: str = Field(
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

    bundles_dir: PathText = Field(
        default="bundles", description="Directory that bundles are written to.", examples=["bundles"]
    )
    signing_key: Secret = Field(
        default=SecretRef(DEFAULT_SIGNING_KEY),
        description="The Ed25519 private key (PEM) that seals bundles, by reference.",
        examples=[DEFAULT_SIGNING_KEY],
    )
    manifest_max_bytes: int = Field(
        default=5_000_000,
        ge=1_000,
        le=1_000_000_000,
        description="Bytes that one manifest may have; a larger one is a finding.",
        examples=[5_000_000],
    )
    https: HttpsSettings = Field(default=HttpsSettings(), description="Reading manifests over https.")
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

    def digest(self) -> str:
        """Give the sha256 of all settings in force, written canonically."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
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
    found = found or (DEFAULT_FILE if Path(DEFAULT_FILE).is_file() else "")
    found = found if from_file else ""
    values = _read_toml(Path(found)) if found else {}
    remarks = _overlay(values, variables, from_file=bool(found))
    settings = _validate(values, found or "the environment")
    settings._base_dir = Path(found).absolute().parent if found else Path.cwd()  # noqa: SLF001 - own
    settings._signing_key_given = "signing_key" in values  # noqa: SLF001 - own
    return settings, remarks


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{path}: no such settings file; `reporter init DIR` writes one"
        raise UsageFault(message) from None
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise UsageFault(message) from None
    except UnicodeDecodeError:
        message = f"{path}: not UTF-8 text"
        raise UsageFault(message) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        message = f"{path}: not TOML: {error}"
        raise UsageFault(message) from None


def _overlay(values: dict[str, Any], variables: Mapping[str, str], *, from_file: bool) -> list[str]:
    """Put the environment's values over the file's; relative paths in variables start from the current directory."""
    for key in ("bundles_dir", "signing_key"):
        text = variables.get(f"REPORTER_{key.upper()}", "").strip()
        if text:
            values[key] = str(Path.cwd() / text) if key == "bundles_dir" else text
    given = {key: variables[env].strip() for key, env in upstream_variables().items() if variables.get(env, "").strip()}
    given = {key: _from_here(key, text) for key, text in given.items()}
    environments = values.get("environments", {})
    if not from_file:
        values["environments"] = {DEFAULT_ENVIRONMENT: given}
    elif given and isinstance(environments, dict) and DEFAULT_ENVIRONMENT in environments:
        environments[DEFAULT_ENVIRONMENT] = {**environments[DEFAULT_ENVIRONMENT], **given}
    elif given:
        names = ", ".join(sorted(upstream_variables()[key] for key in given))
        return [f"ignored: {names}; the settings file defines no environment named default"]
    return []


def upstream_variables() -> dict[str, str]:
    """Map every environment key to upstream's variable."""
    return {
        key: str(field.json_schema_extra["env"])
        for key, field in EnvironmentSettings.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
    }


def _from_here(key: str, text: str) -> str:
    if not key.endswith(("_path", "_dir")) or text.startswith("https://"):
        return text
    return str(Path.cwd() / text)


def override(settings: Settings, environment: str, flags: Mapping[str, object]) -> Settings:
    """Put the flags of one call over one environment; their paths start from the current directory."""
    before = settings.environments.get(environment, EnvironmentSettings())
    given = {key: _from_here(key, value) if isinstance(value, str) else value for key, value in flags.items()}
    values = {**before.model_dump(mode="json", exclude_unset=True), **given}
    changed = _validate({"environments": {environment: values}}, "the command line")
    return settings.model_copy(update={"environments": changed.environments})


def _validate(values: dict[str, Any], where: str) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise UsageFault(*(_fault(one, where) for one in error.errors())) from None


def _fault(error: ErrorDetails, where: str) -> str:
    path = ".".join(str(key) for key in error["loc"] if key != "[key]") or "(whole file)"
    found = show(error["input"])
    if error["type"] == "extra_forbidden":
        return f"{where}: {path}: unknown key{_suggestion(error)}"
    if error["type"] == "value_error":
        # The value may be a secret that somebody wrote down: never repeat it.
        return f"{where}: {path}: {error['ctx']['error']}"
    if error["type"] == "string_pattern_mismatch":
        return f"{where}: {path}: wanted a name of a-z, 0-9, '.', '_' and '-', 63 characters at most"
    wanted = error["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    return f"{where}: {path}: found {found}, wanted {wanted}"


def _suggestion(error: ErrorDetails) -> str:
    keys: set[str] = set()
    for model in (Settings, EnvironmentSettings, HttpsSettings):
        keys |= set(model.model_fields)
    close = get_close_matches(str(error["loc"][-1]), sorted(keys), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def read_secret(settings: Settings, reference: str, purpose: str) -> bytes:
    """Fetch a secret by its reference. Faults name the reference's target and never a value."""
    kind, _, name = reference.partition(":")
    variables = environment_variables()
    if kind == "env":
        if not variables.get(name):
            message = f"{purpose}: the environment variable {name} is not set"
            raise UsageFault(message)
        return variables[name].encode()
    path = settings.base_dir / name if kind == "file" else _credential(variables, name, purpose)
    try:
        return Path(path).read_bytes()
    except OSError as error:
        message = f"{purpose}: {path}: {error.strerror}"
        raise UsageFault(message) from None


def _credential(variables: Mapping[str, str], name: str, purpose: str) -> Path:
    directory = variables.get("CREDENTIALS_DIRECTORY")
    if not directory:
        message = f"{purpose}: credential:{name} needs CREDENTIALS_DIRECTORY, which systemd sets for LoadCredential="
        raise UsageFault(message)
    return Path(directory) / name
