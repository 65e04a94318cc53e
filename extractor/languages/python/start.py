"""How a Python program is started: by the page's commands, else by what its code needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import normal
from extractor.languages.common.roles import Start
from extractor.languages.common.startup import (
    configured_startup,
    folder_of,
    is_elsewhere,
    means_file,
    stated_commands,
    stated_note,
    usual_startup,
)
from extractor.languages.common.values import Startup
from extractor.languages.python.served import role_as_served, served_by
from extractor.languages.python.words import interpreter_flags, is_interpreter, without_runner
from extractor.model import Dependency, ExampleKind, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.roles import LanguageRules, Role
    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Draft, Snippet
    from extractor.languages.python.layout import FileLayout, Script
    from extractor.languages.python.served import Served

ASGI_PORT: Final = 8000
"""uvicorn's own default."""
_DROPPED: Final = frozenset({"--reload", "--dev"})
"""Flags that restart a server when a file changes: no file does."""
_ONE_PROCESS: Final = "one process instead of several, since nothing routes a session to its process"


def startup_of(draft: Draft, layout: FileLayout) -> Startup:
    """Return how to start the program whose files have that layout."""
    if configured := configured_startup(draft):
        return configured
    named = draft.program.main.name is not None or layout.script is not None
    commands = stated_commands(draft, named=named)
    ways = ((way, command) for way in (_stated, _loaded_startup) for command in commands)
    stated = (way(command, draft, layout) for way, command in ways)
    startup = next((one for one in stated if one), None) or _usual(draft, layout)
    # as if the project was installed, which its reader's tool does
    installed = {"PYTHONPATH": layout.root} if layout.root and not startup.folder else {}
    return replace(startup, environment={**installed, **startup.environment})


def _stated(stated: Command, draft: Draft, layout: FileLayout) -> Startup | None:
    """The start by a command of the page, if that is about this program."""
    words = without_runner(stated.words)
    if not words:
        return None
    note = stated_note(stated.words, stated.span)
    path, app = layout.files[0][0], draft.role.handle
    folder = folder_of(stated, path)
    if folder:
        path = path.removeprefix(f"{folder}/")
        main = layout.main.removeprefix(folder.replace("/", ".") + ".")
        layout = replace(layout, files=((path, layout.files[0][1]), *layout.files[1:]), main=main)
    first, rest = PurePosixPath(words[0].replace("\\", "/")).name.removesuffix(".exe"), words[1:]
    interpreted = is_interpreter(first)
    flags, rest = interpreter_flags(rest) if interpreted else ((), rest)
    served = served_by(stated)
    arguments: tuple[str, ...] | None = None
    tools: tuple[Dependency, ...] = ()
    if layout.script and first == layout.script.name:
        arguments = (*_script_arguments(layout.script), *rest)
    elif interpreted and rest[:1] == ("-m",) and rest[1:2] and _runs(rest[1], layout):
        arguments = ("-m", *rest[1:])
    elif _is_of_another_program(stated, draft):
        arguments = None
    elif interpreted and rest and means_file(rest[0], path):
        arguments = (path, *rest[1:])
    elif first.endswith(".py") and means_file(words[0], path):
        arguments = (path, *rest)
    elif served and _is_served(served, layout, draft):
        arguments, tools = _without_strange_host(served.command), served.packages
    elif app and draft.role.start is Start.RUN and _loaded(words, draft.rules):
        return _loaded_startup(stated, draft, layout)
    if arguments is None:
        return None
    notes = [note]
    if served and served.single:
        notes.append(Note(NoteKind.REMARK, Origin.INFERRED, detail=_ONE_PROCESS, confidence=0.9))
    command = ("python", *flags, *(a for a in arguments if a not in _DROPPED))
    by_server = served is not None and arguments[0] == served.command[0]
    kind = ExampleKind.HTTP_SERVER if by_server else _kind_of(command, draft.kind, draft.rules)
    return Startup(command, kind, (), tools, stated.environment, tuple(notes), folder, decides=by_server)


def _loaded_startup(stated: Command, draft: Draft, layout: FileLayout) -> Startup | None:
    """The start by a loader's ``run``, whatever the file does where it is run itself; None if it is not about it."""
    words, path = without_runner(stated.words), layout.files[0][0]
    folder = folder_of(stated, path)
    path = path.removeprefix(f"{folder}/") if folder else path
    loaded = _loaded(words, draft.rules)
    if loaded is None or not means_file(loaded.path, path) or (words[1] != "run" and draft.role.handle is None):
        return None
    arguments = (path + word.removeprefix(loaded.path) if word == loaded.target else word for word in loaded.arguments)
    packages = (draft.rules.loaders[loaded.tool],)
    note = stated_note(stated.words, stated.span)
    command = (loaded.tool, "run", *arguments)
    return Startup(command, loaded.kind, (), packages, stated.environment, (note,), folder, decides=True)


