"""One entry of the connector configuration: every key checked, what lets us in put together, all faults at once."""

import base64
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from reporter.deliver.addresses import pin_of, read_pin, read_url
from reporter.deliver.config.keys import SHARED, EntryKind, known_keys
from reporter.deliver.config.values import NOT_SHOWN, ConnectorFault, Privates, Values, all_of, nothing
from reporter.deliver.configured import Configured, Key
from reporter.deliver.http import Http, can_be_header
from reporter.deliver.private_sources import private_host, private_in_header, private_in_text, private_in_url
from reporter.deliver.private_values import PrivateKind, PrivateValue
from reporter.settings_model import Settings

MOST_SECONDS: Final = 600
MOST_CONNECTIONS: Final = 100

_METHODS: Final = ("POST", "PUT")
_OURS: Final = frozenset({"connection", "content-length", "host", "transfer-encoding", "upgrade"})
_ANSWERS_FOR_US: Final = ("authorization", "api-key", "dd-api-key", "x-api-key")
"""Headers that let us in (domain.md B1.13)."""
_SCHEME: Final = r"[A-Za-z][A-Za-z0-9-]{0,30}"
_SHOWABLE: Final = re.compile(r"[A-Za-z_-]{1,32}")
_PUBLIC: Final = frozenset(shared.name for shared in SHARED if shared.is_public)
_DEEPEST: Final = 4
_SECRET: Final = all_of(PrivateKind.SECRET)


@dataclass(frozen=True, slots=True)
class ConnectorConfig:
    """One connector that can be used: what it is told, and how it is reached. All of it is private."""

    provider: str
    told: Configured
    hosts: frozenset[str] = frozenset()
    ca_file: str = ""
    timeout_seconds: float = 10.0
    max_connections: int = 1

    def __repr__(self) -> str:
        """Print the provider alone."""
        return f"ConnectorConfig({self.provider}, <secret>)"

    def http(self) -> Http:
        """Make a client for its hosts."""
        return Http(
            self.hosts,
            timeout_seconds=self.timeout_seconds,
            ca_file=self.ca_file,
            max_connections=self.max_connections,
        )


class Entry(NamedTuple):
    """What one entry came to: a connector, or its faults; and what is private of it either way."""

    config: ConnectorConfig | None
    faults: tuple[ConnectorFault, ...]
    private: tuple[PrivateValue, ...]
    is_disabled: bool = False


def read_entry(settings: Settings, provider: str, kind: EntryKind, raw: Mapping[Any, Any]) -> Entry:
    """Check one entry. Of one that is disabled nothing is a fault, and what it holds is private all the same."""
    values = Values(settings, provider, raw)
    if not isinstance(raw.get("enabled", True), bool):
        values.fault(f"enabled: found {NOT_SHOWN}, wanted true or false")
    _refuse_unknown(values, kind, raw)
    told = Configured(provider, "")
    hosts: list[str] = []
    if kind.needs.address:
        url = _url(values, kind)
        headers = _headers(values)
        headers |= _let_in(values, kind, headers)
        method = _method(values)
        hosts = [pin_of(url), *_hosts(values)]
        told = Configured(provider, url, headers, method=method)
    own = {key.name: _own(values, key) for key in kind.keys}
    told = Configured(
        provider, told.url, told.headers, own, told.method, values.text_of("title", raw.get("title") or "", nothing)
    )
    config = ConnectorConfig(
        provider,
        told,
        frozenset(hosts),
        _ca_file(values, settings),
        values.number("timeout_seconds", 10.0, MOST_SECONDS),
        int(values.number("max_connections", 1, MOST_CONNECTIONS, is_whole=True)),
    )
    if not values.faults:
        for one in kind.faults(told):
            values.fault(one)
    private = tuple(values.private)
    if values.faults:
        unknown = {key: value for key, value in raw.items() if key not in known_keys(kind)}
        private += (*private_as_written(provider, raw, kind), *private_of_nobody(settings, unknown, provider))
    if raw.get("enabled") is False:
        return Entry(None, (), private, is_disabled=True)
    return Entry(None if values.faults else config, tuple(values.faults), private)


