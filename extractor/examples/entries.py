"""The examples-to-be of one page: its programs, and the code of languages that can only be listed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.examples.commanded import commanded
from extractor.examples.grouping import Program, programs
from extractor.examples.names import stated_name
from extractor.examples.selection import joined_by_directive
from extractor.examples.surroundings import surroundings_of
from extractor.languages.common.facts import Code
from extractor.languages.common.projects import project_blocks
from extractor.languages.common.scopes import in_view, scope_of
from extractor.languages.common.values import Language, Piece, Role, Start, Surroundings, Tables
from extractor.languages.registry import language_for
from extractor.model import Manager

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Block, Directive

MAX_CODE_BLOCKS: Final = 2000
"""Blocks of one page that are looked at."""
_NAMES: Final = ("mcp", "modelcontextprotocol")


Read = dict[tuple[str, str], tuple[Code, Role]]
"""What is known of a text, by language and digest."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One example-to-be: a program, or blocks of a language that can only be listed."""

    language: Language
    blocks: tuple[Block, ...]
    program: Program | None = None

    @property
    def directives(self) -> tuple[Directive, ...]:
        """The directives above its blocks."""
        return tuple(directive for block in self.blocks for directive in block.directives)


@dataclass(frozen=True, slots=True)
class View:
    """What is known of one page."""

    blocks: tuple[Block, ...]
    pieces: tuple[Piece, ...]
    around: Surroundings
    tables: Tables


def view_of(blocks: Sequence[Block], tables: Tables, read: Read) -> View:
    """What is known of a page; ``read`` keeps what was told of a text, for the other pages that have it too."""
    around = surroundings_of(blocks)
    return View(tuple(blocks), _pieces(blocks, around, read), around, tables)


def entries_of(view: View) -> list[Entry]:
    """Everything of a page that is an example, as the page itself has it, in order of line."""
    by_hand = joined_by_directive(view.pieces, view.blocks)
    taken = {id(piece) for program in by_hand for piece in program.pieces}
    found = [p for p in programs(view.pieces) if not all(id(piece) in taken for piece in p.pieces)]
    entries = [*(entry_of(p) for p in (*by_hand, *_concerning_mcp(found, view.pieces))), *_listed(view.blocks)]
    return sorted(entries, key=lambda entry: entry.blocks[0].span)


def parts_of(view: View, entries: Sequence[Entry]) -> frozenset[int]:
    """Ordinals of the files that belong to another example because the page shows its whole project."""
    starting = [e for e in entries if e.program and any(p.role.start is not Start.NONE for p in e.program.main.pieces)]
    scopes = {scope_of(e.blocks[0]) for e in starting if e.language.manager is Manager.NPM}
    own = {block.ordinal for entry in starting for block in entry.blocks}
    shown = (block for scope in scopes for block in project_blocks(in_view(view.around, scope)).values())
    return frozenset(block.ordinal for block in shown) - own


def entry_of(program: Program) -> Entry:
    """A program as an example-to-be."""
    return Entry(program.main.pieces[0].language, tuple(piece.block for piece in program.pieces), program)


def _pieces(blocks: Sequence[Block], around: Surroundings, read: Read) -> tuple[Piece, ...]:
    """The page's code in languages that can be assembled."""
    pieces: list[Piece] = []
    for block in blocks[:MAX_CODE_BLOCKS]:
        language = language_for(block)
        if language and language.parse and language.role:
            key = (language.name, block.sha256)
            if key not in read:
                code = language.parse(block.text)
                read[key] = (code, language.role((code,)))
            pieces.append(Piece(block, language, *read[key], stated_name(block, language.suffixes)))
    return tuple(commanded(pieces, around.commands, around.in_passing))


def _listed(blocks: Sequence[Block]) -> Iterator[Entry]:
    """By language and tab, the code that can only be listed, where any of it concerns MCP."""
    groups: dict[tuple[str, tuple[str, ...]], tuple[Language, list[Block]]] = {}
    for block in blocks[:MAX_CODE_BLOCKS]:
        language = language_for(block)
        if language and not language.runnable:
            groups.setdefault((language.name, scope_of(block)), (language, []))[1].append(block)
    for language, group in groups.values():
        if any(_mentions_mcp(block, (*_NAMES, "jsonrpc")) for block in group):
            yield Entry(language, tuple(group))


def _mentions_mcp(block: Block, words: Sequence[str]) -> bool:
    """Whether a text that is not parsed seems to be about MCP."""
    text = block.text.lower()
    return any(word in text for word in words)


def _concerning_mcp(found: Sequence[Program], pieces: Sequence[Piece]) -> Iterator[Program]:
    """The programs that speak MCP, or use names of the page's code that does."""
    defined: dict[str, set[str]] = defaultdict(set)
    for piece in pieces:
        if piece.role.mcp:
            defined[piece.language.name].update(piece.code.defines)
    for program in found:
        own = program.pieces
        speaks = any(p.role.mcp or (p.code.error and _mentions_mcp(p.block, _NAMES)) for p in own)
        if speaks or any(name in defined[p.language.name] for p in own for name in p.code.free):
            yield program
