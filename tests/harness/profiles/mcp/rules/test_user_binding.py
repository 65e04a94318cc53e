"""Sessions are bound to the user of their token by a few lines; every other byte stays."""

from __future__ import annotations

import pytest

from extractor.languages.registry import syntax_tree
from extractor.model import ExampleKind, Level
from harness.model import Basis, Finding, Transcript, Verdict
from harness.profiles.mcp.rules.user_binding import bind_sessions

FINDING = Finding(
    requirement="hijack.bind-user", level=Level.SHOULD, basis=Basis.TEXT, verdict=Verdict.VIOLATED, revision="",
    summary="", evidence=(1,),
)  # fmt: skip


def edited(path: str, text: str) -> str:
    root = syntax_tree(path, text)
    assert root is not None
    data = text.encode()
    edits = bind_sessions(root, FINDING, Transcript("x", ExampleKind.HTTP_SERVER, ()))
    for edit in sorted(set(edits), key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new.encode() + data[edit.end :]
    after = syntax_tree(path, data.decode())
    assert after is not None
    assert not after.has_error
    return data.decode()


NAMED = """\
const verifier = {
  verifyAccessToken: async (token: string) => {
    const data = await ask(token);
    return {
      token,
      clientId: data.client_id,
      scopes: [],
    };
  },
};
const transports: { [sessionId: string]: Transport } = {}; // by id

const post = async (req: Request, res: Response) => {
  const sessionId = req.headers["mcp-session-id"] as string | undefined;
  let transport: Transport;
  if (sessionId && transports[sessionId]) {
    transport = transports[sessionId];
  } else if (!sessionId && isInitializeRequest(req.body)) {
    transport = new Transport({
      onsessioninitialized: (id) => {
        transports[id] = transport;
      },
    });
  }
};
const others = async (req: Request, res: Response) => {
  const sessionId = req.headers["mcp-session-id"] as string | undefined;
  if (!sessionId || !transports[sessionId]) {
    res.status(404).end();
    return;
  }
  const transport = transports[sessionId];
  await transport.handleRequest(req, res);
};
"""
NAMED_AFTER = (
    NAMED.replace("scopes: [],\n", "scopes: [],\n      extra: { sub: data.sub },\n")
    .replace("// by id\n", "// by id\nconst owners: Record<string, unknown> = {};\n")
    .replace("[id] = transport;\n", "[id] = transport;\n        owners[id] = req.auth?.extra?.sub;\n")
    .replace("&& transports[sessionId])", "&& transports[sessionId] && owners[sessionId] === req.auth?.extra?.sub)")
    .replace("|| !transports[sessionId])", "|| !(transports[sessionId] && owners[sessionId] === req.auth?.extra?.sub))")
)
MAPPED = """\
const sessions = new Map()
const verify = async (t) => {
  const { payload: claims } = await jwtVerify(t, keys)
  return { token: t, clientId: claims.azp, scopes: [], extra: { userId: claims.sub } }
}
app.all('/mcp', requireBearerAuth({ verifier: { verifyAccessToken: verify } }), async (request, response) => {
  const id = request.get('mcp-session-id')
  const known = sessions.get(id)
  if (known) return known.handleRequest(request, response, request.body)
  const made = new Transport({ onsessioninitialized: (fresh) => sessions.set(fresh, made) })
})
"""
MAPPED_AFTER = (
    MAPPED.replace("new Map()\n", "new Map()\nconst owners = {}\n")
    .replace("= sessions.get(id)", "= owners[id] === request.auth?.extra?.userId ? sessions.get(id) : undefined")
    .replace("sessions.set(fresh, made)", "{ sessions.set(fresh, made); owners[fresh] = request.auth?.extra?.userId }")
)


@pytest.mark.parametrize(
    ("path", "text", "after"), [("server.ts", NAMED, NAMED_AFTER), ("server.js", MAPPED, MAPPED_AFTER)]
)
def test_who_opened_a_session_is_kept_and_asked_for(path: str, text: str, after: str) -> None:
    assert edited(path, text) == after


OPENED = """\
const sessions = new Map()
const verify = async (t) => {
  const claims = await ask(t)
  return { token: t, clientId: claims.client_id, scopes: [] }
}
async function start() {
  const made = new Transport({ onsessioninitialized: (fresh) => { sessions.set(fresh, made) } })
  return made
}
app.all('/mcp', requireBearerAuth({ verifier: { verifyAccessToken: verify } }), async (req, res) => {
  const id = req.header('mcp-session-id')
  const known = id ? sessions.get(id) : await start()
  await known.handleRequest(req, res)
})
"""


def test_a_function_that_opens_a_session_is_given_the_request() -> None:
    after = edited("server.js", OPENED)
    assert "async function start(request) {" in after
    assert "await start(req)" in after
    assert "{ sessions.set(fresh, made); owners[fresh] = request.auth?.extra?.sub }" in after
    without = OPENED.replace("await start()", "await later(start)")
    assert edited("server.js", without) == without, "nobody calls it with a request"


def test_a_name_that_the_page_uses_is_not_taken() -> None:
    after = edited("server.js", f"const owners = 1\n{MAPPED}")
    assert "const sessionOwners = {}\n" in after
    assert "sessionOwners[fresh] =" in after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(MAPPED.replace("clientId: claims.azp", "clientId: 'me'"), id="no claims to take the user from"),
        pytest.param(MAPPED.replace("const sessions = new Map()\n", ""), id="sessions are kept elsewhere"),
        pytest.param(MAPPED.replace("sessions.set(fresh, made)", "keep(fresh, made)"), id="by a function"),
        pytest.param(MAPPED.replace("sessions.get(id)", "find(id)"), id="and found by one"),
    ],
)
def test_it_is_all_or_nothing(text: str) -> None:
    assert edited("server.js", text) == text


PYTHON = """\
async def verify_token(self, token):
    data = await self.ask(token)
    return AccessToken(
        token=token,
        client_id=data.get("client_id", "unknown"),
        scopes=[],  # none
    )
"""


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (PYTHON, PYTHON.replace("# none\n", '# none\n        subject=data.get("sub"),\n')),
        (
            'def verify(t):\n    return AccessToken(token=t, client_id=claims["azp"], scopes=[])\n',
            'def verify(t):\n    return AccessToken(token=t, client_id=claims["azp"], scopes=[], subject=claims.get("sub"))\n',
        ),
        (PYTHON.replace('data.get("client_id", "unknown")', '"me"'),) * 2,
        (PYTHON.replace("scopes=[]", 'subject=data["sub"]'),) * 2,
        ("def handle(request):\n    return sessions.get(request.headers['mcp-session-id'])\n",) * 2,
    ],
)
def test_an_identity_of_python_names_its_user(text: str, after: str) -> None:
    assert edited("server.py", text) == after
