"""What is known of bundles at release approval records, as the ledger keeps it and the next bundle shows it."""

from typing import Literal

from reporter.model.checks import Wire


class AttachedFile(Wire):
    """One file at the record. `ids` are what the other system calls it, allow-listed."""

    name: str
    sha256: str
    size_bytes: int
    outcome: str
    level: str
    error_class: str = ""
    ids: dict[str, str] = {}


class Attachment(Wire):
    """One bundle at one release approval record, by the reference that a person gave.

    `level` is that of the file that came least far: `landed` where all were read back and their digests compared,
    `accepted` where the record cannot be read, `intended` where one is missing. `facts` are what the record said of
    itself, such as its approval; nothing here changes that.
    """

    target: str
    release_record_ref: str
    bundle_digest: str
    bundle_as_of: str
    outcome: str
    level: str
    recorded_at: str
    files: tuple[AttachedFile, ...]
    facts: dict[str, str] = {}


Phase = Literal["intended", "ended"]
