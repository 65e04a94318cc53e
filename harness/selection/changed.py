"""What a pull request changes: ``--changed-since REF``, decided by git."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.base.tomlfile import toml_table
from harness.base.errors import UsageError
from harness.base.git import Repository, is_ref
from harness.model import Trust

if TYPE_CHECKING:
    from pathlib import Path

    from harness.base.host import HostEnvironment
    from harness.config import Config


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between the merge base with a ref and the working tree."""

    ref: str
    base: str
    """The merge base, full hash."""
    files: tuple[str, ...]
    """Changed, added and removed files below the docs root, relative to it."""
    rules: bool
    """Whether anything changed below the root of the normative text, where that is another one."""
    configuration: bool
    """Whether docprobe's own configuration (more than ``tables``) or bindings changed: then everything is selected."""
    baseline: bool
    """Whether the file of known findings changed."""
    tables: frozenset[str] = frozenset()
    """Keys of ``[examples."…"]`` tables that changed, if nothing else of the configuration did."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed that docprobe reads: no page, included file, rule, configuration or known finding."""
        return not (self.files or self.rules or self.configuration or self.baseline or self.tables)


def find_change(config: Config, ref: str) -> Change:
    """Return what differs between the merge base with ``ref`` and the working tree. Git knows in milliseconds.

    Raises:
        UsageError: the docs are not in a git checkout, or the ref is unknown or has no merge base there; the hint says
            what to fetch.
    """
    host = config.host
    docs = Repository(config.docs, host)
    base = _merge_base(docs, ref)
    if config.settings.trust is Trust.BASE:
        # the change's own settings are not used, so that they change nothing
        rules = config.spec is not None and config.spec != config.docs and _differs(config.spec, base, host)
        return Change(ref, base, _changed(docs, base), rules=rules, configuration=False, baseline=False)
    bindings = config.bindings if config.bindings != config.profile.bindings else None
    differing = config.file is not None and _differs(config.file, base, host)
    tables = _tables_changed(config.file, base, host) if config.file is not None and differing else frozenset()
    return Change(
        ref,
        base,
        files=_changed(docs, base),
        rules=config.spec is not None and config.spec != config.docs and _differs(config.spec, base, host),
        configuration=(differing and not tables) or (bindings is not None and _differs(bindings, base, host)),
        baseline=config.baseline is not None and _differs(config.baseline, base, host),
        tables=tables,
    )


def _merge_base(docs: Repository, ref: str) -> str:
    if not is_ref(ref):
        raise UsageError(f"--changed-since {ref!r} is not a git ref", "name a branch, a tag or a commit")
    try:
        shallow = docs.git("rev-parse", "--is-shallow-repository").strip() == b"true"
    except UsageError as error:
        raise UsageError(
            f"--changed-since needs git: {docs.path.name} is not in a git checkout ({error.message})",
            "leave --changed-since out to check everything",
        ) from error
    fetch = "fetch the history: git fetch --unshallow; in CI check out with fetch-depth: 0"
    try:
        docs.commit(ref)
    except UsageError as error:
        branch = ref.removeprefix("origin/")
        raise UsageError(
            f"--changed-since {ref}: unknown ref in this checkout",
            fetch if shallow else f"fetch it: git fetch origin {branch}; in CI check out with fetch-depth: 0",
        ) from error
    try:
        return docs.git("merge-base", "--end-of-options", ref, "HEAD").decode().strip()
    except UsageError as error:
        why = "this checkout is shallow" if shallow else "the histories have nothing in common"
        raise UsageError(
            f"--changed-since {ref}: no merge base with HEAD: {why}",
            fetch if shallow else "name a ref that shares history with HEAD",
        ) from error


def _changed(docs: Repository, base: str) -> tuple[str, ...]:
    """Return the files of the docs that differ from the commit, committed or not, and untracked ones."""
    options = ("--name-only", "-z", "--relative", "--no-ext-diff", "--no-textconv", "--no-renames")
    tracked = docs.git("diff", *options, base, "--", ".")
    untracked = docs.git("ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    names = (tracked + untracked).decode("utf-8", "surrogateescape").split("\0")
    return tuple(sorted({name for name in names if name}))


def _tables_changed(path: Path, base: str, host: HostEnvironment) -> frozenset[str]:
    """Return the keys of ``[examples."…"]`` tables that differ from the commit; empty if anything else differs too."""
    try:
        was = toml_table(Repository(path.parent, host).git("show", f"{base}:./{path.name}").decode())
        now = toml_table(path.read_text(encoding="utf-8"))
    except (UsageError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return frozenset()
    before, after = was.pop("examples", {}), now.pop("examples", {})
    if was != now:
        return frozenset()
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _differs(path: Path, base: str, host: HostEnvironment) -> bool:
    """Return whether a file, or anything in a folder, differs from the commit; False outside the docs' checkout."""
    folder, name = (path, ".") if path.is_dir() else (path.parent, path.name)
    checkout = Repository(folder, host)
    try:
        return bool(
            checkout.git("diff", "--name-only", "--no-ext-diff", "--no-textconv", base, "--", name).strip()
            or checkout.git("ls-files", "--others", "--exclude-standard", "--", name).strip()
        )
    except UsageError:
        return False
