"""The programs of a page: which fences make one file, which files one program, and what each program lacks.

Fences are joined only where the page says that they are one file, or where a file imports another by its name.
Joining a whole page blindly breaks more pages than it repairs.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from extractor.examples.file_parts import chain_of, may_join
from extractor.examples.page_snippets import PageSnippets
from extractor.examples.pieces import is_excerpt
from extractor.examples.program_files import imported_files, with_seen_files
from extractor.examples.wholeness import left_out_line, whole_by
from extractor.languages.common.files import normal, refusal
from extractor.languages.common.missing_parts import broken, free_names, undefined
from extractor.languages.common.roles import Start
from extractor.languages.common.startup import means_file
from extractor.languages.common.values import Program, ProgramFile
from extractor.model import ExampleKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Snippet

_MOST_ENDS: Final = 20
"""Blocks of a page that may be the end of a program which others begin."""


def programs(
    snippets: Sequence[Snippet], profile: CodeProfile, commands: Sequence[Command] = ()
) -> tuple[Program, ...]:
    """Return the programs of one page, in order.

    Every snippet that belongs to no other program is one of its own that lacks something.

    Args:
        snippets: all code of the page in languages that can be built, in order.
        profile: of the specification.
        commands: of the page.
    """
    page = PageSnippets.of(snippets, commands)
    started = [_program(snippet, page) for snippet in snippets if snippet.role.start is not Start.NONE]
    used = {id(snippet) for program in started for snippet in program.snippets}
    calling = (s for s in reversed(snippets) if may_join(s) and any(c.function is None for c in s.facts.calls))
    for snippet in islice(calling, _MOST_ENDS):
        # "Start it": alone the last block starts nothing that is known, together with the others it does
        if id(snippet) not in used and _ends_program(snippet, page, profile):
            started.append(_program(snippet, page))
            used |= {id(other) for other in started[-1].snippets}
    rest: list[Program] = []
    for snippet in snippets:
        if snippet.role.start is Start.NONE and id(snippet) not in used and not snippet.head:
            if snippet.facts.error is not None and is_excerpt(snippet, page.lines, of_more=True):
                # it lacks only what is around it there
                continue
            file = ProgramFile(tuple(page.as_one([snippet])), snippet.name)
            used |= {id(part) for part in file.snippets}
            role = profile.of(snippet.language.name).role(file.facts) if len(file.snippets) > 1 else snippet.role
            rest.append(Program(file, lacks=_lacks(file, page) or (role.why,)))
    return tuple(sorted([*started, *rest], key=lambda program: program.blocks[0].span))


def _program(anchor: Snippet, page: PageSnippets) -> Program:
    """The program that ``anchor`` starts."""
    main = ProgramFile((anchor,), anchor.name)
    if page.needs_others(anchor) and (chain := chain_of(anchor, page)):
        name = next((p.name for p in chain if p.name), None)
        main = ProgramFile(chain, name or page.run_file(chain[0], chain[-1]))
    main, *modules = with_seen_files((main, *imported_files(main, page)), page)
    lacks = tuple(sentence for file in (main, *modules) for sentence in _lacks(file, page))
    if lacks and (whole := whole_by(main, modules, page.in_same_tab(anchor))):
        return Program(main, tuple(modules), (), _joined_by(main), lacks, whole)
    if not lacks and (cut := (*_cuts(main, modules), *_continued(main, modules, page))):
        # it may do without: what it does then is judged, and what it fails by is not the page's
        return Program(main, tuple(modules), (), _joined_by(main), cut, Origin.INFERRED)
    return Program(main, tuple(modules), lacks, _joined_by(main))


def _cuts(main: ProgramFile, modules: Sequence[ProgramFile]) -> Iterator[str]:
    """Clauses on where the files of a program leave lines out."""
    for snippet in (snippet for file in (main, *modules) for snippet in file.snippets):
        if line := left_out_line(snippet):
            yield f"leaves lines out (line {line} of the page)"


def _continued(main: ProgramFile, modules: Sequence[ProgramFile], page: PageSnippets) -> Iterator[str]:
    """A clause on the block that goes on with a program before the page runs it.

    Where the page runs it nowhere, it is one of the same section: others are often variations.
    """
    if main.name is None or refusal(main.name.path):
        return
    own = {snippet.block.ordinal for file in (main, *modules) for snippet in file.snippets}
    last = max((snippet.block for snippet in main.snippets), key=lambda block: block.span)
    path = normal(main.name.path)
    runs = (c.span.first for c in page.commands if any(means_file(word, path) for word in c.words))
    until = min((line for line in runs if line > last.span.last), default=None)
    defined = {name for code in main.facts for name in code.defines} - _imported(main)
    view = page.in_same_tab(main.snippets[0])
    for snippet in view:
        block = snippet.block
        if block.ordinal in own or block.span < last.span or snippet.role.start is not Start.NONE:
            continue
        if until is None and block.place.headings != last.place.headings:
            continue
        elsewhere = snippet.name is not None and normal(snippet.name.path) != path
        goes_on = bool(defined & set(snippet.facts.free)) or bool(broken([snippet]))
        if goes_on and not elsewhere and not is_excerpt(snippet, page.lines):
            if until is None or block.span.first < until:
                yield f"is continued at line {block.span.first} of the page"
            return


def _imported(file: ProgramFile) -> frozenset[str]:
    return frozenset(name for code in file.facts for i in code.imports for name in (*i.names, i.module))


def _ends_program(snippet: Snippet, page: PageSnippets, profile: CodeProfile) -> bool:
    """Whether a block that starts nothing by itself is the end of a program that the blocks above it begin."""
    named = page.by_path or page.commands
    chain = chain_of(snippet, page) if named and page.needs_others(snippet) else ()
    above = [part.facts for part in chain[:-1]]
    if not above or chain[-1] is not snippet:
        return False
    role_of = profile.of(snippet.language.name).role
    role = role_of(tuple(part.facts for part in chain))
    starts = role.start is Start.RUN and role_of(tuple(above)).start is not Start.RUN
    return starts and role.relevant and role.kind is not ExampleKind.OTHER


def _joined_by(file: ProgramFile) -> Origin:
    """Who says that the snippets are one file: the page, if it gives each of them that name."""
    origins = {snippet.name.origin if snippet.name else Origin.INFERRED for snippet in file.snippets}
    if len(file.snippets) > 1 and Origin.INFERRED in origins:
        return Origin.INFERRED
    return Origin.DIRECTIVE if origins == {Origin.DIRECTIVE} else Origin.STATED


def _lacks(file: ProgramFile, page: PageSnippets) -> tuple[str, ...]:
    return gaps_of(file, page.in_same_tab(file.snippets[0]) if free_names(file) else ())


def gaps_of(file: ProgramFile, elsewhere: Sequence[Snippet]) -> tuple[str, ...]:
    """Return clauses on what a file lacks to be part of a program.

    Args:
        file: the file.
        elsewhere: other snippets of the page in view, which may define its names.
    """
    why = refusal(file.name.path) if file.name else None
    return (*((why,) if why else ()), *broken(file.snippets), *undefined(file, elsewhere))
