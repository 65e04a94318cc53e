"""Blame finds the lines of the page that cause what the exchange shows, and keeps quiet where none do."""

from __future__ import annotations

import pytest

from extractor.model import Bundle, ExampleKind, Level, Manager, Segment, SourceFile, Span
from harness.judge.blame import blamed_lines
from harness.model import Basis, Exchange, Finding, Reply, Transcript, Verdict
from harness.profiles.registry import MCP
from tests.support.soak import sizes

EXPRESS = """\
import cors from "cors";
const sessions = {};
app.use(cors({ origin: "*", exposedHeaders: ["Mcp-Session-Id"] }));
const verifier = {
  verifyAccessToken: async (token) => {
    const data = await ask(token);
    if (data.active === false) {
      throw new Error("no longer valid");
    }
    if (!audiences.some(isOurs)) {
      throw new Error("for somebody else");
    }
    try { log(data); } catch (e) { throw new Error("inactive log"); }
  },
};
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


def _bundle(path: str, text: str, segments: tuple[Segment, ...]) -> Bundle:
    return Bundle(
        "x", "typescript", ExampleKind.HTTP_SERVER, "node", (SourceFile(path, text, segments),), Manager.NPM, (), ("x",)
    )


def _docs(text: str, offset: int) -> tuple[Segment, ...]:
    count = len(text.splitlines())
    return (Segment(1, count, Span("page.mdx", offset + 1, offset + count)),)


def _exchange(number: int, status: int, token: str | None = None, control: int | None = None) -> Exchange:
    reply = Reply(status, (), "", 0)
    return Exchange(number, "s", None, 0, "POST", "/", (), "", reply, None, 0.0, 0.0, token=token, control=control)


def _finding(requirement: str, *evidence: int, verdict: Verdict = Verdict.VIOLATED) -> Finding:
    return Finding(
        requirement=requirement, level=Level.MUST, basis=Basis.TEXT, verdict=verdict, revision="2025-11-25", summary="",
        evidence=evidence,
    )  # fmt: skip


def blame(finding: Finding, transcript: Transcript, bundle: Bundle) -> tuple[Span, ...]:
    return blamed_lines(MCP.catalogue.rule(finding.requirement), finding, transcript, bundle)


def _blamed(requirement: str, *exchanges: Exchange, text: str = EXPRESS, path: str = "server.ts") -> list[str]:
    transcript = Transcript("x", ExampleKind.HTTP_SERVER, exchanges)
    finding = _finding(requirement, *(exchange.number for exchange in exchanges))
    return [str(span) for span in blame(finding, transcript, _bundle(path, text, _docs(text, 100)))]


def test_the_answer_with_the_wrong_status_in_a_handler_that_reads_the_session_header() -> None:
    assert _blamed("session.terminated-404", _exchange(1, 400)) == ["page.mdx:121-123"]


def test_a_helper_of_the_pages_own_that_is_given_the_status() -> None:
    text = (
        "function refuse(res, status) { res.status(status).end(); }\n"
        'const handle = (req, res) => {\n  const id = req.headers["mcp-session-id"];\n'
        "  if (!known.has(id)) {\n    refuse(res, 400);\n  }\n};\n"
    )
    assert _blamed("session.terminated-404", _exchange(1, 400), text=text) == ["page.mdx:105"]


def test_the_status_of_a_control_is_not_the_servers_fault() -> None:
    assert _blamed("session.terminated-404", _exchange(1, 400), _exchange(2, 410, control=1)) == []


def test_python_keyword_status() -> None:
    blamed = _blamed("session.terminated-404", _exchange(1, 400), text=STARLETTE, path="server.py")
    assert blamed == ["page.mdx:104-105"]


def test_the_lookup_that_never_asks_who_owns_the_session() -> None:
    assert _blamed("hijack.bind-user", _exchange(1, 200)) == ["page.mdx:118"]


def test_a_wildcard_origin() -> None:
    assert _blamed("http.origin-validate", _exchange(1, 200)) == ["page.mdx:103"]


@pytest.mark.parametrize(
    ("token", "lines"), [("inactive", ["page.mdx:108"]), ("wrong-audience", ["page.mdx:111"]), ("user1", [])]
)
def test_the_plain_error_for_the_token_that_was_sent(token: str, lines: list[str]) -> None:
    assert _blamed("auth.invalid-401", _exchange(1, 500, token=token)) == lines


def test_a_satisfied_finding_blames_nothing() -> None:
    transcript = Transcript("x", ExampleKind.HTTP_SERVER, (_exchange(1, 400),))
    finding = _finding("session.terminated-404", 1, verdict=Verdict.SATISFIED)
    assert blame(finding, transcript, _bundle("server.ts", EXPRESS, _docs(EXPRESS, 0))) == ()


def test_lines_that_docprobe_added_are_never_blamed() -> None:
    transcript = Transcript("x", ExampleKind.HTTP_SERVER, (_exchange(1, 400),))
    glue = (Segment(1, len(EXPRESS.splitlines()), None),)
    assert blame(_finding("session.terminated-404", 1), transcript, _bundle("server.ts", EXPRESS, glue)) == ()


@pytest.mark.parametrize("depth", sizes(1_500, soak=5_000))
def test_hostile_nesting_ends(depth: int) -> None:
    deep = "if(x){" * depth + "res.status(400).send()" + "}" * depth
    assert _blamed("session.terminated-404", _exchange(1, 400), text=deep + "\n") == []
