"""ServiceNow: the files become attachments of one record.

Its approval is read and told; there is no call here that sets it.
"""

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
    word_of,
)
from reporter.deliver.approvals.package import File
from reporter.deliver.approvals.target import Found, Survey
from reporter.deliver.http import Http
from reporter.deliver.receipts import Outcome, Receipt

MOST_BYTES: Final = 1024 << 20
"""What the vendor sets where nobody sets less."""
_MOST_OF_ONE_NAME: Final = 20


class ServiceNowRecord:
    """One record of one table, such as a change request."""

    def __init__(self, access: Access, table: str, sys_id: str) -> None:
        self._access = access._replace(root=root_of(access.root, "/api/now"))
        self._table, self._sys_id = table, sys_id

    @property
    def addresses(self) -> Sequence[str]:
        """The instance."""
        return (self._access.root,)

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Read the record's approval, and the attachments of our names back."""
        fields = "sysparm_fields=sys_id,approval&sysparm_display_value=false"
        place = f"/api/now/table/{self._table}/{self._sys_id}?{fields}"
        answer = await ask(http, self._access.request("GET", place), at)
        if isinstance(answer, Receipt):
            return not_looked(answer)
        record = value_at(read_json(answer), "result")
        if text_at(record, "sys_id") != self._sys_id:
            return not_looked(BAD_ANSWER)
        found: dict[str, Found] = {}
        for file in files:
            one = await self._find(file, http, at)
            if isinstance(one, Receipt):
                return not_looked(one)
            found[file.name] = one
        approval = text_at(record, "approval")
        return Survey(LOOKED, found, facts=(("approval", word_of(approval)),) if approval else ())

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Attach one file as it is."""
        del survey
        if file.size_bytes > MOST_BYTES:
            return Receipt(Outcome.REFUSED_LOCALLY, error_class="too_large")
        place = (
            f"/api/now/attachment/file?table_name={self._table}&table_sys_id={self._sys_id}"
            f"&file_name={within(file.name)}"
        )
        answer = await ask(http, self._access.request("POST", place, file.content, media_type=file.media_type), at)
        if isinstance(answer, Receipt):
            return answer
        result = value_at(read_json(answer), "result")
        ids = ids_of(sys_id=value_at(result, "sys_id"))
        if not ids or size_at(result, "size_bytes") != file.size_bytes:
            return unproven(answer)
        return taken(answer, at, ids)

    async def _find(self, file: File, http: Http, at: datetime) -> Found | Receipt:
        query = f"table_name={self._table}^table_sys_id={self._sys_id}^file_name={file.name}"
        place = f"/api/now/attachment?sysparm_query={within(query)}&sysparm_limit={_MOST_OF_ONE_NAME}"
        answer = await ask(http, self._access.request("GET", place), at)
        if isinstance(answer, Receipt):
            return answer
        listed = value_at(read_json(answer), "result")
        if not isinstance(listed, list):
            return BAD_ANSWER
        named = [one for one in listed if text_at(one, "file_name") == file.name]
        return join([await self._compare(file, one, http, at) for one in named])

    async def _compare(self, file: File, attachment: Any, http: Http, at: datetime) -> Found | Receipt:  # noqa: ANN401 - JSON is untyped
        number, size = text_at(attachment, "sys_id"), size_at(attachment, "size_bytes")
        ids = ids_of(sys_id=number)
        if not ids or size is None:
            return BAD_ANSWER
        content = self._access.request("GET", f"/api/now/attachment/{number}/file", accept="*/*")
        return await compare(file, size, content, ids, http, at)
