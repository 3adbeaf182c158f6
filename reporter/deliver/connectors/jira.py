"""Jira Cloud: an issue, or a comment on one issue, in the Atlassian document format (integrations.md).

Text of 32,767 characters, a summary of 255. There is no idempotency key: the message id is stamped, on an issue as a
label and on a comment as a property, and searched for before anything is created. Jira's index of labels lags by
moments, so that a search right after a kill can miss an issue; comments are listed as they are. Text nodes know no
markup; the one link is ours.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final
from urllib.parse import urlencode

from reporter.deliver.configured import Configured, Key, Needs
from reporter.deliver.connectors.answers import id_in, object_in
from reporter.deliver.connectors.base import accepted, doubtful
from reporter.deliver.connectors.searching import NOT_THERE, SearchingConnector
from reporter.deliver.fit import Excerpt, Limits, excerpt_of, key_of, largest, to_json
from reporter.deliver.http import HttpAnswer, HttpRequest
from reporter.deliver.message import Message
from reporter.deliver.receipts import Receipt

LIMITS: Final = Limits(title=255, summary=8_000, fact=1_000, facts=40, action=1_000, actions=30)
MOST_BYTES: Final = 32_000
"""Of the whole request: characters of text are fewer."""

PROPERTY: Final = "reporter.message"
COMMENTS: Final = 100
"""Comments that are looked through, the newest; of more, nobody can tell."""

_URL: Final = re.compile(r"(.*?)(?:/rest/api/[^/]+/issue(?:/([^/?#]+)/comment)?)?/?")
_ISSUE: Final = r"[A-Z][A-Z0-9_]{0,50}-[0-9]{1,12}"
_NUMBER: Final = r"[0-9]{1,12}"


class Jira(SearchingConnector):
    """Creates an issue a message, or comments on the one issue that is configured."""

    needs: ClassVar[Needs] = Needs(authorisation=True)
    keys: ClassVar[tuple[Key, ...]] = (
        Key("project", "Key of the project that issues are created in.", pattern=r"[A-Z][A-Z0-9_]*", wants="as in OPS"),
        Key("issue_type", "Name of the type of the issues.", default="Task", pattern=r"[\w .-]{1,60}"),
        Key("issue", "Key of one issue to comment on, instead of new ones.", pattern=_ISSUE, wants="as in OPS-7"),
    )

    @classmethod
    def faults(cls, configured: Configured) -> Iterator[str]:
        """Ask for a project where issues are created, and for an address that can be told apart."""
        address = _URL.fullmatch(configured.url)
        if address is None or "?" in configured.url or "/rest/" in address[1]:
            yield "url: found another address (not shown), wanted that of the site, or of its /rest/api/3/issue"
        if not configured.values.get("project") and not _issue_of(configured):
            yield "project: found nothing, wanted the key of a project, or of an issue to comment on under `issue`"

    @property
    def url(self) -> str:
        """The address of the issues, or of the comments."""
        return f"{self._issues}/{self._issue}/comment" if self._issue else self._issues

    @property
    def _site(self) -> str:
        found = _URL.fullmatch(self.configured.url)
        return found[1] if found else self.configured.url

    @property
    def _issues(self) -> str:
        return f"{self._site}/rest/api/3/issue"

    @property
    def _issue(self) -> str:
        return _issue_of(self.configured)

    @property
    def _project(self) -> str:
        return self.configured.values.get("project", "")

    def payload(self, message: Message, at: datetime) -> bytes:  # noqa: ARG002 - the same at every attempt
        """Write an issue or a comment, stamped."""

        def write(limits: Limits) -> bytes:
            excerpt = excerpt_of(message, limits, label=self.configured.title)
            stamp = {"key": PROPERTY, "value": {"id": key_of(message)}}
            if self._issue:
                return to_json({"body": _document(message, excerpt, excerpt.title), "properties": [stamp]})
            fields = {
                "project": {"key": self._project},
                "issuetype": {"name": self.configured.values.get("issue_type", "Task")},
                "summary": excerpt.title,
                "description": _document(message, excerpt),
                "labels": [_label(message)],
            }
            return to_json({"fields": fields, "properties": [stamp]})

        return largest(LIMITS, MOST_BYTES, write)

    def read(self, answer: HttpAnswer, message: Message) -> Receipt:  # noqa: ARG002 - the proof names no message
        """Take the key of an issue of our project, or the number of the comment, for the proof."""
        document = object_in(answer)
        if self._issue:
            comment = id_in(document.get("id"), _NUMBER)
            return accepted(answer, issue=self._issue, comment=comment) if comment else doubtful(answer)
        issue = id_in(document.get("key"), rf"{re.escape(self._project)}-[0-9]{{1,12}}")
        return accepted(answer, issue=issue) if issue else doubtful(answer)

    def search(self, message: Message) -> HttpRequest:
        """Ask for issues with our label, or for the newest comments with their properties."""
        if self._issue:
            query = {"maxResults": COMMENTS, "orderBy": "-created", "expand": "properties"}
            return self.ask("GET", f"{self.url}?{urlencode(query)}")
        jql = f'project = "{self._project}" AND labels = "{_label(message)}"'
        query = {"jql": jql, "fields": "labels,project", "maxResults": 1}
        return self.ask("GET", f"{self._site}/rest/api/3/search/jql?{urlencode(query)}")

    def found(self, answer: HttpAnswer, message: Message) -> Receipt:
        """Look for the stamp on what is listed: a search that answers with something else has not looked for ours."""
        listed = object_in(answer).get("comments" if self._issue else "issues")
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            return doubtful(answer)
        if not self._issue:
            ours = [issue for issue in listed if self._is_ours(issue.get("fields"), message)]
            return self._known(answer, ours[0], message) if ours else doubtful(answer) if listed else NOT_THERE
        stamp = {"key": PROPERTY, "value": {"id": key_of(message)}}
        for comment in listed:
            properties = comment.get("properties")
            if isinstance(properties, list) and stamp in properties:
                return self._known(answer, comment, message)
        total = object_in(answer).get("total")
        return NOT_THERE if type(total) is int and 0 <= total <= len(listed) else doubtful(answer)

    def _is_ours(self, fields: object, message: Message) -> bool:
        """Say whether an issue has our label and is in our project."""
        if not isinstance(fields, dict):
            return False
        labels, project = fields.get("labels"), fields.get("project")
        is_labelled = isinstance(labels, list) and _label(message) in labels
        return is_labelled and isinstance(project, dict) and project.get("key") == self._project

    def _known(self, answer: HttpAnswer, listed: dict[str, object], message: Message) -> Receipt:
        """Read one of a list as if it had just been created."""
        return self.read(answer._replace(body=to_json(listed)), message)

    @property
    def readable(self) -> str:
        """The project, or the issue."""
        if self._issue:
            return f"{self._issues}/{self._issue}?fields=summary"
        return f"{self._site}/rest/api/3/project/{self._project}"


def _issue_of(configured: Configured) -> str:
    found = _URL.fullmatch(configured.url)
    return configured.values.get("issue", "") or (found[2] or "" if found else "")


def _label(message: Message) -> str:
    return f"reporter-{key_of(message)}"


def _document(message: Message, excerpt: Excerpt, title: str = "") -> dict[str, object]:
    lines = [title, *excerpt.summary.split("\n"), *(f"{name}: {text}" for name, text in excerpt.facts)]
    content = [_paragraph(_text(line)) for line in lines if line]
    if excerpt.actions:
        items = [{"type": "listItem", "content": [_paragraph(_text(action))]} for action in excerpt.actions if action]
        content.append({"type": "bulletList", "content": items})
    content.append(_paragraph(_text(f"Message {key_of(message)}")))
    if excerpt.closing:
        mark = {"type": "link", "attrs": {"href": excerpt.link}}
        link = [_text(" "), {**_text(excerpt.link), "marks": [mark]}] if excerpt.link else []
        content.append(_paragraph(_text(excerpt.closing), *link))
    return {"type": "doc", "version": 1, "content": content}


def _paragraph(*nodes: dict[str, object]) -> dict[str, object]:
    return {"type": "paragraph", "content": list(nodes)}


def _text(text: str) -> dict[str, object]:
    return {"type": "text", "text": text}
