"""TypeScript and JavaScript: files, packages and module system of their programs, which Node.js runs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import added_file, append_added, joined, normal, source_file, tool_file
from extractor.languages.common.package_names import RefusedError
from extractor.languages.common.roles import Start
from extractor.languages.common.values import Build, LocalImport, NeededPackage, RunnableLanguage
from extractor.languages.common.view import project_blocks
from extractor.languages.ecmascript.imports import (
    NODE_MODULES,
    RUNTIMES,
    is_alias,
    is_made_up,
    need_of,
    package_name,
    package_of,
)
from extractor.languages.ecmascript.parse import javascript_tree, parse_javascript, parse_typescript, typescript_tree
from extractor.languages.ecmascript.start import startup_of
from extractor.languages.toolchains.node import NODE
from extractor.model import Dependency, ExampleKind, Manager, Note, NoteKind, Origin, SourceFile, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.languages.common.facts import CodeFacts, Import
    from extractor.languages.common.values import Draft

_EXTENSIONS: Final = {
    ".js": (".ts", ".js", ".tsx"),
    ".mjs": (".mts", ".mjs"),
    ".cjs": (".cts", ".cjs"),
    "": (".ts", ".js"),
}
"""Ending of an import to the endings that its file may have, likeliest first."""
_COMPILED: Final = {".ts": ".js", ".tsx": ".js", ".mts": ".mjs", ".cts": ".cjs"}
"""Ending of a file to the ending that an import of it is written with."""
_LOADS_DOTENV: Final = "dotenv"
_GLUE: Final = "// added by docprobe: serves what the page's program exports\n"
_DEFAULT: Final = (
    'import handler from "{module}";\n'
    'const fetch = typeof handler === "function" ? handler : handler.fetch.bind(handler);\n'
)
"""``export default`` of a function or of an object with ``fetch`` (WinterTC's minimum common API)."""
_ROUTE: Final = (
    'import * as route from "{module}";\n'
    "const context = {{ params: Promise.resolve({{}}) }};\n"
    "const fetch = (request) => route[request.method]?.(request, context) ?? new Response(null, {{ status: 405 }});\n"
)
"""A route file that exports a function for each method (Next.js documentation, "Route Handlers")."""


def build(draft: Draft) -> Build:
    """Build a complete draft."""
    notes: list[Note] = []
    suffix = draft.program.language.suffixes[0]
    main = _main_path(draft, suffix, notes)
    modules = draft.program.modules
    paths = [main, *(normal(m.name.path) if m.name else f"part{n}{suffix}" for n, m in enumerate(modules, 2))]
    own = {
        path: source_file(path, file.blocks, file.before, file.after)
        for path, file in zip(paths, draft.program.files, strict=True)
    }
    files = {**_project(draft, own), **own, **{file.path: file for file in draft.program.extras}}
    command_path = main
    if draft.role.start is Start.HANDLER:
        command_path = _serve_handler(draft, main, suffix, files, notes)
    if _is_module(draft) and "package.json" not in files and not main.endswith(".mjs"):
        files["package.json"] = added_file("package.json", '{ "private": true, "type": "module" }\n')
        notes.append(Note(NoteKind.MODULE_TYPE, Origin.INFERRED, confidence=0.9))
    tools = (Dependency("@hono/node-server"),) if draft.role.start is Start.HANDLER else ()
    modules_needed = (module for code in draft.facts for module in code.modules)
    return Build(
        files=files,
        startup=startup_of(draft, command_path),
        imported=tuple(_imported(draft)),
        tools=tools,
        reads_dotenv=any(package_name(module) == _LOADS_DOTENV for module in modules_needed),
        notes=tuple(notes),
    )


def missing(draft: Draft) -> tuple[str, ...]:
    """Return clauses on what keeps the program from running, beyond names that nobody defines."""
    clauses: list[str] = []
    for code in draft.facts:
        for module in (i.module for i in code.imports if not i.erased and not i.guarded):
            if need_of(module):
                continue
            if is_alias(module):
                clauses.append(f"imports `{module}`, which only its project's own configuration resolves")
                continue
            try:
                needed = package_of(module)
                if needed and is_made_up(needed.name) and not _is_stated(needed.name, draft):
                    clauses.append(
                        f"imports `{module}`, which looks like the reader's own package: state it, as `npm install …`"
                    )
            except RefusedError as refused:
                clauses.append(f"imports `{module}`: {refused}")
    known = {normal(file.name.path) for file in draft.program.files if file.name}
    known |= {normal(file.path) for file in draft.program.extras}
    for file in draft.program.files:
        path = file.name.path if file.name else None
        for snippet in file.snippets:
            for wanted in local_imports(path, snippet.facts):
                if not known.intersection(wanted.paths):
                    clauses.append(f"imports `{wanted.module}`, a file that no block of this page shows")
    return tuple(dict.fromkeys(clauses))


def unknown(draft: Draft) -> tuple[str, ...]:
    """Return clauses on runtimes that docprobe does not have."""
    called = {call.name.partition(".")[0] for code in draft.facts for call in code.calls} & RUNTIMES
    imports = (i for code in draft.facts for i in code.imports if not i.erased and not i.guarded)
    needs = {f"needs the runtime {name}" for name in called}
    needs |= {need for imported in imports if (need := need_of(imported.module))}
    return tuple(f"{need}, which docprobe does not support" for need in sorted(needs))


def local_imports(path: str | None, code: CodeFacts) -> Iterator[LocalImport]:
    """Yield the files of the program that a file imports.

    Args:
        path: of the importing file, if known.
        code: its facts.
    """
    folder = PurePosixPath(path).parent if path else PurePosixPath()
    for imported in code.imports:
        if not imported.relative or imported.erased:
            continue
        target = _resolve(folder, imported.module)
        suffix = PurePosixPath(target).suffix
        stem = target.removesuffix(suffix) if suffix in _EXTENSIONS else target
        endings = _EXTENSIONS.get(suffix, ("",))
        paths = (*(stem + end for end in endings), target, f"{stem}/index.ts", f"{stem}/index.js")
        yield LocalImport(imported.module, tuple(dict.fromkeys(paths)))


def _resolve(folder: PurePosixPath, module: str) -> str:
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(module).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _main_path(draft: Draft, suffix: str, notes: list[Note]) -> str:
    main = draft.program.main
    if main.name is not None:
        return normal(main.name.path)
    stem = "client" if draft.kind is ExampleKind.CLIENT else "server"
    imported = {package_name(module) for code in draft.facts for module in code.modules}
    taken = {PurePosixPath(file.name.path).stem for file in draft.program.modules if file.name} | imported
    name = next(n for n in (stem, "main", "example", "program", "documented") if n not in taken)
    span = main.snippets[0].block.span
    notes.append(Note(NoteKind.FILE_NAME, Origin.INFERRED, name + suffix, confidence=0.9, span=span))
    return name + suffix


def _project(draft: Draft, own: dict[str, SourceFile]) -> dict[str, SourceFile]:
    """Where the page shows a package.json, its other named files belong to the same project."""
    mine = {block.span for block in draft.program.blocks}
    shown = project_blocks(draft.around).items()
    return {path: joined(path, [block]) for path, block in shown if block.span not in mine and path not in own}


def _is_module(draft: Draft) -> bool:
    """Whether the program can only run as ES modules."""
    return any(code.module_syntax or code.bare_await for code in draft.facts)


def _imported(draft: Draft) -> Iterator[NeededPackage]:
    glue = [i for file in draft.program.files for code in file.glue for i in code.imports]
    for snippet in (*draft.program.snippets, None):
        for imported in snippet.facts.imports if snippet else glue:
            if not imported.erased and not imported.guarded and (dependency := package_of(imported.module)):
                span = snippet.block.line(imported.line - 1) if snippet else None
                yield NeededPackage(dependency, imported.module, span)


def package_of_import(draft: Draft, imported: Import) -> Dependency | None:
    """Return the package of an import; None for files, built-in modules, aliases and packages of the reader."""
    if imported.guarded:
        return None
    try:
        needed = package_of(imported.module)
    except RefusedError:
        return None
    return None if needed and is_made_up(needed.name) and not _is_stated(needed.name, draft) else needed


def _is_stated(package: str, draft: Draft) -> bool:
    """Whether the page, or the configuration, names a package."""
    around = draft.around
    listed = [d.name for group in (around.installs, around.manifests) for entry in group for d in entry.dependencies]
    return package in listed or any(text.startswith(package) for text in draft.override.dependencies or ())


def _serve_handler(draft: Draft, main: str, suffix: str, files: dict[str, SourceFile], notes: list[Note]) -> str:
    """Add the few lines that serve what the program exports with Node.js, as a platform would; return their path."""
    path = next(name for name in (f"serve{suffix}", f"serve_default{suffix}") if name not in files)
    ending = PurePosixPath(main).suffix
    stem = main.removesuffix(ending) + _COMPILED.get(ending, ending)
    shown = _ROUTE if draft.program.main.snippets[-1].facts.default_export is None else _DEFAULT
    text = (
        shown.format(module=f"./{stem}") + 'import { serve } from "@hono/node-server";\n'
        # on every address, as platforms do: to listen on loopback only is the docs' decision
        'serve({ fetch, hostname: "0.0.0.0", port: 3000 });\n'
    )
    files[path] = append_added(added_file(path, _GLUE), text)
    what = "the route's methods" if shown is _ROUTE else "the default export"
    notes.append(Note(NoteKind.ADAPTER, Origin.INFERRED, path, f", which serves {what} on port 3000", 0.8))
    return path


_FOLDER: Final = "extractor.languages.ecmascript"
_TYPES: Final = tool_file(_FOLDER, "check_types.mjs")
_LOOK_UP_FILE: Final = tool_file(_FOLDER, "look_up.mjs")
_LOOK_UP: Final = Tool(_LOOK_UP_FILE, ("node", _LOOK_UP_FILE.path))
TYPESCRIPT: Final = RunnableLanguage(
    name="typescript",
    title="TypeScript",
    fences=("typescript", "ts", "mts", "cts", "tsx"),
    suffixes=(".ts", ".mts", ".cts", ".tsx"),
    toolchain=NODE.name,
    base=NODE,
    manager=Manager.NPM,
    parse=parse_typescript,
    tree=typescript_tree,
    local_imports=local_imports,
    missing=missing,
    unknown=unknown,
    build=build,
    awaits_on_load=True,
    modules=NODE_MODULES,
    package_of=package_of_import,
    look_up=_LOOK_UP,
    type_check=Tool(_TYPES, ("node", _TYPES.path)),
)
JAVASCRIPT: Final = RunnableLanguage(
    name="javascript",
    title="JavaScript",
    fences=("javascript", "js", "mjs", "cjs", "jsx"),
    suffixes=(".js", ".mjs", ".cjs", ".jsx"),
    toolchain=NODE.name,
    base=NODE,
    manager=Manager.NPM,
    parse=parse_javascript,
    tree=javascript_tree,
    local_imports=local_imports,
    missing=missing,
    unknown=unknown,
    build=build,
    awaits_on_load=True,
    modules=NODE_MODULES,
    package_of=package_of_import,
    look_up=_LOOK_UP,
)
