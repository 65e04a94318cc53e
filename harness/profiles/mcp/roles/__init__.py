"""What the Model Context Protocol makes of code: which classes, calls and words are about it."""

from __future__ import annotations

from typing import Final

from extractor.languages.common.roles import CodeProfile
from extractor.model import ServiceRequest
from harness.profiles.mcp.roles.ecmascript import ECMASCRIPT
from harness.profiles.mcp.roles.go import GO
from harness.profiles.mcp.roles.java import JAVA
from harness.profiles.mcp.roles.kotlin import KOTLIN
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

_OF_JAVA: Final = frozenset(
    {"io.projectreactor:reactor-core", "org.slf4j:slf4j-api", "tools.jackson.core:jackson-databind"}
)
"""What the Java SDK requires."""
_OF_SPRING: Final = frozenset({*_OF_JAVA, "org.springframework.boot:spring-boot-starter"})
"""What the starters of Spring AI require."""
_OF_KOTLIN: Final = frozenset(
    {"org.jetbrains.kotlinx:kotlinx-serialization-json", "org.jetbrains.kotlinx:kotlinx-coroutines-core",
     "org.jetbrains.kotlinx:kotlinx-io-core", "io.ktor:ktor-client-core", "io.ktor:ktor-server-core"}
)  # fmt: skip
"""What the Kotlin SDK requires."""

_SPAWNING: Final = frozenset(
    {"StdioClientTransport", "StdioServerParameters", "StdioTransport", "PythonStdioTransport", "NodeStdioTransport",
     "Client", "CommandTransport", "NewCommandTransport", "NewStdioMCPClient", "NewStdioClientTransport",
     "TokioChildProcess"}
)  # fmt: skip

CODE: Final = CodeProfile(
    rules={
        "python": PYTHON,
        "typescript": ECMASCRIPT,
        "javascript": ECMASCRIPT,
        "go": GO,
        "rust": RUST,
        "java": JAVA,
        "kotlin": KOTLIN,
    },
    words=_WORDS,
    listed_words=(*_WORDS, "jsonrpc"),
    host_configuration="mcpServers",
    spawning=_SPAWNING,
    scaffolds={
        "mcp-framework": "is a part of a project that `mcp create` makes, whose folders the page does not show",
        "agents/mcp": "needs the runtime Cloudflare Workers, which docprobe does not support",
        "xmcp": "is a part of a project that `create-xmcp-app` makes, whose folders the page does not show",
    },
    authorization=ServiceRequest(
        "authorization",
        "localhost",
        8080,
        {"realm": "master", "client_id": "mcp-server", "client_secret": "docprobe-client-secret"},
    ),
    may_be_endpoint=may_be_endpoint,
    # the MCP Inspector's page and its proxy (its README, "Running the Inspector")
    tool_ports=frozenset({6274, 6277}),
    protocol_headers=frozenset({"mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name", "last-event-id"}),
    local_modules=frozenset({"mcp_server"}),
    features=FEATURES,
    brought={
        "mcp": _OF_MCP,
        "fastmcp": _OF_MCP | {"mcp", "rich", "python-dotenv", "authlib", "cyclopts", "openapi-pydantic"},
        "fastapi": frozenset({"starlette", "pydantic", "typing-extensions", "anyio"}),
        "@modelcontextprotocol/sdk": _OF_SDK,
        "io.modelcontextprotocol.sdk:mcp": _OF_JAVA,
        "org.springframework.ai:spring-ai-starter-mcp-server": _OF_SPRING,
        "org.springframework.ai:spring-ai-starter-mcp-server-webmvc": _OF_SPRING,
        "org.springframework.ai:spring-ai-starter-mcp-server-webflux": _OF_SPRING,
        "org.springframework.ai:spring-ai-starter-mcp-client": _OF_SPRING,
        "io.modelcontextprotocol:kotlin-sdk": _OF_KOTLIN,
        "io.modelcontextprotocol:kotlin-sdk-server": _OF_KOTLIN,
        "io.modelcontextprotocol:kotlin-sdk-client": _OF_KOTLIN,
    },
    jvm_packages={
        "io.modelcontextprotocol": "io.modelcontextprotocol.sdk:mcp",
        "io.modelcontextprotocol.kotlin": "io.modelcontextprotocol:kotlin-sdk",
        "org.springframework.ai": "org.springframework.ai:spring-ai-starter-mcp-server",
        "org.springframework.boot": "org.springframework.boot:spring-boot-starter",
        "org.springframework.web": "org.springframework:spring-web",
        "org.springaicommunity.mcp": "org.springaicommunity:mcp-annotations",
        "org.eclipse.jetty.ee10.servlet": "org.eclipse.jetty.ee10:jetty-ee10-servlet",
        "org.eclipse.jetty.server": "org.eclipse.jetty:jetty-server",
        "org.apache.catalina": "org.apache.tomcat.embed:tomcat-embed-core",
        "com.fasterxml.jackson.databind": "com.fasterxml.jackson.core:jackson-databind",
        "tools.jackson.databind": "tools.jackson.core:jackson-databind",
        "reactor.core": "io.projectreactor:reactor-core",
        "org.slf4j": "org.slf4j:slf4j-api",
        "io.ktor.server": "io.ktor:ktor-server-core",
        "io.ktor.server.cio": "io.ktor:ktor-server-cio",
        "io.ktor.server.netty": "io.ktor:ktor-server-netty",
        "io.ktor.client": "io.ktor:ktor-client-core",
        "io.ktor.client.engine.cio": "io.ktor:ktor-client-cio",
        "kotlinx.coroutines": "org.jetbrains.kotlinx:kotlinx-coroutines-core",
        "kotlinx.serialization.json": "org.jetbrains.kotlinx:kotlinx-serialization-json",
        "kotlinx.io": "org.jetbrains.kotlinx:kotlinx-io-core",
    },
    python_packages={
        # comes with fastmcp, which requires a certain version: the newest one may be too new for fastmcp
        "key_value": "fastmcp",
        "key_value.aio.stores.redis": "redis",
        "key_value.aio.stores.disk": "py-key-value-aio[disk]",
        "mcp.cli": "mcp[cli]",
        "gradio": "gradio[mcp]",
        "httpx2": "httpx2",
        "mcp_types": "mcp-types",
    },
)
