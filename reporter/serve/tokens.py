"""Who calls: bearer tokens (RFC 6750), known by their digests alone."""

import hashlib
import hmac
from typing import Final, NamedTuple

from reporter.errors import UsageFault
from reporter.settings import read_secret
from reporter.settings_model import Role, Settings

LEAST: Final = 32
MOST: Final = 512
LEAST_DIFFERENT: Final = 8
"""Characters of a token; fewer different ones were not made by chance."""

_SCHEME: Final = b"bearer "
_RANKS: Final = {role: rank for rank, role in enumerate(Role)}


class Caller(NamedTuple):
    """Who calls, and what they may do."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Say whether the caller's role includes another."""
        return _RANKS[self.role] >= _RANKS[role]


class Tokens:
    """The callers that the settings know."""

    def __init__(self, callers: dict[bytes, Caller]) -> None:
        self._callers = callers

    def find(self, authorization: bytes | None) -> Caller | None:
        """Find who an `Authorization` header stands for. Takes the same time whoever it is, or is not."""
        given = authorization or b""
        token = given[len(_SCHEME) :].strip() if given[: len(_SCHEME)].lower() == _SCHEME else b""
        digest = hashlib.sha256(token).digest()
        found = None
        for known, caller in self._callers.items():
            if hmac.compare_digest(known, digest):
                found = caller
        return found


def read_tokens(settings: Settings) -> Tokens:
    """Read every token. Raise UsageFault with every fault at once, and none of the values."""
    faults: list[str] = []
    callers: dict[bytes, Caller] = {}
    for name, one in settings.serve.tokens.items():
        place = f"serve.tokens.{name}.secret"
        try:
            token = read_secret(settings, one.secret, place).strip()
        except UsageFault as fault:
            faults += fault.faults
            continue
        wrong = _fault(token)
        digest = hashlib.sha256(token).digest()
        if wrong:
            faults.append(f"{place}: {wrong}")
        elif digest in callers:
            faults.append(f"{place}: found the token of {callers[digest].name}, wanted one of its own")
        else:
            callers[digest] = Caller(name, one.role)
    if not callers and not faults:
        faults.append("serve.tokens: found none, wanted one at least: nobody could ask for anything")
    if faults:
        raise UsageFault(*faults)
    return Tokens(callers)


def _fault(token: bytes) -> str:
    if any(not 0x21 <= byte <= 0x7E for byte in token):  # noqa: PLR2004 - visible ASCII (RFC 6750 2.1)
        return "found something else (not shown), wanted a token on one line, without spaces"
    if not LEAST <= len(token) <= MOST:
        return f"found {len(token)} characters, wanted {LEAST} to {MOST}; `openssl rand -hex 32` makes some"
    if len(set(token)) < LEAST_DIFFERENT:
        return f"found fewer than {LEAST_DIFFERENT} different characters; `openssl rand -hex 32` makes a token"
    return ""
