"""Jira, ServiceNow, Azure DevOps and a store as their makers describe them, as far as attachments go."""

import hashlib
import json
import re
from itertools import count
from typing import Any
from uuid import UUID

from deliver.approvals.fake_releases import refuses_caller
from deliver.vendors.server import Answer, Asked, answer_json

SYS_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
KEY = "REL-12"
ITEM = 123


class Jira:
    """One issue."""

    def __init__(self, upload_limit: int = 10_000_000) -> None:
        self.upload_limit, self.enabled = upload_limit, True
        self.attachments: list[dict[str, Any]] = []
        self.contents: dict[str, bytes] = {}
        self._numbers = count(10_001)

    def answer(self, asked: Asked) -> Answer:  # noqa: PLR0911 - one line for each call
        refused = refuses_caller(asked)
        if refused:
            return refused
        match asked.method, asked.path.removeprefix("/rest/api/3/").split("/"):
            case "GET", ["issue", key] if key == KEY:
                fields = {"attachment": self.attachments} if asked.query.get("fields") == "attachment" else {}
                return answer_json(200, {"key": KEY, "fields": fields})
            case "GET", ["attachment", "meta"]:
                return answer_json(200, {"enabled": self.enabled, "uploadLimit": self.upload_limit})
            case "GET", ["attachment", "content", number]:
                if asked.query.get("redirect") != "false":
                    return Answer(303, headers={"Location": f"{asked.base}/media"})
                return Answer(200, self.contents[number], {"Content-Type": "application/octet-stream"})
            case "POST", ["issue", key, "attachments"] if key == KEY:
                return self._attach(asked)
            case _:
                return answer_json(404, {"errorMessages": ["Issue does not exist or you do not have permission"]})

    def _attach(self, asked: Asked) -> Answer:
        if asked.headers.get("x-atlassian-token") != "no-check":
            return Answer(403, b"XSRF check failed")
        if asked.media_type != "multipart/form-data":
            return answer_json(415, {"message": "Unsupported Media Type"})
        part = asked.body.partition(b"\r\n\r\n")[0].decode()
        name = re.search(r'form-data; name="file"; filename="([^"]+)"', part)
        if name is None:
            return answer_json(400, {"errorMessages": ["No file was attached under the name file"]})
        content = asked.body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
        if len(content) > self.upload_limit:
            return answer_json(413, {"errorMessages": ["The file exceeds its maximum permitted size"]})
        return answer_json(200, [self.attach(name[1], content)])

    def attach(self, name: str, content: bytes) -> dict[str, Any]:
        number = str(next(self._numbers))
        self.contents[number] = content
        self.attachments.append({"id": number, "filename": name, "size": len(content)})
        return self.attachments[-1]


class ServiceNow:
    """One change request."""

    def __init__(self) -> None:
        self.record = {"sys_id": SYS_ID, "approval": "requested", "state": "-5"}
        self.attachments: dict[str, dict[str, str]] = {}
        self.contents: dict[str, bytes] = {}
        self.extensions = {"zip", "pdf", "json"}

    def answer(self, asked: Asked) -> Answer:  # noqa: PLR0911 - one line for each call
        refused = refuses_caller(asked)
        if refused:
            return refused
        match asked.method, asked.path.removeprefix("/api/now/").split("/"):
            case "GET", ["table", "change_request", number] if number == SYS_ID:
                fields = asked.query.get("sysparm_fields", "").split(",")
                return answer_json(200, {"result": {key: self.record[key] for key in fields}})
            case "GET", ["attachment"]:
                wanted = dict(one.split("=", 1) for one in asked.query["sysparm_query"].split("^"))
                rows = self.attachments.values()
                return answer_json(200, {"result": [one for one in rows if wanted.items() <= one.items()]})
            case "GET", ["attachment", number, "file"]:
                return Answer(200, self.contents[number], {"Content-Type": "application/octet-stream"})
            case "POST", ["attachment", "file"]:
                return self._attach(asked)
            case "PATCH" | "PUT", ["table", *_]:
                self.record |= json.loads(asked.body)
                return answer_json(200, {"result": self.record})
            case _:
                return answer_json(404, {"error": {"message": "No Record found"}, "status": "failure"})

    def _attach(self, asked: Asked) -> Answer:
        query = asked.query
        if (query.get("table_name"), query.get("table_sys_id")) != ("change_request", SYS_ID):
            return answer_json(404, {"error": {"message": "Requested URI does not represent any resource"}})
        name = query.get("file_name", "")
        if name.rpartition(".")[2] not in self.extensions:
            return answer_json(403, {"error": {"message": "Files with this extension are not allowed"}})
        number = self.attach(name, asked.body)
        row = self.attachments[number]
        return answer_json(201, {"result": row}, Location=f"{asked.base}/api/now/attachment/{number}")

    def attach(self, name: str, content: bytes) -> str:
        number = hashlib.md5(f"{name}{len(self.contents)}".encode(), usedforsecurity=False).hexdigest()
        self.contents[number] = content
        self.attachments[number] = {
            "sys_id": number,
            "file_name": name,
            "table_name": "change_request",
            "table_sys_id": SYS_ID,
            "size_bytes": str(len(content)),
        }
        return number


