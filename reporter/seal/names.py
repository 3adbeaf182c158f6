"""The names of bundles: the instant of each, and the first digits of its attestation's digest."""

# Without pathlib: a verification starts faster than it imports.
# ruff: noqa: PTH119

import os
import re
from collections.abc import Mapping
from typing import Any

BUNDLE_NAME = re.compile(r"([0-9]{8}T[0-9]{6}Z)-([0-9a-f]{12})")
_NOT_IN_STAMP = re.compile(r"[-:]|\.[0-9]+")


def lies_about(path: str | os.PathLike[str], digest: str, predicate: Mapping[str, Any]) -> bool:
    """Say whether a directory is named like another bundle than the one whose seal is in it.

    A name of another form says nothing. Of a link both names count: its own, and that of the directory.
    """
    stamp = _NOT_IN_STAMP.sub("", str(predicate.get("as_of")))
    names = (os.path.basename(form(path)) for form in (os.path.abspath, os.path.realpath))
    found = (BUNDLE_NAME.fullmatch(os.fsdecode(name)) for name in names)
    return any(one and not (digest.startswith(one[2]) and stamp == one[1]) for one in found)
