"""Crates: a :class:`~harness.engine.install.manager.PackageManager`.

Crates are resolved and fetched with a network, which runs nothing of theirs, for a package of docprobe's own. That is
compiled afterwards, without a network: build scripts are code of strangers. A program is compiled with what that made.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from extractor.base.text import printable
from extractor.languages.common.package_names import CRATE_FEATURE
from extractor.model import ROOT
from harness.base.errors import InstallError, UsageError
from harness.engine.inside import program
from harness.engine.install.base_images import source_file
from harness.engine.install.manager import InstallFault, InstallPlan, listed_remarks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Dependency

_FOLDER: Final = f"{ROOT}/rust"
_PACKAGE: Final = f"{_FOLDER}/crates"
_TARGET: Final = f"{_FOLDER}/target"
_LOCK: Final = f"{_PACKAGE}/docprobe.lock"
_REMARKS: Final = f"{_PACKAGE}/remarks.json"
_SPLIT: Final = "=== Cargo.lock ==="
_ENVIRONMENT: Final = {
    "CARGO_HOME": f"{_FOLDER}/cargo", "CARGO_INCREMENTAL": "0", "CARGO_PROFILE_DEV_DEBUG": "0",
    # a crate that needs a newer compiler is of no use: cargo takes an older one of the same requirement, and says so
    "CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS": "fallback", "CARGO_TARGET_DIR": _TARGET, "CARGO_TERM_COLOR": "never",
}  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z][\w-]{0,63}", re.ASCII)
_REQUIREMENT: Final = re.compile(r"[\w.^~<>=*+, -]*", re.ASCII)
_LOCKED: Final = re.compile(r'^name = "([\w-]+)"\nversion = "([\w.+-]+)"\nsource = ', re.MULTILINE | re.ASCII)
_LOCK_LINE: Final = re.compile(
    r'\[\[package\]\]|# [\w .()/:+@-]*|version = \d+|(?:name|version|checksum) = "[\w.+-]*"|dependencies = \[|\]|'
    r' "[\w.+ ()-]+",|source = "registry\+https://github\.com/rust-lang/crates\.io-index"|',
    re.ASCII,
)
_MANIFEST_LINE: Final = re.compile(
    r"\[(?:package|(?:dev-)?dependencies\.[\w-]+)\]|default-features = false|publish = false|"
    r'(?:name|edition|resolver) = "[\w.-]+"|version = "[\w.^~<>=*+, -]+"|features = \[[\w"+., -]*\]|# [\w .()/:+@-]*|',
    re.ASCII,
)
_DOCS_FAULT: Final = (
    "no matching package", "failed to select a version", "does not have these features", "does not have that feature",
    "does not have feature", "failed to parse manifest", "failed to parse the version requirement", "was not published",
    "error[E",
)  # fmt: skip
_TOOLCHAIN: Final = re.compile(
    r"requires rustc|is not supported by the following package|edition20\d\d` is required|error\[E0658\]"
)
"""That the compiler is too old for a crate; E0658 is for what a newer one knows as stable."""
_SYSTEM: Final = re.compile(r"failed to run custom build command|linking with `\w+` failed|signal: 9")
_NEW_LOCK: Final = "crates come from a registry only; write a new lock with `docprobe check --lock FILE`"


def plan(
    dependencies: Sequence[Dependency],
    *,
    cutoff: str | None,
    lock: str | None,
    allow_scripts: bool,
    client: str = "",
) -> InstallPlan:
    """See :meth:`harness.engine.install.manager.PackageManager.plan`. Build scripts run without a network, always."""
    wanted = [_wanted(dependency) for dependency in dependencies]
    files = {
        f"{_PACKAGE}/wanted.json": json.dumps({"dependencies": wanted, "cutoff": cutoff}),
        f"{_PACKAGE}/src/main.rs": "fn main() {}\n",
    }
    if lock is not None:
        manifest, _, locked = lock.partition(f"\n{_SPLIT}\n")
        _check(manifest, _MANIFEST_LINE)
        _check(locked, _LOCK_LINE)
        files |= {f"{_PACKAGE}/Cargo.toml": manifest, f"{_PACKAGE}/Cargo.lock": locked}
    return InstallPlan(
        files=files,
        steps=(tuple(program("cargo_crates", _PACKAGE, _LOCK, _REMARKS, source_file("rust"))),),
        environment=_ENVIRONMENT,
        lock_file=_LOCK,
        installed_file=_LOCK,
        remarks_file=_REMARKS,
        compile=(
            ("env", "--chdir", _PACKAGE, "cargo", "build", "--quiet", "--offline", "--locked"),
            # locks of cargo's, which nobody may take in a pod
            ("find", _TARGET, "-name", ".cargo-lock", "-delete"),
        ),
    )


def _wanted(dependency: Dependency) -> dict[str, object]:
    """A crate, the requirement on its version, and its features.

    Raises:
        InstallError: it is not a crate of a registry.
    """
    features = [extra.strip() for extra in dependency.extras]
    if (
        not _NAME.fullmatch(dependency.name)
        or not _REQUIREMENT.fullmatch(dependency.specifier)
        or not all(map(CRATE_FEATURE.fullmatch, features))
    ):
        raise InstallError(
            f"{dependency} is not a crate with a version and features",
            "name the crate and its version in the docs, or in docprobe.toml",
        )
    return {
        "name": dependency.name,
        "version": dependency.specifier or "*",
        "features": sorted(feature for feature in features if feature[0] not in "?!"),
        "usual": sorted(feature[1:] for feature in features if feature.startswith("?")),
        "default": "!default" not in features,
        "development": dependency.development,
    }


def _check(text: str, line_of: re.Pattern[str]) -> None:
    """Raise UsageError unless every line is one that docprobe's own locks have: no git repository, no folder."""
    for line in text.splitlines():
        if not line_of.fullmatch(line):
            raise UsageError(f"the lock has a line that is not a pinned crate: {printable(line[:100])}", _NEW_LOCK)


