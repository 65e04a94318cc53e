"""Python: modules and packages run by ``python``, ASGI applications by uvicorn, scripts of ``pyproject.toml``."""

from __future__ import annotations

import re
import sys
import tomllib
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.base.tomlfile import toml_table
from extractor.languages.common.files import added_file, joined, normal, refusal, source_file, tool_file
from extractor.languages.common.package_names import RefusedError, dependency_of
from extractor.languages.common.values import Build, LocalImport, NeededPackage, RunnableLanguage
from extractor.languages.common.view import Manifest
from extractor.languages.python.imports import (
    has_module,
    is_readers_own,
    is_standard,
    package_of,
    takes_place,
    top,
)
from extractor.languages.python.layout import SOURCES, layout_of
from extractor.languages.python.names import inside
from extractor.languages.python.parse import parse_python, python_tree
from extractor.languages.python.served import served_file
from extractor.languages.python.start import role_by_command, startup_of
from extractor.languages.toolchains.python import PYTHON as TOOLCHAIN
from extractor.model import Manager, Note, NoteKind, Origin, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.languages.common.facts import CodeFacts, Import
    from extractor.languages.common.values import Draft
    from extractor.model import Dependency, Span

_LOOK_UP: Final = tool_file("extractor.languages.python", "look_up.py")
_METADATA: Final = re.compile(r"^# /// script\n(?P<text>(?:^#(?: .*)?\n)+?)^# ///$", re.MULTILINE)
"""Inline script metadata (PEP 723), which ``uv run`` and ``pipx run`` read."""
READS_DOTENV: Final = frozenset({"dotenv", "pydantic_settings", "environs", "decouple"})
"""Packages that read an ``.env`` file in the program's folder."""


def build(draft: Draft) -> Build:
    """Build a complete draft."""
    layout = layout_of(draft)
    files = {path: source_file(path, file.blocks, file.before, file.after) for path, file in layout.files}
    files |= {path: added_file(path, "") for path in layout.added}
    files |= {file.path: file for file in draft.program.extras}
    if layout.script is not None:
        shown = [m for m in draft.around.manifests if layout.script.name in m.scripts]
        files |= {normal(manifest.path): joined(normal(manifest.path), [manifest.block]) for manifest in shown}
    return Build(
        files=files,
        startup=startup_of(draft, layout),
        imported=tuple(_imported(draft)),
        tools=(),
        reads_dotenv=bool(READS_DOTENV & {top(module) for code in draft.facts for module in code.modules}),
        notes=(*layout.notes, *_assumed(draft)),
    )


def manifests(draft: Draft) -> tuple[Manifest, ...]:
    """Return the project files in view, and the metadata that the program's own files begin with."""
    return (*draft.around.manifests, *_inline_metadata(draft))


def _inline_metadata(draft: Draft) -> Iterator[Manifest]:
    for block in draft.program.blocks:
        found = _METADATA.search(block.text)
        if found is None:
            continue
        try:
            data = toml_table("".join(line[2:] or "\n" for line in found["text"].splitlines(keepends=True)))
        except tomllib.TOMLDecodeError:
            continue
        listed = data.get("dependencies")
        dependencies = []
        for text in listed if isinstance(listed, list) else ():
            with suppress(RefusedError):
                if isinstance(text, str):
                    dependencies.append(dependency_of(text, Manager.PYPI))
        yield Manifest(block, "", Manager.PYPI, tuple(dependencies), {})


def missing(draft: Draft) -> tuple[str, ...]:
    """Return clauses on what keeps the program from running, beyond names that nobody defines."""
    clauses: list[str] = []
    for code in draft.facts:
        if code.bare_await is not None:
            clauses.append(f"uses `await` outside a function (line {code.bare_await} of the block)")
        clauses += _strange(code, draft)
    return tuple(dict.fromkeys(clauses))


