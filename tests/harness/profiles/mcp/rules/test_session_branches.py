"""Of all answers with the wrong status only those are blamed and fixed that a dead session id gets."""

from __future__ import annotations

import textwrap

import pytest

from extractor.model import Bundle, ExampleKind, Level, Manager, Segment, SourceFile, Span
from harness.judge.blame.blame import blame
from harness.judge.blame.evidence import Evidence
from harness.model import Basis, Exchange, Finding, Reply, Transcript, Verdict
from harness.profiles.registry import MCP
from harness.repair.edits import propose
from tests.support.processor import processor_time_below

HELPER = """
def known(self):
    session = self.headers.get("Mcp-Session-Id")
    if session is None:
        self.send_error(400)  # none
    elif session not in SESSIONS:
        self.send_error(400)  # DEAD 404
    else:
        return True

def do_POST(self):
    version = self.headers.get("MCP-Protocol-Version")
    if version is not None and version not in VERSIONS:
        self.send_error(400)
        return
    try:
        message = json.loads(raw)
    except ValueError:
        self.send_error(400)
        return
    headers["Mcp-Session-Id"] = secrets.token_urlsafe(32)
"""
TOGETHER = """
const post = async (req, res) => {
  const sessionId = req.headers["mcp-session-id"] as string | undefined;
  if (!isJson(req.body)) { res.status(400).end(); return; }
  if (sessionId && transports[sessionId]) {
    transport = transports[sessionId];
  } else if (!sessionId && isInitialize(req.body)) {
    transport = make();
  } else {
    res.status(400).end(); // DEAD sessionId ? 404 : 400
  }
};
const rest = async (req, res) => {
  const sessionId = req.headers["mcp-session-id"] as string | undefined;
  if (!sessionId || !transports[sessionId]) {
    res.status(400).end(); // DEAD sessionId ? 404 : 400
  }
};
"""
EARLY = """
const post = (req, res) => {
  const id = req.headers["mcp-session-id"];
  if (id === undefined) {
    return res.status(400).end();
  }
  const session = sessions.get(id);
  if (session) {
    if (tooLong(req)) { return res.status(400).end(); }
    return session.handle(req, res);
  }
  res.status(400).end(); // DEAD 404
};
const rest = (req, res) => {
  const id = req.headers["mcp-session-id"];
  const session = sessions.get(id);
  if (session == null) {
    res.status(400).end(); // DEAD id ? 404 : 400
    return;
  }
  if (tooLong(req)) { res.status(400).end(); }
};
"""
CAUGHT = """
async def handle(request):
    if "mcp-session-id" not in request.headers:
        return Response(status_code=400)
    sid = request.headers["mcp-session-id"]
    try:
        session = SESSIONS[sid]
    except KeyError:
        return Response(status_code=400)  # DEAD 404
    if not body:
        return Response(status_code=400)
"""
UNKNOWN = """
async def handle(request):
    sid = request.headers.get("mcp-session-id")
    if not sid:
        return Response(status_code=400)
    if not await store.check(tenant, sid):
        return Response(status_code=400)  # DEAD 404
    if not body:
        return Response(status_code=400)  # DEAD 404
"""
GO_TOGETHER = """
func (l *list) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("Mcp-Session-Id")
	if r.ContentLength > most {
		http.Error(w, "too long", http.StatusBadRequest)
		return
	}
	known := l.ids[id]
	if id != "" && !known {
		http.Error(w, "no valid session", http.StatusBadRequest) // DEAD
		return
	}
	if tooMany(r) {
		w.WriteHeader(400)
	}
	l.next.ServeHTTP(w, r)
}
"""
GO_ELSE = """
func handle(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("Mcp-Session-Id")
	if id == "" {
		w.WriteHeader(http.StatusBadRequest)
	} else if session, ok := sessions[id]; ok {
		session.serve(w, r)
	} else {
		w.WriteHeader(http.StatusBadRequest) // DEAD
	}
}
"""
JAVA = """
class List {
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) {
        String id = request.getHeader("Mcp-Session-Id");
        if (request.getContentLength() > MOST) {
            response.sendError(400, "too long");
            return;
        }
        if (id == null) {
            response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
        } else if (!sessions.containsKey(id)) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST, "no valid session"); // DEAD
        }
    }
}
"""
KOTLIN = """
fun Application.module() {
    intercept(Phase) {
        val id = call.request.headers["Mcp-Session-Id"]
        if (tooLong(call)) {
            call.respond(HttpStatusCode.BadRequest)
        }
        if (id != null && !sessions.contains(id)) {
            call.respondText("no valid session", status = HttpStatusCode.BadRequest) // DEAD
        }
    }
}
"""
RUST_GUARD = """
async fn guard(State(list): State<Sessions>, request: Request, next: Next) -> Response {
    if request.uri().path().len() > MOST {
        return (StatusCode::BAD_REQUEST, "too long").into_response();
    }
    let id = request.headers().get("mcp-session-id").and_then(|value| value.to_str().ok()).map(String::from);
    if let Some(id) = &id {
        if !list.lock().unwrap().contains(id) {
            return (StatusCode::BAD_REQUEST, "no valid session id was given").into_response(); // DEAD
        }
    }
    let mut response = next.run(request).await;
    if too_many() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}
"""
RUST_ELSE = """
async fn handle(headers: HeaderMap, body: String) -> impl IntoResponse {
    let Some(id) = headers.get("mcp-session-id") else {
        return (StatusCode::BAD_REQUEST, "no id");
    };
    if let Some(session) = sessions.get(id) {
        session.serve(body)
    } else {
        (StatusCode::BAD_REQUEST, "no session") // DEAD
    }
}
"""
GO_SWITCH = """
func end(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("Mcp-Session-Id")
	switch {
	case id == "":
		http.Error(w, "no session", http.StatusBadRequest)
	case !known(id):
		http.Error(w, "no such session", http.StatusBadRequest) // DEAD
	case tooMany(r):
		http.Error(w, "later", http.StatusBadRequest)
	default:
		delete(sessions, id)
	}
}
"""
JAVA_ENDS = """
class Desk {
    void end(HttpExchange exchange) {
        String id = exchange.getRequestHeaders().getFirst("Mcp-Session-Id");
        if (id == null) {
            send(exchange, 400, "no session id");
        } else if (SESSIONS.remove(id)) {
            if (late()) { send(exchange, 400, "too late"); }
            send(exchange, 204, "");
        } else {
            send(exchange, 400, "no such session"); // DEAD
        }
    }
}
"""
KOTLIN_WHEN = """
suspend fun ApplicationCall.receiveMessage() {
    val session = request.header("Mcp-Session-Id")
    if (session == null) {
        return respond(HttpStatusCode.BadRequest, "no session id")
    }
    if (session !in sessions) {
        return respond(HttpStatusCode.BadRequest, "no such session") // DEAD
    }
    if (tooLong(this)) respond(HttpStatusCode.BadRequest)
}
suspend fun ApplicationCall.end() {
    val session = request.header("Mcp-Session-Id")
    when {
        session == null -> respond(HttpStatusCode.BadRequest, "no session id")
        sessions.remove(session) -> respond(HttpStatusCode.NoContent)
        else -> respond(HttpStatusCode.BadRequest, "no such session") // DEAD
    }
}
"""
KOTLIN_ELVIS = """
suspend fun answer(call: ApplicationCall) {
    val id = call.request.headers["Mcp-Session-Id"] ?: return call.respond(HttpStatusCode.BadRequest)
    val session = sessions[id] ?: return call.respond(HttpStatusCode.BadRequest) // DEAD
    if (session.busy()) call.respond(HttpStatusCode.BadRequest)
}
"""
RUST_MATCH = """
async fn end(State(sessions): State<Sessions>, headers: HeaderMap) -> StatusCode {
    match headers.get("mcp-session-id") {
        None => StatusCode::BAD_REQUEST,
        Some(id) if sessions.lock().unwrap().remove(id) => StatusCode::NO_CONTENT,
        Some(_) => StatusCode::BAD_REQUEST, // DEAD
    }
}
"""
RUST_LET_ELSE = """
async fn answer(headers: HeaderMap) -> Response {
    let Some(id) = headers.get("mcp-session-id") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Some(session) = sessions.get(id) else {
        return (StatusCode::BAD_REQUEST, "no such session").into_response(); // DEAD
    };
    if session.busy() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    session.answer()
}
"""
RULE = MCP.catalogue.rule("session.terminated-404")
FINDING = Finding(
    requirement="session.terminated-404", level=Level.MUST, basis=Basis.TEXT, verdict=Verdict.VIOLATED, revision="r",
    summary="", evidence=(1,),
)  # fmt: skip
TRANSCRIPT = Transcript(
    "x",
    ExampleKind.HTTP_SERVER,
    (Exchange(1, "s", None, 0, "POST", "/", (), "", Reply(400, (), "", 0), None, 0.0, 0.0),),
)


