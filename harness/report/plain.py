"""A finding as plain lines, for outputs that hold text and no layout. Pure; the lines are still hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.base.text import one_line
from harness.report.evidence import exchange_lines, shared_context
from harness.report.wording import rows

if TYPE_CHECKING:
    from harness.model import ExampleResult, Finding, Report


def finding_text(report: Report, example: ExampleResult, finding: Finding) -> str:
    """A finding in plain text: summary, sentence, exchanges, lines, effect, fix."""
    lines = [finding.summary]
    if finding.statement is not None:
        lines.append(f"rule: {finding.statement.span}: {one_line(finding.statement.text)}")
    if shared := shared_context(example.transcript, finding.evidence):
        lines.append(f"sent: all with {', '.join(shared)}")
    for line in exchange_lines(example.transcript, finding.evidence):
        told = f"{line.request} ({line.who})" if line.who else line.request
        answer = "(control)" if line.control else line.answer
        lines.append(f"sent: #{line.number} {told} -> {line.status} {answer}".rstrip())
    lines += [f"page: {span}" for span in finding.blame]
    row = rows(report).get(finding.requirement)
    if row is not None:
        lines.append(f"effect: {row.effect}")
    if fix := finding.fix or (row.fix if row else ""):
        lines.append(f"fix: {fix}")
    if row is not None and row.avoid:
        lines.append(f"avoid: {row.avoid}")
    return "\n".join(lines)
