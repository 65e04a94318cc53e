"""``--format markdown``: the job summary of a pull request. Pure.

The verdict first, then a table with a line for each distinct text, then every violation with what a maintainer needs,
folded; what was not run is counted and listed. GitHub takes a mebibyte for a step: what would not fit is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.base.text import visible
from harness.base.escape import defused, html_text, markdown_code, markdown_fence, markdown_text
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
    unchecked_sentence,
)
from harness.report.exit_wording import exit_sentence
from harness.report.views import ReportView, first_with_patch
from harness.report.wording import (
    baseline_sentence,
    figures,
    finding_words,
    plural,
    settings_sentence,
    status_words,
    violations,
)
from harness.results.distinct import of_severity
from harness.results.severity import SHOWN_IN_FULL, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.model import ExampleResult, Report
    from harness.report.views import BlamedPage, FindingView
    from harness.results.distinct import DistinctExample, FindingGroup

LIMIT: Final = 1_000_000
"""Bytes of the whole summary; GitHub drops a step's summary above 1 MiB."""
ICONS: Final = {0: "✅", 1: "❌", 3: "⚠️"}
CHANGE_ICONS: Final = {"fixed": "✅", "broken": "❌", "left": "➖"}
PROBLEMS_SHOWN: Final = 50
DRIFT_SHOWN: Final = 50


def render(report: Report) -> str:
    """Return the summary, in GitHub's Markdown."""
    view = ReportView.of(report)
    head = [f"## {ICONS.get(report.exit_code, '⚠️')} docprobe", ""]
    changed = change_lines(report, view.groups)
    head += [f"- {CHANGE_ICONS[word]} **{word}:** {markdown_text(sentence)}" for word, sentence in changed]
    head += [*([""] if changed else []), markdown_text(exit_sentence(report)), ""]
    head += [markdown_text(f"{figures(report)}. {violations(report)}"), ""]
    if settings := settings_sentence(report):
        head += [markdown_text(settings), ""]
    head += [*_table(view), *_beside(report)]
    full = [group for _, groups in view.distinct for group in groups if group.severity in SHOWN_IN_FULL]
    again = first_with_patch(group.finding for group in full)
    details = [
        _details(group, view.shown(group), again.get(number), unfolded=number == 0) for number, group in enumerate(full)
    ]
    tail = _never_run([distinct for distinct, _ in view.distinct])
    return defused(_fitted("\n".join(head), details, "\n".join(tail)))


def _fitted(head: str, details: Sequence[str], tail: str) -> str:
    """Everything, or as many of the details as fit and how many do not."""
    room = LIMIT - len(head.encode()) - len(tail.encode()) - 200
    taken: list[str] = []
    for detail in details:
        room -= len(detail.encode()) + 1
        if room < 0:
            break
        taken.append(detail)
    if left := len(details) - len(taken):
        taken.append(f"\nAnd {plural(left, 'violation')} more than fit here: `--format terminal` shows all.\n")
    whole = "\n".join([head, *taken, tail]).rstrip() + "\n"
    if len(whole.encode()) > LIMIT:
        cut = whole.encode()[: LIMIT - 100].decode(errors="ignore").rpartition("\n")[0]
        return f"{cut}\n\n…cut: the summary is limited to a mebibyte.\n"
    return whole


def _table(view: ReportView) -> Iterator[str]:
    shown = [
        (distinct, groups)
        for distinct, groups in view.distinct
        if not distinct.shown.interrupted
        if distinct.shown.status not in NEVER_RUN or any(group.severity in SHOWN_IN_FULL for group in groups)
    ]
    if not shown:
        return
    compared = view.report.compared is not None
    unchanged = " unchanged |" if compared else ""
    yield f"| | example | blocking | warnings |{unchanged} advisory | satisfied | not applicable | inconclusive |"
    yield f"|---|---|--:|--:|{'--:|' if compared else ''}--:|--:|--:|--:|"
    columns: tuple[tuple[Severity, ...], ...] = (
        (Severity.BLOCKING,),
        (Severity.WARNING,),
        *(((Severity.UNCHANGED,),) if compared else ()),
        (Severity.ADVISORY,),
        (Severity.SATISFIED,),
        (Severity.NOT_APPLICABLE,),
        (Severity.INCONCLUSIVE, Severity.NOT_CHECKED),
    )
    for distinct, groups in shown:
        number = {severity: len(of_severity(groups, severity)) for severity in Severity}
        cells = [str(sum(number[severity] for severity in column) or "") for column in columns]
        copies = f" +{plural(len(distinct.copies), 'copy', 'copies')}" if distinct.copies else ""
        name = f"{markdown_code(distinct.shown.id)}{copies}"
        yield f"| {_icon(distinct.shown, number)} | {name} | {' | '.join(cells)} |"
    yield ""


def _icon(example: ExampleResult, number: Mapping[Severity, int]) -> str:
    if example.status is Status.BLOCKED or not example.findings:
        return "❔"
    if number[Severity.BLOCKING]:
        return "❌"
    if number[Severity.WARNING]:
        return "⚠️"
    return "✅" if example.checked else "❔"


