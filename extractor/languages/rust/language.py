"""Rust: a program is compiled with the crates that were fetched and compiled for it, then started."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from extractor.base.tomlfile import toml_table
from extractor.languages.common.files import (
    added_file,
    append_added,
    joined,
    normal,
    source_file,
    tool_file,
    with_lines,
)
from extractor.languages.common.package_names import RefusedError, dependency_of, key
from extractor.languages.common.startup import configured_startup, stated_commands, stated_note
from extractor.languages.common.values import Build, LocalImport, NeededPackage, RunnableLanguage, Startup
from extractor.languages.rust.names import is_standard
from extractor.languages.rust.parse import parse_rust, rust_tree
from extractor.languages.toolchains.rust import RUST as TOOLCHAIN
from extractor.model import Manager, Note, NoteKind, Origin, Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from extractor.languages.common.facts import CodeFacts, Import
    from extractor.languages.common.values import Draft
    from extractor.languages.common.view import Manifest
    from extractor.model import Dependency, SourceFile

MAIN_FILE: Final = "src/main.rs"
MANIFEST: Final = "Cargo.toml"
_PACKAGE: Final = "example"
_EDITION: Final = "2024"
"""What ``cargo new`` writes today."""
_USUAL: Final = {
    "tokio": "full", "serde": "derive", "clap": "derive", "reqwest": "json", "tracing_subscriber": "env-filter",
    "uuid": "v4", "chrono": "serde",
}  # fmt: skip
"""Features that most programs need of a crate whose features the page does not state."""
_ELSEWHERE: Final = re.compile(r"^\s*[\w\"-]+\s*=\s*\{(?![^}]*\bversion\s*=)[^}]*\b(?:git|path)\s*=")
"""A dependency on a repository or a folder, in one line."""
_NAME: Final = re.compile(r"[A-Za-z][\w-]*", re.ASCII)


def build(draft: Draft) -> Build:
    """Build a complete draft."""
    notes: list[Note] = []
    main = draft.program.main
    path = _in_package(main.name.path) if main.name else MAIN_FILE
    if main.name is None:
        notes.append(Note(NoteKind.FILE_NAME, Origin.INFERRED, path, confidence=0.9))
    files = {path: source_file(path, main.blocks, main.before, main.after)}
    for number, module in enumerate(draft.program.modules, 2):
        name = _module_path(module.name.path, path) if module.name else f"src/part{number}.rs"
        files[name] = source_file(name, module.blocks, module.before, module.after)
    files |= {file.path: file for file in draft.program.extras}
    manifest, binary = _manifest(draft, path, notes)
    files |= {MANIFEST: manifest, _BUILD.path: _BUILD}
    imported = tuple(_imported(draft))
    return Build(
        files=files,
        startup=_startup(draft, path, binary),
        imported=imported,
        tools=(),
        reads_dotenv=any("dotenv" in module for code in draft.facts for module in code.modules),
        notes=(*notes, *_feature_notes(draft, imported)),
    )


def _in_package(name: str) -> str:
    """The path of a main file in its package: from ``src`` or ``examples`` on; a bare file is in ``src``."""
    path = PurePosixPath(normal(name))
    start = next((n for n, part in enumerate(path.parts) if part in {"src", "examples"}), None)
    return str(PurePosixPath(*path.parts[start:])) if start is not None else f"src/{path.name}"


def _module_path(name: str, main: str) -> str:
    """The path of a module's file: where the page says, or beside the main file."""
    path = _in_package(name)
    return path if "/" in normal(name) else str(PurePosixPath(main).parent / PurePosixPath(path).name)


def missing(draft: Draft) -> tuple[str, ...]:
    """Return clauses on what keeps the program from being compiled, beyond undefined names."""
    defined = {name for code in draft.facts for name in code.defines}
    lacks = [] if "main" in defined else ["has no `fn main`"]
    shown = {PurePosixPath(file.name.path) for file in draft.program.modules if file.name}
    names = {path.parent.name if path.stem == "mod" else path.stem for path in shown}
    for code in draft.facts:
        for imported in code.imports:
            module = imported.module.removeprefix("self::")
            if imported.erased and module not in names:
                lacks.append(f"has `mod {module};`, whose file no block of this page shows")
    return tuple(dict.fromkeys(lacks))


def local_imports(path: str | None, code: CodeFacts) -> Iterator[LocalImport]:
    """Yield the modules whose files a file names: ``mod tools;``."""
    folder = PurePosixPath(path).parent if path else PurePosixPath("src")
    for imported in code.imports:
        if imported.erased:
            name = imported.module.removeprefix("self::")
            places = (str(folder / f"{name}.rs"), str(folder / name / "mod.rs"), f"{name}.rs", f"src/{name}.rs")
            yield LocalImport(imported.module, tuple(dict.fromkeys(places)))


