"""Everything one example's page shows. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.model import Basis
from harness.report.evidence import PageLine, PatchLine, exchange_lines, page_lines, patch_lines, shared_context
from harness.report.html.diagram import parties, sequence
from harness.report.html.exchanges import ExchangeView, exchange_view
from harness.report.html.naming import anchor_of, case_file
from harness.report.html.signs import BY_WEIGHT
from harness.report.wording import basis_word, run_sentence
from harness.results.severity import MOST_SEVERE_FIRST, ReportIndex, Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.model import ExampleResult, Finding, Report, Requirement
    from harness.nightly.history.queries import Judged
    from harness.report.evidence import ExchangeLine
    from harness.report.html.changes import FlipView
    from harness.report.html.signs import Sign

TOLD: Final = frozenset(
    set(Severity) - {Severity.NOT_APPLICABLE, Severity.SATISFIED}
)
"""Weights that get a section of their own; the rest stands in the table of all verdicts."""
FLIPS_TOLD: Final = 5
"""Flips of one finding that its section names."""


@dataclass(frozen=True, slots=True)
class Past:
    """One night of one finding."""

    night: str
    """When, ISO; empty if it is not known."""
    verdict: str


@dataclass(frozen=True, slots=True)
class Article:
    """One requirement that deserves a section: the finding that counts most, and its twins by other revisions."""

    finding: Finding
    sign: Sign
    anchor: str
    title: str
    basis: str
    effect: str
    fix: str
    avoid: str
    lines: tuple[ExchangeLine, ...]
    shared: tuple[str, ...]
    """What all the requests of ``lines`` have in common."""
    diagram: str
    """Mermaid source; empty without exchanges."""
    code: tuple[tuple[PageLine, ...], ...]
    twins: tuple[tuple[Finding, Sign, str], ...]
    """The same requirement by other revisions: finding, sign, anchor."""
    patch: tuple[PatchLine, ...]
    """Lines of a proved patch."""
    past: tuple[Past, ...] = ()
    turns: tuple[FlipView, ...] = ()
    """Its latest flips, newest first."""
    flaky: int = 0
    """How often it flipped with nothing changed."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """One example."""

    example: ExampleResult
    file: str
    articles: tuple[Article, ...]
    revisions: tuple[str, ...]
    """Columns of the table of all verdicts."""
    verdicts: tuple[tuple[str, tuple[tuple[Finding, Sign, str, bool] | None, ...]], ...]
    """Requirement, then by revision: finding, sign, anchor, whether the anchor is set in this table."""
    code: tuple[tuple[PageLine, ...], ...]
    exchanges: tuple[ExchangeView, ...]
    runs: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
    """Other examples with the same text: id and file."""

    @property
    def evidence(self) -> tuple[ExchangeView, ...]:
        """The exchanges that the articles name."""
        named = {line.number for article in self.articles for line in article.lines}
        return tuple(exchange for exchange in self.exchanges if exchange.number in named)


def case_page(
    example: ExampleResult,
    report: Report,
    past: Sequence[Judged] = (),
    started: Mapping[int, str] | None = None,
    flaky: Mapping[tuple[str, str, str], int] | None = None,
    flips: Sequence[FlipView] = (),
) -> CasePage:
    """The page of ``example``.

    Args:
        example: one of the report's.
        report: for titles, the baseline, and the page's lines.
        past: the example's last nights, oldest first.
        started: when each night was, by number.
        flaky: unexplained flips by example, requirement and revision.
        flips: the latest of all examples, newest first.
    """
    index = ReportIndex.of(report)
    rows = {row.id: row for row in report.requirements}
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in example.findings:
        groups[finding.requirement].append(finding)

    def heaviness(finding: Finding) -> tuple[int, bool, str]:
        place = MOST_SEVERE_FIRST.index(index.severity(finding, example))
        return (place, not is_own(finding, example), finding.revision)

    articles = []
    for name, group in groups.items():
        first, *rest = sorted(group, key=heaviness)
        weight = index.severity(first, example)
        if weight in TOLD:
            twins = tuple((f, BY_WEIGHT[index.severity(f, example)], anchor_of(f)) for f in rest)
            strip = tuple(
                Past((started or {}).get(night.night, ""), night.verdicts[key])
                for night in past
                if (key := (first.requirement, first.revision)) in night.verdicts
            )
            case = (example.id, first.requirement, first.revision)
            turns = tuple(view for view in flips if _case_of(view) == case)[:FLIPS_TOLD]
            article = _article(first, weight, example, report, rows.get(name), twins)
            loose = (flaky or {}).get(case, 0)
            articles.append((weight, replace(article, past=strip, turns=turns, flaky=loose)))
    articles.sort(key=lambda pair: (MOST_SEVERE_FIRST.index(pair[0]), index.place(pair[1].finding.requirement)))
    told = {anchor for _, article in articles for anchor in (article.anchor, *(twin[2] for twin in article.twins))}
    revisions = tuple(sorted({finding.revision for finding in example.findings}, reverse=True))
    verdicts = []
    for name in sorted(groups, key=index.place):
        by_revision = {finding.revision: finding for finding in groups[name]}
        verdicts.append((name, tuple(
            (f, BY_WEIGHT[index.severity(f, example)], anchor_of(f), anchor_of(f) not in told)
            if (f := by_revision.get(revision)) is not None else None
            for revision in revisions
        )))  # fmt: skip
    return CasePage(
        example=example,
        file=case_file(example.id),
        articles=tuple(article for _, article in articles),
        revisions=revisions,
        verdicts=tuple(verdicts),
        code=_whole_code(example, report),
        exchanges=_exchanges(example, index),
        runs=tuple(run_sentence(run) for run in example.runs),
        copies=tuple((copy, case_file(copy)) for copy in example.copies),
    )


def _case_of(view: FlipView) -> tuple[str, str, str]:
    return (view.flip.example, view.flip.requirement, view.flip.revision)


def _article(
    finding: Finding,
    weight: Severity,
    example: ExampleResult,
    report: Report,
    row: Requirement | None,
    twins: tuple[tuple[Finding, Sign, str], ...],
) -> Article:
    lines = exchange_lines(example.transcript, finding.evidence)
    shared = shared_context(example.transcript, finding.evidence)
    basis = basis_word(finding) if finding.basis is not Basis.TEXT else ""
    return Article(
        finding=finding,
        sign=BY_WEIGHT[weight],
        anchor=anchor_of(finding),
        title=row.title if row else "",
        basis=basis,
        effect=row.effect if row else "",
        fix=finding.fix or (row.fix if row else ""),
        avoid=row.avoid if row else "",
        lines=lines,
        shared=shared,
        diagram=sequence(lines, parties(example.kind), shared) if lines else "",
        code=_blamed_code(finding, report),
        twins=twins,
        patch=patch_lines(report.sources, finding.patch) if finding.patch else (),
    )


def _blamed_code(finding: Finding, report: Report) -> tuple[tuple[PageLine, ...], ...]:
    files = dict.fromkeys(span.file for span in finding.blame)
    return tuple(
        run for file in files for run in page_lines(report.sources, [s for s in finding.blame if s.file == file])
    )


def _whole_code(example: ExampleResult, report: Report) -> tuple[tuple[PageLine, ...], ...]:
    blamed = {
        (span.file, number)
        for finding in example.findings
        for span in finding.blame
        for number in range(span.first, span.last + 1)
    }
    runs = []
    for span in example.spans:
        run = tuple(
            PageLine(line.number, line.text, (span.file, line.number) in blamed)
            for part in page_lines(report.sources, [span], context=0)
            for line in part
        )
        if run:
            runs.append(run)
    return tuple(runs)


def _exchanges(example: ExampleResult, index: ReportIndex) -> tuple[ExchangeView, ...]:
    if example.transcript is None:
        return ()
    telling = {Severity.BLOCKING, Severity.WARNING, Severity.KNOWN, Severity.ADVISORY}
    blamed = {n for f in example.findings if index.severity(f, example) in telling for n in f.evidence}
    endpoint = example.transcript.endpoint or "http://localhost"
    return tuple(
        exchange_view(exchange, endpoint, blamed=exchange.number in blamed) for exchange in example.transcript.exchanges
    )
