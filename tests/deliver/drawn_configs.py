"""Connector configurations by chance: right, faulty, disabled, misspelt; with every private value that is in them."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from reporter.deliver.config.keys import KINDS
from reporter.deliver.private_values import PrivateKind, PrivateValue, PrivateValues
from reporter.settings import load_settings
from reporter.settings_model import Settings

SIGNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=._~!$&'()*,;:<>\"\\%#?"
VARIABLE: Final = "REPORTER_TEST_"
SECRETS: Final = ("api_key", "authorization", "password", "secret", "token")
PEOPLE: Final = ("sender", "to", "user")


class DrawnConfig(NamedTuple):
    """A configuration, the variables that it refers to, and every private value that is in either."""

    document: object
    variables: Mapping[str, str]
    private: tuple[str, ...]
    is_damaged: bool

    def searcher(self) -> PrivateValues:
        """Search for what was drawn, whatever the configuration makes of it."""
        return PrivateValues(PrivateValue(PrivateKind.SECRET, "drawn", text) for text in self.private)

    @contextmanager
    def written(self, directory: Path) -> Iterator[Settings]:
        """Write it to a file and to the environment, and give the settings that name it."""
        text = json.dumps(self.document)
        (directory / "connectors.json").write_text(text[: len(text) // 2] if self.is_damaged else text)
        (directory / "connectors.json").chmod(0o600)
        (directory / "reporter.toml").write_text('connector_config = "connectors.json"\n')
        os.environ.update(self.variables)
        try:
            yield load_settings(str(directory / "reporter.toml"), {})[0]
        finally:
            for name in self.variables:
                del os.environ[name]


class _Author:
    """Writes one configuration, and keeps what of it is private. Every private value is unlike all other text."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._unique = 0
        self._stem = draw(st.uuids(version=4)).hex[:20]
        self.private: list[str] = []
        self.variables: dict[str, str] = {}

    def entry(self, provider: str) -> Any:  # noqa: ANN401 - an object, or what stands in its place
        """Write one entry, or an address in place of one."""
        if self._seldom():
            return self._url()
        entry = self._own(provider)
        if not self._seldom():
            self._give(entry, "url", self._url())
        for key in self._draw(st.sets(st.sampled_from(SECRETS), max_size=2)):
            self._give(entry, key, f"Bearer {self._secret()}" if key == "authorization" else self._secret())
        for key in self._draw(st.sets(st.sampled_from(PEOPLE), max_size=1)):
            self._give(entry, key, self._keep(f"{self._name()}@example.org"))
        if self._often():
            entry["enabled"] = self._draw(st.sampled_from([True, False, "no"]))
        if self._often():
            entry["headers"] = {self._draw(st.sampled_from(["X-Trace", "Host", "X-Größe"])): self._secret()}
        if self._often():
            entry["allowed_hosts"] = [self._host()]
        if self._seldom():
            entry[self._draw(st.sampled_from(["tokn", "URL", "x"]))] = self._secret()
        return entry

    def _own(self, provider: str) -> dict[str, Any]:
        match provider:
            case "jira":
                return {"project": "OPS"}
            case "email":
                return {"host": self._host()}
            case "pagerduty":
                return {"routing_key": self._keep(f"{self._name()}{'0' * 32}"[:32])}
            case _:
                return {}

    def _give(self, entry: dict[str, Any], key: str, value: str) -> None:
        """Write a value in one of the ways that people do, the wrong ones too."""
        name = f"{VARIABLE}{len(self.variables)}"
        ways: dict[str, tuple[str, object]] = {
            "literal": (key, value),
            "variable": (f"{key}_env", name),
            "reference": (key, f"env:{name}"),
            "misplaced": (f"{key}_env", value),
            "listed": (key, [value]),
        }
        way = self._draw(st.sampled_from(["literal", "literal", *ways]))
        if way in ("variable", "reference"):
            self.variables[name] = value
        written, what = ways[way]
        entry[written] = what

    def _keep(self, text: str) -> str:
        self.private.append(text)
        return text

    def _name(self) -> str:
        self._unique += 1
        return f"zq{self._stem}{self._unique}"

    def _secret(self) -> str:
        return self._keep(f"{self._name()}{self._draw(st.text(SIGNS, max_size=8))}x")

    def _host(self) -> str:
        return self._keep(f"{self._name()}.example.org")

    def _url(self) -> str:
        scheme = self._draw(st.sampled_from(["https", "https", "https", "http", "ftp"]))
        port = self._draw(st.sampled_from(["", ":8443"]))
        path, signature = self._keep(self._name()), self._keep(self._name())
        return self._keep(f"{scheme}://{self._host()}{port}/services/{path}?sig={signature}")

    def _often(self) -> bool:
        return self._draw(st.booleans())

    def _seldom(self) -> bool:
        return self._draw(st.integers(0, 9)) == 9


@st.composite
def configs(draw: st.DrawFn) -> DrawnConfig:
    """Draw a configuration of some connectors, or the half of one."""
    author = _Author(draw)
    names = st.sampled_from([*sorted(KINDS), "slak", "intune", "Git-Hub "])
    entries = {name: author.entry(name) for name in draw(st.lists(names, min_size=1, max_size=4, unique=True))}
    top = draw(st.sampled_from(["", "connectors", "providers"]))
    is_damaged = draw(st.integers(0, 19)) == 19
    return DrawnConfig({top: entries} if top else entries, author.variables, tuple(author.private), is_damaged)
