"""Ids of what we make: a prefix and sixteen hex digits over the fields that make it what it is (domain.md B, B5.3)."""

import hashlib
import json


def make_id(prefix: str, **fields: object) -> str:
    """Make an id. The same fields give the same id, whatever their order."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=str)
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
