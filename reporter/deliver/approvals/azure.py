"""Azure DevOps: a file is uploaded, then the work item gets an AttachedFile relation to it.

The relation is what counts. An upload without one is seen by nobody, and is made again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from reporter.deliver.approvals.asking import (
    BAD_ANSWER,
    BYTES,
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
    write_json,
)
from reporter.deliver.approvals.package import File
from reporter.deliver.approvals.target import Found, Survey
from reporter.deliver.http import Http
from reporter.deliver.receipts import Outcome, Receipt

MOST_BYTES: Final = 130_000_000
"""A larger file has to be sent in chunks; a bundle of this size is another mistake."""
_VERSION: Final = "api-version=7.1"
_RELATION: Final = "AttachedFile"
_PATCH: Final = "application/json-patch+json"


class AzureWorkItem:
    """One work item of one project."""

    def __init__(self, access: Access, project: str, number: str) -> None:
        self._access = access._replace(root=root_of(access.root, "/_apis"))
        self._project, self._number = within(project), int(number)

    @property
    def addresses(self) -> Sequence[str]:
        """The organisation's host."""
        return (self._access.root,)

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Read the relations of the work item, and the files of our names back."""
        place = f"/{self._project}/_apis/wit/workitems/{self._number}?$expand=relations&{_VERSION}"
        answer = await ask(http, self._access.request("GET", place), at)
        if isinstance(answer, Receipt):
            return not_looked(answer)
        item = read_json(answer)
        listed = value_at(item, "relations") or []
        if value_at(item, "id") != self._number or not isinstance(listed, list):
            return not_looked(BAD_ANSWER)
        attached = [one for one in listed if text_at(one, "rel") == _RELATION]
        found: dict[str, Found] = {}
        for file in files:
            named = [one for one in attached if text_at(one, "attributes", "name") == file.name]
            joined = join([await self._find(file, one, http, at) for one in named])
            if isinstance(joined, Receipt):
                return not_looked(joined)
            found[file.name] = joined
        return Survey(LOOKED, found)

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Upload the file, then relate the work item to it."""
        del survey
        if file.size_bytes > MOST_BYTES:
            return Receipt(Outcome.REFUSED_LOCALLY, error_class="too_large")
        place = f"/{self._project}/_apis/wit/attachments?fileName={within(file.name)}&{_VERSION}"
        uploaded = await ask(http, self._access.request("POST", place, file.content, media_type=BYTES), at)
        if isinstance(uploaded, Receipt):
            return uploaded
        reference = read_json(uploaded)
        url, ids = text_at(reference, "url"), ids_of(attachment_id=value_at(reference, "id"))
        if not url or not ids:
            return unproven(uploaded)
        relation = {"rel": _RELATION, "url": url, "attributes": {"comment": f"sha256 {file.sha256}"}}
        patch = [{"op": "add", "path": "/relations/-", "value": relation}]
        place = f"/{self._project}/_apis/wit/workitems/{self._number}?{_VERSION}"
        answer = await ask(http, self._access.request("PATCH", place, write_json(patch), media_type=_PATCH), at)
        if isinstance(answer, Receipt):
            return answer
        return taken(answer, at, ids)

    async def _find(self, file: File, relation: Any, http: Http, at: datetime) -> Found | Receipt:  # noqa: ANN401 - JSON is untyped
        url, size = text_at(relation, "url"), size_at(relation, "attributes", "resourceSize")
        if not url or size is None:
            return BAD_ANSWER
        ids = ids_of(attachment_id=url.partition("?")[0].rpartition("/")[2])
        content = self._access.request("GET", f"{url}{'&' if '?' in url else '?'}{_VERSION}", accept=BYTES)
        return await compare(file, size, content, ids, http, at)
