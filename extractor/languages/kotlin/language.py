"""Kotlin: the files of a page are compiled with the packages that were fetched for them, then started on the JVM."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import MAIN_OF, PACKAGE, has_main
from extractor.languages.common.files import normal, source_file, tool_file
from extractor.languages.common.jvm import (
    CLASSES,
    build_notes,
    imported_packages,
    jvm_startup,
    package_of_import,
    resources,
    scripts_of,
    stated_manifests,
    unknown_packages,
)
from extractor.languages.common.package_names import dependency_of
from extractor.languages.common.values import Build, RunnableLanguage
from extractor.languages.kotlin.parse import kotlin_tree, parse_kotlin
from extractor.languages.toolchains.kotlin import COMPILER, VERSION
from extractor.languages.toolchains.kotlin import KOTLIN as TOOLCHAIN
from extractor.model import Manager, Note, NoteKind, Origin, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import CodeFacts
    from extractor.languages.common.values import Draft, ProgramFile
    from extractor.model import SourceFile

_LIBRARY: Final = "org.jetbrains.kotlin:kotlin-stdlib"
_OF_KOTLIN: Final = ("kotlin", "java", "javax.net", "javax.crypto", "javax.xml", "com.sun.net")
_OWN_NAME: Final = "Main.kt"


def build(draft: Draft) -> Build:
    """Build a complete draft."""
    notes: list[Note] = []
    files: dict[str, SourceFile] = {}
    stated = scripts_of(draft)
    for number, file in enumerate(draft.program.files, 1):
        path = _path(file, number, stated.get("mainClass", ""))
        if file.name is None:
            notes.append(Note(NoteKind.FILE_NAME, Origin.STATED, path, ", which only says what its class is called"))
        files[path] = source_file(path, file.blocks, file.before, file.after)
    sources = tuple(files)
    compiled = (COMPILER, "-d", CLASSES, *sources)
    files |= {path: file for path, file in resources(draft).items() if path not in files}
    files |= {file.path: file for file in draft.program.extras}
    if (wanted := stated.get("kotlin", "")) and wanted != VERSION:
        manifest = stated_manifests(draft)[0]
        text = f"compiled with Kotlin {VERSION}; the page's build file asks for {wanted}"
        notes.append(Note(NoteKind.REMARK, Origin.STATED, detail=text, span=manifest.block.span))
    own = [name.removeprefix(PACKAGE) for code in draft.facts for name in code.defines if name.startswith(PACKAGE)]
    return Build(
        files=files,
        startup=jvm_startup(draft, sources[0], _main_class(draft, sources), (compiled,)),
        imported=tuple(imported_packages(draft)),
        tools=(dependency_of(_LIBRARY, Manager.MAVEN, origin=Origin.STATED),),
        reads_dotenv=any("dotenv" in module for code in draft.facts for module in code.modules),
        notes=(*notes, *build_notes(draft, "Kotlin's compiler"), *unknown_packages(draft, (*own, *_OF_KOTLIN))),
    )


def _path(file: ProgramFile, number: int, main: str) -> str:
    """The path of a file: as the page states it, else by the class that the build file runs, else a usual one."""
    if file.name is not None:
        return normal(file.name.path)
    if number > 1:
        return f"Part{number}.kt"
    return f"{main.rpartition('.')[2].removesuffix('Kt')}.kt" if main.endswith("Kt") else _OWN_NAME


def _main_class(draft: Draft, sources: Sequence[str]) -> str:
    """The full name of the class that is run: that of the file with ``main``, by its annotation or by its name."""
    for path, file in zip(sources, draft.program.files, strict=False):
        names = [name for code in file.facts for name in code.defines]
        found = next((name.removeprefix(MAIN_OF) for name in names if name.startswith(MAIN_OF)), None)
        if found is None:
            continue
        package = next((name.removeprefix(PACKAGE) for name in names if name.startswith(PACKAGE)), "")
        if found != package:
            return found
        stem = PurePosixPath(path).stem
        return ".".join(part for part in (package, f"{stem[:1].upper()}{stem[1:]}Kt") if part)
    return "MainKt"


def missing(draft: Draft) -> tuple[str, ...]:
    """Return clauses on what keeps the program from being compiled, beyond undefined names."""
    return () if any(has_main(code) or code.error for code in draft.facts) else ("has no `fun main`",)


def belongs(program: Sequence[CodeFacts], other: CodeFacts) -> bool:
    """Return whether a file is of a program: it defines something that the program uses and does not define itself."""
    if other.error or has_main(other):
        return False
    own = {name for code in program for name in code.defines}
    imported = {name for i in other.imports for name in i.names}
    offered = {n for n in other.defines if n not in imported and not n.startswith((MAIN_OF, PACKAGE))}
    if own & offered:
        return False
    used = {name for code in program for name in code.free}
    used |= {part for code in program for call in code.calls for part in call.name.replace("()", "").split(".")}
    return bool(offered & used)


_LOOK_UP: Final = tool_file("extractor.languages.common", "jvm_look_up.py")
KOTLIN: Final = RunnableLanguage(
    name="kotlin",
    title="Kotlin",
    fences=("kotlin", "kt", "kts"),
    suffixes=(".kt", ".kts"),
    toolchain=TOOLCHAIN.name,
    base=TOOLCHAIN,
    manager=Manager.MAVEN,
    parse=parse_kotlin,
    tree=kotlin_tree,
    belongs=belongs,
    manifests=stated_manifests,
    leaves_imports=True,
    missing=missing,
    build=build,
    package_of=package_of_import,
    look_up=Tool(_LOOK_UP, ("python3", _LOOK_UP.path, "kotlin")),
)
