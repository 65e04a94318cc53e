"""Commands that serve an application of a Python module: ``uvicorn server:app``, ``flask --app server run``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.roles import Start
from extractor.languages.python.words import is_interpreter, without_runner
from extractor.model import Dependency, ExampleKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extractor.languages.common.facts import CodeFacts
    from extractor.languages.common.roles import Role
    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Snippet

_TARGETED: Final = {
    "uvicorn": "uvicorn",
    "hypercorn": "hypercorn",
    "gunicorn": "gunicorn",
    "granian": "granian",
    "daphne": "daphne",
    "waitress-serve": "waitress",
}
"""Servers that take ``module:object`` as an argument, and the module that ``python -m`` runs for each."""
_BY_OPTION: Final = frozenset({"flask", "quart", "litestar"})
"""Frameworks whose ``run`` serves what ``--app``, or a variable, names."""
_BY_FILE: Final = "fastapi"
"""Its ``run`` and ``dev`` take a file."""
_PACKAGES: Final = {"fastapi": "fastapi[standard]", "waitress-serve": "waitress"}
"""Packages that have another name than their command, or need an extra for it."""
_TARGET: Final = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.\w+)*):(?P<name>[A-Za-z_]\w*)(?P<called>\(\))?")
_WORKER_CLASS: Final = ("-k", "--worker-class")
_WORKERS: Final = ("--workers", "-w")
_FOLDERS: Final = ("--app-dir", "--chdir")
"""Options for the folder that modules are looked for in."""
_DEFAULT_FILES: Final = {"flask": "app", "quart": "app", "litestar": "app", "fastapi": "main"}
"""Modules that are taken without a name."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a command serves."""

    module: str
    """Dotted name, from the folder that the command is run in."""
    name: str
    """The application in it, or the function that makes it; empty where the server looks for it."""
    command: tuple[str, ...]
    """Argument vector after ``python``."""
    packages: tuple[Dependency, ...]
    single: bool = False
    """Whether several processes became one."""
    stated: bool = True
    """Whether the command names the module; otherwise the server takes the usual one."""

    @property
    def path(self) -> str:
        """The file of the module."""
        return self.module.replace(".", "/") + ".py"

    def is_of(self, module: str, code: Iterable[CodeFacts]) -> bool:
        """Return whether it serves the module, given the facts of its code."""
        return self.module == module and (not self.name or any(self.name in facts.defines for facts in code))


def served_by(command: Command) -> Served | None:
    """Return what a command serves; None if it is not a server's command."""
    words = without_runner(command.words)
    if len(words) > 2 and is_interpreter(words[0]) and words[1] == "-m":
        words = words[2:]
    if not words:
        return None
    tool, arguments = PurePosixPath(words[0]).name, words[1:]
    if tool in _BY_OPTION:
        return _by_option(tool, arguments, command.environment)
    if tool == _BY_FILE:
        return _by_file(arguments)
    if tool not in _TARGETED:
        return None
    target = next((found for word in arguments if (found := _TARGET.fullmatch(word))), None)
    if target is None:
        return None
    kept, single = _by_one_process(arguments)
    folder = next((value for option in _FOLDERS if (value := _value(arguments, option))), "").strip("./")
    module = f"{folder.replace('/', '.')}.{target['module']}" if folder else target["module"]
    packages = [_package(tool)]
    if worker := next((value for option in _WORKER_CLASS if (value := _value(arguments, option))), ""):
        packages += [Dependency(worker.partition(".")[0])] if "." in worker else []
    return Served(module, target["name"], ("-m", _TARGETED[tool], *kept), tuple(packages), single)


def served_file(command: Command) -> tuple[str, str] | None:
    """Return the file that a command serves and the application in it; None if the command does not name the file."""
    served = served_by(command)
    return (served.path, served.name) if served and served.stated else None


def role_as_served(snippet: Snippet, commands: Iterable[Command]) -> Role | None:
    """Return the role of a module that only makes an application which a command of the page serves; None without one.

    Args:
        snippet: the module.
        commands: of the page.
    """
    role = snippet.role
    if snippet.name is None or not role.relevant or role.kind is ExampleKind.CLIENT:
        return None
    path = snippet.name.path.replace("\\", "/").removeprefix("./")
    for command in commands:
        served = served_by(command)
        module = path.removesuffix(".py").replace("/", ".")
        if served and served.is_of(module, (snippet.facts,)):
            handle = served.name or role.handle
            return replace(role, kind=ExampleKind.HTTP_SERVER, start=Start.APP, handle=handle, why="")
    return None


def _by_option(tool: str, words: tuple[str, ...], environment: Mapping[str, str]) -> Served | None:
    """``flask --app server:app run``, or ``FLASK_APP=server.py flask run``."""
    if "run" not in words:
        return None
    stated = _value(words, "--app") or _value(words, "-A") or environment.get(f"{tool.upper()}_APP")
    module, _, name = (stated or _DEFAULT_FILES[tool]).partition(":")
    module = module.replace("\\", "/").removesuffix(".py").strip("./").replace("/", ".")
    if not module:
        return None
    command = ("-m", tool, *words)
    return Served(module, name.partition("(")[0], command, (_package(tool),), stated=stated is not None)


def _by_file(words: tuple[str, ...]) -> Served | None:
    """``fastapi dev server.py``."""
    if not words or words[0] not in {"run", "dev"}:
        return None
    file = next((word for word in words[1:] if word.endswith(".py")), "")
    kept, single = _by_one_process(words)
    module = file.replace("\\", "/").removesuffix(".py").strip("./").replace("/", ".")
    name = _value(words, "--app") or ""
    command = ("-m", _BY_FILE, *kept, *(("--no-reload",) if words[0] == "dev" and "--no-reload" not in kept else ()))
    module = module or _DEFAULT_FILES[_BY_FILE]
    return Served(module, name, command, (_package(_BY_FILE),), single, stated=bool(file))


def _package(tool: str) -> Dependency:
    name, bracket, extra = _PACKAGES.get(tool, tool).partition("[")
    return Dependency(name, extras=(extra.rstrip("]"),)) if bracket else Dependency(name)


def _value(words: tuple[str, ...], option: str) -> str | None:
    """The value of an option, in the next word or behind ``=``."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        if word == option:
            return following or None
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _by_one_process(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Without ``--workers 4``, which needs a balancer in front that sends each session to its own process."""
    kept: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in _WORKERS and rest:
            rest.pop(0)
        elif word.partition("=")[0] not in _WORKERS:
            kept.append(word)
    return tuple(kept), len(kept) < len(words)
