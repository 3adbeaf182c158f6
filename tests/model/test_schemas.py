"""JSON Schemas: what they accept and refuse is what the reporter accepts and refuses."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import pytest

from reporter.collect.typed import read_typed
from reporter.model.documents import Document, DocumentState, pointer_to
from reporter.model.manifests import BY_ALIAS, MANIFESTS
from reporter.model.schemas import PRINTED, bundle_schemas, find_schema, schema_names, write_schema
from reporter.sample.world import sample_world

WORLD = sample_world(datetime(2026, 6, 11, 15, 40, tzinfo=UTC))
GOOD = WORLD["production-pilot"]


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(find_schema(name))


def accepted(alias: str, value: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether the reporter finds no fault and sees every want met."""
    document = Document(alias, "x.json", DocumentState.READ, "0" * 64, 1, (), value)
    manifest = read_typed(BY_ALIAS[alias], document)
    assert manifest.value is not None
    return not manifest.document.faults and all(one.met for one in manifest.value.judge())


@pytest.mark.parametrize("name", schema_names())
def test_every_schema_is_valid_and_written_the_same_way_each_time(name: str) -> None:
    schema = find_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert write_schema(schema) == write_schema(find_schema(name))
    assert json.loads(write_schema(schema)) == schema


def test_bundle_has_the_schema_of_every_file_but_the_inputs_own() -> None:
    others = {*BY_ALIAS, *PRINTED}
    assert [name for name, _ in bundle_schemas()] == [name for name in schema_names() if name not in others]


@pytest.mark.parametrize("alias", GOOD)
def test_manifest_of_the_sample_follows_its_schema(alias: str) -> None:
    validator(alias).validate(GOOD[alias])
    assert accepted(alias, GOOD[alias])


@pytest.mark.parametrize("alias", ["rollback_plan", "updater_policy"])
def test_fault_that_only_other_documents_show_is_not_the_schemas(alias: str) -> None:
    validator(alias).validate(WORLD["build-fleet"][alias])


@pytest.mark.parametrize(
    ("alias", "keys"),
    [("ci_runner_bundles", ("controls",)), ("channel_manifest", ("channels", 1, "approval_required"))],
)
def test_fault_of_the_sample_is_a_fault_for_the_schema_too(alias: str, keys: tuple[str | int, ...]) -> None:
    errors = list(validator(alias).iter_errors(WORLD["build-fleet"][alias]))
    assert {tuple(error.absolute_path) for error in errors} == {keys}
    assert not accepted(alias, WORLD["build-fleet"][alias])


NEW_VALUES: dict[str, Any] = {"null": None, "number": -1, "text": " ", "list": [], "object": {}, "gone": ...}


def places(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - JSON
    """Give the keys of every value below this one."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in below:
        yield (*above, key)
        yield from places(one, (*above, key))


def changed(value: Any, keys: tuple[str | int, ...], new: Any) -> Any:  # noqa: ANN401 - JSON
    """Copy a document with one value replaced, or taken out."""
    copy = holder = deepcopy(value)
    for key in keys[:-1]:
        holder = holder[key]
    if new is ...:
        del holder[keys[-1]]
    else:
        holder[keys[-1]] = new
    return copy


@pytest.mark.parametrize("alias", GOOD)
def test_schema_and_reporter_agree_on_every_change(alias: str) -> None:
    """A blank text is the exception: no schema of ours says that it is no timestamp, provider or entry of a list."""
    for keys in places(GOOD[alias]):
        for name, new in NEW_VALUES.items():
            value = changed(GOOD[alias], keys, new)
            valid = validator(alias).is_valid(value)
            assert valid == accepted(alias, value) or (valid and new == " "), f"{pointer_to(*keys)} {name}"


def test_every_manifest_has_a_sample_or_is_optional() -> None:
    assert {kind.alias for kind in MANIFESTS} - set(GOOD) <= {"routing_policy"}
