"""MDX between blocks: tags, expressions, comments, imports and exports on lines of their own.

The rules of micromark's MDX extensions, as block rules of markdown-it-py. A construct may span lines; what it
holds, fences included, is then not Markdown. Tokens (all with ``nesting`` 0 and a line ``map``):

- ``tag``: ``meta`` has ``name``, ``kind`` (``open``, ``close``, ``self``) and ``attributes``;
- ``comment``: an expression of nothing but comments; ``meta["text"]`` is what it says;
- ``expression`` and ``esm``: ``content`` is the source.

Where the site's parser would refuse the page (a tag or brace that never closes), the line is read as prose and a
problem is recorded, so that one slip does not hide the rest of the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from extractor.markdown.javascript_scanner import Scanner
from extractor.markdown.parse_state import ParseState
from extractor.markdown.tags import Incomplete, Malformed, Tag, scan_tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock

_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def mdx_flow_plugin(md: MarkdownIt) -> None:
    """Add tags, expressions and ESM as block rules."""
    md.block.ruler.before("fence", "mdx_esm", _esm)
    md.block.ruler.before("fence", "mdx_flow", _flow, _INTERRUPTS)


@dataclass(frozen=True, slots=True)
class MdxPiece:
    """One tag or expression of a line (or run of lines) that holds nothing else."""

    type: str
    start: int
    end: int
    meta: Mapping[str, Any] = field(default_factory=dict)


def read_expression(text: str, pos: int) -> MdxPiece:
    """Return the expression or comment at ``text[pos]``, which is ``{``. Raises Incomplete if it does not close."""
    scanner = Scanner()
    end = scanner.feed(text, pos + 1)
    if end is None:
        raise Incomplete
    if scanner.empty:
        return MdxPiece("comment", pos, end, {"text": _comment_text(text[pos + 1 : end - 1])})
    return MdxPiece("expression", pos, end)


def read_tag(text: str, pos: int, *, jsx: bool = True) -> MdxPiece | None:
    """Return the tag at ``text[pos]``, which is ``<``; None if it is not a tag. Raises as :func:`scan_tag`."""
    tag = scan_tag(text, pos, jsx=jsx)
    if tag is None:
        return None
    return MdxPiece("tag", pos, tag.end, tag_meta(tag))


def tag_meta(tag: Tag) -> dict[str, Any]:
    """Return what the token of a tag says of it."""
    return {"name": tag.name, "kind": tag.kind, "attributes": tag.attributes}


def _comment_text(inside: str) -> str:
    """What block and line comments say, without their marks."""
    texts = []
    for part in inside.strip().split("*/"):
        texts.append(part.strip().removeprefix("/*").removeprefix("//").strip())
    return "\n".join(text for text in texts if text)


def _pieces(text: str) -> list[MdxPiece] | None:
    """The tags and expressions that ``text`` starts with; None if anything else is on their lines."""
    pieces: list[MdxPiece] = []
    pos = 0
    while True:
        piece = read_tag(text, pos) if text[pos] == "<" else read_expression(text, pos)
        if piece is None:
            return None
        pieces.append(piece)
        pos = piece.end
        while pos < len(text) and text[pos] in " \t":
            pos += 1
        if pos >= len(text) or text[pos] == "\n":
            return pieces
        if text[pos] not in "<{":
            return None


def _flow(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    pos = state.bMarks[start_line] + state.tShift[start_line]
    if state.src[pos : pos + 1] not in ("<", "{") or state.is_code_block(start_line):
        return False
    page_state = ParseState.of(state.env)
    if page_state.known_open(pos):
        return False
    for text, is_whole in _growing_text(state, start_line, end_line):
        try:
            pieces = _pieces(text)
        except Incomplete:
            if is_whole or not page_state.may_read_on(len(text)):
                page_state.never_closes(pos, start_line, "an expression" if text[0] == "{" else "a tag", len(text))
                return False
            continue
        except Malformed:
            page_state.problem(start_line, "a tag that MDX cannot read; the line is read as prose")
            return False
        if pieces is None:
            return False
        if not silent:
            _push(state, start_line, text, pieces)
        return True
    return False


def _growing_text(state: StateBlock, start_line: int, end_line: int) -> Iterator[tuple[str, bool]]:
    """The container's text from this line on: one line, then twice as many, until all of it (True)."""
    count = 1
    while True:
        line = min(start_line + 1, end_line)
        while line < min(start_line + count, end_line) and _continues(state, line):
            line += 1
        text = state.getLines(start_line, line, state.blkIndent, False).lstrip(" \t")
        is_whole = line >= end_line or not _continues(state, line)
        yield text, is_whole
        if is_whole:
            return
        count *= 2


def _continues(state: StateBlock, line: int) -> bool:
    """Whether a line belongs to the same container; lazy lines do not continue a construct (MDX)."""
    return state.isEmpty(line) or state.sCount[line] >= max(state.blkIndent, 0)


def _continues_definition(state: StateBlock, line: int) -> bool:
    """Whether the line above is a link definition: to MDX that is a paragraph still, which ESM does not interrupt."""
    if line == 0 or state.isEmpty(line - 1):
        return False
    return not any(token.map and token.map[1] >= line for token in reversed(state.tokens[-4:]))


def _push(state: StateBlock, start_line: int, text: str, pieces: list[MdxPiece]) -> None:
    line = start_line
    counted = 0
    for piece in pieces:
        line += text.count("\n", counted, piece.start)
        last = line + text.count("\n", piece.start, piece.end)
        token = state.push(piece.type, "", 0)
        token.content = text[piece.start : piece.end]
        token.meta = dict(piece.meta)
        token.map = [line, last + 1]
        line, counted = last, piece.end
    state.line = line + 1


def _esm(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """``import`` and ``export`` in the first column, up to the blank line at which the module text is complete."""
    start = state.bMarks[start_line]
    if silent or state.level or state.blkIndent or state.tShift[start_line]:
        return False
    if not state.src.startswith(("import ", "export "), start) or _continues_definition(state, start_line):
        return False
    page_state = ParseState.of(state.env)
    scanner = Scanner(module=True)
    paragraph_end: int | None = None
    line = start_line
    while line < end_line:
        if state.isEmpty(line):
            paragraph_end = paragraph_end or line
            if scanner.settled or not page_state.may_read_on(state.eMarks[line] - start):
                break
        scanner.feed(state.src[state.bMarks[line] : state.eMarks[line]] + "\n")
        line += 1
    if not scanner.settled:
        page_state.spend(state.bMarks[line] - start)
        page_state.problem(start_line, "an import or export starts here and never ends; read up to the next blank line")
        line = paragraph_end or line
    token = state.push("esm", "", 0)
    token.content = state.getLines(start_line, line, 0, False)
    token.map = [start_line, line]
    state.line = line
    return True
