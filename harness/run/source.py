"""Where a docs tree comes from: its commit, or the snapshot it is."""

from __future__ import annotations

import os
import subprocess
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from harness.config import Config

GIT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Source:
    """What identifies the docs of a run."""

    commit: str | None
    """Full hash of the checkout's HEAD, with ``+`` if the docs have uncommitted changes; None outside git."""
    snapshot: str | None
    """Name of the snapshot that the tree is a part of; None if it is none."""
    root_in_repository: str | None = None
    """The docs root as seen from the top of its checkout, "." for the top itself; None outside git."""


def describe_source(docs: Path) -> Source:
    """Look; never fails: docs need no git."""
    prefix = _git(docs, "rev-parse", "--show-prefix")
    return Source(_commit(docs), _snapshot(docs), None if prefix is None else prefix.rstrip("/") or ".")


def rules_root(config: Config, docs_in_repository: str | None) -> str | None:
    """The root of the normative text, if it is another tree, as seen from the top of the docs' checkout.

    Empty if it is not in that checkout, so that no path there leads to it; None if it is in the docs themselves.
    """
    if config.spec is None or config.spec.resolve() == config.docs.resolve():
        return None
    top, other = (_git(root, "rev-parse", "--show-toplevel") for root in (config.docs, config.spec))
    if docs_in_repository is None or top is None or top != other:
        return ""
    prefix = _git(config.spec, "rev-parse", "--show-prefix")
    return (prefix or "").rstrip("/") or "."


def _commit(docs: Path) -> str | None:
    head = _git(docs, "rev-parse", "HEAD")
    if head is None:
        return None
    changed = _git(docs, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return head + ("+" if changed else "")


def _snapshot(docs: Path) -> str | None:
    manifest = docs.parent / "snapshot.toml"
    if not manifest.is_file():
        return None
    try:
        table = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return docs.name
    commit = table.get("commit")
    return f"{docs.name}@{commit[:12]}" if docs.name == "upstream" and isinstance(commit, str) else docs.name


def _git(folder: Path, *arguments: str) -> str | None:
    vector = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]
    # a caller's GIT_DIR (we may run in a hook) would win over -C
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(vector, capture_output=True, timeout=GIT_TIMEOUT_S, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