def package_of_import(draft: Draft, imported: Import) -> Dependency | None:
    """Return the crate that a path begins with; None for the standard library and for modules of the program."""
    root = imported.module.partition("::")[0]
    if imported.relative or is_standard(root) or root in _bound(draft) or not _NAME.fullmatch(root):
        return None
    for manifest in (m for m in draft.around.manifests if m.manager is Manager.CARGO):
        for dependency in manifest.dependencies:
            if key(dependency, Manager.CARGO) == root:
                return dependency
    needed = tuple(f"?{feature}" for feature in _features(draft, root))
    for install in (i for i in draft.around.installs if i.manager is Manager.CARGO):
        for dependency in install.dependencies:
            if key(dependency, Manager.CARGO) == root:
                lacking = (feature for feature in needed if feature[1:] not in dependency.extras)
                return replace(dependency, extras=(*dependency.extras, *lacking))
    try:
        return dependency_of(f"{root}[{','.join(needed)}]", Manager.CARGO, origin=Origin.INFERRED)
    except RefusedError:
        return None


def _features(draft: Draft, crate: str) -> tuple[str, ...]:
    """The features that the code needs of a crate, by the words in it, and those that most programs need."""
    usual = [_USUAL[crate]] if crate in _USUAL else []
    words = draft.docs.profile.features.get(crate, {})
    text = "\n".join(block.text for block in draft.program.blocks) if words else ""
    found = [feature for word, feature in words.items() if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
    return tuple(dict.fromkeys([*usual, *found]))


def _feature_notes(draft: Draft, imported: Iterable[NeededPackage]) -> Iterator[Note]:
    """Notes on features that a stated crate needs and no install line names: its reader has to find them."""
    for crate in {key(p.dependency, Manager.CARGO): p.dependency for p in imported}.values():
        added = [feature[1:] for feature in crate.extras if feature.startswith("?")]
        if crate.origin is Origin.STATED and added:
            detail = f", with the features {', '.join(added)} as well, which the code seems to need"
            yield Note(NoteKind.DEPENDENCY, Origin.INFERRED, crate.name, detail, 0.8)


def _bound(draft: Draft) -> frozenset[str]:
    """Names that the program binds to something else than a crate: what it imports by name, and its modules."""
    imported = {name for code in draft.facts for i in code.imports for name in i.names if i.module != name}
    return frozenset(imported | {name for code in draft.facts for name in code.defines}) - _roots(draft)


def _roots(draft: Draft) -> frozenset[str]:
    """Crates that are imported as such: ``use anyhow;``."""
    return frozenset(i.module for code in draft.facts for i in code.imports if not i.names and not i.relative)


def _imported(draft: Draft) -> Iterator[NeededPackage]:
    """The crates that the code needs. A whole Cargo.toml of the page is what it is: nothing is added to that."""
    whole = _whole_manifest(draft) is not None
    for snippet in draft.program.snippets:
        for imported in snippet.facts.imports:
            dependency = package_of_import(draft, imported)
            if dependency is not None and not (whole and dependency.origin is Origin.INFERRED):
                yield NeededPackage(dependency, imported.module, snippet.block.line(imported.line - 1))
    for file in draft.program.files:
        for imported in (i for code in file.glue for i in code.imports):
            if dependency := package_of_import(draft, imported):
                yield NeededPackage(dependency, imported.module)


def _whole_manifest(draft: Draft) -> Manifest | None:
    """The page's Cargo.toml, if it shows all of one."""
    for manifest in draft.around.manifests:
        if manifest.manager is Manager.CARGO and re.search(r"^[^\S\n]*\[package\]", manifest.block.text, re.MULTILINE):
            return manifest
    return None


def _manifest(draft: Draft, path: str, notes: list[Note]) -> tuple[SourceFile, str]:
    """The page's Cargo.toml, or one that is made up, and the name of what it compiles the main file to.

    Crates that it does not name are added when it is compiled.
    """
    shown = _whole_manifest(draft)
    if shown is None:
        name, origin, span = _PACKAGE, Origin.INFERRED, None
        for command in (*draft.around.commands, *draft.around.prose_commands):
            given = [word for word in command.words[2:] if not word.startswith("-")]
            if command.words[:2] in (("cargo", "new"), ("cargo", "init")) and given and _NAME.fullmatch(given[-1]):
                name, origin, span = given[-1], Origin.STATED, command.span
        sure = 0.9 if origin is Origin.INFERRED else 1.0
        notes.append(Note(NoteKind.FILE, origin, MANIFEST, f" of the package {name}", sure, span))
        text = f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "{_EDITION}"\n'
        file = added_file(MANIFEST, text)
    else:
        file = _from_registry(joined(MANIFEST, [shown.block]), notes)
    data: dict[str, Any] = toml_table(file.text)
    package = data.get("package")
    name = str(package.get("name", _PACKAGE)) if isinstance(package, dict) else _PACKAGE
    if path.startswith("examples/"):
        return file, f"--example {PurePosixPath(path).stem}"
    binaries: Any = data.get("bin")
    for binary in binaries if isinstance(binaries, list) else ():
        if isinstance(binary, dict) and normal(str(binary.get("path", MAIN_FILE))) == path:
            return file, f"--bin {binary.get('name', name)}"
    if path == MAIN_FILE:
        return file, f"--bin {name}"
    stem = PurePosixPath(path).stem
    if not path.startswith("src/bin/"):
        file = append_added(file, f'\n[[bin]]\nname = "{stem}"\npath = "{path}"\n')
    return file, f"--bin {stem}"


def _from_registry(file: SourceFile, notes: list[Note]) -> SourceFile:
    """The manifest without its dependencies on repositories and folders, which are taken from the registry."""
    changed: dict[int, str] = {}
    for number, line in enumerate(file.text.splitlines(), 1):
        if _ELSEWHERE.match(line):
            name = line.partition("=")[0].strip().strip('"')
            changed[number] = f"# {name} is taken from the registry\n"
            detail = ", which the page takes from a repository or a folder, as the registry has it"
            notes.append(Note(NoteKind.DEPENDENCY, Origin.INFERRED, name, detail, 0.7, file.docs_line(number)))
    return with_lines(file, changed)


def _startup(draft: Draft, path: str, binary: str) -> Startup:
    """The start by a command of the page: it is compiled first, without optimisation, and what was made is started."""
    if configured := configured_startup(draft):
        return configured
    kind, _, name = binary.partition(" ")
    compiled = ("python3", _BUILD.path, kind, name)
    program = f"target/debug/examples/{name}" if kind == "--example" else f"target/debug/{name}"
    for command in stated_commands(draft, named=draft.program.main.name is not None):
        if (arguments := _arguments(command.words, kind, name)) is not None:
            note = stated_note(command.words, command.span)
            return Startup((program, *arguments), draft.kind, (compiled,), (), command.environment, (note,))
    note = Note(NoteKind.COMMAND, Origin.INFERRED, "cargo run", confidence=0.9)
    return Startup((program,), draft.kind, (compiled,), notes=(note,))


def _arguments(words: Sequence[str], kind: str, name: str) -> tuple[str, ...] | None:
    """The program's own arguments, if the words start it: ``cargo run``, or what ``cargo build`` made."""
    if words[:2] in (["cargo", "run"], ("cargo", "run")):
        options = list(words[2 : words.index("--")] if "--" in words else words[2:])
        for flag in ("--bin", "--example"):
            if flag in options[:-1] and (flag, options[options.index(flag) + 1]) != (kind, name):
                return None
        return tuple(words[words.index("--") + 1 :]) if "--" in words else ()
    made = PurePosixPath(words[0].replace("\\", "/")) if words else PurePosixPath()
    in_target = len(made.parts) > 2 and "target" in made.parts and made.parts[-2] in {"release", "debug", "examples"}
    return tuple(words[1:]) if in_target and made.name == name else None


_BUILD: Final = tool_file("extractor.languages.rust", "build.py")
_LOOK_UP: Final = tool_file("extractor.languages.rust", "look_up.py")
RUST: Final = RunnableLanguage(
    name="rust",
    title="Rust",
    fences=("rust", "rs"),
    suffixes=(".rs",),
    toolchain=TOOLCHAIN.name,
    base=TOOLCHAIN,
    manager=Manager.CARGO,
    parse=parse_rust,
    tree=rust_tree,
    local_imports=local_imports,
    missing=missing,
    build=build,
    package_of=package_of_import,
    look_up=Tool(_LOOK_UP, ("python3", _LOOK_UP.path)),
    look_up_files=(
        _BUILD,
        added_file(MANIFEST, f'[package]\nname = "{_PACKAGE}"\nversion = "0.0.0"\nedition = "{_EDITION}"\n'),
    ),
)
