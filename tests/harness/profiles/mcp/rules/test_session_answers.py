"""Which answers with a wrong status are blamed, in the code of servers."""

from __future__ import annotations

import pytest

from tests.support.broken_code import blamed, exchange
from tests.support.soak import sizes

EXPRESS = """\
app.post("/", async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  if (sessionId && sessions[sessionId]) {
    transport = sessions[sessionId];
  } else {
    res.status(400).json({
      error: "no session",
    });
    return;
  }
});
app.get("/health", (req, res) => res.status(400).send("unrelated"));
"""
STARLETTE = """\
async def handle(request):
    session_id = request.headers.get("mcp-session-id")
    if session_id not in SESSIONS:
        return Response(
            "gone", status_code=400)
    return JSONResponse({}, status_code=200)
"""
HELPER = """\
function refuse(res, status) { res.status(status).end(); }
const handle = (req, res) => {
  const id = req.headers["mcp-session-id"];
  if (!known.has(id)) {
    refuse(res, 400);
  }
};
"""


@pytest.mark.parametrize(
    ("text", "path", "lines"),
    [
        pytest.param(EXPRESS, "server.ts", (6, 8), id="in a handler that reads the session header"),
        pytest.param(STARLETTE, "server.py", (4, 5), id="as a keyword argument"),
        pytest.param(HELPER, "server.ts", (5, 5), id="by a helper of the page"),
    ],
)
def test_the_statement_that_answers_with_the_status(text: str, path: str, lines: tuple[int, int]) -> None:
    assert blamed("session.terminated-404", exchange(1, 400), text=text, path=path) == [lines]


def test_the_status_of_a_control_is_not_looked_for() -> None:
    assert blamed("session.terminated-404", exchange(1, 400), exchange(2, 410, control=1), text=EXPRESS) == []


@pytest.mark.parametrize("depth", sizes(1_500, soak=5_000))
def test_hostile_nesting_ends(depth: int) -> None:
    deep = "if(x){" * depth + "res.status(400).send()" + "}" * depth
    assert blamed("session.terminated-404", exchange(1, 400), text=deep + "\n") == []
