"""``--format markdown``: the job summary of a pull request. Pure.

The verdict first, then a table with a line for each distinct text, then every violation with what a maintainer needs,
folded; what was not run is counted and listed. GitHub takes a mebibyte for a step: what would not fit is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.base.text import visible
from harness.base.escape import defused, html_text, markdown_code, markdown_fence, markdown_text
from harness.model import Status
from harness.report.evidence import exchange_lines, page_lines, patch_lines, shared_context
from harness.report.wording import (
    UNJUDGED,
    baseline_sentence,
    basis_word,
    drift_sentence,
    exit_sentence,
    figures,
    lost_sentence,
    plural,
    rows,
    run_sentence,
    status_words,
    violations,
    weight_word,
)
from harness.results.distinct import (
    DistinctExample,
    FindingGroup,
    distinct_examples,
    finding_groups,
    of_severity,
)
from harness.results.severity import SHOWN_IN_FULL, ReportIndex, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Span
    from harness.model import ExampleResult, Finding, Patch, Report

LIMIT: Final = 1_000_000
"""Bytes of the whole summary; GitHub drops a step's summary above 1 MiB."""
ICONS: Final = {0: "✅", 1: "❌", 3: "⚠️"}


def render(report: Report) -> str:
    """The summary, in GitHub's Markdown."""
    judged = [(text, finding_groups(text, ReportIndex.of(report))) for text in distinct_examples(report)]
    head = [f"## {ICONS.get(report.exit_code, '⚠️')} docprobe", "", markdown_text(exit_sentence(report)), ""]
    head += [markdown_text(f"{figures(report)}; {violations(report)}."), ""]
    head += [*_table(judged), *_beside(report)]
    full = [case for _, its in judged for case in its if case.severity in SHOWN_IN_FULL]
    details = [_details(case, report, unfolded=number == 0) for number, case in enumerate(full)]
    tail = _unjudged([text for text, _ in judged])
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


def _table(judged: Sequence[tuple[DistinctExample, Sequence[FindingGroup]]]) -> Iterator[str]:
    shown = [(text, its) for text, its in judged if text.shown.status not in UNJUDGED]
    if not shown:
        return
    yield "| | example | gates | warns | advisory | satisfied | not applicable | inconclusive |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for text, its in shown:
        number = {weight: len(of_severity(its, weight)) for weight in Severity}
        counted = (Severity.BLOCKING, Severity.WARNING, Severity.ADVISORY, Severity.SATISFIED, Severity.NOT_APPLICABLE)
        figures = [str(number[weight] or "") for weight in counted]
        open_questions = str(number[Severity.INCONCLUSIVE] + number[Severity.NOT_CHECKED] or "")
        copies = f" +{plural(len(text.copies), 'copy', 'copies')}" if text.copies else ""
        name = f"{markdown_code(text.shown.id)}{copies}"
        yield f"| {_icon(text.shown, number)} | {name} | {' | '.join([*figures, open_questions])} |"
    yield ""


def _icon(example: ExampleResult, number: dict[Severity, int]) -> str:
    if example.status is Status.BLOCKED or not example.findings:
        return "❔"
    if number[Severity.BLOCKING]:
        return "❌"
    return "⚠️" if number[Severity.WARNING] else "✅"


def _beside(report: Report) -> Iterator[str]:
    """Blocked examples, drift, the baseline and what could not be read."""
    for example in report.examples:
        if example.status is Status.BLOCKED:
            yield f"- ❔ {markdown_code(example.id)} could not be judged: {markdown_text(example.reason or '')}"
    for lost in report.lost:
        yield f"- ❔ {markdown_text(lost_sentence(lost))}"
    for entry in report.drift:
        icon = "❌" if entry.gates else "⚠️"
        told = markdown_text(f"{entry.revision}: {drift_sentence(entry)}")
        yield f"- {icon} {markdown_code(entry.requirement)} {told}"
    for note in report.baseline:
        if note.kind != "known":
            yield f"- {'❌' if note.gates else '⚠️'} {markdown_text(f'baseline: {baseline_sentence(note)}')}"
    for problem in report.problems[:50]:
        yield f"- ⚠️ {markdown_text(f'stepped over: {problem}')}"
    yield ""


