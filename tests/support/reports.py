"""Reports to render in tests: the case docprobe was born from, in our own words, and a report full of hostile text."""

from __future__ import annotations

from dataclasses import replace

from extractor.model import ExampleKind, Level, Note, NoteKind, Origin, Span, Subject
from harness.model import (
    BaselineKind,
    BaselineNote,
    Basis,
    Citation,
    Drift,
    DriftKind,
    Edit,
    ExampleResult,
    Exchange,
    FailOn,
    Failure,
    FailureKind,
    Finding,
    LogLine,
    NoLongerRunnable,
    Patch,
    Reply,
    Report,
    ReportProblem,
    Requirement,
    Resolve,
    Run,
    Session,
    Side,
    Stage,
    StartOutcome,
    Status,
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


def tutorial_findings(page: str, revision: str, *, own: bool) -> tuple[Finding, ...]:
    """What the TypeScript tab does, judged by one revision."""
    post = Span(page, FIRST_LINE + 8, FIRST_LINE + 13)
    other = Span(page, FIRST_LINE + 20, FIRST_LINE + 22)
    hijack = "docs/{}/tutorials/security/best_practices.mdx"
    found = [
        finding(
            "session.terminated-404", Level.MUST, Verdict.VIOLATED, revision,
            "DELETE was answered 200. After it a POST request, a POST notification, GET and DELETE with the same id "
            "were each answered 400; the same requests were served before.",
            statement=terminated(revision), evidence=(6, 14, 15, 16, 17, 18), blame=(post, other), gates=own,
            patch=Patch(
                "run with this change, the example satisfies session.terminated-404",
                (
                    Edit(page, FIRST_LINE + 8, FIRST_LINE + 8, "    res.status(id ? 404 : 400).json({\n"),
                    Edit(page, FIRST_LINE + 21, FIRST_LINE + 21,
                         '    res.status(id ? 404 : 400).send("No such session");\n'),
                ),
            ),
        ),
        finding(
            "session.missing-400", Level.SHOULD, Verdict.SATISFIED, revision, "Without an id: 400.", evidence=(6, 9)
        ),
        finding(
            "session.unknown-404", Level.SHOULD, Verdict.VIOLATED, revision,
            "An id that was never issued is answered 400.", basis=Basis.INTERPRETATION, evidence=(6, 31),
            blame=(post,),
        ),
        finding("session.id-charset", Level.MUST, Verdict.SATISFIED, revision, "20 ids, all visible ASCII."),
        finding(
            "hijack.bind-user", Level.SHOULD, Verdict.VIOLATED, revision,
            "User 2's token was served on the session of user 1.",
            statement=statement(revision, "mitigation", Level.SHOULD, "Tie them to users, you SHOULD.", 584, hijack),
            evidence=(24, 25), blame=(Span(page, FIRST_LINE + 4, FIRST_LINE + 4),),
        ),
        finding(
            "auth.invalid-401", Level.MUST, Verdict.VIOLATED, revision,
            "An inactive token was answered 500 where 401 is due.",
            statement=statement(revision, "token-handling", Level.MUST, "Bad tokens MUST get a 401.", 261,
                                "specification/{}/basic/authorization.mdx"),
            evidence=(21,), gates=own,
        ),
        finding(
            "http.origin-validate", Level.MUST, Verdict.VIOLATED, revision,
            "initialize with Origin http://evil.example was served.",
            statement=statement(revision, "security-warning", Level.MUST, "Servers MUST check the Origin header.", 78),
            evidence=(28,), gates=own,
        ),
        finding(
            "batch.receive", Level.MUST, Verdict.NOT_APPLICABLE, revision, "Only 2025-03-26 has batches.",
        ),
        finding("get.sse-or-405", Level.MUST, Verdict.INCONCLUSIVE, revision, "No head in 10 s.", evidence=(33,)),
    ]  # fmt: skip
    return tuple(found)


def tutorial(revision: str, *, others: tuple[str, ...]) -> ExampleResult:
    page = PAGE.format(revision)
    example_id = f"{page.removesuffix('.mdx')}#typescript"
    runs = (
        finding(
            "example.runs", Level.MUST, Verdict.SATISFIED, "", "Starts and answers initialize.",
            basis=Basis.INTERPRETATION,
        ),
    )  # fmt: skip
    by_own = tutorial_findings(page, revision, own=True)
    by_others = tuple(f for other in others for f in tutorial_findings(page, other, own=False))
    return ExampleResult(
        id=example_id, page=page, revision=revision, language="typescript", kind=ExampleKind.HTTP_SERVER,
        status=Status.JUDGED, reason=None, spans=(Span(page, FIRST_LINE - 1, FIRST_LINE + len(CODE)),), digest="a" * 64,
        copies=tuple(PAGE.format(other).removesuffix(".mdx") + "#typescript" for other in others),
        notes=(
            Note(NoteKind.FILE_NAME, Origin.INFERRED, "server.ts", confidence=0.6),
            Note(NoteKind.DEPENDENCY, Origin.INFERRED, "@modelcontextprotocol/sdk", confidence=0.9),
            Note(NoteKind.DEPENDENCY, Origin.INFERRED, "express", confidence=0.9),
        ),
        added=("file name server.ts", "dependency @modelcontextprotocol/sdk", "dependency express"),
        packages=PACKAGES, runs=(Run(Resolve.TODAY, None, PACKAGES, StartOutcome.SERVING, "", duration_s=1.1),),
        findings=runs + by_own + by_others, transcript=transcript(example_id),
        negotiated=("2025-03-26", "2025-06-18", "2025-11-25"), duration_s=4.2,
    )  # fmt: skip


def dated_python() -> ExampleResult:
    """Starts with the packages of its date only: a warning, and the rest is judged."""
    page = PAGE.format("2025-11-25")
    gone = "exited with code 1: module mcp.server.fastmcp is gone or not installed"
    return ExampleResult(
        id=page.removesuffix(".mdx") + "#python", page=page, revision="2025-11-25", language="python",
        kind=ExampleKind.HTTP_SERVER, status=Status.JUDGED, reason=None, spans=(Span(page, 40, 42),), digest="b" * 64,
        added=("file name server.py",), packages={"mcp": "1.22.0", "starlette": "0.50.0"},
        runs=(
            Run(
                Resolve.TODAY, None, {"mcp": "2.3.0"}, StartOutcome.EXITED, gone,
                logs=(LogLine(0.9, "stderr", "ModuleNotFoundError: No module named 'mcp.server.fastmcp'"),),
                duration_s=2.0,
            ),
            Run(Resolve.DATED, "2025-11-25", {"mcp": "1.22.0"}, StartOutcome.SERVING, "it starts and answers initialize"),
        ),
        findings=(
            finding(
                "example.runs", Level.MUST, Verdict.VIOLATED, "",
                "runs with mcp 1.22.0 of 2025-11-25, not with 2.3.0: module mcp.server.fastmcp is gone",
                basis=Basis.INTERPRETATION,
            ),
            finding("session.terminated-404", Level.MUST, Verdict.SATISFIED, "2025-11-25", "404 four times.",
                    statement=terminated("2025-11-25")),
        ),
        negotiated=("2025-11-25",), duration_s=6.5, cached=True,
    )  # fmt: skip


def plain(
    example_id: str, status: Status, reason: str | None, language: str, digest: str, **more: object
) -> ExampleResult:
    page = example_id.split("#")[0] + ".mdx"
    values: dict[str, object] = {"kind": ExampleKind.OTHER, "revision": None, "spans": (Span(page, 3, 9),)}
    return ExampleResult(
        id=example_id, page=page, language=language, status=status, reason=reason, digest=digest, **(values | more)
    )  # type: ignore[arg-type]


def rich_report() -> Report:
    """Every kind of outcome once; what the README shows."""
    newer, older = tutorial("2025-11-25", others=("2025-06-18",)), tutorial("2025-06-18", others=("2025-11-25",))
    satisfied = tuple(
        finding(name, Level.MUST, Verdict.SATISFIED, "2025-11-25", "As asked.")
        for name in ("stdio.only-messages", "stdio.exit-on-close")
    )
    unserved = finding(
        "example.runs", Level.MUST, Verdict.VIOLATED, "", "It starts with no packages, today's or its own.",
        basis=Basis.INTERPRETATION, gates=True,
    )  # fmt: skip
    failed = Run(
        Resolve.TODAY, None, {}, StartOutcome.NEVER_LISTENED, "it started and listened on no port",
        logs=(LogLine(0.2, "stderr", "TypeError: app.listen is not a function"),),
    )  # fmt: skip
    examples = (
        newer,
        older,
        dated_python(),
        plain("docs/2025-11-25/develop/build-server#typescript", Status.JUDGED, None, "typescript", "c" * 64,
              kind=ExampleKind.STDIO_SERVER, revision="2025-11-25", findings=satisfied, negotiated=("2025-11-25",)),
        plain("docs/extensions/apps/build#server", Status.NOT_RUNNING, "it started and listened on no port",
              "typescript", "d" * 64, kind=ExampleKind.HTTP_SERVER, findings=(unserved,), runs=(failed,)),
        plain("docs/sdk/remote#python", Status.BLOCKED, "the registry did not answer (next: docprobe doctor)", "python",
              "e" * 64, kind=ExampleKind.HTTP_SERVER),
        plain("docs/2025-11-25/tutorials/security/authorization#csharp", Status.UNSUPPORTED,
              "C# needs the .NET SDK, which docprobe does not bring", "csharp", "f" * 64),
        plain("docs/learn/handlers#typescript", Status.FRAGMENT, "uses `app`, which no block of this page defines",
              "typescript", "1" * 64),
        plain("docs/learn/handlers#typescript-2", Status.FRAGMENT, "uses `app`, which no block of this page defines",
              "typescript", "2" * 64),
        plain("docs/learn/before-after#python", Status.SKIPPED, "deliberately broken", "python", "3" * 64),
    )  # fmt: skip
    drift = Drift(
        requirement="session.missing-400", revision="2025-06-18", kind=DriftKind.CHANGED,
        page="specification/2025-06-18/basic/transports.mdx", anchor="session-management", expected="9" * 64,
        nearest=statement("2025-06-18", "session-management", Level.SHOULD, "No id SHOULD mean 400, or so.", 186),
        similarity=0.62, gates=True, old="A missing id SHOULD mean 404, or so.",
        words="[-A missing-] {+No+} id SHOULD mean [-404,-] {+400,+} or so.",
    )  # fmt: skip
    return Report(
        version="0.1.0", started="2026-11-22T03:00:00Z", duration_s=31.4, docs_root="docs", commit="b0f60ba5" * 5,
        snapshot=None, examples=examples, drift=(drift,),
        baseline=(
            BaselineNote(BaselineKind.STALE, "docs/learn/old#python", "session.missing-400", "fixed upstream soon", gates=True),
            BaselineNote(BaselineKind.EXPIRED, newer.id, "auth.invalid-401", "waits for the SDK"),
        ),
        problems=(ReportProblem("the fence is never closed", Span("docs/learn/broken.mdx", 7, 7)),), requirements=ROWS,
        sources={newer.page: page_source(), older.page: page_source()}, exit_code=1, root_in_repository="docs",
    )  # fmt: skip


def full_report() -> Report:
    """Every field of the published format with a value of its own: joined shards of a run on another specification."""
    report = rich_report()
    first, *rest = report.examples
    locked = replace(first.runs[0], lock="{}", date=None, sentence="it starts")
    noted = Note(NoteKind.COMMAND, Origin.STATED, "node server.js", confidence=0.5, span=Span(first.page, 3, 4))
    spans = (replace(first.spans[0], column=4), Span(first.page, 40, 41))
    findings = tuple(replace(f, fix="Answer 404.") if f.gates else f for f in first.findings)
    sentence = statement("2025-11-25", "", Level.MUST_NOT, "It MUST NOT.", 7)
    cited = replace(findings[1], statement=replace(sentence, line=8, revision=None))
    fuller = replace(
        first, runs=(locked,), notes=(*first.notes, noted), spans=spans, findings=(*findings, cited), cached=True,
        transcript_file="out-transcripts/a.json",
    )  # fmt: skip
    known = BaselineNote(BaselineKind.KNOWN, first.id, "hijack.bind-user", "waits for the SDK")
    gone = BaselineNote(BaselineKind.UNKNOWN_ID, "docs/gone#python", "example.runs", "was removed", gates=True)
    moved = replace(report.drift[0], kind=DriftKind.MOVED, similarity=1.0, gates=False)
    vanished = Drift("session.id-charset", "draft", DriftKind.VANISHED, "specification/draft/a.mdx", "", "8" * 64, None)
    return replace(
        report, examples=(fuller, *rest), drift=(*report.drift, moved, vanished),
        baseline=(*report.baseline, known, gone), snapshot="5" * 64, strict=True, fail_on=FailOn.SHOULD, narrowed=True,
        lost=(NoLongerRunnable("docs/a#python", "docs/a.mdx", 12, "origin/main", "it uses a name that no block defines"),),
        shards=("1/3", "3/3"), missing_shards=("2/3",), rules_root="other/spec", root_in_repository="site/docs",
        problems=(
            *report.problems, ReportProblem("no normative text found"),
            ReportProblem("two fences overlap", Span("docs/learn/range.mdx", 3, 9)),
        ),
    )  # fmt: skip


def quiet_report() -> Report:
    """Nothing to complain about."""
    report = rich_report()
    return replace(report, examples=(report.examples[3],), drift=(), baseline=(), problems=(), exit_code=0)


HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x9b31m",
    "::error file=a::owned",
    "\n::set-output name=x::owned",
    "\n  ::add-mask::owned",
    "##[add-mask]owned ##vso[task.setvariable variable=x]owned",
    "]]><failure/>&amp;&#0;",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png) | cell `tick` ```\n```",
    "http://evil.example www.evil.example @octocat #1",
    '","injected":true,"x":"',
    "nul\x00 rtl\u202egnp.exe bom\ufeff tag\U000e0041 lone\udcff ls\u2028",
    "%0A::error::owned",
)


