"""What a connector declares that it can be told, and what it is told: the seam between configuration and connectors.

The configuration reads the declaration, checks what a person wrote, follows references, and gives a `Configured` whose
values are all there. A connector never looks anywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from reporter.deliver.private_values import PrivateKind

ANYTHING: Final = r".+"
"""The pattern of a key that takes any text."""


class Key(NamedTuple):
    """One key of a provider's own, beside those that all share (domain.md B1.13).

    A `secret` one may also be given as `NAME_env`, the name of a variable. `pattern` is what the whole value has to
    match, and `wants` says so in words; a value that does not is never shown. `private` says what kind of private value
    it is where it is no secret, and still may stand in no evidence: a host, a user, an e-mail address.
    """

    name: str
    what: str
    required: bool = False
    secret: bool = False
    default: str = ""
    pattern: str = ANYTHING
    wants: str = "a text"
    private: PrivateKind | None = None


class Needs(NamedTuple):
    """What a provider asks of the keys that all share.

    `default_url` is used where none is configured. `scheme` and `api_key_header` are what a token and a key are sent
    with where the configuration does not say.
    """

    authorisation: bool = False
    default_url: str = ""
    scheme: str = "Bearer"
    api_key_header: str = "x-api-key"
    address: bool = True


HOOK: Final = Needs()
"""A hook: its address is its credential."""


@dataclass(frozen=True, slots=True)
class Configured:
    """One connector as it was configured, with every reference followed. All of it is private, and none is printed.

    `headers` hold what lets us in; their names are in lower case. `values` holds the provider's own keys, each with its
    default where none was given. `title` is put before the title of every message.
    """

    provider: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    title: str = ""

    def __repr__(self) -> str:
        """Print the provider alone."""
        return f"Configured({self.provider}, <secret>)"
