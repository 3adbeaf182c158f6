"""The answer of a bundle's verification, and the one list of reasons to refuse a bundle."""

from collections.abc import Mapping
from typing import Any, NamedTuple

FAILURE_CODES: Mapping[str, str] = {
    "bad_envelope": "attestation.json is not the canonical DSSE envelope that reporter writes",
    "bad_signature": "the envelope names this key, and its signature is not by this key",
    "bad_statement": "the signed statement is not a well-formed in-toto Statement v1",
    "changed": "the file's bytes are not the bytes that were sealed",
    "extra": "the file or directory was not sealed",
    "missing": "the file was sealed and is not there",
    "no_inputs": "the statement names no inputs",
    "no_subjects": "the statement names no files",
    "not_a_bundle": "there is no directory here, or it holds no seal",
    "not_regular": "a sealed name is a directory, a pipe, a socket or a device, not a file",
    "sums_disagree": "SHA256SUMS and the signed statement do not say the same",
    "symlink": "a symbolic link stands inside of the bundle; it is not followed",
    "unknown_predicate": "the statement is of a kind that this version cannot judge",
    "unreadable": "the file or directory could not be read",
    "unsigned": "there is no attestation, or it holds no signature",
    "wrong_key": "the envelope was signed by another key than the one given",
    "wrong_name": "the directory has the name of another bundle: its instant or its digest is not that of the seal",
}


class Failure(NamedTuple):
    """One reason to refuse a bundle. Lists of failures are sorted by code, file and detail."""

    code: str
    file: str
    detail: str


class Verification(NamedTuple):
    """What a verification found. It passed only without a failure and with a statement."""

    failures: tuple[Failure, ...]
    files: int
    """How many files were read and compared with the seal, the attestation included."""
    key_id: str
    """The key that the verification trusted, whether the bundle was signed with it or not."""
    statement: Mapping[str, Any] | None
    """The signed statement; None unless its signature is good."""

    @property
    def result(self) -> str:
        """Fail closed: no statement is a failure too."""
        return "failed" if self.failures or self.statement is None else "passed"

    def as_json(self) -> dict[str, Any]:
        """Give what `reporter verify --json` prints."""
        return {
            "result": self.result,
            "failures": [failure._asdict() for failure in self.failures],
            "files": self.files,
            "key_id": self.key_id,
            "statement": self.statement,
        }
