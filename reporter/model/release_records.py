"""References to release approval records, and the one grammar of them: `KIND:PLACE`, exact, without white space."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, NamedTuple

from reporter.model.text import show

LONGEST_REFERENCE: Final = 300


class ReferenceKind(NamedTuple):
    """One kind of record: its word, how a reference to it is written, an example, and what becomes of the files."""

    word: str
    form: str
    example: str
    becomes: str
    pattern: re.Pattern[str]


class Reference(NamedTuple):
    """One release approval record. `text` is the reference as it was given, `parts` are what its form names."""

    kind: str
    text: str
    parts: tuple[str, ...]


_SEGMENT: Final = r"(?!\.{1,2}(?:/|@|$))[A-Za-z0-9._-]{1,100}"
_TAG: Final = r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._+/-]{0,127}"

KINDS: Final = {
    kind.word: kind
    for kind in (
        ReferenceKind(
            "github",
            "github:OWNER/REPO@TAG",
            "github:example/pilot@v1.4.0",
            "assets of a draft release; a published one takes none",
            re.compile(rf"([A-Za-z0-9][A-Za-z0-9-]{{0,38}})/({_SEGMENT})@({_TAG})"),
        ),
        ReferenceKind(
            "gitlab",
            "gitlab:GROUP/PROJECT@TAG",
            "gitlab:example/pilot@v1.4.0",
            "a generic package, and links to it on the release",
            re.compile(rf"((?:{_SEGMENT}/)+{_SEGMENT})@({_TAG})"),
        ),
        ReferenceKind(
            "jira",
            "jira:KEY-NUMBER",
            "jira:REL-12",
            "attachments of the issue",
            re.compile(r"([A-Z][A-Z0-9_]{1,31}-[1-9][0-9]{0,9})"),
        ),
        ReferenceKind(
            "servicenow",
            "servicenow:TABLE/SYS_ID",
            "servicenow:change_request/0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "attachments of the record; its approval is read and told, never given",
            re.compile(r"([a-z][a-z0-9_]{0,79})/([0-9a-f]{32})"),
        ),
        ReferenceKind(
            "azure",
            "azure:PROJECT/NUMBER",
            "azure:pilot/123",
            "attachments of the work item",
            re.compile(rf"({_SEGMENT})/([1-9][0-9]{{0,9}})"),
        ),
        ReferenceKind(
            "put",
            "put:PATH",
            "put:releases/v1.4.0",
            "files under this path of the store, never overwritten",
            re.compile(rf"({_SEGMENT}(?:/{_SEGMENT})*)"),
        ),
        ReferenceKind(
            "directory",
            "directory:PATH",
            "directory:/srv/release-records",
            "files in this directory, never overwritten",
            re.compile(r"([^\x00-\x1f\x7f]{1,250})"),
        ),
    )
}
"""Every kind of release approval record, by its word."""


def read_reference(text: str) -> Reference | str:
    """Read one reference, or say what is wrong with it: found, and wanted."""
    word, colon, place = text.partition(":")
    kind = KINDS.get(word)
    if kind is None or not colon:
        close = get_close_matches(word, KINDS, n=1) if colon else []
        meant = f"; did you mean {close[0]}:?" if close else ""
        forms = ", ".join(one.form for one in KINDS.values())
        return f"found {_shown(text)}, wanted one of {forms}{meant}"
    found = kind.pattern.fullmatch(place)
    if found is None or len(text) > LONGEST_REFERENCE:
        return f"found {_shown(text)}, wanted {kind.form}, such as {kind.example}"
    return Reference(word, text, found.groups())


def read_references(texts: Iterable[str]) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """Read several references, each once; and say of every one that is wrong what it is."""
    read = [read_reference(text) for text in dict.fromkeys(texts)]
    return (
        tuple(one for one in read if isinstance(one, Reference)),
        tuple(one for one in read if isinstance(one, str)),
    )


def _shown(text: str) -> str:
    """Show what was given, unless it is an address: that may hold a credential."""
    return "an address (not shown)" if "://" in text or text.count("@") > 1 else show(text)
