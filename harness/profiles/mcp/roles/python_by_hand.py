"""Python programs that write MCP's messages themselves: over a web framework, over stdio, or to ask a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.roles import Role, Start
from extractor.languages.python.web import imports_http_client, serving
from extractor.model import ExampleKind
from harness.profiles.mcp.roles.by_hand import speaks_by_hand
from harness.profiles.mcp.roles.shared import ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Call, CodeFacts

_OPENS: Final = "initialize"
_ASKED: Final = "clientInfo"
_ANSWERED: Final = "serverInfo"
"""What opens an MCP conversation, and what answers it."""
_CONVERSATION: Final = frozenset({_OPENS, "protocolVersion", _ANSWERED})
"""Words that no other protocol's server has together."""


def hand_written(files: Sequence[CodeFacts], start: Start) -> Role | None:
    """Return the role of a server that answers JSON-RPC itself, or has a route called as MCP's is; None for other code.

    One that writes ``clientInfo`` and never ``serverInfo`` asks; what it serves is a page to sign in.
    """
    texts = {text.value for code in files for text in code.texts}
    answers = writes_json_rpc(files)
    if not (answers or ENDPOINT in texts) or (_ASKED in texts and _ANSWERED not in texts):
        return None
    server = serving(files)
    if answers and (server is None or server.call is None) and (reading := _reading(files)):
        inside = reading.function is not None
        start = start if inside else Start.RUN
        why = "serves stdio in a function that nothing calls"
        kind = ExampleKind.STDIO_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, True, reading.line, why=why)
    if server is None or (server.call is None and not answers):
        return None
    kind, line = ExampleKind.HTTP_SERVER, server.call.line if server.call else 1
    if server.application:
        return Role(kind, Start.APP, True, line, server.application.target)
    if server.started and server.call:
        start = Start.RUN if server.call.function is None else start
        return Role(kind, start, True, line, why="starts a server in a function that nothing calls")
    made = f"uses `{server.call.last}`" if server.call else "answers requests"
    handle = server.call.target if server.call and server.call.function is None else None
    return Role(kind, Start.NONE, True, line, handle, why=f"{made}, but nothing in it starts a server")


def _reading(files: Sequence[CodeFacts]) -> Call | None:
    """The use of the standard input in a program that has the words of an MCP conversation."""
    return next((use for code in files for use in code.reads), None) if any(map(speaks_by_hand, files)) else None


def writes_json_rpc(files: Sequence[CodeFacts]) -> bool:
    """Return whether the code writes JSON-RPC messages itself, even if it forgets to call them so."""
    texts = {text.value for code in files for text in code.texts}
    written = texts >= _CONVERSATION or any(text == "jsonrpc" or '"jsonrpc"' in text for text in texts)
    return written or any("jsonrpc" in call.keywords for code in files for call in code.calls)


def writes_requests(files: Sequence[CodeFacts]) -> bool:
    """Return whether the code opens an MCP conversation over an HTTP library of its own choice."""
    texts = {text.value for code in files for text in code.texts}
    written = _OPENS in texts and bool({"jsonrpc", _ASKED} & texts)
    return written and any(imports_http_client(code) for code in files)
