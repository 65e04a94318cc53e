"""A saved transcript judged again: no engine, and no docs if they are not at hand. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.judge import judge
from harness.model import BoundRequirement, ExampleResult, Report, Status

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from harness.model import Requirement, Transcript
    from harness.profile import Profile


def unbound(catalogue: Sequence[Requirement]) -> tuple[BoundRequirement, ...]:
    """The catalogue without sentences: what a transcript is judged by when the docs are not at hand."""
    return tuple(
        BoundRequirement(row, revision, level, row.basis[revision], None)
        for row in catalogue
        for revision, level in row.levels.items()
    )


def rejudge(
    transcript: Transcript,
    bound: Sequence[BoundRequirement],
    profile: Profile,
    *,
    page_revision: str | None,
    version: str,
    at: datetime.datetime,
) -> Report:
    """A report on one transcript. Lines are not blamed: that takes the example's files.

    Args:
        transcript: as saved by a run.
        bound: the catalogue, bound or from :func:`unbound`.
        profile: whose rules decide.
        page_revision: whose text decides; None if the page belongs to no revision.
        version: of docprobe.
        at: now, UTC.
    """
    page = transcript.example_id.partition("#")[0]
    example = ExampleResult(
        id=transcript.example_id,
        page=page,
        revision=page_revision,
        language="",
        kind=transcript.kind,
        status=Status.JUDGED,
        reason=None,
        spans=(),
        digest=transcript.example_id,
        packages=transcript.packages,
        findings=judge(transcript, bound, profile, page_revision=page_revision),
        transcript=transcript,
        negotiated=transcript.negotiated,
    )
    return Report(
        version=version,
        started=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        duration_s=0.0,
        docs_root="a saved transcript",
        commit=None,
        snapshot=None,
        examples=(example,),
        requirements=tuple({row.requirement.id: row.requirement for row in bound}.values()),
    )
