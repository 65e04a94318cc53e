"""How a TypeScript or JavaScript program is built and started: by the page's commands, else by Node.js and tsx."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.program_words import called_script
from extractor.languages.common.shell import Words, split_line
from extractor.languages.common.startup import (
    configured_startup,
    folder_of,
    means_file,
    stated_commands,
    stated_note,
    usual_startup,
)
from extractor.languages.common.values import Startup
from extractor.model import Dependency, Manager, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Draft
    from extractor.languages.common.view import Manifest

TSX: Final = ("node", "--import", "tsx")
"""Runs TypeScript as ``npx tsx`` does, without its extra process: a third faster to the first answer."""
_START_SCRIPTS: Final = ("start", "serve", "dev", "server")
_BUILD_SCRIPT: Final = "build"
_RUNNERS: Final = (("npx",), ("bunx",), ("pnpm", "exec"), ("pnpm", "dlx"), ("yarn", "dlx"), ("yarn", "exec"))
"""Tools that run a package's command."""
_LOADERS: Final = frozenset({"tsx", "ts-node", "ts-node-esm", "bun", "deno", "vite-node"})
_RESTARTERS: Final = frozenset({"nodemon", "node-dev", "ts-node-dev", "tsnd"})
"""Tools that start a program with Node.js, and again when a file changes: no file does."""
_VERBS: Final = frozenset({"run", "watch"})
"""Words between a loader and its program."""
_PRELOADS: Final = frozenset({"-r", "--require", "--import"})
"""Options of Node.js, and of the loaders that start it, for a module that is loaded before the program."""
_EXECUTED: Final = frozenset({"-x", "--exec"})
"""Options of a restarting tool for what it starts."""
_WATCHED: Final = ("nodemon", "--watch")
"""An option that takes a value with this tool only."""
_WITH_VALUE: Final = _PRELOADS | _EXECUTED | {
    "--env-file", "-P", "--project", "--tsconfig", "-e", "--ext", "-w", "--include", "--exclude",
    "--ignore", "-i", "-d", "--delay", "-C", "--conditions", "-c", "--config",
}  # fmt: skip
"""Options of loaders that a value follows."""
_STRIPPING: Final = frozenset({"--experimental-strip-types", "--experimental-transform-types"})
"""Options by which Node.js runs TypeScript itself."""
_COMPILED: Final = frozenset({".js", ".mjs", ".cjs"})
_OUTPUTS: Final = frozenset({"dist", "build", "out", "lib"})
"""Folders that compilers write to."""
_MAX_SCRIPTS: Final = 3
"""Scripts that call another."""


def startup_of(draft: Draft, path: str) -> Startup:
    """Return how to start the program whose main file is ``path``."""
    if configured := configured_startup(draft):
        return configured
    manifest = next((m for m in draft.around.manifests if m.manager is Manager.NPM and m.scripts), None)
    commands = stated_commands(draft, named=draft.program.main.name is not None)
    ways = (_by_command(draft, command, manifest, path) for command in commands)
    if stated := next((startup for startup in ways if startup), None):
        return stated
    for script in _START_SCRIPTS:
        if manifest and (startup := _by_script(draft, script, manifest, path)):
            return startup
    usual = (*TSX, path) if _is_typescript(path) else ("node", path)
    unseen = (_words_for_unseen_script(command, manifest, path) for command in (commands if draft.alone else ()))
    given = next((words for words in unseen if words is not None), Words(()))
    startup = usual_startup(draft, (*usual, *given.words), (Dependency("tsx"),) if _is_typescript(path) else ())
    return replace(startup, environment=given.environment)


def _words_for_unseen_script(command: Command, manifest: Manifest | None, path: str) -> Words | None:
    """Return what a command gives to a program that it starts through a script or a compiled file which no block shows.

    None for another command.
    """
    called = called_script(command.words)
    if called and called[0] in _START_SCRIPTS and (manifest is None or called[0] not in manifest.scripts):
        return Words(called[1], command.environment)
    tool, *words = command.words
    named = PurePosixPath(words[0].replace("\\", "/")) if words else PurePosixPath()
    is_compiled = named.stem == PurePosixPath(path).stem and named.suffix in _COMPILED
    if tool == "node" and is_compiled and _is_typescript(path) and named.parent.name in _OUTPUTS:
        return Words(tuple(words[1:]), command.environment)
    return None


def _by_command(draft: Draft, command: Command, manifest: Manifest | None, path: str) -> Startup | None:
    """The start by a command of the page, or by the script that it calls, if that starts this program."""
    called = called_script(command.words)
    if manifest and called and (startup := _by_script(draft, called[0], manifest, path)):
        environment = {**startup.environment, **command.environment}
        return replace(startup, command=(*startup.command, *called[1]), environment=environment)
    folder = folder_of(command, path)
    if folder and (arguments := _arguments(command.words, path.removeprefix(f"{folder}/"), None)):
        note = stated_note(arguments, command.span)
        loaded = _names_tsx(command.words)
        return replace(_stated(draft, arguments, None, command.environment, note, loaded=loaded), folder=folder)
    if arguments := _arguments(command.words, path, manifest):
        note = stated_note(arguments, command.span)
        return _stated(draft, arguments, manifest, command.environment, note, loaded=_names_tsx(command.words))
    return None


