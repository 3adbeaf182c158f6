"""ServiceNow's table API. What is longer than a column is cut without a word."""

from collections.abc import Collection
from typing import Any

from deliver.vendors.server import Answer, Asked, answer_json

AUTHORIZATION = "Basic b3BzOnNub3ctc2VjcmV0"
COLUMNS = {"short_description": 160, "description": 4_000, "correlation_id": 100, "correlation_display": 100}
TABLES = {"incident", "change_request"}


class ServiceNow:
    """Keeps the records of its tables. Columns that it has not are no fault in what it is given or asked."""

    def __init__(self, *, lacks: Collection[str] = ()) -> None:
        self.records: list[dict[str, Any]] = []
        self.lacks = lacks

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != AUTHORIZATION:
            return _error(401, "User Not Authenticated")
        table = asked.path.removeprefix("/api/now/table/")
        if table not in TABLES:
            return _error(400, "Invalid table")
        if asked.method == "GET":
            return self._list(table, asked)
        document = asked.json()
        if asked.method != "POST" or asked.media_type != "application/json" or not isinstance(document, dict):
            return _error(400, "Exception while reading request")
        known = {name: value for name, value in document.items() if name not in self.lacks}
        cut = {name: value[: COLUMNS.get(name, len(value))] for name, value in known.items()}
        number = len(self.records) + 1
        record = {"sys_id": f"{number:032x}", "number": f"INC{number:07}", "sys_class_name": table, **cut}
        self.records.append(record)
        return answer_json(201, {"result": record}, Location=f"{asked.base}/{record['sys_id']}")

    def _list(self, table: str, asked: Asked) -> Answer:
        field, _, value = asked.query.get("sysparm_query", "").partition("=")
        wanted = asked.query.get("sysparm_fields", "sys_id").split(",")
        found = [
            {name: record[name] for name in wanted if name in record}
            for record in self.records
            if record["sys_class_name"] == table and (field in {"", *self.lacks} or record.get(field) == value)
        ]
        return answer_json(200, {"result": found[: int(asked.query.get("sysparm_limit", "10000"))]})


def _error(status: int, text: str) -> Answer:
    return answer_json(status, {"error": {"message": text, "detail": ""}, "status": "failure"})
