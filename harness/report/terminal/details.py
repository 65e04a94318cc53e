"""A finding in full, and what is known of an example, as a terminal shows them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from extractor.base.text import one_line, visible
from harness.model import Status
from harness.report.terminal.look import INDENT, indented, labelled, mark, prose
from harness.report.wording import direct_packages, finding_words, plural, run_sentence
from harness.results.severity import is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.model import ExampleResult
    from harness.report.evidence import ExchangeLine, PageLine
    from harness.report.terminal.look import Look
    from harness.report.views import FindingView
    from harness.results.distinct import DistinctExample, FindingGroup
    from harness.results.severity import Severity

_FRAME_OF_NODE: Final = re.compile(r"\s*at .*\bnode:[\w/.-]+:\d+:\d+\)?")
"""A line of a stack inside Node.js itself: enough of them push the error out of the lines that are shown."""
LOG_LINES: Final = 12
"""Last lines of the log of a run that did not serve."""


def example_heading(
    distinct: DistinctExample, severity: Severity, look: Look, *, way: bool = True
) -> Iterator[RenderableType]:
    """Draw what is known of a text before any finding: id, kind, lines, packages, what was added, its copies.

    Args:
        distinct: the text.
        severity: of its most severe finding, for the sign.
        look: how it is drawn.
        way: whether its lines, packages and what was added are named.
    """
    example = distinct.shown
    sign, style = mark(severity)
    yield Text.assemble((f"{sign} ", style), (one_line(example.id), "bold"), overflow="fold")
    negotiates = f"negotiates {', '.join(map(one_line, example.negotiated))}" if example.negotiated else ""
    state = ""
    if example.status is Status.NOT_RUNNING:
        state = "does not run" if example.checked else "not checked: it does not run here"
    cached = "cached" if example.cached else ""
    facts = [one_line(example.language), example.kind.value, state, negotiates, cached]
    yield indented(Text(" · ".join(fact for fact in facts if fact), style="dim"))
    if way and example.spans:
        yield labelled("lines", look.places(example.spans, style=""), look.width, INDENT - 2)
    if way and example.packages:
        direct = direct_packages(example, example.packages)
        packages = [one_line(package) for package in direct]
        if rest := len(example.packages) - len(direct):
            packages.append(f"{rest:,} more" if direct else plural(rest, "package"))
        yield labelled("with", Text(", ".join(packages)), look.prose, INDENT - 2)
    if way and example.added:
        yield labelled("added", prose("; ".join(map(one_line, example.added))), look.prose, INDENT - 2)
    if distinct.copies:
        copies = Text("\n".join(one_line(copy.id) for copy in distinct.copies), overflow="fold")
        yield labelled("copies", copies, look.width, INDENT - 2)


def finding_block(
    view: FindingView, look: Look, also: Sequence[Text] = (), patch_of: str | None = None
) -> Iterator[RenderableType]:
    """Draw a violation in full: the text, what happened, the lines, the effect, the fix and the wrong fix.

    Args:
        view: the finding.
        look: how it is drawn.
        also: where else the same holds (:func:`also_lines`).
        patch_of: the requirement at which its patch is drawn already; None if it is not.
    """
    yield indented(_headline(view))
    yield from _sentence_rows(view, look)
    yield labelled("found", prose(view.finding.summary), look.prose)
    if exchanges := view.exchanges:
        shared = view.shared_context
        if shared:
            yield labelled("sent", Text(f"all with {one_line(', '.join(shared))}", style="dim"), look.prose)
        yield labelled("" if shared else "sent", _exchange_table(exchanges), look.width)
    elif view.attempts:
        yield from run_rows(view.example, look)
    for page in view.pages:
        yield labelled("page", look.places(page.spans), look.width)
        if page.excerpts:
            yield labelled("", _code(page.excerpts), look.width)
    if view.blame_words:
        yield labelled("blamed", prose(view.blame_words, "dim"), look.prose)
    for label, text in (("effect", view.effect), ("fix", view.fix)):
        if text:
            yield labelled(label, prose(text), look.prose)
    if view.finding.patch is not None:
        yield labelled("proved", prose(view.finding.patch.description, "green"), look.prose)
        shown = _patch(view) if patch_of is None else prose(f"the change shown at {one_line(patch_of)}, above", "dim")
        yield labelled("", shown, look.width)
    if view.avoid:
        yield labelled("avoid", prose(view.avoid), look.prose)
    if also:
        yield labelled("also", Text("\n").join(also), look.width)


def also_lines(group: FindingGroup, elsewhere: Sequence[str] = ()) -> tuple[Text, ...]:
    """Return where else a finding holds: the other copies with their own lines and sentence, and other revisions.

    Args:
        group: the finding in all copies.
        elsewhere: other revisions, negotiated too, by which the same is violated.
    """
    lines = []
    for example, finding in group.members[1:]:
        if example.id == group.example.id and not is_own(finding, example):
            continue
        places = [str(span) for span in finding.blame[:1]] or [example.id]
        rule = f" (rule {finding.statement.span})" if finding.statement else ""
        lines.append(Text(one_line(f"{', '.join(places)}{rule}"), overflow="fold"))
    if elsewhere:
        lines.append(Text(f"under {', '.join(map(one_line, elsewhere))}, which it also negotiates"))
    return tuple(lines)


def run_rows(example: ExampleResult, look: Look) -> Iterator[RenderableType]:
    """Draw the attempts to run an example, with the last lines of those that did not serve."""
    for run in example.runs:
        yield labelled("ran", prose(run_sentence(run)), look.prose, INDENT - 2)
        if run.logs:
            said = [one_line(line.text) for line in run.logs]
            telling = [text for text in said if not _FRAME_OF_NODE.fullmatch(text)]
            lines = [Text(text, style="dim", no_wrap=True, overflow="ellipsis") for text in telling or said]
            yield labelled(
                "log", Text("\n", no_wrap=True, overflow="ellipsis").join(lines[-LOG_LINES:]), look.width, INDENT - 2
            )


def _headline(view: FindingView) -> Text:
    """``✗ MUST session.terminated-404  violated, blocking``, and the requirement in a line."""
    sign, style = mark(view.severity)
    words = f"{sign} {view.level} {one_line(view.finding.requirement)}  {finding_words(view.finding, view.severity)}"
    text = Text(words, style=style)
    if view.title:
        text.append(f"\n{' ' * (INDENT - 2)}{one_line(view.title)}", style="not bold default")
    return text


def _sentence_rows(view: FindingView, look: Look) -> Iterator[RenderableType]:
    """The sentence with its place; for an interpretation or advice, that it is one."""
    if (statement := view.finding.statement) is not None:
        yield labelled("rule", look.place(statement.span), look.width)
        yield labelled("", prose(f"“{one_line(statement.text)}”", "italic"), look.prose)
    if view.basis:
        yield labelled("basis", Text(view.basis), look.prose)


def _exchange_table(lines: Sequence[ExchangeLine]) -> Table:
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


def _patch(view: FindingView) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    for line in view.patch:
        if line.place:
            text.append(f"{one_line(line.place)}\n", style="cyan")
        text.append(f"{line.sign} {visible(line.text).rstrip()}\n", style="green" if line.sign == "+" else "red")
    text.rstrip()
    return text