def packages(installed: str) -> Mapping[str, str]:
    """Return crate to version from the lock, and the version and source of Rust itself under ``rustc``.

    Of a crate that is there in several versions, the newest by the order of the lock.
    """
    first = installed.partition("\n")[0]
    toolchain = {"rustc": first.removeprefix("# rustc").strip()} if first.startswith("# rustc") else {}
    return {**toolchain, **dict(_LOCKED.findall(installed))}


def skipped_scripts(installed: str) -> tuple[str, ...]:
    """Return nothing: build scripts run when crates are compiled."""
    return ()


def remarks(text: str) -> tuple[str, ...]:
    """Return which crates cargo took in an older version because of the compiler's, from the file of remarks."""
    return listed_remarks(text)


def fault(log: Sequence[str]) -> InstallFault:
    """Return whose fault a failed fetch or compilation is, by cargo's messages."""
    lines = [line.strip() for line in log if line.strip()]
    text = "\n".join(lines)
    errors = [line for line in lines if line.startswith(("error", "Caused by")) or "error" in line.lower()]
    detail = next((line.removeprefix("error: ")[:500] for line in (*errors, *reversed(lines))), "cargo failed")
    if "No space left" in text:
        return InstallFault("disk", detail)
    if _TOOLCHAIN.search(text):
        # cargo lists the crates, and the compiler that each needs, below
        needed = dict.fromkeys(line for line in lines if re.search(r" requires rustc \d", line))
        listed = "; ".join(list(needed)[:3])
        joined = f"{detail} {listed}" if detail.endswith(":") else "; ".join([detail, *([listed] if listed else [])])
        return InstallFault("toolchain", joined[:500])
    if any(sign in text for sign in _DOCS_FAULT):
        return InstallFault("docs", detail)
    if _SYSTEM.search(text):
        return InstallFault("system", _cause(lines) or detail)
    return InstallFault("registry", detail)


def _cause(lines: Sequence[str]) -> str:
    """What a build script that failed says itself: its panic, or what it wrote last."""
    signs = ("error:", "could not", "unable")
    said = [line for line in lines if "panicked at" in line or line.lower().startswith(signs)]
    return " ".join(said)[:500]
