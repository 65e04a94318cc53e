"""Java: the classes of a page are compiled by ``javac`` with the packages that were fetched for them, then started."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import MAIN_OF, PACKAGE, has_main
from extractor.languages.common.files import normal, source_file, tool_file
from extractor.languages.common.jvm import (
    CLASSES,
    PACKAGES,
    build_notes,
    imported_packages,
    jvm_startup,
    package_of_import,
    resources,
    scripts_of,
    stated_manifests,
    unknown_packages,
)
from extractor.languages.common.values import Build, RunnableLanguage
from extractor.languages.java.parse import java_tree, parse_java
from extractor.languages.toolchains.java import JAVA as TOOLCHAIN
from extractor.model import Manager, Note, NoteKind, Origin, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import CodeFacts
    from extractor.languages.common.values import Draft, ProgramFile
    from extractor.model import SourceFile

_OF_THE_JDK: Final = ("java", "javax.net", "javax.crypto", "javax.security", "javax.xml", "javax.sql", "com.sun.net")
_BEANS: Final = frozenset(
    {"Component", "Service", "Controller", "RestController", "Configuration", "Repository", "Bean", "ControllerAdvice",
     "RestControllerAdvice"}
)  # fmt: skip
"""Annotations by which Spring finds a class that no code of the program names."""


def build(draft: Draft) -> Build:
    """Build a complete draft."""
    notes: list[Note] = []
    files: dict[str, SourceFile] = {}
    for file in draft.program.files:
        path = _path(file)
        while path in files:
            path = str(PurePosixPath(path).with_stem(f"{PurePosixPath(path).stem}2"))
        if file.name is None:
            notes.append(Note(NoteKind.FILE_NAME, Origin.STATED, path, ", as the class in it is called"))
        files[path] = source_file(path, file.blocks, file.before, file.after)
    sources = tuple(files)
    main = _main_class(draft)
    compiled = ("javac", "-encoding", "UTF-8", "-parameters", "-nowarn", "-d", CLASSES, "-cp", PACKAGES, *sources)
    files |= {path: file for path, file in resources(draft).items() if path not in files}
    files |= {file.path: file for file in draft.program.extras}
    own = [name.removeprefix(PACKAGE) for code in draft.facts for name in code.defines if name.startswith(PACKAGE)]
    return Build(
        files=files,
        startup=jvm_startup(draft, sources[0], main, (compiled,)),
        imported=tuple(imported_packages(draft)),
        tools=(),
        reads_dotenv=any("dotenv" in module for code in draft.facts for module in code.modules),
        notes=(*notes, *build_notes(draft, "javac"), *unknown_packages(draft, (*own, *_OF_THE_JDK))),
    )


def _path(file: ProgramFile) -> str:
    """The path of a file: as the page states it, else by the package and the public class in it."""
    if file.name is not None:
        return normal(file.name.path)
    package = next((n.removeprefix(PACKAGE) for code in file.facts for n in code.defines if n.startswith(PACKAGE)), "")
    public = [name for code in file.facts for name in sorted(code.exports)]
    types = public or [name for code in file.facts for name in code.bases]
    return "/".join((*(part for part in package.split(".") if part), f"{types[0] if types else 'Main'}.java"))


def _main_class(draft: Draft) -> str:
    """The full name of the class that is run: of those with ``main`` the one of the build file, else the first."""
    found = [name.removeprefix(MAIN_OF) for code in draft.facts for name in code.defines if name.startswith(MAIN_OF)]
    stated = scripts_of(draft).get("mainClass", "")
    return stated if stated in found else (found or [stated or "Main"])[0]


def missing(draft: Draft) -> tuple[str, ...]:
    """Return clauses on what keeps the program from being compiled, beyond undefined names."""
    whole = any(has_main(code) or code.error for code in draft.facts)
    lacks = [] if whole else ["has no class with `main`"]
    for file in draft.program.files:
        public = sorted({name for code in file.facts for name in code.exports})
        if len(public) > 1 and file.name is None:
            lacks.append(f"shows {len(public)} public classes in one block, and each needs a file of its own")
    return tuple(lacks)


def belongs(program: Sequence[CodeFacts], other: CodeFacts) -> bool:
    """Return whether a file is of a program: it has a class that the program uses, or one that Spring finds."""
    if other.error or other.loose_method is not None or not other.bases or has_main(other):
        return False
    own = {name for code in program for name in code.bases}
    if own & other.bases.keys():
        return False
    used = {name for code in program for name in code.free}
    imported = {f"{i.module}.{name}" for code in program for i in code.imports for name in i.names}
    package = next((n.removeprefix(PACKAGE) for n in other.defines if n.startswith(PACKAGE)), "")
    full = {f"{package}.{name}" for name in other.bases}
    if used & other.bases.keys() or imported & full or (package and f"{package}.*" in imported):
        return True
    spring = any(call.name == "SpringApplication.run" for code in program for call in code.calls)
    return spring and any(call.name in _BEANS for call in other.decorators)


_LOOK_UP: Final = tool_file("extractor.languages.common", "jvm_look_up.py")
JAVA: Final = RunnableLanguage(
    name="java",
    title="Java",
    fences=("java",),
    suffixes=(".java",),
    toolchain=TOOLCHAIN.name,
    base=TOOLCHAIN,
    manager=Manager.MAVEN,
    parse=parse_java,
    tree=java_tree,
    belongs=belongs,
    manifests=stated_manifests,
    leaves_imports=True,
    missing=missing,
    build=build,
    package_of=package_of_import,
    look_up=Tool(_LOOK_UP, ("python3", _LOOK_UP.path, "java")),
)
