"""What is known of a requirement or an example apart from one run: the text, how it is decided, the way into the pod.

Pure: the values come from the docs, the catalogue and kept data, as far as those are at hand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.text import Text

from extractor.base.text import one_line
from extractor.model import Origin
from harness.model import Basis
from harness.report.terminal.look import INDENT, labelled, prose
from harness.report.wording import BASIS_NAMES, direct_packages, plural
from harness.spec.word_changes import WordChange, word_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from extractor.model import Bundle, Level, Note, SourceFile, Span
    from harness.model import ExampleResult, Report, Requirement, Run
    from harness.report.terminal.look import Look

NO_SENTENCE: Final = "no sentence states it in these words"
_ORIGINS: Final = {
    Origin.DIRECTIVE: "by a directive on the page",
    Origin.CONFIG: "by the configuration",
    Origin.STATED: "stated",
    Origin.INFERRED: "added by docprobe",
}


NOT_KNOWN: Final = "the last run did not include this requirement"
"""What is said of a requirement that no result is about."""


@dataclass(frozen=True, slots=True)
class RevisionSentence:
    """What one revision says of a requirement."""

    revision: str
    level: Level | None
    """None if the revision does not have the requirement."""
    basis: Basis = Basis.TEXT
    text: str = ""
    """The sentence; empty if it is not known or there is none."""
    span: Span | None = None
    others: tuple[tuple[str, Span], ...] = ()
    """Further sentences that it is bound to, with their places."""
    unknown: str = "whose sentence was not found"
    """Why no sentence is shown where one belongs."""


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server of an SDK was seen to do."""

    server: str
    """SDK, what kind of server, and version."""
    verdict: str
    summary: str


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of a requirement apart from one run."""

    sentences: tuple[RevisionSentence, ...] = ()
    """Oldest revision first."""
    decided: tuple[tuple[str, str], ...] = ()
    """By what it is decided (``by a conversation``), and how, in paragraphs."""
    servers: tuple[ServerAnswer, ...] = ()
    seen: str = ""
    """When the servers were asked, ISO."""


def cited_sentences(report: Report, row: Requirement) -> tuple[RevisionSentence, ...]:
    """Return the sentences of a requirement that the findings of a report cite, oldest revision first."""
    cited = {
        finding.revision: finding.statement
        for example in report.examples
        for finding in example.findings
        if finding.requirement == row.id and finding.statement is not None
    }
    unknown = "whose sentence no finding of the last run quotes" if is_known(report, row) else NOT_KNOWN
    return tuple(
        RevisionSentence(
            revision,
            level,
            row.basis[revision],
            one.text if one else "",
            one.span if one else None,
            unknown=unknown,
        )
        for revision, level in row.levels.items()
        for one in (cited.get(revision),)
    )


def is_known(report: Report, row: Requirement) -> bool:
    """Return whether a run judged by a requirement, if anything ran: one may be newer, or was not asked for."""
    return not report.examples or any(known.id == row.id for known in report.requirements)


def read_servers(file: Path | None, requirement: str) -> tuple[str, tuple[ServerAnswer, ...]]:
    """Return when servers of SDKs were asked, and what each was seen to do about one requirement.

    Args:
        file: of a profile, as ``python -m tests.peers.sdk_servers`` writes it; None if it has none.
        requirement: its id.
    """
    if file is None:
        return "", ()
    known = json.loads(file.read_text(encoding="utf-8"))
    answers = [(server["server"], server["answers"].get(requirement)) for server in known["servers"]]
    return known["seen"], tuple(ServerAnswer(server, *answer) for server, answer in answers if answer is not None)


def background_rows(background: Background, look: Look) -> Iterator[RenderableType]:
    """Draw the sentence in every revision with what changed, how it is decided, and what servers of SDKs do.

    Of a requirement with several sentences, the others follow as the newest revision has them.
    """
    known = ""
    for one in background.sentences:
        yield from _sentence(one, known, look)
        known = one.text or known
    several = next((one for one in reversed(background.sentences) if one.others), None)
    for number, (sentence, place) in enumerate(several.others if several is not None else ()):
        said = prose(f"“{sentence}”", "italic").append("  ").append_text(look.place(place))
        yield labelled("" if number else "also", said, look.prose, INDENT - 2)
    for what, how in background.decided:
        first, *others = how.split("\n\n")
        yield labelled("decided", prose(f"{what}: {_joined(first)}"), look.prose, INDENT - 2)
        for paragraph in others:
            yield labelled("", prose(_joined(paragraph), "dim"), look.prose, INDENT - 2)
    if background.servers:
        yield labelled("SDKs", prose(f"seen on {background.seen}"), look.prose, INDENT - 2)
        alike: dict[tuple[str, str], list[str]] = {}
        for server in background.servers:
            alike.setdefault((server.verdict.replace("_", " "), server.summary), []).append(server.server)
        for (verdict, summary), servers in alike.items():
            yield labelled("", prose(f"{'; '.join(servers)}: {verdict}. {summary}"), look.prose, INDENT - 2)


def _sentence(one: RevisionSentence, known: str, look: Look) -> Iterator[RenderableType]:
    """Draw what one revision says, against the last sentence that an older one had."""
    if one.level is None:
        yield labelled("text", Text(f"{one.revision}: not a requirement", style="dim"), look.width, INDENT - 2)
        return
    head = Text(f"{one.revision or 'no revision'}: {one.level.value}", overflow="fold")
    if one.basis is not Basis.TEXT:
        head.append(f", {BASIS_NAMES[one.basis]}: {NO_SENTENCE}")
    elif not one.text:
        head.append(f", {one.unknown}")
    elif _same(one.text, known):
        head.append(", in the same words")
    elif known:
        head.append(", in other words")
    if one.span is not None:
        head.append("  ").append_text(look.place(one.span))
    yield labelled("text", head, look.width, INDENT - 2)
    if one.text and not _same(one.text, known):
        sentence = _words(known, one.text) if known else prose(f"“{one.text}”", "italic")
        yield labelled("", sentence, look.prose, INDENT - 2)


def _same(one: str, other: str) -> bool:
    """Return whether two sentences differ in the mark at their end at most: one may be an item of a list."""
    return one.rstrip(".:;") == other.rstrip(".:;")


def _words(old: str, new: str) -> Text:
    """Return a sentence with what went in ``[-…-]`` and what came in ``{+…+}``, also in colour."""
    shown = Text(style="italic")
    for number, run in enumerate(word_runs(one_line(old), one_line(new))):
        shown.append(" " if number else "")
        match run.kind:
            case WordChange.SAME:
                shown.append(run.text)
            case WordChange.WENT:
                shown.append(f"[-{run.text}-]", style="red")
            case WordChange.CAME:
                shown.append(f"{{+{run.text}+}}", style="green")
    return shown


def _joined(paragraph: str) -> str:
    return " ".join(paragraph.split())


def way_rows(
    example: ExampleResult, bundle: Bundle | None, look: Look, *, full: bool = False
) -> Iterator[RenderableType]:
    """Draw the way of an example from its blocks to files to the container, with all that is stated and added.

    Args:
        example: the example, as a run left it.
        bundle: of the docs at hand, if they have the same text; None if not.
        look: how it is drawn.
        full: with every package, those that others need included.
    """
    yield labelled("blocks", look.places(example.spans, style=""), look.width, INDENT - 2)
    for file in bundle.files if bundle is not None else ():
        yield labelled("file", _file(file, look), look.width, INDENT - 2)
    by_origin = sorted(example.notes, key=lambda note: tuple(_ORIGINS).index(note.origin))
    for origin, notes in groupby(by_origin, key=lambda note: note.origin):
        for number, note in enumerate(notes):
            label = "" if number else {Origin.INFERRED: "added"}.get(origin, "stated")
            yield labelled(label, _note(note, look), look.prose, INDENT - 2)
    if bundle is not None:
        for step in bundle.build:
            yield labelled("build", Text(one_line(" ".join(step)), overflow="fold"), look.width, INDENT - 2)
        if bundle.command:
            yield labelled("start", Text(one_line(" ".join(bundle.command)), overflow="fold"), look.width, INDENT - 2)
        for left in bundle.left_to_reader:
            yield labelled("reader", prose(f"left to the reader: {left.what}"), look.prose, INDENT - 2)
    for run in example.runs:
        yield from _container(run, direct_packages(example, run.packages), look, full)


def _file(file: SourceFile, look: Look) -> Text:
    """Return ``server.ts: lines 1-30 from page.mdx:11-40, 31 added``."""
    text = Text(f"{one_line(file.path)}: ", overflow="fold")
    for number, segment in enumerate(file.segments):
        last = segment.first + segment.count - 1
        lines = f"line {last}" if segment.count == 1 else f"lines {segment.first}-{last}"
        text.append(", " if number else "").append(lines)
        text.append(" from " if segment.span is not None else " added by docprobe")
        if segment.span is not None:
            text.append_text(look.place(segment.span))
    if not file.segments:
        text.append("added by docprobe")
    return text


def _note(note: Note, look: Look) -> Text:
    text = prose(note.what)
    # the label says that it is stated, or added
    said = {Origin.STATED: "", Origin.INFERRED: f"{note.confidence:.0%} sure"}.get(note.origin, _ORIGINS[note.origin])
    if not said and note.span is None:
        return text
    text.append(f" ({said}{', ' if said and note.span is not None else ''}", style="dim")
    if note.span is not None:
        text.append_text(look.place(note.span))
    return text.append(")", style="dim")


def _container(run: Run, direct: Sequence[str], look: Look, full: bool) -> Iterator[RenderableType]:
    """Draw what one attempt ran with."""
    if run.tools:
        tools = ", ".join(f"{one_line(name)} {one_line(version)}" for name, version in run.tools.items())
        yield labelled("pod", prose(f"{run.when}: {tools}"), look.prose, INDENT - 2)
    if run.packages:
        packages = [f"{name} {version}" for name, version in sorted(run.packages.items())] if full else [*direct]
        if rest := len(run.packages) - len(packages):
            packages.append(f"{rest:,} more" if packages else plural(rest, "package"))
        yield labelled("with", prose(", ".join(packages)), look.prose, INDENT - 2)
