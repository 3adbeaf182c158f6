"""Where every environment stands, what came before, and what changed: read from sealed bundles, never from inputs.

Nothing that a bundle says is told unless its seal holds.
"""

from typing import TYPE_CHECKING

from reporter.jobs.keys import own_public_key
from reporter.seal.keys import PublicKey, load_public_key
from reporter.settings_places import Places

if TYPE_CHECKING:
    from reporter.settings_model import Settings


def public_key_of(settings: "Settings | Places") -> PublicKey | None:
    """Give the key that these settings seal with; None where none was made yet."""
    pem = own_public_key(settings)
    return load_public_key(pem) if pem else None
