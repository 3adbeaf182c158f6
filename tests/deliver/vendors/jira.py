"""Jira Cloud: issues and comments in the Atlassian document format, and the searches for them."""

import re
from typing import Any

from deliver.vendors.server import Answer, Asked, answer_json
from deliver.vendors.slack import utf16

AUTHORIZATION = "Basic b3BzOmppcmEtdG9rZW4="
LONGEST_TEXT = 32_767
LONGEST_SUMMARY = 255
LONGEST_LABEL = 255
BLOCKS = {"doc", "paragraph", "bulletList", "orderedList", "listItem", "heading", "text"}
JQL = re.compile(r'project = "([A-Z]+)" AND labels = "([^"\\]+)"')


class Jira:
    """Has one project, OPS, and one issue in it, OPS-1.

    `indexes` says whether the search knows what is new, `mixes_up` whether it lists what was not asked for.
    """

    def __init__(self, *, indexes: bool = True, mixes_up: bool = False) -> None:
        self.issues: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.indexes, self.mixes_up = indexes, mixes_up

    def answer(self, asked: Asked) -> Answer:  # noqa: PLR0911 - one for each thing that is asked
        if asked.headers.get("authorization") != AUTHORIZATION:
            return _errors(401, "Client must be authenticated to access this resource.")
        if asked.method == "POST" and asked.media_type != "application/json":
            return Answer(415)
        match asked.method, asked.path:
            case "POST", "/rest/api/3/issue":
                return self._create(asked)
            case "POST", "/rest/api/3/issue/OPS-1/comment":
                return self._comment(asked)
            case "GET", "/rest/api/3/search/jql":
                return self._search(asked)
            case "GET", "/rest/api/3/issue/OPS-1/comment":
                return self._list_comments(asked)
            case "GET", "/rest/api/3/issue/OPS-1" | "/rest/api/3/project/OPS":
                return answer_json(200, {"id": "10000", "key": asked.path.rpartition("/")[2]})
            case _:
                return _errors(404, "Not found, or you do not have permission to see it.")

    def _create(self, asked: Asked) -> Answer:
        document = asked.json()
        fields = document.get("fields", {}) if isinstance(document, dict) else {}
        faults = {}
        if fields.get("project") != {"key": "OPS"}:
            faults["project"] = "valid project is required"
        if fields.get("issuetype", {}).get("name") not in {"Task", "Bug"}:
            faults["issuetype"] = "Specify a valid issue type"
        summary = fields.get("summary", "")
        if not summary or utf16(summary) > LONGEST_SUMMARY or "\n" in summary:
            faults["summary"] = "Summary must be one line of at most 255 characters."
        if not all(" " not in label and 0 < len(label) <= LONGEST_LABEL for label in fields.get("labels", [])):
            faults["labels"] = "A label contains spaces which is invalid."
        if not is_document(fields.get("description")):
            faults["description"] = "Operation value must be an Atlassian Document"
        if faults:
            return answer_json(400, {"errorMessages": [], "errors": faults})
        number = len(self.issues) + 2
        issue = {"id": str(10_000 + number), "key": f"OPS-{number}", "fields": fields}
        self.issues.append(issue)
        return answer_json(201, {"id": issue["id"], "key": issue["key"], "self": f"{asked.base}/{issue['id']}"})

    def _comment(self, asked: Asked) -> Answer:
        document = asked.json()
        if not isinstance(document, dict) or not is_document(document.get("body")):
            return _errors(400, "Comment body is not valid!")
        comment = {"id": str(20_000 + len(self.comments)), **document}
        self.comments.append(comment)
        return answer_json(201, {"id": comment["id"], "self": asked.base})

    def _search(self, asked: Asked) -> Answer:
        found = JQL.fullmatch(asked.query.get("jql", ""))
        if found is None:
            return _errors(400, "Error in the JQL Query")
        if found[1] != "OPS":
            return _errors(400, f"The value '{found[1]}' does not exist for the field 'project'.")
        names = asked.query.get("fields", "id").split(",")
        issues = [
            {**issue, "fields": {name: value for name, value in issue["fields"].items() if name in names}}
            for issue in self.issues
            if self.mixes_up or (self.indexes and found[2] in issue["fields"].get("labels", []))
        ]
        return answer_json(200, {"issues": issues[: int(asked.query.get("maxResults", "50"))], "isLast": True})

    def _list_comments(self, asked: Asked) -> Answer:
        newest = self.comments[::-1] if asked.query.get("orderBy") == "-created" else self.comments
        shown = newest[: int(asked.query.get("maxResults", "50"))]
        if asked.query.get("expand") != "properties":
            shown = [{name: value for name, value in one.items() if name != "properties"} for one in shown]
        return answer_json(200, {"startAt": 0, "total": len(self.comments), "comments": shown})


def _errors(status: int, text: str) -> Answer:
    return answer_json(status, {"errorMessages": [text], "errors": {}})


def is_document(node: object) -> bool:
    """Say whether this is a document in Jira's format, and short enough."""
    if not isinstance(node, dict) or node.get("type") != "doc" or node.get("version") != 1:
        return False
    nodes = list(nodes_in(node))
    texts = [one["text"] for one in nodes if one["type"] == "text"]
    return all(one["type"] in BLOCKS for one in nodes) and all(texts) and utf16("".join(texts)) <= LONGEST_TEXT


def nodes_in(node: dict[str, Any]) -> list[dict[str, Any]]:
    """List a node and all that it holds."""
    return [node, *(inner for one in node.get("content", []) for inner in nodes_in(one))]
