"""Reading settings: `reporter.toml`, overridden by the environment, validated at once and whole.

The only module that reads environment variables and secrets. Upstream's `CAVRA_*` variables are enough by themselves:
they make one environment named `default` (domain.md B1.0).
"""

import os
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reporter.errors import UsageFault
from reporter.model.text import show, visible
from reporter.settings_places import Places, places_in

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from reporter.settings_model import Settings

DEFAULT_FILE: Final = "reporter.toml"
DEFAULT_ENVIRONMENT: Final = "default"

AS_THE_SERVICE: Final = "CREDENTIALS_DIRECTORY=/etc/reporter/credentials"
"""What stands before a call by hand that needs what systemd gives to a service, as cron/README.md installs it."""
OF_A_SERVICE: Final = (
    "needs CREDENTIALS_DIRECTORY, which systemd sets for LoadCredential=;"
    f" by hand, as root: {AS_THE_SERVICE} reporter ..."
)
"""How a fault ends that is none of the installation: the secret is one that services alone are given."""

OWN_VARIABLES: Final = {
    "bundles_dir": "REPORTER_BUNDLES_DIR",
    "signing_key": "REPORTER_SIGNING_KEY",
    "connector_config": "CAVRA_CONNECTOR_CONFIG",
}
"""The variables of keys that are of no single environment."""

Location = tuple[str | int, ...]


def environment_variables() -> dict[str, str]:
    """Read the process environment; nothing else in the project does."""
    return dict(os.environ)


def load_settings(
    file: str | None = None, variables: Mapping[str, str] | None = None, *, from_file: bool = True
) -> "tuple[Settings, list[str]]":
    """Read the settings in force, and remarks for a person.

    `file` is a TOML file; without it `REPORTER_SETTINGS`, then `reporter.toml` in the current directory, then no
    file at all. `from_file=False` leaves out every file. Raise UsageFault with every fault at once.
    """
    variables = environment_variables() if variables is None else variables
    found = _find_file(file, variables) if from_file else ""
    values = _read_toml(Path(found)) if found else {}
    given, remarks = _overlay(values, variables, from_file=bool(found))
    settings = _validate(values, f"{found}: " if found else "", given)
    settings._base_dir = Path(found).absolute().parent if found else Path.cwd()  # noqa: SLF001 - own
    settings._signing_key_given = "signing_key" in values  # noqa: SLF001 - own
    settings._file = found  # noqa: SLF001 - own
    return settings, remarks


def load_places(file: str | None = None) -> "tuple[Settings | Places, list[str]]":
    """Read where things lie, and remarks for a person; of what lies elsewhere in the settings nothing is judged.

    As load_settings, which is asked wherever a place does not come plainly from the file. Raise UsageFault.
    """
    variables = environment_variables()
    found = _find_file(file, variables)
    if not found or any(name.startswith("CAVRA_GO_") for name in variables):
        return load_settings(file, variables)
    values = _read_toml(Path(found))
    _overlay_own(values, variables)
    places = places_in(values, Path(found).absolute().parent)
    return (places, []) if places else load_settings(file, variables)


def read_rules(file: str | None = None) -> tuple[str, dict[str, Any]]:
    """Read the rules of the loops as the file has them, by environment, and the file's name; for what did not load.

    Raise UsageFault for a file that is no TOML.
    """
    found = _find_file(file, environment_variables())
    environments = _read_toml(Path(found)).get("environments") if found else None
    tables = environments.items() if isinstance(environments, dict) else ()
    return found, {name: table["loops"] for name, table in tables if isinstance(table, dict) and "loops" in table}


def environment_names(file: str | None = None) -> list[str]:
    """Name the environments of the settings file, for completion: nothing is validated, and a fault names none."""
    try:
        found = _find_file(file, environment_variables())
        environments = _read_toml(Path(found)).get("environments") if found else None
    except UsageFault:
        return []
    return sorted(environments) if isinstance(environments, dict) else []


def _find_file(file: str | None, variables: Mapping[str, str]) -> str:
    found = file or variables.get("REPORTER_SETTINGS", "")
    return found or (DEFAULT_FILE if os.path.lexists(DEFAULT_FILE) else "")


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib

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
    given = _overlay_own(values, variables)
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


def _overlay_own(values: dict[str, Any], variables: Mapping[str, str]) -> dict[Location, str]:
    """Put our own variables over the file's values, and give the variable that each key came from."""
    given: dict[Location, str] = {}
    for key, variable in OWN_VARIABLES.items():
        text = variables.get(variable, "").strip()
        if text:
            values[key] = _from_here(key, text)
            given[key,] = variable
    return given


def upstream_variables() -> dict[str, str]:
    """Map every environment key to upstream's variable."""
    from reporter.settings_model import EnvironmentSettings

    return {
        key: str(field.json_schema_extra["env"])
        for key, field in EnvironmentSettings.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
    }


