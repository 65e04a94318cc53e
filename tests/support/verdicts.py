"""What the rules of the Model Context Protocol decide about a transcript."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.model import Span, Statement
from harness.judge.judge import judge
from harness.load import load_schemas
from harness.model import BoundRequirement, Verdict
from harness.profiles.registry import MCP

if TYPE_CHECKING:
    from harness.model import Finding, Transcript

NEWEST = "2025-11-25"
SCHEMAS = load_schemas(Path(__file__).parents[1] / "fixtures" / "mcp" / "schema", MCP.revisions)
S, V, N, I = Verdict.SATISFIED, Verdict.VIOLATED, Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE  # noqa: E741


@cache
def rows() -> tuple[BoundRequirement, ...]:
    """The whole catalogue in every revision, bound to no corpus, with a small schema of two revisions."""
    return tuple(
        BoundRequirement(row, revision, level, row.basis[revision], None, schema=SCHEMAS.get(revision))
        for row in MCP.catalogue.requirements
        for revision, level in row.levels.items()
    )


def finding_of(transcript: Transcript, id: str) -> Finding:
    """The finding on one requirement, for a page of the newest revision with sessions."""
    asked = tuple(row for row in rows() if row.requirement.id == id)
    return next(f for f in judge(transcript, asked, MCP, page_revision=NEWEST) if f.requirement == id)


def quoted(transcript: Transcript, id: str, *sentences: str, revision: str = NEWEST) -> str | None:
    """The sentence that the finding on one requirement quotes, of those that it is bound to."""
    row = MCP.catalogue.requirement(id)
    level = row.levels[revision]
    span = Span("spec.mdx", 1, 1)
    said = [
        Statement("spec.mdx", revision, "", level, level.value, text, "server", span, text, frozenset())
        for text in sentences
    ]
    bound = BoundRequirement(row, revision, level, row.basis[revision], said[0], others=tuple(said[1:]))
    (finding,) = judge(transcript, (bound,), MCP, page_revision=revision)
    return finding.statement.text if finding.statement is not None else None


def verdicts_of(transcript: Transcript, page_revision: str = NEWEST) -> dict[str, Verdict]:
    """Every verdict, by the id of its requirement."""
    return {f.requirement: f.verdict for f in judge(transcript, rows(), MCP, page_revision=page_revision)}
