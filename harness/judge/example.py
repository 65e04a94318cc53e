"""The example as a whole, decided before any conversation: whether it runs, whether its page is complete. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.judge.cause import told_apart
from harness.judge.findings import inconclusive, listed, satisfied, violated
from harness.model import BoundRequirement, StartOutcome

if TYPE_CHECKING:
    from extractor.model import Example
    from harness.model import Finding, Recording, Requirement
    from harness.profile import Catalogue

RUNS: Final = "example.runs"
COMPLETE: Final = "example.complete"


def runs(example: Example, recording: Recording, catalogue: Catalogue) -> tuple[Finding, ...]:
    """example.runs: it starts and answers a correct initialize, as documented, with the packages of today.

    Neither with today's packages nor with those of its date: gates, unless the page leaves something to the reader
    that docprobe cannot know: then its not starting says nothing. With those of its date only: warns.
    """
    if not recording.runs:
        return ()
    bound = _row(catalogue.requirement(RUNS), example.revision)
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


def complete(example: Example, catalogue: Catalogue) -> tuple[Finding, ...]:
    """example.complete: what docprobe had to add, since the page does not say it."""
    if example.bundle is None:
        return ()
    bound = _row(catalogue.requirement(COMPLETE), example.revision)
    added = example.bundle.added
    if added:
        return (violated(bound, f"The page does not say everything; docprobe added {listed(added)}."),)
    return (satisfied(bound, "The page gives everything that is needed to run the example."),)


def _row(row: Requirement, revision: str | None) -> BoundRequirement:
    """The catalogue's row for a page, or the one for any page if its revision is none of the catalogue's."""
    known = revision if revision is not None and revision in row.levels else ""
    return BoundRequirement(row, known, row.levels[known], row.basis[known], None)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
