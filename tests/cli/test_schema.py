"""`reporter schema`: one word for every schema, and nothing but JSON on standard output."""

import json

import jsonschema
import pytest

from cli.conftest import Call
from reporter.model.schemas import schema_names


@pytest.mark.parametrize("name", schema_names())
def test_schema_is_valid_json_schema(call: Call, name: str) -> None:
    said = call("schema", name)
    assert (said.code, said.err) == (0, "")
    schema = json.loads(said.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_without_a_name_the_names_are_listed(call: Call) -> None:
    assert call("schema") == (0, "\n".join(schema_names()) + "\n", "")


def test_unknown_name_is_refused_with_the_known_ones(call: Call) -> None:
    said = call("schema", "plan")
    assert said == (2, "", f"error: 'plan' has no schema; known: {', '.join(schema_names())}\n")
