"""Packages for the JVM: a :class:`~harness.engine.install.manager.PackageManager`.

Maven's dependency plugin resolves a generated project and copies what it gets into one folder, the class path of
programs. That runs nothing of the packages, and nothing of them has to be compiled.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from extractor.base.text import printable
from extractor.languages.common.jvm_builds import PLATFORM
from extractor.languages.common.package_names import MAVEN_NAME, MAVEN_VERSION
from extractor.languages.toolchains.java import PLUGIN, REPOSITORY, TRUST
from extractor.model import ROOT
from harness.base.errors import InstallError, UsageError
from harness.engine.inside import program
from harness.engine.install.base_images import source_file
from harness.engine.install.manager import InstallFault, InstallPlan, listed_remarks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Dependency

_FOLDER: Final = f"{ROOT}/java"
_LOCK: Final = f"{_FOLDER}/docprobe.lock"
_REMARKS: Final = f"{_FOLDER}/remarks.json"
_LOCK_LINE: Final = re.compile(r"[\w.-]+:[\w.-]+:(?:jar|pom):[\w.+-]+(?::[\w.-]+)?", re.ASCII)
_DOCS_FAULT: Final = (
    "Could not find artifact", "was not published", "was not found in", "has no package of that name",
    "Unresolveable build extension", "No versions available",
)  # fmt: skip
_NEW_LOCK: Final = "packages come from a repository only; write a new lock with `docprobe check --lock FILE`"


def plan(
    dependencies: Sequence[Dependency],
    *,
    cutoff: str | None,
    lock: str | None,
    allow_scripts: bool,
    client: str = "",
) -> InstallPlan:
    """See :meth:`harness.engine.install.manager.PackageManager.plan`. Packages run nothing when they are fetched."""
    packages = [_wanted(d) for d in dependencies if PLATFORM not in d.extras]
    platforms = [_wanted(d) for d in dependencies if PLATFORM in d.extras]
    locked = list(_locked(lock)) if lock is not None else []
    wanted = {"packages": packages, "platforms": platforms, "cutoff": cutoff, "locked": locked}
    arguments = (_FOLDER, _LOCK, _REMARKS, source_file("java"), PLUGIN, REPOSITORY, TRUST)
    return InstallPlan(
        files={f"{_FOLDER}/wanted.json": json.dumps(wanted)},
        steps=(tuple(program("maven_packages", *arguments)),),
        lock_file=_LOCK,
        installed_file=_LOCK,
        remarks_file=_REMARKS,
    )


def _wanted(dependency: Dependency) -> tuple[str, str, str]:
    """Group, name and version of a package.

    Raises:
        InstallError: it is not a package of a repository.
    """
    is_package = MAVEN_NAME.fullmatch(dependency.name) and ".." not in dependency.name
    if not is_package or not MAVEN_VERSION.fullmatch(dependency.specifier):
        raise InstallError(
            f"{dependency} is not a Maven package with a version",
            "name its group, its artifact and its version in the docs, or in docprobe.toml",
        )
    group, _, name = dependency.name.partition(":")
    return group, name, dependency.specifier


def _locked(lock: str) -> Iterator[str]:
    """Yield the lines of a lock; raise UsageError for one that is not a pinned package."""
    for line in lock.splitlines():
        if line.startswith("// ") or not line:
            continue
        if not _LOCK_LINE.fullmatch(line):
            raise UsageError(f"the lock has a line that is not a pinned package: {printable(line[:100])}", _NEW_LOCK)
        yield line


def packages(installed: str) -> Mapping[str, str]:
    """Return package to version from the lock, and the versions of the JDK and of Kotlin's compiler."""
    lines = [line.split(":") for line in installed.splitlines() if _LOCK_LINE.fullmatch(line)]
    tools = [line.removeprefix("// ").partition(" ") for line in installed.splitlines() if line.startswith("// ")]
    versions = {f"{group}:{name}": version for group, name, _, version, *_ in lines}
    return {name: version for name, _, version in tools} | versions


def skipped_scripts(installed: str) -> tuple[str, ...]:
    """Return nothing: Maven runs no code of a package when it is fetched."""
    return ()


def remarks(text: str) -> tuple[str, ...]:
    """Return which packages are not of the day that was asked for, from the file of remarks."""
    return listed_remarks(text)


def fault(log: Sequence[str]) -> InstallFault:
    """Return whose fault a failed fetch is, by Maven's messages."""
    lines = [line.strip() for line in log if line.strip()]
    text = "\n".join(lines)
    detail = next(_messages(lines), "Maven failed")
    if "No space left" in text:
        return InstallFault("disk", detail)
    if any(sign in text for sign in _DOCS_FAULT) and "Could not transfer" not in text:
        return InstallFault("docs", detail)
    if re.search(r"Could not (?:find|transfer) .*(?: in | from/to )(?!central)[\w.-]+ \(", text):
        return InstallFault("elsewhere", detail)
    return InstallFault("registry", detail)


def _messages(lines: Sequence[str]) -> Iterator[str]:
    """The most informative lines first: the first error with a package in it, then all others, the last first."""
    errors = [line.removeprefix("[ERROR] ") for line in lines if line.startswith("[ERROR] ")]
    yield from (re.sub(r"^Failed to execute goal on project \S+: ", "", e)[:500] for e in errors if "artifact" in e)
    yield from (line[:500] for line in reversed(errors) if line)
    yield from (line[:500] for line in reversed(lines))
