"""Mail: a short plain one to one address, over SMTP (integrations.md). For several people it is a mailing list's.

One recipient makes one receipt: of two, one could have it and the other not, and a retry would tell the first again.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final

from reporter.deliver.configured import Configured, Key, Needs
from reporter.deliver.connector import Recall
from reporter.deliver.fit import PLAIN, Limits, excerpt_of, text_of
from reporter.deliver.http import Http
from reporter.deliver.letter import Letter, write_letter
from reporter.deliver.message import Message
from reporter.deliver.private_values import PrivateKind
from reporter.deliver.receipts import Outcome, Receipt
from reporter.deliver.smtp import MailServer, Security, post, probe

LIMITS: Final = Limits(title=200, summary=8_000, fact=1_000, facts=60, action=1_000, actions=40)
ADDRESS: Final = r"[^\s@<>,;\"]+@[^\s@<>,;\"]+"
NO_RECIPIENT: Final = Receipt(Outcome.REFUSED_LOCALLY, error_class="no_recipient")

_TRUE, _FALSE = "yes", "no"


class Email:
    """Tells one mailbox. Nobody can be asked what arrived; a repetition has the Message-ID of the first mail.

    The payload is what is mailed but for who sends it to whom: addresses stand in two headers and nowhere else.
    """

    needs: ClassVar[Needs] = Needs(address=False)
    keys: ClassVar[tuple[Key, ...]] = (
        Key(
            "host",
            "Host of the server that takes our mail.",
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
            pattern=ADDRESS,
            wants="one e-mail address",
            private=PrivateKind.PERSON,
        ),
        Key(
            "to",
            "Address that messages go to: one, as that of a mailing list; executive reports have their own readers.",
            pattern=ADDRESS,
            wants="one e-mail address",
            private=PrivateKind.PERSON,
        ),
        Key(
            "security",
            "How the connection is secured: starttls, tls or none.",
            default=Security.STARTTLS.value,
            pattern="|".join(Security),
            wants="starttls, tls or none",
        ),
        Key("user", "Who logs in; nobody where it is not said.", private=PrivateKind.PERSON),
        Key("password", "Password of the user.", secret=True),
        Key("token", "OAuth token of the user, for XOAUTH2.", secret=True),
        Key(
            "unencrypted_allowed",
            "Whether a relay without TLS may be on another machine: yes or no.",
            default=_FALSE,
            pattern=f"{_TRUE}|{_FALSE}",
            wants="yes or no",
        ),
    )
    recall: ClassVar[Recall] = Recall.NONE

    def __init__(self, configured: Configured) -> None:
        self.configured = configured

    def __repr__(self) -> str:
        return "Email(<secret>)"

    @property
    def provider(self) -> str:
        """The provider's word."""
        return self.configured.provider

    @property
    def to(self) -> str:
        """The address that messages go to; private, and empty where there is none."""
        return self.configured.values["to"]

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:
        """Want a user and one proof, or neither; and no login without TLS."""
        user, password, token = (configured.values.get(key, "") for key in ("user", "password", "token"))
        if password and token:
            yield "token: found one beside a password, wanted one of the two"
        if bool(user) != bool(password or token):
            yield "user: found a user without a password or token, or the other way round; wanted both or neither"
        if (password or token) and configured.values.get("security") == Security.NONE:
            yield "security: found none beside a login, wanted starttls or tls"

    def server(self, http: Http) -> MailServer:
        """Give the server that is configured; its time limit and authorities are those of every connector."""
        values = self.configured.values
        return MailServer(
            host=values["host"],
            port=int(values["port"]),
            sender=values["sender"],
            security=Security(values["security"]),
            user=values["user"],
            password=values["password"],
            token=values["token"],
            ca_file=http.ca_file,
            timeout_seconds=http.timeout_seconds,
            unencrypted_allowed=values["unencrypted_allowed"] == _TRUE,
        )

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write the mail, for nobody in particular."""
        return write_letter(self._letter(message))

    async def send(self, message: Message, at: datetime, http: Http) -> Receipt:  # noqa: ARG002 - as above
        """Try once."""
        to = self.to
        if not to:
            return NO_RECIPIENT
        server = self.server(http)
        try:
            mail = write_letter(replace(self._letter(message), sender=server.sender, to=(to,)))
        except ValueError:
            return Receipt(Outcome.REFUSED_LOCALLY, error_class="bad_address")
        (receipt,) = await post(server, mail, [to])
        return receipt

    async def find(self, message: Message, http: Http) -> Receipt | None:  # noqa: ARG002 - nobody is asked
        """Say that nobody can tell."""
        return None

    async def probe(self, http: Http) -> Receipt:
        """Connect, secure the connection and log in."""
        return await probe(self.server(http))

    def _letter(self, message: Message) -> Letter:
        excerpt = excerpt_of(message, LIMITS, PLAIN, label=self.configured.title)
        return Letter(message.message_id, message.at, excerpt.title, text_of(excerpt))
