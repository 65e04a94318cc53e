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
from extractor.languages.common.roles import CodeProfile, Role, Start
from extractor.languages.common.scopes import in_view, scope_of
from extractor.languages.common.values import Knowledge, Language, Piece, Surroundings
from extractor.languages.registry import language_for
from extractor.model import Manager

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Block, Directive

MAX_CODE_BLOCKS: Final = 2000
"""Blocks of one page that are looked at."""


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
    known: Knowledge


def view_of(blocks: Sequence[Block], known: Knowledge, read: Read) -> View:
    """What is known of a page; ``read`` keeps what was told of a text, for the other pages that have it too."""
    around = surroundings_of(blocks, known.profile.host_configuration)
    return View(tuple(blocks), _pieces(blocks, around, known.profile, read), around, known)


def entries_of(view: View) -> list[Entry]:
    """Everything of a page that is an example, as the page itself has it, in order of line."""
    by_hand = joined_by_directive(view.pieces, view.blocks)
    taken = {id(piece) for program in by_hand for piece in program.pieces}
    found = [p for p in programs(view.pieces) if not all(id(piece) in taken for piece in p.pieces)]
    entries = [*(entry_of(p) for p in (*by_hand, *_relevant(found, view))), *_listed(view)]
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


def _pieces(blocks: Sequence[Block], around: Surroundings, profile: CodeProfile, read: Read) -> tuple[Piece, ...]:
    """The page's code in languages that can be assembled."""
    pieces: list[Piece] = []
    for block in blocks[:MAX_CODE_BLOCKS]:
        language = language_for(block)
        if language and language.parse:
            key = (language.name, block.sha256)
            if key not in read:
                rules = profile.of(language.name)
                code = language.parse(block.text, rules.registrations)
                read[key] = (code, rules.role((code,)))
            pieces.append(Piece(block, language, *read[key], stated_name(block, language.suffixes)))
    return tuple(commanded(pieces, around.commands, profile, around.in_passing))


def _listed(view: View) -> Iterator[Entry]:
    """By language and tab, the code that can only be listed, where any of it is relevant."""
    groups: dict[tuple[str, tuple[str, ...]], tuple[Language, list[Block]]] = {}
    for block in view.blocks[:MAX_CODE_BLOCKS]:
        language = language_for(block)
        if language and not language.runnable:
            groups.setdefault((language.name, scope_of(block)), (language, []))[1].append(block)
    for language, group in groups.values():
        if any(_mentions(block, view.known.profile.listed_words) for block in group):
            yield Entry(language, tuple(group))


def _mentions(block: Block, words: Sequence[str]) -> bool:
    """Whether one of the words is in the block's text, in whatever case."""
    text = block.text.lower()
    return any(word in text for word in words)


def _relevant(found: Sequence[Program], view: View) -> Iterator[Program]:
    """The programs that are relevant, or use names of the page's code that is."""
    words = view.known.profile.words
    defined: dict[str, set[str]] = defaultdict(set)
    for piece in view.pieces:
        if piece.role.relevant:
            defined[piece.language.name].update(piece.code.defines)
    for program in found:
        own = program.pieces
        relevant = any(p.role.relevant or (p.code.error and _mentions(p.block, words)) for p in own)
        if relevant or any(name in defined[p.language.name] for p in own for name in p.code.free):
            yield program