def bundle(path: str, text: str) -> Bundle:
    count = len(text.splitlines())
    file = SourceFile(path, text, (Segment(1, count, Span("p.mdx", 1, count)),))
    return Bundle("x", "python", ExampleKind.HTTP_SERVER, "python", (file,), Manager.NPM, (), ("x",))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("server.py", HELPER),
        ("server.ts", TOGETHER),
        ("server.ts", EARLY),
        ("server.py", CAUGHT),
        pytest.param("server.py", UNKNOWN, id="not shown by the syntax"),
    ],
)
def test_the_marked_lines_and_no_others(path: str, text: str) -> None:
    lines = text.splitlines()
    marked = {at: line.split("DEAD ")[1] for at, line in enumerate(lines, 1) if "DEAD" in line}
    made = bundle(path, text)
    assert [span.first for span in blame(RULE, FINDING, Evidence(TRANSCRIPT, made)).lines] == list(marked)
    edits = {edit.line: edit.new for edit in propose([FINDING], TRANSCRIPT, made, MCP.catalogue)}
    assert edits == {at: (lines[at - 1].replace("400", new, 1),) for at, new in marked.items()}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("main.go", GO_TOGETHER),
        ("main.go", GO_ELSE),
        ("List.java", JAVA),
        ("Main.kt", KOTLIN),
        ("src/main.rs", RUST_GUARD),
        ("src/main.rs", RUST_ELSE),
        ("main.go", GO_SWITCH),
        ("Desk.java", JAVA_ENDS),
        ("Main.kt", KOTLIN_WHEN),
        ("Main.kt", KOTLIN_ELVIS),
        ("src/main.rs", RUST_MATCH),
        ("src/main.rs", RUST_LET_ELSE),
    ],
)
def test_compiled_languages_are_blamed_and_not_edited(path: str, text: str) -> None:
    marked = [at for at, line in enumerate(text.splitlines(), 1) if "DEAD" in line]
    made = bundle(path, text)
    assert [span.first for span in blame(RULE, FINDING, Evidence(TRANSCRIPT, made)).lines] == marked
    assert propose([FINDING], TRANSCRIPT, made, MCP.catalogue) == ()


def test_a_branch_without_an_id_is_not_blamed_even_if_nothing_else_is_left() -> None:
    text = textwrap.dedent("""
        def handle(request):
            sid = request.headers.get("mcp-session-id")
            if sid is None:
                return Response(status_code=400)
    """)
    assert blame(RULE, FINDING, Evidence(TRANSCRIPT, bundle("server.py", text))).lines == ()
    assert propose([FINDING], TRANSCRIPT, bundle("server.py", text), MCP.catalogue) == ()


@pytest.mark.long
def test_hostile_nesting_ends() -> None:
    deep = 'f = (r) => { const id = r["mcp-session-id"]; if (m[id]) {} else { r.status(400).end(); ' * 400 + "}}" * 400
    with processor_time_below(20):
        blame(RULE, FINDING, Evidence(TRANSCRIPT, bundle("server.ts", deep)))
