"""Ed25519 keys: make a pair, read a half. Refuses other kinds, and private keys open to others.

No message and no repr holds key material. `cryptography`'s serialisation costs more start-up time
than a whole verification, so each half in its usual form, which is one fixed prefix and 32 bytes
(RFC 8410 4 and 7), is read without it.
"""

# Without pathlib: a verification starts faster than it imports.
# ruff: noqa: PTH108, PTH120

import binascii
import os
import stat
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519

from reporter.errors import KeyFault
from reporter.seal.digests import sha256_hex
from reporter.seal.disk import create_file, sync_directory

_SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
_PUBLIC_BEGIN = b"-----BEGIN PUBLIC KEY-----"
_PUBLIC_END = b"-----END PUBLIC KEY-----"
_PKCS8_PREFIX = bytes.fromhex("302e020100300506032b657004220420")
_PRIVATE_BEGIN = b"-----BEGIN PRIVATE KEY-----"
_PRIVATE_END = b"-----END PRIVATE KEY-----"
_RAW_BYTES = 32
_KEY_FILE_BYTES_MAX = 1 << 16
_MAKE_ONE = "make a pair with `reporter keys new`"
_PUBLIC_GIVEN = "found a public key, wanted the private half: give the file beside it without .pub"


class PublicKey:
    """The half that verifies. `key_id` is the sha256 of its DER SubjectPublicKeyInfo."""

    __slots__ = ("_key", "_spki", "key_id")

    def __init__(self, key: ed25519.Ed25519PublicKey) -> None:
        """Wrap a key that is already known to be Ed25519."""
        self._key = key
        self._spki = _SPKI_PREFIX + key.public_bytes_raw()
        self.key_id = sha256_hex(self._spki)

    def __repr__(self) -> str:
        """Name the key by its id."""
        return f"PublicKey({self.key_id})"

    def accepts(self, signature: bytes, message: bytes) -> bool:
        """Tell whether this signature over exactly these bytes was made with the other half."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def public_pem(self) -> bytes:
        """Write the key as SubjectPublicKeyInfo PEM, byte for byte as openssl does."""
        body = binascii.b2a_base64(self._spki)
        return _PUBLIC_BEGIN + b"\n" + body + _PUBLIC_END + b"\n"


class SigningKey:
    """The half that signs. Shows its id and `<secret>`, never itself."""

    __slots__ = ("_key", "public")

    def __init__(self, key: ed25519.Ed25519PrivateKey) -> None:
        """Wrap a key that is already known to be Ed25519."""
        self._key = key
        self.public = PublicKey(key.public_key())

    def __repr__(self) -> str:
        """Name the key by its id; the key itself stays out of logs and tracebacks."""
        return f"SigningKey({self.key_id}, <secret>)"

    @property
    def key_id(self) -> str:
        """The id of the public half."""
        return self.public.key_id

    def sign(self, message: bytes) -> bytes:
        """Sign these bytes. Ed25519 is deterministic: the same bytes give the same signature."""
        return self._key.sign(message)

    def public_pem(self) -> bytes:
        """Write the public half as PEM."""
        return self.public.public_pem()


class KeyPair(NamedTuple):
    """Where a pair was written, and its id."""

    private_path: str
    public_path: str
    key_id: str


def new_key_pair(path: str | os.PathLike[str]) -> KeyPair:
    """Write a pair: `path` for its owner alone, `path` + `.pub` for everyone.

    Overwrites nothing, and leaves nothing behind when it raises KeyFault.
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - 10 ms of start

    private_path = os.fspath(path)
    public_path = f"{private_path}.pub"
    key = ed25519.Ed25519PrivateKey.generate()
    private_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signing_key = SigningKey(key)
    _create(private_path, private_pem, 0o600)
    try:
        _create(public_path, signing_key.public_pem(), 0o644)
    except KeyFault:
        os.unlink(private_path)
        raise
    return KeyPair(private_path, public_path, signing_key.key_id)


def read_signing_key(path: str | os.PathLike[str]) -> SigningKey:
    """Read the private half: plain Ed25519, in a file for its owner alone. Raises KeyFault."""
    where = os.fspath(path)
    return load_signing_key(_read(where, private=True), where)


