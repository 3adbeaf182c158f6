"""The file of the connector configuration: JSON or YAML, one table by provider. A fault is told by its place alone."""

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import yaml

from reporter.errors import UsageFault
from reporter.settings import read_secret
from reporter.settings_model import Settings

PURPOSE: Final = "connector_config"
TOPS: Final = ("connectors", "providers")


class Raw(NamedTuple):
    """What the file holds by provider, as it was written. `faults` say why there is nothing, or what is beside it."""

    entries: Mapping[Any, Any] = MappingProxyType({})
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_read: bool = True

    def __repr__(self) -> str:
        """Print nothing of it."""
        return "Raw(<secret>)"


def read_config(settings: Settings) -> Raw:
    """Read the file that the settings name. One that cannot be read leaves nothing that could be guarded."""
    path = Path(settings.resolve(settings.connector_config))
    try:
        content = read_secret(settings, f"file:{settings.connector_config}", PURPOSE)
    except UsageFault as fault:
        return Raw(faults=fault.faults, is_read=False)
    where = f"{PURPOSE}: {path}"
    try:
        document = _parse(content, is_json=path.suffix == ".json")
    except _Unparsed as unparsed:
        return Raw(faults=(f"{where}: {unparsed}",), is_read=False)
    if not isinstance(document, dict):
        return Raw(faults=(f"{where}: found no object, wanted one by provider",), is_read=False)
    remarks = (f"{where}: others can read it; `chmod 600` keeps it private",) if _is_open(path) else ()
    given = [top for top in TOPS if top in document]
    if not given:
        return Raw(document, remarks=remarks)
    faults = [f"{where}: found connectors and providers, wanted one of the two"] if len(given) > 1 else []
    if len(document) > len(given):
        faults.append(f"{where}: found {len(document) - len(given)} more beside {given[0]}, wanted it alone")
    entries = document[given[0]]
    if not isinstance(entries, dict):
        return Raw(faults=(*faults, f"{where}: {given[0]}: found no object, wanted one by provider"), is_read=False)
    return Raw(entries, tuple(faults), remarks)


class _Unparsed(Exception):
    """Where a document ceases to be one; its text never holds any of it."""


def _parse(content: bytes, *, is_json: bool) -> object:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unparsed("not UTF-8 text") from None
    if is_json or text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_each_once)
        except json.JSONDecodeError as error:
            raise _Unparsed(f"not JSON: line {error.lineno} column {error.colno}") from None
        except (ValueError, RecursionError) as error:
            raise _Unparsed("an object holds a key twice" if isinstance(error, _Twice) else "nested too deep") from None
    try:
        return yaml.load(text, _OnceLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f": line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise _Unparsed(f"{error.problem if isinstance(error, _TwiceInYaml) else 'not YAML'}{place}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _Unparsed("not YAML") from None


class _Twice(ValueError):
    """A key stands twice in one object: which of the two counts, nobody can see."""


class _TwiceInYaml(yaml.MarkedYAMLError):
    """The same, in YAML."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _Twice
    return document


class _OnceLoader(yaml.SafeLoader):
    """A SafeLoader that refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - as yaml's
        """Build one object."""
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(names)) != len(names):
            raise _TwiceInYaml(problem="an object holds a key twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))
