"""The parts of a terminal report beside the findings: what was not judged, drift, the baseline, the summary."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from extractor.base.text import one_line
from harness.model import Status
from harness.report.blocks import INDENT, Look, labelled, mark, prose, run_rows
from harness.report.wording import (
    UNJUDGED,
    baseline_sentence,
    drift_sentence,
    exit_sentence,
    figures,
    lost_sentence,
    next_step,
    plural,
    status_words,
    violations,
)
from harness.results.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.model import Report
    from harness.results.distinct import DistinctExample

PROBLEMS_SHOWN: Final = 20


def blocked(found: Sequence[DistinctExample], look: Look) -> Iterator[RenderableType]:
    """Examples that could not be judged for a reason of ours, with the reason."""
    blocked = [text for text in found if text.shown.status is Status.BLOCKED]
    if not blocked:
        return
    yield Text("")
    yield Text("Not judged, for a reason of ours", style="bold magenta")
    for text in blocked:
        yield Padding(Text(f"? {_with_copies(text)}", overflow="fold"), (0, 0, 0, INDENT - 2))
        yield labelled("why", prose(text.shown.reason or "no reason given"), look.prose)
        yield from run_rows(text.shown, look)


def unjudged(found: Sequence[DistinctExample]) -> Iterator[RenderableType]:
    """What was never meant to run, by reason: nothing is left out silently."""
    reasons: dict[tuple[Status, str], list[DistinctExample]] = defaultdict(list)
    for text in found:
        if text.shown.status in UNJUDGED:
            reasons[text.shown.status, text.shown.reason or "no reason given"].append(text)
    for status in UNJUDGED:
        groups = {reason: group for (its, reason), group in reasons.items() if its is status}
        if not groups:
            continue
        number = sum(len(text.all) for group in groups.values() for text in group)
        yield Text("")
        yield Text(f"Not run: {status_words(status, number)}", style="bold")
        for reason, group in groups.items():
            yield Padding(prose(one_line(reason)), (0, 0, 0, INDENT - 2))
            ids = Text("\n".join(_with_copies(text) for text in group), style="dim", overflow="fold")
            yield Padding(ids, (0, 0, 0, INDENT))


def _with_copies(text: DistinctExample) -> str:
    copies = f" (+{plural(len(text.copies), 'copy', 'copies')})" if text.copies else ""
    return one_line(text.shown.id) + copies


def lost(report: Report) -> Iterator[RenderableType]:
    """Examples that a change left unchecked."""
    if report.lost:
        yield Text("")
        yield Text("Not checked any more", style="bold magenta")
    for entry in report.lost:
        told = f"? {one_line(lost_sentence(entry))} ({one_line(entry.page)}:{entry.line})"
        yield Padding(Text(told, overflow="fold"), (0, 0, 0, INDENT - 2))


def drift(report: Report, look: Look) -> Iterator[RenderableType]:
    """Sentences that no longer read as they did when checks were bound to them."""
    if report.drift:
        yield Text("")
        yield Text("The specification changed under these checks", style="bold")
    for entry in report.drift:
        sign, style = mark(Severity.BLOCKING if entry.gates else Severity.ADVISORY)
        about = f"{sign} {one_line(entry.requirement)} {one_line(entry.revision)}"
        yield Padding(Text(about, style=style), (0, 0, 0, INDENT - 2))
        yield labelled("was", prose(drift_sentence(entry)), look.prose)
        if entry.nearest is not None:
            yield labelled("now", look.place(entry.nearest.span), look.width)
            yield labelled("", prose(f"“{one_line(entry.nearest.text)}”", "italic"), look.prose)


def baseline(report: Report) -> Iterator[RenderableType]:
    """Entries of the baseline that want attention."""
    notes = [note for note in report.baseline if note.kind != "known"]
    if notes:
        yield Text("")
        yield Text("Baseline", style="bold")
    for note in notes:
        sign, style = mark(Severity.BLOCKING if note.gates else Severity.WARNING)
        line = Text.assemble((f"{sign} ", style), one_line(baseline_sentence(note)), overflow="fold")
        yield Padding(line, (0, 0, 0, INDENT - 2))


def problems(report: Report) -> Iterator[RenderableType]:
    """Places of the docs that were stepped over."""
    if not report.problems:
        return
    yield Text("")
    yield Text(f"{plural(len(report.problems), 'problem')} of the docs, stepped over", style="bold")
    for problem in report.problems[:PROBLEMS_SHOWN]:
        yield Padding(Text(one_line(str(problem)), overflow="fold"), (0, 0, 0, INDENT - 2))
    if (rest := len(report.problems) - PROBLEMS_SHOWN) > 0:
        yield Padding(Text(f"and {rest:,} more (--format json lists all)", style="dim"), (0, 0, 0, INDENT - 2))


def summary(report: Report) -> Iterator[RenderableType]:
    """Figures, the exit code and why, the next step."""
    yield Text("")
    yield Rule(style="dim", characters="─")
    yield Text(figures(report))
    yield Text(violations(report))
    bad = report.exit_code != 0
    yield Text(one_line(exit_sentence(report)), style="bold red" if bad else "bold green")
    if (step := next_step(report)) is not None:
        # not wrapped by us, so that it is copied as one line
        yield Text(f"Next:\n{one_line(step)}", no_wrap=True, overflow="ignore")
