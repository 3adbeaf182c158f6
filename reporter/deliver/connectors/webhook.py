"""A webhook: one JSON document by POST, signed as Standard Webhooks 1.0 says where a secret is configured.

`webhook-id` is the message id over all retries, `webhook-timestamp` the time of the attempt. Under 20 KB; a 2xx is an
acceptance unless its JSON tells of a failure, and nothing else is (integrations.md). A receiver of signed
messages knows the id again; of one without a secret nothing can be said. What is sent never holds the request
that it is sent in.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar, Final

from standardwebhooks import Webhook as Signer

from reporter.deliver.configured import HOOK, Configured, Key, Needs
from reporter.deliver.connector import Recall
from reporter.deliver.connectors.base import ConfiguredConnector, accepted
from reporter.deliver.document import write_document
from reporter.deliver.fit import Excerpt, key_of
from reporter.deliver.http import HttpAnswer, HttpRequest
from reporter.deliver.message import Message
from reporter.deliver.receipts import Receipt

MOST_BYTES: Final = 19_500


class Webhook(ConfiguredConnector):
    """Tells a system of one's own."""

    needs: ClassVar[Needs] = HOOK
    keys: ClassVar[tuple[Key, ...]] = (
        Key(
            "secret",
            "Secret that messages are signed with; without one they are not.",
            secret=True,
            pattern=r"whsec_[A-Za-z0-9+/]{32,88}={0,2}",
            wants="whsec_ and 24 to 64 bytes in base64",
        ),
    )

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:
        """Ask for a secret that can be decoded: its length alone does not say so."""
        secret = configured.values.get("secret", "")
        try:
            if secret:
                Signer(secret)
        except ValueError:
            yield "secret: found something else (not shown), wanted whsec_ and 24 to 64 bytes in base64"

    @property
    def recall(self) -> Recall:
        """Whoever checks signatures by the specification knows a repeated id."""
        return Recall.KEYED if self._secret else Recall.NONE

    @property
    def _secret(self) -> str:
        return self.configured.values.get("secret", "")

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write type, time and data."""

        def wrap(document: dict[str, object], _: Excerpt) -> dict[str, object]:
            return {"type": document["event_type"], "timestamp": document["at"], "data": document}

        return write_document(message, MOST_BYTES, wrap, self.configured.title)

    def request(self, message: Message, at: datetime) -> HttpRequest:
        """Add the id, and the signature where there is a secret."""
        request = super().request(message, at)
        moment = at.astimezone(UTC)
        headers = {"webhook-id": key_of(message), "webhook-timestamp": str(int(moment.timestamp()))}
        if self._secret:
            body = request.body.decode()
            headers["webhook-signature"] = Signer(self._secret).sign(key_of(message), moment, body)
        return request._replace(headers={**request.headers, **headers})

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - the proof names no message
        """Take any 2xx for an acceptance."""
        return accepted(answer)