def local_imports(path: str | None, code: CodeFacts) -> Iterator[LocalImport]:
    """Yield the modules of the program that a file may import: relative ones, and any that is not Python's own.

    Args:
        path: of the importing file, if known.
        code: its facts.
    """
    folder = str(PurePosixPath(path).parent) if path and "/" in path else ""
    for imported in code.imports:
        level = len(imported.module) - len(imported.module.lstrip("."))
        if level:
            dotted = imported.module.lstrip(".")
            names = [dotted] if dotted else list(imported.names)
            # one dot is the folder itself, each further one a folder up
            above = PurePosixPath(folder).parts[: len(PurePosixPath(folder).parts) - level + 1]
            for name in names:
                tail = name.replace(".", "/")
                inside = "/".join((*above, tail))
                yield LocalImport(imported.module, (f"{inside}.py", f"{inside}/__init__.py"))
        elif not is_standard(imported.module):
            tail = imported.module.replace(".", "/")
            inside = f"{SOURCES}/{tail}"
            paths = (f"{tail}.py", f"{tail}/__init__.py", f"{inside}.py", f"{inside}/__init__.py")
            yield LocalImport(imported.module, paths)


def _imported(draft: Draft) -> Iterator[NeededPackage]:
    own = _own_modules(draft)
    stated = _stated_names(draft)
    for snippet in (*draft.program.snippets, None):
        for imported in snippet.facts.imports if snippet else _glue_imports(draft):
            if imported.erased or imported.guarded or imported.relative or is_standard(imported.module):
                continue
            if top(imported.module) in own:
                continue
            span = snippet.block.line(imported.line - 1) if snippet else None
            yield from _needed(imported, span, stated, draft)


def _needed(imported: Import, span: Span | None, stated: frozenset[str], draft: Draft) -> Iterator[NeededPackage]:
    """The package that an import needs: a stated one that has the module by its name, or the one known to have it."""
    known = package_of(imported, draft.docs.python_packages)
    if known is not None and known.name in stated:
        yield NeededPackage(known, imported.module, span)
        return
    alike = [name for name in sorted(stated) if has_module(name, imported.module)]
    if known is None:
        alike = [] if _is_readers_own(top(imported.module), draft) else alike
        yield from (NeededPackage(dependency_of(name, Manager.PYPI), imported.module, span) for name in alike[:1])
    elif place := next((name for name in alike if takes_place(name, known.name, imported.module)), None):
        yield NeededPackage(dependency_of(place, Manager.PYPI), imported.module, span)
    else:
        # a stated package that is named like it may bring it: that it is not listed is not a fact then
        yield NeededPackage(known, imported.module, None if alike else span)


def _assumed(draft: Draft) -> Iterator[Note]:
    """Notes on modules that only a package of the page can have: which one is not known."""
    own = _own_modules(draft)
    for snippet in draft.program.snippets:
        for imported in snippet.facts.imports:
            name = top(imported.module)
            plain = not (imported.relative or imported.guarded or imported.erased or is_standard(name) or name in own)
            if plain and not _is_package(imported, draft) and not _stated_package(imported.module, draft):
                span = snippet.block.line(imported.line - 1)
                detail = ", which a package of the page is taken to have"
                yield Note(NoteKind.MODULE, Origin.INFERRED, imported.module, detail, 0.5, span)


def _glue_imports(draft: Draft) -> list[Import]:
    return [imported for file in draft.program.files for code in file.glue for imported in code.imports]


def _stated_names(draft: Draft) -> frozenset[str]:
    """Distributions that the page, or the docs' installation page, names."""
    around = draft.around
    listed = [d for install in around.installs if install.manager is Manager.PYPI for d in install.dependencies]
    listed += [d for m in manifests(draft) if m.manager is Manager.PYPI for d in m.dependencies]
    listed += [d for (manager, _), (d, _) in draft.docs.installation.items() if manager is Manager.PYPI]
    configured = draft.override.dependencies or ()
    return frozenset([*(d.name for d in listed), *(dependency_of(text, Manager.PYPI).name for text in configured)])


def _stated_package(module: str, draft: Draft) -> str | None:
    """The stated distribution that has a module, by its name; None if none has."""
    return next((name for name in sorted(_stated_names(draft)) if has_module(name, module)), None)


