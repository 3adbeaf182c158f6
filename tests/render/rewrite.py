"""A readiness whose free texts are all replaced: what hostile manifests could at worst bring into it."""

from collections.abc import Callable
from itertools import cycle
from typing import Any, TypeVar

from pydantic import BaseModel

from reporter.model.instants import parse_instant

M = TypeVar("M", bound=BaseModel)

HOSTILE = {
    "script": "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=\"alert(1)\" style='x' ' autofocus",
    "comment": "<!-- --> ]]> <![CDATA[ <style>*{display:none}</style> <!--<script>",
    "template": "{{ 7*7 }} {% raw %} ${7*7} {# x #}",
    "svg": "<svg onload=alert(1)><foreignObject><title></title></svg>",
    "css": "}*{background:url(https://evil.example/x)}/*",
    "url": "javascript:alert(1) https://evil.example/ file:///etc/passwd",
    "pdf": "(x) Tj ET endstream endobj /JS (app.alert(1)) %PDF \\) >>",
    "controls": "a\x00b\x1b[31mc\rd\ne\x7f\x9b\u2028f\ufeffg",
    "bidi": "abc\u202egpj.exe\u2066\u200f\u061c\u200b",
    "long": "w" * 5_000,
    "other scripts": "日本語 한국어 עברית العربية 🚀👩‍🚀 e\u0301\u0301\u0301",
}


ACTING = rb"(?m)^ *(/(JS|JavaScript|URI|Launch|GoToR|SubmitForm|OpenAction|AA)\b|/S /(JavaScript|URI|Launch))"
"""What a PDF must hold none of, once it is unpacked."""

PRINTED = tuple(text for kind, text in sorted(HOSTILE.items()) if kind != "long")
"""All that can stand together on one paper."""


def rewrite(model: M, *texts: str, keep_dates: bool) -> M:
    """Replace every free text of a document by one of these and a number; words of a closed list stay what they are."""
    numbers = iter(range(1, 1_000_000))
    given = cycle(texts)

    def change(value: Any) -> Any:  # noqa: ANN401 - any field of any document
        if isinstance(value, BaseModel):
            return _rewritten(value, change)
        if isinstance(value, tuple):
            return tuple(change(item) for item in value)
        if isinstance(value, dict):
            return {change(key): change(item) for key, item in value.items()}
        if type(value) is str and not (keep_dates and parse_instant(value)):
            return f"{next(given)}#{next(numbers)}"
        return value

    return _rewritten(model, change)


def _rewritten(model: M, change: Callable[[Any], Any]) -> M:
    changed = {
        name: change(getattr(model, name))
        for name, field in type(model).model_fields.items()
        if "Literal" not in str(field.annotation)
    }
    return model.model_copy(update=changed)
