"""Write a report as a ``docprobe/1`` document, and read one back. Pure.

What is written is sorted and complete, so identical input gives identical text apart from times and ``cached``.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from extractor.model import Span
from harness.base.codec import encodable
from harness.base.errors import UsageError
from harness.base.escape import json_bytes
from harness.model import Report, ReportProblem, Status
from harness.results.counts import count
from harness.results.result_format import (
    SCHEMA,
    Docs,
    Document,
    Excerpt,
    Summary,
    Violated,
    document_type,
    published_example_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.model import Requirement

TIMES: Final = frozenset({"started", "duration_s", "at_s", "cached"})
"""The keys that differ between two runs over the same input."""
HINT: Final = "give a file that --format json wrote"
CONTEXT_LINES: Final = 3
"""Lines of a page written around those that a finding points at."""
MOST_LINES: Final = 5_000_000
"""Lines of all pages of a document together, as far as its excerpts reach: they are held in memory."""
_PLACED: Final = re.compile(
    r"(?P<file>[^\n]+?):(?P<first>[1-9]\d{0,8})(?:-(?P<last>\d{1,9}))?: (?P<message>.*)", re.DOTALL
)
"""A problem as it is published: ``file:line: message`` or ``file:first-last: message``."""


def to_text(report: Report) -> str:
    """Return :func:`to_bytes` as a text."""
    return to_bytes(report).decode()


def to_bytes(report: Report) -> bytes:
    """Return the document, indented, ending with a line feed. Nothing in it can steer a terminal or a CI runner."""
    try:
        return b"".join(pieces(report))
    except UnicodeEncodeError:
        # a lone surrogate, which a reply's JSON escapes can bring
        return json_bytes(json.dumps(encodable(_plain(report)), indent=1, ensure_ascii=False).encode()) + b"\n"


def pieces(report: Report) -> Iterator[bytes]:
    """Yield :func:`to_bytes` as it is written, one example at a time: all of them at once take a lot of memory.

    Raises:
        UnicodeEncodeError: of a text that only :func:`to_bytes` can write.
    """
    document = _document(report)
    wire = msgspec.convert(replace(document, examples=()), document_type(), from_attributes=True)
    encoder, example_type = msgspec.json.Encoder(order="deterministic"), published_example_type()
    before = b"{\n "
    for name, key in zip(wire.__struct_fields__, wire.__struct_encode_fields__, strict=True):
        yield before + encoder.encode(key) + b": "
        if name == "examples" and document.examples:
            between = b"[\n  "
            for example in document.examples:
                published = msgspec.convert(example, example_type, from_attributes=True)
                yield between + _indented(encoder.encode(published), depth=2)
                between = b",\n  "
            yield b"\n ]"
        else:
            yield _indented(encoder.encode(getattr(wire, name)), depth=1)
        before = b",\n "
    yield b"\n}\n"


def _indented(value: bytes, depth: int) -> bytes:
    """Return an encoded value as it stands in the document, in which no text holds a line end."""
    return json_bytes(msgspec.json.format(value, indent=1)).replace(b"\n", b"\n" + b" " * depth)


def from_text(text: str | bytes, catalogue: Sequence[Requirement]) -> Report:
    """Read a document back: a report without transcripts, and with excerpts for pages.

    Args:
        text: the document.
        catalogue: rows that say of a requirement, by id, what a document does not (stage, whether it always warns).

    Raises:
        UsageError: it is not a document of this major version; the message names the place.
    """
    try:
        wire = msgspec.json.decode(text, type=document_type())
    except msgspec.ValidationError as error:
        raise UsageError(f"not a {SCHEMA} document: {error}", _other_version(text)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"not a {SCHEMA} document: {error}", HINT) from error
    document = msgspec.convert(wire, Document, from_attributes=True)
    try:
        datetime.datetime.fromisoformat(document.started)
    except ValueError as error:
        raise UsageError(f"not a {SCHEMA} document: {error} - at `$.started`", HINT) from error
    if sum(map(_length, document.sources.values())) > MOST_LINES:
        raise UsageError(f"not a {SCHEMA} document: pages of more than {MOST_LINES} lines - at `$.sources`", HINT)
    return _report(document, catalogue)


def _other_version(text: str | bytes) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    named = value.get("schema") if isinstance(value, dict) else None
    if isinstance(named, str) and named != SCHEMA:
        return f"its schema is {named!r}: read it with the version of docprobe that wrote it"
    return HINT


def without_times(report: Report) -> Any:
    """Return the document as plain values without what may differ between identical runs, for comparisons."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in TIMES}
        return [strip(item) for item in value] if isinstance(value, list | tuple) else value

    return strip(_plain(report))


def _plain(report: Report) -> Any:
    wire = msgspec.convert(_document(report), document_type(), from_attributes=True)
    return msgspec.to_builtins(wire, order="deterministic")


