"""Packages: what install lines name, and what a program needs by manifests, install lines and its imports."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, assert_never

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from extractor.languages.common.view import Install
from extractor.model import Dependency, Manager, Note, NoteKind, Origin, UnlistedImport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Draft, NeededPackage
    from extractor.model import Span

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
_GO_PATH: Final = re.compile(r"[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(?:/[\w.~-]+)*", re.IGNORECASE | re.ASCII)
"""A module or package path whose first element is a host (Go Modules Reference, "Module paths")."""
_GO_QUERY: Final = re.compile(r"[\w.+-]*", re.ASCII)
_GO_HOSTS: Final = {"github.com": 3, "gitlab.com": 3, "bitbucket.org": 3, "golang.org": 3}
"""Elements of a module path on hosts of many repositories; elsewhere two is the usual number."""
_GO_MAJOR: Final = re.compile(r"v[2-9]\d{0,4}")
_CRATE: Final = re.compile(
    r"(?P<name>[A-Za-z][\w-]{0,63})(?:\[(?P<features>[^\]]{0,2000})\])?(?:@(?P<version>[\w.^~<>=*+, -]+))?", re.ASCII
)
"""``rmcp[server,macros]@1.2``: a crate, its features, the requirement on its version."""
_FEATURE: Final = re.compile(r"\??\w[\w+.-]*|!default", re.ASCII)
_MAVEN_NAME: Final = re.compile(r"[A-Za-z0-9_][\w.-]*:[A-Za-z0-9_][\w.-]*", re.ASCII)
_MAVEN_VERSION: Final = re.compile(r"[\w.+-]*|[\[(][\w.,+\[\]() -]+[\])]", re.ASCII)
_NPM_RANGE: Final = re.compile(r"^[\w.^~<>=|* +-]*$")


class RefusedError(ValueError):
    """A word of an install line that docprobe does not take; the message is the reason, as a clause."""


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


def _npm_dependency(text: str, development: bool, origin: Origin) -> Dependency:
    _refuse_places(text)
    at = text.rfind("@", 1)
    name, version = (text[:at], text[at + 1 :]) if at > 0 else (text, "")
    if not _NPM_NAME.match(name) or len(name) > 214:
        raise RefusedError(f"“{text[:60]}” is not a package name")
    if not _NPM_RANGE.match(version):
        raise RefusedError(f"“{text[:60]}” does not ask for a version of the registry")
    return Dependency(name, version, origin, development=development)


def _python_dependency(text: str, development: bool, origin: Origin) -> Dependency:
    _refuse_places(text)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise RefusedError(f"“{text[:60]}” is not a package name") from error
    if requirement.url:
        raise RefusedError(f"“{text[:60]}” is a place to download from")
    extras = tuple(sorted(requirement.extras))
    return Dependency(requirement.name, str(requirement.specifier), origin, extras, development)


def _go_dependency(text: str, origin: Origin) -> Dependency:
    """The module of a package path, as far as its name tells, and the package in it."""
    path, _, query = text.partition("@")
    path = path.removesuffix("/...").rstrip("/")
    if not _GO_PATH.fullmatch(path) or ".." in path or len(path) > 200:
        raise RefusedError(f"“{text[:60]}” is not a module path")
    if not _GO_QUERY.fullmatch(query):
        raise RefusedError(f"“{text[:60]}” does not ask for a version")
    parts = path.split("/")
    length = _GO_HOSTS.get(parts[0].lower(), 2)
    length += len(parts) > length and _GO_MAJOR.fullmatch(parts[length]) is not None
    root, inner = "/".join(parts[:length]), "/".join(parts[length:])
    return Dependency(root, "" if query == "latest" else query, origin, (f"/{inner}",))


def _crate(text: str, development: bool, origin: Origin) -> Dependency:
    parts = _CRATE.fullmatch(text)
    features = tuple(sorted(filter(None, re.split(r"[ ,]+", parts["features"] or "")))) if parts else ()
    if parts is None or not all(map(_FEATURE.fullmatch, features)):
        raise RefusedError(f"“{text[:60]}” is not a crate of the registry")
    return Dependency(parts["name"], (parts["version"] or "").strip(), origin, features, development)


def _maven_dependency(text: str, development: bool, origin: Origin) -> Dependency:
    """``group:artifact`` with a version behind it, as Gradle writes it; ``@pom`` for one that only has versions."""
    plain, _, kind = text.partition("@")
    group, _, rest = plain.partition(":")
    artifact, _, version = rest.partition(":")
    name = f"{group}:{artifact}"
    if not _MAVEN_NAME.fullmatch(name) or ".." in text or len(text) > 300:
        raise RefusedError(f"“{text[:60]}” is not a package of Maven (group:artifact)")
    if not _MAVEN_VERSION.fullmatch(version) or kind not in {"", "pom", "jar"}:
        raise RefusedError(f"“{text[:60]}” does not ask for a version")
    return Dependency(name, version, origin, ("bom",) if kind == "pom" else (), development)


def _refuse_places(text: str) -> None:
    lowered = text.lower()
    if (
        lowered.startswith(("git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "ssh:"))
        or ".git" in lowered
        or "git+" in lowered
    ):
        raise RefusedError(f"“{text[:60]}” is a git URL")
    if "://" in text or lowered.startswith(("file:", "link:", "portal:", "npm:", "workspace:")):
        raise RefusedError(f"“{text[:60]}” is a place to download from")
    if text.startswith((".", "/", "~", "\\")) or "\\" in text or lowered.endswith((".whl", ".tgz", ".tar.gz", ".zip")):
        raise RefusedError(f"“{text[:60]}” is a local path")
    if "@npm:" in lowered or "@file:" in lowered or "@git" in lowered or "@http" in lowered:
        raise RefusedError(f"“{text[:60]}” is an alias for another package")


def dependency_of(
    text: str, manager: Manager, *, development: bool = False, origin: Origin = Origin.STATED
) -> Dependency:
    """Return the dependency that a word of an install line or a requirement names.

    Args:
        text: ``zod@3`` for npm (its documentation of ``npm install``), ``uvicorn[standard]>=0.30`` for PyPI (PEP 508),
            ``rmcp[server]@1.2`` for crates.
        manager: whose syntax it is in.
        development: whether it is only needed to build the program.
        origin: where it is from.

    Raises:
        RefusedError: it is not a name of the manager's registry.
    """
    match manager:
        case Manager.NPM:
            return _npm_dependency(text, development, origin)
        case Manager.PYPI:
            return _python_dependency(text, development, origin)
        case Manager.GO:
            return _go_dependency(text, origin)
        case Manager.CARGO:
            return _crate(text, development, origin)
        case Manager.MAVEN:
            return _maven_dependency(text, development, origin)
        case _:
            assert_never(manager)


@dataclass(frozen=True, slots=True)
class Packages:
    """Dependencies of a program, each once, in order of name, and notes on where they come from."""

    dependencies: tuple[Dependency, ...]
    notes: tuple[Note, ...]
    installer: str = ""
    """The package client of the page's install lines; empty if none counts."""
    unlisted: tuple[UnlistedImport, ...] = ()
    """Imports of packages that the install lines leave out."""


