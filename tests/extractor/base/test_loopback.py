from __future__ import annotations

import re

import pytest

from extractor.base.loopback import URL_HOST, is_local, is_loopback, is_loopback_name, loopback_for


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "keycloak.localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"]
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    assert is_local(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]"])
def test_wildcards_are_reached_and_are_not_loopback(host: str) -> None:
    assert is_local(host)
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "example.com", "localhost.example.com", "notlocalhost", "10.0.0.1", "127.0.0.1.example.com", "::2"]
)
def test_elsewhere(host: str) -> None:
    assert not is_local(host)


def test_names_are_told_from_addresses() -> None:
    assert is_loopback_name("localhost")
    assert not is_loopback_name("127.0.0.1")


def test_spellings_in_urls_are_loopback() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert re.fullmatch(URL_HOST, host)
        assert is_loopback(host)


@pytest.mark.parametrize(
    ("bound", "reached"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("10.0.0.7", "10.0.0.7")],
)
def test_the_address_that_reaches_a_bind(bound: str, reached: str) -> None:
    assert loopback_for(bound) == reached


def test_an_ipv4_address_in_the_form_of_ipv6() -> None:
    """As a JVM binds it."""
    assert is_loopback("::ffff:127.0.0.1")
    assert is_local("[::ffff:0.0.0.0]")
    assert not is_loopback("::ffff:0.0.0.0")
    assert not is_local("::ffff:10.0.0.1")
