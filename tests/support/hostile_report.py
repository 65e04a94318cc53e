"""A report with hostile text in everything that docs, packages or servers choose."""

from __future__ import annotations

from dataclasses import replace

from extractor.model import Note, NoteKind, Origin, Span
from harness.model import (
    BaselineKind,
    BaselineNote,
    Edit,
    LogLine,
    NoLongerRunnable,
    Patch,
    Report,
    ReportProblem,
)
from tests.support.reports import rich_report

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
