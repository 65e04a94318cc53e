"""Blocks to examples: the whole way from a docs tree to programs that can be run, or reasons why they cannot."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.assembly.commanded import commanded
from extractor.assembly.draft import assemble, listed
from extractor.assembly.grouping import Program, programs
from extractor.assembly.ids import example_ids, page_stem
from extractor.assembly.installs import RefusedError, python_dependency
from extractor.assembly.names import stated_name
from extractor.assembly.overrides import from_directives, merged, mistakes, override_for
from extractor.assembly.projects import project_blocks
from extractor.assembly.scopes import in_view, scope_of
from extractor.assembly.selection import checked, chosen, glued, joined_by_directive, renamed, unmatched
from extractor.assembly.site import installation_pages, stated_for
from extractor.assembly.surroundings import surroundings_of
from extractor.assembly.values import Language, Piece, Role, Start, Surroundings, Tables
from extractor.bundles.languages import language_for
from extractor.code.facts import Code
from extractor.errors import UsageError
from extractor.model import Example, ExampleOverride, ExampleStatus, Manager, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Block, Corpus, Directive

MAX_CODE_BLOCKS: Final = 2000
"""Blocks of one page that are looked at."""
_NAMES: Final = ("mcp", "modelcontextprotocol")


_Read = dict[tuple[str, str], tuple[Code, Role]]
"""What is known of a text, by language and digest."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One example-to-be: a program, or blocks of a language that can only be listed."""

    language: Language
    blocks: tuple[Block, ...]
    program: Program | None = None


def find_examples(
    corpus: Corpus,
    overrides: Mapping[str, ExampleOverride] | None = None,
    python_packages: Mapping[str, str] | None = None,
) -> tuple[Example, ...]:
    """Every example of a docs tree, in order of page and line, runnable or not.

    Args:
        corpus: the extracted tree.
        overrides: what the configuration says, by example id or glob.
        python_packages: import name to distribution name, added to the built-in table.

    Raises:
        UsageError: the configuration says what cannot be.
    """
    for module, name in (python_packages or {}).items():
        try:
            python_dependency(name)
        except RefusedError as refused:
            raise UsageError(f"[python-packages] {module}: {refused}", "name a package of the index") from refused
    by_page: dict[str, list[Block]] = defaultdict(list)
    for block in corpus.blocks:
        by_page[block.span.file].append(block)
    installations = installation_pages(corpus.blocks)

    def tables(page: str, blocks: Sequence[Block]) -> Tables:
        return Tables(python_packages or {}, stated_for(page, blocks[0].revision, installations))

    # pages of several revisions share most of their code: the same text is read once
    read: _Read = {}
    return tuple(
        example
        for page, blocks in by_page.items()
        for example in _examples_of(page, blocks, overrides or {}, tables(page, blocks), read)
    )


def unused_overrides(examples: Sequence[Example], overrides: Mapping[str, ExampleOverride]) -> tuple[str, ...]:
    """Keys of the configuration that mean no example: a slip of the pen, or a page that has changed."""
    ids = [example.id for example in examples]
    return tuple(key for key in overrides if not any(name == key or fnmatch.fnmatchcase(name, key) for name in ids))


def _examples_of(
    page: str, blocks: Sequence[Block], overrides: Mapping[str, ExampleOverride], tables: Tables, read: _Read
) -> tuple[Example, ...]:
    """The examples of one page, in order of line."""
    if not any(language_for(block) for block in blocks):
        return ()
    around = surroundings_of(blocks)
    view = _View(tuple(blocks), _pieces(blocks, around, read), around, tables)
    entries = sorted(_entries(view), key=lambda entry: entry.blocks[0].span)
    parts = _parts(view, entries)
    ids = example_ids(page, [(e.blocks[0], e.language, e.blocks[0].ordinal in parts) for e in entries])
    found: list[Example] = []
    for example_id, entry in zip(ids, entries, strict=True):
        override = override_for(example_id, overrides)
        said = from_directives(_directives(entry))
        if override is None or mistakes(said, entry.language.manager):
            found.append(_made(view, entry, example_id, said, entries, Origin.DIRECTIVE))
        else:
            both = merged(override, said)
            found.append(_made(view, _reshaped(view, entry, both), example_id, both, entries))
    found += _added(view, page, overrides, set(ids), entries)
    return tuple(sorted(_without_used(found), key=lambda example: (example.spans[0], example.id)))


@dataclass(frozen=True, slots=True)
class _View:
    """What is known of one page."""

    blocks: tuple[Block, ...]
    pieces: tuple[Piece, ...]
    around: Surroundings
    tables: Tables


