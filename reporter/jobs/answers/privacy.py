"""What people write under a decision holds nothing that is configured as private: the ledger forgets nothing (A10)."""

from collections.abc import Iterable

from reporter.errors import NotPublicSafe
from reporter.jobs.answers.signature import Signature
from reporter.jobs.guards import proved_guard
from reporter.logs import PRIVATE_VALUE
from reporter.settings_model import Settings


def refuse_private(settings: Settings, signature: Signature, verification_refs: Iterable[str] = ()) -> None:
    """Raise NotPublicSafe with every text that holds a private value, by its option and where the value is configured.

    Raise UsageFault where the connector configuration cannot be read: nobody knows then what is private.
    """
    private = proved_guard(settings).private
    texts = [("--by", signature.by), ("--reason", signature.reason), ("--ref", signature.ref)]
    texts += [("--verification", ref) for ref in verification_refs]
    unsafe = [
        f"{option}: found what is configured as {value.place} (not shown), wanted none in a record;"
        f" rule {PRIVATE_VALUE}"
        for option, text in texts
        for value in private.find(text.encode("utf-8", "surrogatepass"))
    ]
    if unsafe:
        raise NotPublicSafe(*dict.fromkeys(unsafe))