def private_of_nobody(settings: Settings, raw: object, provider: str = "unknown") -> Iterator[PrivateValue]:
    """Give what is private under keys that nobody knows, with what references and variables lead to."""
    if not isinstance(raw, dict):
        yield from private_as_written(provider, {"": raw})
        return
    values = Values(settings, provider, raw)
    keys = {str(key).removesuffix("_env"): None for key in raw}
    for key in (key for key in keys if key not in _PUBLIC):
        values.text(key, private_in_text)
    yield from (*values.private, *private_as_written(provider, raw))


def private_as_written(provider: str, raw: Mapping[Any, Any], kind: EntryKind | None = None) -> Iterator[PrivateValue]:
    """Take the texts of an entry that is not used for private, each as what it most likely is.

    Left out are names of variables, and keys that are known to be public.
    """
    public = _PUBLIC | {key.name for key in (kind.keys if kind else ()) if not key.secret and not key.private}
    for key, value in raw.items():
        place = f"connectors.{provider}.{key}" if _SHOWABLE.fullmatch(str(key)) else f"connectors.{provider}"
        if key in public or str(key).endswith("_env"):
            continue
        for text in _texts_in(value):
            yield from private_in_text(place, text)


def _texts_in(value: object, depth: int = _DEEPEST) -> Iterator[str]:
    if isinstance(value, dict | list) and depth:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(one, depth - 1)
    elif value is not None:
        yield str(value).strip()


def _refuse_unknown(values: Values, kind: EntryKind, raw: Mapping[Any, Any]) -> None:
    known = list(known_keys(kind))
    for key in raw:
        if key in known:
            continue
        shown = key if isinstance(key, str) and _SHOWABLE.fullmatch(key) else "(a key that is not shown)"
        close = get_close_matches(str(key), known, n=1)
        meant = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        values.fault(f"{shown}: unknown key; {meant}")


def _url(values: Values, kind: EntryKind) -> str:
    if not values.has("url"):
        if not kind.needs.default_url:
            values.fault("url: found none, wanted url, or url_env with the name of a variable")
        return kind.needs.default_url
    known = len(values.faults)
    url = values.text("url", lambda place, text: _private_url(place, text, kind.needs.default_url))
    if not url and len(values.faults) == known:
        values.fault("url: found an empty text, wanted url, or url_env with the name of a variable")
    if url and read_url(url) is None:
        values.fault(
            "url: found another address (not shown), wanted https://HOST/PATH without a user or password;"
            " http:// is for a loopback address alone"
        )
        return ""
    return url


def _private_url(place: str, url: str, public: str) -> Iterator[PrivateValue]:
    """Give what is private of an address: nothing where it is the one that everybody uses."""
    if url != public:
        yield from private_in_url(place, url)


def _method(values: Values) -> str:
    method = values.raw("method")
    if method is None:
        return "POST"
    if not isinstance(method, str) or method.strip().upper() not in _METHODS:
        values.fault(f"method: found {NOT_SHOWN}, wanted POST or PUT")
        return "POST"
    return method.strip().upper()


def _headers(values: Values) -> dict[str, str]:
    raw = values.raw("headers")
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        values.fault("headers: found no object, wanted one by name")
        return {}
    headers: dict[str, str] = {}
    for name, value in raw.items():
        shown = name if isinstance(name, str) and _SHOWABLE.fullmatch(name) else "(a name that is not shown)"
        text = values.text_of(f"headers.{shown}", value, private_in_header)
        if str(name).lower() in headers:
            values.fault(f"headers.{shown}: found twice, wanted each header once")
        elif str(name).lower() in _OURS:
            values.fault(f"headers.{shown}: found a header that every request has of itself, wanted none such")
        elif not can_be_header(str(name), text):
            values.fault(f"headers.{shown}: found what no header can hold (not shown), wanted printable Latin-1")
        elif text:
            headers[str(name).lower()] = text
    return headers


