"""The connector configuration as a whole: who can be used, who cannot be and why, and what is private."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from reporter.deliver.addresses import pin_of
from reporter.deliver.canary import prove
from reporter.deliver.config.entry import ConnectorConfig, Entry, private_of_nobody, read_entry
from reporter.deliver.config.file import read_config
from reporter.deliver.config.keys import KINDS
from reporter.deliver.config.values import ConnectorFault
from reporter.deliver.private_sources import private_in_settings
from reporter.deliver.private_values import PrivateValue, PrivateValues
from reporter.model.providers import normalise
from reporter.settings_model import Settings

_SHOWABLE: Final = re.compile(r"[A-Za-z _-]{1,32}")


class LoadedConnectors(NamedTuple):
    """What is configured.

    `connectors` are those that can be used, by provider; `disabled` ones are not among them, and neither are those with
    `faults`. `is_read` is false where there is a file and nobody knows what is in it: then nothing can be guarded.
    """

    connectors: Mapping[str, ConnectorConfig]
    faults: tuple[ConnectorFault, ...]
    private: PrivateValues
    disabled: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_read: bool = True

    def __repr__(self) -> str:
        """Print names alone."""
        return f"LoadedConnectors({', '.join(self.connectors)}; {len(self.faults)} faults)"


def load_connectors(settings: Settings) -> LoadedConnectors:
    """Read the connector configuration. Nothing in it raises; without one there are no connectors.

    The searcher for what is private was proved. Raise NotPublicSafe where it fails that: nothing may be sent or sealed.
    """
    private = list(private_in_settings(settings))
    if not settings.connector_config:
        return LoadedConnectors(MappingProxyType({}), (), prove(PrivateValues(_but_published(private, settings))))
    raw = read_config(settings)
    faults = [ConnectorFault("", one) for one in raw.faults]
    entries: dict[str, Entry] = {}
    for name, written in raw.entries.items():
        provider = normalise(str(name))
        unusable = _unusable(name, provider, written, entries)
        if unusable:
            faults.append(unusable)
            private += private_of_nobody(settings, written)
            continue
        entries[provider] = read_entry(settings, provider, KINDS[provider], written)
    for entry in entries.values():
        faults += entry.faults
        private += entry.private
    return LoadedConnectors(
        MappingProxyType({name: one.config for name, one in sorted(entries.items()) if one.config}),
        tuple(faults),
        prove(PrivateValues(_but_published(private, settings))),
        tuple(sorted(name for name, one in entries.items() if one.is_disabled)),
        raw.remarks,
        raw.is_read,
    )


def _unusable(name: object, provider: str, written: object, entries: Mapping[str, Any]) -> ConnectorFault | None:
    """Say why an entry is none: of an unknown provider, of one that is there already, or no object."""
    shown = f"connectors.{name if _SHOWABLE.fullmatch(str(name)) else '(a name that is not shown)'}"
    if provider not in KINDS:
        close = get_close_matches(provider, list(KINDS), n=1)
        meant = f"did you mean {close[0]}?" if close else f"known: {', '.join(KINDS)}"
        return ConnectorFault("", f"{shown}: unknown provider; {meant}")
    if provider in entries:
        return ConnectorFault(provider, f"{shown}: found {provider} twice, wanted each provider once")
    if not isinstance(written, dict):
        return ConnectorFault(provider, f"{shown}: found no object, wanted one with url, token and the like")
    return None


def _but_published(private: Iterable[PrivateValue], settings: Settings) -> Iterator[PrivateValue]:
    """Leave out what the settings publish: names of environments, and the hosts that `deliver.link` leads to."""
    links = [pin_of(one.deliver.link).rpartition(":")[0] for one in settings.environments.values()]
    published = {*settings.environments, *links}
    yield from (one for one in private if one.text.lower() not in published)
