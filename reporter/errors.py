"""The one error tree and the exit codes.

ReporterError
├── UsageFault           the call or the settings are wrong: every fault at once   exit 2
│   ├── NotKnown         what is named is not there                                exit 2
│   ├── WrongText        a text of the call is blank, too long or no plain line    exit 2
│   ├── KeyFault         a signing or public key is missing, unsafe or unusable    exit 2
│   └── LedgerUnusable   a ledger is missing, locked, damaged or of another kind   exit 2
│       └── LedgerRefused the machine does not let it be read or written           exit 74
├── VerificationFailed   a bundle is not what was sealed                           exit 5
│   └── SealFault        one part of the seal does not hold (reporter.seal)        exit 5
├── NotPublicSafe        a text holds what no record may hold                      exit 7
├── Locked               another run holds the lock                                exit 75
├── MachineFault         a full disk, a directory that cannot be written           exit 74
│   └── BundleNotWritten the disk refused the bundle                               exit 74
├── PdfNotMade           a PDF worker died (reporter.render)                       exit 1
├── RecordsNotFolded     a process that read records was killed (jobs.folding)     exit 1
└── ForeignFont          a page asked for a font that is not bundled               exit 1

Expected bad states of the inputs are findings in a report, never exceptions.
"""

import traceback
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Self


class ExitCode(IntEnum):
    """What a caller learns from the exit status. The table in the README is tested against this."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Attach the meaning to the number, so that help and docs have one source."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    DONE = 0, "done, whatever the verdict"
    BUG = 1, "a bug in reporter"
    USAGE = 2, "the call, the settings or a key are wrong; nothing was done"
    DUE_SOON = 3, "due soon (only with --fail-on due_soon)"
    NEEDS_ATTENTION = 4, "needs attention, open or blocked (only with --fail-on)"
    VERIFICATION_FAILED = 5, "verification failed"
    DELIVERY_INCOMPLETE = 6, "delivery incomplete"
    NOT_PUBLIC_SAFE = 7, "refused: not public-safe"
    MACHINE = 74, "the machine refuses: a full disk, a directory that cannot be written; mend it, then run again"
    LOCKED = 75, "another run holds the lock; try later"


class ReporterError(Exception):
    """A failure that a person can act on. `faults` holds one sentence for each thing that is wrong."""

    exit_code = ExitCode.BUG

    def __init__(self, *faults: str) -> None:
        """Take every fault at once; a person should not have to fix them one run at a time."""
        super().__init__("\n".join(faults))
        self.faults = faults


def as_told(environment: str, failed: Exception) -> ReporterError:
    """Tell an expected error as it is, and a bug by its place alone: its text may hold what no log should."""
    if isinstance(failed, ReporterError):
        return failed
    place = traceback.extract_tb(failed.__traceback__)[-1]
    return ReporterError(
        f"{environment}: this is a bug in reporter, please report it:"
        f" {type(failed).__name__} in {Path(place.filename).name}, line {place.lineno} ({place.name})"
    )


def places_of(failed: BaseException) -> Iterator[str]:
    """Give the traceback of a bug, and of what led to it, without any text of theirs: it may hold a secret."""
    before = failed.__cause__ or failed.__context__
    if before:
        yield from places_of(before)
        yield "which led to:"
    yield "Traceback (most recent call last):"
    for place in traceback.extract_tb(failed.__traceback__):
        yield f"  {place.filename}, line {place.lineno}, in {place.name}"
    yield type(failed).__name__


class UsageFault(ReporterError):
    """The call or the settings are wrong."""

    exit_code = ExitCode.USAGE


class NotKnown(UsageFault):
    """What the call names is not there; its faults list what is."""


class WrongText(UsageFault):
    """A text of the call is blank, a placeholder, too long, or no plain line."""


class KeyFault(UsageFault):
    """A key is missing, readable by others, or not an Ed25519 key."""


class LedgerUnusable(UsageFault):
    """A ledger is missing, locked, damaged, read-only or no ledger at all."""

    damaged = False
    """Whether it is there and its content is what is wrong: a failed verification."""


class LedgerRefused(LedgerUnusable):
    """The machine does not let a ledger be read or written: a full disk, a directory that is read-only."""

    exit_code = ExitCode.MACHINE


class VerificationFailed(ReporterError):
    """A bundle is not what was sealed."""

    exit_code = ExitCode.VERIFICATION_FAILED


class NotPublicSafe(ReporterError):
    """A text holds a secret or an address. Its faults name the rule and the place, never the value."""

    exit_code = ExitCode.NOT_PUBLIC_SAFE


class MachineFault(ReporterError):
    """The machine refuses what call and settings rightly ask for: a full disk, a directory that cannot be written."""

    exit_code = ExitCode.MACHINE


class BundleNotWritten(MachineFault):
    """The bundle could not be written; no part of it is left behind."""


class Locked(ReporterError):
    """Another run is at work; its faults say who and since when."""

    exit_code = ExitCode.LOCKED
