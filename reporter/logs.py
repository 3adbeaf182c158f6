"""Lines for a log: for people, or one JSON object each. What holds a secret is left out, and the rule is named."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from reporter.model.guards import RULES, broken_rules
from reporter.model.instants import format_instant
from reporter.settings_model import LogFormat, LogLevel

PRIVATE_VALUE: Final = "private_value"
"""The rule of what the settings and the connector configuration hold."""

Finder = Callable[[str], bool]

# A lock names the host of its holder, and a log is read by whoever runs it: hosts and addresses may stand in one.
_RULES: Final = tuple(rule for rule in RULES if rule.id not in {"private_host", "private_address"})


class Log(NamedTuple):
    """How lines are written, from which level on, and how private values are found."""

    form: LogFormat = LogFormat.CONSOLE
    level: LogLevel = LogLevel.INFO
    is_private: Finder = lambda _: False

    def line(
        self, level: LogLevel, event: str, text: str, at: datetime, fields: Mapping[str, object] | None = None
    ) -> str | None:
        """Write a line; None where nobody wants to hear of it. People read the text alone."""
        levels = list(LogLevel)
        if levels.index(level) < levels.index(self.level):
            return None
        shown = self.shown(text)
        if self.form is LogFormat.CONSOLE:
            return f"{'error: ' if level is LogLevel.ERROR else ''}{shown}" if text else None
        told = {"at": format_instant(at), "level": level, "event": event}
        message = {"message": shown} if text else {}
        return json.dumps({**told, **message, **{name: self._field(one) for name, one in (fields or {}).items()}})

    def shown(self, text: str) -> str:
        """Give a text, or say by which rule it is left out."""
        if self.is_private(text):
            return f"(not shown: rule {PRIVATE_VALUE})"
        broken = broken_rules(text, _RULES)
        return f"(not shown: rule {broken[0].id})" if broken else text

    def _field(self, value: object) -> object:
        return self.shown(value) if isinstance(value, str) else value
