"""No private value of any connector configuration comes out: not by a payload, a log, an error or an exit."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliver.drawn_configs import DrawnConfig, configs
from deliver.messages import AT, message
from reporter.cli import answer
from reporter.deliver.canary import DISGUISES
from reporter.deliver.config import LoadedConnectors, load_connectors
from reporter.deliver.connector import Connector
from reporter.deliver.connectors.registry import CONNECTORS
from reporter.deliver.guard import guard_files, guard_payload
from reporter.deliver.http import Http
from reporter.errors import NotPublicSafe
from reporter.jobs.guards import Guard

MESSAGE = message()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leaks")


@pytest.fixture(scope="module")
def log() -> Iterator[StringIO]:
    """Keep every line that anything logs."""
    stream = StringIO()
    handler, root = logging.StreamHandler(stream), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def told(loaded: LoadedConnectors) -> Iterator[str]:
    """Give everything that the configuration says of itself."""
    yield from (repr(loaded), repr(loaded.private), *loaded.remarks)
    yield from (text for fault in loaded.faults for text in (str(fault), repr(fault)))
    yield from (text for config in loaded.connectors.values() for text in (repr(config), repr(config.told)))


def sent(loaded: LoadedConnectors) -> Iterator[bytes]:
    """Write and guard a message for every connector, and give it with what comes of sending where no host may be asked.

    Mail has no address that could be kept from being asked.
    """
    for provider, config in loaded.connectors.items():
        if provider in CONNECTORS and provider != "email":
            connector = CONNECTORS[provider](config.told)
            payload = connector.payload(MESSAGE, AT)
            assert guard_payload(payload, loaded.private) == ()
            yield from (payload, repr(connector).encode(), asyncio.run(_tried(connector)))


async def _tried(connector: Connector) -> bytes:
    async with Http([]) as http:
        receipts = [
            await connector.send(MESSAGE, AT, http),
            await connector.find(MESSAGE, http),
            await connector.probe(http),
        ]
    return repr(receipts).encode()


@given(configs())
def test_nothing_that_is_told_sent_or_logged_holds_a_private_value(
    directory: Path, log: StringIO, config: DrawnConfig
) -> None:
    log.seek(0)
    log.truncate()
    with config.written(directory) as settings:
        loaded = load_connectors(settings)
        out = [*(text.encode() for text in told(loaded)), *sent(loaded)]
        printed = StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            code = answer(["settings", "check", "--settings", settings.file])
    assert code == (2 if loaded.faults else 0)
    out += [printed.getvalue().encode(), log.getvalue().encode()]
    drawn = config.searcher()
    assert [one for one in out if drawn.find(one)] == []


@given(configs().filter(lambda config: config.private), st.data())
def test_whatever_is_configured_is_found_before_it_is_sealed_or_sent(
    directory: Path, config: DrawnConfig, data: st.DataObject
) -> None:
    with config.written(directory) as settings:
        loaded = load_connectors(settings)
        if not loaded.is_read:
            return
        guard = Guard(loaded.private)
    text, name = data.draw(st.sampled_from(config.private)), data.draw(st.sampled_from(sorted(DISGUISES)))
    hidden = DISGUISES[name](text)
    carrier = hidden if name == "pdf_stream" else b'{"note": "' + hidden + b'"}'
    with pytest.raises(NotPublicSafe) as caught:
        guard_files({"readiness.json": carrier}, guard.private)
    assert guard_payload(carrier, guard.private)
    results = guard.results_for("pilot", {"readiness.json": b'{"status": "ready"}'}, {"inputs": []})
    assert results["hits"] == 0
    drawn = config.searcher()
    assert not drawn.find(str(caught.value).encode())
    assert not drawn.find(json.dumps(results).encode())
