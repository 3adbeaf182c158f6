"""The settings as text: an example with every key, and what is in force. Generated from the model's fields."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from reporter.settings import OWN_VARIABLES
from reporter.settings_model import (
    DeliverSettings,
    EnvironmentSettings,
    HttpsSettings,
    JobSettings,
    RecoverySettings,
    RetentionSettings,
    ServeSettings,
    Settings,
    TokenSettings,
)

EXAMPLE_ENVIRONMENT: Final = "production-pilot"
EXAMPLE_JOB: Final = "run"

HIDDEN: Final = "<secret>"

TABLES: Final = frozenset(
    {
        "https",
        "retention",
        "serve",
        "serve.tokens",
        "schedule",
        "environments",
        "environments.NAME.recovery",
        "environments.NAME.deliver",
    }
)
"""Keys that hold tables, whose keys have rows of their own."""


def example_text() -> str:
    """Write a complete `reporter.toml`. Keys without a default worth stating are commented out."""
    lines = [
        "# reporter.toml: every key with its default or an example.",
        "# Relative paths start from this file's directory. Variables of the environment override this file.",
        "# Secrets are references: env:NAME, file:PATH or credential:NAME (systemd's LoadCredential=).",
        "",
        *_key_lines(Settings, skip=("https", "retention", "serve", "schedule", "environments")),
        "[https]",
        *_key_lines(HttpsSettings),
        "[retention]",
        *_key_lines(RetentionSettings),
        "[serve]",
        *_key_lines(ServeSettings),
        f"# [schedule.{EXAMPLE_JOB}]",
        *(f"# {line}" if line and not line.startswith("#") else line for line in _key_lines(JobSettings)),
        f"[environments.{EXAMPLE_ENVIRONMENT}]",
        *_key_lines(EnvironmentSettings, skip=("recovery", "deliver"), state=("mode", "manifests_dir")),
        f"[environments.{EXAMPLE_ENVIRONMENT}.recovery]",
        *_key_lines(RecoverySettings),
        f"[environments.{EXAMPLE_ENVIRONMENT}.deliver]",
        *_key_lines(DeliverSettings),
    ]
    return "\n".join(lines).rstrip() + "\n"


def settings_rows() -> Iterator[tuple[str, str, str, str]]:
    """Give key, default, variable and description of every key, for the reference in the docs."""
    tables: tuple[tuple[str, type[BaseModel]], ...] = (
        ("", Settings),
        ("https.", HttpsSettings),
        ("retention.", RetentionSettings),
        ("serve.", ServeSettings),
        ("serve.tokens.NAME.", TokenSettings),
        ("schedule.JOB.", JobSettings),
        ("environments.NAME.", EnvironmentSettings),
        ("environments.NAME.recovery.", RecoverySettings),
        ("environments.NAME.deliver.", DeliverSettings),
    )
    for prefix, model in tables:
        for name, field in model.model_fields.items():
            if f"{prefix}{name}" not in TABLES:
                variable = _variable(name, field, prefix)
                yield f"{prefix}{name}", _default_text(field), variable, field.description or ""


def settings_in_force(settings: Settings, *, as_json: bool) -> str:
    """Write the settings in force; a secret's reference shows as `<secret>`."""
    values = _shown(settings)
    if as_json:
        return json.dumps(values, indent=1)
    told = [(key, value) for key, value in _flatten(values) if value not in ("", None, [], {})]
    unset = sum(1 for _ in _flatten(values)) - len(told)
    lines = [f"{key} = {json.dumps(value)}" for key, value in told]
    return "\n".join([*lines, f"# {unset} keys are not set; `reporter settings example` says what each is for"])


def _key_lines(model: type[BaseModel], skip: tuple[str, ...] = (), state: tuple[str, ...] = ()) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name in skip:
            continue
        yield f"# {field.description}"
        variable = _variable(name, field, "")
        if variable:
            yield f"# Variable: {variable}"
        example = (field.examples or [""])[0]
        mark = (
            ""
            if name in state
            or (
                name != "tokens"
                and field.default not in ("", None)
                and not isinstance(field.default, BaseModel)
                and example == field.default
            )
            else "# "
        )
        yield f"{mark}{name} = {_toml(example)}"
        yield ""


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)


def _variable(name: str, field: FieldInfo, prefix: str) -> str:
    if isinstance(field.json_schema_extra, dict):
        return str(field.json_schema_extra["env"])
    return OWN_VARIABLES.get(name, "") if not prefix else ""


def _default_text(field: FieldInfo) -> str:
    default = "" if field.is_required() else field.get_default(call_default_factory=True)
    return "" if default in ("", {}, (), None) else str(default)


def _shown(settings: Settings) -> dict[str, Any]:
    """Give all values but the secrets. The query of an address may be one: signed addresses are."""
    values = settings.model_dump(mode="json")
    values["signing_key"] = HIDDEN
    for key in ("ledger_password", "heartbeat_url"):
        values[key] = HIDDEN if values[key] else None
    values["https"]["tokens"] = dict.fromkeys(values["https"]["tokens"], HIDDEN)
    for token in values["serve"]["tokens"].values():
        token["secret"] = HIDDEN
    for environment in values["environments"].values():
        environment["deliver"]["executives"] = [HIDDEN] * len(environment["deliver"]["executives"])
        environment["records"] = [_host_alone(one) for one in environment["records"]]
        environment.update({key: _without_query(value) for key, value in environment.items()})
    return values


def _host_alone(place: str) -> str:
    """Give an address of records without its path: those who hand out evidence put their secrets there as well."""
    scheme, mark, rest = place.partition("://")
    return f"{scheme}{mark}{rest.partition('/')[0].partition('?')[0]}/{HIDDEN}" if scheme == "https" and mark else place


def _without_query(value: object) -> object:
    if isinstance(value, list):
        return [_without_query(one) for one in value]
    if isinstance(value, str) and value.startswith("https://") and "?" in value:
        return f"{value.partition('?')[0]}?{HIDDEN}"
    return value


def _flatten(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