def _document(report: Report) -> Document:
    figures = count(report)
    status = figures.by_status
    return Document(
        schema="docprobe/1",
        docprobe=report.version,
        started=report.started,
        duration_s=report.duration_s,
        docs=Docs(report.docs_root, report.commit, report.snapshot, report.root_in_repository, report.rules_root),
        drift=report.drift,
        examples=tuple(sorted(report.examples, key=lambda example: example.id)),
        summary=Summary(
            examples=figures.examples,
            distinct=figures.distinct,
            judged=status.get(Status.JUDGED, 0),
            blocked=status.get(Status.BLOCKED, 0),
            violated=Violated(figures.violated_must, figures.violated_should),
            gating=figures.blocking,
            exit_code=report.exit_code,  # type: ignore[arg-type]
            not_running=status.get(Status.NOT_RUNNING, 0),
            fragments=status.get(Status.FRAGMENT, 0),
            unsupported=status.get(Status.UNSUPPORTED, 0),
            skipped=status.get(Status.SKIPPED, 0),
            advisory=figures.advisory,
            known=figures.known,
            strict=report.strict,
            fail_on=report.fail_on,
            narrowed=report.narrowed,
            introduced=figures.introduced,
            unchanged=figures.unchanged,
        ),
        baseline=report.baseline,
        problems=tuple(map(str, report.problems)),
        requirements=report.requirements,
        compared=report.compared,
        lost=report.lost,
        edited=report.edited,
        text_changes=report.text_changes,
        shards=report.shards,
        missing_shards=report.missing_shards,
        division=report.division,
        settings=report.settings,
        sources=_excerpts(report),
    )


def _report(document: Document, catalogue: Sequence[Requirement]) -> Report:
    known = {row.id: row for row in catalogue}
    return Report(
        version=document.docprobe,
        started=document.started,
        duration_s=document.duration_s,
        docs_root=document.docs.root,
        commit=document.docs.commit,
        snapshot=document.docs.snapshot,
        # documents of other tools may leave the digest out; an example without one is a copy of nothing
        examples=tuple(replace(example, digest=example.digest or example.id) for example in document.examples),
        drift=document.drift,
        baseline=document.baseline,
        problems=tuple(map(_problem, document.problems)),
        requirements=tuple(
            replace(row, stage=known[row.id].stage, always_warns=known[row.id].always_warns) if row.id in known else row
            for row in document.requirements
        ),
        sources={file: _lines(excerpts) for file, excerpts in document.sources.items()},
        strict=document.summary.strict,
        fail_on=document.summary.fail_on,
        narrowed=document.summary.narrowed,
        compared=document.compared,
        lost=document.lost,
        edited=document.edited,
        text_changes=document.text_changes,
        shards=document.shards,
        missing_shards=document.missing_shards,
        division=document.division,
        settings=document.settings,
        rules_root=document.docs.rules_root,
        exit_code=document.summary.exit_code,
        root_in_repository=document.docs.root_in_repository,
    )


def _problem(text: str) -> ReportProblem:
    """A problem as published, ``file:line: message`` or a remark without a place."""
    if placed := _PLACED.fullmatch(text):
        first, last = int(placed["first"]), int(placed["last"] or placed["first"])
        problem = ReportProblem(placed["message"], Span(placed["file"], first, last))
        if first <= last and str(problem) == text:
            return problem
    return ReportProblem(text)


def _excerpts(report: Report) -> dict[str, tuple[Excerpt, ...]]:
    """The lines that findings blame, with context, and the whole code of examples that were run."""
    wanted: dict[str, set[int]] = {}

    def want(spans: Iterable[Span]) -> None:
        for span in spans:
            numbers = span.lines(len(report.sources.get(span.file, ())), CONTEXT_LINES)
            wanted.setdefault(span.file, set()).update(numbers)

    for example in report.examples:
        if example.status in {Status.JUDGED, Status.NOT_RUNNING}:
            want(example.spans)
        for finding in example.findings:
            want(finding.blame)
    excerpts = {}
    for file, numbers in sorted(wanted.items()):
        if runs := _runs(report.sources.get(file, ()), sorted(numbers)):
            excerpts[file] = runs
    return excerpts


def _runs(lines: Sequence[str], numbers: Sequence[int]) -> tuple[Excerpt, ...]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return tuple(Excerpt(run[0], tuple(lines[number - 1] for number in run)) for run in runs)


def _length(excerpts: Sequence[Excerpt]) -> int:
    """Lines of a page up to the end of its last excerpt."""
    return max((excerpt.first + len(excerpt.lines) - 1 for excerpt in excerpts), default=0)


def _lines(excerpts: Sequence[Excerpt]) -> tuple[str, ...]:
    """Excerpts as lines of a page, empty where nothing is known."""
    lines = [""] * _length(excerpts)
    for excerpt in excerpts:
        lines[excerpt.first - 1 : excerpt.first - 1 + len(excerpt.lines)] = excerpt.lines
    return tuple(lines)