def packages_of(draft: Draft, imported: Iterable[NeededPackage], tools: Iterable[Dependency]) -> Packages:
    """Return the packages of a program: those that are stated, and those that its imports need.

    A package of an install line counts if the program imports it, if the page shows no other program, or if the line
    is above the program in a section that leads up to it. What the page only imports gets the version that the
    docs' installation page asks for.

    Args:
        draft: the program.
        imported: what its imports need, as inferred.
        tools: what its command needs in addition.
    """
    manager = draft.program.language.manager
    if draft.override.dependencies is not None:
        return _configured(draft, manager)
    packages: dict[str, Dependency] = {}
    for manifest in draft.program.language.manifests(draft):
        if manifest.manager is manager:
            packages |= {key(d, manager): d for d in manifest.dependencies}
    imported = tuple(imported)
    needed = {key(p.dependency, manager): p.dependency for p in imported}
    notes: list[Note] = []
    installer, lists = "", []
    for install in draft.around.installs:
        if install.manager is not manager:
            continue
        if install.refused:
            notes.append(Note(NoteKind.REMARK, Origin.STATED, detail=install.refused, span=install.span))
        meant = draft.alone or _is_meant_for(draft, install)
        lists += [install.span] if meant and install.dependencies else []
        for dependency in install.dependencies:
            name = key(dependency, manager)
            if name in needed or meant:
                installer = installer or install.client
                packages[name] = _merged(packages.get(name), dependency)
    brought = _brought(packages, draft, installer)
    unlisted = tuple(_unlisted(imported, draft, tuple(lists), {*packages, *brought}))
    needed = {name: d for name, d in needed.items() if name in packages or name not in brought}
    elsewhere: dict[str, Span] = {}
    for name, dependency in needed.items():
        installed = draft.docs.installation.get((manager, name))
        if name not in packages and installed is not None and installed[0].specifier:
            packages[name], elsewhere[name] = replace(installed[0], extras=dependency.extras), installed[1]
        else:
            packages[name] = _merged(dependency, packages[name]) if name in packages else dependency
    for dependency in tools:
        name = key(dependency, manager)
        packages[name] = _merged(dependency, packages[name]) if name in packages else dependency
    for name, dependency in packages.items():
        sure = 0.9 if dependency.origin is Origin.INFERRED else 1.0
        notes.append(_note(dependency, dependency.origin, sure, elsewhere.get(name)))
    return Packages(tuple(sorted(packages.values(), key=lambda d: d.name)), tuple(notes), installer, unlisted)


