"""How a Python program is started: as the page says, else as its code asks for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.paths import normal
from extractor.languages.common.roles import Start
from extractor.languages.common.scopes import nearest_first
from extractor.model import Dependency, ExampleKind, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.roles import LanguageRules, Role
    from extractor.languages.common.values import Command, Draft, Piece
    from extractor.languages.python.layout import Layout

ASGI_PORT: Final = 8000
"""uvicorn's own default."""
_RUNNERS: Final = (("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("hatch", "run"), ("pdm", "run"), ("uvx", ""))
"""Tools that run a command in a project's environment, and their verb."""
_DROPPED: Final = frozenset({"--reload", "--dev"})
"""Flags that restart a server when a file changes: no file does."""


_WORKERS: Final = "--workers"
_ONE_PROCESS: Final = "one process instead of several: nothing here sends a session to its own"


@dataclass(frozen=True, slots=True)
class Started:
    """Argument vector and what comes with it."""

    command: tuple[str, ...]
    kind: ExampleKind
    tools: tuple[Dependency, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def python_start(draft: Draft, layout: Layout) -> Started:
    """How to start the program."""
    if draft.override.command is not None:
        note = Note(NoteKind.COMMAND, draft.said_by, " ".join(draft.override.command))
        return Started(draft.override.command, draft.kind, notes=(note,))
    anchor = draft.main.pieces[-1].block
    # a command about a file is about this one only if the page calls it so, or shows no other
    known = draft.main.name or layout.script or draft.alone
    for stated in nearest_first(anchor, draft.around.commands) if known else ():
        if found := _stated(stated, draft, layout):
            return found
    return _inferred(draft, layout)


def _stated(stated: Command, draft: Draft, layout: Layout) -> Started | None:
    """The page's command in our terms, if it is about this program."""
    words = _without_runner(stated.words)
    if not words:
        return None
    note = Note(NoteKind.COMMAND, Origin.STATED, " ".join(stated.words), span=stated.block.line(stated.line - 1))
    path, app = layout.units[0][0], draft.role.handle
    first, rest = PurePosixPath(words[0].replace("\\", "/")).name.removesuffix(".exe"), words[1:]
    arguments: tuple[str, ...] | None = None
    tools: tuple[Dependency, ...] = ()
    if layout.script and first == layout.script.name:
        module, attribute = layout.script.module, layout.script.attribute
        arguments = ("-c", f"import sys; from {module} import {attribute}; sys.exit({attribute}())", *rest)
    elif first in {"python", "python3"} and rest[:1] == ("-m",) and rest[1:2] and _runs(rest[1], layout):
        arguments = ("-m", *rest[1:])
    elif first in {"python", "python3"} and rest and _same(rest[0], path):
        arguments = (path, *rest[1:])
    elif first.endswith(".py") and _same(words[0], path):
        arguments = (path, *rest)
    elif first == "uvicorn" and app and f"{layout.main}:{app}" in rest:
        arguments, tools = ("-m", "uvicorn", *_by_one_process(_without_strange_host(rest))), (Dependency("uvicorn"),)
    elif app and draft.role.start is Start.RUN and (loaded := _loaded(words, draft.rules)) and _same(loaded.path, path):
        command = (loaded.tool, "run", *loaded.arguments)
        return Started(command, loaded.kind, (draft.rules.loaders[loaded.tool],), stated.environment, (note,))
    if arguments is None:
        return None
    notes = [note]
    if _WORKERS in rest and _WORKERS not in arguments:
        notes.append(Note(NoteKind.REMARK, Origin.INFERRED, detail=_ONE_PROCESS, confidence=0.9))
    return _command(arguments, draft, stated.environment, tuple(notes), tools)


def commanded(piece: Piece, commands: Sequence[Command], rules: LanguageRules) -> Role | None:
    """Return what a module that only makes a server does once a loader's ``run`` starts it; None without one."""
    if piece.role.handle is None or piece.name is None:
        return None
    for command in commands:
        found = _loaded(_without_runner(command.words), rules)
        if found and _same(found.path, normal(piece.name.path)):
            return replace(piece.role, kind=found.kind, start=Start.RUN, why="")
    return None


@dataclass(frozen=True, slots=True)
class _Loaded:
    """``LOADER run server.py:app --transport http``: a command that imports a file and runs the server in it."""

    tool: str
    path: str
    arguments: tuple[str, ...]
    kind: ExampleKind


def _loaded(words: tuple[str, ...], rules: LanguageRules) -> _Loaded | None:
    if len(words) < 3 or words[0] not in rules.loaders or words[1] not in {"run", "dev"}:
        return None
    target = next((w for w in words[2:] if w.partition(":")[0].endswith(".py")), None)
    if target is None:
        return None
    # `dev` puts an inspector in front of what `run` does
    arguments = tuple(w for w in words[2:] if w not in _DROPPED) if words[1] == "run" else (target,)
    kind = _kind_of(arguments, ExampleKind.STDIO_SERVER, rules)
    return _Loaded(words[0], target.partition(":")[0], arguments, kind)


def _kind_of(arguments: Sequence[str], default: ExampleKind, rules: LanguageRules) -> ExampleKind:
    """The kind that a ``--transport`` option asks for."""
    for flag in ("--transport", "-t"):
        if flag in arguments[:-1]:
            transport = arguments[arguments.index(flag) + 1]
            return ExampleKind.HTTP_SERVER if transport in rules.http_transports else ExampleKind.STDIO_SERVER
    return default


def _without_runner(words: tuple[str, ...]) -> tuple[str, ...]:
    """``uv --directory x run server.py`` as ``server.py``."""
    for tool, verb in _RUNNERS:
        if words[:1] != (tool,):
            continue
        rest = _without_options(words[1:])
        if not verb or rest[:1] == (verb,):
            return _without_options(rest[1:] if verb else rest)
    return words


def _without_options(words: tuple[str, ...]) -> tuple[str, ...]:
    while words and words[0].startswith("--"):
        takes_value = words[0] in {"--with", "--directory", "--project", "--python", "--extra", "--group", "--from"}
        words = words[2:] if takes_value else words[1:]
    return words


def _without_strange_host(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without ``--host api-host``: a name that only the reader's own network knows."""
    if "--host" not in words[:-1]:
        return words
    at = words.index("--host")
    known = words[at + 1] == "localhost" or set(words[at + 1]) <= set("0123456789.:")
    return words if known else (*words[:at], *words[at + 2 :])


def _by_one_process(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without ``--workers 4``: behind it stands a balancer that sends each session to its own process."""
    if _WORKERS not in words[:-1]:
        return words
    at = words.index(_WORKERS)
    return (*words[:at], *words[at + 2 :])


def _command(
    arguments: tuple[str, ...],
    draft: Draft,
    environment: Mapping[str, str],
    notes: tuple[Note, ...],
    tools: tuple[Dependency, ...],
) -> Started:
    command = ("python", *(a for a in arguments if a not in _DROPPED))
    return Started(command, _kind_of(command, draft.kind, draft.rules), tools, environment, notes)


def _inferred(draft: Draft, layout: Layout) -> Started:
    tools: tuple[Dependency, ...] = ()
    command: tuple[str, ...]
    match draft.role.start:
        case Start.APP | Start.HANDLER:
            target = f"{layout.main}:{draft.role.handle}"
            command = ("python", "-m", "uvicorn", target, "--host", "127.0.0.1", "--port", str(ASGI_PORT))
            tools = (Dependency("uvicorn"),)
        case Start.RUN | Start.NONE:
            if layout.script is not None:
                module, attribute = layout.script.module, layout.script.attribute
                command = ("python", "-c", f"import sys; from {module} import {attribute}; sys.exit({attribute}())")
            elif layout.package:
                command = ("python", "-m", layout.main.removesuffix(".__main__"))
            else:
                command = ("python", layout.units[0][0])
    note = Note(NoteKind.COMMAND, Origin.INFERRED, " ".join(command), confidence=0.9)
    return Started(command, draft.kind, tools, notes=(note,))


def _same(word: str, path: str) -> bool:
    """Whether a word of a command means this file: the file itself, or a path that ends in it."""
    told = PurePosixPath(word.replace("\\", "/"))
    return told == PurePosixPath(path) or (told.is_absolute() and str(told).endswith(f"/{path}"))


def _runs(module: str, layout: Layout) -> bool:
    """Whether ``python -m module`` runs the main file; a package is run by its ``__main__``."""
    return module in {layout.main, layout.main.removesuffix(".__main__")}
