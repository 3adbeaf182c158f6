"""Any store that takes a plain HTTP PUT: WebDAV, an artifact store, a bucket behind a gateway.

`If-None-Match: *` lets the store itself refuse what it has, so that nothing is overwritten even where nobody can look.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reporter.deliver.approvals.asking import (
    LOOKED,
    NOT_THERE_STATUS,
    Access,
    ask,
    compare_bytes,
    not_looked,
    root_of,
    taken,
    within,
)
from reporter.deliver.approvals.package import File
from reporter.deliver.approvals.target import NOT_THERE, THERE_ALREADY, Found, Presence, Survey
from reporter.deliver.http import Http, HttpAnswer
from reporter.deliver.receipts import Outcome, Receipt

_WRITE_ONLY: Final = frozenset({401, 403, 405})
"""How a store answers that lets us write and not read."""
_PRECONDITION_FAILED: Final = 412


class PutStore:
    """One path of a store."""

    def __init__(self, access: Access, path: str) -> None:
        self._access = access._replace(root=root_of(access.root))
        self._path = "/".join(map(within, path.split("/")))

    @property
    def addresses(self) -> Sequence[str]:
        """The store."""
        return (self._access.root,)

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Get each file, and compare its digest."""
        found: dict[str, Found] = {}
        for file in files:
            request = self._access.request("GET", self._place(file), accept="*/*")
            answer = await ask(http, request, at)
            if isinstance(answer, HttpAnswer):
                found[file.name] = Found(compare_bytes(file, answer.body))
            elif answer.status_code in NOT_THERE_STATUS:
                found[file.name] = NOT_THERE
            elif answer.status_code in _WRITE_ONLY and answer.outcome is Outcome.REJECTED_PERMANENT:
                found[file.name] = Found(Presence.UNTOLD)
            else:
                return not_looked(answer)
        return Survey(LOOKED, found)

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Put one file with its digest, in the two ways that stores read it."""
        del survey
        digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        request = self._access.request("PUT", self._place(file), file.content, media_type=file.media_type)
        guards = {"if-none-match": "*", "x-checksum-sha256": file.sha256, "content-digest": f"sha-256=:{digest}:"}
        answer = await ask(http, request._replace(headers={**request.headers, **guards}), at)
        if isinstance(answer, HttpAnswer):
            return taken(answer, at)
        return answer._replace(error_class=THERE_ALREADY) if answer.status_code == _PRECONDITION_FAILED else answer

    def _place(self, file: File) -> str:
        return f"/{self._path}/{within(file.name)}"
