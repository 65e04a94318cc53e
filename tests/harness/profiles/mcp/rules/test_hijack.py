"""Which lines are blamed where a session is open to another user."""

from __future__ import annotations

import pytest

from tests.support.broken_code import blamed, exchange

BY_INDEX = """\
app.post("/", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  sessions[sessionId] = make();
  if (sessionId && sessions[sessionId]) {
    transport = sessions[sessionId];
  }
});
"""
BY_CALL = """\
async def handle(request):
    session_id = request.headers.get("mcp-session-id")
    if SESSIONS.get(session_id):
        return JSONResponse({})
"""
NO_SUBJECT = """\
async def verify_token(self, token):
    data = await self.ask(token)
    return AccessToken(token=token, client_id=data["client_id"], scopes=[])
"""
RIGHT = """\
async def verify_token(self, token):
    return AccessToken(token=token, client_id=data["client_id"], scopes=[], subject=data["sub"])
"""


@pytest.mark.parametrize(
    ("text", "path", "lines"),
    [
        pytest.param(BY_INDEX, "server.ts", [(4, 4)], id="a lookup by the id alone"),
        pytest.param(BY_CALL, "server.py", [(3, 3)], id="a lookup by a call"),
        pytest.param(NO_SUBJECT, "server.py", [(3, 3)], id="an identity without a user"),
        pytest.param(RIGHT, "server.py", [], id="an identity with a user"),
    ],
)
def test_the_lookup_that_never_asks_who_owns_the_session(text: str, path: str, lines: list[tuple[int, int]]) -> None:
    assert blamed("hijack.bind-user", exchange(1, 200), text=text, path=path) == lines
