"""The parts of a terminal report other than findings: what was not checked, drift, the baseline, the summary."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from rich.rule import Rule
from rich.text import Text

from extractor.base.text import one_line
from harness.judge.exit_code import unchecked_programs
from harness.model import BaselineKind, Status
from harness.report.change_wording import (
    NEVER_RUN,
    change_lines,
    drift_entries,
    drift_sentence,
    gone_sentence,
    lost_sentence,
    not_compared_sentences,
    rejudged_sentences,
    text_change_sentence,
    unchecked_reason,
)
from harness.report.exit_wording import exit_sentence, next_step
from harness.report.locations import start_of
from harness.report.terminal.details import run_rows
from harness.report.terminal.look import INDENT, Look, indented, labelled, mark, prose
from harness.report.wording import baseline_sentence, figures, plural, status_words, violations
from harness.results.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.model import Report
    from harness.report.views import ReportView
    from harness.results.distinct import DistinctExample

PROBLEMS_SHOWN: Final = 20
DRIFT_SHOWN: Final = 30
_CHANGES: Final = {"fixed": ("✓", "green"), "broken": ("✗", "bold red"), "left": ("≡", "yellow")}


def blocked(every: Sequence[DistinctExample], look: Look) -> Iterator[RenderableType]:
    """Draw the examples that could not be checked, each with the reason."""
    every_blocked = [distinct for distinct in every if distinct.shown.status is Status.BLOCKED]
    if not_run := [distinct for distinct in every_blocked if distinct.shown.interrupted]:
        yield Text("")
        yield Text("Not run: the run was interrupted", style="bold")
        yield indented(Text("\n".join(map(_with_copies, not_run)), style="dim", overflow="fold"))
    blocked = [distinct for distinct in every_blocked if not distinct.shown.interrupted]
    if not blocked:
        return
    yield Text("")
    yield Text("Not checked: environment or docprobe problem", style="bold magenta")
    for distinct in blocked:
        yield indented(Text(f"? {_with_copies(distinct)}", overflow="fold"))
        yield labelled("why", prose(distinct.shown.reason or "no reason given"), look.prose)
        yield from run_rows(distinct.shown, look)


def unjudged(every: Sequence[DistinctExample]) -> Iterator[RenderableType]:
    """Draw what was never meant to run, by reason: nothing is left out silently."""
    reasons: dict[tuple[Status, str], list[DistinctExample]] = defaultdict(list)
    for distinct in every:
        if distinct.shown.status in NEVER_RUN:
            reasons[distinct.shown.status, distinct.shown.reason or "no reason given"].append(distinct)
    for status in NEVER_RUN:
        groups = {reason: group for (of, reason), group in reasons.items() if of is status}
        if not groups:
            continue
        number = sum(len(distinct.all) for group in groups.values() for distinct in group)
        yield Text("")
        yield Text(f"Not run: {status_words(status, number)}", style="bold")
        for reason, group in groups.items():
            yield indented(prose(one_line(reason)))
            ids = Text("\n".join(_with_copies(distinct) for distinct in group), style="dim", overflow="fold")
            yield indented(ids, INDENT)


def _with_copies(distinct: DistinctExample) -> str:
    copies = f" (+{plural(len(distinct.copies), 'copy', 'copies')})" if distinct.copies else ""
    return one_line(distinct.shown.id) + copies


def unchecked(report: Report, look: Look) -> Iterator[RenderableType]:
    """Draw the programs that a change adds or edits and that were not checked."""
    entries = [entry for entry in unchecked_programs(report) if entry.example.status is not Status.BLOCKED]
    if entries:
        yield Text("")
        yield Text("Not checked: programs that the change adds or edits", style="bold magenta")
    for entry in entries:
        place = f"({start_of(entry.example)})"
        yield indented(Text(f"? {one_line(entry.example.id)} {one_line(place)}", overflow="fold"))
        yield labelled("why", prose(unchecked_reason(entry)), look.prose)


def text_changes(report: Report) -> Iterator[RenderableType]:
    """Draw what a change does to the normative text."""
    if report.text_changes:
        yield Text("")
        yield Text("Changes of the normative text", style="bold")
    for change in report.text_changes:
        yield indented(prose(one_line(text_change_sentence(change))))


def lost(report: Report) -> Iterator[RenderableType]:
    """Draw the examples that a change left unchecked."""
    if report.lost:
        yield Text("")
        yield Text("No longer checked since the change", style="bold magenta")
    for entry in report.lost:
        line = f"? {one_line(lost_sentence(entry))} ({one_line(entry.page)}:{entry.line})"
        yield indented(Text(line, overflow="fold"))


def change(view: ReportView) -> Iterator[RenderableType]:
    """Draw what a change did in three lines: fixed, broken, left."""
    for word, sentence in change_lines(view.report, view.groups):
        sign, style = _CHANGES[word] if sentence != "nothing" else ("·", "dim")
        yield Text(f"{sign} {word:<6}  {one_line(sentence)}", style=style, overflow="fold")


def comparison(report: Report) -> Iterator[RenderableType]:
    """Draw which examples of a change could not be compared with the merge base."""
    if missing := not_compared_sentences(report):
        yield Text("")
        yield Text("Not compared with the merge base", style="bold")
    for sentence in missing:
        yield indented(Text(f"? {one_line(sentence)}", overflow="fold"))
    if others := rejudged_sentences(report):
        yield Text("")
        yield Text("Judged by another revision", style="bold")
    for sentence in others:
        yield indented(Text(f"! {one_line(sentence)}", overflow="fold"))


def drift(report: Report, look: Look) -> Iterator[RenderableType]:
    """Draw the sentences that no longer read as they did when checks were bound to them."""
    if report.drift:
        yield Text("")
        yield Text("Changed sentences of the specification", style="bold")
    entries = drift_entries(report.drift)
    for together in entries[:DRIFT_SHOWN]:
        entry = together[0]
        sign, style = mark(Severity.BLOCKING if entry.gates else Severity.ADVISORY)
        if len(together) > 1:
            yield indented(Text(f"{sign} {one_line(entry.revision)}: {one_line(gone_sentence(together))}", style=style))
            continue
        yield indented(Text(f"{sign} {one_line(entry.requirement)} {one_line(entry.revision)}", style=style))
        yield labelled("was", prose(drift_sentence(entry)), look.prose)
        if entry.nearest is not None:
            yield labelled("now", look.place(entry.nearest.span), look.width)
            if not entry.words:
                yield labelled("", prose(f"“{one_line(entry.nearest.text)}”", "italic"), look.prose)
    if (rest := len(entries) - DRIFT_SHOWN) > 0:
        yield indented(Text(f"and {rest:,} more (--format json lists all)", style="dim"))


def baseline(report: Report) -> Iterator[RenderableType]:
    """Draw the entries of the baseline that want attention."""
    notes = [note for note in report.baseline if note.kind is not BaselineKind.KNOWN]
    if notes:
        yield Text("")
        yield Text("Baseline", style="bold")
    for note in notes:
        sign, style = mark(Severity.BLOCKING if note.gates else Severity.WARNING)
        yield indented(Text.assemble((f"{sign} ", style), one_line(baseline_sentence(note)), overflow="fold"))


def problems(report: Report) -> Iterator[RenderableType]:
    """Draw what is wrong in the docs and was skipped, and remarks on the whole run."""
    if not report.problems:
        return
    yield Text("")
    yield Text(f"Problems ({len(report.problems):,})", style="bold")
    for problem in report.problems[:PROBLEMS_SHOWN]:
        yield indented(Text(one_line(str(problem)), overflow="fold"))
    if (rest := len(report.problems) - PROBLEMS_SHOWN) > 0:
        yield indented(Text(f"and {rest:,} more (--format json lists all)", style="dim"))


def summary(report: Report) -> Iterator[RenderableType]:
    """Draw the figures, the exit code and why, and the next step."""
    yield Text("")
    yield Rule(style="dim", characters="─")
    yield Text(figures(report))
    yield Text(violations(report))
    bad = report.exit_code != 0
    yield Text(one_line(exit_sentence(report)), style="bold red" if bad else "bold green")
    if (step := next_step(report)) is not None:
        # not wrapped here, so that it is copied as one line
        yield Text(f"Next:\n{one_line(step)}", no_wrap=True, overflow="ignore")
