"""Programs that a maintainer puts together: blocks chosen by hand, files named, glue added."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.examples.grouping import gaps_of
from extractor.examples.overrides import BEFORE, selected
from extractor.languages.common.files import added_file, joined, normal, refusal
from extractor.languages.common.roles import Start
from extractor.languages.common.values import Program, ProgramFile
from extractor.languages.common.view import FileName
from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.languages.common.values import Snippet
    from extractor.model import Block, ExampleOverride, SourceFile


def joined_by_directive(snippets: Sequence[Snippet], blocks: Sequence[Block]) -> tuple[Program, ...]:
    """Return the programs that ``join=`` directives of a page put together, one for each name."""
    groups: dict[str, list[Block]] = defaultdict(list)
    for block in blocks:
        for directive in block.directives:
            if "join" in directive.values:
                groups[directive.values["join"]].append(block)
    programs = (_together([(b, None) for b in group], snippets, Origin.DIRECTIVE) for group in groups.values())
    return tuple(program for program in programs if program is not None)


def chosen(override: ExampleOverride, snippets: Sequence[Snippet], blocks: Sequence[Block]) -> Program | None:
    """Return the program of an override's ``blocks``; None if they hold no code that can be built.

    Args:
        override: of the example.
        snippets: the code of the page.
        blocks: all blocks of the page.
    """
    picked: dict[int, tuple[Block, FileName | None]] = {}
    for selector in override.blocks:
        name = override.files.get(selector)
        given = _configured_name(name) if name else None
        for block in selected(selector, blocks):
            picked.setdefault(block.ordinal, (block, given))
    return _together(list(picked.values()), snippets, Origin.CONFIG)


def reshaped(
    program: Program,
    override: ExampleOverride,
    snippets: Sequence[Snippet],
    blocks: Sequence[Block],
    profile: CodeProfile,
) -> Program:
    """Return the program with the file names and the glue of an override, and with what it lacks then.

    Args:
        program: as the page has it, or as the override's blocks make it.
        override: of the example.
        snippets: the code of the page.
        blocks: all blocks of the page.
        profile: of the specification.
    """
    changed = _glued(_renamed(program, override, blocks), override, profile)
    lacks = tuple(gap for gap in _checked(changed, snippets).lacks if gap not in program.faults)
    return replace(changed, lacks=(*_unmatched(override, blocks), *lacks))


def _configured_name(path: str) -> FileName:
    return FileName(path, Origin.CONFIG, 1.0, "configuration")


def _unmatched(override: ExampleOverride, blocks: Sequence[Block]) -> tuple[str, ...]:
    """Clauses on selectors that select no block of the page."""
    return tuple(
        f"the configured block “{selector}” is not on the page"
        for selector in (*override.blocks, *(s for s in override.files if s not in override.blocks))
        if not selected(selector, blocks)
    )


def _renamed(program: Program, override: ExampleOverride, blocks: Sequence[Block]) -> Program:
    """The program with the names that the override gives to blocks it already has."""
    names = {
        block.ordinal: _configured_name(name)
        for selector, name in override.files.items()
        for block in selected(selector, blocks)
    }

    def renamed(file: ProgramFile) -> ProgramFile:
        name = next((names[s.block.ordinal] for s in file.snippets if s.block.ordinal in names), None)
        return replace(file, name=name) if name else file

    return replace(program, main=renamed(program.main), modules=tuple(renamed(file) for file in program.modules))


def _glued(program: Program, override: ExampleOverride, profile: CodeProfile) -> Program:
    """The program with the override's glue in it: at the end of a file, or in front of it, or as a file of its own.

    A key that is not the name of any file of the program names its main file, if the page does not name that.
    """
    for key, text in override.glue.items():
        path = key.removeprefix(BEFORE)
        text = text if text.endswith("\n") else text + "\n"
        index = next((i for i, file in enumerate(program.files) if file.name and file.name.path == path), None)
        if index is None and program.main.name is None:
            index = 0
            program = replace(program, main=replace(program.main, name=_configured_name(path)))
        if index is None:
            program = replace(program, extras=(*program.extras, added_file(path, text)))
            continue
        file, language = program.files[index], program.language
        glue = (*file.glue, language.parse(text, profile.of(language.name).registrations))
        before = file.before + text if key.startswith(BEFORE) else file.before
        after = file.after if key.startswith(BEFORE) else file.after + text
        changed = replace(file, before=before, after=after, glue=glue)
        main, *modules = (changed if i == index else other for i, other in enumerate(program.files))
        program = replace(program, main=main, modules=tuple(modules))
    return program


def _checked(program: Program, snippets: Sequence[Snippet]) -> Program:
    """The program with what it lacks now."""
    return replace(program, lacks=tuple(gap for file in program.files for gap in gaps_of(file, snippets)))


def _together(
    picked: Sequence[tuple[Block, FileName | None]], snippets: Sequence[Snippet], origin: Origin
) -> Program | None:
    """Blocks as one program: those without a name of their own continue the file before them."""
    by_block = {snippet.block.ordinal: snippet for snippet in snippets}
    grouped: dict[str, list[Snippet]] = {}
    names: dict[str, FileName | None] = {}
    extras: list[SourceFile] = []
    current = ""
    for block, given in picked:
        snippet = by_block.get(block.ordinal)
        if snippet is None:
            if given is not None and refusal(given.path) is None:
                extras.append(joined(normal(given.path), [block]))
            continue
        name = given or snippet.name
        current = name.path if name else current
        grouped.setdefault(current, []).append(snippet)
        names[current] = names.get(current) or name
    if not grouped:
        return None
    files = [ProgramFile(tuple(group), names[path]) for path, group in grouped.items()]
    if len(files) > 1 and files[0].name is None:
        # what is before the first name belongs to the file that is named first
        files = [ProgramFile((*files[0].snippets, *files[1].snippets), files[1].name), *files[2:]]
    started = [file for file in files if any(s.role.start is not Start.NONE for s in file.snippets)]
    main = started[-1] if started else files[-1]
    others = tuple(file for file in files if file is not main)
    return _checked(Program(main, others, extras=tuple(extras), origin=origin), snippets)