def _entries(view: _View) -> list[_Entry]:
    """Everything of a page that is an example, as the page itself has it."""
    by_hand = joined_by_directive(view.pieces, view.blocks)
    taken = {id(piece) for program in by_hand for piece in program.pieces}
    found = [p for p in programs(view.pieces) if not all(id(piece) in taken for piece in p.pieces)]
    return [*(_entry(p) for p in (*by_hand, *_concerning_mcp(found, view.pieces))), *_listed(view.blocks)]


def _parts(view: _View, entries: Sequence[_Entry]) -> frozenset[int]:
    """Ordinals of the files that belong to another example because the page shows its whole project."""
    starting = [e for e in entries if e.program and any(p.role.start is not Start.NONE for p in e.program.main.pieces)]
    scopes = {scope_of(e.blocks[0]) for e in starting if e.language.manager is Manager.NPM}
    own = {block.ordinal for entry in starting for block in entry.blocks}
    shown = (block for scope in scopes for block in project_blocks(in_view(view.around, scope)).values())
    return frozenset(block.ordinal for block in shown) - own


def _entry(program: Program) -> _Entry:
    return _Entry(program.main.pieces[0].language, tuple(piece.block for piece in program.pieces), program)


def _made(
    view: _View,
    entry: _Entry,
    example_id: str,
    override: ExampleOverride,
    entries: Sequence[_Entry],
    said_by: Origin = Origin.CONFIG,
) -> Example:
    if entry.program is None:
        return listed(example_id, entry.blocks, entry.language, override)
    scope = scope_of(entry.program.main.pieces[0].block)
    rivals = [
        other
        for other in entries
        if other.program and not other.program.lacks and other.language is entry.language
        and scope_of(other.program.main.pieces[0].block) == scope
    ]  # fmt: skip
    return assemble(
        example_id, entry.program, view.around, override, view.tables, alone=len(rivals) <= 1, said_by=said_by
    )


def _reshaped(view: _View, entry: _Entry, override: ExampleOverride) -> _Entry:
    """The entry with the blocks, names and glue that the configuration gives."""
    program = entry.program
    if override.blocks:
        program = chosen(override, view.pieces, view.blocks) or program
    if program is None or not (override.blocks or override.glue or override.files):
        return entry
    program = checked(glued(renamed(program, override, view.blocks), override), view.pieces)
    return _entry(replace(program, lacks=(*unmatched(override, view.blocks), *program.lacks)))


def _added(
    view: _View, page: str, overrides: Mapping[str, ExampleOverride], known: set[str], entries: Sequence[_Entry]
) -> Iterator[Example]:
    """Examples that only the configuration knows: an id of this page that it gives blocks for."""
    for example_id, override in overrides.items():
        if example_id in known or not override.blocks or example_id.partition("#")[0] != page_stem(page):
            continue
        program = chosen(override, view.pieces, view.blocks)
        if program is not None:
            program = checked(glued(program, override), view.pieces)
            lacks = (*unmatched(override, view.blocks), *program.lacks)
            yield _made(view, _entry(replace(program, lacks=lacks)), example_id, override, entries)


def _pieces(blocks: Sequence[Block], around: Surroundings, read: _Read) -> tuple[Piece, ...]:
    """The page's code in languages that can be assembled; ``read`` keeps what was told of a text."""
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


def _listed(blocks: Sequence[Block]) -> Iterator[_Entry]:
    """By language and tab, the code that can only be listed, where any of it concerns MCP."""
    groups: dict[tuple[str, tuple[str, ...]], tuple[Language, list[Block]]] = {}
    for block in blocks[:MAX_CODE_BLOCKS]:
        language = language_for(block)
        if language and not language.runnable:
            groups.setdefault((language.name, scope_of(block)), (language, []))[1].append(block)
    for language, group in groups.values():
        if any(_mentions_mcp(block, (*_NAMES, "jsonrpc")) for block in group):
            yield _Entry(language, tuple(group))


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


def _directives(entry: _Entry) -> tuple[Directive, ...]:
    return tuple(directive for block in entry.blocks for directive in block.directives)


def _without_used(examples: Sequence[Example]) -> tuple[Example, ...]:
    """The examples without fragments that are none, since the bundle of another example holds all of it."""
    held = {
        (segment.span.file, segment.span.first)
        for example in examples
        for file in (example.bundle.files if example.bundle else ())
        for segment in file.segments
        if segment.span is not None
    }
    return tuple(
        example
        for example in examples
        if example.status is not ExampleStatus.FRAGMENT
        or not all((span.file, span.first + 1) in held for span in example.spans)
    )
