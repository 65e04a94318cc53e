"""Which fences of a page make one file, and which files make one program.

Fences are joined only where the page says that they are one file, or where a file imports another by its name.
Joining a whole page blindly breaks more pages than it repairs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from extractor.examples.pieces import is_excerpt, lines_of
from extractor.examples.wholeness import left_out_line, whole_by
from extractor.languages.common.files import normal, refusal
from extractor.languages.common.missing_parts import broken, free_names, is_late, undefined
from extractor.languages.common.roles import Start
from extractor.languages.common.startup import means_file
from extractor.languages.common.values import Program, ProgramFile
from extractor.languages.common.view import scope_of
from extractor.model import ExampleKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Snippet

_MOST_ENDS: Final = 20
"""Blocks of a page that may be the end of a program which others begin."""
_MOST_PARTS: Final = 100
"""Blocks of one file."""
_MOST_SEEN: Final = 30
"""Files of one program that see each other without an import."""


@dataclass(frozen=True, slots=True)
class _Page:
    """The snippets of a page, with what is looked up again and again."""

    snippets: tuple[Snippet, ...]
    scopes: Mapping[int, tuple[str, ...]]
    """By ordinal of the block."""
    by_path: Mapping[str, tuple[Snippet, ...]]
    """Snippets by the name that the page gives their file."""
    parts: Mapping[int, tuple[Snippet, ...]]
    """By ordinal of the block that begins a class or function: that one, and what goes on with it."""
    commands: tuple[Command, ...]
    lines: Mapping[int, frozenset[str]]
    """Lines of the snippets, by ordinal of the block."""

    def in_same_tab(self, snippet: Snippet) -> tuple[Snippet, ...]:
        """Return the snippets of the same language in the same tab."""
        scope = self.scopes[snippet.block.ordinal]
        same = (other for other in self.snippets if other.language is snippet.language)
        return tuple(other for other in same if self.scopes[other.block.ordinal] == scope)

    def as_one(self, snippets: Sequence[Snippet]) -> list[Snippet]:
        """Return snippets of a file with everything that goes on with their classes and functions, in the file's order.

        A piece brings what it goes on with.
        """
        heads = {(snippet.head or snippet.block).ordinal for snippet in snippets}
        return sorted((part for head in heads for part in self.parts[head]), key=lambda snippet: snippet.position)

    def needs_others(self, snippet: Snippet) -> bool:
        """Return whether a snippet uses names that it does not bind, or is a part of something."""
        is_part = len(self.parts[(snippet.head or snippet.block).ordinal]) > 1
        sound = snippet.facts.error is None and snippet.facts.loose_method is None
        return sound and (is_part or bool(snippet.facts.free))


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
    by_path: dict[str, tuple[Snippet, ...]] = {}
    for snippet in snippets:
        if snippet.name and not snippet.head and not refusal(snippet.name.path):
            path = normal(snippet.name.path)
            by_path[path] = (*by_path.get(path, ()), snippet)
    parts: dict[int, tuple[Snippet, ...]] = {}
    for snippet in snippets:
        head = (snippet.head or snippet.block).ordinal
        parts[head] = (*parts.get(head, ()), snippet)
    scopes = {p.block.ordinal: scope_of(p.block) for p in snippets}
    page = _Page(tuple(snippets), scopes, by_path, parts, tuple(commands), lines_of(snippets))
    started = [_program(snippet, page) for snippet in snippets if snippet.role.start is not Start.NONE]
    used = {id(snippet) for program in started for snippet in program.snippets}
    calling = (s for s in reversed(snippets) if _may_join(s) and any(c.function is None for c in s.facts.calls))
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


def _program(anchor: Snippet, page: _Page) -> Program:
    """The program that ``anchor`` starts."""
    main = ProgramFile((anchor,), anchor.name)
    if page.needs_others(anchor) and (chain := _chain(anchor, page)):
        main = ProgramFile(chain, next((p.name for p in chain if p.name), None))
    main, *modules = _seen((main, *_modules(main, page)), page)
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


def _continued(main: ProgramFile, modules: Sequence[ProgramFile], page: _Page) -> Iterator[str]:
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


def _ends_program(snippet: Snippet, page: _Page, profile: CodeProfile) -> bool:
    """Whether a block that starts nothing by itself is the end of a program that the blocks above it begin."""
    chain = _chain(snippet, page) if page.by_path and page.needs_others(snippet) else ()
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


def _lacks(file: ProgramFile, page: _Page) -> tuple[str, ...]:
    return gaps_of(file, page.in_same_tab(file.snippets[0]) if free_names(file) else ())


def gaps_of(file: ProgramFile, elsewhere: Sequence[Snippet]) -> tuple[str, ...]:
    """Return clauses on what a file lacks to be part of a program.

    Args:
        file: the file.
        elsewhere: other snippets of the page in view, which may define its names.
    """
    why = refusal(file.name.path) if file.name else None
    return (*((why,) if why else ()), *broken(file.snippets), *undefined(file, elsewhere))


def _chain(anchor: Snippet, page: _Page) -> tuple[Snippet, ...]:
    """The fences that ``anchor`` continues, if the page names the file that the first begins; else none.

    A fence continues a file when it needs names from it, or brings names that are needed, and redefines none. What
    is between two such fences and only adds to them (a handler registered on the server) belongs to it too.
    """
    view = page.in_same_tab(anchor)
    before = [p for p in view if p.block.span < anchor.block.span and _may_join(p)]
    chosen = page.as_one([anchor])
    without: set[str] = set()
    while missing := [name for name in free_names(ProgramFile(tuple(chosen), None)) if name not in without]:
        holder = next((p for p in reversed(before) if missing[0] in p.facts.defines and p not in chosen), None)
        known = ProgramFile(tuple(chosen), None)
        if holder is None and (known.takes_all or is_late(missing[0], known.facts)):
            without.add(missing[0])
            continue
        if holder is None or len(chosen) >= _MOST_PARTS:
            return ()
        chosen = page.as_one([*chosen, holder])
    for snippet in before:
        if snippet not in chosen and chosen[0].block.span < snippet.block.span and _adds_to(snippet, chosen):
            chosen = page.as_one([*chosen, snippet])
    names = [p.name for p in chosen if p.name and p.name.source != "command" and not refusal(p.name.path)]
    one = chosen[0].name in names and len({normal(name.path) for name in names}) == 1
    one |= not names and len({(p.head or p.block).ordinal for p in chosen}) == 1
    whole = one and not _clash(chosen) and not _interrupted(chosen, view, page)
    return tuple(chosen) if whole else ()


def _may_join(snippet: Snippet) -> bool:
    loose = snippet.facts.error or snippet.facts.loose_method is not None or snippet.facts.bare_await is not None
    return snippet.role.start is Start.NONE and not loose


def _interrupted(chosen: Sequence[Snippet], view: Sequence[Snippet], page: _Page) -> bool:
    """Whether broken snippets, such as methods without their class, are in between: joining would lose them.

    Those of another file are not lost, nor lines that are only shown again.
    """
    path = next((normal(p.name.path) for p in chosen if p.name), None)
    first, last = min(p.block.span for p in chosen), max(p.block.span for p in chosen)
    between = (s for s in view if first < s.block.span < last and broken([s]))
    same_file = (s for s in between if s.name is None or normal(s.name.path) == path)
    return any(not is_excerpt(snippet, page.lines) for snippet in same_file)


def _adds_to(snippet: Snippet, chosen: Sequence[Snippet]) -> bool:
    known = {name for p in chosen if p.block.span < snippet.block.span for name in p.facts.defines}
    free = set(snippet.facts.free)
    if any(ProgramFile((p,), None).takes_all for p in chosen):
        free &= known
    return bool(free) and free <= known and not _clash([*chosen, snippet])


def _clash(chosen: Sequence[Snippet]) -> bool:
    """Whether two fences define the same name: then they are versions of a file, not parts of it."""
    seen: set[str] = set()
    for snippet in chosen:
        if seen & set(snippet.facts.defines):
            return True
        seen |= set(snippet.facts.defines)
    return False


def _modules(main: ProgramFile, page: _Page) -> Iterator[ProgramFile]:
    """Files that the program imports by their names, each once, in the order they are met."""
    waiting, seen = deque([main]), {snippet.block.ordinal for snippet in main.snippets}
    while waiting:
        file = waiting.popleft()
        for snippet in file.snippets:
            path = normal(file.name.path) if file.name and not refusal(file.name.path) else None
            for wanted in snippet.language.local_imports(path, snippet.facts):
                module = _named(wanted.paths, snippet, page)
                if module is not None and module.block.ordinal not in seen:
                    seen.add(module.block.ordinal)
                    waiting.append(ProgramFile(tuple(page.as_one([module])), module.name))
                    yield waiting[-1]


def _seen(files: tuple[ProgramFile, ...], page: _Page) -> tuple[ProgramFile, ...]:
    """The files of a program with those that they see without an import, nearest first, and the names they see."""
    main = files[0].snippets[0]
    taken = {snippet.block.ordinal for file in files for snippet in file.snippets}
    view = sorted(page.in_same_tab(main), key=lambda s: (main.block.span < s.block.span, _lines_apart(main, s)))
    while len(files) < _MOST_SEEN and (
        added := next((s for s in view if s.block.ordinal not in taken and _is_seen(s, files)), None)
    ):
        taken.add(added.block.ordinal)
        files = (*files, ProgramFile((added,), added.name))
    if len(files) == 1 or not any(_is_seen(s, files[:1]) for file in files[1:] for s in file.snippets):
        return files
    names = [frozenset(_own_names(file)) for file in files]
    return tuple(
        replace(file, known=frozenset().union(*(other for other in names if other is not own)))
        for file, own in zip(files, names, strict=True)
    )


def _is_seen(snippet: Snippet, files: Sequence[ProgramFile]) -> bool:
    """Whether a snippet is a file of the program that these files begin."""
    if snippet.role.start is not Start.NONE or (snippet.name and refusal(snippet.name.path)):
        return False
    facts = [code for file in files for code in file.facts]
    return snippet.language.belongs(facts, snippet.facts)


def _own_names(file: ProgramFile) -> Iterator[str]:
    """The names that a file defines, without those that it imports."""
    for code in file.facts:
        imported = {name for i in code.imports for name in i.names}
        yield from (name for name in code.defines if name not in imported)


def _lines_apart(one: Snippet, other: Snippet) -> int:
    return abs(one.block.span.first - other.block.span.first)


def _named(paths: Sequence[str], importer: Snippet, page: _Page) -> Snippet | None:
    """The snippet in view that the page calls by one of ``paths``: the last one above the importer, else below it."""
    scope = page.scopes[importer.block.ordinal]

    def visible(snippet: Snippet) -> bool:
        other = page.scopes[snippet.block.ordinal]
        return scope[: len(other)] == other and snippet is not importer

    matching = sorted(
        (snippet for path in paths for snippet in page.by_path.get(path, ()) if visible(snippet)),
        key=lambda snippet: snippet.block.span,
    )
    above = [snippet for snippet in matching if snippet.block.span < importer.block.span]
    return above[-1] if above else next(iter(matching), None)
