"""The signed statement: in-toto Statement v1 over every other file of a bundle. Opens no file.

Reading is strict: what this version does not understand is refused, not skipped.
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from reporter.seal.digests import is_digest, is_safe_name, sha256_hex
from reporter.seal.envelope import ATTESTATION_NAME
from reporter.seal.faults import SealFault

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:x-reporter:bundle:v1"


class Statement(NamedTuple):
    """What was signed: a digest for each file, and what the run says about itself."""

    subjects: Mapping[str, str]
    predicate: Mapping[str, Any]
    document: Mapping[str, Any]


def build_statement(files: Mapping[str, bytes], predicate: Mapping[str, Any]) -> bytes:
    """Write the statement over these files: sorted keys, no spaces, ASCII.

    Raises SealFault when it would be refused on reading, ValueError for NaN and infinity.
    """
    document = {
        "_type": STATEMENT_TYPE,
        "predicate": predicate,
        "predicateType": PREDICATE_TYPE,
        "subject": [{"digest": {"sha256": sha256_hex(files[name])}, "name": name} for name in sorted(files)],
    }
    payload = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    read_statement(payload)
    return payload


def read_statement(payload: bytes) -> Statement:
    """Read a statement whose signature was verified.

    Raises SealFault: `bad_statement`, `unknown_predicate`, `no_subjects` or `no_inputs`, the first
    that applies.
    """
    document = _parse(payload)
    if set(document) != {"_type", "subject", "predicateType", "predicate"}:
        raise _fault("bad_statement", "wanted exactly _type, subject, predicateType and predicate")
    if document["_type"] != STATEMENT_TYPE:
        raise _fault("bad_statement", f"/_type: wanted {STATEMENT_TYPE}")
    if document["predicateType"] != PREDICATE_TYPE:
        raise _fault("unknown_predicate", f"/predicateType: wanted {PREDICATE_TYPE}")
    subjects = _read_subjects(document["subject"])
    predicate = document["predicate"]
    if not isinstance(predicate, dict):
        raise _fault("bad_statement", "/predicate: wanted an object")
    inputs = predicate.get("inputs")
    if not isinstance(inputs, (list, dict)) or not inputs:
        raise _fault("no_inputs", "/predicate/inputs: wanted at least one input")
    return Statement(subjects, predicate, document)


def _parse(payload: bytes) -> dict[str, Any]:
    """Parse strict JSON: UTF-8, an object, each key once, no NaN."""
    try:
        document = json.loads(payload.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _fault("bad_statement", f"not strict JSON: {error}") from None
    if not isinstance(document, dict):
        raise _fault("bad_statement", "wanted a JSON object")
    return document


def _read_subjects(entries: object) -> dict[str, str]:
    """Read the subjects: safe names, sha256 alone, each file once."""
    if entries == []:
        raise _fault("no_subjects", "/subject: the list is empty")
    if not isinstance(entries, list):
        raise _fault("bad_statement", "/subject: wanted a list")
    subjects: dict[str, str] = {}
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or set(entry) != {"name", "digest"}:
            raise _fault("bad_statement", f"/subject/{index}: wanted exactly name and digest")
        name, digest = entry["name"], entry["digest"]
        if not is_safe_name(name) or name == ATTESTATION_NAME:
            raise _fault("bad_statement", f"/subject/{index}/name: wanted the safe name of another file")
        if not isinstance(digest, dict) or set(digest) != {"sha256"} or not is_digest(digest["sha256"]):
            raise _fault("bad_statement", f"/subject/{index}/digest: wanted one sha256")
        if name in subjects:
            raise _fault("bad_statement", f"/subject/{index}/name: {name} is named twice")
        subjects[name] = digest["sha256"]
    return subjects


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says a key twice: two readers could see two documents."""
    document = dict(pairs)
    if len(document) != len(pairs):
        message = "an object holds a key twice"
        raise ValueError(message)
    return document


def _refuse_constant(word: str) -> NoReturn:
    """Refuse NaN and the infinities, which are not JSON."""
    message = f"{word} is not JSON"
    raise ValueError(message)


def _fault(code: str, detail: str) -> SealFault:
    """Name the place once."""
    return SealFault(code, f"{ATTESTATION_NAME}#payload", detail)
