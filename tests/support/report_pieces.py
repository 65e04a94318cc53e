"""Pieces of results, made by hand: rows, statements, exchanges, a transcript, findings."""

from __future__ import annotations

from extractor.model import ExampleKind, Level, Subject
from harness.model import (
    Basis,
    Citation,
    Exchange,
    Failure,
    FailureKind,
    Finding,
    LogLine,
    Reply,
    Requirement,
    Session,
    Side,
    Stage,
    Transcript,
    Verdict,
)

PAGE = "docs/{}/tutorials/security/authorization.mdx"


SESSION = "5f0c2f0e-7c1b-4a57-9a3e-1f2f6f0a9d11"


PACKAGES = {"@modelcontextprotocol/sdk": "1.32.2", "express": "5.1.0", "cors": "2.8.5", "zod": "4.1.12", "qs": "6.14.0"}


INITIALIZED = (
    '{"jsonrpc":"2.0","id":3,"result":{"protocolVersion":"2025-11-25","capabilities":{},'
    '"serverInfo":{"name":"example","version":"1.0.0"}}}'
)


TOOLS = '{"jsonrpc":"2.0","id":6,"result":{"tools":[]}}'


CODE = """
const onPost = async (req: Request, res: Response) => {
  const id = req.headers["mcp-session-id"] as string | undefined;
  let transport: StreamableHTTPServerTransport;
  if (id && sessions[id]) {
    transport = sessions[id];
  } else if (!id && isInitializeRequest(req.body)) {
    transport = open();
  } else {
    res.status(400).json({
      jsonrpc: "2.0",
      error: { code: -32000, message: "No session" },
      id: null,
    });
    return;
  }
  await transport.handleRequest(req, res, req.body);
};

const onOther = async (req: Request, res: Response) => {
  const id = req.headers["mcp-session-id"] as string | undefined;
  if (!id || !sessions[id]) {
    res.status(400).send("No such session");
    return;
  }
  await sessions[id].handleRequest(req, res);
};
""".strip().split("\n")


FIRST_LINE = 12
"""Page line of ``CODE``'s first line."""


def row(
    name: str, level: Level, title: str, effect: str, fix: str, avoid: str = "", basis: Basis = Basis.TEXT
) -> Requirement:
    side = Side.EXAMPLE if name.startswith("example.") else Side.STDIO if name.startswith("stdio.") else Side.SERVER
    stage = Stage.START if side is Side.EXAMPLE else Stage.CONVERSATION
    return Requirement(
        name, title, side, {"2025-11-25": level}, {"2025-11-25": basis}, effect, fix, avoid, stage,
        always_warns=side is Side.EXAMPLE,
    )  # fmt: skip


ROWS = (
    row(
        "session.terminated-404", Level.MUST, "An ended session is not found", "Clients keep a session that is gone.",
        "Forget the session at DELETE; answer 404 to every method that brings an id you don't know.",
        "Don't turn the one shared 400 into 404: a missing id SHOULD get 400. Split the branch first.",
    ),
    row("session.missing-400", Level.SHOULD, "No id, no session", "A client can't tell its own slip.", "Answer 400."),
    row("session.id-charset", Level.MUST, "Ids are visible ASCII", "Proxies drop other bytes.", "Use a UUID."),
    row(
        "session.unknown-404", Level.SHOULD, "An id never issued is not found", "Nobody starts a new session.",
        "Answer 404.", "Don't answer a missing id alike.", Basis.INTERPRETATION,
    ),
    row(
        "hijack.bind-user", Level.SHOULD, "A session has one user", "Whoever learns the id can use the session.",
        "Keep the token's subject with the session.", "Don't compare client ids: users share them.",
    ),
    row(
        "auth.invalid-401", Level.MUST, "A bad token is refused", "Clients retry where they should sign in again.",
        "Let the verifier report a refusal as an invalid token.", "Don't throw a plain error from the verifier.",
    ),
    row(
        "http.origin-validate", Level.MUST, "A foreign Origin is not served", "Any web page can drive the server.",
        "Compare Origin with your own and refuse the rest.", 'Don\'t set CORS to "*" and take that for a check.',
    ),
    row("batch.receive", Level.MUST, "Batches are answered", "A batch is lost.", "Answer each part."),
    row("get.sse-or-405", Level.MUST, "GET streams or is refused", "Clients wait.", "Stream, or answer 405."),
    row("stdio.only-messages", Level.MUST_NOT, "Only messages on stdout", "Parsers break.", "Log to stderr."),
    row("stdio.exit-on-close", Level.SHOULD, "The end of stdin is the end", "Orphans pile up.", "End with stdin."),
    row(
        "example.runs", Level.MUST, "The example starts and answers", "A reader has no working server.",
        "Bring it up to today's packages, or pin those it was written for.",
        "Don't pin a range that admits the release that broke it.", Basis.INTERPRETATION,
    ),
)  # fmt: skip


