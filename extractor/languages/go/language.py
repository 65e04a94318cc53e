"""Go: a program is compiled in a workspace with the modules that were fetched for it, then started."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import added_file, joined, normal, refusal, source_file, tool_file
from extractor.languages.common.package_names import GO_MODULE, RefusedError, dependency_of
from extractor.languages.common.startup import configured_startup, stated_commands, stated_note
from extractor.languages.common.values import Build, LocalImport, NeededPackage, RunnableLanguage, Startup
from extractor.languages.go.parse import MAIN_PACKAGE, go_tree, parse_go
from extractor.languages.toolchains.go import GO as TOOLCHAIN
from extractor.model import Manager, Note, NoteKind, Origin, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.facts import CodeFacts, Import
    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Draft
    from extractor.model import Dependency, SourceFile

MAIN_FILE: Final = "main.go"
MANIFEST: Final = "go.mod"
PROGRAM: Final = "docprobe-program"
"""What the program is compiled to, in the example's folder."""
_PACKAGES: Final = (
    "atomic base64 big bufio bytes cmp context debug embed errors exec filepath flag fmt fs hex http httptest io json "
    "log maps math net os path rand reflect regexp runtime signal slices slog sort strconv strings sync template "
    "testing time unicode url utf8 xml"
)
_STANDARD: Final = frozenset(_PACKAGES.split())
"""Names of packages of the standard library."""
_MODULE: Final = "example"
_LANGUAGE_VERSION: Final = "1.24"
"""Of a go.mod that docprobe adds: what the newest SDKs ask for at least."""


def build(draft: Draft) -> Build:
    """Build a complete draft."""
    notes: list[Note] = []
    main = draft.program.main
    path = normal(main.name.path) if main.name else MAIN_FILE
    if main.name is None:
        notes.append(Note(NoteKind.FILE_NAME, Origin.INFERRED, path, confidence=0.9))
    files = {path: source_file(path, main.blocks, main.before, main.after)}
    for number, module in enumerate(draft.program.modules, 2):
        name = normal(module.name.path) if module.name else f"part{number}.go"
        files[name] = source_file(name, module.blocks, module.before, module.after)
    files |= {file.path: file for file in draft.program.extras}
    files[MANIFEST] = _manifest(draft, notes)
    return Build(
        files=files,
        startup=_startup(draft, path),
        imported=tuple(_imported(draft)),
        tools=(),
        reads_dotenv=any("dotenv" in module for code in draft.facts for module in code.modules),
        notes=tuple(notes),
    )


def missing(draft: Draft) -> tuple[str, ...]:
    """Return clauses on what keeps the program from being compiled, beyond undefined names."""
    defined = {name for code in (s.facts for s in draft.program.main.snippets) for name in code.defines}
    glue = {name for code in draft.program.main.glue for name in code.defines}
    lacks = [] if MAIN_PACKAGE in defined | glue else ["has no `package main`"]
    for code in draft.facts:
        for imported in code.imports:
            if not _is_standard(imported.module) and package_of_import(draft, imported) is None:
                lacks.append(f"imports `{imported.module}`, which no block of this page shows")
    return tuple(dict.fromkeys(lacks))


def local_imports(path: str | None, code: CodeFacts) -> Iterator[LocalImport]:
    """Yield nothing: packages of a module are folders, and pages show one file of each."""
    yield from ()


def package_of_import(draft: Draft, imported: Import) -> Dependency | None:
    """Return the module of an imported package; None for the standard library and for paths without a host."""
    if _is_standard(imported.module):
        return None
    try:
        dependency = dependency_of(imported.module, Manager.GO, origin=Origin.INFERRED)
        # what is imported is a package, at the root of its module too
        return replace(dependency, extras=dependency.extras or ("/",))
    except RefusedError:
        return None


def _is_standard(path: str) -> bool:
    """Whether a package is of the standard library: the first element of its path has no dot."""
    return "." not in path.partition("/")[0]


def _imported(draft: Draft) -> Iterator[NeededPackage]:
    for snippet in draft.program.snippets:
        for imported in snippet.facts.imports:
            if dependency := package_of_import(draft, imported):
                yield NeededPackage(dependency, imported.module, snippet.block.line(imported.line - 1))
    for file in draft.program.files:
        for imported in (i for code in file.glue for i in code.imports):
            if dependency := package_of_import(draft, imported):
                yield NeededPackage(dependency, imported.module)


