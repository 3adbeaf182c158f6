"""The JSON Schema of every JSON document that comes in or goes out, by one short name each."""

import json
from collections.abc import Iterator
from typing import Any, Final

from reporter.model.checks import Wire
from reporter.model.explanation import Explanation
from reporter.model.fleet import Fleet
from reporter.model.gate import GateDecision
from reporter.model.manifests import BY_ALIAS
from reporter.model.readiness import Inputs, Readiness
from reporter.model.registry import BY_NAME, REPORTS
from reporter.model.wants import ManifestModel

Schema = dict[str, Any]

ATTESTATION: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Attestation",
    "description": "A DSSE v1 envelope; its payload is an in-toto Statement v1 in base64.",
    "type": "object",
    "required": ["payload", "payloadType", "signatures"],
    "additionalProperties": False,
    "properties": {
        "payload": {"type": "string", "contentEncoding": "base64"},
        "payloadType": {"const": "application/vnd.in-toto+json"},
        "signatures": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["keyid", "sig"],
                "additionalProperties": False,
                "properties": {
                    "keyid": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    "sig": {"type": "string", "contentEncoding": "base64"},
                },
            },
        },
    },
}


PRINTED: Final[dict[str, type[Wire]]] = {"explanation": Explanation, "fleet": Fleet, "gate": GateDecision}
"""What commands print with --json and no bundle holds."""


def bundle_schemas() -> Iterator[tuple[str, Schema]]:
    """Give the schema of every JSON file of a bundle."""
    for name in ("readiness", "inputs", "attestation", *BY_NAME):
        yield name, find_schema(name)


def schema_names() -> list[str]:
    """List every name that `find_schema` knows."""
    return [*BY_ALIAS, "readiness", "inputs", "attestation", *BY_NAME, *PRINTED]


def find_schema(name: str) -> Schema:
    """Give a schema by the alias of a manifest, or the name of a report, a bundle's file or what a command prints."""
    if name == "attestation":
        return ATTESTATION
    if name in BY_ALIAS:
        return _of_manifest(BY_ALIAS[name].model)
    models: dict[str, type[Wire]] = {"readiness": Readiness, "inputs": Inputs, **PRINTED}
    models |= {kind.name: kind.model for kind in REPORTS}
    return {"$schema": ATTESTATION["$schema"], **models[name].model_json_schema(mode="serialization")}


def write_schema(schema: Schema) -> bytes:
    """Write a schema the one way that bundles hold it."""
    return (json.dumps(schema, indent=1, sort_keys=True) + "\n").encode()


def _of_manifest(model: type[ManifestModel]) -> Schema:
    return {"$schema": ATTESTATION["$schema"], **model.model_json_schema()}
