"""Verdicts as rows of plain facts: ids, verdicts and lines; no sentence of the docs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from harness.model import Report

SELECT: Final = ("tutorials/security/authorization*",)
"""The six revisions of the page that docprobe was born from."""


def rows(report: Report) -> list[dict[str, Any]]:
    """One row per example, with its findings under every revision it negotiates."""
    return [
        {
            "example": example.id,
            "digest": example.digest,
            "status": example.status.value,
            "negotiated": list(example.negotiated),
            "spans": [[span.first, span.last] for span in example.spans],
            "runs": [[run.resolve, run.date, run.outcome.value] for run in example.runs],
            "findings": [
                " ".join(
                    (
                        finding.requirement,
                        finding.revision or "-",
                        finding.verdict.value,
                        "gates" if finding.gates else "-",
                        f"{finding.statement.file}:{finding.statement.first}" if finding.statement else "-",
                        ",".join(f"{span.first}-{span.last}" for span in finding.blame) or "-",
                    )
                )
                for finding in example.findings
            ],
        }
        for example in report.examples
    ]
