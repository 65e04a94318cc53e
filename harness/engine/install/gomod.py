"""Go modules: a :class:`~harness.engine.install.manager.PackageManager`.

Modules are fetched from a proxy, which runs nothing of theirs, into a module of docprobe's own that imports what the
program imports; that is compiled afterwards, without a network. A program is compiled in a workspace with it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from extractor.base.text import printable
from extractor.languages.common.package_names import GO_MODULE, GO_QUERY
from extractor.model import ROOT
from harness.base.errors import InstallError, UsageError
from harness.engine.inside import program
from harness.engine.install.base_images import source_file
from harness.engine.install.manager import InstallFault, InstallPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Dependency

_FOLDER: Final = f"{ROOT}/go"
_MODULE: Final = f"{_FOLDER}/modules"
_WANTED: Final = f"{_MODULE}/wanted.json"
_LOCK: Final = f"{_MODULE}/docprobe.lock"
_ENVIRONMENT: Final = {
    "CGO_ENABLED": "0", "GOCACHE": f"{_FOLDER}/cache", "GOENV": "off", "GOFLAGS": "-buildvcs=false",
    "GOMODCACHE": f"{_FOLDER}/mod", "GOPATH": f"{_FOLDER}/path", "GOTELEMETRY": "off", "GOTOOLCHAIN": "local",
    "GOVCS": "*:off", "GOTMPDIR": f"{_FOLDER}/tmp",
}  # fmt: skip
_OFF: Final = ("env", "GOWORK=off", "GOPROXY=off", "GOSUMDB=off")
_REQUIRED: Final = re.compile(r"^(?:require )?\t?([\w.~/-]+\.[\w.~/-]+) (v[\w.+-]+)", re.MULTILINE | re.ASCII)
_LOCK_LINE: Final = re.compile(r"[\w.~/ ()\t=+>,:@-]*(?:// indirect)?", re.ASCII)
_DOCS_FAULT: Final = (
    "no matching versions", "unknown revision", "invalid version", "404 Not Found", "410 Gone", "cannot find module",
    "does not contain package", "but was required as", "malformed module path", "not found", "was not published",
)  # fmt: skip
_NO_PACKAGE: Final = re.compile(r"(?:cannot find module providing package|does not contain package) ([^\s;:]+)")
"""What the go command says, in the second line, of an import whose module has no such package."""
_SPLIT: Final = "=== go.sum ==="
_NEW_LOCK: Final = "modules come from a proxy only; write a new lock with `docprobe check --lock FILE`"


def plan(
    dependencies: Sequence[Dependency],
    *,
    cutoff: str | None,
    lock: str | None,
    allow_scripts: bool,
    client: str = "",
) -> InstallPlan:
    """See :meth:`harness.engine.install.manager.PackageManager.plan`. Go runs no scripts."""
    wanted = [_wanted(dependency) for dependency in dependencies]
    packages = sorted({package for dependency in dependencies for package in _packages(dependency)})
    files = {
        _WANTED: json.dumps({"modules": wanted, "cutoff": cutoff}),
        f"{_MODULE}/imports.go": "package modules\n\n" + "".join(f'import _ "{package}"\n' for package in packages),
        f"{_FOLDER}/tmp/.keep": "",
    }
    fetch = tuple(program("go_modules", _MODULE, _LOCK, source_file("go")))
    if lock is not None:
        _check_lock(lock)
        manifest, _, sums = lock.partition(f"\n{_SPLIT}\n")
        files |= {f"{_MODULE}/go.mod": manifest, f"{_MODULE}/go.sum": sums}
    return InstallPlan(
        files=files,
        steps=(fetch,),
        environment=_ENVIRONMENT,
        lock_file=_LOCK,
        installed_file=_LOCK,
        compile=(
            ("env", "--chdir", _MODULE, *_OFF, "go", "build", "./..."),
            ("go", "work", "edit", f"-use={_MODULE}", f"{_FOLDER}/go.work"),
        ),
    )


def _wanted(dependency: Dependency) -> dict[str, object]:
    """A module, the version that is asked for, and the packages that are imported.

    Raises:
        InstallError: it is not a module of a proxy.
    """
    is_module = GO_MODULE.fullmatch(dependency.name) and ".." not in dependency.name
    if not is_module or not GO_QUERY.fullmatch(dependency.specifier):
        raise InstallError(
            f"{dependency} is not a Go module with a version",
            "name the module and its version in the docs, or in docprobe.toml",
        )
    return {"module": dependency.name, "version": dependency.specifier, "packages": _packages(dependency)}


def _packages(dependency: Dependency) -> list[str]:
    """The packages of a module that are imported."""
    inner = [extra.strip("/") for extra in dependency.extras if extra.startswith("/")]
    return ["/".join(part for part in (dependency.name, path) if part) for path in inner]


def _check_lock(lock: str) -> None:
    """Raise UsageError unless the lock is what a module's go.mod and go.sum hold: no replacement, no other place."""
    for line in lock.splitlines():
        if line != _SPLIT and not line.startswith("// ") and (not _LOCK_LINE.fullmatch(line) or "=>" in line):
            raise UsageError(f"the lock has a line that is not a pinned module: {printable(line[:100])}", _NEW_LOCK)


def packages(installed: str) -> Mapping[str, str]:
    """Return module to version from the lock, and the version and source of Go itself under ``go``."""
    manifest = installed.partition(f"\n{_SPLIT}\n")[0]
    versions = {name: version.removeprefix("v") for name, version in _REQUIRED.findall(manifest)}
    return {**_toolchain(manifest), **versions}


def _toolchain(manifest: str) -> dict[str, str]:
    line = next((line for line in manifest.splitlines() if line.startswith("// go")), "")
    return {"go": line.removeprefix("// go").strip()} if line else {}


def skipped_scripts(installed: str) -> tuple[str, ...]:
    """Return nothing: Go runs no code of a module when it is fetched."""
    return ()


def remarks(text: str) -> tuple[str, ...]:
    """Return nothing: a module that needs a newer Go fails."""
    return ()


def fault(log: Sequence[str]) -> InstallFault:
    """Return whose fault a failed fetch or compilation is, by Go's messages."""
    lines = [line.strip() for line in log if line.strip() and not line.startswith(("go: downloading", "go: added"))]
    text = "\n".join(lines)
    detail = next(iter(_messages(lines)), "go failed")
    if "no space left" in text:
        return InstallFault("disk", detail)
    if re.search(r"requires go >= |is too old|note: module requires Go", text):
        return InstallFault("toolchain", detail)
    if any(sign in text for sign in _DOCS_FAULT) or re.search(r"^\S+\.go:\d+:\d+: ", text, re.MULTILINE):
        return InstallFault("docs", detail)
    return InstallFault("registry", detail)


def _messages(lines: Sequence[str]) -> Iterator[str]:
    """The most informative lines first: those of the go command, then all others, the last first."""
    yield from (f"package {found[1]} does not exist" for line in reversed(lines) if (found := _NO_PACKAGE.search(line)))
    yield from (line.removeprefix("go: ")[:500] for line in reversed(lines) if line.startswith("go: "))
    yield from (line[:500] for line in reversed(lines))