class Azure:
    """One work item."""

    def __init__(self) -> None:
        self.relations: list[dict[str, Any]] = []
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self.delay = ""
        """A Retry-After that comes with every 2xx."""

    def answer(self, asked: Asked) -> Answer:
        refused = refuses_caller(asked)
        if refused:
            return refused
        if asked.query.get("api-version") != "7.1":
            return answer_json(400, {"message": "The requested version is not supported"})
        answer = self._answer(asked)
        late = {"Retry-After": self.delay} if self.delay and answer.status < 300 else {}
        return answer._replace(headers={**answer.headers, **late})

    def _answer(self, asked: Asked) -> Answer:  # noqa: PLR0911 - one line for each call
        match asked.method, asked.path.strip("/").split("/"):
            case "GET", [_, "_apis", "wit", "workitems", number] if number == str(ITEM):
                shown = {"relations": self.relations} if self.relations else {}
                return answer_json(200, {"id": ITEM, "rev": 3, **shown})
            case "POST", [_, "_apis", "wit", "attachments"]:
                if asked.media_type != "application/octet-stream" or not asked.query.get("fileName"):
                    return answer_json(415, {"message": "Unsupported Media Type"})
                return answer_json(201, self.upload(asked.base, asked.query["fileName"], asked.body))
            case "GET", [*_, "_apis", "wit", "attachments", number] if number in self.uploads:
                return Answer(200, self.uploads[number][1], {"Content-Type": "application/octet-stream"})
            case "PATCH", [_, "_apis", "wit", "workitems", number] if number == str(ITEM):
                if asked.media_type != "application/json-patch+json":
                    return answer_json(415, {"message": "Unsupported Media Type"})
                return self._patch(json.loads(asked.body))
            case _:
                return answer_json(404, {"message": "TF401232: Work item does not exist"})

    def upload(self, base: str, name: str, content: bytes) -> dict[str, str]:
        number = str(UUID(int=len(self.uploads) + 1))
        self.uploads[number] = (name, content)
        return {"id": number, "url": f"{base}/_apis/wit/attachments/{number}?fileName={name}"}

    def relate(self, reference: dict[str, str]) -> None:
        name, content = self.uploads[reference["id"]]
        attributes = {"name": name, "resourceSize": len(content)}
        self.relations.append({"rel": "AttachedFile", "url": reference["url"], "attributes": attributes})

    def _patch(self, operations: list[dict[str, Any]]) -> Answer:
        for one in operations:
            value = one["value"]
            number = re.sub(r".*/|\?.*", "", value["url"])
            if (one["op"], one["path"], value["rel"]) != ("add", "/relations/-", "AttachedFile"):
                return answer_json(400, {"message": "You must pass a valid patch document"})
            if number not in self.uploads:
                return answer_json(400, {"message": "TF201035: The attachment does not exist"})
            self.relate({"id": number, "url": value["url"]})
        return answer_json(200, {"id": ITEM, "rev": 4})


class Store:
    """Files under paths. A write-only one shows nothing."""

    def __init__(self, *, readable: bool = True) -> None:
        self.readable = readable
        self.files: dict[str, bytes] = {}

    def answer(self, asked: Asked) -> Answer:  # noqa: PLR0911 - one line for each call
        refused = refuses_caller(asked)
        if refused:
            return refused
        if asked.method == "GET":
            if not self.readable:
                return Answer(403)
            found = self.files.get(asked.path)
            return Answer(404) if found is None else Answer(200, found)
        if asked.method != "PUT":
            return Answer(405)
        if asked.headers.get("x-checksum-sha256") != hashlib.sha256(asked.body).hexdigest():
            return answer_json(400, {"message": "Checksum does not match"})
        if asked.headers.get("if-none-match") == "*" and asked.path in self.files:
            return Answer(412)
        self.files[asked.path] = asked.body
        return Answer(201)
