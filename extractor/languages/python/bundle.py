"""Python: modules and packages run by ``python``, ASGI applications by uvicorn, scripts of ``pyproject.toml``."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.environment import environment_notes, filled_file
from extractor.languages.common.files import added_file, joined, source_file
from extractor.languages.common.hosts import host_names
from extractor.languages.common.installs import RefusedError
from extractor.languages.common.packages import packages_of
from extractor.languages.common.paths import normal, refusal
from extractor.languages.common.reader import left_to_reader
from extractor.languages.common.services import beside
from extractor.languages.common.values import Language, Wanted
from extractor.languages.python.commands import commanded, python_start
from extractor.languages.python.imports import is_readers_own, is_standard, package_of, top
from extractor.languages.python.layout import layout_of
from extractor.languages.python.parse import parse_python, python_tree
from extractor.model import Bundle, ExampleKind, Manager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.languages.common.facts import Code, Import
    from extractor.languages.common.values import Draft
    from extractor.model import Dependency

READS_DOTENV: Final = frozenset({"dotenv", "pydantic_settings", "environs", "decouple"})
"""Packages that read the ``.env`` file beside the program."""


def bundle(draft: Draft) -> Bundle:
    """A complete draft as a bundle."""
    layout = layout_of(draft)
    start = python_start(draft, layout)
    kind = start.kind
    variables = {k: v for held in draft.around.variables for k, v in held.values.items()}
    stated = environment_notes(draft.around.variables)
    helped = beside(
        draft.codes, {**variables, **start.environment, **draft.override.environment}, draft.known.profile.authorization
    )
    packages = packages_of(draft, Manager.PYPI, _imported(draft), start.tools)
    files = [source_file(path, unit) for path, unit in layout.units]
    files += [added_file(path, "") for path in layout.added]
    files += draft.extras
    if READS_DOTENV & {top(module) for code in draft.codes for module in code.modules}:
        files += [filled_file(".env", held.block, helped.environment) for held in draft.around.variables[-1:]]
    if layout.script is not None:
        files += [joined(normal(m.path), [m.block]) for m in draft.around.manifests if layout.script.name in m.scripts]
    return Bundle(
        example_id=draft.example_id,
        language="python",
        kind=kind,
        toolchain="python",
        files=tuple(sorted(files, key=lambda f: f.path)),
        manager=Manager.PYPI,
        dependencies=packages.dependencies,
        command=start.command,
        environment=helped.environment,
        services=helped.services,
        endpoint_paths=draft.rules.endpoint_paths(draft.codes, helped.services)
        if kind is ExampleKind.HTTP_SERVER
        else (),
        host_names=host_names(draft.codes),
        left_to_reader=left_to_reader(draft, helped.environment),
        notes=(*layout.notes, *packages.notes, *start.notes, *stated, *helped.notes),
    )


def missing(draft: Draft) -> tuple[str, ...]:
    """What keeps the program from running, beyond names that nobody defines."""
    found: list[str] = []
    for code in draft.codes:
        if code.bare_await is not None:
            found.append(f"uses `await` outside a function (line {code.bare_await} of the block)")
        for module in _strange(code, draft):
            found.append(f"imports `{module}`, which no block of this page gives")
    return tuple(dict.fromkeys(found))


def modules(path: str | None, code: Code) -> Iterator[Wanted]:
    """Own modules that a file may import: relative ones, and any that is not Python's own."""
    folder = str(PurePosixPath(path).parent) if path and "/" in path else ""
    for found in code.imports:
        level = len(found.module) - len(found.module.lstrip("."))
        if level:
            dotted = found.module.lstrip(".")
            names = [dotted] if dotted else list(found.names)
            for name in names:
                tail = name.replace(".", "/")
                inside = f"{folder}/{tail}".strip("/")
                yield Wanted(found.module, (f"{inside}.py", f"{inside}/__init__.py"))
        elif not is_standard(found.module):
            tail = found.module.replace(".", "/")
            yield Wanted(found.module, (f"{tail}.py", f"{tail}/__init__.py"))


def _imported(draft: Draft) -> Iterator[Dependency]:
    own = _own_modules(draft)
    for code in draft.codes:
        for found in code.imports:
            if found.erased or found.guarded or top(found.module) in own:
                continue
            if dependency := package_of(found, draft.known.python_packages):
                yield dependency


def _own_modules(draft: Draft) -> frozenset[str]:
    """Top-level module names that the program's files have."""
    paths = [normal(unit.name.path) for unit in draft.units if unit.name and not refusal(unit.name.path)]
    names = {PurePosixPath(p).parts[0].removesuffix(".py") for p in paths}
    return frozenset(names | {PurePosixPath(p).stem for p in paths})


def _strange(code: Code, draft: Draft) -> Iterator[str]:
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


PYTHON: Final = Language(
    name="python",
    title="Python",
    fences=("python", "py", "python3", "pycon"),
    suffixes=(".py",),
    toolchain="python",
    manager=Manager.PYPI,
    parse=parse_python,
    tree=python_tree,
    modules=modules,
    missing=missing,
    bundle=bundle,
    commanded=commanded,
)
"""The language as docprobe knows it."""
