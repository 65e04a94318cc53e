"""What the page and the attempts to start an example decide, before any conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.judge.failure_cause import cause_of, how_to_state, left_that_explains
from harness.judge.findings import inconclusive, join_words, satisfied, violated
from harness.judge.start_failure import comparable_causes, compare_runs
from harness.judge.start_fixes import fixes_for, last_words, lines_of_cause
from harness.model import BoundRequirement, Requirement, StartOutcome

if TYPE_CHECKING:
    from extractor.model import Example
    from harness.model import Finding, Recording, Run
    from harness.rule import Catalogue, Serving

RUNS: Final = "example.runs"
"""Id of the requirement that the example starts and serves."""
PACKAGES: Final = "example.packages"
"""Id of the requirement that the page installs what its code imports."""
IMPORTS: Final = "example.imports"
"""Id of the requirement that packages have what code imports."""
NO_REVISION: Final = ""
"""Key of a level table for pages that belong to no revision."""


def judge_example(example: Example, recording: Recording, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Return what the page and the attempts to start the example decide, before any conversation."""
    findings = (
        rule.example(example, recording, _bound(rule.requirement, example.revision))
        for rule in catalogue.rules
        if rule.example is not None
    )
    return tuple(finding for finding in findings if finding is not None)


def runs(example: Example, recording: Recording, bound: BoundRequirement, *, serving: Serving) -> Finding | None:
    """Judge whether the example starts and serves, as documented, with the packages of today.

    An example that runs neither with today's packages nor with those of its date violates the requirement and blocks,
    unless the failure may come from something that its page leaves to the reader and docprobe cannot know, or that
    docprobe inferred: then it decides nothing. One that runs with the packages of its date only violates
    it and does not block.
    """
    if not recording.runs:
        return None
    failed = [run for run in recording.runs if run.outcome is not StartOutcome.SERVING]
    attempts = "; ".join(f"{run.when}: {run.sentence}" for run in recording.runs)
    left = [left_that_explains(run, example.bundle) if example.bundle else () for run in failed]
    if recording.transcript is None and left and left[0]:
        parts = join_words(part.what for part in left[0])
        return inconclusive(
            bound, f"The example does not run here; its page leaves {parts} to the reader. {_sentence(attempts)}"
        )
    if not failed:
        return satisfied(bound, _sentence(attempts))
    cause = cause_of(failed[0], example.bundle) if example.bundle else None
    lines = lines_of_cause(failed[0], example.bundle, cause) if cause and example.bundle else ()
    if recording.transcript is not None:
        direct = [dependency.name for dependency in example.bundle.dependencies] if example.bundle else []
        difference = compare_runs(recording.runs[-1], failed[0], direct)
        legs = dict.fromkeys(comparable_causes(failed[0]), False)
        finding = replace(violated(bound, f"The example {difference}.", legs=legs), blame=lines)
        return _with_suggested_date(finding, recording.runs[-1])
    if cause and cause.guesses:
        guessed = join_words(note.what for note in cause.guesses)
        stated = how_to_state(cause.guesses)
        hint = f" To have it checked, state on the page (or in docprobe.toml) {stated}." if stated else ""
        return inconclusive(
            bound,
            f"The example does not run here. {_sentence(attempts)} "
            f"This may come from what docprobe inferred: {guessed}.{hint}",
        )
    text = f"The example does not run. {_sentence(attempts)}"
    words = last_words(failed[0])
    if words and words not in attempts:
        text += f" Its last output: “{words}”."
    fix = bound.requirement.fix
    if example.bundle:
        causes = [cause_of(run, example.bundle) for run in failed]
        fix = fixes_for(failed, example.bundle, causes, fix, serving)
    finding = violated(bound, text, legs=dict.fromkeys(comparable_causes(failed[0]), False))
    # what the reader has may make it run with the packages of its date
    return replace(finding, gates=not any(left), blame=lines, fix=fix)


def _with_suggested_date(finding: Finding, run: Run) -> Finding:
    """Return the finding with the advice to state the date, if it was only that of a commit."""
    if run.date_source is None:
        return finding
    state = f'To keep it judged with these packages, state their date: `resolve-date = "{run.date}"` in docprobe.toml.'
    text = f"{finding.summary} The date is that of the last commit that touched the example."
    return replace(finding, summary=text, fix=f"{finding.fix} {state}")


def _bound(row: Requirement, revision: str | None) -> BoundRequirement:
    """Return a row as it counts for a page of ``revision``, which the catalogue may not know."""
    known = revision if revision is not None and revision in row.levels else NO_REVISION
    return BoundRequirement(row, known, row.levels[known], row.basis[known], None)


def _sentence(text: str) -> str:
    """Return a sentence with its capital and one mark at its end: an interpreter may ask a question."""
    ended = text.rstrip(".")
    return f"{ended[:1].upper()}{ended[1:]}{'' if ended.endswith(('?', '!')) else '.'}"