def _manifest(draft: Draft, notes: list[Note]) -> SourceFile:
    """The page's go.mod, else one for the module that its `go mod init` names, else one that is made up."""
    for named in draft.around.named:
        if not refusal(named.name.path) and PurePosixPath(normal(named.name.path)).name == MANIFEST:
            return joined(MANIFEST, [named.block])
    for command in (*draft.around.commands, *draft.around.prose_commands):
        name = command.words[3] if command.words[:3] == ("go", "mod", "init") and len(command.words) == 4 else ""
        if GO_MODULE.fullmatch(name):
            notes.append(Note(NoteKind.FILE, Origin.STATED, MANIFEST, f" by `go mod init {name}`", span=command.span))
            return added_file(MANIFEST, f"module {name}\n\ngo {_LANGUAGE_VERSION}\n")
    notes.append(Note(NoteKind.FILE, Origin.INFERRED, MANIFEST, confidence=0.9))
    return added_file(MANIFEST, f"module {_MODULE}\n\ngo {_LANGUAGE_VERSION}\n")


def _startup(draft: Draft, path: str) -> Startup:
    """The start by a command of the page: it is compiled first, and what was made is started."""
    if configured := configured_startup(draft):
        return configured
    folder = str(PurePosixPath(path).parent)
    package = "." if folder == "." else f"./{folder}"
    compiled = ("go", "build", "-o", PROGRAM, package)
    named = draft.program.main.name is not None
    commands = stated_commands(draft, named=named)
    for command in commands:
        if (arguments := _arguments(command.words, path, package, commands)) is not None:
            note = stated_note(command.words, command.span)
            return Startup((f"./{PROGRAM}", *arguments), draft.kind, (compiled,), (), command.environment, (note,))
    note = Note(NoteKind.COMMAND, Origin.INFERRED, f"go run {package}", confidence=0.9)
    return Startup((f"./{PROGRAM}",), draft.kind, (compiled,), notes=(note,))


def _arguments(words: Sequence[str], path: str, package: str, commands: Sequence[Command]) -> tuple[str, ...] | None:
    """The program's own arguments, if the words start it: ``go run .``, or what ``go build -o`` made."""
    if words[:2] in (["go", "run"], ("go", "run")):
        rest = [word for word in words[2:] if not word.startswith("-")] if words[2:3] else []
        target = rest[0] if rest else ""
        if target and _is_of(target, path, package):
            return tuple(words[list(words).index(target) + 1 :])
        return None
    builds = (c.words for c in commands if _is_build(c.words) and _is_built(c.words, path, package))
    made = {built[built.index("-o") + 1] for built in builds}
    if words and words[0].startswith("./") and PurePosixPath(words[0]).name in {PurePosixPath(m).name for m in made}:
        return tuple(words[1:])
    return None


def _is_of(target: str, path: str, package: str) -> bool:
    """Whether the package or the file that a command names is the program."""
    means = normal(target) if not refusal(target) else target
    return means in {".", normal(package), path} or target in {"./...", "*.go"}


def _is_built(words: Sequence[str], path: str, package: str) -> bool:
    """Whether what ``go build -o NAME`` makes is the program: a page may build several."""
    at = words.index("-o")
    targets = [word for word in (*words[2:at], *words[at + 2 :]) if not word.startswith("-")]
    return not targets or _is_of(targets[-1], path, package)


def _is_build(words: Sequence[str]) -> bool:
    return tuple(words[:2]) == ("go", "build") and "-o" in words[:-1]


_LOOK_UP: Final = tool_file("extractor.languages.go", "look_up.py")
GO: Final = RunnableLanguage(
    name="go",
    title="Go",
    fences=("go", "golang"),
    suffixes=(".go",),
    toolchain=TOOLCHAIN.name,
    base=TOOLCHAIN,
    manager=Manager.GO,
    parse=parse_go,
    tree=go_tree,
    local_imports=local_imports,
    missing=missing,
    build=build,
    modules=_STANDARD,
    package_of=package_of_import,
    look_up=Tool(_LOOK_UP, ("python3", _LOOK_UP.path)),
    look_up_files=(added_file(MANIFEST, f"module {_MODULE}\n\ngo {_LANGUAGE_VERSION}\n"),),
)