def _brought(stated: Iterable[str], draft: Draft, installer: str) -> frozenset[str]:
    """The packages that stated ones bring, so that a reader can import them; pnpm hides what is not asked for."""
    brought = draft.docs.profile.brought
    return frozenset() if installer == "pnpm" else frozenset(name for s in stated for name in brought.get(s, ()))


def _unlisted(
    imported: Iterable[NeededPackage], draft: Draft, lists: tuple[Span, ...], listed: frozenset[str] | set[str]
) -> Iterator[UnlistedImport]:
    """The first import of each package that no install line of the program names, where there are such lines."""
    manager = draft.program.language.manager
    seen = {*listed, *(name for kind, name in draft.docs.installation if kind is manager)}
    for package in imported if lists else ():
        name = key(package.dependency, manager)
        if name not in seen and package.span is not None:
            seen.add(name)
            yield UnlistedImport(package.module, package.dependency.name, package.span, lists)


def key(dependency: Dependency, manager: Manager) -> str:
    """Return the name that all spellings of one package share."""
    match manager:
        case Manager.PYPI:
            return canonicalize_name(dependency.name)
        case Manager.CARGO:
            return dependency.name.replace("-", "_")
        case _:
            return dependency.name


def _configured(draft: Draft, manager: Manager) -> Packages:
    origin = draft.override_origin
    dependencies = tuple(dependency_of(text, manager, origin=origin) for text in draft.override.dependencies or ())
    notes = tuple(_note(dependency, origin) for dependency in dependencies)
    return Packages(tuple(sorted(dependencies, key=lambda d: d.name)), notes)


def _note(dependency: Dependency, origin: Origin, confidence: float = 1.0, span: Span | None = None) -> Note:
    detail = str(dependency).removeprefix(dependency.name)
    return Note(NoteKind.DEPENDENCY, origin, dependency.name, detail, confidence, span)


def _merged(stated: Dependency | None, other: Dependency) -> Dependency:
    """Two statements of one package: the later version range, all extras."""
    if stated is None:
        return other
    extras = tuple(sorted({*stated.extras, *other.extras}))
    origin = Origin.STATED if Origin.STATED in (stated.origin, other.origin) else other.origin
    return Dependency(
        other.name, other.specifier or stated.specifier, origin, extras, stated.development and other.development
    )


def _is_meant_for(draft: Draft, install: Install) -> bool:
    """Whether an install line is above the program, in a section that leads up to it."""
    main = draft.program.main.snippets[0].block
    if install.span.first > main.span.first:
        return False
    own, headings = main.place.headings, install.block.place.headings
    shared = 0
    while shared < min(len(own), len(headings)) and own[shared] == headings[shared]:
        shared += 1
    # siblings of the same chapter ("Installation", "Your first server") belong together, chapters do not
    return len(headings) - shared <= 1
