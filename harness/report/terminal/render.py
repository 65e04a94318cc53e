"""The report a maintainer reads in a terminal. Pure: width, colour and links are given, nothing is asked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from extractor.base.text import one_line
from harness.judge.judge import changed_rule
from harness.model import Basis, Status
from harness.report.terminal import sections
from harness.report.terminal.details import also_lines, example_heading, finding_block
from harness.report.terminal.look import Look, draw, indented, mark, signed
from harness.report.views import ReportView, first_with_patch
from harness.report.wording import BASIS_NAMES, NOTHING_APPLIES, plural, settings_sentence
from harness.results.distinct import advisory, of_severity
from harness.results.severity import SHOWN_IN_FULL, Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.model import Report
    from harness.results.distinct import DistinctExample, FindingGroup

SHORT: Final = (Severity.UNCHANGED, Severity.KNOWN, Severity.ADVISORY, Severity.INCONCLUSIVE, Severity.NOT_CHECKED)
"""Severities that get a line or two each."""
SEVERAL: Final = 3
"""Requirements that are not judged for one reason: so many get one line together."""
SHORT_LIMIT: Final = 160
"""Characters of a summary that is not shown in full; ``docprobe explain`` shows all of it."""


def render(report: Report, look: Look | None = None) -> str:
    """Return the whole report. Without colour and links there is no escape sequence in it."""
    look = look or Look()
    return draw(_report(ReportView.of(report), look), look)


def _report(view: ReportView, look: Look) -> Iterator[RenderableType]:
    """Good news first and the summary last, so that what matters is what stands above the prompt."""
    report = view.report
    # a trailing + means that the checkout had uncommitted changes
    dirty = "+" if (report.commit or "").endswith("+") else ""
    commit = f" at {one_line(report.commit[:12])}{dirty}" if report.commit else ""
    head = (f"docprobe {one_line(report.version)}", one_line(report.docs_root) + commit, f"{report.duration_s:.1f} s")
    yield Text(" · ".join(head))
    yield from sections.change(view)
    if settings := settings_sentence(report):
        yield Text(one_line(settings))
    run = [
        (distinct, groups)
        for distinct, groups in view.distinct
        if distinct.shown.status in {Status.JUDGED, Status.NOT_RUNNING}
    ]
    well = [(distinct, groups) for distinct, groups in run if not _in_full(groups)]
    if well:
        yield Text("")
    for distinct, groups in well:
        yield _all_well(distinct, groups, look)
        yield from _short_lines(groups, report)
    every = [distinct for distinct, _ in view.distinct]
    yield from sections.unjudged(every)
    yield from sections.blocked(every, look)
    # a fragment is not run, and what it imports may be missing all the same
    for distinct, groups in view.distinct:
        if distinct.shown.status is not Status.BLOCKED and _in_full(groups):
            yield from _violated(distinct, groups, view, look)
    yield from sections.unchecked(report, look)
    yield from sections.lost(report)
    yield from sections.comparison(report)
    yield from sections.text_changes(report)
    yield from sections.drift(report, look)
    yield from sections.baseline(report)
    yield from sections.problems(report)
    yield from sections.summary(report)


def _in_full(groups: Sequence[FindingGroup]) -> list[FindingGroup]:
    return [group for group in groups if group.severity in SHOWN_IN_FULL]


def _violated(
    distinct: DistinctExample, groups: Sequence[FindingGroup], view: ReportView, look: Look
) -> Iterator[RenderableType]:
    """One distinct text with its violations in full and the rest in short lines."""
    full = _in_full(groups)
    yield Text("")
    yield from example_heading(distinct, full[0].severity, look)
    again = first_with_patch(group.finding for group in full)
    for number, group in enumerate(full):
        also = also_lines(group, _elsewhere(group, groups))
        yield Text("")
        yield from finding_block(view.shown(group), look, also, again.get(number))
    rest = list(_short_lines(groups, view.report))
    if tally := _tally(groups):
        rest.append(indented(tally))
    if rest:
        yield Text("")
        yield from rest


def _all_well(distinct: DistinctExample, groups: Sequence[FindingGroup], look: Look) -> Text:
    """One line: the id, and behind it as much as fits."""
    if not groups:
        return _without_findings(distinct)
    severities = {group.severity for group in groups}
    # what was not judged is never shown as if all were well, whatever could be said of its text
    otherwise = Severity.SATISFIED if distinct.shown.checked else Severity.INCONCLUSIVE
    old = next((one for one in (Severity.UNCHANGED, Severity.KNOWN) if one in severities), otherwise)
    sign, style = mark(old)
    copies = f" (+{plural(len(distinct.copies), 'copy', 'copies')})" if distinct.copies else ""
    line = Text.assemble((f"{sign} ", style), one_line(distinct.shown.id), overflow="fold")
    satisfied = f"{len(of_severity(groups, Severity.SATISFIED))} satisfied"
    for tail in (f"  {_tally(groups).plain}{copies}", f"  {satisfied}{copies}", f"  {satisfied}"):
        if line.cell_len + len(tail) <= look.width:
            return line.append(tail, style="dim")
    return line


def _without_findings(distinct: DistinctExample) -> Text:
    """An example with no finding at all: with ``--requirement``, the requirements asked for may not apply to it."""
    example = distinct.shown
    sign, style = mark(Severity.INCONCLUSIVE)
    why = f"does not run: {one_line(example.reason or '')}" if example.status is Status.NOT_RUNNING else NOTHING_APPLIES
    return Text.assemble((f"{sign} ", style), one_line(example.id), (f"  {why}", "dim"), overflow="fold")


def _tally(groups: Sequence[FindingGroup]) -> Text:
    """``12 satisfied, 6 not applicable``; empty if there are none."""
    parts = []
    for severity in (Severity.SATISFIED, Severity.NOT_APPLICABLE):
        if number := len(of_severity(groups, severity)):
            parts.append(f"{number} {severity.value}")
    return Text(", ".join(parts), style="dim")


def _short_lines(groups: Sequence[FindingGroup], report: Report) -> Iterator[RenderableType]:
    """One line for each group that needs no block; not for those that repeat another by another revision.

    What is not judged because its sentence changed gets one together, where that is so of several.
    """
    worth_a_line = advisory(groups)
    changed = {(drift.requirement, drift.revision, changed_rule(drift)) for drift in report.drift}
    waiting = [g for g in groups if (g.finding.requirement, g.finding.revision, g.finding.summary) in changed]
    together = waiting if len(waiting) >= SEVERAL else []
    for group in groups:
        finding = group.finding
        if group in together:
            if group is together[0]:
                yield _not_judged([one.finding.requirement for one in together])
            continue
        if group.severity not in SHORT or (group.severity is Severity.ADVISORY and group not in worth_a_line):
            continue
        sign, style = mark(group.severity)
        other = f", {one_line(finding.revision)}" if not is_own(finding, group.example) else ""
        basis = f", {BASIS_NAMES[finding.basis]}" if finding.basis is not Basis.TEXT else ""
        line = Text.assemble((one_line(finding.requirement), style))
        line.append(f" ({group.severity.value}{basis}{other}): {one_line(finding.summary, SHORT_LIMIT)}")
        yield signed(sign, style, line)
    yield from _why_little_applies(groups)


def _why_little_applies(groups: Sequence[FindingGroup]) -> Iterator[RenderableType]:
    """One line for the reason for which most of what does not apply does not, such as an older transport."""
    summaries = Counter(group.finding.summary for group in of_severity(groups, Severity.NOT_APPLICABLE))
    why, number = summaries.most_common(1)[0] if summaries else ("", 0)
    if number < SEVERAL or 2 * number < summaries.total():
        return
    sign, style = mark(Severity.NOT_APPLICABLE)
    line = Text.assemble((f"{number} requirements", style))
    yield signed(sign, style, line.append(f" (not applicable): {one_line(why, SHORT_LIMIT)}"))


def _not_judged(requirements: Sequence[str]) -> RenderableType:
    """One line for requirements whose sentences are not those that they are bound to."""
    sign, style = mark(Severity.INCONCLUSIVE)
    some = [one_line(id) for id in requirements[:SEVERAL]]
    rest = f" and {len(requirements) - SEVERAL} more" if len(requirements) > SEVERAL else ""
    line = Text.assemble((f"{len(requirements)} requirements", style))
    line.append(
        f" (inconclusive): the sentences that they quote are gone or changed (see drift): {', '.join(some)}{rest}"
    )
    return signed(sign, style, line)


def _elsewhere(group: FindingGroup, groups: Sequence[FindingGroup]) -> tuple[str, ...]:
    """Other revisions by which the same requirement is violated too, in the copy that is shown."""
    revisions = {
        finding.revision
        for other in groups
        if other.severity is Severity.ADVISORY and other.finding.requirement == group.finding.requirement
        for example, finding in other.members
        if not is_own(finding, example) and example.id == group.example.id
    }
    return tuple(sorted(revisions))
