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
"""Packages that read the ``.env`` file beside the program."""


def build(draft: Draft) -> Build:
    """Build a complete draft."""
    layout = layout_of(draft)
    files = {path: source_file(path, file) for path, file in layout.files}
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
            clauses.append(f"imports `{module}`, which no block of this page gives")
    return tuple(dict.fromkeys(clauses))


def local_imports(path: str | None, code: CodeFacts) -> Iterator[LocalImport]:
    """Yield the modules of the program that a file may import: relative ones, and any that is not Python's own.

    Args:
        path: of the importing file, if known.
        code: its facts.
    """
    folder = str(PurePosixPath(path).parent) if path and "/" in path else ""
    for found in code.imports:
        level = len(found.module) - len(found.module.lstrip("."))
        if level:
            dotted = found.module.lstrip(".")
            names = [dotted] if dotted else list(found.names)
            for name in names:
                tail = name.replace(".", "/")
                inside = f"{folder}/{tail}".strip("/")
                yield LocalImport(found.module, (f"{inside}.py", f"{inside}/__init__.py"))
        elif not is_standard(found.module):
            tail = found.module.replace(".", "/")
            yield LocalImport(found.module, (f"{tail}.py", f"{tail}/__init__.py"))


def _imported(draft: Draft) -> Iterator[Dependency]:
    own = _own_modules(draft)
    for code in draft.facts:
        for found in code.imports:
            if found.erased or found.guarded or top(found.module) in own:
                continue
            if dependency := package_of(found, draft.known.python_packages):
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
    for found in code.imports:
        name = top(found.module)
        if found.relative:
            wanted = found.module.lstrip(".").replace(".", "/") or "/".join(found.names[:1])
            if PurePosixPath(wanted).name not in own:
                yield found.module
        elif name in own or found.guarded or found.erased or is_standard(name) or name.lower() in stated:
            continue
        elif (is_readers_own(name) and name not in draft.known.python_packages) or not _is_package(found, draft):
            yield found.module


def _is_package(found: Import, draft: Draft) -> bool:
    try:
        return package_of(found, draft.known.python_packages) is not None
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
