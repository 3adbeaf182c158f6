"""VERIFY.md: how to verify a bundle without reporter. The wording lives in the template."""

from reporter.seal.digests import is_digest

_PLACEHOLDER = "{key_id}"


def verify_text(template: str, key_id: str) -> bytes:
    """Fill the template's `{key_id}`. Raises ValueError when it has none or the id is no id."""
    if _PLACEHOLDER not in template or not is_digest(key_id):
        message = f"wanted a template with {_PLACEHOLDER} and a key id of 64 hex digits"
        raise ValueError(message)
    return template.replace(_PLACEHOLDER, key_id).encode()
