"""The envelope has one spelling, and says which of its parts is wrong."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from reporter.seal.envelope import (
    ENVELOPE_BYTES_MAX,
    PAYLOAD_TYPE,
    open_envelope,
    pae,
    sign_envelope,
)
from reporter.seal.faults import SealFault
from reporter.seal.keys import SigningKey

PAYLOAD = b'{"hello":"world"}'


def test_pae_is_that_of_the_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_envelope_is_one_canonical_line_that_opens(key: SigningKey) -> None:
    raw = sign_envelope(PAYLOAD, key)
    document = json.loads(raw)
    assert raw == json.dumps(document, separators=(",", ":")).encode() + b"\n"
    assert list(document) == ["payload", "payloadType", "signatures"]
    assert document["signatures"][0]["keyid"] == key.key_id
    assert open_envelope(raw, key.public) == PAYLOAD
    assert sign_envelope(PAYLOAD, key) == raw


def test_stock_openssl_accepts_the_signature(tmp_path: Path, key: SigningKey, key_path: Path) -> None:
    signature = json.loads(sign_envelope(PAYLOAD, key))["signatures"][0]["sig"]
    (tmp_path / "sig").write_bytes(base64.b64decode(signature))
    (tmp_path / "pae").write_bytes(pae(PAYLOAD_TYPE, PAYLOAD))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{key_path}.pub", "-rawin"]
    command += ["-in", str(tmp_path / "pae"), "-sigfile", str(tmp_path / "sig")]
    subprocess.run(command, check=True)


def test_openssl_signature_opens_here(tmp_path: Path, key: SigningKey, key_path: Path) -> None:
    (tmp_path / "pae").write_bytes(pae(PAYLOAD_TYPE, PAYLOAD))
    command = ["openssl", "pkeyutl", "-sign", "-inkey", str(key_path), "-rawin"]
    command += ["-in", str(tmp_path / "pae"), "-out", str(tmp_path / "sig")]
    subprocess.run(command, check=True)
    signature = json.loads(sign_envelope(PAYLOAD, key))["signatures"][0]["sig"]
    assert base64.b64encode((tmp_path / "sig").read_bytes()).decode() == signature


def refusal(raw: bytes, key: SigningKey) -> str:
    with pytest.raises(SealFault) as caught:
        open_envelope(raw, key.public)
    assert caught.value.file == "attestation.json"
    assert caught.value.detail in str(caught.value)
    return caught.value.code


def respelled(key: SigningKey, **parts: object) -> bytes:
    document = json.loads(sign_envelope(PAYLOAD, key)) | parts
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def with_signature(key: SigningKey, **parts: object) -> bytes:
    signature = json.loads(sign_envelope(PAYLOAD, key))["signatures"][0]
    return respelled(key, signatures=[signature | parts])


def test_other_key_is_wrong_key(key: SigningKey, other_key: SigningKey) -> None:
    assert refusal(sign_envelope(PAYLOAD, other_key), key) == "wrong_key"


def test_right_id_with_a_wrong_signature_is_bad_signature(key: SigningKey, other_key: SigningKey) -> None:
    raw = sign_envelope(PAYLOAD, other_key)
    forged = raw.replace(other_key.key_id.encode(), key.key_id.encode())
    assert refusal(forged, key) == "bad_signature"
    short = with_signature(key, sig=base64.b64encode(b"short").decode())
    assert refusal(short, key) == "bad_signature"
    other = respelled(key, payload=base64.b64encode(b'{"hello":"there"}').decode())
    assert refusal(other, key) == "bad_signature"


def test_no_signature_is_unsigned(key: SigningKey) -> None:
    assert refusal(respelled(key, signatures=[]), key) == "unsigned"
    assert refusal(with_signature(key, sig=""), key) == "unsigned"


def test_malformed_envelope_is_bad_envelope(key: SigningKey) -> None:
    raw = sign_envelope(PAYLOAD, key)
    signature = json.loads(raw)["signatures"][0]
    spellings = {
        "empty": b"",
        "not JSON": raw[:-5],
        "deep": b"[" * 100_000,
        "list": b"[]\n",
        "not ASCII": raw.replace(b"vnd", "vñd".encode()),
        "spaces": json.dumps(json.loads(raw)).encode() + b"\n",
        "no newline": raw[:-1],
        "two newlines": raw + b"\n",
        "duplicate key": raw.replace(b"{", b'{"payload":"AAAA",', 1),
        "extra key": respelled(key, extra=1),
        "padding bits": raw.replace(b'In0=","p', b'In1=","p'),
        "not base64": respelled(key, payload="?"),
        "payload type": respelled(key, payloadType="text/plain"),
        "no payload": respelled(key, payload=None),
        "two signatures": respelled(key, signatures=[signature, signature]),
        "signature list": respelled(key, signatures=[["sig"]]),
        "signature object": respelled(key, signatures=signature),
        "keyid type": with_signature(key, keyid=None),
        "keyid case": with_signature(key, keyid="A" * 64),
        "signature type": with_signature(key, sig=7),
        "escape": raw.replace(b"payloadType", b"payload\\u0054ype"),
        "too large": b" " * (ENVELOPE_BYTES_MAX + 1),
    }
    accepted = {
        name: code for name, spelling in spellings.items() if (code := refusal(spelling, key)) != "bad_envelope"
    }
    assert not accepted
    assert all(spelling != raw for spelling in spellings.values())
