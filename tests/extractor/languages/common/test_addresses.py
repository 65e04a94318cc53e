"""Names that a server answers to."""

from __future__ import annotations

import pytest

from extractor.languages.common.addresses import host_names, is_side_path
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
