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


@pytest.mark.long
@pytest.mark.parametrize("depth", sizes(1_500, soak=5_000))
def test_hostile_nesting_ends(depth: int) -> None:
    deep = "if(x){" * depth + "res.status(400).send()" + "}" * depth
    assert blamed("session.terminated-404", exchange(1, 400), text=deep + "\n") == []


ROUTED = """\
createServer(async (req, res) => {
  if (req.method === "GET") return res.writeHead(405, { Allow: "POST" }).end();
  const id = req.headers["mcp-session-id"];
  if (!id) return res.writeHead(400).end();
  const session = sessions.get(id);
  if (!session) return stream(res, { error: "gone" });
  reply(res, session);
});
"""
CONSTANT = """\
const GONE = 410;
const NOT_FOUND = 404;
const post = (req, res) => {
  const id = req.headers["mcp-session-id"];
  if (!sessions.has(id)) {
    res.status(GONE).end();
    return;
  }
  if (tooLong(req)) res.status(NOT_FOUND).end();
};
"""
NAMED = """\
def do_POST(self):
    sid = self.headers.get("Mcp-Session-Id")
    if sid not in SESSIONS:
        self.send_response(HTTPStatus.GONE)
        return None
"""
NOTHING = """\
async def handle(request):
    sid = request.headers.get("mcp-session-id")
    session = SESSIONS.get(sid)
    if session is None:
        log("unknown")
        return None
    return await session.handle(request)
"""
RIGHT = """\
const NOT_FOUND = 404;
const post = (req, res) => {
  const id = req.headers["mcp-session-id"];
  if (!sessions.has(id)) return refuse(res, NOT_FOUND);
  run(req, res);
};
"""


@pytest.mark.parametrize(
    ("text", "path", "status", "lines"),
    [
        pytest.param(ROUTED, "server.mjs", 200, [(6, 6)], id="served where the lookup was in vain"),
        pytest.param(CONSTANT, "server.ts", 410, [(6, 6)], id="a status in a constant"),
        pytest.param(NAMED, "server.py", 410, [(4, 4)], id="a status by its name"),
        pytest.param(NOTHING, "server.py", 500, [(6, 6)], id="no answer at all"),
        pytest.param(RIGHT, "server.ts", 500, [], id="a right answer is not blamed for another status"),
    ],
)
def test_what_the_failing_request_got_to(text: str, path: str, status: int, lines: list[tuple[int, int]]) -> None:
    assert blamed("session.terminated-404", exchange(1, status), text=text, path=path) == lines


def test_an_answer_that_the_control_gets_too_is_not_about_the_session() -> None:
    same = (exchange(1, 405), exchange(2, 405, control=1), exchange(3, 200), exchange(4, 200, control=3))
    assert blamed("session.terminated-404", *same, text=ROUTED, path="server.mjs") == [(6, 6)]
    only = ROUTED.replace('  if (!session) return stream(res, { error: "gone" });\n', "")
    assert blamed("session.terminated-404", *same, text=only, path="server.mjs") == []


@pytest.mark.parametrize(
    ("text", "path", "lines"),
    [
        ("if (message.id === undefined) {\n  note(message);\n  return res.json({});\n}\n", "server.ts", [(3, 3)]),
        ("if (message.id === undefined) return res.status(202).end();\n", "server.ts", []),
        (
            'def f(message):\n    if "id" not in message:\n        return None\n    return answer(message)\n',
            "s.py",
            [(3, 3)],
        ),
        ("def f(m):\n    id = m.get('id')\n    if id is None:\n        return Response()\n", "s.py", [(4, 4)]),
        ('def f(m):\n    if m["method"].startswith("notifications/"):\n        return {}\n', "s.py", [(3, 3)]),
        ("def f(m):\n    if m.get('name') is None:\n        return {}\n", "s.py", []),
    ],
)
def test_the_branch_of_notifications(text: str, path: str, lines: list[tuple[int, int]]) -> None:
    assert blamed("post.notification-202", exchange(1, 200), text=text, path=path) == lines


