"""A report and its findings with everything that formats show of them, computed once for all formats. Pure.

The strings are hostile as they come from docs, packages and servers; the format that writes them escapes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.model import Basis, Stage, Verdict
from harness.report.evidence import exchange_lines, page_lines, patch_lines, shared_context
from harness.report.wording import UNKNOWN_BLAME, basis_words, blame_words, finding_words, run_sentence
from harness.results.distinct import distinct_examples, finding_groups
from harness.results.severity import ReportIndex, is_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extractor.model import Span
    from harness.model import ExampleResult, Finding, Report, Requirement
    from harness.report.evidence import ExchangeLine, PageLine, PatchLine
    from harness.results.distinct import DistinctExample, FindingGroup
    from harness.results.severity import Severity


@dataclass(frozen=True, slots=True)
class BlamedPage:
    """The lines of one page that cause a finding."""

    spans: tuple[Span, ...]
    """Never empty; all of one file."""
    excerpts: tuple[tuple[PageLine, ...], ...]
    """Those lines with some around, in runs that touch; empty if the page is not at hand."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding of an example, with everything that formats show of it."""

    finding: Finding
    example: ExampleResult
    severity: Severity
    row: Requirement | None
    """The requirement; None if the report does not have its row."""
    sources: Mapping[str, Sequence[str]]
    """Lines of pages by path."""

    @property
    def own(self) -> bool:
        """Whether it is about the page's own revision, or about the example apart from any revision."""
        return is_own(self.finding, self.example)

    @property
    def words(self) -> str:
        """What it means, and what a change did to it: ``violated, blocking, introduced``."""
        return finding_words(self.finding, self.severity)

    @property
    def level(self) -> str:
        """The requirement level, or ``ADVICE`` for what the specification does not require."""
        return "ADVICE" if self.finding.basis is Basis.ADVICE else self.finding.level.value

    @property
    def title(self) -> str:
        """The requirement in a line; empty if unknown."""
        return self.row.title if self.row else ""

    @property
    def effect(self) -> str:
        """What a violation does to a client or user; empty if unknown."""
        return self.row.effect if self.row else ""

    @property
    def fix(self) -> str:
        """What to do: the finding's own fix, else the requirement's; empty if unknown."""
        return self.finding.fix or (self.row.fix if self.row else "")

    @property
    def avoid(self) -> str:
        """The tempting wrong fix; empty if there is none, or the finding has a fix of its own."""
        own = self.row is None or self.finding.fix not in (None, self.row.fix)
        return "" if own or self.row is None else self.row.avoid

    @property
    def basis(self) -> str:
        """How firmly the requirement stands, where that is less than the text's own word; else empty."""
        return basis_words(self.finding.basis)

    @property
    def exchanges(self) -> tuple[ExchangeLine, ...]:
        """The exchanges that decide, controls included; empty without the transcript."""
        return exchange_lines(self.example.conversation, self.finding.evidence, self.finding)

    @property
    def shared_context(self) -> tuple[str, ...]:
        """What all of ``exchanges`` have in common."""
        return shared_context(self.example.conversation, self.finding.evidence)

    @property
    def attempts(self) -> tuple[str, ...]:
        """The attempts to start the example in words, where those decide; else empty."""
        if self.row is None or self.row.stage is not Stage.START:
            return ()
        return tuple(run_sentence(run) for run in self.example.runs)

    @property
    def pages(self) -> tuple[BlamedPage, ...]:
        """The blamed lines, page by page."""
        pages = []
        for file in dict.fromkeys(span.file for span in self.finding.blame):
            spans = tuple(span for span in self.finding.blame if span.file == file)
            pages.append(BlamedPage(spans, page_lines(self.sources, spans)))
        return tuple(pages)

    @property
    def blame_words(self) -> str:
        """How the blamed lines are known, and how sure that is; empty if the rule names them, or no code was read.

        Of a program that ran and was answered wrongly, the words say that no line is known.
        """
        basis = self.finding.blame_basis
        if basis is not None and (self.finding.blame or basis.library):
            return blame_words(basis)
        is_answered = self.finding.verdict is Verdict.VIOLATED and self.finding.evidence and self.example.runs
        return UNKNOWN_BLAME if is_answered and not self.finding.blame else ""

    @property
    def patch(self) -> tuple[PatchLine, ...]:
        """The lines of the proved patch; empty if there is none."""
        return patch_lines(self.sources, self.finding.patch) if self.finding.patch else ()


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report with its index and its distinct examples."""

    report: Report
    index: ReportIndex
    distinct: tuple[tuple[DistinctExample, tuple[FindingGroup, ...]], ...]
    """Each distinct text with its findings, most severe first."""

    @classmethod
    def of(cls, report: Report) -> ReportView:
        """Make the view of a report."""
        index = ReportIndex.of(report)
        return cls(report, index, tuple((one, finding_groups(one, index)) for one in distinct_examples(report)))

    @property
    def groups(self) -> tuple[FindingGroup, ...]:
        """The findings of all texts, in their order."""
        return tuple(group for _, groups in self.distinct for group in groups)

    def finding(self, finding: Finding, example: ExampleResult) -> FindingView:
        """Return the view of one finding of ``example``."""
        row = self.index.rows.get(finding.requirement)
        return FindingView(finding, example, self.index.severity(finding, example), row, self.report.sources)

    def shown(self, group: FindingGroup) -> FindingView:
        """Return the view of the finding that a group shows."""
        return self.finding(group.finding, group.example)


def first_with_patch(findings: Iterable[Finding]) -> Mapping[int, str]:
    """Return where a patch stands already that an earlier finding has, too.

    Args:
        findings: in the order in which they are shown.

    Returns:
        By number from 0, the requirement of the first finding with the same edits; without those that come first.
    """
    first: dict[object, str] = {}
    again = {}
    for number, finding in enumerate(findings):
        if finding.patch is None:
            continue
        if (known := first.get(finding.patch.edits)) is None:
            first[finding.patch.edits] = finding.requirement
        else:
            again[number] = known
    return again
