"""Which lines make the session ids, in the code of servers."""

from __future__ import annotations

import pytest

from tests.support.broken_code import blamed, exchange
from tests.support.soak import sizes

OPTION = """\
const transport = new StreamableHTTPServerTransport({
  sessionIdGenerator: () => "session-" + 1,
  onsessioninitialized: (id) => { transports[id] = transport; },
});
"""
NAMED_OPTION = """\
function nextId() {
  count += 1;
  return `s-${count}`;
}
new StreamableHTTPServerTransport({ sessionIdGenerator: nextId });
"""
HEADER = """\
const handler = (req, res) => {
  const id = req.headers["mcp-session-id"];
  if (!id) {
    const fresh = String(++counter);
    return reply(res, { "Mcp-Session-Id": fresh });
  }
};
"""
METHOD = """\
class Handler:
    def begin(self):
        return str(next(COUNTER))

    def do_POST(self):
        sid = self.begin()
        self.send_header("Mcp-Session-Id", sid)
"""
SUBSCRIPT = """\
async def handle(request):
    response.headers["Mcp-Session-Id"] = "only-one"
"""
ECHOED = """\
async def handle(request):
    sid = request.headers.get("mcp-session-id")
    response.headers["Mcp-Session-Id"] = sid
"""
KEPT = """\
async def handle(request):
    response.headers["Mcp-Session-Id"] = session.id
"""
TWICE = """\
def do_POST(self):
    if old:
        sid = "a"
    else:
        sid = "b"
    self.send_header("Mcp-Session-Id", sid)
"""


@pytest.mark.parametrize("id", ["hijack.id-nondeterministic", "session.id-secure"])
@pytest.mark.parametrize(
    ("text", "path", "lines"),
    [
        pytest.param(OPTION, "server.ts", [(2, 2)], id="the SDK's option"),
        pytest.param(NAMED_OPTION, "server.ts", [(3, 3)], id="a function of the page"),
        pytest.param(HEADER, "server.mjs", [(4, 4)], id="a variable"),
        pytest.param(METHOD, "server.py", [(3, 3)], id="a method"),
        pytest.param(SUBSCRIPT, "server.py", [(2, 2)], id="a literal"),
        pytest.param(ECHOED, "server.py", [], id="the request's own id"),
        pytest.param(KEPT, "server.py", [], id="what cannot be followed"),
        pytest.param(TWICE, "server.py", [], id="one of two"),
    ],
)
def test_the_code_that_makes_the_ids(id: str, text: str, path: str, lines: list[tuple[int, int]]) -> None:
    assert blamed(id, exchange(1, 200), text=text, path=path) == lines


@pytest.mark.parametrize("depth", sizes(1_500, soak=5_000))
def test_hostile_nesting_ends(depth: int) -> None:
    deep = 'res.setHeader("Mcp-Session-Id", ' + "String(" * depth + "x" + ")" * depth + ")\n"
    blamed("session.id-secure", exchange(1, 200), text=deep)


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("server.py", "class S:\n    def new_id(self):\n        n = 1\n        return f'session {n}'\n", 4),
        ("server.mjs", "class S {\n  makeSessionId() {\n    return `s-${Date.now()}`;\n  }\n}\n", 3),
        ("main.go", 'package main\n\nfunc newSessionID() string {\n\treturn "session-1"\n}\n', 4),
        ("main.rs", 'fn new_session_id() -> String {\n    format!("s-{}", COUNT.fetch_add(1, SeqCst))\n}\n', 2),
        ("S.java", 'class S {\n  String newSessionId() {\n    return "s" + next++;\n  }\n}\n', 3),
        ("S.kt", 'fun newSessionId(): String {\n    return "s" + next++\n}\n', 2),
    ],
)
def test_a_function_that_is_named_for_it(path: str, text: str, line: int) -> None:
    """The id travels through an object of the page, where it is not followed."""
    assert blamed("session.id-charset", exchange(1, 200), text=text, path=path) == [(line, line)]


def test_other_ids_are_not_session_ids() -> None:
    text = "function parseId() {\n  return 1;\n}\nfunction newGrid() {\n  return 2;\n}\n"
    assert blamed("session.id-charset", exchange(1, 200), text=text) == []
