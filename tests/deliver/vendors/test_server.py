"""The server that plays vendors is itself true to HTTP: whole requests, mounts apart, connections kept."""

import ssl
import threading
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest

from deliver.vendors.misbehaviour import cut, deaf_port, drip, hang_up, say_nothing, unused_port
from deliver.vendors.server import (
    Answer,
    Asked,
    Authorities,
    Exchange,
    Mount,
    Vendor,
    VendorServer,
    answer_json,
    behave,
)

Play = Callable[[Vendor], Mount]


class Echo:
    """Answers what it was asked."""

    def answer(self, asked: Asked) -> Answer:
        return answer_json(200, [asked.method, asked.path, dict(asked.query), asked.body.decode(), asked.media_type])


@pytest.fixture
def client(authorities: Authorities) -> Iterator[httpx.Client]:
    with httpx.Client(verify=ssl.create_default_context(cafile=authorities.ca_file), timeout=30) as client:
        yield client


@pytest.fixture
def hasty(client: httpx.Client) -> httpx.Client:
    client.timeout = httpx.Timeout(30, connect=0.5, read=0.5)
    return client


def test_request_reaches_its_vendor_whole(play: Play, client: httpx.Client) -> None:
    mount = play(Echo())
    answer = client.post(mount.url("/a%20b?x=1&y="), content=b"{}", headers={"Content-Type": "application/json"})
    assert answer.json() == ["POST", "/a b", {"x": "1", "y": ""}, "{}", "application/json"]
    assert mount.seen[0].json() == {}
    assert mount.seen[0].base == mount.base


def test_two_mounts_know_nothing_of_each_other(play: Play, client: httpx.Client) -> None:
    one, other = play(Echo()), play(Echo())
    client.get(one.url("/"))
    assert (len(one.seen), len(other.seen)) == (1, 0)


def test_address_that_is_not_mounted_is_not_found(play: Play, client: httpx.Client) -> None:
    assert client.get(play(Echo()).base + "9/").status_code == 404


def test_body_without_a_length_is_refused(play: Play, client: httpx.Client) -> None:
    assert client.post(play(Echo()).url("/"), content=iter([b"1"])).status_code == 411


@pytest.mark.parametrize("misbehaviour", [cut, hang_up])
def test_cut_connection_is_seen_as_such(misbehaviour: Callable[..., None], play: Play, client: httpx.Client) -> None:
    mount = play(Echo())
    mount.next.append(misbehaviour)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(mount.url("/"))
    assert client.get(mount.url("/")).status_code == 200


def test_silence_ends_with_its_test(vendor_server: VendorServer, hasty: httpx.Client) -> None:
    before = threading.active_count()
    with vendor_server.mounted(Echo()) as mount:
        mount.always = say_nothing
        with pytest.raises(httpx.ReadTimeout):
            hasty.get(mount.url("/"))
    for thread in threading.enumerate():
        if thread.name.endswith("(process_request_thread)"):
            thread.join(30)
    assert threading.active_count() <= before


def test_drip_outlasts_a_limit_for_each_read(play: Play, client: httpx.Client) -> None:
    mount = play(Echo())
    mount.always = drip
    with client.stream("GET", mount.url("/")) as answer:
        chunks = answer.iter_raw(1)
        assert [next(chunks) for _ in range(20)] == [b" "] * 20


def test_nobody_answers_at_an_unused_or_a_deaf_port(hasty: httpx.Client) -> None:
    with pytest.raises(httpx.ConnectError):
        hasty.get(f"https://localhost:{unused_port()}/")
    with deaf_port() as port, pytest.raises(httpx.ConnectTimeout):
        hasty.get(f"https://localhost:{port}/")


def test_certificate_of_an_unknown_authority_is_not_trusted(
    untrusted_server: VendorServer, client: httpx.Client
) -> None:
    with untrusted_server.mounted(Echo()) as mount, pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
        client.get(mount.url("/"))


def test_many_connections_are_served_at_once(play: Play, client: httpx.Client) -> None:
    mount = play(Echo())
    gate = threading.Barrier(8, timeout=30)

    def together(exchange: Exchange) -> None:
        gate.wait()
        behave(exchange)

    mount.always = together
    threads = [threading.Thread(target=partial(client.get, mount.url("/"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mount.seen) == 8
    assert not gate.broken