def _by_script(draft: Draft, script: str, manifest: Manifest, path: str, depth: int = 0) -> Startup | None:
    """The start by a script of package.json, or by another one that it calls, if it starts this program."""
    for words in split_line(manifest.scripts.get(script, "")):
        if arguments := _arguments(words.words, path, manifest):
            note = stated_note(arguments, manifest.block.span)
            loaded = _names_tsx(words.words)
            return _stated(draft, arguments, manifest, words.environment, note, loaded=loaded)
        called = called_script(words.words) if depth < _MAX_SCRIPTS else None
        if called and (startup := _by_script(draft, called[0], manifest, path, depth + 1)):
            environment = {**startup.environment, **words.environment}
            return replace(startup, command=(*startup.command, *called[1]), environment=environment)
    return None


def _arguments(words: Sequence[str], path: str, manifest: Manifest | None) -> tuple[str, ...] | None:
    """The argument vector, if the words start this program: its own file, or the file it is built to."""
    rest = list(words)
    for runner in _RUNNERS:
        if tuple(rest[: len(runner)]) == runner:
            rest = [w for w in rest[len(runner) :] if w not in {"-y", "--yes"}]
            break
    if not rest:
        return None
    tool, arguments = PurePosixPath(rest[0]).name, rest[1:]
    if tool in _LOADERS or tool in _RESTARTERS:
        loaded, executed, plain = _without_options(tool, arguments)
        if not plain and (commands := split_line(executed)):
            # the whole command in one word: nodemon --exec "tsx server.ts"
            return _arguments(commands[-1].words, path, manifest)
        if plain and means_file(plain[0], path):
            start = TSX if _is_typescript(path) else ("node",)
            return (*start, *loaded, path, *plain[1:])
    if tool == "node":
        index = next((i for i, a in enumerate(arguments) if a.endswith((".js", ".mjs", ".cjs", ".ts"))), None)
        if index is None:
            return None
        if means_file(arguments[index], path) or means_file("./" + path, arguments[index]):
            flags = _flags(arguments[:index])
            start = TSX if _is_typescript(path) and not {"tsx", *_STRIPPING} & set(flags) else ("node",)
            return (*start, *(f for f in flags if start != TSX), path, *arguments[index + 1 :])
        if built := _built(arguments[index], path, manifest):
            return ("node", built, *arguments[index + 1 :])
    return None


def _without_options(tool: str, words: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """Split the words after a loader: the modules that it loads first, what it executes, and the program's own words.

    What else stands in front of the program is for the loader itself: when it restarts, how it compiles, what it
    permits.
    """
    loaded: list[str] = []
    executed = ""
    rest = list(words)
    while rest and (rest[0].startswith("-") or rest[0] in _VERBS):
        option, equals, value = rest[0].partition("=")
        taken = 2 if not equals and (option in _WITH_VALUE or (tool, option) == _WATCHED) else 1
        if option in _PRELOADS:
            loaded += rest[:taken]
        if option in _EXECUTED:
            executed = value or " ".join(rest[1:2])
        rest = rest[taken:]
    return loaded, executed, rest


def _flags(words: Sequence[str]) -> list[str]:
    """Node's own options, without those for restarts, and for files of variables: docprobe sets those itself."""
    flags: list[str] = []
    given = iter(words)
    for word in given:
        option, equals, _ = word.partition("=")
        if option in {"--env-file", "--env-file-if-exists"}:
            _ = equals or next(given, "")
        elif word != "--watch":
            flags.append(word)
    return flags


def _built(word: str, path: str, manifest: Manifest | None) -> str | None:
    """``build/index.js`` if the page's build script makes it of ``src/index.ts``."""
    if manifest is None or _BUILD_SCRIPT not in manifest.scripts:
        return None
    named = PurePosixPath(word.replace("\\", "/"))
    if named.stem != PurePosixPath(path).stem or named.suffix not in _COMPILED:
        return None
    # a host's configuration names it by an absolute path that only the reader knows
    return "/".join(named.parts[-2:]) if named.is_absolute() or ":" in word else str(named)


def _stated(
    draft: Draft,
    arguments: tuple[str, ...],
    manifest: Manifest | None,
    environment: Mapping[str, str],
    note: Note,
    *,
    loaded: bool,
) -> Startup:
    """The start by a command of the page; ``loaded``: whether that names tsx, which `npx` fetches."""
    origin = Origin.STATED if loaded else Origin.INFERRED
    tools = (Dependency("tsx", origin=origin),) if arguments[:3] == TSX else ()
    if manifest is None or _BUILD_SCRIPT not in manifest.scripts:
        return Startup(arguments, draft.kind, (), tools, environment, (note,))
    build = ("npm", "run", _BUILD_SCRIPT)
    built = Note(NoteKind.BUILD, Origin.STATED, " ".join(build), span=manifest.block.span)
    return Startup(arguments, draft.kind, (build,), tools, environment, (note, built))


def _names_tsx(words: Sequence[str]) -> bool:
    return any(PurePosixPath(word).name == "tsx" for word in words)


def _is_typescript(path: str) -> bool:
    return path.endswith((".ts", ".mts", ".cts", ".tsx"))
