"""Everything one example's page shows. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.report.evidence import PageLine, page_lines, parties
from harness.report.html.exchanges import ExchangeView, StepView, exchange_view, steps_of
from harness.report.html.naming import anchor_of, case_file
from harness.report.html.signs import SIGN_OF
from harness.report.wording import run_sentence
from harness.results.severity import MOST_SEVERE_FIRST, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import ExampleResult, Finding, Verdict
    from harness.report.html.signs import Sign
    from harness.report.views import FindingView, ReportView

WITH_ARTICLE: Final = frozenset(set(Severity) - {Severity.NOT_APPLICABLE, Severity.SATISFIED})
"""Severities that get a section of their own; the rest stands in the table of all verdicts."""
BASED_ON_EXCHANGES: Final = frozenset(
    {Severity.BLOCKING, Severity.WARNING, Severity.UNCHANGED, Severity.KNOWN, Severity.ADVISORY}
)
"""Severities whose exchanges are marked in the conversation."""


@dataclass(frozen=True, slots=True)
class PastVerdict:
    """One earlier night of one finding."""

    night: str
    """When, ISO; empty if it is not known."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PastFlip:
    """One night in which a finding's verdict changed."""

    night: str
    """When, ISO."""
    before: Verdict
    after: Verdict
    because: str
    """What changed in between, in words; empty if nothing did."""
    page: str
    """Page of the site that shows both sides; empty if there is none."""


@dataclass(frozen=True, slots=True)
class FindingHistory:
    """What earlier nights found."""

    verdicts: tuple[PastVerdict, ...] = ()
    """Oldest first."""
    flips: tuple[PastFlip, ...] = ()
    """The latest, newest first."""
    unexplained: int = 0
    """How often the verdict flipped with nothing changed."""


NO_HISTORY: Final = FindingHistory()


@dataclass(frozen=True, slots=True)
class OtherRevision:
    """The same requirement by the text of another revision."""

    finding: Finding
    sign: Sign
    anchor: str


@dataclass(frozen=True, slots=True)
class Article:
    """One requirement that deserves a section: its most severe finding, and what other revisions say of it."""

    view: FindingView
    sign: Sign
    anchor: str
    parties: tuple[str, str]
    """Who asks and who answers."""
    others: tuple[OtherRevision, ...]
    history: FindingHistory

    @property
    def code(self) -> tuple[tuple[PageLine, ...], ...]:
        """The blamed lines with some around."""
        return tuple(excerpt for page in self.view.pages for excerpt in page.excerpts)


@dataclass(frozen=True, slots=True)
class VerdictCell:
    """One cell of the table of all verdicts."""

    finding: Finding
    sign: Sign
    anchor: str
    anchored_here: bool
    """Whether the anchor is set in the table: no article has it."""


@dataclass(frozen=True, slots=True)
class ExamplePage:
    """One example."""

    example: ExampleResult
    file: str
    articles: tuple[Article, ...]
    revisions: tuple[str, ...]
    """Columns of the table of all verdicts."""
    verdicts: tuple[tuple[str, tuple[VerdictCell | None, ...]], ...]
    """Requirement, then a cell for each of ``revisions``."""
    code: tuple[tuple[PageLine, ...], ...]
    exchanges: tuple[ExchangeView, ...]
    runs: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
    """Other examples with the same text: id and file."""

    @property
    def steps(self) -> tuple[StepView, ...]:
        """The conversation, part by part."""
        return steps_of(self.exchanges)

    @property
    def evidence(self) -> tuple[ExchangeView, ...]:
        """The exchanges that the articles name."""
        named = {line.number for article in self.articles for line in article.view.exchanges}
        return tuple(exchange for exchange in self.exchanges if exchange.number in named)


def has_page(example: ExampleResult) -> bool:
    """Return whether there is anything to show of an example beyond its reason."""
    return bool(example.findings or example.runs or example.transcript or example.packed)


def example_page(
    example: ExampleResult, report: ReportView, history: Mapping[tuple[str, str], FindingHistory] | None = None
) -> ExamplePage:
    """Return the page of ``example``.

    Args:
        example: one of the report's.
        report: the report.
        history: what earlier nights found, by requirement and revision.
    """
    by_requirement: dict[str, list[FindingView]] = defaultdict(list)
    for finding in example.findings:
        by_requirement[finding.requirement].append(report.finding(finding, example))

    def rank(view: FindingView) -> tuple[int, bool, str]:
        return (MOST_SEVERE_FIRST.index(view.severity), not view.own, view.finding.revision)

    articles = []
    for views in by_requirement.values():
        first, *rest = sorted(views, key=rank)
        if first.severity in WITH_ARTICLE:
            past = (history or {}).get((first.finding.requirement, first.finding.revision), NO_HISTORY)
            articles.append(_article(first, rest, past))
    place = report.index.place
    articles.sort(key=lambda one: (MOST_SEVERE_FIRST.index(one.view.severity), place(one.view.finding.requirement)))
    anchored = {anchor for one in articles for anchor in (one.anchor, *(other.anchor for other in one.others))}
    revisions = tuple(sorted({finding.revision for finding in example.findings}, reverse=True))
    return ExamplePage(
        example=example,
        file=case_file(example.id),
        articles=tuple(articles),
        revisions=revisions,
        verdicts=tuple(
            (name, _cells({view.finding.revision: view for view in by_requirement[name]}, revisions, anchored))
            for name in sorted(by_requirement, key=place)
        ),
        code=_whole_code(example, report),
        exchanges=_exchanges(example, [view for views in by_requirement.values() for view in views]),
        runs=tuple(run_sentence(run) for run in example.runs),
        copies=tuple((copy, case_file(copy)) for copy in example.copies),
    )


def _article(view: FindingView, others: list[FindingView], history: FindingHistory) -> Article:
    return Article(
        view=view,
        sign=SIGN_OF[view.severity],
        anchor=anchor_of(view.finding),
        parties=parties(view.example.kind),
        others=tuple(OtherRevision(one.finding, SIGN_OF[one.severity], anchor_of(one.finding)) for one in others),
        history=history,
    )


def _cells(
    views: Mapping[str, FindingView], revisions: tuple[str, ...], anchored: set[str]
) -> tuple[VerdictCell | None, ...]:
    def cell(view: FindingView) -> VerdictCell:
        anchor = anchor_of(view.finding)
        return VerdictCell(view.finding, SIGN_OF[view.severity], anchor, anchor not in anchored)

    return tuple(cell(views[revision]) if revision in views else None for revision in revisions)


def _whole_code(example: ExampleResult, report: ReportView) -> tuple[tuple[PageLine, ...], ...]:
    """The lines of the example's blocks, the blamed ones marked."""
    blamed = {
        (span.file, number)
        for finding in example.findings
        for span in finding.blame
        for number in span.lines(len(report.report.sources.get(span.file, ())))
    }
    runs = []
    for span in example.spans:
        run = tuple(
            PageLine(line.number, line.text, (span.file, line.number) in blamed)
            for part in page_lines(report.report.sources, [span], context=0)
            for line in part
        )
        if run:
            runs.append(run)
    return tuple(runs)


def _exchanges(example: ExampleResult, views: list[FindingView]) -> tuple[ExchangeView, ...]:
    conversation = example.conversation
    if conversation is None:
        return ()
    blamed = {number for view in views if view.severity in BASED_ON_EXCHANGES for number in view.finding.evidence}
    endpoint = conversation.endpoint or "http://localhost"
    return tuple(
        exchange_view(exchange, endpoint, blamed=exchange.number in blamed) for exchange in conversation.exchanges
    )
