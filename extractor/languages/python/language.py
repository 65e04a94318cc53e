"""Python: modules and packages run by ``python``, ASGI applications by uvicorn, scripts of ``pyproject.toml``."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import added_file, joined, normal, refusal, source_file
from extractor.languages.common.packages import RefusedError
from extractor.languages.common.values import Build, LocalImport, RunnableLanguage
from extractor.languages.python.imports import is_readers_own, is_standard, package_of, top
from extractor.languages.python.layout import layout_of
from extractor.languages.python.parse import parse_python, python_tree
from extractor.languages.python.start import role_by_command, startup_of
from extractor.model import Manager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.languages.common.facts import CodeFacts, Import
    from extractor.languages.common.values import Draft
    from extractor.model import Dependency

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
        notes=layout.notes,
    )


def missing(draft: Draft) -> tuple[str, ...]:
    """Return clauses on what keeps the program from running, beyond names that nobody defines."""
    clauses: list[str] = []
    for code in draft.facts:
        if code.bare_await is not None:
            clauses.append(f"uses `await` outside a function (line {code.bare_await} of the block)")
        for module in _strange(code, draft):
            clauses.append(f"imports `{module}`, which no block of this page shows")
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
            for name in names:
                tail = name.replace(".", "/")
                inside = f"{folder}/{tail}".strip("/")
                yield LocalImport(imported.module, (f"{inside}.py", f"{inside}/__init__.py"))
        elif not is_standard(imported.module):
            tail = imported.module.replace(".", "/")
            yield LocalImport(imported.module, (f"{tail}.py", f"{tail}/__init__.py"))


def _imported(draft: Draft) -> Iterator[Dependency]:
    own = _own_modules(draft)
    for code in draft.facts:
        for imported in code.imports:
            if imported.erased or imported.guarded or top(imported.module) in own:
                continue
            if dependency := package_of(imported, draft.known.python_packages):
                yield dependency


def _own_modules(draft: Draft) -> frozenset[str]:
    """Top-level module names that the program's files have."""
    named = [file.name.path for file in draft.program.files if file.name]
    paths = [normal(name) for name in named if not refusal(name)]
    names = {PurePosixPath(p).parts[0].removesuffix(".py") for p in paths}
    return frozenset(names | {PurePosixPath(p).stem for p in paths})


def _strange(code: CodeFacts, draft: Draft) -> Iterator[str]:
    """Imports that are neither a file of the program nor, by their name, a package."""
    own = _own_modules(draft)
    stated = {d.name.replace("-", "_").lower() for i in draft.around.installs for d in i.dependencies}
    for imported in code.imports:
        name = top(imported.module)
        if imported.relative:
            wanted = imported.module.lstrip(".").replace(".", "/") or "/".join(imported.names[:1])
            if PurePosixPath(wanted).name not in own:
                yield imported.module
        elif name in own or imported.guarded or imported.erased or is_standard(name) or name.lower() in stated:
            continue
        elif _is_readers_own(name, draft) or not _is_package(imported, draft):
            yield imported.module


def _is_readers_own(name: str, draft: Draft) -> bool:
    """Whether docs use the name for modules of the reader, and nobody says that it is a package here."""
    local = is_readers_own(name) or name in draft.known.profile.local_modules
    return local and name not in draft.known.python_packages


def _is_package(imported: Import, draft: Draft) -> bool:
    try:
        return package_of(imported, draft.known.python_packages) is not None
    except RefusedError:
        # a name that no index takes, such as one that begins with an underscore
        return False


PYTHON: Final = RunnableLanguage(
    name="python",
    title="Python",
    fences=("python", "py", "python3", "pycon"),
    suffixes=(".py",),
    toolchain="python",
    manager=Manager.PYPI,
    parse=parse_python,
    tree=python_tree,
    local_imports=local_imports,
    missing=missing,
    build=build,
    role_by_command=role_by_command,
)
