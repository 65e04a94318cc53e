"""Servers that answer to certain names only are called by one of them."""

from __future__ import annotations

from harness.model import ListeningSocket
from harness.profiles.mcp.probes.endpoint import places

SOCKETS = (ListeningSocket("127.0.0.1", 8000),)


def test_localhost_with_its_port_unless_the_code_names_hosts() -> None:
    assert {place.authority for place in places(SOCKETS, ("/mcp",), ())} == {"localhost:8000"}


def test_the_first_name_that_the_code_allows() -> None:
    hosts = ("tools.example.com", "tools.example.com:*")
    assert {place.authority for place in places(SOCKETS, ("/mcp",), (), hosts)} == {"tools.example.com"}
    assert {place.authority for place in places(SOCKETS, ("/mcp",), (), hosts[1:])} == {"tools.example.com:8000"}
    assert next(places(SOCKETS, ("/mcp",), (), hosts)).url == "http://127.0.0.1:8000/mcp"