def nasty(label: str) -> str:
    return label + " " + " ".join(HOSTILE)


def hostile_report() -> Report:
    """The born-from case with hostile text in everything that docs, packages or servers choose."""
    report = rich_report()
    bad_page = "docs/" + nasty("page").replace("/", "|") + ".mdx"
    said = nasty("reply")
    tainted = []
    for example in report.examples:
        spans = tuple(replace(span, file=bad_page) for span in example.spans)
        findings = tuple(
            replace(
                f, summary=nasty("summary"), fix=nasty("fix"), blame=tuple(replace(s, file=bad_page) for s in f.blame),
                statement=replace(
                    f.statement, text=nasty("MUST"), anchor=nasty("anchor"), file=bad_page
                ) if f.statement else None,
                patch=Patch(nasty("patch"), (Edit(bad_page, 2, 3, nasty("edit")),)) if f.patch else None,
            )
            for f in example.findings
        )  # fmt: skip
        talk = example.transcript and replace(
            example.transcript,
            exchanges=tuple(
                replace(
                    e, target="/" + nasty("target"), headers=(("origin", nasty("origin")),), body=nasty("body"),
                    reply=e.reply and replace(e.reply, body=said, headers=((nasty("name"), nasty("value")),)),
                    failure=e.failure and replace(e.failure, detail=nasty("failure")), note=nasty("note"),
                )
                for e in example.transcript.exchanges
            ),
            logs=(LogLine(0.1, "stderr", nasty("log")),),
        )  # fmt: skip
        tainted.append(
            replace(
                example, id=bad_page + "#" + example.id[-12:], page=bad_page, spans=spans, findings=findings,
                language=nasty("language"), reason=example.reason and nasty("reason"), transcript=talk,
                added=(nasty("added"),), packages={nasty("package"): nasty("1.0")},
                notes=(Note(NoteKind.REMARK, Origin.STATED, detail=nasty("note")),),
                runs=tuple(
                    replace(r, sentence=nasty("sentence"), logs=(LogLine(0.1, "stdout", nasty("log")),))
                    for r in example.runs
                ),
            )
        )  # fmt: skip
    drift = tuple(
        replace(d, page=bad_page, anchor=nasty("anchor"),
                nearest=d.nearest and replace(d.nearest, text=nasty("near"), file=bad_page))
        for d in report.drift
    )  # fmt: skip
    return replace(
        report, examples=tuple(tainted), drift=drift, docs_root=nasty("root"),
        problems=(ReportProblem(nasty("problem")), ReportProblem(nasty("problem"), Span(bad_page, 7, 7))),
        lost=(NoLongerRunnable(nasty("example"), bad_page, 3, nasty("ref"), nasty("reason")),),
        baseline=(BaselineNote(BaselineKind.STALE, nasty("example"), "x", nasty("reason"), gates=True),),
        sources={bad_page: tuple(nasty(f"line {n}") for n in range(60))},
    )  # fmt: skip