SPREAD = """\
createServer((req, res) => {
  const version = req.headers["mcp-protocol-version"];
  const { origin } = req.headers;
  if (origin && !OWN.has(origin)) return res.writeHead(400).end();
  if (version && !VERSIONS.includes(version)) {
    return res.writeHead(422).end();
  }
  if (req.method === "GET") {
    return res.writeHead(404).end();
  }
  if (req.url !== "/mcp") return res.writeHead(404).end();
  if (tooLong(req)) return res.writeHead(422).end();
});
"""
IN_GO = """\
func post(w http.ResponseWriter, r *http.Request) {
	if version := r.Header.Get("MCP-Protocol-Version"); version != "" && version != "2025-11-25" {
		http.Error(w, "unsupported version", http.StatusForbidden)
		return
	}
	if tooLong(r) {
		http.Error(w, "too long", http.StatusForbidden)
	}
}
"""
IN_JAVA = """\
class Post {
    void post(HttpExchange exchange) {
        String version = exchange.getRequestHeaders().getFirst("MCP-Protocol-Version");
        if (version != null && !version.equals("2025-11-25")) {
            send(exchange, 403, "unsupported version");
            return;
        }
        if (tooLong(exchange)) { send(exchange, 403, "too long"); }
    }
}
"""
IN_KOTLIN = """\
suspend fun ApplicationCall.post() {
    val version = request.header("MCP-Protocol-Version")
    if (version != null && version != "2025-11-25") {
        return respond(HttpStatusCode.Forbidden, "unsupported version")
    }
    if (tooLong(this)) { respond(HttpStatusCode.Forbidden) }
}
"""
METHODS = """\
class Handler:
    def do_GET(self):
        self.send_error(404)

    def do_POST(self):
        self.send_error(404)
"""
ROUTES = """\
app.get("/mcp", (req, res) => {
  res.status(404).end();
});
app.post("/mcp", (req, res) => {
  res.status(404).end();
});
"""


@pytest.mark.parametrize(
    ("id", "status", "text", "path", "lines"),
    [
        ("http.origin-403", 400, SPREAD, "server.mjs", [(4, 4)]),
        ("version.unsupported-400", 422, SPREAD, "server.mjs", [(6, 6)]),
        ("get.sse-or-405", 404, SPREAD, "server.mjs", [(9, 9)]),
        ("get.sse-or-405", 404, METHODS, "server.py", [(3, 3)]),
        ("get.sse-or-405", 404, ROUTES, "server.ts", [(2, 2)]),
        ("version.unsupported-400", 404, SPREAD, "server.mjs", []),
        # the header as compiled languages' pages write it
        ("version.unsupported-400", 403, IN_GO, "main.go", [(3, 3)]),
        ("version.unsupported-400", 403, IN_JAVA, "Post.java", [(5, 5)]),
        ("version.unsupported-400", 403, IN_KOTLIN, "Post.kt", [(4, 4)]),
    ],
)
def test_the_branch_that_looks_at_what_the_rule_is_about(
    id: str, status: int, text: str, path: str, lines: list[tuple[int, int]]
) -> None:
    assert blamed(id, exchange(1, status), text=text, path=path) == lines


APART = """\
const post = (req, res) => {
  const id = req.headers["mcp-session-id"];
  if (!id) return res.status(404).end();
  if (!sessions.has(id)) return res.status(404).end();
};
"""
ALIKE = """\
const post = (req, res) => {
  const id = req.headers["mcp-session-id"];
  if (!sessions.has(id)) return res.status(404).end();
};
"""


@pytest.mark.parametrize(("text", "lines"), [(APART, [(3, 3)]), (ALIKE, [(3, 3)])])
def test_a_missing_id_is_not_blamed_on_the_answer_to_an_unknown_one(text: str, lines: list[tuple[int, int]]) -> None:
    assert blamed("session.missing-400", exchange(1, 404), text=text) == lines


def test_an_answer_with_the_right_status_is_not_blamed_for_another_request() -> None:
    both = (exchange(1, 400), exchange(2, 404))
    assert blamed("session.missing-400", *both, text=APART.replace("(404)", "(400)", 1)) == []
    unknown = APART.replace("(404)", "(400)", 1).replace("!sessions.has(id)", "tooLong(id)")
    assert blamed("session.terminated-404", *both, text=unknown.replace("(400)", "(404)")) == []
