"""What the body of an answer says: a page for people, an object, an id, or a failure in spite of its 2xx.

A vendor's own proof is judged by its connector. What stands here holds for all of them: a 2xx whose body tells of a
failure, in the ways that services usually tell of one, is no delivery.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from reporter.deliver.http import HttpAnswer

_PAGE: Final = re.compile(
    rb"(?>\s+|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->)*+"
    rb"<(?:!--|!doctype\s+html\b|(?:html|head|body|title|meta|link|base|style|script|noscript|form|iframe|center|div|h1|p)"
    rb"[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
"""What a page begins with, after a prolog and comments of any length; one that breaks off in a comment is one too."""

_ERROR: Final = re.compile(rb"\W*(?:[a-z]+ )?(?:error|failure|failed)\s*:", re.IGNORECASE)
_FAILURES: Final = frozenset(
    {"denied", "err", "error", "errors", "fail", "failed", "failure", "forbidden", "invalid", "ko"}
    | {"refused", "rejected", "unauthenticated", "unauthorized"}
)
_ERRORS: Final = ("error", "errors", "errormessage", "errormessages", "exception", "fault")
_SUCCESS: Final = ("ok", "success", "succeeded", "successful")
_STATUS: Final = ("result", "status", "statuscode", "status_code")


def is_page(answer: HttpAnswer) -> bool:
    """Say whether an answer is a page for people. Its header does not decide: Slack calls its `ok` HTML too."""
    return _PAGE.match(answer.body) is not None


def object_in(answer: HttpAnswer) -> dict[str, Any]:
    """Read an answer as a JSON object; an empty one where it is none, or says anything twice."""
    document = _document_in(answer)
    return document if isinstance(document, dict) else {}


def id_in(value: object, pattern: str) -> str:
    """Take an id of the vendor's where it looks as the vendor's ids do; else nothing."""
    return value if isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) else ""


def tells_failure(answer: HttpAnswer) -> bool:
    """Say whether JSON tells of a failure: by errors, by a success that is false, by the word or code of a status."""
    document = _document_in(answer)
    return any(
        one is False or (isinstance(one, dict) and _is_failure(one))
        for one in (document if isinstance(document, list) else [document])
    )


def is_unclear(answer: HttpAnswer) -> bool:
    """Say whether nobody can rely on it: an object that breaks off or says a thing twice, a text such as `error: ...`.

    Any other text is free: whoever configured the receiver may let it answer what they like.
    """
    opens = answer.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    return (opens and not isinstance(_document_in(answer), dict)) or _ERROR.match(answer.body) is not None


def _document_in(answer: HttpAnswer) -> Any:  # noqa: ANN401 - what a vendor says
    try:
        return json.loads(answer.body, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        msg = "JSON with a key that stands twice"
        raise ValueError(msg)
    return document


def _is_failure(document: Mapping[str, Any]) -> bool:
    said = {name.lower(): value for name, value in document.items()}
    return (
        any(said.get(name) for name in _ERRORS)
        or any(said.get(name) is False or _word(said.get(name)) == "false" for name in _SUCCESS)
        or any(_is_failed_status(said.get(name)) for name in _STATUS)
    )


def _is_failed_status(value: object) -> bool:
    return _word(value) in _FAILURES or (type(value) is int and 400 <= value <= 599)  # noqa: PLR2004 - RFC 9110 15


def _word(value: object) -> str:
    """Give the first word of a text."""
    return next(iter(value.lower().split()), "") if isinstance(value, str) else ""
