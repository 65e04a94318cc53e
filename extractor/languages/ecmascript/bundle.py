"""What TypeScript and JavaScript share: files, packages, module system and the way to a bundle."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.environment import environment_notes, filled_file
from extractor.languages.common.files import added_file, append_added, joined, source_file
from extractor.languages.common.hosts import host_names
from extractor.languages.common.installs import RefusedError
from extractor.languages.common.packages import packages_of
from extractor.languages.common.paths import normal
from extractor.languages.common.projects import project_blocks
from extractor.languages.common.reader import left_to_reader
from extractor.languages.common.roles import Start
from extractor.languages.common.services import beside
from extractor.languages.common.values import Wanted
from extractor.languages.ecmascript.commands import ecmascript_start
from extractor.languages.ecmascript.globals import RUNTIMES
from extractor.languages.ecmascript.imports import is_alias, package_name, package_of
from extractor.model import Bundle, Dependency, ExampleKind, Manager, Note, NoteKind, Origin, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.languages.common.facts import Code
    from extractor.languages.common.values import Draft

_EXTENSIONS: Final = {
    ".js": (".ts", ".js", ".tsx"),
    ".mjs": (".mts", ".mjs"),
    ".cjs": (".cts", ".cjs"),
    "": (".ts", ".js"),
}
_COMPILED: Final = {".ts": ".js", ".tsx": ".js", ".mts": ".mjs", ".cts": ".cjs"}
"""Ending of a file to the ending that an import of it is written with."""
_LOADS_DOTENV: Final = "dotenv"
_GLUE: Final = "// added by docprobe: serves the page's default export\n"


def bundle_of(draft: Draft, language: str, suffix: str) -> Bundle:
    """A complete draft as a bundle. ``suffix`` is the usual file name ending."""
    notes: list[Note] = []
    main = _main_path(draft, suffix, notes)
    paths = [main, *(normal(u.name.path) if u.name else f"part{n}{suffix}" for n, u in enumerate(draft.modules, 2))]
    files = {path: source_file(path, unit) for path, unit in zip(paths, draft.units, strict=True)}
    files = {**_project(draft, files), **files, **{file.path: file for file in draft.extras}}
    command_path = main
    tools: list[Dependency] = []
    if draft.role.start is Start.HANDLER:
        command_path = _serve_handler(main, suffix, files, tools, notes)
    start = ecmascript_start(draft, command_path)
    variables = {k: v for held in draft.around.variables for k, v in held.values.items()}
    stated = environment_notes(draft.around.variables)
    helped = beside(
        draft.codes, {**variables, **start.environment, **draft.override.environment}, draft.known.profile.authorization
    )
    packages = packages_of(draft, Manager.NPM, _imported(draft), (*tools, *start.tools))
    if any(package_name(module) == _LOADS_DOTENV for code in draft.codes for module in code.modules):
        for held in draft.around.variables[-1:]:
            files.setdefault(".env", filled_file(".env", held.block, helped.environment))
    if (
        "package.json" not in files
        and any(code.module_syntax or code.bare_await for code in draft.codes)
        and not main.endswith(".mjs")
    ):
        files["package.json"] = added_file("package.json", '{ "private": true, "type": "module" }\n')
        notes.append(Note(NoteKind.MODULE_TYPE, Origin.INFERRED, confidence=0.9))
    http = draft.kind is ExampleKind.HTTP_SERVER
    return Bundle(
        example_id=draft.example_id,
        language=language,
        kind=draft.kind,
        toolchain="node",
        files=tuple(files[path] for path in sorted(files)),
        manager=Manager.NPM,
        dependencies=packages.dependencies,
        command=start.command,
        build=start.build,
        environment=helped.environment,
        services=helped.services,
        endpoint_paths=draft.rules.endpoint_paths(draft.codes, helped.services) if http else (),
        host_names=host_names(draft.codes),
        left_to_reader=left_to_reader(draft, helped.environment),
        notes=(*notes, *packages.notes, *start.notes, *stated, *helped.notes),
    )


def missing(draft: Draft) -> tuple[str, ...]:
    """What keeps the program from running, beyond names that nobody defines."""
    found: list[str] = []
    for code in draft.codes:
        for module in (i.module for i in code.imports if not i.erased and not i.guarded):
            if is_alias(module):
                found.append(f"imports `{module}`, which only its project's own configuration resolves")
                continue
            try:
                package_of(module)
            except RefusedError as refused:
                found.append(f"imports `{module}`: {refused}")
    calls = {call.name.partition(".")[0] for code in draft.codes for call in code.calls}
    found += [f"needs the runtime {name}, which docprobe does not have" for name in sorted(calls & RUNTIMES)]
    known = {normal(unit.name.path) for unit in draft.units if unit.name}
    for unit in draft.units:
        path = unit.name.path if unit.name else None
        for piece in unit.pieces:
            for wanted in modules(path, piece.code):
                if not known.intersection(wanted.paths):
                    found.append(f"imports `{wanted.module}`, a file that no block of this page gives")
    return tuple(dict.fromkeys(found))


def modules(path: str | None, code: Code) -> Iterator[Wanted]:
    """Files of its own that a file imports."""
    folder = PurePosixPath(path).parent if path else PurePosixPath()
    for found in code.imports:
        if not found.relative or found.erased:
            continue
        target = _resolve(folder, found.module)
        suffix = PurePosixPath(target).suffix
        stem = target.removesuffix(suffix) if suffix in _EXTENSIONS else target
        endings = _EXTENSIONS.get(suffix, ("",))
        paths = (*(stem + end for end in endings), target, f"{stem}/index.ts", f"{stem}/index.js")
        yield Wanted(found.module, tuple(dict.fromkeys(paths)))


def _resolve(folder: PurePosixPath, module: str) -> str:
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(module).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _main_path(draft: Draft, suffix: str, notes: list[Note]) -> str:
    if draft.main.name is not None:
        return normal(draft.main.name.path)
    stem = "client" if draft.kind is ExampleKind.CLIENT else "server"
    imported = {package_name(module) for code in draft.codes for module in code.modules}
    taken = {PurePosixPath(u.name.path).stem for u in draft.modules if u.name} | imported
    name = next(n for n in (stem, "main", "example", "program", "documented") if n not in taken)
    span = draft.main.pieces[0].block.span
    notes.append(Note(NoteKind.FILE_NAME, Origin.INFERRED, name + suffix, confidence=0.9, span=span))
    return name + suffix


def _project(draft: Draft, own: dict[str, SourceFile]) -> dict[str, SourceFile]:
    """Where the page shows a package.json, its other named files belong to the same project."""
    mine = {piece.block.span for unit in draft.units for piece in unit.pieces}
    shown = project_blocks(draft.around).items()
    return {path: joined(path, [block]) for path, block in shown if block.span not in mine and path not in own}


def _imported(draft: Draft) -> Iterator[Dependency]:
    for code in draft.codes:
        for found in code.imports:
            if not found.erased and not found.guarded and (dependency := package_of(found.module)):
                yield dependency


def _serve_handler(
    main: str, suffix: str, files: dict[str, SourceFile], tools: list[Dependency], notes: list[Note]
) -> str:
    """Add the few lines that serve ``export default`` with Node.js, as a platform would."""
    path = next(name for name in (f"serve{suffix}", f"serve_default{suffix}") if name not in files)
    ending = PurePosixPath(main).suffix
    stem = main.removesuffix(ending) + _COMPILED.get(ending, ending)
    text = (
        f'import handler from "./{stem}";\n'
        'import { serve } from "@hono/node-server";\n'
        'const fetch = typeof handler === "function" ? handler : handler.fetch.bind(handler);\n'
        # on every address, as platforms do: that a server listens on loopback is for its docs to say
        'serve({ fetch, hostname: "0.0.0.0", port: 3000 });\n'
    )
    files[path] = append_added(added_file(path, _GLUE), text)
    tools.append(Dependency("@hono/node-server"))
    notes.append(Note(NoteKind.FILE, Origin.INFERRED, path, ", which serves the default export on port 3000", 0.8))
    return path
