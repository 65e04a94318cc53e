"""``docprobe explain``: everything that a report has on an example or a requirement. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rich.text import Text

from extractor.base.text import one_line, visible
from harness.model import Status, Verdict
from harness.report.evidence import NOT_HTTP, curl
from harness.report.terminal.background import (
    NOT_KNOWN,
    Background,
    background_rows,
    cited_sentences,
    is_known,
    way_rows,
)
from harness.report.terminal.details import also_lines, example_heading, finding_block, run_rows
from harness.report.terminal.look import INDENT, Look, draw, indented, labelled, mark, prose
from harness.report.views import ReportView
from harness.report.wording import BASIS_NAMES
from harness.results.severity import Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from extractor.model import Bundle
    from harness.model import Exchange, Report, Requirement
    from harness.results.distinct import DistinctExample, FindingGroup

BODY_LIMIT: Final = 2000
"""Characters of a body shown with ``--full``."""
AGAIN: Final = (
    "docprobe run starts the example and prints a token to use for <token:…>; session ids differ in every run."
)
OPEN: Final = frozenset(set(Severity) - {Severity.NOT_APPLICABLE, Severity.SATISFIED})
"""Severities that are explained in full; the others get their sentence."""


def explain_examples(
    report: Report,
    ids: Sequence[str],
    look: Look,
    *,
    full: bool = False,
    bundles: Mapping[str, Bundle] = MappingProxyType({}),
) -> str:
    """Return everything the report knows of the examples ``ids``.

    Args:
        report: the results.
        ids: of examples that are in it.
        look: how it is drawn.
        full: with requests and replies as they were, and as curl commands.
        bundles: what is run of each distinct text, by digest, as far as the docs at hand still have it.
    """
    view = ReportView.of(report)
    chosen = [
        (distinct, groups) for distinct, groups in view.distinct if any(example.id in ids for example in distinct.all)
    ]
    return draw((part for one in chosen for part in _example(*one, view, look, full, bundles)), look)


def explain_requirement(
    report: Report, row: Requirement, look: Look, *, full: bool = False, background: Background | None = None
) -> str:
    """Return what a requirement asks, how it is decided, and what the report found of it in every example.

    Args:
        report: the results.
        row: the requirement.
        look: how it is drawn.
        full: with requests and replies as they were, and as curl commands.
        background: what is known of it apart from this run; None shows what the report has of its sentences.
    """
    background = background or Background(cited_sentences(report, row))
    return draw(_requirement(row, ReportView.of(report), look, full, background), look)


def _example(
    distinct: DistinctExample,
    groups: Sequence[FindingGroup],
    view: ReportView,
    look: Look,
    full: bool,
    bundles: Mapping[str, Bundle],
) -> Iterator[RenderableType]:
    example = distinct.shown
    yield from example_heading(distinct, groups[0].severity if groups else Severity.NOT_CHECKED, look, way=False)
    if example.status is not Status.JUDGED:
        yield labelled(example.status.value[:7], prose(example.reason or "no reason given"), look.prose, INDENT - 2)
    yield from way_rows(example, bundles.get(example.digest), look, full=full)
    yield from run_rows(example, look)
    own = [group for group in groups if is_own(group.finding, group.example)]
    for group in own:
        if group.severity in OPEN:
            yield Text("")
            yield from _group(group, view, look, full)
    yield Text("")
    for group in own:
        if group.severity not in OPEN:
            yield from _short(group)
    yield from _other_revisions(groups)
    yield Text("")


def _group(group: FindingGroup, view: ReportView, look: Look, full: bool) -> Iterator[RenderableType]:
    yield from finding_block(view.shown(group), look, also_lines(group))
    transcript = group.example.conversation
    if transcript is None:
        if group.finding.evidence:
            yield labelled("", prose("(the transcript is not available)"), look.prose)
        return
    if full:
        yield labelled("again", prose(AGAIN), look.prose)
        for exchange in transcript.exchanges:
            if exchange.number in group.finding.evidence:
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
    if exchange.method not in NOT_HTTP:
        # left to the terminal to wrap, so that it is copied as one line
        yield Text(one_line(curl(exchange, endpoint)), style="dim", no_wrap=True, overflow="ignore")


def _body(body: str, prefix: str) -> Iterator[str]:
    for line in visible(body[:BODY_LIMIT]).split("\n"):
        yield prefix + line
    if len(body) > BODY_LIMIT:
        yield f"{prefix}… ({len(body) - BODY_LIMIT:,} more characters)"


def _short(group: FindingGroup) -> Iterator[RenderableType]:
    sign, style = mark(group.severity)
    finding = group.finding
    line = Text.assemble(
        (f"{sign} {finding.level.value} {one_line(finding.requirement)}", style), f"  {group.severity.value}"
    )
    if finding.summary:
        line.append(f": {one_line(finding.summary)}", style="dim")
    yield indented(line)


def _other_revisions(groups: Sequence[FindingGroup]) -> Iterator[RenderableType]:
    """Violations by the text of revisions that the server negotiates and the page doesn't belong to."""
    lines = {
        f"{finding.revision}: {finding.requirement} ({finding.level.value})"
        for group in groups
        for example, finding in group.members
        if finding.verdict is Verdict.VIOLATED and not is_own(finding, example)
    }
    if lines:
        yield Text("")
        yield indented(Text("Violated under other revisions that it negotiates:", style="dim"))
        for line in sorted(lines):
            yield indented(Text(one_line(line), style="dim"), INDENT)


def _requirement(
    row: Requirement, view: ReportView, look: Look, full: bool, background: Background
) -> Iterator[RenderableType]:
    yield Text.assemble((one_line(row.id), "bold"), f"  {row.title}")
    levels: dict[str, list[str]] = {}
    for revision, level in row.levels.items():
        levels.setdefault(f"{level.value} ({BASIS_NAMES[row.basis[revision]]})", []).append(revision or "no revision")
    for level_and_basis, revisions in levels.items():
        yield labelled("level", prose(f"{level_and_basis}: {', '.join(revisions)}"), look.prose, INDENT - 2)
    yield from background_rows(background, look)
    for label, text in (("effect", row.effect), ("fix", row.fix), ("avoid", row.avoid)):
        if text:
            yield labelled(label, prose(text), look.prose, INDENT - 2)
    chosen = [
        (distinct, group)
        for distinct, groups in view.distinct
        for group in groups
        if group.finding.requirement == row.id
    ]
    own = [(distinct, group) for distinct, group in chosen if is_own(group.finding, group.example)]
    shown = set()
    for distinct, group in own:
        if group.severity in OPEN:
            shown.add(distinct.shown.id)
            yield Text("")
            yield Text(one_line(group.example.id), style="bold", overflow="fold")
            yield from _group(group, view, look, full)
    rest = [(distinct, group) for distinct, group in own if distinct.shown.id not in shown]
    if rest:
        yield Text("")
    for distinct, group in rest:
        sign, style = mark(group.severity)
        name = one_line(distinct.shown.id)
        yield Text.assemble((f"{sign} ", style), name, f"  {group.severity.value}", overflow="fold")
    if not chosen:
        yield Text("")
        yield Text(f"{one_line(row.id)} {_why_no_finding(row, view.report)}.", style="dim")


def _why_no_finding(row: Requirement, report: Report) -> str:
    if not report.examples:
        return "has not been judged: no example was run"
    if not is_known(report, row):
        return f"has not been judged: {NOT_KNOWN}"
    return "applied to no example of this run"
