"""Reading one entry of the connector configuration key by key: references followed, faults and private values kept."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from reporter.deliver.private_sources import private_in_text
from reporter.deliver.private_values import LEAST_SECRET, PrivateKind, PrivateValue
from reporter.errors import UsageFault
from reporter.settings import read_secret
from reporter.settings_model import Settings

REFERENCES: Final = ("env:", "file:", "credential:")
NOT_SHOWN: Final = "something else (not shown)"

_EMAIL: Final = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+")
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)

Privates: TypeAlias = Callable[[str, str], Iterable[PrivateValue]]
"""What is private in the value of a key, by its place and its text."""


class ConnectorFault(NamedTuple):
    """What is wrong with one entry, or with the file where `provider` is empty; no value is in it."""

    provider: str
    text: str

    def __str__(self) -> str:
        """Say it in a line."""
        return self.text


def all_of(kind: PrivateKind) -> Privates:
    """Take the whole value for private."""
    return lambda place, text: (PrivateValue(kind, place, text),)


def nothing(place: str, text: str) -> Iterator[PrivateValue]:
    """Take a value for public, but for an e-mail address."""
    if _EMAIL.fullmatch(text):
        yield PrivateValue(PrivateKind.PERSON, place, text)


class Values:
    """The values of one entry. Every fault is kept; what is faulty is read as if it were not there."""

    def __init__(self, settings: Settings, provider: str, raw: Mapping[Any, Any]) -> None:
        self._settings, self._provider, self._raw = settings, provider, raw
        self.faults: list[ConnectorFault] = []
        self.private: list[PrivateValue] = []

    def fault(self, text: str) -> None:
        """Keep a fault, `KEY: found ..., wanted ...`."""
        self.faults.append(ConnectorFault(self._provider, f"connectors.{self._provider}.{text}"))

    def has(self, key: str) -> bool:
        """Say whether a key is there, itself or by a variable."""
        return self._raw.get(key) is not None or self._raw.get(f"{key}_env") is not None

    def raw(self, key: str) -> Any:  # noqa: ANN401 - what a person wrote
        """Give what is written under a key, whatever it is; None where nothing is."""
        return self._raw.get(key)

    def text(self, key: str, private: Privates) -> str:
        """Give the text of a key: as it is written, or what a reference or a variable leads to; empty for none."""
        value, variable = self._raw.get(key), self._raw.get(f"{key}_env")
        if variable is None:
            return "" if value is None else self.text_of(key, value, private)
        if value is not None:
            self.fault(f"{key}: found it beside {key}_env, wanted one of the two")
        if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
            self.fault(f"{key}_env: found {NOT_SHOWN}, wanted the name of a variable, as in CAVRA_SLACK_URL")
            self._keep(f"{key}_env", str(variable), private_in_text)
            return ""
        return self.text_of(key, f"env:{variable}", private)

    def text_of(self, key: str, value: object, private: Privates) -> str:
        """Give the text of a value, and follow it where it is a reference."""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.fault(f"{key}: found no text, wanted a text or a reference")
            return ""
        text = self._followed(key, value) if value.startswith(REFERENCES) else value.strip()
        self._keep(key, text, private)
        if text and not text.isprintable():
            self.fault(f"{key}: found signs that cannot be printed (not shown), wanted one line of text")
            return ""
        return text

    def secret(self, key: str, private: Privates) -> str:
        """Give a secret, which has to be long enough to be told from ordinary text."""
        text = self.text(key, private)
        if text and len(text) < LEAST_SECRET:
            self.fault(f"{key}: found fewer than {LEAST_SECRET} characters, wanted a secret that can be guarded")
            return ""
        return text

    def number(self, key: str, default: float, most: float, *, is_whole: bool = False) -> float:
        """Give a number above zero."""
        value = self._raw.get(key, default)
        kinds = (int,) if is_whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value <= most:
            whole = "whole " if is_whole else ""
            self.fault(f"{key}: found {NOT_SHOWN}, wanted a {whole}number above 0, {most:g} at most")
            return default
        return value

    def matching(self, key: str, text: str, pattern: str, wants: str) -> str:
        """Give a text that is as it has to be, and none for any other."""
        if text and not re.fullmatch(pattern, text):
            self.fault(f"{key}: found {NOT_SHOWN}, wanted {wants}")
            return ""
        return text

    def _followed(self, key: str, reference: str) -> str:
        try:
            place = f"connectors.{self._provider}.{key}"
            text = read_secret(self._settings, reference, place, is_private=True).decode().strip()
        except UsageFault as fault:
            self.faults += [ConnectorFault(self._provider, one) for one in fault.faults]
        except UnicodeDecodeError:
            self.fault(f"{key}: found bytes that are no UTF-8 text (not shown), wanted a text")
        else:
            if not text:
                self.fault(f"{key}: found an empty text, wanted one behind its reference")
            return text
        return ""

    def _keep(self, key: str, text: str, private: Privates) -> None:
        self.private += private(f"connectors.{self._provider}.{key}", text) if text else ()
