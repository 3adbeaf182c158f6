"""The one way a seal says what is wrong with itself: a code, a file, a sentence."""

from reporter.errors import VerificationFailed


class SealFault(VerificationFailed):
    """One reason to refuse a seal. `code` is a key of `model.verification.FAILURE_CODES`."""

    def __init__(self, code: str, file: str, detail: str) -> None:
        """Keep the parts apart, so that a verification can list them."""
        super().__init__(f"{file}: {detail} ({code})")
        self.code = code
        self.file = file
        self.detail = detail
