"""Blocks to examples: the whole way from a docs tree to programs that can be run, or reasons why they cannot."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.assembly.fragments import sentence
from extractor.assembly.grouping import Program, programs
from extractor.assembly.ids import bundle_digest, example_ids, text_digest
from extractor.assembly.names import stated_name
from extractor.assembly.overrides import NONE, from_directives, merged, override_for
from extractor.assembly.scopes import in_view, scope_of
from extractor.assembly.surroundings import surroundings_of
from extractor.assembly.values import Draft, Language, Piece, Surroundings, Tables, spans_of
from extractor.bundles.languages import language_of
from extractor.model import Example, ExampleKind, ExampleOverride, ExampleStatus, Note, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Block, Bundle, Corpus

MAX_CODE_BLOCKS: Final = 2000
"""Blocks of code of one page that are looked at."""
_MENTIONS: Final = ("mcp", "modelcontextprotocol", "jsonrpc")


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
    pieces, listed = _pieces(blocks)
    around = surroundings_of(blocks)
    found = [p for p in programs(pieces) if _concerns_mcp(p, pieces)]
    entries: list[tuple[Block, Language, Program | tuple[Block, ...]]] = [
        (program.main.pieces[0].block, program.main.pieces[0].language, program) for program in found
    ]
    entries += [(group[0], language, group) for language, group in listed]
    entries.sort(key=lambda entry: entry[0].span)
    ids = example_ids(page, [(block, language) for block, language, _ in entries])
    for example_id, (block, language, content) in zip(ids, entries, strict=True):
        override = merged(override_for(example_id, overrides), from_directives(block.directives))
        if isinstance(content, Program):
            yield _assembled(example_id, content, around, override, tables)
        else:
            yield _unsupported(example_id, content, language, override)


def _pieces(blocks: Sequence[Block]) -> tuple[list[Piece], list[tuple[Language, tuple[Block, ...]]]]:
    """The page's code: pieces that can be assembled, and by language and tab what can only be listed."""
    pieces: list[Piece] = []
    listed: dict[tuple[str, tuple[str, ...]], tuple[Language, list[Block]]] = {}
    for block in blocks[:MAX_CODE_BLOCKS]:
        language = language_of(block.language)
        if language is None:
            continue
        if language.parse and language.role:
            code = language.parse(block.text)
            pieces.append(Piece(block, language, code, language.role((code,)), stated_name(block, language.suffixes)))
        elif any(word in block.text.lower() for word in _MENTIONS):
            listed.setdefault((language.name, scope_of(block)), (language, []))[1].append(block)
    return pieces, [(language, tuple(group)) for language, group in listed.values()]


def _concerns_mcp(program: Program, pieces: Sequence[Piece]) -> bool:
    """Whether a program speaks MCP, or uses names of the page's code that does."""
    own = program.pieces
    if any(piece.role.mcp or (piece.code.error and "mcp" in piece.block.text.lower()) for piece in own):
        return True
    defined = {n for p in pieces if p.role.mcp and p.language is own[0].language for n in p.code.defines}
    return any(name in defined for piece in own for name in piece.code.free)


def _assembled(
    example_id: str, program: Program, around: Surroundings, override: ExampleOverride, tables: Tables
) -> Example:
    first = program.main.pieces[0]
    language, block = first.language, first.block
    assert language.role is not None
    assert language.missing is not None
    assert language.bundle is not None
    codes = tuple(piece.code for piece in program.pieces)
    anchor = program.main.pieces[-1]
    role = replace(language.role(codes), start=anchor.role.start) if len(codes) > 1 else anchor.role
    draft = Draft(
        example_id=example_id,
        kind=ExampleKind(override.kind) if override.kind else role.kind,
        role=role,
        main=program.main,
        modules=program.modules,
        around=in_view(around, scope_of(block)),
        override=override,
        tables=tables,
        origin=Origin.INFERRED if program.joined else Origin.STATED,
    )
    example = Example(
        id=example_id,
        page=block.span.file,
        revision=block.revision,
        language=language.name,
        kind=draft.kind,
        status=ExampleStatus.FRAGMENT,
        reason=None,
        spans=spans_of(draft.units),
        digest=text_digest([piece.block for piece in program.pieces]),
        resolve_date=override.resolve_date,
        expected=override.not_runnable,
    )
    if override.skip:
        return replace(example, status=ExampleStatus.SKIPPED, reason=override.skip)
    lacks = program.lacks or language.missing(draft)
    if lacks:
        return replace(example, reason=sentence(lacks))
    if draft.kind is ExampleKind.OTHER:
        return replace(example, reason=role.why)
    bundle = _told(language.bundle(draft), draft)
    return replace(
        example,
        kind=bundle.kind,
        status=ExampleStatus.RUNNABLE,
        digest=bundle_digest(bundle),
        notes=bundle.notes,
        bundle=bundle,
    )


def _told(bundle: Bundle, draft: Draft) -> Bundle:
    """The bundle with what the configuration says of it."""
    override = draft.override
    notes = bundle.notes
    if draft.origin is Origin.INFERRED:
        lines = ", ".join(f"{p.block.span.first}-{p.block.span.last}" for p in draft.main.pieces)
        notes = (Note(f"lines {lines} continue one file", Origin.INFERRED, 0.8), *notes)
    if override is NONE:
        return replace(bundle, notes=notes)
    endpoint = (override.endpoint,) if override.endpoint else bundle.endpoint_paths
    return replace(
        bundle,
        environment={**bundle.environment, **override.environment},
        cwd=override.cwd or bundle.cwd,
        endpoint_paths=endpoint,
        allow_scripts=override.allow_scripts,
        notes=notes,
    )


def _unsupported(example_id: str, blocks: tuple[Block, ...], language: Language, override: ExampleOverride) -> Example:
    text = "\n".join(block.text.lower() for block in blocks)
    hints = (("stdio", ExampleKind.STDIO_SERVER), ("http", ExampleKind.HTTP_SERVER))
    kind = next((kind for word, kind in hints if word in text), ExampleKind.OTHER)
    reason = f"{language.title} needs {language.toolchain}, which docprobe does not have yet"
    return Example(
        id=example_id,
        page=blocks[0].span.file,
        revision=blocks[0].revision,
        language=language.name,
        kind=kind,
        status=ExampleStatus.SKIPPED if override.skip else ExampleStatus.UNSUPPORTED,
        reason=override.skip or reason,
        spans=tuple(block.span for block in blocks),
        digest=text_digest(blocks),
        resolve_date=override.resolve_date,
        expected=override.not_runnable,
    )
