"""Pieces to files, line by line traceable to the docs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.model import Segment, SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.values import Unit
    from extractor.model import Block


def source_file(path: str, unit: Unit) -> SourceFile:
    """The unit as a file: its pieces in order, a blank line of ours between them, its glue around them."""
    file = joined(path, [piece.block for piece in unit.pieces], added_file(path, unit.before))
    return append_added(file, unit.after) if unit.after else file


def joined(path: str, blocks: Sequence[Block], head: SourceFile | None = None) -> SourceFile:
    """The blocks' texts as one file, behind ``head`` if given."""
    text = head.text if head else ""
    segments = head.segments if head else ()
    for block in blocks:
        if text:
            segments = (*segments, Segment(_lines(text) + 1, 1, None))
            text += "\n"
        segments = (*segments, *_segments(block, _lines(text) + 1))
        text += block.text if block.text.endswith("\n") or not block.text else block.text + "\n"
    return SourceFile(path, text, segments)


def added_file(path: str, text: str) -> SourceFile:
    """A file that docprobe made: no line of it is ever blamed on the docs."""
    text = text if text.endswith("\n") or not text else text + "\n"
    return SourceFile(path, text, (Segment(1, _lines(text), None),) if text else ())


def append_added(file: SourceFile, text: str) -> SourceFile:
    """The file with lines of ours at its end."""
    text = text if text.endswith("\n") else text + "\n"
    segment = Segment(_lines(file.text) + 1, _lines(text), None)
    return SourceFile(file.path, file.text + text, (*file.segments, segment))


def with_lines(file: SourceFile, changed: dict[int, str]) -> SourceFile:
    """The file with some lines (1-based) replaced by ours; those no longer point at the docs."""
    if not changed:
        return file
    lines = file.text.splitlines(keepends=True)
    segments: list[Segment] = []
    for number in range(1, len(lines) + 1):
        span = None if number in changed else file.docs_line(number)
        last = segments[-1] if segments else None
        if last and (last.span is None) is (span is None) and _continues(last, span):
            grown = Span(last.span.file, last.span.first, span.first, last.span.column) if last.span and span else None
            segments[-1] = Segment(last.first, last.count + 1, grown)
        else:
            segments.append(Segment(number, 1, span))
    text = "".join(changed.get(number, line) for number, line in enumerate(lines, 1))
    return SourceFile(file.path, text, tuple(segments))


def _continues(last: Segment, span: Span | None) -> bool:
    if last.span is None or span is None:
        return True
    return last.span.file == span.file and last.span.last + 1 == span.first


def _segments(block: Block, first: int) -> tuple[Segment, ...]:
    count = _lines(block.text)
    if not count:
        return ()
    included = sum(span.last - span.first + 1 for span in block.includes)
    if block.includes and included == count:
        found: list[Segment] = []
        for span in block.includes:
            found.append(Segment(first, span.last - span.first + 1, span))
            first += span.last - span.first + 1
        return tuple(found)
    if block.includes:
        # own lines and included ones are mixed: only the fence as a whole is certain
        return tuple(Segment(first + n, 1, block.line(0)) for n in range(count))
    start = block.span.first + 1
    return (Segment(first, count, Span(block.span.file, start, start + count - 1, block.span.column)),)


def _lines(text: str) -> int:
    return text.count("\n") + (1 if text and not text.endswith("\n") else 0)
