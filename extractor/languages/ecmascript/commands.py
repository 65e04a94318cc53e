"""How a TypeScript or JavaScript program is built and started: as the page says, else by Node.js and tsx."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.scopes import nearest_first
from extractor.languages.common.shell import split_line
from extractor.model import Dependency, Manager, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.values import Command, Draft, Manifest

TSX: Final = ("node", "--import", "tsx")
"""Runs TypeScript as ``npx tsx`` does, without its extra process: a third faster to the first answer."""
_START_SCRIPTS: Final = ("start", "serve", "dev", "server")
_BUILD_SCRIPT: Final = "build"
_RUNNERS: Final = (("npx",), ("bunx",), ("pnpm", "exec"), ("pnpm", "dlx"), ("yarn", "dlx"), ("yarn", "exec"))
"""Tools that run a package's command."""
_LOADERS: Final = frozenset({"tsx", "ts-node", "ts-node-esm", "bun", "deno", "vite-node"})


@dataclass(frozen=True, slots=True)
class Started:
    """Argument vectors and what comes with them."""

    command: tuple[str, ...]
    build: tuple[tuple[str, ...], ...] = ()
    tools: tuple[Dependency, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def ecmascript_start(draft: Draft, path: str) -> Started:
    """How to start the program whose main file is ``path``."""
    if draft.override.command is not None:
        note = Note(NoteKind.COMMAND, draft.said_by, " ".join(draft.override.command))
        return Started(draft.override.command, notes=(note,))
    manifest = next((m for m in draft.around.manifests if m.manager is Manager.NPM and m.scripts), None)
    for script in _START_SCRIPTS:
        line = manifest.scripts.get(script) if manifest else None
        if manifest and line and (found := _script(line, manifest, path)):
            return found
    # a command about a file is about this one only if the page calls it so, or shows no other
    known = draft.main.name or draft.alone
    for stated in nearest_first(draft.main.pieces[-1].block, draft.around.commands) if known else ():
        if found := _stated(stated, manifest, path):
            return found
    command = (*TSX, path) if _is_typescript(path) else ("node", path)
    tools = (Dependency("tsx"),) if _is_typescript(path) else ()
    note = Note(NoteKind.COMMAND, Origin.INFERRED, " ".join(command), confidence=0.9)
    return Started(command, tools=tools, notes=(note,))


def _script(line: str, manifest: Manifest, path: str) -> Started | None:
    """A start script of package.json, if it starts this program."""
    for words in split_line(line):
        arguments = _runs(words.words, path, manifest)
        if arguments:
            note = Note(NoteKind.COMMAND, Origin.STATED, " ".join(arguments), span=manifest.block.span)
            return _finished(arguments, manifest, words.environment, note)
    return None


def _stated(stated: Command, manifest: Manifest | None, path: str) -> Started | None:
    arguments = _runs(stated.words, path, manifest)
    if not arguments:
        return None
    note = Note(NoteKind.COMMAND, Origin.STATED, " ".join(arguments), span=stated.block.line(stated.line - 1))
    return _finished(arguments, manifest, stated.environment, note)


def _runs(words: Sequence[str], path: str, manifest: Manifest | None) -> tuple[str, ...] | None:
    """The argument vector if the words start this program: its own file, or the file it is built to."""
    rest = list(words)
    for runner in _RUNNERS:
        if tuple(rest[: len(runner)]) == runner:
            rest = [w for w in rest[len(runner) :] if w not in {"-y", "--yes"}]
            break
    if not rest:
        return None
    tool, arguments = PurePosixPath(rest[0]).name, rest[1:]
    if tool in _LOADERS:
        plain = [a for a in arguments if a not in {"run", "watch", "--watch", "-A", "--allow-net", "--allow-env"}]
        if plain and _same(plain[0], path):
            start = TSX if _is_typescript(path) else ("node",)
            return (*start, path, *plain[1:])
    if tool == "node":
        index = next((i for i, a in enumerate(arguments) if a.endswith((".js", ".mjs", ".cjs", ".ts"))), None)
        if index is None:
            return None
        if _same(arguments[index], path) or _same("./" + path, arguments[index]):
            flags = [a for a in arguments[:index] if a not in {"--watch", "--env-file=.env"}]
            start = TSX if _is_typescript(path) and "tsx" not in flags else ("node",)
            return (*start, *(f for f in flags if start != TSX), path, *arguments[index + 1 :])
        if built := _built(arguments[index], path, manifest):
            return ("node", built, *arguments[index + 1 :])
    return None


def _built(word: str, path: str, manifest: Manifest | None) -> str | None:
    """``build/index.js`` if the page's build script makes it of ``src/index.ts``."""
    if manifest is None or _BUILD_SCRIPT not in manifest.scripts:
        return None
    told = PurePosixPath(word.replace("\\", "/"))
    if told.stem != PurePosixPath(path).stem or told.suffix not in {".js", ".mjs", ".cjs"}:
        return None
    # a host's configuration names it by an absolute path that only the reader knows
    return "/".join(told.parts[-2:]) if told.is_absolute() or ":" in word else str(told)


def _finished(
    arguments: tuple[str, ...], manifest: Manifest | None, environment: Mapping[str, str], note: Note
) -> Started:
    tools = (Dependency("tsx"),) if arguments[:3] == TSX else ()
    build: tuple[tuple[str, ...], ...] = ()
    notes = [note]
    if manifest and _BUILD_SCRIPT in manifest.scripts:
        build = (("npm", "run", _BUILD_SCRIPT),)
        notes.append(Note(NoteKind.BUILD, Origin.STATED, "npm run build", span=manifest.block.span))
    return Started(arguments, build, tools, environment, tuple(notes))


def _same(word: str, path: str) -> bool:
    told = PurePosixPath(word.replace("\\", "/"))
    return told == PurePosixPath(path) or (told.is_absolute() and str(told).endswith(f"/{path}"))


def _is_typescript(path: str) -> bool:
    return path.endswith((".ts", ".mts", ".cts", ".tsx"))
