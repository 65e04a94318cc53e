"""A change of a page that was run: what it changed, what running it showed, and the words for it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.judge.findings import join_words
from harness.model import Status, Verdict
from harness.repair.edits import rewritten, unified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.model import ExampleResult, Finding, Report
    from harness.repair.edits import FileEdit
    from harness.repair.pins import Pin
    from harness.rule import Catalogue

RuleInRevision = tuple[str, str]
"""Requirement and revision."""


@dataclass(frozen=True, slots=True)
class FailedFix:
    """A change that was run and is not a fix."""

    tried: tuple[str, ...]
    """Requirements that it set out to fix."""
    why: str
    """Where it was made and what running it showed, as a clause."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A patch and what running the patched page showed."""

    edits: tuple[FileEdit, ...] = ()
    """Empty if docprobe knows no fix for these lines."""
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Every page and included file that the patch changes, before and after, by path relative to the docs root."""
    tried: tuple[str, ...] = ()
    """Requirements that the patch set out to fix."""
    fixed: tuple[RuleInRevision, ...] = ()
    """What was violated and is satisfied now."""
    remaining: tuple[str, ...] = ()
    """Requirements that the patch set out to fix and that are still violated."""
    unfitting: tuple[str, ...] = ()
    """Violated requirements with a known fix that fits no line of this example."""
    broken: tuple[str, ...] = ()
    """Requirements that were not violated and are now."""
    shown: tuple[str, ...] = ()
    """Requirements that nobody could judge before, since the example did not run, and that are violated."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Installed when the patched example ran."""
    trouble: str | None = None
    """Why the patched example could not be judged; None if it was."""
    blocking: tuple[str, ...] = ()
    """Requirements without a known fix that still decide the exit code."""
    pins: tuple[Pin, ...] = ()
    """Packages that the patch pins on the page's install lines."""
    alternative: tuple[Pin, ...] = ()
    """Packages that make the example run, too, if they are pinned in place of what the patch changes for that."""
    given_up: FailedFix | None = None
    """What was tried together with this and left out, since it does not work; None if nothing was."""
    failed_pins: tuple[FailedFix, ...] = ()
    """Pins that were tried and do not make the example run."""
    violated: tuple[str, ...] = ()
    """Every requirement that the example violates before the fix, sorted, whether or not a fix is known."""

    @property
    def holds(self) -> bool:
        """Whether the patch fixes something, breaks nothing and leaves nothing that it set out to fix."""
        return bool(self.fixed) and not self.broken and not self.remaining and self.trouble is None

    def files(self, docs: Path) -> dict[str, tuple[bytes, bytes]]:
        """Return the bytes of each page below ``docs`` that it changes, before and after."""
        found = {}
        for path, (before, after) in sorted(self.texts.items()):
            raw = (docs / path).read_bytes()
            found[path] = raw, rewritten(raw, before, after)
        return found

    def patch(self, docs: Path, prefix: str = "") -> bytes:
        """Return the patch as ``git apply`` reads it; empty without edits.

        Args:
            docs: the docs root.
            prefix: goes before each path; it is empty or ends in a slash.
        """
        return b"".join(unified(prefix + path, before, after) for path, (before, after) in self.files(docs).items())


def with_failures(report: Report, failures: Mapping[str, tuple[FailedFix, ...]], catalogue: Catalogue) -> Report:
    """Return the report with what was tried and does not work, in the advice of the findings that it was meant to fix.

    Args:
        report: of the run.
        failures: by digest of the text.
        catalogue: with the advice of requirements.
    """

    def with_advice(result: ExampleResult, finding: Finding) -> Finding:
        failed = [one.why for one in failures.get(result.digest, ()) if finding.requirement in one.tried]
        if not failed or finding.verdict is not Verdict.VIOLATED:
            return finding
        advice = finding.fix or catalogue.requirement(finding.requirement).fix
        return replace(finding, fix=f"{advice} Tried: {'; '.join(failed)}.")

    return replace(
        report,
        examples=tuple(
            replace(result, findings=tuple(with_advice(result, finding) for finding in result.findings))
            for result in report.examples
        ),
    )


def outcome_of(trial: Trial) -> str:
    """Return what a trial showed, as a clause."""
    if trial.holds:
        return f"the fix works: {', '.join(sorted({requirement for requirement, _ in trial.fixed}))}"
    if not trial.texts:
        return "no fix is known for these lines"
    return f"the fix is not proved and is not offered: {why_not(trial)}"


def failures_of(trial: Trial) -> tuple[FailedFix, ...]:
    """Return what was tried and does not work, and what docprobe knows fixes for and none of them fits."""
    found = []
    if trial.given_up is not None:
        found.append(trial.given_up)
    elif trial.texts and not trial.holds:
        found.append(FailedFix(trial.tried, why_not(trial)))
    found += trial.failed_pins
    unfitting = trial.unfitting if trial.texts else (*trial.remaining, *trial.unfitting)
    return (
        *found,
        FailedFix(unfitting, "none of the changes that docprobe knows for this fits the code"),
    )


def why_not(trial: Trial) -> str:
    """Return where a change was made and what running it showed."""
    parts = (("still violated", trial.remaining), ("newly violated", trial.broken))
    left = [f"{title}: {', '.join(names)}" for title, names in parts if names]
    shown = trial.trouble or "; ".join(left) or "nothing is fixed by it"
    # what docprobe, or its environment, prevented says nothing against the change
    blocked = trial.trouble is not None and trial.trouble.startswith(Status.BLOCKED.value)
    what = "which could not be tried" if blocked else "which does not work"
    return f"a change of {join_words(changed_places(trial.texts))}, {what} ({shown.rstrip('.')})"


def changed_places(texts: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """Yield the lines of the docs that differ, of texts before and after by path."""
    for path, (before, after) in sorted(texts.items()):
        matcher = difflib.SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
        yield from (f"{path}:{first + 1}" for tag, first, *_ in matcher.get_opcodes() if tag != "equal")