def _let_in(values: Values, kind: EntryKind, headers: Mapping[str, str]) -> dict[str, str]:
    """Put together the headers that let us in, from all the ways to say them."""
    known = len(values.faults)
    authorization = values.secret("authorization", private_in_header)
    token, api_key = values.secret("token", _SECRET), values.secret("api_key", _SECRET)
    is_readable = len(values.faults) == known
    user = values.text("user", all_of(PrivateKind.PERSON))
    scheme = values.matching(
        "authorization_scheme",
        values.text_of("authorization_scheme", values.raw("authorization_scheme") or "", nothing),
        _SCHEME,
        "a word, as in Bearer",
    )
    name = values.text_of("api_key_header", values.raw("api_key_header") or kind.needs.api_key_header, nothing).lower()
    if values.has("authorization") and values.has("token"):
        values.fault("token: found it beside authorization, wanted one of the two")
    if user and not token and is_readable:
        values.fault("user: found it without a token, wanted the token that is its password")
    if user and scheme:
        values.fault("authorization_scheme: found it beside user, which is always Basic; wanted one of the two")
    let_in: dict[str, str] = {}
    if authorization or token:
        basic = base64.b64encode(f"{user}:{token}".encode()).decode()
        let_in["authorization"] = authorization or (
            f"Basic {basic}" if user else f"{scheme or kind.needs.scheme} {token}"
        )
    if api_key:
        let_in[name] = api_key
    for one, text in let_in.items():
        if not can_be_header(one, text):
            values.fault("authorization: found what no header can hold (not shown), wanted visible ASCII characters")
        if one in headers:
            values.fault("headers: found a header that another key gives, wanted each header once")
    is_let_in = let_in or any(one in headers for one in _ANSWERS_FOR_US)
    if kind.needs.authorisation and not is_let_in and is_readable:
        values.fault("authorization: found none, wanted authorization, token or api_key, or a variable for one of them")
    return let_in


def _hosts(values: Values) -> Iterator[str]:
    raw = values.raw("allowed_hosts")
    if raw is None:
        return
    if not isinstance(raw, list):
        values.fault("allowed_hosts: found no list, wanted HOST or HOST:PORT, each a text")
        return
    for place, one in enumerate(raw):
        host = values.text_of(f"allowed_hosts.{place}", one, _private_pin)
        if not read_pin(host):
            values.fault(f"allowed_hosts.{place}: found {NOT_SHOWN}, wanted HOST or HOST:PORT")
        else:
            yield host


def _private_pin(place: str, text: str) -> Iterator[PrivateValue]:
    yield from private_host(place, text)
    pin = read_pin(text)
    if pin:
        yield from private_host(place, pin.host)


def _own(values: Values, key: Key) -> str:
    private: Privates = all_of(key.private or PrivateKind.SECRET) if key.secret or key.private else nothing
    known = len(values.faults)
    text = values.secret(key.name, private) if key.secret else values.text(key.name, private)
    if not text and key.required and len(values.faults) == known:
        found = "an empty text" if values.has(key.name) else "none"
        values.fault(f"{key.name}: found {found}, wanted {key.wants}")
    return values.matching(key.name, text, key.pattern, key.wants) or key.default


def _ca_file(values: Values, settings: Settings) -> str:
    raw = values.raw("ca_file")
    path = values.text_of("ca_file", raw, nothing) if raw is not None else ""
    if not path:
        return ""
    resolved = str(settings.base_dir / path)
    try:
        ssl.create_default_context(cafile=resolved)
    except (OSError, ValueError):
        values.fault("ca_file: found certificate authorities that cannot be read, wanted a PEM file")
    return resolved
