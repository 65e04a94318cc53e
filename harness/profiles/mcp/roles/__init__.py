"""What the Model Context Protocol makes of code: which classes, calls and words are about it."""

from __future__ import annotations

from typing import Final

from extractor.languages.common.roles import CodeProfile
from extractor.model import ServiceRequest
from harness.profiles.mcp.roles.ecmascript import ECMASCRIPT
from harness.profiles.mcp.roles.python import PYTHON
from harness.profiles.mcp.roles.shared import may_be_endpoint

_WORDS: Final = ("mcp", "modelcontextprotocol")

CODE: Final = CodeProfile(
    rules={"python": PYTHON, "typescript": ECMASCRIPT, "javascript": ECMASCRIPT},
    words=_WORDS,
    listed_words=(*_WORDS, "jsonrpc"),
    host_configuration="mcpServers",
    spawning=frozenset({"StdioClientTransport", "StdioServerParameters", "stdio_client", "StdioTransport"}),
    scaffolds={
        "mcp-framework": "is a part of a project that `mcp create` makes, whose folders the page does not show",
        "xmcp": "is a part of a project that `create-xmcp-app` makes, whose folders the page does not show",
    },
    authorization=ServiceRequest(
        "authorization",
        "localhost",
        8080,
        {"realm": "master", "client_id": "mcp-server", "client_secret": "docprobe-client-secret"},
    ),
    may_be_endpoint=may_be_endpoint,
    protocol_headers=frozenset(
        {"mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name", "last-event-id"}
    ),
    local_modules=frozenset({"mcp_server"}),
    python_packages={
        # comes with fastmcp, which requires a certain version: the newest one may be too new for fastmcp
        "key_value": "fastmcp",
        "key_value.aio.stores.redis": "redis",
        "key_value.aio.stores.disk": "py-key-value-aio[disk]",
        "mcp.cli": "mcp[cli]",
    },
)
