"""Where the files of a Python program are: flat, or in a package whose folder the page, a script or docprobe names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import normal
from extractor.languages.python.imports import is_standard, top
from extractor.model import ExampleKind, Manager, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.values import Draft, ProgramFile

_FOLDERS: Final = (
    re.compile(r"\b(?:folder|directory|package) (?:called|named) ([A-Za-z_]\w*)"),
    re.compile(r"\b([A-Za-z_]\w*)/? (?:folder|directory|package)\b"),
)
"""Prose has no grammar to parse: what it yields is checked against words that only describe a folder."""
_ADJECTIVES: Final = """
a an another any base current dedicated different each empty entire every example existing first following home inner
installed its local main my nested new npm one optional other our outer output own parent pip project pypi python root
same second separate shared simple single source target temporary test that the their third this two whole working
workspace your
"""
_NO_NAMES: Final = frozenset(_ADJECTIVES.split())
"""Words in front of "folder" that describe it and do not name it."""
SOURCES: Final = "src"
"""Folder around the packages of a project, by Python's packaging guide ("src layout")."""
_SERVER_NAMES: Final = ("server", "main", "example", "program")
_CLIENT_NAMES: Final = ("client", "main", "example", "program")
_PACKAGE_NAMES: Final = ("example", "program", "documented", "documented_example")


@dataclass(frozen=True, slots=True)
class Script:
    """``[project.scripts]``: ``name = "package.module:attribute"``."""

    name: str
    module: str
    attribute: str


@dataclass(frozen=True, slots=True)
class FileLayout:
    """The files of a program and how they are reached."""

    files: tuple[tuple[str, ProgramFile], ...]
    """Path and content, the main file first."""
    added: tuple[str, ...]
    """Paths of empty ``__init__.py`` files that docprobe adds."""
    main: str
    """Dotted module name of the main file."""
    package: str | None
    """Folder of the package; None for a flat program."""
    script: Script | None
    notes: tuple[Note, ...]
    root: str = ""
    """Folder that the page's packages are in (``src``), where they have to be installed; empty for none."""


def layout_of(draft: Draft) -> FileLayout:
    """Return the layout of a program, with a path for every file."""
    script = script_of(draft)
    relative = any(i.relative for code in draft.facts for i in code.imports)
    notes: list[Note] = []
    package = _folder(draft, script, notes) if relative or (script and "." in script.module) else None
    main = _main_path(draft, script, notes)
    paths = [_inside(main, package)]
    for file in draft.program.modules:
        stated = normal(file.name.path) if file.name else _free(("module", "part"), draft, paths)
        paths.append(_inside(stated, package))
    projects = [m for m in draft.around.manifests if m.manager is Manager.PYPI and m.path.endswith("pyproject.toml")]
    root = SOURCES if paths[0].count("/") > 1 and paths[0].startswith(f"{SOURCES}/") and (projects or package) else ""
    folders = {folder for path in paths for folder in _folders(path) if package and folder != root}
    added = sorted({f"{folder}/__init__.py" for folder in folders} - set(paths))
    for path in added:
        notes.append(Note(NoteKind.FILE, Origin.INFERRED, path, confidence=0.9))
    dotted = paths[0].removeprefix(f"{root}/").removesuffix(".py").replace("/", ".")
    files = tuple(zip(paths, draft.program.files, strict=True))
    return FileLayout(files, tuple(added), dotted, package, script, tuple(notes), root)


def script_of(draft: Draft) -> Script | None:
    """Return the script of a ``pyproject.toml`` in view that enters the program's main file; None without one."""
    main = draft.program.main
    defined = {name for snippet in main.snippets for name in snippet.facts.defines}
    stem = PurePosixPath(main.name.path).stem if main.name else None
    for manifest in draft.around.manifests:
        for name, target in manifest.scripts.items() if manifest.manager is Manager.PYPI else ():
            module, _, attribute = target.partition(":")
            if attribute in defined and stem in {None, module.rpartition(".")[2]} and re.fullmatch(r"[\w.]+", module):
                return Script(name, module, attribute)
    return None


def _main_path(draft: Draft, script: Script | None, notes: list[Note]) -> str:
    imported = {top(module) for code in draft.facts for module in code.modules}
    stated = draft.program.main.name
    # what prose seems to call the file is dropped where it would hide a package from the whole program
    if stated is not None and (stated.confidence == 1.0 or PurePosixPath(stated.path).stem not in imported):
        return normal(stated.path)
    if script is not None:
        path = script.module.rpartition(".")[2] + ".py"
        notes.append(Note(NoteKind.FILE_NAME, Origin.STATED, path, ", from [project.scripts]"))
        return path
    names = _CLIENT_NAMES if draft.kind is ExampleKind.CLIENT else _SERVER_NAMES
    path = _free(names, draft, ())
    span = draft.program.main.snippets[0].block.span
    notes.append(Note(NoteKind.FILE_NAME, Origin.INFERRED, path, confidence=0.9, span=span))
    return path


def _folder(draft: Draft, script: Script | None, notes: list[Note]) -> str | None:
    """The package's folder: of the script, of a stated path, of the prose, else invented."""
    if script is not None and "." in script.module:
        return script.module.rpartition(".")[0].replace(".", "/")
    if any("/" in file.name.path for file in draft.program.files if file.name):
        return None
    for block in (*draft.program.blocks, *(m.block for m in draft.around.manifests)):
        if name := next((name for name in _named(block.context) if _is_free(name, draft)), None):
            notes.append(Note(NoteKind.FOLDER, Origin.STATED, name, confidence=0.8, span=block.span))
            return name
    folder = _free(_PACKAGE_NAMES, draft, ()).removesuffix(".py")
    notes.append(Note(NoteKind.PACKAGE_FOLDER, Origin.INFERRED, folder, confidence=0.9))
    return folder


def _named(prose: str) -> Iterator[str]:
    """Names of folders in running text."""
    for name in (str(name) for pattern in _FOLDERS for name in pattern.findall(prose)):
        if name.lower() not in _NO_NAMES:
            yield name


def _is_free(name: str, draft: Draft) -> bool:
    """Whether a module of that name hides no import of the program and no module of Python."""
    return not is_standard(name) and name not in {top(module) for code in draft.facts for module in code.modules}


def _free(names: Sequence[str], draft: Draft, taken: Sequence[str]) -> str:
    """The first name that hides no import of the program and no module of Python."""
    used = {PurePosixPath(file.name.path).stem for file in draft.program.files if file.name}
    used |= {PurePosixPath(path).stem for path in taken}
    for name in (*names, *(f"{names[0]}_{number}" for number in range(2, 1000))):
        if name not in used and _is_free(name, draft):
            return f"{name}.py"
    raise AssertionError("a thousand files of one program")


def _inside(path: str, package: str | None) -> str:
    return f"{package}/{path}" if package and "/" not in path else path


def _folders(path: str) -> list[str]:
    return [str(parent) for parent in PurePosixPath(path).parents if str(parent) != "."]