def _details(case: FindingGroup, report: Report, *, unfolded: bool) -> str:
    """One violation, folded but for the first: most runs have few, and that one is what a reader came for."""
    finding, example = case.finding, case.example
    icon = "❌" if case.severity is Severity.BLOCKING else "⚠️"
    title = f"{finding.level.value} {finding.requirement}: {weight_word(case.severity)}"
    opening = "<details open>" if unfolded else "<details>"
    lines = [f"{opening}<summary>{icon} {html_text(title)} · {html_text(example.id)}</summary>", ""]
    lines += [markdown_text(finding.summary), ""]
    lines += _sentence(finding)
    lines += _evidence(example, finding)
    for file in dict.fromkeys(span.file for span in finding.blame):
        spans = [span for span in finding.blame if span.file == file]
        lines += [f"On the page, {markdown_code(str(spans[0]))}:", "", markdown_fence(_code(report, spans)), ""]
    row = rows(report).get(finding.requirement)
    advice = [("Effect", row.effect if row else ""), ("Fix", finding.fix or (row.fix if row else ""))]
    advice += [("Avoid", row.avoid if row else "")]
    lines += [f"- **{label}:** {markdown_text(text)}" for label, text in advice if text]
    lines += [f"- **Also:** {markdown_code(other.id)}" for other, _ in case.members[1:] if other.id != example.id]
    if finding.patch is not None:
        lines += ["", f"Proved: {markdown_text(finding.patch.description)}.", ""]
        lines += [markdown_fence(_patch(report, finding.patch), "diff")]
    return "\n".join([*lines, "", "</details>"])


def _sentence(finding: Finding) -> Iterator[str]:
    if finding.statement is not None:
        yield f"> {markdown_text(finding.statement.text)}"
        yield f">\n> {markdown_code(str(finding.statement.span))}"
        yield ""
    if basis := basis_word(finding):
        yield markdown_text(basis.capitalize() + ".")
        yield ""


def _evidence(example: ExampleResult, finding: Finding) -> Iterator[str]:
    lines = exchange_lines(example.transcript, finding.evidence)
    if lines:
        shared = ", ".join(shared_context(example.transcript, finding.evidence))
        told = [f"all with {shared}"] if shared else []
        for line in lines:
            who = f" ({line.who})" if line.who else ""
            answer = "(control)" if line.control else line.answer
            told.append(f"#{line.number} {line.request}{who} → {line.status} {answer}".rstrip())
        yield markdown_fence("\n".join(visible(line).replace("\n", " ") for line in told))
        yield ""
    elif finding.requirement == "example.runs":
        for run in example.runs:
            yield f"- {markdown_text(run_sentence(run))}"
        yield ""


def _code(report: Report, spans: Sequence[Span]) -> str:
    runs = page_lines(report.sources, spans)
    told = [
        "\n".join(f"{'▸' if line.blamed else ' '} {line.number:>5} │ {line.text.rstrip()}" for line in run)
        for run in runs
    ]
    return "\n      ⋮\n".join(told) or "(the page is not at hand)"


def _patch(report: Report, patch: Patch) -> str:
    told = []
    for line in patch_lines(report.sources, patch):
        told += [f"@@ {line.place} @@"] if line.place else []
        told.append(f"{line.sign} {line.text.rstrip()}")
    return "\n".join(told)


def _unjudged(found: Sequence[DistinctExample]) -> Iterator[str]:
    """What was not run, by status, folded, with the reason of each."""
    for status in UNJUDGED:
        group = [text for text in found if text.shown.status is status]
        if not group:
            continue
        number = sum(len(text.all) for text in group)
        yield f"\n<details><summary>Not run: {status_words(status, number)}</summary>\n"
        for text in group:
            copies = f" (+{plural(len(text.copies), 'copy', 'copies')})" if text.copies else ""
            yield f"- {markdown_code(text.shown.id)}{copies}: {markdown_text(text.shown.reason or 'no reason given')}"
        yield "\n</details>"
