"""The report a maintainer reads in a terminal. Pure: width, colour and links are given, nothing is asked."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from extractor.base.text import one_line
from harness.base.escape import defused
from harness.model import Status
from harness.report.blocks import INDENT, Look, finding_block, labelled, mark, prose
from harness.report.sections import baseline, blocked, drift, lost, problems, summary, unjudged
from harness.report.wording import NOTHING_ASKED, basis_word, direct_packages, plural
from harness.results.distinct import (
    DistinctExample,
    FindingGroup,
    advisory,
    distinct_examples,
    finding_groups,
    of_severity,
)
from harness.results.severity import SHOWN_IN_FULL, ReportIndex, Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from harness.model import Report

SHORT: Final = (Severity.KNOWN, Severity.ADVISORY, Severity.INCONCLUSIVE, Severity.NOT_CHECKED)
"""Weights that get a line or two each."""
SHORT_LIMIT: Final = 160
"""Characters of a summary that is not shown in full; ``docprobe explain`` shows all of it."""


def render(report: Report, look: Look | None = None) -> str:
    """The whole report. Without colour and links there is no escape sequence in it."""
    look = look or Look()
    return draw(_report(report, look), look)


def draw(parts: Iterable[RenderableType], look: Look) -> str:
    """Renderables as text: no line is a command to a CI runner, none has trailing blanks."""
    sink = io.StringIO()
    styled = look.color or look.links is not None
    console = Console(
        file=sink,
        width=look.width,
        force_terminal=styled,
        color_system="standard" if styled else None,
        no_color=not look.color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    for part in parts:
        # a line that is to be copied stays one line, whatever the width
        console.print(part, soft_wrap=isinstance(part, Text) and part.overflow == "ignore")
    return defused("\n".join(line.rstrip() for line in sink.getvalue().splitlines())) + "\n"


def _report(report: Report, look: Look) -> Iterator[RenderableType]:
    """Good news first and the summary last, so that what matters is what stands above the prompt."""
    # a trailing + says that the checkout had uncommitted changes
    dirty = "+" if (report.commit or "").endswith("+") else ""
    commit = f" at {one_line(report.commit[:12])}{dirty}" if report.commit else ""
    told = (f"docprobe {one_line(report.version)}", one_line(report.docs_root) + commit, f"{report.duration_s:.1f} s")
    yield Text(" · ".join(told))
    found = distinct_examples(report)
    run = [text for text in found if text.shown.status in {Status.JUDGED, Status.NOT_RUNNING}]
    judged = [(text, finding_groups(text, ReportIndex.of(report))) for text in run]
    well = [(text, its) for text, its in judged if not _in_full(its)]
    if well:
        yield Text("")
    for text, its in well:
        yield _all_well(text, its, look)
        yield from _short_lines(its)
    yield from unjudged(found)
    yield from blocked(found, look)
    for text, its in judged:
        if _in_full(its):
            yield from _violated(text, its, report, look)
    yield from lost(report)
    yield from drift(report, look)
    yield from baseline(report)
    yield from problems(report)
    yield from summary(report)


def _in_full(found: Sequence[FindingGroup]) -> list[FindingGroup]:
    return [case for case in found if case.severity in SHOWN_IN_FULL]


def _violated(
    text: DistinctExample, found: Sequence[FindingGroup], report: Report, look: Look
) -> Iterator[RenderableType]:
    """One distinct text with its violations in full and the rest in short lines."""
    full = _in_full(found)
    yield Text("")
    yield from heading(text, full[0].severity, look)
    for case in full:
        yield Text("")
        yield from finding_block(case, report, look, _elsewhere(case, found))
    rest = list(_short_lines(found))
    if tally := _tally(found):
        rest.append(Padding(tally, (0, 0, 0, INDENT - 2)))
    if rest:
        yield Text("")
        yield from rest


def heading(text: DistinctExample, weight: Severity, look: Look) -> Iterator[RenderableType]:
    """What is known of a text before any finding: id, kind, lines, packages, what was added, its copies."""
    example = text.shown
    sign, style = mark(weight)
    yield Text.assemble((f"{sign} ", style), (one_line(example.id), "bold"), overflow="fold")
    speaks = f"speaks {', '.join(map(one_line, example.negotiated))}" if example.negotiated else ""
    state = "does not run" if example.status is Status.NOT_RUNNING else ""
    kept = "kept from before" if example.cached else ""
    facts = [one_line(example.language), example.kind.value, state, speaks, kept]
    yield Padding(Text(" · ".join(fact for fact in facts if fact), style="dim"), (0, 0, 0, INDENT - 2))
    if example.spans:
        yield labelled("lines", look.places(example.spans, style=""), look.width, INDENT - 2)
    if example.packages:
        direct = direct_packages(example)
        packages = [one_line(package) for package in direct]
        if rest := len(example.packages) - len(direct):
            packages.append(f"{rest:,} more" if direct else plural(rest, "package"))
        yield labelled("with", Text(", ".join(packages)), look.prose, INDENT - 2)
    if example.added:
        yield labelled("added", prose("; ".join(map(one_line, example.added))), look.prose, INDENT - 2)
    if text.copies:
        copies = Text("\n".join(one_line(copy.id) for copy in text.copies), overflow="fold")
        yield labelled("copies", copies, look.width, INDENT - 2)


def _all_well(text: DistinctExample, found: Sequence[FindingGroup], look: Look) -> Text:
    """One line: the id, and behind it as much as fits."""
    if not found:
        return _unasked(text)
    known = any(case.severity is Severity.KNOWN for case in found)
    sign, style = mark(Severity.KNOWN if known else Severity.SATISFIED)
    copies = f" (+{plural(len(text.copies), 'copy', 'copies')})" if text.copies else ""
    line = Text.assemble((f"{sign} ", style), one_line(text.shown.id), overflow="fold")
    satisfied = f"{len(of_severity(found, Severity.SATISFIED))} satisfied"
    for tail in (f"  {_tally(found).plain}{copies}", f"  {satisfied}{copies}", f"  {satisfied}"):
        if line.cell_len + len(tail) <= look.width:
            return line.append(tail, style="dim")
    return line


def _unasked(text: DistinctExample) -> Text:
    """An example with no finding at all: with ``--requirement``, what was asked may not be judged by any."""
    example = text.shown
    sign, style = mark(Severity.INCONCLUSIVE)
    why = f"does not run: {one_line(example.reason or '')}" if example.status is Status.NOT_RUNNING else NOTHING_ASKED
    return Text.assemble((f"{sign} ", style), one_line(example.id), (f"  {why}", "dim"), overflow="fold")


def _tally(found: Sequence[FindingGroup]) -> Text:
    """``12 satisfied, 6 not applicable``; empty if there are none."""
    told = []
    for weight in (Severity.SATISFIED, Severity.NOT_APPLICABLE):
        if number := len(of_severity(found, weight)):
            told.append(f"{number} {weight.value}")
    return Text(", ".join(told), style="dim")


def _short_lines(found: Sequence[FindingGroup]) -> Iterator[RenderableType]:
    """One line for each case that needs no block; not for those that repeat another by another revision."""
    worth_a_line = advisory(found)
    for case in found:
        finding = case.finding
        if case.severity not in SHORT or (case.severity is Severity.ADVISORY and case not in worth_a_line):
            continue
        sign, style = mark(case.severity)
        by = f" by {one_line(finding.revision)}" if not is_own(finding, case.example) else ""
        basis = f" ({finding.basis.value})" if basis_word(finding) else ""
        line = Text.assemble((one_line(finding.requirement), style))
        line.append(f" {case.severity.value}{basis}{by}: {one_line(finding.summary, SHORT_LIMIT)}")
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_row(Text(sign, style=style), line)
        yield Padding(grid, (0, 0, 0, INDENT - 2))


def _elsewhere(case: FindingGroup, found: Sequence[FindingGroup]) -> tuple[str, ...]:
    """Other revisions by which the same requirement is violated too, in the copy that is shown."""
    revisions = {
        finding.revision
        for other in found
        if other.severity is Severity.ADVISORY and other.finding.requirement == case.finding.requirement
        for example, finding in other.members
        if not is_own(finding, example) and example.id == case.example.id
    }
    return tuple(sorted(revisions))
