"""Blocks to examples: the whole way from a docs tree to programs that can be run, or reasons why they cannot."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.assembly.draft import assemble, listed
from extractor.assembly.grouping import Program, programs
from extractor.assembly.ids import example_ids
from extractor.assembly.names import stated_name
from extractor.assembly.overrides import from_directives, merged, override_for
from extractor.assembly.scopes import scope_of
from extractor.assembly.surroundings import surroundings_of
from extractor.assembly.values import Language, Piece, Tables
from extractor.bundles.languages import language_of
from extractor.model import Example, ExampleOverride, ExampleStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Block, Corpus, Directive

MAX_CODE_BLOCKS: Final = 2000
"""Blocks of one page that are looked at."""
_MENTIONS: Final = ("mcp", "modelcontextprotocol", "jsonrpc")


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
    """
    by_page: dict[str, list[Block]] = defaultdict(list)
    for block in corpus.blocks:
        by_page[block.span.file].append(block)
    tables = Tables(python_packages or {})
    return tuple(
        example for page, blocks in by_page.items() for example in examples_of(page, blocks, overrides or {}, tables)
    )


def examples_of(
    page: str, blocks: Sequence[Block], overrides: Mapping[str, ExampleOverride], tables: Tables
) -> Iterator[Example]:
    """The examples of one page, in order of line."""
    pieces = _pieces(blocks)
    around = surroundings_of(blocks)
    found = [program for program in programs(pieces) if _concerns_mcp(program, pieces)]
    alone = Counter((p.main.pieces[0].language.name, scope_of(p.main.pieces[0].block)) for p in found if not p.lacks)

    def made(entry: _Entry, example_id: str, override: ExampleOverride) -> Example:
        if entry.program is None:
            return listed(example_id, entry.blocks, entry.language, override)
        single = alone[entry.language.name, scope_of(entry.blocks[0])] == 1
        return assemble(example_id, entry.program, around, override, tables, alone=single)

    entries = [_Entry(p.main.pieces[0].language, tuple(piece.block for piece in p.pieces), p) for p in found] + list(
        _listed(blocks)
    )
    # first as the page has it: ids must not change by what a maintainer says of an example
    plain = [made(entry, "", from_directives(_directives(entry))) for entry in entries]
    used = {place for example in plain for place in _lines_used(example)}
    kept = [
        (entry, example)
        for entry, example in zip(entries, plain, strict=True)
        if example.status is not ExampleStatus.FRAGMENT or not all((s.file, s.first + 1) in used for s in example.spans)
    ]
    kept.sort(key=lambda pair: pair[0].blocks[0].span)
    ids = example_ids(page, [(e.blocks[0], e.language, x.status is ExampleStatus.FRAGMENT) for e, x in kept])
    for example_id, (entry, example) in zip(ids, kept, strict=True):
        override = override_for(example_id, overrides)
        if override is None:
            bundle = replace(example.bundle, example_id=example_id) if example.bundle else None
            yield replace(example, id=example_id, bundle=bundle)
        else:
            yield made(entry, example_id, merged(override, from_directives(_directives(entry))))


def _pieces(blocks: Sequence[Block]) -> tuple[Piece, ...]:
    """The page's code in languages that can be assembled."""
    pieces: list[Piece] = []
    for block in blocks[:MAX_CODE_BLOCKS]:
        language = language_of(block.language)
        if language and language.parse and language.role:
            code = language.parse(block.text)
            pieces.append(Piece(block, language, code, language.role((code,)), stated_name(block, language.suffixes)))
    return tuple(pieces)


def _listed(blocks: Sequence[Block]) -> Iterator[_Entry]:
    """By language and tab, the code that can only be listed, where any of it concerns MCP."""
    groups: dict[tuple[str, tuple[str, ...]], tuple[Language, list[Block]]] = {}
    for block in blocks[:MAX_CODE_BLOCKS]:
        language = language_of(block.language)
        if language and not language.runnable:
            groups.setdefault((language.name, scope_of(block)), (language, []))[1].append(block)
    for language, group in groups.values():
        if any(word in block.text.lower() for block in group for word in _MENTIONS):
            yield _Entry(language, tuple(group))


def _concerns_mcp(program: Program, pieces: Sequence[Piece]) -> bool:
    """Whether a program speaks MCP, or uses names of the page's code that does."""
    own = program.pieces
    if any(piece.role.mcp or (piece.code.error and "mcp" in piece.block.text.lower()) for piece in own):
        return True
    defined = {n for p in pieces if p.role.mcp and p.language is own[0].language for n in p.code.defines}
    return any(name in defined for piece in own for name in piece.code.free)


def _directives(entry: _Entry) -> tuple[Directive, ...]:
    return tuple(directive for block in entry.blocks for directive in block.directives)


def _lines_used(example: Example) -> Iterator[tuple[str, int]]:
    """Where the texts that a bundle holds begin: such a block is no fragment of its own."""
    for file in example.bundle.files if example.bundle else ():
        for segment in file.segments:
            if segment.span is not None:
                yield segment.span.file, segment.span.first
