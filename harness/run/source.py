"""Where a docs tree comes from: its commit, or the snapshot it is."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.tomlfile import toml_table
from harness.base.errors import UsageError
from harness.base.git import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from harness.base.host import HostEnvironment

_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class DocsSource:
    """What identifies the docs of a run."""

    name: str
    """For people: the name of the docs root's folder."""
    commit: str | None = None
    """Full hash of the checkout's HEAD, with ``+`` if the docs have uncommitted changes; None outside git."""
    snapshot: str | None = None
    """Name of the snapshot that the tree is a part of; None if it is none."""
    root_in_repository: str | None = None
    """The docs root as seen from the top of its checkout, "." for the top itself; None outside git."""
    rules_root: str | None = None
    """The same for the root of the normative text, if it is another tree; empty if it is not in that checkout, None if
    it is in the docs themselves."""


def describe_source(docs: Path, spec: Path | None, host: HostEnvironment) -> DocsSource:
    """Return where the docs come from. Never fails: docs need no git.

    Args:
        docs: the docs root.
        spec: the docs root that holds the normative text, if another.
        host: the environment that git is run in.
    """
    checkout = Repository(docs, host)
    root = _root_in_repository(checkout)
    return DocsSource(docs.name, _commit(checkout), _snapshot(docs), root, _rules_root(checkout, spec))


def _root_in_repository(checkout: Repository) -> str | None:
    prefix = _git(checkout, "rev-parse", "--show-prefix")
    return None if prefix is None else prefix.rstrip("/") or "."


def _rules_root(docs: Repository, root: Path | None) -> str | None:
    if root is None or root.resolve() == docs.path.resolve():
        return None
    spec = Repository(root, docs.host)
    top, other = (_git(checkout, "rev-parse", "--show-toplevel") for checkout in (docs, spec))
    return "" if top is None or top != other else _root_in_repository(spec) or "."


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
        table = toml_table(manifest.read_text(encoding="utf-8"))
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