def _beside(report: Report) -> Iterator[str]:
    """Blocked examples, drift, the baseline and what could not be read."""
    if not_run := [example for example in report.examples if example.interrupted]:
        yield f"- ❔ Not run, the run was interrupted: {', '.join(markdown_code(example.id) for example in not_run)}"
    for example in report.examples:
        if example.status is Status.BLOCKED and not example.interrupted:
            yield f"- ❔ {markdown_code(example.id)} could not be checked: {markdown_text(example.reason or '')}"
    for entry in unchecked_programs(report):
        if entry.example.status is not Status.BLOCKED:
            yield f"- ❔ {markdown_text(unchecked_sentence(entry))}"
    for lost in report.lost:
        yield f"- ❔ {markdown_text(lost_sentence(lost))}"
    for sentence in (*not_compared_sentences(report), *rejudged_sentences(report)):
        yield f"- ❔ {markdown_text(sentence)}"
    for change in report.text_changes:
        yield f"- {markdown_text(text_change_sentence(change))}"
    entries = drift_entries(report.drift)
    for together in entries[:DRIFT_SHOWN]:
        drift = together[0]
        icon = "❌" if drift.gates else "⚠️"
        if len(together) > 1:
            yield f"- {icon} {markdown_text(f'{drift.revision}: {gone_sentence(together)}')}"
        else:
            sentence = markdown_text(f"{drift.revision}: {drift_sentence(drift)}")
            yield f"- {icon} {markdown_code(drift.requirement)} {sentence}"
    if (rest := len(entries) - DRIFT_SHOWN) > 0:
        yield f"- and {rest:,} more changed sentences"
    for note in report.baseline:
        if note.kind is not BaselineKind.KNOWN:
            yield f"- {'❌' if note.gates else '⚠️'} {markdown_text(f'baseline: {baseline_sentence(note)}')}"
    for problem in report.problems[:PROBLEMS_SHOWN]:
        yield f"- ⚠️ {markdown_text(f'problem: {problem}')}"
    yield ""


def _details(group: FindingGroup, view: FindingView, patch_of: str | None, *, unfolded: bool) -> str:
    """One violation, folded but for the first: most runs have few, and that one is what a reader came for."""
    finding, example = view.finding, view.example
    icon = "❌" if view.severity is Severity.BLOCKING else "⚠️"
    title = f"{view.level} {finding.requirement}: {finding_words(finding, view.severity)}"
    opening = "<details open>" if unfolded else "<details>"
    lines = [f"{opening}<summary>{icon} {html_text(title)} · {html_text(example.id)}</summary>", ""]
    lines += [markdown_text(finding.summary), ""]
    lines += _sentence(view)
    lines += _evidence(view)
    for page in view.pages:
        lines += [f"On the page, {markdown_code(str(page.spans[0]))}:", "", markdown_fence(_code(page)), ""]
    said = (("Blamed", view.blame_words), ("Effect", view.effect), ("Fix", view.fix), ("Avoid", view.avoid))
    for label, text in said:
        if text:
            lines.append(f"- **{label}:** {markdown_text(text)}")
    lines += [f"- **Also:** {markdown_code(other.id)}" for other, _ in group.members[1:] if other.id != example.id]
    if finding.patch is not None:
        lines += ["", f"Proved: {markdown_text(finding.patch.description)}.", ""]
        known = f"The change shown at {markdown_code(patch_of)}, above." if patch_of else None
        lines.append(known or markdown_fence(_patch(view), "diff"))
    return "\n".join([*lines, "", "</details>"])


def _sentence(view: FindingView) -> Iterator[str]:
    if (statement := view.finding.statement) is not None:
        yield f"> {markdown_text(statement.text)}"
        yield f">\n> {markdown_code(str(statement.span))}"
        yield ""
    if view.basis:
        yield markdown_text(view.basis.capitalize() + ".")
        yield ""


def _evidence(view: FindingView) -> Iterator[str]:
    if exchanges := view.exchanges:
        shared = ", ".join(view.shared_context)
        lines = [f"all with {shared}"] if shared else []
        for line in exchanges:
            who = f" ({line.who})" if line.who else ""
            answer = "(control)" if line.control else line.answer
            lines.append(f"#{line.number} {line.request}{who} → {line.status} {answer}".rstrip())
        yield markdown_fence("\n".join(visible(line).replace("\n", " ") for line in lines))
        yield ""
    elif view.attempts:
        for attempt in view.attempts:
            yield f"- {markdown_text(attempt)}"
        yield ""


def _code(page: BlamedPage) -> str:
    runs = [
        "\n".join(f"{'▸' if line.blamed else ' '} {line.number:>5} │ {line.text.rstrip()}" for line in excerpt)
        for excerpt in page.excerpts
    ]
    return "\n      ⋮\n".join(runs) or "(the page is not available)"


def _patch(view: FindingView) -> str:
    lines = []
    for line in view.patch:
        lines += [f"@@ {line.place} @@"] if line.place else []
        lines.append(f"{line.sign} {line.text.rstrip()}")
    return "\n".join(lines)


def _never_run(every: Sequence[DistinctExample]) -> Iterator[str]:
    """What was not run, by status, folded, with the reason of each."""
    for status in NEVER_RUN:
        group = [distinct for distinct in every if distinct.shown.status is status]
        if not group:
            continue
        number = sum(len(distinct.all) for distinct in group)
        yield f"\n<details><summary>Not run: {status_words(status, number)}</summary>\n"
        for distinct in group:
            copies = f" (+{plural(len(distinct.copies), 'copy', 'copies')})" if distinct.copies else ""
            reason = markdown_text(distinct.shown.reason or "no reason given")
            yield f"- {markdown_code(distinct.shown.id)}{copies}: {reason}"
        yield "\n</details>"
