"""Addresses that may be asked, and the entries of allow-lists that let them through."""

import pytest

from reporter.deliver.addresses import Origin, pin_of, read_pin


@pytest.mark.parametrize(
    ("url", "pin"),
    [
        ("https://Hooks.Example.org/a?b", "hooks.example.org:443"),
        ("https://hooks.example.org:8443", "hooks.example.org:8443"),
        ("https://[2001:DB8::1]/", "[2001:db8::1]:443"),
        ("https://bücher.example.org", "xn--bcher-kva.example.org:443"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]", "[::1]:80"),
        ("http://hooks.example.org", ""),
        ("https://u@hooks.example.org", ""),
        ("nonsense", ""),
    ],
)
def test_pin_of_an_address_lets_it_through(url: str, pin: str) -> None:
    assert pin_of(url) == pin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("hooks.example.org", Origin("hooks.example.org", 443)),
        ("HOOKS.example.org:8443", Origin("hooks.example.org", 8443)),
        ("[::1]:9", Origin("::1", 9)),
        ("", None),
        ("*", None),
        ("*.example.org", None),
        ("a/b", None),
        ("u@a", None),
        (" a", None),
        ("a:0", None),
        ("a:b", None),
        ("https://a", None),
    ],
)
def test_pin_is_one_host_and_port(text: str, origin: Origin | None) -> None:
    assert read_pin(text) == origin


def test_origin_prints_no_address() -> None:
    assert "example" not in f"{Origin('hooks.example.org', 443)!r}"
