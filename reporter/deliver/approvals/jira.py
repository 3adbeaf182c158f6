"""Jira: the files become attachments of one issue. An issue takes several of one name, so all of them are compared."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from reporter.deliver.approvals.asking import (
    BAD_ANSWER,
    LOOKED,
    Access,
    ask,
    compare,
    ids_of,
    join,
    not_looked,
    read_json,
    root_of,
    size_at,
    taken,
    text_at,
    unproven,
    value_at,
    within,
)
from reporter.deliver.approvals.package import File
from reporter.deliver.approvals.target import Found, Survey
from reporter.deliver.http import Http
from reporter.deliver.receipts import Outcome, Receipt

_API: Final = "/rest/api/3"


class JiraIssue:
    """One issue, by its key."""

    def __init__(self, access: Access, key: str) -> None:
        self._access = access._replace(root=root_of(access.root, "/rest/"))
        self._issue = f"{_API}/issue/{within(key)}"

    @property
    def addresses(self) -> Sequence[str]:
        """The site."""
        return (self._access.root,)

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Read the attachments of the issue, and those of our names back."""
        answer = await ask(http, self._access.request("GET", f"{self._issue}?fields=attachment"), at)
        if isinstance(answer, Receipt):
            return not_looked(answer)
        listed = value_at(read_json(answer), "fields", "attachment")
        if not isinstance(listed, list):
            return not_looked(BAD_ANSWER)
        found: dict[str, Found] = {}
        for file in files:
            named = [one for one in listed if text_at(one, "filename") == file.name]
            joined = join([await self._find(file, one, http, at) for one in named])
            if isinstance(joined, Receipt):
                return not_looked(joined)
            found[file.name] = joined
        return Survey(LOOKED, found)

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Attach one file, unless it is larger than the site takes."""
        del survey
        meta = await ask(http, self._access.request("GET", f"{_API}/attachment/meta"), at)
        if isinstance(meta, Receipt):
            return meta
        document = read_json(meta)
        most = size_at(document, "uploadLimit")
        if value_at(document, "enabled") is not True or most is None:
            return Receipt(Outcome.REFUSED_LOCALLY, error_class="attachments_disabled")
        if file.size_bytes > most:
            return Receipt(Outcome.REFUSED_LOCALLY, error_class="too_large")
        body, media_type = multipart(file)
        request = self._access.request("POST", f"{self._issue}/attachments", body, media_type=media_type)
        # Without it Jira takes the request for one that a page of somebody else's made (XSRF).
        request = request._replace(headers={**request.headers, "x-atlassian-token": "no-check"})
        answer = await ask(http, request, at)
        if isinstance(answer, Receipt):
            return answer
        listed = read_json(answer)
        if not isinstance(listed, list) or len(listed) != 1:
            return unproven(answer)
        return taken(answer, at, ids_of(attachment_id=value_at(listed[0], "id")))

    async def _find(self, file: File, attachment: Any, http: Http, at: datetime) -> Found | Receipt:  # noqa: ANN401 - JSON is untyped
        number, size = text_at(attachment, "id"), size_at(attachment, "size")
        ids = ids_of(attachment_id=number)
        if not ids or size is None:
            return BAD_ANSWER
        content = self._access.request("GET", f"{_API}/attachment/content/{number}?redirect=false", accept="*/*")
        return await compare(file, size, content, ids, http, at)


def multipart(file: File) -> tuple[bytes, str]:
    """Write a form with one part, and its media type. The boundary is the file's digest: no file can hold it."""
    boundary = file.sha256
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
        f"Content-Type: {file.media_type}\r\n\r\n"
    )
    return (
        head.encode() + file.content + f"\r\n--{boundary}--\r\n".encode(),
        f"multipart/form-data; boundary={boundary}",
    )
