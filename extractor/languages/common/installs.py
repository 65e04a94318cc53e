"""Install lines, read for the names of packages and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement

from extractor.languages.common.shell import Words, commands_of
from extractor.languages.common.values import Install
from extractor.model import Dependency, Manager, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.model import Block

_INSTALLERS: Final = (
    (("npm", "install"), Manager.NPM), (("npm", "i"), Manager.NPM), (("npm", "add"), Manager.NPM),
    (("pnpm", "add"), Manager.NPM), (("pnpm", "install"), Manager.NPM), (("pnpm", "i"), Manager.NPM),
    (("yarn", "add"), Manager.NPM), (("bun", "add"), Manager.NPM), (("bun", "install"), Manager.NPM),
    (("pip", "install"), Manager.PYPI), (("pip3", "install"), Manager.PYPI),
    (("python", "-m", "pip", "install"), Manager.PYPI), (("python3", "-m", "pip", "install"), Manager.PYPI),
    (("uv", "pip", "install"), Manager.PYPI), (("uv", "add"), Manager.PYPI), (("poetry", "add"), Manager.PYPI),
    (("pipenv", "install"), Manager.PYPI), (("pdm", "add"), Manager.PYPI),
)  # fmt: skip
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
_NPM_NAME: Final = re.compile(r"^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$")
"""What npm allows today (documentation of package.json, "name")."""
_NPM_RANGE: Final = re.compile(r"^[\w.^~<>=|* +-]*$")


class RefusedError(ValueError):
    """A word of an install line that docprobe does not take; the message is the reason, a half-sentence."""


def installs_of(block: Block) -> Iterator[Install]:
    """Each install line of a shell fence; a refused one says why and names nothing."""
    for words in commands_of(block):
        for prefix, manager in _INSTALLERS:
            if words.words[: len(prefix)] == prefix:
                yield _install(words, words.words[len(prefix) :], manager, block)
                break


def _install(words: Words, arguments: tuple[str, ...], manager: Manager, block: Block) -> Install:
    try:
        dependencies = tuple(_dependencies(arguments, manager))
    except RefusedError as refused:
        shown = " ".join(words.words)[:100]
        return Install(manager, (), f"“{shown}” is not taken: {refused}", block, words.line)
    return Install(manager, dependencies, None, block, words.line)


def _dependencies(arguments: tuple[str, ...], manager: Manager) -> Iterator[Dependency]:
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
        yield (
            npm_dependency(argument, development)
            if manager is Manager.NPM
            else python_dependency(argument, development)
        )


def npm_dependency(text: str, development: bool = False, origin: Origin = Origin.STATED) -> Dependency:
    """``zod@3`` as a dependency. Raises RefusedError for anything that is no name of the registry."""
    _refuse_places(text)
    at = text.rfind("@", 1)
    name, version = (text[:at], text[at + 1 :]) if at > 0 else (text, "")
    if not _NPM_NAME.match(name) or len(name) > 214:
        raise RefusedError(f"“{text[:60]}” is no package name")
    if not _NPM_RANGE.match(version):
        raise RefusedError(f"“{text[:60]}” asks for no version of the registry")
    return Dependency(name, version, origin, development=development)


def python_dependency(text: str, development: bool = False, origin: Origin = Origin.STATED) -> Dependency:
    """``mcp[cli]>=1.2`` as a dependency. Raises RefusedError for anything that is no name of the index."""
    _refuse_places(text)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise RefusedError(f"“{text[:60]}” is no package name") from error
    if requirement.url:
        raise RefusedError(f"“{text[:60]}” names a place to download from")
    extras = tuple(sorted(requirement.extras))
    return Dependency(requirement.name, str(requirement.specifier), origin, extras, development)


def _refuse_places(text: str) -> None:
    lowered = text.lower()
    if (
        lowered.startswith(("git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "ssh:"))
        or ".git" in lowered
        or "git+" in lowered
    ):
        raise RefusedError(f"“{text[:60]}” is a git URL")
    if "://" in text or lowered.startswith(("file:", "link:", "portal:", "npm:", "workspace:")):
        raise RefusedError(f"“{text[:60]}” names a place to download from")
    if text.startswith((".", "/", "~", "\\")) or "\\" in text or lowered.endswith((".whl", ".tgz", ".tar.gz", ".zip")):
        raise RefusedError(f"“{text[:60]}” is a local path")
    if "@npm:" in lowered or "@file:" in lowered or "@git" in lowered or "@http" in lowered:
        raise RefusedError(f"“{text[:60]}” is an alias for another package")