def page_source() -> tuple[str, ...]:
    head = [
        "---",
        'title: "Authorization"',
        "---",
        "",
        "# Authorization",
        "",
        "## The server",
        "",
        "Save it and run:",
        "",
    ]
    return (*head, "```typescript", *CODE, "```", "", "That is all.")


def statement(
    revision: str, anchor: str, level: Level, text: str, first: int, page: str = "specification/{}/basic/transports.mdx"
) -> Citation:
    return Citation(
        file=page.format(revision), first=first, last=first + 1, text=text, level=level, keyword=level.value,
        anchor=anchor, revision=revision, subject=Subject.SERVER, fingerprint=f"{first:064x}",
    )  # fmt: skip


def terminated(revision: str) -> Citation:
    text = "Once it has ended a session, the server MUST answer every request that carries its id with 404 Not Found."
    return statement(revision, "session-management", Level.MUST, text, 211)


def exchange(number: int, step: str, method: str, status: int | None, *, body: str = "", **more: object) -> Exchange:
    reply = None
    if status is not None:
        said = str(more.pop("said", ""))
        headers = (("content-type", "application/json" if said.startswith("{") else "text/plain"),)
        reply = Reply(status=status, headers=headers, body=said, body_bytes=len(said))
    rpc = f'{{"jsonrpc":"2.0","id":{number},"method":"{body}"}}' if body else ""
    headers = [("host", "localhost:3000"), ("accept", "application/json, text/event-stream")]
    headers += [(str(k), str(v)) for k, v in dict(more.pop("headers", {})).items()]  # type: ignore[call-overload]
    values: dict[str, object] = {
        "number": number, "step": step, "revision": "2025-11-25", "process": 0, "method": method, "target": "/",
        "headers": tuple(headers), "body": rpc, "reply": reply, "failure": None, "started_s": number / 10,
        "duration_s": 0.008, "token": "user1",
    }  # fmt: skip
    return Exchange(**(values | more))  # type: ignore[arg-type]


def transcript(example_id: str) -> Transcript:
    no_session = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"No session"},"id":null}'
    own = {"session": "A", "headers": {"mcp-session-id": SESSION, "mcp-protocol-version": "2025-11-25"}}
    return Transcript(
        example_id=example_id,
        kind=ExampleKind.HTTP_SERVER,
        exchanges=(
            exchange(3, "baseline.initialize", "POST", 200, body="initialize", said=INITIALIZED),
            exchange(6, "live.post-request", "POST", 200, body="tools/list", said=TOOLS, **own),
            exchange(9, "missing.post-request", "POST", 400, body="tools/list", said=no_session, control=6),
            exchange(14, "terminated.end", "DELETE", 200, **own),
            exchange(
                15, "terminated.post-request", "POST", 400, body="tools/list", said=no_session, control=6, **own
            ),
            exchange(
                16, "terminated.post-notification", "POST", 400, body="notifications/initialized", said=no_session,
                **own,
            ),
            exchange(17, "terminated.get", "GET", 400, said="No such session", **own),
            exchange(18, "terminated.delete", "DELETE", 400, said="No such session", **own),
            exchange(21, "auth.inactive", "POST", 500, body="initialize", said="Internal error", token="inactive"),
            exchange(24, "hijack.user1.post-request", "POST", 200, body="tools/list", said='{"result":{}}', **own),
            exchange(
                25, "hijack.user2.post-request", "POST", 200, body="tools/list", said='{"result":{}}', control=24,
                **(own | {"token": "user2"}),
            ),
            exchange(
                28, "origin.foreign-initialize", "POST", 200, body="initialize", said='{"result":{}}',
                headers={"origin": "http://evil.example"},
            ),
            exchange(31, "unknown.post-request", "POST", 400, body="tools/list", said=no_session, session="unknown"),
            exchange(33, "get.stream", "GET", None, failure=Failure(FailureKind.TIMEOUT), **own),
        ),
        sessions=(Session("A", SESSION, "2025-11-25", 0, 3),),
        negotiated=("2025-03-26", "2025-06-18", "2025-11-25"),
        endpoint="http://localhost:3000/",
        demands_token=True,
        logs=(LogLine(0.4, "stdout", "listening on http://localhost:3000"),),
        packages=PACKAGES,
    )  # fmt: skip


def finding(requirement: str, level: Level, verdict: Verdict, revision: str, summary: str, **more: object) -> Finding:
    values: dict[str, object] = {"basis": Basis.TEXT}
    return Finding(
        requirement=requirement, level=level, verdict=verdict, revision=revision, summary=summary, **(values | more)
    )  # type: ignore[arg-type]
