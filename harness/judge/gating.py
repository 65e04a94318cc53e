"""What decides the exit code. README, "Exit codes", is this module in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.model import SHOULD_LIKE, Basis, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import ExampleResult, Finding, Report

OK: Final = 0
VIOLATED: Final = 1
INCOMPLETE: Final = 3


def without_sentence(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What a conversation was found to break, by the docs in hand: where they lack the sentence, nothing gates."""
    return tuple(replace(finding, gates=finding.gates and finding.statement is not None) for finding in findings)


def apply_fail_on(report: Report) -> Report:
    """Widen (``should``) or drop (``never``) what gates; ``must`` leaves the checks' own marks."""

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


def decide(report: Report) -> Report:
    """The report with its exit code: 1 something gates, 3 incomplete, 0 all is judged. 1 wins over 3."""
    return replace(report, exit_code=_code(report))


def _code(report: Report) -> int:
    gating = (
        any(finding.gates for example in report.examples for finding in example.findings)
        or any(note.gates for note in report.baseline)
        or (report.fail_on != "never" and any(drift.gates for drift in report.drift))
    )
    if gating:
        return VIOLATED
    statuses = {example.status for example in report.examples}
    judged = bool(statuses & {Status.JUDGED, Status.NOT_RUNNING})
    if report.lost or report.missing_shards or Status.BLOCKED in statuses or not (judged or report.narrowed):
        return INCOMPLETE
    accepted = {note.example for note in report.baseline if note.kind == "known"}
    unrun = [e for e in report.examples if e.status in {Status.FRAGMENT, Status.UNSUPPORTED} and e.id not in accepted]
    if report.strict and unrun:
        return INCOMPLETE
    return OK
