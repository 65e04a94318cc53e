"""The parts of a terminal report: each function gives renderables for one thing. Everything hostile is escaped here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import quote

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from extractor.base.text import one_line, visible
from harness.report.evidence import exchange_lines, page_lines, patch_lines, shared_context
from harness.report.wording import basis_word, rows, run_sentence, weight_word
from harness.results.severity import Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from extractor.model import Span
    from harness.model import ExampleResult, Finding, Patch, Report
    from harness.report.evidence import ExchangeLine, PageLine
    from harness.results.distinct import FindingGroup

PROSE_WIDTH: Final = 108
"""Columns beyond which running text gets hard to read."""
PROSE_LIMIT: Final = 4000
"""Characters of running text from a page, a log or a reply."""
LABEL_WIDTH: Final = 7
INDENT: Final = 4
LOG_LINES: Final = 12
"""Last lines of the log of a run that did not serve."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a terminal report is drawn."""

    width: int = 100
    """Columns; at least 80 are needed for everything to stay readable."""
    color: bool = False
    links: str | None = None
    """URI of the docs root for links to pages (``file:///…/docs``); None draws no links."""

    def place(self, span: Span, style: str = "cyan") -> Text:
        """``file:first-last``, as a link where links are drawn."""
        text = Text(one_line(str(span)), style=style, overflow="fold")
        if self.links is not None:
            text.stylize(f"link {self.links.rstrip('/')}/{quote(span.file, errors='backslashreplace')}#L{span.first}")
        return text

    def places(self, spans: Sequence[Span], style: str = "cyan") -> Text:
        """Several places, the file said once for all its lines: ``a.mdx:1-3, 7, b.mdx:9``."""
        text = Text(overflow="fold")
        for number, span in enumerate(spans):
            if number and spans[number - 1].file == span.file:
                text.append(f", {_lines_of(span)}", style=style)
            else:
                text.append_text(Text(", ") if number else Text()).append_text(self.place(span, style))
        return text

    @property
    def prose(self) -> int:
        """Columns for running text."""
        return min(self.width, PROSE_WIDTH)


def _lines_of(span: Span) -> str:
    return str(span.first) if span.first == span.last else f"{span.first}-{span.last}"


def mark(weight: Severity) -> tuple[str, str]:
    """Sign and style of a weight."""
    match weight:
        case Severity.BLOCKING:
            return "✗", "bold red"
        case Severity.WARNING:
            return "!", "bold yellow"
        case Severity.KNOWN:
            return "=", "yellow"
        case Severity.ADVISORY:
            return "·", "blue"
        case Severity.INCONCLUSIVE | Severity.NOT_CHECKED:
            return "?", "magenta"
        case Severity.NOT_APPLICABLE:
            return "-", "dim"
        case Severity.SATISFIED:
            return "✓", "green"
        case _:
            assert_never(weight)


def prose(text: str, style: str = "") -> Text:
    """Running text from anywhere, escaped, and cut where no reader would follow."""
    shown = visible(text[:PROSE_LIMIT]).strip()
    if len(text) > PROSE_LIMIT:
        shown += f"… ({len(text) - PROSE_LIMIT:,} more characters)"
    return Text(shown, style=style)


