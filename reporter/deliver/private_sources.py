"""What is private of the configuration, and of the settings: the values that nothing may hold (domain.md A10)."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from reporter.deliver.private_values import PrivateKind, PrivateValue
from reporter.errors import UsageFault
from reporter.settings import read_secret, read_token
from reporter.settings_model import Settings

_LEAST_PART: Final = 12
"""Characters from which a part of an address can be a credential, where it holds a digit."""
_LEAST_LONG_PART: Final = 20
_PARTS: Final = re.compile(r"[/?&=;#]")


def private_in_url(place: str, url: str) -> Iterator[PrivateValue]:
    """Give an address whole and without its scheme, its host, its user, and the parts that may be credentials."""
    yield PrivateValue(PrivateKind.ADDRESS, place, url)
    bare = (url.partition("://")[2] or url).rstrip("/")
    if "/" in bare:
        yield PrivateValue(PrivateKind.ADDRESS, place, bare)
    try:
        parts = urlsplit(url)
        host, user, password = parts.hostname, parts.username, parts.password
    except ValueError:
        return
    if host:
        yield from private_host(place, host)
    yield from (PrivateValue(PrivateKind.SECRET, place, unquote(one)) for one in (user, password) if one)
    for part in _PARTS.split(bare.partition("/")[2]):
        if (len(part) >= _LEAST_PART and any(map(str.isdigit, part))) or len(part) >= _LEAST_LONG_PART:
            yield PrivateValue(PrivateKind.ADDRESS, place, part)


def private_host(place: str, host: str) -> Iterator[PrivateValue]:
    """Give a host, in both spellings where its name is not ASCII."""
    yield PrivateValue(PrivateKind.HOST, place, host)
    try:
        ascii_name = host.encode("idna").decode("ascii")
        yield PrivateValue(PrivateKind.HOST, place, ascii_name)
        yield PrivateValue(PrivateKind.HOST, place, ascii_name.encode("ascii").decode("idna"))
    except UnicodeError:
        return


def private_in_header(place: str, text: str) -> Iterator[PrivateValue]:
    """Give the value of a header, the credential after its scheme, and the user and the password that are in that."""
    yield PrivateValue(PrivateKind.SECRET, place, text)
    scheme, _, credential = text.partition(" ")
    if not credential:
        return
    yield PrivateValue(PrivateKind.SECRET, place, credential)
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(credential, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return
        yield PrivateValue(PrivateKind.PERSON, place, user)
        yield PrivateValue(PrivateKind.SECRET, place, password)


def private_in_text(place: str, text: str) -> Iterator[PrivateValue]:
    """Give what is private of a text of which nobody knows what it is: an address, or a credential."""
    yield from private_in_url(place, text) if "://" in text else private_in_header(place, text)


def private_in_settings(settings: Settings) -> Iterator[PrivateValue]:
    """Give what the settings themselves hold or lead to: executives, tokens, the ledger's password, the heartbeat.

    A secret that cannot be read is told by whoever needs it, and cannot leak.
    """
    for name, environment in settings.environments.items():
        place = f"environments.{name}.deliver.executives"
        yield from (PrivateValue(PrivateKind.PERSON, place, address) for address in environment.deliver.executives)
    for host in settings.https.tokens:
        try:
            yield PrivateValue(PrivateKind.SECRET, "https.tokens", read_token(settings, host))
        except UsageFault:
            continue
    tokens = ((f"serve.tokens.{name}", token.secret) for name, token in settings.serve.tokens.items())
    others = (("ledger_password", settings.ledger_password), ("heartbeat_url", settings.heartbeat_url))
    for place, reference in (*others, *tokens):
        try:
            text = read_secret(settings, reference, place).decode("utf-8", "replace").strip() if reference else ""
        except UsageFault:
            continue
        yield from private_in_url(place, text) if "://" in text else (PrivateValue(PrivateKind.SECRET, place, text),)
