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
MOST_VALUES: Final = 10_000
"""Keys and values of a document: no configuration has nearly as many, and each is searched for in all that leaves."""


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
            return _bounded(json.loads(text, object_pairs_hook=_each_once))
        except json.JSONDecodeError as error:
            raise _Unparsed(f"not JSON: line {error.lineno} column {error.colno}") from None
        except (ValueError, RecursionError) as error:
            raise _Unparsed("an object holds a key twice" if isinstance(error, _Twice) else "nested too deep") from None
    try:
        return yaml.load(text, _OnceLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f": line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise _Unparsed(f"{error.problem if isinstance(error, _RefusedYaml) else 'not YAML'}{place}") from None
    except Exception:  # noqa: BLE001 - a value of the wrong form fails anywhere in the parser, with the value in its text
        raise _Unparsed("not YAML") from None


_TOO_MANY: Final = f"more than {MOST_VALUES:,} keys and values"
_MERGE: Final = "tag:yaml.org,2002:merge"
_NUMBERS: Final = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_MOST_DIGITS: Final = 64


def _bounded(document: object) -> object:
    if _count(document) > MOST_VALUES:
        raise _Unparsed(_TOO_MANY)
    return document


def _count(document: object) -> int:
    """Count the keys and values of a document, itself too."""
    if isinstance(document, dict):
        return 1 + len(document) + sum(map(_count, document.values()))
    return 1 + sum(map(_count, document)) if isinstance(document, list) else 1


class _Twice(ValueError):
    """A key stands twice in one object: which of the two counts, nobody can see."""


class _RefusedYaml(yaml.MarkedYAMLError):
    """Something that is YAML and is not read here; its problem is in words of ours."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _Twice
    return document


class _OnceLoader(yaml.SafeLoader):
    """A SafeLoader that refuses a key that stands twice, and all by which a short text becomes a large document."""

    _left = MOST_VALUES

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - as yaml's
        """Read one node as it is written: no other one repeated, and of no kind but the one that it looks like."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        self._left -= 1
        refused = ""
        if isinstance(event, yaml.AliasEvent):
            refused = "found an alias, wanted the value itself"
        elif getattr(event, "tag", None) is not None:
            refused = "found a tag, wanted the value alone, in quotes where it is a text"
        elif self._left < 0:
            refused = _TOO_MANY
        if refused:
            raise _RefusedYaml(problem=refused, problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode) and node.tag in _NUMBERS and len(node.value) > _MOST_DIGITS:
            message = f"found a number of more than {_MOST_DIGITS} characters, wanted it in quotes where it is a text"
            raise _RefusedYaml(problem=message, problem_mark=node.start_mark)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - as yaml's
        """Build one object."""
        if any(key.tag == _MERGE for key, _ in node.value):
            raise _RefusedYaml(problem="found a merge key, wanted the keys themselves", problem_mark=node.start_mark)
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(names)) != len(names):
            raise _RefusedYaml(problem="an object holds a key twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))
