"""Code of a page that violates a requirement, and which of its lines the requirement's rule blames."""

from __future__ import annotations

from extractor.model import Bundle, ExampleKind, Level, Manager, Segment, SourceFile, Span
from harness.judge.blame.blame import blame
from harness.judge.blame.evidence import Evidence
from harness.model import Basis, Exchange, Finding, Reply, Transcript, Verdict
from harness.profiles.registry import MCP


def bundle_of(text: str, path: str = "server.ts", segments: tuple[Segment, ...] | None = None) -> Bundle:
    """A bundle of one file whose lines are those of the page ``p.mdx``, unless ``segments`` say otherwise."""
    count = len(text.splitlines())
    file = SourceFile(path, text, segments or (Segment(1, count, Span("p.mdx", 1, count)),))
    return Bundle("x", "typescript", ExampleKind.HTTP_SERVER, "node", (file,), Manager.NPM, (), ("node",))


def exchange(number: int, status: int, *, token: str | None = None, control: int | None = None) -> Exchange:
    reply = Reply(status, (), "", 0)
    return Exchange(number, "s", None, 0, "POST", "/", (), "", reply, None, 0.0, 0.0, token=token, control=control)


def transcript_of(*exchanges: Exchange) -> Transcript:
    return Transcript("x", ExampleKind.HTTP_SERVER, exchanges)


def violation(requirement: str, *exchanges: Exchange) -> Finding:
    return Finding(
        requirement=requirement, level=Level.MUST, basis=Basis.TEXT, verdict=Verdict.VIOLATED, revision="2025-11-25",
        summary="", evidence=tuple(each.number for each in exchanges),
    )  # fmt: skip


def blamed(requirement: str, *exchanges: Exchange, text: str, path: str = "server.ts") -> list[tuple[int, int]]:
    """First and last line of everything that is blamed."""
    rule, finding = MCP.catalogue.rule(requirement), violation(requirement, *exchanges)
    spans = blame(rule, finding, Evidence(transcript_of(*exchanges), bundle_of(text, path))).lines
    return [(span.first, span.last) for span in spans]