def labelled(label: str, value: RenderableType, width: int, indent: int = INDENT) -> RenderableType:
    """``label  value``, the value hanging."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=LABEL_WIDTH, style="dim", no_wrap=True)
    grid.add_column(max_width=max(width - indent - LABEL_WIDTH - 2, 20))
    grid.add_row(label, value)
    return Padding(grid, (0, 0, 0, indent))


def headline(case: FindingGroup, report: Report) -> Text:
    """``✗ MUST session.terminated-404  violated, gates``, and the requirement in a line."""
    finding = case.finding
    sign, style = mark(case.severity)
    told = f"{sign} {finding.level.value} {one_line(finding.requirement)}  {weight_word(case.severity)}"
    text = Text(told, style=style)
    if (row := rows(report).get(finding.requirement)) is not None:
        text.append(f"\n{' ' * (INDENT - 2)}{one_line(row.title)}", style="not bold default")
    return text


def finding_block(
    case: FindingGroup, report: Report, look: Look, elsewhere: Sequence[str] = ()
) -> Iterator[RenderableType]:
    """A violation in full: what the text says, what happened, the lines, the effect, the fix and the wrong fix.

    Args:
        case: the finding and its twins in other copies.
        report: for titles, effects and the lines of the page.
        look: how it is drawn.
        elsewhere: other revisions, negotiated too, by which the same is violated.
    """
    finding, example = case.finding, case.example
    yield Padding(headline(case, report), (0, 0, 0, INDENT - 2))
    yield from sentence_rows(finding, look)
    yield labelled("found", prose(finding.summary), look.prose)
    if lines := exchange_lines(example.transcript, finding.evidence):
        shared = shared_context(example.transcript, finding.evidence)
        if shared:
            yield labelled("sent", Text(f"all with {one_line(', '.join(shared))}", style="dim"), look.prose)
        yield labelled("" if shared else "sent", exchange_table(lines), look.width)
    elif finding.requirement == "example.runs":
        yield from run_rows(example, look)
    yield from page_rows(finding, report, look)
    row = rows(report).get(finding.requirement)
    for label, text in (("effect", row.effect if row else ""), ("fix", finding.fix or (row.fix if row else ""))):
        if text:
            yield labelled(label, prose(text), look.prose)
    if finding.patch is not None:
        yield from patch_rows(finding.patch, report, look)
    if row is not None and row.avoid:
        yield labelled("avoid", prose(row.avoid), look.prose)
    yield from also_rows(case, look, elsewhere)


def sentence_rows(finding: Finding, look: Look) -> Iterator[RenderableType]:
    """The sentence with its place; for a reading or advice, that it is one."""
    if (statement := finding.statement) is not None:
        yield labelled("rule", look.place(statement.span), look.width)
        yield labelled("", prose(f"“{one_line(statement.text)}”", "italic"), look.prose)
    if basis := basis_word(finding):
        yield labelled("" if finding.statement else "rule", Text(basis), look.prose)


def exchange_table(lines: Sequence[ExchangeLine]) -> Table:
    """Numbered exchanges: request and who sent it, then what came back."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(justify="right", style="dim", no_wrap=True)
    grid.add_column()
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column()
    for line in lines:
        sent = Text(one_line(line.request), style="dim" if line.control else "")
        if line.who:
            sent.append(f" · {one_line(line.who)}", style="dim")
        got = Text(one_line(line.status), style="dim" if line.control else "bold")
        if line.control:
            got.append("  (control)")
        elif line.answer:
            got.append(f"  {one_line(line.answer)}", style="not bold dim")
        grid.add_row(f"#{line.number}", sent, "→", got)
    return grid


def run_rows(example: ExampleResult, look: Look) -> Iterator[RenderableType]:
    """What was tried to run the example, and the last lines of those runs that did not serve."""
    for run in example.runs:
        yield labelled("ran", prose(run_sentence(run)), look.prose)
        if run.logs:
            lines = [Text(one_line(line.text), style="dim", no_wrap=True, overflow="ellipsis") for line in run.logs]
            yield labelled("log", Text("\n", no_wrap=True, overflow="ellipsis").join(lines[-LOG_LINES:]), look.width)


def page_rows(finding: Finding, report: Report, look: Look) -> Iterator[RenderableType]:
    """The blamed lines of the page with their context."""
    if not finding.blame:
        return
    files = dict.fromkeys(span.file for span in finding.blame)
    for file in files:
        spans = [span for span in finding.blame if span.file == file]
        yield labelled("page", look.places(spans), look.width)
        runs = page_lines(report.sources, spans)
        if runs:
            yield labelled("", _code(runs), look.width)


def patch_rows(patch: Patch, report: Report, look: Look) -> Iterator[RenderableType]:
    """A patch that was proved: what running it showed, and its lines."""
    yield labelled("proved", prose(patch.description, "green"), look.prose)
    text = Text(no_wrap=True, overflow="ellipsis")
    for line in patch_lines(report.sources, patch):
        if line.place:
            text.append(f"{one_line(line.place)}\n", style="cyan")
        text.append(f"{line.sign} {visible(line.text).rstrip()}\n", style="green" if line.sign == "+" else "red")
    text.rstrip()
    yield labelled("", text, look.width)


def _code(runs: Sequence[Sequence[PageLine]]) -> Text:
    digits = max(len(str(line.number)) for run in runs for line in run)
    text = Text(no_wrap=True, overflow="ellipsis")
    for place, run in enumerate(runs):
        if place:
            text.append(f"{'⋮':>{digits + 2}}\n", style="dim")
        for line in run:
            text.append("▸ " if line.blamed else "  ", style="bold red")
            text.append(f"{line.number:>{digits}} │ ", style="dim")
            text.append(visible(line.text).rstrip() + "\n", style="" if line.blamed else "dim")
    text.rstrip()
    return text


def also_rows(case: FindingGroup, look: Look, elsewhere: Sequence[str]) -> Iterator[RenderableType]:
    """Where else the same holds: the other copies with their own lines and sentence, and other revisions."""
    lines = []
    for example, finding in case.members[1:]:
        if example.id == case.example.id and not is_own(finding, example):
            continue
        places = [str(span) for span in finding.blame[:1]] or [example.id]
        rule = f" by {finding.statement.span}" if finding.statement else ""
        lines.append(Text(one_line(f"{', '.join(places)}{rule}"), overflow="fold"))
    if elsewhere:
        lines.append(Text(f"under {', '.join(map(one_line, elsewhere))}, which it negotiates too"))
    if lines:
        yield labelled("also", Text("\n").join(lines), look.width)
