"""The example as a whole: whether it runs, whether its page is complete, whether it serves its page's revision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.model import ExampleKind
from harness.judge.cause import told_apart
from harness.model import BoundRequirement, StartOutcome, Transport
from harness.profiles.mcp.catalogue import requirement
from harness.profiles.mcp.probes import steps
from harness.profiles.mcp.rules.reading import first, listed
from harness.profiles.mcp.rules.verdicts import inconclusive, satisfied, violated

if TYPE_CHECKING:
    from extractor.model import Example
    from harness.model import Finding, Recording, Transcript


def runs(example: Example, recording: Recording) -> tuple[Finding, ...]:
    """example.runs: it starts and answers a correct initialize, as documented, with the packages of today.

    Neither with today's packages nor with those of its date: gates, unless the page leaves something to the reader
    that docprobe cannot know: then its not starting says nothing. With those of its date only: warns.
    """
    if not recording.runs:
        return ()
    bound = _row("example.runs", example.revision)
    failed = [run for run in recording.runs if run.outcome is not StartOutcome.SERVING]
    attempts = "; ".join(
        f"{f'with the packages of {run.date}' if run.date else 'with the packages of today'}: {run.sentence}"
        for run in recording.runs
    )
    left = example.bundle.left_to_reader if example.bundle else ()
    if recording.transcript is None and left:
        text = f"The example does not run here, and its page leaves to the reader {listed(left)}. {_sentence(attempts)}"
        return (inconclusive(bound, text, ()),)
    if recording.transcript is None:
        return (replace(violated(bound, f"The example does not run. {_sentence(attempts)}"), gates=True),)
    if failed:
        named = [dependency.name for dependency in example.bundle.dependencies] if example.bundle else []
        return (violated(bound, f"The example {told_apart(recording.runs[-1], failed[0], named)}."),)
    return (satisfied(bound, _sentence(attempts)),)


def complete(example: Example) -> tuple[Finding, ...]:
    """example.complete: what docprobe had to add, since the page does not say it."""
    if example.bundle is None:
        return ()
    bound = _row("example.complete", example.revision)
    added = example.bundle.added
    if added:
        return (violated(bound, f"The page does not say everything; docprobe added {listed(added)}."),)
    return (satisfied(bound, "The page gives everything that is needed to run the example."),)


def match(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """revision.match: the example serves the revision of its page.

    A page of a revision without Streamable HTTP (2024-11-05) is not matched by a server of that transport, even if it
    also agrees to the number.
    """
    asked = [
        first(transcript, step)
        for step in (
            steps.BASELINE_INITIALIZE,
            steps.DISCOVER_INITIALIZE,
            steps.DISCOVER_MODERN,
            steps.STDIO_INITIALIZE,
        )
    ]
    if not transcript.negotiated:
        return inconclusive(bound, "The example negotiated no revision.", asked)
    spoken = listed(transcript.negotiated)
    if bound.revision not in transcript.negotiated:
        return violated(bound, f"The page belongs to {bound.revision}; its example negotiates {spoken}.", asked)
    if not transport_known(transcript, bound.revision):
        return violated(
            bound,
            f"The page belongs to {bound.revision}, which has no Streamable HTTP; its example speaks that transport "
            f"and negotiates {spoken}.",
            asked,
        )
    return satisfied(bound, f"The example negotiates {spoken}.", asked)


def transport_known(transcript: Transcript, revision: str) -> bool:
    """Whether the revision's text has the transport that was spoken: 2024-11-05 has no Streamable HTTP."""
    if transcript.kind is not ExampleKind.HTTP_SERVER:
        return True
    sse = transcript.facts.transport is Transport.HTTP_SSE
    return sse or not revision[:1].isdigit() or revision in requirement("post.request-sse-or-json").levels


def _row(id: str, revision: str | None) -> BoundRequirement:
    """The catalogue's row for a page, or the one for any page if its revision is none of the catalogue's."""
    row = requirement(id)
    known = revision if revision is not None and revision in row.levels else ""
    return BoundRequirement(row, known, row.levels[known], row.basis[known], None)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
