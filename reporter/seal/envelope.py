"""DSSE v1 envelopes with one Ed25519 signature. Refuses every spelling of an envelope but its own.

One canonical spelling means that no byte of attestation.json can change unnoticed, whitespace,
duplicate keys and base64 padding included.
https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md
"""

import binascii
import json
from typing import Any

from reporter.seal.digests import is_digest
from reporter.seal.faults import SealFault
from reporter.seal.keys import PublicKey, SigningKey

ATTESTATION_NAME = "attestation.json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
ENVELOPE_BYTES_MAX = 16 << 20


def pae(payload_type: str, payload: bytes) -> bytes:
    """Give the bytes that are signed: DSSE's pre-authentication encoding, lengths in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload: bytes, signing_key: SigningKey) -> bytes:
    """Sign a payload and give the envelope's canonical bytes: one line, one signature."""
    return _spell(payload, signing_key.key_id, signing_key.sign(pae(PAYLOAD_TYPE, payload)))


def open_envelope(raw: bytes, public_key: PublicKey) -> bytes:
    """Give the payload that this key signed.

    Raises SealFault: `bad_envelope`, `unsigned`, `wrong_key` or `bad_signature`, the first that
    applies.
    """
    payload, key_id, signature = _parse(raw)
    if key_id != public_key.key_id:
        raise _fault("wrong_key", f"signed by key {key_id}, wanted {public_key.key_id}")
    if not public_key.accepts(signature, pae(PAYLOAD_TYPE, payload)):
        raise _fault("bad_signature", f"key {key_id} did not make this signature over this payload")
    return payload


def _parse(raw: bytes) -> tuple[bytes, str, bytes]:
    """Take payload, key id and signature out of canonical bytes. Raises SealFault."""
    if len(raw) > ENVELOPE_BYTES_MAX:
        raise _fault("bad_envelope", f"larger than {ENVELOPE_BYTES_MAX} bytes")
    try:
        document = json.loads(raw.decode("ascii"))
    except (ValueError, RecursionError):
        raise _fault("bad_envelope", "not JSON in ASCII") from None
    signature = _only_signature(document)
    if document.get("payloadType") != PAYLOAD_TYPE:
        raise _fault("bad_envelope", f"/payloadType: wanted {PAYLOAD_TYPE}")
    payload = _decode(document.get("payload"), "/payload")
    key_id = signature.get("keyid")
    if not isinstance(key_id, str) or not is_digest(key_id):
        raise _fault("bad_envelope", "/signatures/0/keyid: wanted 64 lower-case hex digits")
    signed = _decode(signature.get("sig"), "/signatures/0/sig")
    if raw != _spell(payload, key_id, signed):
        raise _fault(
            "bad_envelope",
            "not spelled as reporter spells it: bytes were added, removed or changed",
        )
    return payload, key_id, signed


def _only_signature(document: object) -> dict[str, Any]:
    """Find the one signature; none, or an empty one, is `unsigned`."""
    if not isinstance(document, dict):
        raise _fault("bad_envelope", "wanted a JSON object")
    signatures = document.get("signatures")
    if signatures == []:
        raise _fault("unsigned", "/signatures: the list is empty")
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise _fault("bad_envelope", "/signatures: wanted a list with one object")
    if signatures[0].get("sig") == "":
        raise _fault("unsigned", "/signatures/0/sig: the signature is empty")
    return signatures[0]


def _decode(text: object, pointer: str) -> bytes:
    """Decode base64. What it tolerates is caught when the canonical bytes are compared."""
    try:
        return binascii.a2b_base64(str(text), strict_mode=True)
    except ValueError:
        raise _fault("bad_envelope", f"{pointer}: wanted base64") from None


def _spell(payload: bytes, key_id: str, signature: bytes) -> bytes:
    """Write the one spelling. None of the values needs JSON escaping."""
    return b'{"payload":"%b","payloadType":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}\n' % (
        binascii.b2a_base64(payload, newline=False),
        PAYLOAD_TYPE.encode(),
        key_id.encode(),
        binascii.b2a_base64(signature, newline=False),
    )


def _fault(code: str, detail: str) -> SealFault:
    """Name the file once."""
    return SealFault(code, ATTESTATION_NAME, detail)
