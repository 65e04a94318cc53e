"""Which files of a page make one program: those that import each other by name, or see each other without an import."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import normal, refusal
from extractor.languages.common.roles import Start
from extractor.languages.common.values import ProgramFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.examples.page_snippets import PageSnippets
    from extractor.languages.common.values import Snippet

_MOST_SEEN: Final = 30
"""Files of one program that see each other without an import."""


def imported_files(main: ProgramFile, page: PageSnippets) -> Iterator[ProgramFile]:
    """Yield the files that the program imports by their names, each once, in the order they are met."""
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


def with_seen_files(files: tuple[ProgramFile, ...], page: PageSnippets) -> tuple[ProgramFile, ...]:
    """Return the files of a program with those that they see without an import, nearest first, and their names."""
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


def _named(paths: Sequence[str], importer: Snippet, page: PageSnippets) -> Snippet | None:
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
