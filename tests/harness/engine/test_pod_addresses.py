"""Which addresses in a pod a host name means."""

from __future__ import annotations

import pytest

from harness.engine.pod_addresses import addresses_of
from harness.model import ListeningSocket

SERVICES = frozenset({"auth.example.com"})


@pytest.mark.parametrize(
    ("listening", "best"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "::1"), ("::", "::1"), (None, "::1")],
)
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "auth.example.com"])
def test_names_of_the_pod_are_the_loopback_address_that_has_a_listener(
    host: str, listening: str | None, best: str
) -> None:
    sockets = [ListeningSocket("127.0.0.1", 1), *([ListeningSocket(listening, 3000)] if listening else [])]
    found = addresses_of(host, 3000, sockets, SERVICES)
    assert found[0] == best
    assert sorted(found) == ["127.0.0.1", "::1"]


@pytest.mark.parametrize(("host", "address"), [("10.0.0.7", "10.0.0.7"), ("[::2]", "::2")])
def test_an_address_is_itself(host: str, address: str) -> None:
    assert addresses_of(host, 3000, (), SERVICES) == [address]


def test_any_other_name_is_refused() -> None:
    with pytest.raises(OSError, match=r"example\.com does not refer to this pod"):
        addresses_of("example.com", 3000, (), SERVICES)
