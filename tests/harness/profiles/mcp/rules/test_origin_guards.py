"""A guard refuses foreign Origins at the start of what answers messages."""

from __future__ import annotations

import pytest

from tests.support.guarded_programs import (
    EXPRESS,
    OWN,
    STARLETTE,
    WSGI,
    with_origin_guard,
    with_version_guard,
)


def test_a_foreign_origin_is_refused_by_403() -> None:
    assert with_origin_guard("a.js", EXPRESS) == EXPRESS.replace(
        "const app", 'const ALLOWED_ORIGINS = ["http://localhost:3000", "http://127.0.0.1:3000"];\nconst app'
    ).replace(
        "  res.json(answer",
        """\
  const origin = req.header("origin");
  if (origin !== undefined && !ALLOWED_ORIGINS.includes(origin)) {
    const error = { code: -32000, message: "Origin not allowed" };
    res.status(403).json({ jsonrpc: "2.0", error });
    return;
  }
  res.json(answer""",
    )
    after = with_origin_guard("a.py", STARLETTE)
    assert '    origin = request.headers.get("origin")\n' in after
    assert "    if origin is not None and origin not in ALLOWED_ORIGINS:\n" in after
    assert ", status_code=403)\n" in after
    assert 'environ.get("HTTP_ORIGIN")' in with_origin_guard("a.py", WSGI)
    assert 'start_response("403 Forbidden"' in with_origin_guard("a.py", WSGI)


def test_the_files_own_list_of_origins_is_used() -> None:
    text = EXPRESS.replace("const app", f"const OURS = new Set([{', '.join(map(repr, OWN))}]);\nconst app")
    after = with_origin_guard("a.js", text)
    assert "!OURS.has(origin)" in after
    assert "ALLOWED_ORIGINS" not in after


@pytest.mark.parametrize(
    ("parameter", "origin", "version"),
    [
        ("session_id: str | None = Header(None, alias='Mcp-Session-Id')",
         "origin: str | None = Header(None, alias='Origin')",
         "protocol_version: str | None = Header(None, alias='Mcp-Protocol-Version')"),
        ("mcp_session_id: Annotated[str | None, Header()] = None", "origin: Annotated[str | None, Header()] = None",
         "mcp_protocol_version: Annotated[str | None, Header()] = None"),
    ],
)  # fmt: skip
def test_a_header_is_given_as_the_session_is(parameter: str, origin: str, version: str) -> None:
    text = f'from fastapi import FastAPI, Header\n\n\n@app.post("/mcp")\nasync def mcp({parameter}):\n    return {{}}\n'
    assert f"({parameter}, {origin})" in with_origin_guard("a.py", text)
    assert f"({parameter}, {version})" in with_version_guard("a.py", text)
