"""Reports to render in tests: the case docprobe was born from, in our own words, and a report full of hostile text."""

from __future__ import annotations

from dataclasses import replace

from extractor.model import ExampleKind, Level, Note, NoteKind, Origin, Span
from harness.model import (
    BaselineKind,
    BaselineNote,
    Basis,
    Drift,
    DriftKind,
    Edit,
    ExampleResult,
    FailOn,
    Finding,
    LogLine,
    NoLongerRunnable,
    Patch,
    Report,
    ReportProblem,
    Resolve,
    Run,
    StartOutcome,
    Status,
    Verdict,
)
from tests.support.report_pieces import (
    CODE,
    FIRST_LINE,
    PACKAGES,
    PAGE,
    ROWS,
    finding,
    page_source,
    statement,
    terminated,
    transcript,
)


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
        Resolve.TODAY, None, {}, StartOutcome.NEVER_LISTENED, "it started but did not listen on any port",
        logs=(LogLine(0.2, "stderr", "TypeError: app.listen is not a function"),),
    )  # fmt: skip
    examples = (
        newer,
        older,
        dated_python(),
        plain("docs/2025-11-25/develop/build-server#typescript", Status.JUDGED, None, "typescript", "c" * 64,
              kind=ExampleKind.STDIO_SERVER, revision="2025-11-25", findings=satisfied, negotiated=("2025-11-25",)),
        plain("docs/extensions/apps/build#server", Status.NOT_RUNNING, "it started but did not listen on any port",
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
        shards=("1/3", "3/3"), missing_shards=("2/3",), division="4" * 16, rules_root="other/spec",
        root_in_repository="site/docs",
        problems=(
            *report.problems, ReportProblem("no normative text found"),
            ReportProblem("two fences overlap", Span("docs/learn/range.mdx", 3, 9)),
        ),
    )  # fmt: skip


def quiet_report() -> Report:
    """Nothing to complain about."""
    report = rich_report()
    return replace(report, examples=(report.examples[3],), drift=(), baseline=(), problems=(), exit_code=0)
