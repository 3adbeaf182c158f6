"""The statement is deterministic to write and strict to read."""

import json

import pytest

from reporter.seal.digests import sha256_hex
from reporter.seal.faults import SealFault
from reporter.seal.statement import build_statement, read_statement
from seal.small_bundle import PREDICATE

FILES = {"b": b"2", "a/c": b"1"}
DIGEST = {"sha256": "0" * 64}


def test_statement_is_sorted_compact_and_reads_back() -> None:
    payload = build_statement(FILES, PREDICATE)
    document = json.loads(payload)
    assert payload == json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    statement = read_statement(payload)
    assert list(statement.subjects.items()) == [("a/c", sha256_hex(b"1")), ("b", sha256_hex(b"2"))]
    assert statement.predicate == PREDICATE
    assert statement.document == document
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "urn:x-reporter:bundle:v1"
    shuffled = dict(reversed(FILES.items()))
    assert build_statement(shuffled, dict(reversed(list(PREDICATE.items())))) == payload


def test_statement_that_nobody_could_verify_is_not_built() -> None:
    for files, predicate in ((FILES, {"inputs": []}), ({}, PREDICATE), ({"../a": b""}, PREDICATE)):
        with pytest.raises(SealFault):
            build_statement(files, predicate)
    with pytest.raises(ValueError, match="not JSON compliant"):
        build_statement(FILES, {"inputs": [float("nan")]})


def respelled(**parts: object) -> bytes:
    return json.dumps(json.loads(build_statement(FILES, PREDICATE)) | parts).encode()


GOOD = build_statement(FILES, PREDICATE)
REFUSED = {
    "list": (b"[]", "bad_statement"),
    "not JSON": (GOOD[:-1], "bad_statement"),
    "not UTF-8": (GOOD + b"\xff", "bad_statement"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "bad_statement"),
    "deep": (b"[" * 100_000, "bad_statement"),
    "NaN": (GOOD.replace(b'"0.1.0"', b"NaN"), "bad_statement"),
    "duplicate key": (GOOD.replace(b"{", b'{"_type":"x",', 1), "bad_statement"),
    "duplicate inner key": (GOOD.replace(b'"alias"', b'"alias":1,"alias"'), "bad_statement"),
    "extra key": (respelled(extra=1), "bad_statement"),
    "type": (respelled(_type="https://in-toto.io/Statement/v0.1"), "bad_statement"),
    "predicate type": (respelled(predicateType="urn:x-reporter:bundle:v2"), "unknown_predicate"),
    "no subjects": (respelled(subject=[]), "no_subjects"),
    "subject type": (respelled(subject={}), "bad_statement"),
    "subject entry": (respelled(subject=["a"]), "bad_statement"),
    "subject keys": (respelled(subject=[{"name": "a"}]), "bad_statement"),
    "subject name": (respelled(subject=[{"name": "/a", "digest": DIGEST}]), "bad_statement"),
    "itself": (
        respelled(subject=[{"name": "attestation.json", "digest": DIGEST}]),
        "bad_statement",
    ),
    "digest type": (respelled(subject=[{"name": "a", "digest": []}]), "bad_statement"),
    "digest kind": (respelled(subject=[{"name": "a", "digest": {"sha1": ""}}]), "bad_statement"),
    "digest": (respelled(subject=[{"name": "a", "digest": {"sha256": "0"}}]), "bad_statement"),
    "twice": (respelled(subject=[{"name": "a", "digest": DIGEST}] * 2), "bad_statement"),
    "predicate": (respelled(predicate=[]), "bad_statement"),
    "no inputs": (respelled(predicate={}), "no_inputs"),
    "empty inputs": (respelled(predicate={"inputs": {}}), "no_inputs"),
    "inputs type": (respelled(predicate={"inputs": "all"}), "no_inputs"),
}


@pytest.mark.parametrize(("payload", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_statement_that_is_not_understood_is_refused(payload: bytes, code: str) -> None:
    with pytest.raises(SealFault) as caught:
        read_statement(payload)
    assert caught.value.code == code
