"""Names and versions of packages as install lines, manifests and configuration write them: checked, or refused."""

from __future__ import annotations

import re
from typing import Final, assert_never

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from extractor.model import Dependency, Manager, Origin

_NPM_NAME: Final = re.compile(r"^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$")
"""What npm allows today (documentation of package.json, "name")."""
_GO_PATH: Final = re.compile(r"[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(?:/[\w.~-]+)*", re.IGNORECASE | re.ASCII)
"""A module or package path whose first element is a host (Go Modules Reference, "Module paths")."""
GO_MODULE: Final = re.compile(r"[\w.~-]+(?:/[\w.~-]+)*", re.ASCII)
"""The path of any module, one of the program's own included."""
GO_QUERY: Final = re.compile(r"[\w.+-]*", re.ASCII)
"""A version, or nothing."""
_GO_HOSTS: Final = {"github.com": 3, "gitlab.com": 3, "bitbucket.org": 3, "golang.org": 3}
"""Elements of a module path on hosts of many repositories; elsewhere two is the usual number."""
_GO_MAJOR: Final = re.compile(r"v[2-9]\d{0,4}")
_CRATE: Final = re.compile(
    r"(?P<name>[A-Za-z][\w-]{0,63})(?:\[(?P<features>[^\]]{0,2000})\])?(?:@(?P<version>[\w.^~<>=*+, -]+))?", re.ASCII
)
"""``rmcp[server,macros]@1.2``: a crate, its features, the requirement on its version."""
CRATE_FEATURE: Final = re.compile(r"\??\w[\w+.-]*|!default", re.ASCII)
"""A feature; ``?tls`` is taken where the version has it, ``!default`` leaves out the default ones."""
MAVEN_NAME: Final = re.compile(r"[A-Za-z0-9_][\w.-]*:[A-Za-z0-9_][\w.-]*", re.ASCII)
MAVEN_VERSION: Final = re.compile(r"[\w.+-]*|[\[(][\w.,+\[\]() -]+[\])]", re.ASCII)
_NPM_RANGE: Final = re.compile(r"^[\w.^~<>=|* +-]*$")


class RefusedError(ValueError):
    """A word of an install line that docprobe does not take; the message is the reason, as a clause."""


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
    """The module of a path, as far as its name tells, and the package in it; none if the path is that of the module."""
    path, _, query = text.partition("@")
    path = path.removesuffix("/...").rstrip("/")
    if not _GO_PATH.fullmatch(path) or ".." in path or len(path) > 200:
        raise RefusedError(f"“{text[:60]}” is not a module path")
    if not GO_QUERY.fullmatch(query):
        raise RefusedError(f"“{text[:60]}” does not ask for a version")
    parts = path.split("/")
    length = _GO_HOSTS.get(parts[0].lower(), 2)
    length += len(parts) > length and _GO_MAJOR.fullmatch(parts[length]) is not None
    root, inner = "/".join(parts[:length]), "/".join(parts[length:])
    return Dependency(root, "" if query == "latest" else query, origin, (f"/{inner}",) if inner else ())


def _crate(text: str, development: bool, origin: Origin) -> Dependency:
    parts = _CRATE.fullmatch(text)
    features = tuple(sorted(filter(None, re.split(r"[ ,]+", parts["features"] or "")))) if parts else ()
    if parts is None or not all(map(CRATE_FEATURE.fullmatch, features)):
        raise RefusedError(f"“{text[:60]}” is not a crate of the registry")
    return Dependency(parts["name"], (parts["version"] or "").strip(), origin, features, development)


def _maven_dependency(text: str, development: bool, origin: Origin) -> Dependency:
    """``group:artifact`` with a version behind it, as Gradle writes it; ``@pom`` for one that only has versions."""
    plain, _, kind = text.partition("@")
    group, _, rest = plain.partition(":")
    artifact, _, version = rest.partition(":")
    name = f"{group}:{artifact}"
    if not MAVEN_NAME.fullmatch(name) or ".." in text or len(text) > 300:
        raise RefusedError(f"“{text[:60]}” is not a Maven package (group:artifact)")
    if not MAVEN_VERSION.fullmatch(version) or kind not in {"", "pom", "jar"}:
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


def key(dependency: Dependency, manager: Manager) -> str:
    """Return the name that all spellings of one package share."""
    match manager:
        case Manager.PYPI:
            return canonicalize_name(dependency.name)
        case Manager.CARGO:
            return dependency.name.replace("-", "_")
        case _:
            return dependency.name
