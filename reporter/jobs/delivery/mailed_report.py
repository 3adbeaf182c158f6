"""From a bundle that verifies to the mail about it: nothing is said that the bundle does not say."""

import os
from typing import Final, NamedTuple

from pydantic import ValidationError

from reporter.deliver.letter import Attachment, Letter
from reporter.errors import UsageFault
from reporter.model.ids import make_id
from reporter.model.instants import parse_instant
from reporter.model.readiness import Readiness
from reporter.render.mail import Mail, Sealed, write_mail
from reporter.seal.contents import read_contents
from reporter.seal.keys import PublicKey

MOST_PDF_BYTES: Final = 5_000_000
"""A third more as it is mailed; most servers take 10 MB."""
PAGE: Final = "executive.html"
PDF: Final = "executive.pdf"
_STAMP: Final = "%Y%m%dT%H%M%SZ"


class MailedReport(NamedTuple):
    """What is mailed of one bundle. `name` is that of the bundle's directory where it was sealed."""

    readiness: Readiness
    name: str
    digest: str
    link: str
    mail: Mail
    attachments: tuple[Attachment, ...]

    @property
    def run_id(self) -> str:
        """The id of the report's delivery, whoever delivers it: one for each bundle (domain.md B5.3)."""
        return make_id("gordackexecsched", environment=self.readiness.environment, bundle=self.digest)

    def letter(self, message_id: str) -> Letter:
        """Write the letter, for nobody in particular."""
        instant = parse_instant(self.readiness.as_of)
        assert instant is not None, self.readiness.as_of  # noqa: S101 - `read_report` saw to it
        return Letter(message_id, instant.at, *self.mail, attachments=self.attachments)


def read_report(path: str | os.PathLike[str], key: PublicKey, link: str = "") -> MailedReport:
    """Verify a bundle and write the mail about it. `link` is where the bundles are published.

    Raise VerificationFailed with every failure, UsageFault for a bundle of another version.
    """
    contents = read_contents(path, key)
    try:
        readiness = Readiness.model_validate_json(contents.files["readiness.json"])
        pdf = contents.files[PDF]
    except (KeyError, ValidationError):
        message = f"{os.fspath(path)}: found a bundle of another version of reporter, wanted one of this version"
        raise UsageFault(message) from None
    instant = parse_instant(readiness.as_of)
    if instant is None:
        raise UsageFault(f"{os.fspath(path)}: found a bundle without its instant, wanted one that reporter sealed")
    name = f"{instant.at:{_STAMP}}-{contents.digest[:12]}"
    page = f"{link.rstrip('/')}/{readiness.environment}/{name}/{PAGE}" if link else ""
    is_attached = len(pdf) <= MOST_PDF_BYTES
    sealed = Sealed(name, contents.digest, key.key_id, page, is_attached)
    attached = Attachment(f"{readiness.environment}-{instant.at:%Y-%m-%d}-{PDF}", pdf)
    return MailedReport(
        readiness, name, contents.digest, page, write_mail(readiness, sealed), (attached,) if is_attached else ()
    )
