"""What goes wrong on the wire: one function each, given the exchange that it spoils."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from deliver.vendors.server import Answer, Exchange, Misbehaviour, answer_text

LOGIN_PAGE = "<!doctype html><title>Sign in</title><form action='/login' method='post'>Please sign in</form>"
REDIRECT_TARGET = "/elsewhere"


def say_nothing(exchange: Exchange) -> None:
    """Do what was asked, and never answer."""
    exchange.answer()
    exchange.wait(30)
    exchange.hang_up()


def drip(exchange: Exchange) -> None:
    """Do what was asked, and answer a byte at a time, each within any limit for one read."""
    answer = exchange.answer()
    exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(answer.body) + 1_000))
    exchange.hang_up()
    for _ in range(1_000):
        exchange.write(b" ")
        exchange.flush()
        if exchange.wait(0.02):
            return


def cut(exchange: Exchange) -> None:
    """Do what was asked, and close the connection in the middle of the answer."""
    answer = exchange.answer()
    exchange.write(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n" % answer.status)
    exchange.write(b"Content-Length: %d\r\n\r\n%b" % (len(answer.body) + 100, answer.body[:-1]))
    exchange.hang_up()


def hang_up(exchange: Exchange) -> None:
    """Do what was asked, and close the connection without a word."""
    exchange.answer()
    exchange.hang_up()


def answer_endlessly(exchange: Exchange) -> None:
    """Do what was asked, and answer with 10 MB."""
    answer = exchange.answer()
    exchange.send(Answer(answer.status, b" " * 10_000_000, {"Content-Type": "application/json"}))
    exchange.hang_up()


def redirect(exchange: Exchange) -> None:
    """Do nothing, and point elsewhere."""
    exchange.send(Answer(307, headers={"Location": exchange.asked.base + REDIRECT_TARGET}))


def show_a_login_page(exchange: Exchange) -> None:
    """Do nothing, and answer 200 with a page for people, as a proxy does that wants a session."""
    exchange.send(answer_text(200, LOGIN_PAGE, "text/html"))


def store_and_answer(answer: Answer) -> Misbehaviour:
    """Do what was asked, and answer something else: a gateway that lost the answer."""

    def misbehave(exchange: Exchange) -> None:
        exchange.answer()
        exchange.send(answer)

    return misbehave


def refuse_with(answer: Answer) -> Misbehaviour:
    """Do nothing of what was asked, and answer this."""

    def misbehave(exchange: Exchange) -> None:
        exchange.send(answer)

    return misbehave


def unused_port() -> int:
    """Find a port of loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def deaf_port() -> Iterator[int]:
    """Listen, and never take what comes: the handshake hangs, so that no request can have arrived."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield listener.getsockname()[1]
