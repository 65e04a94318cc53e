"""Origin is checked by the SDK's own option, and no other byte of the program changes."""

from __future__ import annotations

import pytest

from extractor.languages.registry import syntax_tree
from extractor.model import ExampleKind, Level
from harness.model import Basis, Finding, Transcript, Verdict
from harness.profiles.mcp.rules.origin_options import check_origin

FINDING = Finding(
    requirement="http.origin-validate", level=Level.MUST, basis=Basis.TEXT, verdict=Verdict.VIOLATED, revision="",
    summary="", evidence=(1,),
)  # fmt: skip
TRANSCRIPT = Transcript("x", ExampleKind.HTTP_SERVER, (), endpoint="http://localhost:8000/mcp")


def edited(path: str, text: str, transcript: Transcript = TRANSCRIPT) -> str:
    root = syntax_tree(path, text)
    assert root is not None
    data = text.encode()
    for edit in sorted(check_origin(root, FINDING, transcript), key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new.encode() + data[edit.end :]
    after = syntax_tree(path, data.decode())
    assert after is not None
    assert not after.has_error
    return data.decode()


ALLOWED = 'allowedOrigins: ["http://localhost:8000", "http://127.0.0.1:8000"]'
INLINE = """\
app.post("/mcp", async (req, res) => {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(), // é
    onsessioninitialized: (id) => {
      transports[id] = transport;
    },
  });
  await server.connect(transport);
});
"""
NAMED = "function open() {\n  return new sdk.StreamableHTTPServerTransport({ sessionIdGenerator: undefined });\n}\n"
SWITCH = """\
switch (req.method) {
  case 'POST':
    return handle(new WebStandardStreamableHTTPServerTransport(), req);
}
"""


def test_options_in_lines_of_their_own_get_lines() -> None:
    after = edited("server.ts", INLINE)
    assert after == INLINE.replace(
        "Transport({\n", f"Transport({{\n    enableDnsRebindingProtection: true,\n    {ALLOWED},\n"
    )


def test_options_in_one_line_stay_in_it() -> None:
    after = edited("server.mjs", NAMED)
    assert after == NAMED.replace("({ session", f"({{ enableDnsRebindingProtection: true, {ALLOWED}, session")


@pytest.mark.parametrize("given", ["", "{}"])
def test_a_transport_without_options_gets_some(given: str) -> None:
    text = SWITCH.replace("Transport()", f"Transport({given})")
    allowed = ALLOWED.replace('"', "'")
    assert edited("server.js", text) == SWITCH.replace(
        "Transport()", f"Transport({{ enableDnsRebindingProtection: true, {allowed} }})"
    )


def test_what_is_there_stays_and_what_is_off_is_switched_on() -> None:
    text = NAMED.replace("{ session", "{ enableDnsRebindingProtection: false, allowedOrigins: mine, session")
    assert edited("server.mjs", text) == text.replace("false", "true")
    right = text.replace("false", "true")
    assert edited("server.mjs", right) == right


PROTECTED = (
    "TransportSecuritySettings(enable_dns_rebinding_protection=True, "
    'allowed_hosts=["localhost:8000", "127.0.0.1:8000"], '
    'allowed_origins=["http://localhost:8000", "http://127.0.0.1:8000"])'
)
IN_LINES = """TransportSecuritySettings(
    enable_dns_rebinding_protection=True,
    allowed_hosts=["localhost:8000", "127.0.0.1:8000"],
    allowed_origins=["http://localhost:8000", "http://127.0.0.1:8000"],
)"""
DEEPER = IN_LINES.replace("\n", "\n    ")
IMPORT = "from mcp.server.transport_security import TransportSecuritySettings\n"
FASTMCP = """\
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("x", host="0.0.0.0")


@mcp.tool()
def add(a: int, b: int) -> int:
    return a + b
"""
STARLETTE = """\
import contextlib

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

manager = StreamableHTTPSessionManager(
    app=server,
    json_response=True,
)
"""
NEWER = """\
from mcp.server import MCPServer

box = MCPServer("box")

if __name__ == "__main__":
    box.run(transport="streamable-http", port=8000)
"""


def test_fastmcp_takes_the_settings_where_it_is_made() -> None:
    after = edited("server.py", FASTMCP)
    first, rest = FASTMCP.split("\n", 1)
    assert after == f"{first}\n{IMPORT}" + rest.replace('"0.0.0.0")', f'"0.0.0.0", transport_security={IN_LINES})')
    assert max(map(len, after.splitlines())) <= 80, "a page shows it without scrolling"


def test_a_session_manager_takes_them_by_another_name() -> None:
    last = "import StreamableHTTPSessionManager\n"
    after = edited("server.py", STARLETTE)
    assert after == STARLETTE.replace(last, last + IMPORT).replace(
        "json_response=True,\n", f"json_response=True,\n    security_settings={DEEPER},\n"
    )


def test_the_newer_server_takes_them_where_it_is_run() -> None:
    after = edited("server.py", NEWER)
    first, rest = NEWER.split("\n", 1)
    assert after == f"{first}\n{IMPORT}" + rest.replace("port=8000)", f"port=8000, transport_security={DEEPER})")
    mounted = NEWER.replace('box.run(transport="streamable-http", port=8000)', "serve(box.streamable_http_app())")
    assert f"app(transport_security={DEEPER})" in edited("server.py", mounted)


def test_settings_that_switch_the_check_off_switch_it_on() -> None:
    off = FASTMCP.replace(
        '"0.0.0.0")', '"0.0.0.0", transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False))'
    )
    assert edited("server.py", off) == off.replace(
        "TransportSecuritySettings(enable_dns_rebinding_protection=False)", PROTECTED
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("server.mjs", 'createServer((req, res) => res.end()).listen(8000, "127.0.0.1");\n'),
        ("server.ts", "const transport = new StdioServerTransport();\n"),
        ("server.ts", "const transport = new StreamableHTTPServerTransport(options);\n"),
        ("server.py", 'from other import MCPServer\nbox = Other("x")\nbox.run(transport="streamable-http")\n'),
        ("server.py", 'from mcp.server import MCPServer\nbox = MCPServer("x")\nbox.run()\n'),
    ],
)
def test_a_program_that_no_option_of_an_sdk_protects_is_left_alone(path: str, text: str) -> None:
    assert edited(path, text) == text


def test_without_an_object_of_an_sdk_a_guard_refuses() -> None:
    text = 'import express from "express";\napp.post("/mcp", (req, res) => {\n  res.json(answer(req.body));\n});\n'
    after = edited("server.js", text)
    assert "ALLOWED_ORIGINS" in after
    assert "res.status(403)" in after


def test_without_the_port_that_was_asked_nothing_is_allowed() -> None:
    assert edited("server.ts", INLINE, Transcript("x", ExampleKind.HTTP_SERVER, ())) == INLINE
