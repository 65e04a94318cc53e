"""What the rules of the Model Context Protocol decide about a transcript."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

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


def verdicts_of(transcript: Transcript, page_revision: str = NEWEST) -> dict[str, Verdict]:
    """Every verdict, by the id of its requirement."""
    return {f.requirement: f.verdict for f in judge(transcript, rows(), MCP, page_revision=page_revision)}
