"""The OpenAPI document: every operation with all that it may answer. Made from the same table as the paths."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from reporter import __version__
from reporter.serve import once
from reporter.serve.operations import GET, Operation, all_operations
from reporter.serve.problems import MEDIA_TYPE, ProblemDocument

ENVIRONMENT: Final = "environment"
_REF: Final = "#/components/schemas/{model}"

ALWAYS: Final = {
    HTTPStatus.BAD_REQUEST: "The request is no HTTP, or its body, its query or a header is wrong.",
    HTTPStatus.FORBIDDEN: "Another site asks, or the caller's role may not.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The path has no such method.",
    HTTPStatus.REQUEST_TIMEOUT: "The request took too long to arrive.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long.",
    HTTPStatus.MISDIRECTED_REQUEST: "The Host header names another server.",
    HTTPStatus.TOO_MANY_REQUESTS: "Asked too often; Retry-After says when to ask again.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are too large.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A bug; the log of the server says where.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not now: another run holds the lock, an input or the ledger cannot be used, or too"
    " many ask; Retry-After says when to ask again.",
}
"""What every operation may answer besides."""

OF_CALLERS: Final = {HTTPStatus.UNAUTHORIZED: "No token, or one that is not known."}
OF_ENVIRONMENTS: Final = {HTTPStatus.NOT_FOUND: "No such environment."}
OF_POSTS: Final = {
    HTTPStatus.NOT_FOUND: "What is named is not there; the faults list what is.",
    HTTPStatus.CONFLICT: "It cannot be done as things are; the faults say why.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is no application/json.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The body says something else than it may, or the key stood for another request.",
}


@cache
def document_bytes(environments: tuple[str, ...]) -> bytes:
    """Write the document."""
    return json.dumps(document(environments), indent=1).encode()


def document(environments: Sequence[str]) -> dict[str, Any]:
    """Give the document of a server of these environments."""
    operations = all_operations()
    names, definitions = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        if not one.page:
            paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, names, environments)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "reporter",
            "version": __version__,
            "summary": "Readiness, delivery and closure of promoted Go-backend pilots.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def takes_environment(one: Operation) -> bool:
    """Say whether an operation is about an environment."""
    return one.method != GET or (one.reading is not None and one.reading.kept)


def _schemas(operations: tuple[Operation, ...]) -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    written: list[type[BaseModel]] = [ProblemDocument, *(one.answer for one in operations if one.answer)]
    read: list[type[BaseModel]] = [one.body for one in operations if one.body]
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(one, "serialization") for one in dict.fromkeys(written)]
    models += [(one, "validation") for one in dict.fromkeys(read)]
    refs, found = models_json_schema(models, ref_template=_REF)
    return {model: refs[model, mode] for model, mode in models}, found["$defs"]


def _operation(
    one: Operation, names: dict[type[BaseModel], dict[str, Any]], environments: Sequence[str]
) -> dict[str, Any]:
    problem = {"content": {MEDIA_TYPE: {"schema": names[ProblemDocument]}}}
    answer = names[one.answer] if one.answer else {"type": "object"}
    content: dict[str, Any] = {"application/json": {"schema": answer}}
    if one.method != GET:
        content["text/html"] = {"schema": {"type": "string", "description": "A part of the console, where asked for."}}
    answers = {"200": {"description": "The answer.", "content": content}}
    answers |= {str(int(status)): {"description": text, **problem} for status, text in _refusals(one).items()}
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": [one.tag],
        "parameters": list(_parameters(one, environments)),
        "responses": dict(sorted(answers.items())),
        "security": [{"token": []}] if one.role else [],
    }
    if one.role:
        described["description"] = f"Needs the role {one.role}."
    if one.body:
        body = {"schema": names[one.body]}
        described["requestBody"] = {"required": bool(_required(one.body)), "content": {"application/json": body}}
    return described


def _required(body: type[BaseModel]) -> list[str]:
    return [name for name, field in body.model_fields.items() if field.is_required()]


def _refusals(one: Operation) -> dict[HTTPStatus, str]:
    found = dict(ALWAYS)
    if one.role:
        found |= OF_CALLERS
    if takes_environment(one):
        found |= OF_ENVIRONMENTS
    if one.method != GET:
        found |= OF_POSTS
    return found


def _parameters(one: Operation, environments: Sequence[str]) -> Iterator[dict[str, Any]]:
    if takes_environment(one):
        text = "The environment it is about; needed where the settings have several."
        needed = len(environments) > 1
        schema: dict[str, Any] = {"type": "string", "enum": list(environments)}
        yield {"name": ENVIRONMENT, "in": "query", "required": needed, "description": text, "schema": schema}
    if one.subject:
        schema = {"type": "string", "minLength": 1}
        yield {"name": one.subject, "in": "path", "required": True, "schema": schema}
    if one.method != GET:
        text = "Needed where anything is recorded: the same key and body get the first answer again."
        schema = {"type": "string", "minLength": once.SHORTEST, "maxLength": once.LONGEST, "pattern": r"^[!-~]+$"}
        needed = one.records_dry
        yield {"name": once.HEADER, "in": "header", "required": needed, "description": text, "schema": schema}
