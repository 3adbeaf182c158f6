"""Jobs around the signing key: load it, make it, give its public half."""

from pathlib import Path
from typing import TYPE_CHECKING

from reporter.errors import KeyFault, UsageFault
from reporter.settings import read_secret
from reporter.settings_places import Places

if TYPE_CHECKING:
    from reporter.seal.keys import KeyPair, SigningKey
    from reporter.settings_model import Settings


def signing_key(settings: "Settings | Places") -> tuple["SigningKey", str]:
    """Load the signing key, and say so when it had to be made.

    A key that somebody named must exist. The default one is made on the first run, so that upstream's variables
    alone are enough.
    """
    from reporter.seal.keys import load_signing_key, read_signing_key

    kind, _, name = settings.signing_key.partition(":")
    if kind != "file":
        return load_signing_key(read_secret(settings, settings.signing_key, "signing_key"), settings.signing_key), ""
    path = Path(settings.resolve(name))
    if path.exists() or settings.signing_key_given:
        return read_signing_key(path), ""
    try:
        made = make_key_pair(path)
    except KeyFault:
        # Another run made it meanwhile.
        return read_signing_key(path), ""
    return read_signing_key(path), (
        f"made a signing key: {made.private_path} (key id {made.key_id}); give {made.public_path} to your auditors"
    )


def make_key_pair(path: Path) -> "KeyPair":
    """Make a key pair, and the directory that it is to stand in."""
    from reporter.seal.keys import new_key_pair

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageFault(f"{path.parent}: cannot be made: {error.strerror}; choose another place for the key") from None
    return new_key_pair(path)


def own_public_key(settings: "Settings | Places") -> bytes | None:
    """Give the public half of the signing key as PEM; None when the default key was not made yet."""
    kind, _, name = settings.signing_key.partition(":")
    if kind == "file" and not settings.signing_key_given and not Path(settings.resolve(name)).exists():
        return None
    key, _ = signing_key(settings)
    return key.public_pem()
