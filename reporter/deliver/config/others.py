"""Entries of the connector configuration that are no connectors: the mail server, and a store that takes files."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from reporter.deliver.configured import Configured, Key, Needs
from reporter.deliver.private_values import PrivateKind

SECURITY: Final = "starttls"


class MailEntry:
    """The server that takes our mail (`smtp.MailServer`)."""

    needs: ClassVar[Needs] = Needs(address=False)
    keys: ClassVar[tuple[Key, ...]] = (
        Key(
            "host",
            "Host of the server.",
            required=True,
            pattern=r"[A-Za-z0-9.:_-]{1,253}",
            wants="the name of a host",
            private=PrivateKind.HOST,
        ),
        Key("port", "Port of the server.", default="587", pattern=r"[1-9][0-9]{0,4}", wants="a port"),
        Key(
            "sender",
            "Address that mail is from.",
            required=True,
            pattern=r"[^\s@<>,;\"]+@[^\s@<>,;\"]+",
            wants="one e-mail address",
            private=PrivateKind.PERSON,
        ),
        Key(
            "security",
            "How the connection is secured: starttls, tls or none.",
            default=SECURITY,
            pattern=r"starttls|tls|none",
            wants="starttls, tls or none",
        ),
        Key("user", "Who logs in; nobody where it is not said.", private=PrivateKind.PERSON),
        Key("password", "Password of the user.", secret=True),
        Key("token", "OAuth token of the user, for XOAUTH2.", secret=True),
        Key(
            "unencrypted_allowed",
            "Whether a relay without TLS may be on another machine: yes or no.",
            default="no",
            pattern=r"yes|no",
            wants="yes or no",
        ),
    )

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:
        """Ask for a user and what proves it, or neither; for one proof, and none without TLS."""
        user, password, token = (configured.values.get(key, "") for key in ("user", "password", "token"))
        if password and token:
            yield "token: found one beside a password, wanted one of the two"
        if bool(user) != bool(password or token):
            yield "user: found a user without a password or token, or the other way round; wanted both or neither"
        if (password or token) and configured.values.get("security") == "none":
            yield "security: found none beside a login, wanted starttls or tls"


class StoreEntry:
    """A store that files are put into, and read back from."""

    needs: ClassVar[Needs] = Needs()
    keys: ClassVar[tuple[Key, ...]] = ()

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:  # noqa: ARG003 - nothing more to ask
        """Find nothing wrong."""
        yield from ()


OTHERS: Final[Mapping[str, type[MailEntry] | type[StoreEntry]]] = {"email": MailEntry, "http_put": StoreEntry}
