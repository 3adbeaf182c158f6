"""What the name and the first bytes of a source say about its kind."""

import re
from typing import Final

_PACKED: Final = re.compile(r"\.(gz|gzip|zst|zstd)\Z", re.IGNORECASE)
_LINES: Final = re.compile(r"\.(jsonl|ndjson|jsonlines)\Z", re.IGNORECASE)
_FILE: Final = re.compile(r"\.(jsonl|ndjson|jsonlines|json|gz|gzip|zst|zstd)\Z", re.IGNORECASE)
_ITEMS: Final = re.compile(
    rb'\s*\{\s*(?:"(?:[^"\\]++|\\.)*+"\s*:\s*(?:[^"{}\[\],]++|"(?:[^"\\]++|\\.)*+")\s*,\s*)*+"items"\s*:'
)


def is_file_name(path: str) -> bool:
    """Say whether an address ends in the name of a file: such an answer has no pages."""
    return _FILE.search(path) is not None


def is_document(name: str, head: bytes) -> bool:
    """Tell one JSON document from JSON Lines, by the name where it says so, else by how it begins."""
    if _LINES.search(_PACKED.sub("", name)):
        return False
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] != b"{":
        return text[:1] == b"["
    if _ITEMS.match(text):
        return True
    line = text.partition(b"\n")[0].rstrip()
    return not line.endswith(b"}")
