"""Collect everything that one environment's assessment starts from."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from reporter.collect.files import Unread, name_of, read_bytes, read_directory, read_runtime
from reporter.collect.parsing import parse_document
from reporter.collect.typed import read_typed
from reporter.model.case import EVERYBODY, Case, Policy, Request
from reporter.model.documents import Document, DocumentState, Manifest, RuntimeFile
from reporter.model.manifests import BY_ALIAS, MANIFESTS, ManifestKind
from reporter.settings import read_token
from reporter.settings_model import EnvironmentSettings, Settings

EVERYTHING: Final = frozenset({*BY_ALIAS, "runtime", "policy", "registry", "package_dir"})


def collect_case(
    settings: Settings,
    environment: str,
    now: datetime,
    wanted: Collection[str] = EVERYTHING,
    request: Request = EVERYBODY,
) -> Case:
    """Read the inputs that are wanted, by alias; all by default.

    Those that are not wanted stand as unconfigured: whoever asks for less judges less.
    """
    chosen = settings.environments[environment]
    reader = _Reader(settings)

    def place(alias: str) -> str:
        named: str = getattr(chosen, alias if alias == "package_dir" else f"{alias}_path")
        return named if alias in wanted else ""

    return Case(
        environment=environment,
        mode=chosen.mode,
        policy=Policy(
            drill_max_age=timedelta(days=chosen.rollback_drill_max_age_days),
            drill_due_soon=timedelta(days=chosen.rollback_drill_due_soon_days),
            runtime_timeout=timedelta(seconds=chosen.timeout_seconds),
        ),
        now=now,
        manifests={
            kind.alias: _manifest(reader, chosen, kind) if kind.alias in wanted else reader.manifest(kind, "")
            for kind in MANIFESTS
        },
        runtime=reader.runtime(place("runtime")),
        compiled_policy=reader.document("policy", place("policy")),
        tool_registry=reader.document("registry", place("registry")),
        package_dir=reader.directory("package_dir", place("package_dir")),
        request=request,
    )


def _manifest(reader: "_Reader", chosen: EnvironmentSettings, kind: ManifestKind) -> Manifest[Any]:
    """Read a manifest. One that is optional and that nobody named may be missing where the others are."""
    manifest = reader.manifest(kind, place_of(chosen, kind))
    named = bool(getattr(chosen, kind.path_key))
    if kind.optional and not named and manifest.document.state is DocumentState.MISSING:
        return reader.manifest(kind, "")
    return manifest


def place_of(chosen: EnvironmentSettings, kind: ManifestKind) -> str:
    """Say where a manifest is looked for: its own path, else the package, else the manifest directory."""
    own: str = getattr(chosen, kind.path_key)
    if own:
        return own
    directory = (chosen.package_dir if kind.in_package else "") or chosen.manifests_dir
    return f"{directory.rstrip('/')}/{kind.file_name}" if directory else ""


class _Reader:
    """Reads by path or address, relative to the settings' directory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def manifest(self, kind: ManifestKind, place: str) -> Manifest[Any]:
        if not place:
            return Manifest(_unconfigured(kind.alias), None)
        return read_typed(kind, self.document(kind.alias, place))

    def document(self, alias: str, place: str) -> Document:
        if not place:
            return _unconfigured(alias)
        limit = self._settings.manifest_max_bytes
        name = _name(place)
        if place.startswith("https://"):
            raw = self._fetch(place, limit)
        else:
            raw = read_bytes(self._settings.resolve(place), limit)
        if isinstance(raw, Unread):
            return Document(alias, name, raw.state, faults=(raw.fault,))
        return parse_document(alias, name, raw)

    def runtime(self, place: str) -> RuntimeFile:
        if not place:
            return RuntimeFile(_unconfigured("runtime"))
        return read_runtime("runtime", self._settings.resolve(place))

    def directory(self, alias: str, place: str) -> Document:
        if not place or place.startswith("https://"):
            # A base address is no directory to look at; the files below it are judged one by one.
            return _unconfigured(alias)
        return read_directory(alias, self._settings.resolve(place))

    def _fetch(self, place: str, limit: int) -> bytes | Unread:
        # httpx costs 0.1 s to import; a run without addresses does not pay for it.
        from reporter.collect.https import HttpsAccess, fetch_bytes

        https = self._settings.https
        tokens = {host.lower(): read_token(self._settings, host) for host in https.tokens}
        ca_file = self._settings.resolve(https.ca_file) if https.ca_file else ""
        return fetch_bytes(place, limit, HttpsAccess(https.timeout_seconds, ca_file, tokens))


def _unconfigured(alias: str) -> Document:
    return Document(alias, "", DocumentState.UNCONFIGURED)


def _name(place: str) -> str:
    return name_of(urlsplit(place).path if place.startswith("https://") else place)
