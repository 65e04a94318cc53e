"""What ``docprobe explain`` says of an example or a requirement: everything that a report folds. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.text import Text

from extractor.base.text import one_line, visible
from harness.model import Status, Verdict
from harness.report.blocks import INDENT, Look, finding_block, labelled, mark, prose, run_rows
from harness.report.evidence import curl
from harness.report.terminal import draw, heading
from harness.results.distinct import DistinctExample, FindingGroup, distinct_examples, finding_groups
from harness.results.severity import ReportIndex, Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.model import Exchange, Report, Requirement

BODY_LIMIT: Final = 2000
"""Characters of a body shown with ``--full``."""
AGAIN: Final = (
    "docprobe run starts the example and prints a token to put in place of <token:…>; a session id is new in every run."
)
OPEN: Final = frozenset(set(Severity) - {Severity.NOT_APPLICABLE, Severity.SATISFIED})
"""Weights that are explained in full; the others get their sentence."""


def explain_examples(report: Report, ids: Sequence[str], look: Look, *, full: bool = False) -> str:
    """Everything the report knows of the examples ``ids``.

    Args:
        report: the results.
        ids: of examples that are in it.
        look: how it is drawn.
        full: with requests and replies as they were, and as curl commands.
    """
    chosen = [text for text in distinct_examples(report) if any(example.id in ids for example in text.all)]
    return draw((part for text in chosen for part in _example(text, report, look, full)), look)


def explain_requirement(report: Report, row: Requirement, look: Look, *, full: bool = False) -> str:
    """What a requirement asks, and what the report found of it in every example."""
    return draw(_requirement(row, report, look, full), look)


def _example(text: DistinctExample, report: Report, look: Look, full: bool) -> Iterator[RenderableType]:
    example, found = text.shown, finding_groups(text, ReportIndex.of(report))
    yield from heading(text, found[0].severity if found else Severity.NOT_CHECKED, look)
    if example.status is not Status.JUDGED:
        yield labelled(example.status.value[:7], prose(example.reason or "no reason given"), look.prose, INDENT - 2)
    for note in example.notes:
        told = f"{note.what} ({note.origin.value}, confidence {note.confidence:.0%})"
        yield labelled("note", prose(told), look.prose, INDENT - 2)
    yield from run_rows(example, look)
    for case in found:
        if is_own(case.finding, case.example) and case.severity in OPEN:
            yield Text("")
            yield from _case(case, report, look, full)
    yield Text("")
    for case in found:
        if is_own(case.finding, case.example) and case.severity not in OPEN:
            yield from _short(case)
    yield from _other_revisions(found)
    yield Text("")


def _case(case: FindingGroup, report: Report, look: Look, full: bool) -> Iterator[RenderableType]:
    yield from finding_block(case, report, look)
    transcript = case.example.transcript
    if transcript is None:
        if case.finding.evidence:
            yield labelled("", prose("(the conversation is not at hand)"), look.prose)
        return
    if full:
        yield labelled("again", prose(AGAIN), look.prose)
        for exchange in transcript.exchanges:
            if exchange.number in case.finding.evidence:
                yield from _exchange(exchange, transcript.endpoint or "http://localhost", look)


def _exchange(exchange: Exchange, endpoint: str, look: Look) -> Iterator[RenderableType]:
    """Request and reply as they were."""
    lines = [f"> {exchange.method} {exchange.target}", *(f"> {name}: {value}" for name, value in exchange.headers)]
    if exchange.body:
        lines += [">", *_body(exchange.body, "> ")]
    if exchange.reply is None:
        lines.append(f"< no reply: {exchange.failure}")
    else:
        reply = exchange.reply
        lines += [f"< {reply.status}", *(f"< {name}: {value}" for name, value in reply.headers)]
        lines += ["<", *_body(reply.body, "< ")]
    if exchange.note:
        lines.append(f"({exchange.note})")
    shown = "\n".join(visible(line).replace("\n", " ") for line in lines)
    yield labelled(f"#{exchange.number}", Text(shown, overflow="fold"), look.width)
    if exchange.method not in {"STDIN", "SPAWN", "CLOSE"}:
        # left to the terminal to wrap, so that it is copied as one line
        yield Text(one_line(curl(exchange, endpoint)), style="dim", no_wrap=True, overflow="ignore")


def _body(body: str, prefix: str) -> Iterator[str]:
    for line in visible(body[:BODY_LIMIT]).split("\n"):
        yield prefix + line
    if len(body) > BODY_LIMIT:
        yield f"{prefix}… ({len(body) - BODY_LIMIT:,} more characters)"


def _short(case: FindingGroup) -> Iterator[RenderableType]:
    sign, style = mark(case.severity)
    finding = case.finding
    line = Text.assemble(
        (f"{sign} {finding.level.value} {one_line(finding.requirement)}", style), f"  {case.severity.value}"
    )
    if finding.summary:
        line.append(f": {one_line(finding.summary)}", style="dim")
    yield Padding(line, (0, 0, 0, INDENT - 2))


def _other_revisions(found: Sequence[FindingGroup]) -> Iterator[RenderableType]:
    """Violations by the text of revisions that the server negotiates and the page doesn't belong to."""
    lines = {
        f"{finding.revision}: {finding.requirement} ({finding.level.value})"
        for case in found
        for example, finding in case.members
        if finding.verdict is Verdict.VIOLATED and not is_own(finding, example)
    }
    if lines:
        yield Text("")
        yield Padding(Text("Violated by the text of other revisions that it negotiates:", style="dim"), (0, 0, 0, 2))
        for line in sorted(lines):
            yield Padding(Text(one_line(line), style="dim"), (0, 0, 0, INDENT))


def _requirement(row: Requirement, report: Report, look: Look, full: bool) -> Iterator[RenderableType]:
    yield Text.assemble((one_line(row.id), "bold"), f"  {row.title}")
    levels: dict[str, list[str]] = {}
    for revision, level in row.levels.items():
        levels.setdefault(f"{level.value} ({row.basis[revision].value})", []).append(revision or "no revision")
    for level_and_basis, revisions in levels.items():
        yield labelled("level", prose(f"{level_and_basis}: {', '.join(revisions)}"), look.prose, INDENT - 2)
    for label, told in (("effect", row.effect), ("fix", row.fix), ("avoid", row.avoid)):
        if told:
            yield labelled(label, prose(told), look.prose, INDENT - 2)
    found = [
        (text, case)
        for text in distinct_examples(report)
        for case in finding_groups(text, ReportIndex.of(report))
        if case.finding.requirement == row.id
    ]
    shown = set()
    for text, case in found:
        if case.severity in OPEN and is_own(case.finding, case.example):
            shown.add(text.shown.id)
            yield Text("")
            yield Text(one_line(case.example.id), style="bold", overflow="fold")
            yield from _case(case, report, look, full)
    rest = [(text, case) for text, case in found if text.shown.id not in shown and is_own(case.finding, case.example)]
    if rest:
        yield Text("")
    for text, case in rest:
        sign, style = mark(case.severity)
        yield Text.assemble((f"{sign} ", style), one_line(text.shown.id), f"  {case.severity.value}", overflow="fold")
    if not found:
        yield Text("")
        yield Text(f"No example of this run was judged by {one_line(row.id)}.", style="dim")
