"""uv: what to run, how to read what was installed, and whose fault a failure is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement

from extractor.base.text import printable
from harness.base.errors import InstallError, UsageError
from harness.engine.hardening import ROOT
from harness.engine.install.plan import Fault, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Dependency

_WANTED: Final = f"{ROOT}/requirements.in"
_LOCK: Final = f"{ROOT}/requirements.lock"
_VENV: Final = f"{ROOT}/venv"
_COMPILE: Final = (
    "python3", "-I", "-S", "-c",
    f"import compileall; compileall.compile_dir({_VENV + '/lib'!r}, quiet=2, workers=0)",
)  # fmt: skip
"""Not by ``uv --compile-bytecode``: that starts the environment's Python, which runs the code in its ``.pth`` files."""
_BINARY: Final = ("--only-binary", ":all:")
_PINNED: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_LOCK_LINE: Final = re.compile(
    r"(#.*|[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+_-]+( *;[^\\]*?)?)?( *--hash=[a-z0-9]+:[a-f0-9]+)*\s*\\?", re.ASCII
)
"""A line of a lock as uv writes it."""
_PYTHON_SIGN: Final = re.compile(r"(requested|current) python version")


def plan(
    dependencies: Sequence[Dependency], *, cutoff: str | None, lock: str | None, allow_scripts: bool
) -> Plan:
    """How to install with uv: resolve to a lock with hashes, then install exactly that.

    Raises InstallError for what is no package of an index.
    """
    binary = () if allow_scripts else _BINARY
    venv = ("uv", "venv", "--no-project", "--quiet", "--python", "python3", _VENV)
    before = ("--exclude-newer", f"{cutoff}T23:59:59Z") if cutoff else ()
    resolve = (
        "uv", "pip", "compile", "--no-header", "--no-annotate", "--generate-hashes", "--quiet", "--python",
        f"{_VENV}/bin/python", *binary, *before, "-o", _LOCK, _WANTED,
    )  # fmt: skip
    install = (
        "uv", "pip", "install", "--require-hashes", "--quiet", "--python", f"{_VENV}/bin/python", *binary, "-r", _LOCK,
    )  # fmt: skip
    if lock is not None:
        _check_lock(lock)
        files = {_LOCK: lock}
        steps: tuple[tuple[str, ...], ...] = (venv, install, _COMPILE)
    else:
        files = {_WANTED: "".join(f"{checked(d)}\n" for d in dependencies)}
        steps = (venv, resolve, install, _COMPILE)
    return Plan(
        files=files,
        steps=steps,
        environment={"UV_CACHE_DIR": "/tmp/uv", "UV_LINK_MODE": "copy", "UV_PYTHON_DOWNLOADS": "never"},
        lock_file=_LOCK,
        installed_file=_LOCK,
    )


def checked(dependency: Dependency) -> str:
    """The requirement line. Addresses and folders are refused: packages come from an index.

    Raises InstallError.
    """
    try:
        requirement = Requirement(str(dependency))
    except InvalidRequirement:
        requirement = None
    if requirement is None or requirement.url is not None or "\n" in str(dependency):
        raise InstallError(
            f"{dependency} is not a package of an index with a version range",
            "name the package and its version range in the docs, or in docprobe.toml",
        )
    return str(requirement)


def _check_lock(lock: str) -> None:
    """Nothing but pinned packages of an index, with hashes: no option, no address, no other file.

    Raises UsageError.
    """
    for line in lock.splitlines():
        if not _LOCK_LINE.fullmatch(line):
            raise UsageError(
                f"the lock has a line that is no pinned package: {printable(line[:100])}",
                "packages come from an index; make the lock anew with `docprobe check --lock FILE`",
            )


def packages(lock: str) -> Mapping[str, str]:
    """Name to version from the lock: exactly what was installed."""
    return dict(_PINNED.findall(lock))


def fault(log: Sequence[str]) -> Fault:
    """Whose fault a failed install is, told from uv's sentences."""
    low = " ".join(log).lower()
    detail = _reason([line.strip(" ╰╭─▶│├×") for line in log])
    if "no space left" in low:
        return Fault("disk", detail)
    if "url dependencies must be expressed as direct requirements" in low:
        return Fault("elsewhere", detail)
    if "failed to read from zip" in low:
        return Fault("registry", detail)  # a download that was cut; uv takes the version for unusable
    if "no solution found" in low:
        if "building from source is disabled" in low or "no usable wheels" in low:
            return Fault("source-only", detail)
        return Fault("python" if _PYTHON_SIGN.search(low) else "docs", detail)
    return Fault("registry", detail or "uv failed")


def _reason(lines: Sequence[str]) -> str:
    """What uv says in the end: the last cause of a chain, or the last step of a derivation."""
    told = [line for line in lines if line and not line.startswith("hint:")]
    reasons = [line.removeprefix("cause: ") for line in told if line.startswith(("cause: ", "And because "))]
    return (reasons or told or [""])[-1][:500]
