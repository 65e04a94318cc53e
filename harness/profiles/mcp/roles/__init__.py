"""What the Model Context Protocol makes of code: which classes, calls and words are about it."""

from __future__ import annotations

from typing import Final

from extractor.languages.common.roles import CodeProfile
from extractor.model import ServiceRequest
from harness.profiles.mcp.roles.ecmascript import ECMASCRIPT
from harness.profiles.mcp.roles.go import GO
from harness.profiles.mcp.roles.python import PYTHON
from harness.profiles.mcp.roles.rust import FEATURES, RUST
from harness.profiles.mcp.roles.shared import may_be_endpoint

_WORDS: Final = ("mcp", "modelcontextprotocol")

_OF_MCP: Final = frozenset(
    {"starlette", "uvicorn", "pydantic", "pydantic-settings", "anyio", "httpx", "httpx-sse", "sse-starlette",
     "python-multipart", "jsonschema", "typing-extensions", "pyjwt", "click", "h11", "idna", "certifi", "httpx2",
     "mcp-types"}
)  # fmt: skip
"""What the Python SDK requires, directly or not, in one of its versions."""
_OF_SDK: Final = frozenset(
    {"express", "cors", "zod", "ajv", "hono", "@hono/node-server", "eventsource", "cross-spawn", "raw-body",
     "content-type", "express-rate-limit", "jose", "pkce-challenge", "zod-to-json-schema"}
)  # fmt: skip
"""What the TypeScript SDK requires: npm puts it beside the SDK."""

_SPAWNING: Final = frozenset(
    {"StdioClientTransport", "StdioServerParameters", "StdioTransport", "PythonStdioTransport", "NodeStdioTransport",
     "Client", "CommandTransport", "NewCommandTransport", "NewStdioMCPClient", "TokioChildProcess"}
)  # fmt: skip

CODE: Final = CodeProfile(
    rules={"python": PYTHON, "typescript": ECMASCRIPT, "javascript": ECMASCRIPT, "go": GO, "rust": RUST},
    words=_WORDS,
    listed_words=(*_WORDS, "jsonrpc"),
    host_configuration="mcpServers",
    spawning=_SPAWNING,
    scaffolds={
        "mcp-framework": "is a part of a project that `mcp create` makes, whose folders the page does not show",
        "agents/mcp": "needs the Cloudflare Workers runtime, which docprobe does not have",
        "xmcp": "is a part of a project that `create-xmcp-app` makes, whose folders the page does not show",
    },
    authorization=ServiceRequest(
        "authorization",
        "localhost",
        8080,
        {"realm": "master", "client_id": "mcp-server", "client_secret": "docprobe-client-secret"},
    ),
    may_be_endpoint=may_be_endpoint,
    protocol_headers=frozenset({"mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name", "last-event-id"}),
    local_modules=frozenset({"mcp_server"}),
    features=FEATURES,
    brought={
        "mcp": _OF_MCP,
        "fastmcp": _OF_MCP | {"mcp", "rich", "python-dotenv", "authlib", "cyclopts", "openapi-pydantic"},
        "fastapi": frozenset({"starlette", "pydantic", "typing-extensions", "anyio"}),
        "@modelcontextprotocol/sdk": _OF_SDK,
    },
    python_packages={
        # comes with fastmcp, which requires a certain version: the newest one may be too new for fastmcp
        "key_value": "fastmcp",
        "key_value.aio.stores.redis": "redis",
        "key_value.aio.stores.disk": "py-key-value-aio[disk]",
        "mcp.cli": "mcp[cli]",
        "httpx2": "httpx2",
        "mcp_types": "mcp-types",
    },
)
