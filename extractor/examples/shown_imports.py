"""The imports of fragments: what each takes from which package, to be looked up there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.packages import key, packages_of
from extractor.languages.common.values import NeededPackage
from extractor.model import Bundle, ExampleKind, ImportedName, ShownImport, ShownImports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.languages.common.facts import CodeFacts, Import
    from extractor.languages.common.values import Draft, Snippet
    from extractor.model import Span

_MAX_LINES: Final = 400
"""Lines from an import on in which its names are looked for: in the statement, or where code uses them of a package."""


def shown_imports(draft: Draft) -> ShownImports | None:
    """Return the imports of a draft from packages that are known; None if it has none, or nothing looks them up.

    The packages are asked for as the page states them. Imports of a text whose beginning does not parse are not whole.
    """
    language = draft.program.language
    tool = language.look_up
    if tool is None:
        return None
    shown: list[ShownImport] = []
    needed: list[NeededPackage] = []
    for snippet in draft.program.snippets:
        for imported in _whole(snippet.facts):
            dependency = language.package_of(draft, imported)
            if dependency is None:
                continue
            span = snippet.block.line(imported.line - 1)
            names = tuple(ImportedName(name, _line_of(name, imported, snippet)) for name in imported.names)
            shown.append(ShownImport(imported.module, dependency.name, span, names))
            needed.append(NeededPackage(dependency, imported.module, span))
    if not shown:
        return None
    packages = packages_of(draft, needed, ())
    wanted = {key(package.dependency, language.manager) for package in needed}
    bundle = Bundle(
        example_id="",
        language=language.name,
        kind=ExampleKind.OTHER,
        toolchain=language.toolchain,
        files=(tool.file, *language.look_up_files),
        manager=language.manager,
        dependencies=tuple(d for d in packages.dependencies if key(d, language.manager) in wanted),
        command=tool.command,
        installer=packages.installer,
    )
    return ShownImports(tuple(shown), bundle) if bundle.dependencies else None


def _whole(code: CodeFacts) -> Iterator[Import]:
    """The imports above what does not parse."""
    end = code.error.line if code.error is not None else None
    return (imported for imported in code.imports if end is None or imported.line < end)


def _line_of(name: str, imported: Import, snippet: Snippet) -> Span:
    """The line of the page on which an import has a name: a statement may go over several."""
    word = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])")
    lines = snippet.block.text.split("\n")[imported.line - 1 : imported.line - 1 + _MAX_LINES]
    offset = next((n for n, line in enumerate(lines) if word.search(line)), 0)
    return snippet.block.line(imported.line - 1 + offset)
