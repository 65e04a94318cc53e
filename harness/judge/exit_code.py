"""The exit code of a report, and what decides it. README, "Exit codes", is this module in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.model import SHOULD_LIKE, BaselineKind, Basis, FindingChange, Gate, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

    from harness.model import Drift, ExampleResult, Finding, Report

OK: Final = 0
VIOLATED: Final = 1
INCOMPLETE: Final = 3


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A program that a change adds or edits and that was not judged, or judged otherwise a second time."""

    example: ExampleResult
    why: str
    flaky: Finding | None = None
    """The finding that two runs have otherwise, if that is why."""


def unchecked_programs(report: Report) -> tuple[Unchecked, ...]:
    """Return the programs that a change adds or edits and that were not checked, or gave two runs different results.

    What a baseline entry accepts does not count: the example, or the finding that differs.
    """
    known = [note for note in report.baseline if note.kind is BaselineKind.KNOWN]
    examples, findings = {note.example for note in known}, {(note.example, note.requirement) for note in known}
    edited = (e for e in report.examples if e.id in report.edited and e.status is not Status.SKIPPED)
    found = ((example, _flaky(example, findings)) for example in edited)
    return tuple(
        Unchecked(example, _why_unchecked(example, flaky), flaky)
        for example, flaky in found
        if flaky is not None or (not example.checked and example.id not in examples)
    )


def _flaky(example: ExampleResult, accepted: Collection[tuple[str, str]]) -> Finding | None:
    flaky = (finding for finding in example.findings if finding.flaky)
    return next((one for one in flaky if (example.id, one.requirement) not in accepted), None)


def _why_unchecked(example: ExampleResult, flaky: Finding | None) -> str:
    if flaky is not None:
        return f"{flaky.requirement}: {flaky.summary}"
    undecided = (f.summary for f in example.findings if f.verdict is Verdict.INCONCLUSIVE)
    said = next(undecided, None) if example.status is Status.NOT_RUNNING else None
    return said or example.reason or "no reason given"


def apply_fail_on(report: Report) -> Report:
    """Return the report with the findings that block according to its ``--fail-on``.

    ``must`` leaves the marks of the judge, ``should`` adds violations of a SHOULD that cite a sentence of the page's
    revision, ``never`` drops all marks.
    """

    def mark(finding: Finding, example: ExampleResult) -> Finding:
        match report.fail_on:
            case "never":
                return replace(finding, gates=False)
            case "should":
                own = example.revision is None or finding.revision == example.revision
                widened = (
                    finding.verdict is Verdict.VIOLATED
                    and finding.basis is Basis.TEXT
                    and finding.level in SHOULD_LIKE
                    and finding.statement is not None
                    and own
                )
                return replace(finding, gates=finding.gates or widened)
            case _:
                return finding

    return replace(
        report,
        examples=tuple(
            replace(example, findings=tuple(mark(finding, example) for finding in example.findings))
            for example in report.examples
        ),
    )


def apply_gate(report: Report) -> Report:
    """Return the report on a change in which, with ``--gate new``, only what the change introduces blocks.

    A finding and a drifted sentence that were there before don't block, nor does a baseline entry that the change makes
    stale: a fix must not fail the change that brings it.
    """
    if report.compared is None or report.compared.gate is not Gate.NEW:
        return report

    def blocks(entry: Finding | Drift) -> bool:
        return entry.gates and entry.change is not FindingChange.UNCHANGED

    return replace(
        report,
        examples=tuple(
            replace(example, findings=tuple(replace(finding, gates=blocks(finding)) for finding in example.findings))
            for example in report.examples
        ),
        drift=tuple(replace(entry, gates=blocks(entry)) for entry in report.drift),
        baseline=tuple(replace(note, gates=False) for note in report.baseline),
    )


def with_exit_code(report: Report) -> Report:
    """Return the report with its exit code: 1 if anything blocks, else 3 if it is incomplete, else 0."""
    return replace(report, exit_code=_code(report))


def _code(report: Report) -> int:
    blocked = (
        any(finding.gates for example in report.examples for finding in example.findings)
        or any(note.gates for note in report.baseline)
        or (report.fail_on != "never" and any(drift.gates for drift in report.drift))
    )
    if blocked:
        return VIOLATED
    statuses = {example.status for example in report.examples}
    judged = any(example.checked for example in report.examples)
    if report.lost or report.missing_shards or Status.BLOCKED in statuses or not (judged or report.narrowed):
        return INCOMPLETE
    if unchecked_programs(report):
        return INCOMPLETE
    accepted = {note.example for note in report.baseline if note.kind == "known"}
    not_run = {e.id for e in report.examples if e.status in {Status.FRAGMENT, Status.UNSUPPORTED}}
    if report.strict and not_run - accepted:
        return INCOMPLETE
    return OK
