"""Where a docs tree comes from: its commit, or the snapshot it is."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.base.errors import UsageError
from harness.base.git import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from harness.base.host import HostEnvironment
    from harness.config import Config

_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Source:
    """What identifies the docs of a run."""

    commit: str | None
    """Full hash of the checkout's HEAD, with ``+`` if the docs have uncommitted changes; None outside git."""
    snapshot: str | None
    """Name of the snapshot that the tree is a part of; None if it is none."""
    root_in_repository: str | None = None
    """The docs root as seen from the top of its checkout, "." for the top itself; None outside git."""


def describe_source(docs: Path, host: HostEnvironment) -> Source:
    """Return where the docs come from. Never fails: docs need no git."""
    checkout = Repository(docs, host)
    prefix = _git(checkout, "rev-parse", "--show-prefix")
    return Source(_commit(checkout), _snapshot(docs), None if prefix is None else prefix.rstrip("/") or ".")


def rules_root(config: Config, docs_in_repository: str | None) -> str | None:
    """The root of the normative text, if it is another tree, as seen from the top of the docs' checkout.

    Empty if it is not in that checkout, so that no path there leads to it; None if it is in the docs themselves.
    """
    if config.spec is None or config.spec.resolve() == config.docs.resolve():
        return None
    docs, spec = (Repository(root, config.host) for root in (config.docs, config.spec))
    top, other = (_git(checkout, "rev-parse", "--show-toplevel") for checkout in (docs, spec))
    if docs_in_repository is None or top is None or top != other:
        return ""
    prefix = _git(spec, "rev-parse", "--show-prefix")
    return (prefix or "").rstrip("/") or "."


def _commit(checkout: Repository) -> str | None:
    head = _git(checkout, "rev-parse", "HEAD")
    if head is None:
        return None
    changed = _git(checkout, "status", "--porcelain", "--untracked-files=no", "--", ".")
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


def _git(checkout: Repository, *arguments: str) -> str | None:
    """Return what git prints, without blanks around it; None if it fails."""
    try:
        return checkout.git(*arguments, timeout_s=_TIMEOUT_S).decode(errors="replace").strip()
    except UsageError:
        return None