def load_signing_key(pem: bytes, where: str) -> SigningKey:
    """Take the private half from PEM bytes; `where` names their origin in a KeyFault."""
    fault = ""
    if _PUBLIC_BEGIN in pem:
        raise KeyFault(f"signing key {where}: {_PUBLIC_GIVEN}")
    if raw := _raw_half(pem, _PRIVATE_BEGIN, _PRIVATE_END, _PKCS8_PREFIX):
        return SigningKey(ed25519.Ed25519PrivateKey.from_private_bytes(raw))
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - 10 ms of start

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError:
        fault = "found an encrypted key, wanted a plain one: decrypt it into a credential store"
    except (ValueError, UnsupportedAlgorithm):
        fault = f"found no private key, wanted an Ed25519 key in PKCS8 PEM: {_MAKE_ONE}"
    else:
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return SigningKey(key)
        fault = f"found a key of another kind, wanted Ed25519: {_MAKE_ONE}"
    # Raised outside of the handlers: the library's own exception is not carried along.
    raise KeyFault(f"signing key {where}: {fault}")


def read_public_key(path: str | os.PathLike[str]) -> PublicKey:
    """Read the public half. Raises KeyFault."""
    where = os.fspath(path)
    return load_public_key(_read(where, private=False), where)


def load_public_key(pem: bytes, where: str = "given bytes") -> PublicKey:
    """Take the public half from SPKI PEM; `where` names its origin in a KeyFault."""
    if b"PRIVATE KEY" in pem:
        raise KeyFault(
            f"public key {where}: found a private key, wanted the public half:"
            " give the .pub file beside it, and keep the private key where only reporter reads it"
        )
    raw = _raw_half(pem, _PUBLIC_BEGIN, _PUBLIC_END, _SPKI_PREFIX)
    if raw is None:
        raise KeyFault(f"public key {where}: found no public key, wanted one in PEM: give the .pub file")
    if not raw:
        raise KeyFault(f"public key {where}: found a key of another kind, wanted Ed25519: {_MAKE_ONE}")
    return PublicKey(ed25519.Ed25519PublicKey.from_public_bytes(raw))


def _raw_half(pem: bytes, begin: bytes, end: bytes, prefix: bytes) -> bytes | None:
    """Take the 32 bytes out of PEM; None where nothing stands between the two lines, empty where it is another key."""
    text = pem.strip()
    if not (text.startswith(begin) and text.endswith(end)):
        return None
    try:
        der = binascii.a2b_base64(b"".join(text[len(begin) : -len(end)].split()), strict_mode=True)
    except binascii.Error:
        return b""
    return der[len(prefix) :] if der.startswith(prefix) and len(der) == len(prefix) + _RAW_BYTES else b""


def _create(path: str, content: bytes, mode: int) -> None:
    """Create one half of a pair and sync it. Raises KeyFault and leaves nothing behind."""
    try:
        create_file(path, content, mode)
        sync_directory(os.path.dirname(path))
    except FileExistsError:
        raise KeyFault(
            f"key {path}: found something there, and a key is never overwritten: choose another name, or move it away"
        ) from None
    except OSError as error:
        raise KeyFault(f"key {path}: {error.strerror}: choose a directory that exists and has room") from None


def _read(path: str, *, private: bool) -> bytes:
    """Read a small regular file. Mounted secrets are links: what a link leads to is judged."""
    what = "signing key" if private else "public key"
    try:
        # Without O_NONBLOCK a pipe of that name would hang the run.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise KeyFault(f"{what} {path}: {reason}: check the path, or {_MAKE_ONE}") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFault(f"{what} {path}: found no regular file, wanted one in PEM: check the path")
        mode = stat.S_IMODE(status.st_mode)
        content = os.read(descriptor, _KEY_FILE_BYTES_MAX)
        if private and _PUBLIC_BEGIN in content:
            raise KeyFault(f"{what} {path}: {_PUBLIC_GIVEN}")
        if private and mode & 0o077:
            raise KeyFault(f"{what} {path}: found mode {mode:04o}, open to others; wanted 0600: chmod 600 {path}")
        return content
    finally:
        os.close(descriptor)
