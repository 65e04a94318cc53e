"""What the Model Context Protocol calls serving, what helps a server that does not, and how a client begins."""

from __future__ import annotations

import json
import re
from typing import Final

from harness.model import StartOutcome
from harness.rule import Serving

_NO_PATH: Final = re.compile(r"no path answers an initialize \(POST [^:]*: (?:404|405|redirect|3\d\d)")
_SECOND: Final = re.compile(r"(notifications/initialized|ping|tools/list) is answered [45]\d\d")
_CONNECTED: Final = re.compile(r"\balready (?:connected|initialized)\b", re.IGNORECASE)


def fix_for(sentence: str) -> str:
    """Return what helps against a failure of the opening exchange, as the probe describes it; empty if unknown."""
    if _NO_PATH.search(sentence):
        return "Serve the endpoint at the path that the page states, or state the path that it is served at."
    if _CONNECTED.search(sentence):
        return (
            "Make a new server, with its transport, for each client: a connected server accepts no second connection."
        )
    if second := _SECOND.search(sentence):
        return (
            f"Serve `{second[1]}` after initialize: a client repeats the Mcp-Session-Id that it was given, and nothing "
            "else, so no cookie and no header of the server's own."
        )
    return ""


SERVING: Final = Serving(
    title="The example starts and its first exchange succeeds",
    does="it starts and answers initialize",
    fails="it starts but does not answer a correct initialize",
    client_does="it starts and converses with its server",
    client_fails="it starts but does not begin a conversation with its server",
    outcome=StartOutcome.NO_INITIALIZE,
    fix_for=fix_for,
)

OPENING_HEADERS: Final = (
    ("Content-Type", "application/json"),
    ("Accept", "application/json, text/event-stream"),
)
OPENING_BODY: Final = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "curl", "version": "1"},
        },
    },
    separators=(",", ":"),
)
"""An initialize, to try a server by hand."""