def _own_modules(draft: Draft) -> frozenset[str]:
    """Top-level module names that the program's files have, those that the configuration adds too."""
    named = [file.name.path for file in draft.program.files if file.name]
    named += [file.path for file in draft.program.extras]
    paths = [normal(name) for name in named if not refusal(name)]
    names = {PurePosixPath(p.removeprefix(f"{SOURCES}/")).parts[0].removesuffix(".py") for p in paths}
    return frozenset(names | {PurePosixPath(p).stem for p in paths})


def _strange(code: CodeFacts, draft: Draft) -> Iterator[str]:
    """Clauses on imports of files that the page does not show."""
    own = _own_modules(draft)
    for imported in code.imports:
        if imported.relative:
            wanted = imported.module.lstrip(".").replace(".", "/") or "/".join(imported.names[:1])
            if PurePosixPath(wanted).name not in own:
                yield f"imports `{imported.module}`, which no block of this page shows"
        elif _is_strange(imported, draft, own) and _is_files(top(imported.module), draft):
            yield f"imports `{imported.module}`, which no block of this page shows"


def unknown(draft: Draft) -> tuple[str, ...]:
    """Return clauses on imports that are neither a file of the program nor in a package that is known or stated."""
    own = _own_modules(draft)
    clauses = [
        f"imports `{imported.module}`, and no package of that module is known: state it, as `pip install …`"
        for code in draft.facts
        for imported in code.imports
        if not imported.relative
        and _is_strange(imported, draft, own)
        and not _is_files(top(imported.module), draft)
        and not (_is_package(imported, draft) or _stated_names(draft))
    ]
    return tuple(dict.fromkeys(clauses))


def _is_strange(imported: Import, draft: Draft, own: frozenset[str]) -> bool:
    """Whether a module is neither Python's, nor the program's, nor one that the page names a package for."""
    name = top(imported.module)
    stated = {distribution.replace("-", "_").lower() for distribution in _stated_names(draft)}
    if name in own or imported.guarded or imported.erased or is_standard(name) or name.lower() in stated:
        return False
    # of those of a scaffold, that is the reason, not the package
    return imported.module not in draft.docs.profile.scaffolds


def _is_files(name: str, draft: Draft) -> bool:
    """Whether a module has a name that is a file's of the reader."""
    return _is_readers_own(name, draft) or name.startswith("_")


def _is_readers_own(name: str, draft: Draft) -> bool:
    """Whether docs use the name for modules of the reader, and nobody says that it is a package here."""
    local = is_readers_own(name) or name in draft.docs.profile.local_modules
    return local and name not in draft.docs.python_packages


def package_of_import(draft: Draft, imported: Import) -> Dependency | None:
    """Return the package of an import: one that is known, else one that the page states and that has the module."""
    name = top(imported.module)
    if imported.relative or imported.guarded or is_standard(name) or name.startswith("_"):
        return None
    if name in _own_modules(draft) or _is_readers_own(name, draft):
        return None
    known = package_of(imported, draft.docs.python_packages) if _is_package(imported, draft) else None
    if known is not None:
        return known
    stated = _stated_package(imported.module, draft)
    return dependency_of(stated, Manager.PYPI) if stated else None


def _is_package(imported: Import, draft: Draft) -> bool:
    try:
        return package_of(imported, draft.docs.python_packages) is not None
    except RefusedError:
        # a name that no index takes, such as one that begins with an underscore
        return False


PYTHON: Final = RunnableLanguage(
    name="python",
    title="Python",
    fences=("python", "py", "python3", "pycon"),
    suffixes=(".py",),
    toolchain=TOOLCHAIN.name,
    base=TOOLCHAIN,
    manager=Manager.PYPI,
    parse=parse_python,
    tree=python_tree,
    local_imports=local_imports,
    missing=missing,
    unknown=unknown,
    build=build,
    inside=inside,
    modules=sys.stdlib_module_names,
    role_by_command=role_by_command,
    served_file=served_file,
    package_of=package_of_import,
    manifests=manifests,
    look_up=Tool(_LOOK_UP, ("python", _LOOK_UP.path)),
)
