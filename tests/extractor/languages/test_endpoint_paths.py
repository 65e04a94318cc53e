"""Paths at which an endpoint may be, and those that a program asks others for."""

from __future__ import annotations

import pytest

from extractor.languages.ecmascript.parse import parse_javascript
from extractor.languages.ecmascript.paths import endpoint_paths as of_javascript
from extractor.languages.python.parse import parse_python
from extractor.languages.python.paths import endpoint_paths as of_python
from extractor.model import ServiceRequest

SERVICE = ServiceRequest("authorization", "localhost", 8080)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("console.log('http://localhost:3000/rpc')", ("/rpc",)),
        ("fetch('http://localhost:3000/check')", ()),
        ("const CHECK = 'http://localhost:3000/check'; await fetch(CHECK, {})", ()),
        ("axios.post('http://localhost:3000/check', body); app.post('/rpc', f)", ("/rpc",)),
        ("const CHECK = 'http://localhost:8080/check'; verify(CHECK)", ()),
        ("const CHECK = 'http://127.0.0.1:8080/check'; verify(CHECK)", ()),
        ("const OWN = 'http://localhost:8081/rpc'; print(OWN)", ("/rpc",)),
        ("const URL = 'http://localhost:3000/introspect'; verify(URL)", ()),
    ],
)
def test_javascript(text: str, paths: tuple[str, ...]) -> None:
    assert of_javascript((parse_javascript(text),), (SERVICE,)) == paths


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("if self.path != '/rpc': refuse()", ("/mcp",)),
        ("W = 'jsonrpc'\nif self.path != '/rpc': refuse()", ("/mcp", "/rpc")),
        ("W = 'jsonrpc'\n@app.post('/rpc')\ndef rpc(): ...", ("/mcp", "/rpc")),
        ("W = 'jsonrpc'\nrequests.get('/check')\nhttpx.request('GET', '/check')", ("/mcp",)),
        ("W = 'jsonrpc'\nROUTES = ('/health', '/.well-known/x', '/rpc')", ("/mcp", "/rpc")),
    ],
)
def test_python(text: str, paths: tuple[str, ...]) -> None:
    assert of_python((parse_python(text),)) == paths
