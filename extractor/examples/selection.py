"""Programs that a maintainer puts together: blocks chosen by hand, files named, glue added."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.examples.grouping import Program
from extractor.examples.overrides import BEFORE, selected
from extractor.languages.common.files import added_file, joined
from extractor.languages.common.fragments import broken, undefined
from extractor.languages.common.paths import normal, refusal
from extractor.languages.common.roles import Start
from extractor.languages.common.values import FileName, Unit
from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.languages.common.values import Piece
    from extractor.model import Block, ExampleOverride, SourceFile


def joined_by_directive(pieces: Sequence[Piece], blocks: Sequence[Block]) -> tuple[Program, ...]:
    """The programs that ``join=`` directives of a page put together, each of the blocks of one name."""
    groups: dict[str, list[Block]] = defaultdict(list)
    for block in blocks:
        for directive in block.directives:
            if "join" in directive.values:
                groups[directive.values["join"]].append(block)
    made = (_together([(b, None) for b in group], pieces, Origin.DIRECTIVE) for group in groups.values())
    return tuple(program for program in made if program is not None)


def chosen(override: ExampleOverride, pieces: Sequence[Piece], blocks: Sequence[Block]) -> Program | None:
    """The program of an override's ``blocks``; None if they hold no code that can be assembled."""
    picked: dict[int, tuple[Block, FileName | None]] = {}
    for selector in override.blocks:
        name = override.files.get(selector)
        given = FileName(name, Origin.CONFIG, 1.0, "configuration") if name else None
        for block in selected(selector, blocks):
            picked.setdefault(block.ordinal, (block, given))
    return _together(list(picked.values()), pieces, Origin.CONFIG)


def unmatched(override: ExampleOverride, blocks: Sequence[Block]) -> tuple[str, ...]:
    """Sentences on selectors that mean no block of the page."""
    return tuple(
        f"the configured block “{selector}” is not on the page"
        for selector in (*override.blocks, *(s for s in override.files if s not in override.blocks))
        if not selected(selector, blocks)
    )


def renamed(program: Program, override: ExampleOverride, blocks: Sequence[Block]) -> Program:
    """The program with the names that the override gives to blocks it already has."""
    names = {
        block.ordinal: FileName(name, Origin.CONFIG, 1.0, "configuration")
        for selector, name in override.files.items()
        for block in selected(selector, blocks)
    }

    def told(unit: Unit) -> Unit:
        name = next((names[p.block.ordinal] for p in unit.pieces if p.block.ordinal in names), None)
        return replace(unit, name=name) if name else unit

    return replace(program, main=told(program.main), modules=tuple(told(unit) for unit in program.modules))


def glued(program: Program, override: ExampleOverride, profile: CodeProfile) -> Program:
    """The program with the override's glue in it: at the end of a file, or in front of it, or as a file of its own.

    A key that names no file of the program names its main file, if the page has no name for that.
    """
    for key, text in override.glue.items():
        path = key.removeprefix(BEFORE)
        text = text if text.endswith("\n") else text + "\n"
        units = (program.main, *program.modules)
        index = next((i for i, unit in enumerate(units) if unit.name and unit.name.path == path), None)
        if index is None and program.main.name is None:
            index = 0
            given = FileName(path, Origin.CONFIG, 1.0, "configuration")
            program = replace(program, main=replace(program.main, name=given))
            units = (program.main, *program.modules)
        if index is None:
            program = replace(program, extras=(*program.extras, added_file(path, text)))
            continue
        language = program.main.pieces[0].language
        unit = units[index]
        glue = (
            (*unit.glue, language.parse(text, profile.of(language.name).registrations)) if language.parse else unit.glue
        )
        before = unit.before + text if key.startswith(BEFORE) else unit.before
        after = unit.after if key.startswith(BEFORE) else unit.after + text
        changed = replace(unit, before=before, after=after, glue=glue)
        new = [changed if i == index else old for i, old in enumerate(units)]
        program = replace(program, main=new[0], modules=tuple(new[1:]))
    return program


def checked(program: Program, pieces: Sequence[Piece]) -> Program:
    """The program with what it lacks now."""
    units = (program.main, *program.modules)
    refused = [why for unit in units if unit.name and (why := refusal(unit.name.path))]
    lacks = [*refused, *(s for unit in units for s in (*broken(unit.pieces), *undefined(unit, pieces)))]
    return replace(program, lacks=tuple(lacks))


def _together(
    picked: Sequence[tuple[Block, FileName | None]], pieces: Sequence[Piece], origin: Origin
) -> Program | None:
    """Blocks as one program: those without a name of their own continue the file before them."""
    by_block = {piece.block.ordinal: piece for piece in pieces}
    files: dict[str, list[Piece]] = {}
    names: dict[str, FileName | None] = {}
    extras: list[SourceFile] = []
    current = ""
    for block, given in picked:
        piece = by_block.get(block.ordinal)
        if piece is None:
            if given is not None and refusal(given.path) is None:
                extras.append(joined(normal(given.path), [block]))
            continue
        name = given or piece.name
        current = name.path if name else current
        files.setdefault(current, []).append(piece)
        names[current] = names.get(current) or name
    if not files:
        return None
    units = [Unit(tuple(group), names[path]) for path, group in files.items()]
    if len(units) > 1 and units[0].name is None:
        # what stands before the first name belongs to the file that is named first
        units = [Unit((*units[0].pieces, *units[1].pieces), units[1].name), *units[2:]]
    started = [u for u in units if any(p.role.start is not Start.NONE for p in u.pieces)]
    main = started[-1] if started else units[-1]
    others = tuple(unit for unit in units if unit is not main)
    return checked(Program(main, others, extras=tuple(extras), origin=origin), pieces)
