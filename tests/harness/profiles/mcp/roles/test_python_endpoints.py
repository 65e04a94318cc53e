"""Where a Python program may serve MCP, by the code alone."""

from __future__ import annotations

import pytest

from extractor.languages.python.parse import parse_python
from harness.profiles.mcp.roles.python_endpoints import endpoint_paths


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("if self.path != '/rpc': refuse()", ("/mcp",)),
        ("gr.Blocks().launch(mcp_server=True)", ("/gradio_api/mcp/", "/mcp")),
        ("W = 'jsonrpc'\nif self.path != '/rpc': refuse()", ("/rpc",)),
        ("W = 'jsonrpc'\n@app.post('/rpc')\ndef rpc(): ...", ("/rpc",)),
        ("W = 'jsonrpc'\nrequests.get('/check')\nhttpx.request('GET', '/check')", ()),
        ("W = 'jsonrpc'\nPATH = '/api/v2.1/~desk/mcp-endpoint/'", ("/api/v2.1/~desk/mcp-endpoint/",)),
        # an SDK has a usual path, which nobody has to name
        ("from mcp.server import MCPServer\nW = 'jsonrpc'\nROUTES = ('/rpc',)", ("/mcp", "/rpc")),
        ("W = 'jsonrpc'\nROUTES = ('/sse', '/messages/', '/rpc')", ("/rpc",)),
        ("W = 'jsonrpc'\nROUTES = ('/health', '/.well-known/x', '/rpc')", ("/rpc",)),
    ],
)
def test_endpoint_paths(text: str, paths: tuple[str, ...]) -> None:
    assert endpoint_paths((parse_python(text),)) == paths