def _is_of_another_program(stated: Command, draft: Draft) -> bool:
    """Whether ``python server.py`` of another section is that of another ``server.py`` of the page.

    A program that only makes an application, which a server has to serve, does nothing when it is run.
    """
    main = draft.program.main
    names_module = "-m" in stated.words or served_by(stated) is not None
    if draft.role.start is not Start.APP or names_module or not is_elsewhere(stated, main.snippets[-1].block):
        return False
    own = {block.ordinal for block in draft.program.blocks}
    others = (named.name.path for named in draft.around.named if named.block.ordinal not in own)
    name = main.name.path if main.name is not None else None
    return not draft.alone or any(normal(other) == normal(name) for other in others if name is not None)


def _is_served(served: Served, layout: FileLayout, draft: Draft) -> bool:
    """Whether a server's command is about this program: its module, and an application that this makes."""
    return served.module == layout.main and (served.name == draft.role.handle or served.is_of(layout.main, draft.facts))


def role_by_command(snippet: Snippet, commands: Sequence[Command], rules: LanguageRules) -> Role | None:
    """Return what a module that only makes a server does once a command starts it; None without one.

    Args:
        snippet: the module.
        commands: of the page, nearest first.
        rules: of the specification; they name the loaders.
    """
    if role := role_as_served(snippet, commands):
        return role
    if snippet.role.handle is None or snippet.name is None:
        return None
    for command in commands:
        loaded = _loaded(without_runner(command.words), rules)
        if loaded and means_file(loaded.path, normal(snippet.name.path)):
            return replace(snippet.role, kind=loaded.kind, start=Start.RUN, why="")
    return None


@dataclass(frozen=True, slots=True)
class _Loaded:
    """``LOADER run server.py:app --transport http``: a command that imports a file and runs the server in it."""

    tool: str
    target: str
    """The file, and the object after a colon."""
    arguments: tuple[str, ...]
    kind: ExampleKind

    @property
    def path(self) -> str:
        """The file."""
        return self.target.partition(":")[0]


def _loaded(words: tuple[str, ...], rules: LanguageRules) -> _Loaded | None:
    if len(words) < 3 or words[0] not in rules.loaders or words[1] not in {"run", "dev"}:
        return None
    target = next((w for w in words[2:] if w.partition(":")[0].endswith(".py")), None)
    if target is None:
        return None
    # `dev` puts an inspector in front of what `run` does
    arguments = tuple(w for w in words[2:] if w not in _DROPPED) if words[1] == "run" else (target,)
    kind = _kind_of(arguments, ExampleKind.STDIO_SERVER, rules)
    return _Loaded(words[0], target, arguments, kind)


def _kind_of(arguments: Sequence[str], default: ExampleKind, rules: LanguageRules) -> ExampleKind:
    """The kind that a ``--transport`` option asks for."""
    for flag in ("--transport", "-t"):
        if flag in arguments[:-1]:
            transport = arguments[arguments.index(flag) + 1]
            return ExampleKind.HTTP_SERVER if transport in rules.http_transports else ExampleKind.STDIO_SERVER
    return default


def _without_strange_host(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without ``--host api-host``: a name that only the reader's own network knows."""
    if "--host" not in words[:-1]:
        return words
    at = words.index("--host")
    known = words[at + 1] == "localhost" or set(words[at + 1]) <= set("0123456789.:")
    return words if known else (*words[:at], *words[at + 2 :])


def _usual(draft: Draft, layout: FileLayout) -> Startup:
    if draft.role.start in {Start.APP, Start.HANDLER}:
        target = f"{layout.main}:{draft.role.handle}"
        command = ("python", "-m", "uvicorn", target, "--host", "127.0.0.1", "--port", str(ASGI_PORT))
        return usual_startup(draft, command, (Dependency("uvicorn"),))
    if layout.script is not None:
        return usual_startup(draft, ("python", *_script_arguments(layout.script)), ())
    relative = any(imported.relative for code in draft.program.main.facts for imported in code.imports)
    if layout.package or (relative and "." in layout.main):
        # a file that is run by its path is in no package, so that it has nothing relative to import
        return usual_startup(draft, ("python", "-m", layout.main.removesuffix(".__main__")), ())
    return usual_startup(draft, ("python", layout.files[0][0]), ())


def _script_arguments(script: Script) -> tuple[str, str]:
    """Arguments of ``python`` that do what a script of ``pyproject.toml`` does once it is installed."""
    call = f"import sys; from {script.module} import {script.attribute}; sys.exit({script.attribute}())"
    return ("-c", call)


def _runs(module: str, layout: FileLayout) -> bool:
    """Whether ``python -m module`` runs the main file; a package is run by its ``__main__``."""
    return module in {layout.main, layout.main.removesuffix(".__main__")}
