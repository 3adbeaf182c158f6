"""Which keys an entry of the connector configuration may have: those that all share, beside a provider's own.

The reference in the docs comes from here. Values that are texts may be references: env:NAME, file:PATH or
credential:NAME; `KEY_env` with the name of a variable is upstream's way to say the first.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, Protocol

from reporter.deliver.config.others import OTHERS
from reporter.deliver.configured import ANYTHING, Configured, Key, Needs
from reporter.deliver.connectors.registry import CONNECTORS


class EntryKind(Protocol):
    """What an entry of one provider may hold, and what is wrong with one beyond single keys."""

    @property
    def needs(self) -> Needs:
        """What it asks of the keys that all share."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of its own."""

    def faults(self, configured: Configured) -> Iterator[str]:
        """Say what is wrong, each as `KEY: found ..., wanted ...` without any value."""


class Shared(NamedTuple):
    """One key that all providers share.

    A text may be a reference. What is public may stand in evidence. Those of HTTP are for providers with an address.
    """

    name: str
    what: str
    is_text: bool = False
    is_public: bool = True
    of_http: bool = True


SHARED: Final = (
    Shared("enabled", "Whether it is used at all; true where it is not said.", of_http=False),
    Shared("url", "Address that messages go to: https, or http on a loopback address.", is_text=True, is_public=False),
    Shared("method", "POST or PUT; POST where it is not said."),
    Shared("headers", "Headers by name, sent with every request.", is_public=False),
    Shared("authorization", "The whole `Authorization` header.", is_text=True, is_public=False),
    Shared("token", "Token of the `Authorization` header.", is_text=True, is_public=False),
    Shared("authorization_scheme", "Word before the token; Bearer where neither it nor the provider says another."),
    Shared("user", "Whose password the token is: `Authorization: Basic`.", is_text=True, is_public=False),
    Shared("api_key", "Value of the header that `api_key_header` names.", is_text=True, is_public=False),
    Shared("api_key_header", "Header of the `api_key`; x-api-key where neither it nor the provider says another."),
    Shared("title", "Put before the title of every message.", of_http=False),
    Shared("ca_file", "PEM file of the authorities to trust instead of the system's.", of_http=False),
    Shared("timeout_seconds", "Seconds for one whole request; 10 where it is not said.", of_http=False),
    Shared("max_connections", "Requests at the same time; 1 where it is not said.", of_http=False),
    Shared("allowed_hosts", "Hosts beside that of `url` that may be asked: HOST or HOST:PORT.", is_public=False),
)

_KINDS: Final[Mapping[str, EntryKind]] = {**CONNECTORS, **OTHERS}
KINDS: Final = dict(sorted(_KINDS.items()))
"""Every provider that a configuration may name."""


def known_keys(kind: EntryKind) -> Iterator[str]:
    """Give every key that an entry of a kind may have."""
    for shared in SHARED:
        if kind.needs.address or not shared.of_http:
            yield shared.name
            if shared.is_text:
                yield f"{shared.name}_env"
    for key in kind.keys:
        yield key.name
        yield f"{key.name}_env"


def key_rows() -> Iterator[tuple[str, str, str]]:
    """Give provider, key and description of every key, for the reference in the docs; no provider is all of them."""
    for shared in SHARED:
        also = f", `{shared.name}_env`" if shared.is_text else ""
        yield "", f"`{shared.name}`{also}", shared.what
    for provider, kind in KINDS.items():
        for key in kind.keys:
            form = "" if key.pattern == ANYTHING else f" Form: {key.wants}."
            mark = " Required." if key.required else f" Default: `{key.default}`." if key.default else ""
            also = f", `{key.name}_env`" if key.secret else ""
            yield f"`{provider}`", f"`{key.name}`{also}", f"{key.what}{form}{mark}"
