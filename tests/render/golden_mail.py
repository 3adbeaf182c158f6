"""The mails that golden files hold, byte for byte. This writes them anew, for a diff to read:

PYTHONPATH=.:tests python -m render.golden_mail
"""

from pathlib import Path
from typing import Final

from render.documents import closed_document, readiness_document
from reporter.render.mail import Sealed, write_mail

GOLDEN: Final = Path(__file__).parent / "golden"
NAMES: Final = ("mail-held.txt", "mail-held.html", "mail-closed.txt", "mail-closed.html")
SEALED: Final = Sealed("20260611T154000Z-58e1f2c07b9d", "58e1f2c07b9d" + "0a" * 26, "c4" * 32)
LINK: Final = "https://evidence.example.org/bundles/payments-pilot/executive.html"


def golden_mails() -> dict[str, str]:
    """Give what each golden file should hold: an environment in trouble, and one that may be released."""
    held = write_mail(readiness_document(), SEALED._replace(link=LINK))
    closed = write_mail(closed_document(), SEALED._replace(is_attached=False))
    texts = (
        f"Subject: {held.subject}\n\n{held.text}",
        held.html,
        f"Subject: {closed.subject}\n\n{closed.text}",
        closed.html,
    )
    return dict(zip(NAMES, texts, strict=True))


if __name__ == "__main__":
    for name, text in golden_mails().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
