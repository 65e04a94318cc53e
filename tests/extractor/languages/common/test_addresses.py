"""Names that a server answers to, and addresses that a client connects to."""

from __future__ import annotations

import pytest

from extractor.languages.common.addresses import connections, host_names, is_side_path
from extractor.languages.ecmascript.parse import parse_typescript
from extractor.languages.python.parse import parse_python


@pytest.mark.parametrize(
    ("code", "hosts"),
    [
        ("TransportSecuritySettings(allowed_hosts=['a.example:*', 'a.example'])", ("a.example", "a.example:*")),
        ("Settings(allowed_hosts=['localhost:*', 'a.example'])", ()),
        ("Settings(allowed_hosts=HOSTS)", ()),
        ("Settings(allowed_hosts=['*'])", ()),
        ("Settings(allowed_hosts=['a.example\\r\\nX-Evil: 1', 'a b', ''])", ()),
        ("Starlette(routes=[Host('tools.example', app=app)])", ("tools.example",)),
        ("Starlette(routes=[Mount('/', app=app)]); Host('tools.example', app=app)", ()),
        ("Starlette(routes=[Host('{sub}.example', app=app)])", ()),
        ("Settings(allowed_origins=['https://a.example'])", ()),
    ],
)
def test_python(code: str, hosts: tuple[str, ...]) -> None:
    assert host_names([parse_python(code)]) == hosts


def test_typescript() -> None:
    code = "createMcpExpressApp({ host: '0.0.0.0', allowedHosts: ['api.example.com'] });"
    assert host_names([parse_typescript(code)]) == ("api.example.com",)


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("/mcp", False),
        ("/mcp/schema", True),
        ("/openapi.json", True),
        ("/metrics", True),
        ("/api/status", True),
        ("/statuses/mcp", False),
        ("/schemas", False),
    ],
)
def test_paths_beside_an_endpoint(path: str, *, beside: bool) -> None:
    assert is_side_path(path) is beside


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("HOST = 'localhost'\nPORT = 8000\nhttp.client.HTTPConnection(HOST, PORT, timeout=20)", (("localhost", 8000),)),
        ("HOST, PORT = 'localhost', 8000\nHTTPConnection(HOST, port=PORT)", (("localhost", 8000),)),
        ("class Settings:\n    port = 8000\nHTTPConnection('a.example', Settings.port)", (("a.example", 8000),)),
        ("HTTPConnection(host='127.0.0.1', port='8000')\nHTTPConnection('127.0.0.1', 8000)", (("127.0.0.1", 8000),)),
        ("HTTPConnection('localhost:8000')", (("localhost", 8000),)),
        ("HTTPConnection('localhost')", ()),
        ("HTTPConnection(sys.argv[1], 8000)", ()),
        ("HTTPConnection()", ()),
        ("PORT = 8000\nPORT = 9000\nHTTPConnection('localhost', PORT)", (("localhost", 9000),)),
        ("for PORT in range(9):\n    HTTPConnection('localhost', PORT)", ()),
        ("HOST, PORT = 'localhost', int(sys.argv[1])\nHTTPConnection(HOST, PORT)", ()),
        ("HOST, PORT = 'localhost', 8000\nHOST, PORT = PORT, HOST\nHTTPConnection(HOST, PORT)", ()),
        ("HOST, PORT = sys.argv[1:]\nHTTPConnection(HOST, PORT)", ()),
        ("HOST, *PORT = 'localhost', 8000\nHTTPConnection(HOST, PORT)", ()),
        ("HTTPConnection('localhost', 70000)\nHTTPConnection('localhost', True)\nHTTPConnection('a b', 80)", ()),
        ("HTTPConnection('localhost', '\u00b2')\nHTTPConnection('localhost', -1)\nHTTPConnection(*given)", ()),
    ],
)
def test_what_python_connects_to(code: str, found: tuple[tuple[str, int], ...]) -> None:
    assert connections([parse_python(code)]) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("http.request({ hostname: 'localhost', port: 3000, path: '/mcp' }, done)", (("localhost", 3000),)),
        ("const HOST = '127.0.0.1';\nconst PORT = 3000;\nhttp.get({ host: HOST, port: PORT })", (("127.0.0.1", 3000),)),
        ("http.request({ port: 3000 })", (("localhost", 3000),)),
        ("http.request({ host: process.argv[2], port: 3000 })", ()),
        ("http.request('http://localhost:3000/mcp', { method: 'POST' })", ()),
        ("app.request({ port: 3000 })", ()),
    ],
)
def test_what_node_connects_to(code: str, found: tuple[tuple[str, int], ...]) -> None:
    assert connections([parse_typescript(code)]) == found