def _from_here(key: str, text: str) -> str:
    """Make a path of a variable or a flag absolute: it starts from the current directory."""
    if key == "signing_key" and text.startswith("file:"):
        return f"file:{Path.cwd() / text.removeprefix('file:')}"
    if not (key.endswith(("_path", "_dir")) or key == "connector_config") or "://" in text:
        return text
    return str(Path.cwd() / text)


def override(settings: "Settings", environment: str, flags: Mapping[str, object]) -> "Settings":
    """Put the flags of one call over one environment; their paths start from the current directory."""
    before = settings.environments.get(environment)
    values = before.model_dump(mode="json", exclude_unset=True) if before else {}
    values |= {key: _given(key, value) for key, value in flags.items()}
    given: dict[Location, str] = {("environments", environment, key): f"--{key.replace('_', '-')}" for key in flags}
    changed = _validate({"environments": {environment: values}}, "", given)
    return settings.model_copy(update={"environments": changed.environments})


def _given(key: str, value: object) -> object:
    """Make the paths of a flag absolute, one by one where it was given several times."""
    if isinstance(value, tuple):
        return [str(Path.cwd() / one) if one != "ledger" and "://" not in one else one for one in value]
    return _from_here(key, value) if isinstance(value, str) else value


def _validate(values: dict[str, Any], prefix: str, given: Mapping[Location, str]) -> "Settings":
    """Build the settings. `given` names the variable or the flag that a value came from."""
    from pydantic import ValidationError

    from reporter.settings_model import Settings

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


def _fault(error: "ErrorDetails", prefix: str, given: Mapping[Location, str]) -> str:
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
    private = loc[0] in (
        "signing_key",
        "ledger",
        "ledger_password",
        "heartbeat_url",
        "https",
        "connector_config",
        "serve",
    )
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else show(value)
    if isinstance(value, str) and (private or "@" in value or "//" in value):
        return "something else (not shown)"
    return show(str(value) if isinstance(value, date | time) else value)


def _suggestion(key: str) -> str:
    from difflib import get_close_matches

    from reporter.settings_model import (
        DeliverSettings,
        EnvironmentSettings,
        HttpsSettings,
        JobSettings,
        RetentionSettings,
        ServeSettings,
        Settings,
        TokenSettings,
    )

    keys = {
        name
        for model in (
            Settings,
            EnvironmentSettings,
            HttpsSettings,
            RetentionSettings,
            DeliverSettings,
            JobSettings,
            ServeSettings,
            TokenSettings,
        )
        for name in model.model_fields
    }
    close = [one for one in sorted(keys) if key and one.startswith(f"{key}_")] or get_close_matches(
        key, sorted(keys), n=1
    )
    return f"; did you mean {close[0]}?" if close else ""


def read_secret(settings: "Settings | Places", reference: str, purpose: str, *, is_private: bool = False) -> bytes:
    """Fetch a secret by its reference. Faults name the reference's target and never a value.

    Of a reference that `is_private` they name the kind alone: what stands there may be the secret itself.
    """
    kind, _, name = reference.partition(":")
    variables = environment_variables()
    if kind == "env":
        if not variables.get(name):
            shown = name if name.isidentifier() and name.isupper() and not is_private else "(not shown)"
            raise UsageFault(f"{purpose}: the environment variable {shown} is not set")
        return os.fsencode(variables[name])
    path = settings.base_dir / name if kind == "file" else _credential(variables, name, purpose, is_private=is_private)
    shown = f"the {kind} (not shown)" if is_private else visible(str(path))
    if _would_wait(path):
        raise UsageFault(f"{purpose}: {shown}: no regular file")
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{purpose}: {shown}: {error.strerror}"
    except ValueError:  # a NUL, or half of a character
        message = f"{purpose}: {shown}: no name that a file can have"
    raise UsageFault(message)


def read_token(settings: "Settings", host: str) -> str:
    """Fetch the bearer token for a host."""
    purpose = f"https.tokens.{host}"
    token = read_secret(settings, settings.https.tokens[host], purpose).strip()
    if not token or any(not 0x21 <= byte <= 0x7E for byte in token):  # noqa: PLR2004 - visible ASCII (RFC 6750 2.1)
        message = f"{purpose}: found something else (not shown), wanted a token on one line, without spaces"
        raise UsageFault(message)
    return token.decode()


def _credential(variables: Mapping[str, str], name: str, purpose: str, *, is_private: bool) -> Path:
    directory = variables.get("CREDENTIALS_DIRECTORY")
    if not directory:
        shown = "(not shown)" if is_private else visible(name)
        raise UsageFault(f"{purpose}: credential:{shown} {OF_A_SERVICE}")
    if "/" in name:
        raise UsageFault(f"{purpose}: credential:NAME takes a name, not a path")
    return Path(directory) / name
