"""Exchanges as a page prints them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from extractor.model import Block, InfoString, Placement, Span
from harness.profiles.mcp.printed_exchanges import printed_exchanges
from tests.support.verdicts import NEWEST

if TYPE_CHECKING:
    from harness.model import Transcript

INITIALIZE = """\
    POST /mcp HTTP/1.1
    Host: localhost:3000
    Accept: application/json, text/event-stream

    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}

    HTTP/1.1 200 OK
    Mcp-Session-Id: 1868a90c...

"""
LATER = """\
    POST /mcp HTTP/1.1
    Host: localhost:3000
    Accept: application/json, text/event-stream
    Mcp-Session-Id: 1868a90c-5f3e-4c0c
    MCP-Protocol-Version: 2025-11-25

    {"jsonrpc": "2.0", "method": "notifications/initialized"}

    HTTP/1.1 202 Accepted

"""
ENDED = """\
    DELETE /mcp HTTP/1.1
    Host: localhost:3000
    Mcp-Session-Id: 1868a90c...
    MCP-Protocol-Version: 2025-11-25

    HTTP/1.1 204 No Content

    POST /mcp HTTP/1.1
    Host: localhost:3000
    Mcp-Session-Id: 1868a90c...
    MCP-Protocol-Version: 2025-11-25

    {"jsonrpc": "2.0", "id": 3, "method": "tools/list"}

    HTTP/1.1 404 Not Found

"""
RIGHT = INITIALIZE + LATER + ENDED


def transcript_of_page(text: str, revision: str = NEWEST) -> Transcript:
    """What a page with one http fence prints."""
    fence = textwrap.dedent(text)
    block = Block(Span("p.mdx", 1, 99), InfoString("http", "http"), fence, "", Placement(), 0, revision=revision)
    printed = printed_exchanges([block], "p.mdx")
    assert printed is not None
    return printed.transcript
