"""Where formats that point at files show a finding: paths as a forge sees them, and the line. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from extractor.model import Span

if TYPE_CHECKING:
    from harness.model import ExampleResult, Finding, Report


def forge_path(report: Report, file: str) -> str:
    """Return a path of the docs as seen from the top of the repository; outside one, from the docs root's parent."""
    root = report.docs_root if report.root_in_repository is None else report.root_in_repository
    return str(PurePosixPath(root) / file)


def rules_path(report: Report, file: str) -> str | None:
    """Return a path of the normative text as :func:`forge_path` does; None if it is not in the repository."""
    if report.rules_root is None:
        return forge_path(report, file)
    return str(PurePosixPath(report.rules_root) / file) if report.rules_root else None


def primary(finding: Finding, example: ExampleResult) -> Span | None:
    """Return the lines to mark: the first blamed ones, else the start of the example; None for what has no page."""
    if finding.blame:
        return finding.blame[0]
    # a server or a transcript that a user named: no file of the docs is meant
    return start_of(example) if example.spans or example.language else None


def start_of(example: ExampleResult) -> Span:
    """Return the first line of an example; the page's if its blocks are unknown."""
    if example.spans:
        first = example.spans[0]
        return Span(first.file, first.first, first.first)
    return Span(example.page, 1, 1)
