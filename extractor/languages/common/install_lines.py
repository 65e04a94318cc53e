"""Commands that install packages, and what they install."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from extractor.languages.common.package_names import RefusedError, dependency_of
from extractor.languages.common.view import Install
from extractor.model import Dependency, Manager

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from extractor.languages.common.shell import Command


_INSTALLERS: Final = (
    (("npm", "install"), Manager.NPM), (("npm", "i"), Manager.NPM), (("npm", "add"), Manager.NPM),
    (("pnpm", "add"), Manager.NPM), (("pnpm", "install"), Manager.NPM), (("pnpm", "i"), Manager.NPM),
    (("yarn", "add"), Manager.NPM), (("bun", "add"), Manager.NPM), (("bun", "install"), Manager.NPM),
    (("pip", "install"), Manager.PYPI), (("pip3", "install"), Manager.PYPI),
    (("python", "-m", "pip", "install"), Manager.PYPI), (("python3", "-m", "pip", "install"), Manager.PYPI),
    (("uv", "pip", "install"), Manager.PYPI), (("uv", "add"), Manager.PYPI), (("poetry", "add"), Manager.PYPI),
    (("pipenv", "install"), Manager.PYPI), (("pdm", "add"), Manager.PYPI),
    (("go", "get"), Manager.GO), (("cargo", "add"), Manager.CARGO),
)  # fmt: skip
_PROJECT: Final = frozenset(
    {("uv", "sync"), ("poetry", "install"), ("pdm", "install"), ("pdm", "sync"), ("pipenv", "sync"), ("rye", "sync"),
     ("npm", "ci"), ("conda", "env"), ("mamba", "env"), ("hatch", "env")}
)  # fmt: skip
"""Commands that install what a project's own files name."""
_TASKS: Final = frozenset({"make", "just", "task", "mise", "invoke", "nox"})
"""Tools that run what a project's own file says."""
_INSTALLING: Final = re.compile(r"install|set-?up|bootstrap|deps|dependencies|sync", re.IGNORECASE)
"""How what installs a project is usually called."""
_LOCAL: Final = frozenset({"-e", "--editable", "-r", "--requirement"})
_REDIRECTING: Final = {
    "--index-url": "another package index", "-i": "another package index", "--index": "another package index",
    "--default-index": "another package index", "--extra-index-url": "another package index",
    "--registry": "another package registry", "--find-links": "packages from a folder or page",
    "-f": "packages from a folder or page", "--prefix": "an install outside the example's folder",
    "--target": "an install outside the example's folder", "-t": "an install outside the example's folder",
    "--root": "an install outside the example's folder", "-C": "an install outside the example's folder",
    "--dir": "an install outside the example's folder", "--global": "a global install", "-g": "a global install",
    "--location": "a global install", "--editable": "a local folder", "-e": "a local folder",
    "--trusted-host": "a host without verification", "--script-shell": "another shell",
    "--userconfig": "another configuration", "--config-settings": "settings for a build",
    "--constraint": "a file of constraints", "-c": "a file of constraints",
}  # fmt: skip
"""Flags that redirect an install, and what they ask for. pip's and npm's own documentation names them."""
_DEVELOPMENT: Final = frozenset({"-D", "--save-dev", "--dev", "--group"})
_TAKE_A_VALUE: Final = frozenset({"--group", "--extra", "--optional", "--python", "-p", "--workspace", "-w", "--tag"})


def installs_of(commands: Iterable[Command]) -> Iterator[Install]:
    """Yield the commands that install packages; a refused one has the reason and names none."""
    for command in commands:
        for prefix, manager in _INSTALLERS:
            if command.words[: len(prefix)] == prefix:
                yield _install(command, command.words[len(prefix) :], manager)
                break
        else:
            if install := _with_packages(command):
                yield install


def installs_project(command: Command) -> bool:
    """Return whether a command installs what files of a project name, which the page need not show.

    Args:
        command: of the page: ``make install``, ``uv sync``, ``pip install -e .``, ``npm install``.
    """
    first, *rest = command.words or ("",)
    if (first in _TASKS and any(_INSTALLING.search(word) for word in rest)) or command.words[:2] in _PROJECT:
        return True
    if first.endswith(".sh") and _INSTALLING.search(first):
        return True
    for prefix, _ in _INSTALLERS:
        if command.words[: len(prefix)] == prefix:
            arguments = command.words[len(prefix) :]
            named = [word for word in arguments if not word.startswith("-")]
            return not named or bool(_LOCAL & set(arguments)) or any(word.startswith(".") for word in named)
    return command.words == ("yarn",)


def _with_packages(command: Command) -> Install | None:
    """The packages of ``uv run --with PACKAGE``, which uv installs before it runs the rest; None if there are none."""
    words = command.words
    values = [value for flag, value in pairwise(words) if flag == "--with"]
    values += [word.removeprefix("--with=") for word in words if word.startswith("--with=")]
    if words[:2] not in (("uv", "run"), ("uv", "tool")) and words[:1] != ("uvx",):
        return None
    return _install(command, tuple(name for value in values for name in value.split(",")), Manager.PYPI)


def _install(command: Command, arguments: tuple[str, ...], manager: Manager) -> Install:
    try:
        dependencies = tuple(_dependencies(arguments, manager))
    except RefusedError as refused:
        shown = " ".join(command.words)[:100]
        return Install(command.block, command.span, manager, (), f"“{shown}” is ignored: {refused}")
    client = "pip" if "pip" in command.words[0] or command.words[0].startswith("python") else command.words[0]
    return Install(command.block, command.span, manager, dependencies, client=client)


def _crates(arguments: tuple[str, ...]) -> Iterator[Dependency]:
    """The crates of a ``cargo add`` line: its options are about all of them (The Cargo Book, "cargo add")."""
    crates: list[str] = []
    features: set[str] = set()
    given = iter(arguments)
    for argument in given:
        flag, _, value = argument.partition("=")
        if flag in {"--git", "--path", "--registry", "--manifest-path", "--rename", "--target"}:
            raise RefusedError(f"{flag} asks for a crate that is not simply one of the registry")
        if flag in {"--features", "-F"}:
            features |= set(re.split(r"[ ,]+", value or next(given, "")))
        elif flag == "--no-default-features":
            features.add("!default")
        elif not argument.startswith("-"):
            crates.append(argument)
    for crate in crates:
        name = crate.partition("@")[0]
        own = (f.rpartition("/")[2] for f in features if f and f.rpartition("/")[0] in {"", name})
        dependency = dependency_of(crate, Manager.CARGO, development="--dev" in arguments)
        yield replace(dependency, extras=tuple(sorted({*dependency.extras, *own})))


def _dependencies(arguments: tuple[str, ...], manager: Manager) -> Iterator[Dependency]:
    if manager is Manager.CARGO:
        yield from _crates(arguments)
        return
    development = any(a in _DEVELOPMENT for a in arguments)
    skip = False
    for argument in arguments:
        if skip:
            skip = False
            continue
        flag, _, value = argument.partition("=")
        if argument.startswith("-"):
            if what := _REDIRECTING.get(flag):
                raise RefusedError(f"{flag} asks for {what}")
            if flag in {"-r", "--requirement"}:
                # the file it names is a fence of the page, or it is not there
                skip = not value
            skip = skip or (flag in _TAKE_A_VALUE and not value)
            continue
        yield dependency_of(argument, manager, development=development)
