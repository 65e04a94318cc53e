"""PyPI, by uv: a :class:`~harness.engine.install.manager.PackageManager`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement

from extractor.base.text import printable
from extractor.model import ROOT
from harness.base.errors import InstallError, UsageError
from harness.engine.install.manager import InstallFault, InstallPlan

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
    r"(\s*#.*|[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+_-]+( *;[^\\]*?)?)?( *--hash=[a-z0-9]+:[a-f0-9]+)*\s*\\?",
    re.ASCII,
)
"""A line of a lock as uv writes it."""
_PYTHON_SIGN: Final = re.compile(r"(requested|current) python version")


def plan(
    dependencies: Sequence[Dependency],
    *,
    cutoff: str | None,
    lock: str | None,
    allow_scripts: bool,
    client: str = "",
) -> InstallPlan:
    """See :meth:`harness.engine.install.manager.PackageManager.plan`.

    uv resolves to a lock with hashes, then installs exactly that.
    """
    binary = () if allow_scripts else _BINARY
    venv = ("uv", "venv", "--no-project", "--quiet", "--python", "python3", _VENV)
    before = ("--exclude-newer", f"{cutoff}T23:59:59Z") if cutoff else ()
    resolve = (
        "uv", "pip", "compile", "--no-header", "--annotation-style", "line", "--generate-hashes", "--quiet", "--python",
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
    return InstallPlan(
        files=files,
        steps=steps,
        environment={"UV_CACHE_DIR": "/tmp/uv", "UV_LINK_MODE": "copy", "UV_PYTHON_DOWNLOADS": "never"},
        lock_file=_LOCK,
        installed_file=_LOCK,
    )


def checked(dependency: Dependency) -> str:
    """Return the requirement line.

    Raises:
        InstallError: it is an address or a folder: packages come from an index only.
    """
    try:
        requirement = Requirement(str(dependency))
    except InvalidRequirement:
        requirement = None
    if requirement is None or requirement.url is not None or "\n" in str(dependency):
        raise InstallError(
            f"{dependency} is not a Python package with a version range",
            "name the package and its version range in the docs, or in docprobe.toml",
        )
    return str(requirement)


def _check_lock(lock: str) -> None:
    """Raise UsageError unless the lock holds pinned packages only: no option, no address, no other file."""
    for line in lock.splitlines():
        if not _LOCK_LINE.fullmatch(line):
            raise UsageError(
                f"the lock has a line that is not a pinned package: {printable(line[:100])}",
                "packages come from an index only; write a new lock with `docprobe check --lock FILE`",
            )


def packages(installed: str) -> Mapping[str, str]:
    """Return name to version from the lock: exactly what was installed."""
    return dict(_PINNED.findall(installed))


def skipped_scripts(installed: str) -> tuple[str, ...]:
    """Return nothing: wheels run no code when they are installed."""
    return ()


def remarks(text: str) -> tuple[str, ...]:
    """Return nothing: what Python's version decides, uv says when it finds no solution."""
    return ()


def fault(log: Sequence[str]) -> InstallFault:
    """Return whose fault a failed install is, by uv's messages."""
    low = " ".join(log).lower()
    detail = _reason([line.strip(" ╰╭─▶│├×") for line in log])
    if "no space left" in low:
        return InstallFault("disk", detail)
    if "url dependencies must be expressed as direct requirements" in low:
        return InstallFault("elsewhere", detail)
    if "failed to read from zip" in low:
        return InstallFault("registry", detail)  # a download that was cut off; uv calls the version unusable
    if "no solution found" in low:
        if "building from source is disabled" in low or "no usable wheels" in low:
            return InstallFault("source-only", detail)
        return InstallFault("python" if _PYTHON_SIGN.search(low) else "docs", detail)
    return InstallFault("registry", detail or "uv failed")


def _reason(lines: Sequence[str]) -> str:
    """Return uv's conclusion: the last cause of a chain, or the last step of a derivation."""
    messages = [line for line in lines if line and not line.startswith("hint:")]
    reasons = [line.removeprefix("cause: ") for line in messages if line.startswith(("cause: ", "And because "))]
    return (reasons or messages or [""])[-1][:500]
