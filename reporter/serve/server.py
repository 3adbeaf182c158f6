"""Running the server: uvicorn on one address, in this process, until it is asked to end."""

import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from reporter.deliver.private_sources import private_in_settings
from reporter.deliver.private_values import PrivateValues
from reporter.errors import UsageFault, places_of
from reporter.jobs.guards import proved_guard
from reporter.serve.app import Service, make_app
from reporter.serve.door import MOST_HEAD_BYTES
from reporter.serve.origins import is_loopback
from reporter.serve.problems import Teller
from reporter.serve.protocol import Doorman, limited_protocol
from reporter.serve.tokens import read_tokens
from reporter.settings_model import ServeSettings, Settings

KEEP_ALIVE_SECONDS: Final = 5
BACKLOG: Final = 128
SWITCH_SECONDS: Final = 0.001
"""How long a thread that makes an answer may keep the others waiting."""

Tell = Callable[[str], None]


class Server(uvicorn.Server):
    """uvicorn, that says where it listens once it does."""

    def __init__(self, settings: Settings, tell: Tell, started: Tell) -> None:
        """Make everything that can be wrong first. Raise UsageFault with every fault."""
        refuse_settings(settings)
        tokens = read_tokens(settings)
        self.service = Service(settings, Teller(_finder(settings)), tell)
        self._tell_started = started
        _log_to(tell)
        super().__init__(
            uvicorn.Config(
                make_app(settings, tokens, self.service),
                http=limited_protocol(Doorman(settings.serve)),
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                h11_max_incomplete_event_size=MOST_HEAD_BYTES,
            )
        )
        self._socket = _listen(settings.serve)

    def serve_until_asked(self) -> None:
        """Serve until SIGTERM or SIGINT; what is being written is finished first."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            self.run([self._socket])
        finally:
            sys.setswitchinterval(before)
            self._socket.close()
            self.service.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say where."""
        await super().startup(sockets)
        host, port, *_ = self._socket.getsockname()
        self._tell_started(f"http://{f'[{host}]' if ':' in host else host}:{port}")

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take a signal as the wish to end, and end as wished: uvicorn would send it again at its end."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def refuse_settings(settings: Settings) -> None:
    """Raise UsageFault where the settings name no environment, or an address that other machines reach unasked."""
    faults = []
    if not settings.environments:
        faults.append("environments: found none, wanted one to ask for; `reporter init DIR` writes settings")
    if not is_loopback(settings.serve.host) and not settings.serve.allow_remote:
        faults.append(
            "serve.host: found an address that other machines reach, wanted one of loopback, or serve.allow_remote ="
            " true and TLS in front of it"
        )
    if faults:
        raise UsageFault(*faults)


def _listen(serve: ServeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in serve.host else socket.AF_INET
    try:
        listening = socket.create_server((serve.host, serve.port), family=family, backlog=BACKLOG)
    except OSError as error:
        fault = f"serve.port: port {serve.port} of serve.host cannot be listened at: {error.strerror}; choose another"
        raise UsageFault(fault) from None
    # Head and body go out one after the other: the second would wait for the caller's word about the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class _Teller(logging.Handler):
    """Tells of errors by their places alone: their texts may hold what no log should."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of one."""
        error = record.exc_info[1] if record.exc_info else None
        self._tell("\n".join(places_of(error)) if error else "an error of the server: please report it")


def _log_to(tell: Tell) -> None:
    log = logging.getLogger("uvicorn")
    log.handlers = [_Teller(tell)]
    log.propagate = False


def _finder(settings: Settings) -> Callable[[str], bool]:
    private = proved_guard(settings).private | PrivateValues(private_in_settings(settings))
    return lambda text: bool(private.find(text.encode(errors="replace")))
