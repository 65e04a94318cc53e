"""What a pull request changes: ``--changed-since REF``, decided by git."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extractor.base.tomlfile import toml_table
from extractor.docs.sites import ABOVE
from harness.base.checkout import changed_among, changed_files, file_at
from harness.base.commit_tree import FolderAt
from harness.base.errors import LinkError, UsageError
from harness.base.git import Repository, is_ref
from harness.base.links import links_to
from harness.base.lock_file import parse_locks, read_locks
from harness.model import Trust

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.config import Config


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between the merge base with a ref and the working tree."""

    ref: str
    base: str
    """The merge base, full hash."""
    files: tuple[str, ...]
    """Changed, added and removed files below the docs root, relative to it; those of submodules are among them."""
    rules: bool
    """Whether anything changed below the root of the normative text, where that is another one."""
    configuration: bool
    """Whether docprobe's own configuration (more than ``tables``) or bindings changed: then everything is selected."""
    baseline: bool
    """Whether the file of known findings changed."""
    tables: frozenset[str] = frozenset()
    """Keys of ``[examples."…"]`` tables that changed, if nothing else of the configuration did."""
    site: bool = False
    """Whether a file above the docs root changed that says how its pages are read, such as ``mkdocs.yml``."""
    schemas: bool = False
    """Whether the folder of the revisions' JSON Schemas changed."""
    images: bool = False
    """Whether the digests of images changed that the project keeps: everything may run in other software."""
    locked: frozenset[str] = frozenset()
    """Digests of the texts whose packages the lock file gives otherwise."""
    submodules: Mapping[str, str | None] = field(default_factory=dict)
    """Commits at the merge base of the submodules below the docs root that changed; None for a new one."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed that docprobe reads."""
        return not (self.files or self.is_beside_pages)

    @property
    def is_beside_pages(self) -> bool:
        """Whether something changed that decides about pages which are as they were: a rule, a setting, a lock."""
        beside = self.rules or self.configuration or self.baseline or self.site or self.schemas or self.images
        return beside or bool(self.tables or self.locked)


def find_change(config: Config, ref: str, option: str = "--changed-since") -> Change:
    """Return what differs between the merge base with ``ref`` and the working tree. Git knows in milliseconds.

    Everything counts that a run reads in the checkout or in its submodules, also where it is gone: the docs, the
    normative text with its JSON Schemas, and, if the change's own settings are used, those with all that they name.

    Args:
        config: of the run.
        ref: what is compared with.
        option: that asks for it, for messages.

    Raises:
        UsageError: the docs are not in a git checkout, or the ref is unknown or has no merge base there; the hint says
            what to fetch.
    """
    docs = Repository(config.docs, config.host)
    base = _merge_base(docs, ref, option)

    def differs(path: Path | None) -> bool:
        return path is not None and _differs(path, docs, base)

    files, submodules = changed_files(FolderAt(docs, base))
    change = Change(
        ref,
        base,
        files,
        rules=config.spec != config.docs and differs(config.spec),
        configuration=False,
        baseline=False,
        site=bool(changed_among(config.docs.parent, ABOVE, docs, base)),
        schemas=differs(config.schema_folder),
        submodules=submodules,
    )
    if config.settings.trust is Trust.BASE:
        # the change's own settings are not used, so that they change nothing
        return change
    bindings = config.bindings if config.bindings != config.profile.bindings else None
    # a file that is gone, or that now comes before the one of then, is a change as well
    read = next((count for count, place in enumerate(config.file_places, 1) if place.is_file()), None)
    places = [place for place in config.file_places[:read] if differs(place)]
    alone = len(places) == 1 and places[0].is_file()
    tables = _tables_changed(places[0], docs, base) if alone else frozenset()
    return replace(
        change,
        configuration=bool(places and not tables) or differs(bindings),
        baseline=differs(config.baseline_place),
        tables=tables,
        images=differs(config.images_lock_place),
        locked=_locked_otherwise(config, base) if differs(config.lock) else frozenset(),
    )


def _merge_base(docs: Repository, ref: str, option: str) -> str:
    if not is_ref(ref):
        raise UsageError(f"{option} {ref!r} is not a git ref", "name a branch, a tag or a commit")
    try:
        shallow = docs.git("rev-parse", "--is-shallow-repository").strip() == b"true"
    except UsageError as error:
        raise UsageError(
            f"{option} needs git: {docs.path.name} is not in a git checkout ({error.message})",
            f"name docs in a git checkout, or leave {option} out",
        ) from error
    docs.check_one(ref)
    fetch = "fetch the history: git fetch --unshallow; in CI check out with fetch-depth: 0"
    try:
        docs.commit(ref)
    except UsageError as error:
        branch = ref.removeprefix("origin/")
        raise UsageError(
            f"{option} {ref}: unknown ref in this checkout",
            fetch if shallow else f"fetch it: git fetch origin {branch}; in CI check out with fetch-depth: 0",
        ) from error
    try:
        return docs.git("merge-base", "--end-of-options", ref, "HEAD").decode().strip()
    except UsageError as error:
        why = "this checkout is shallow" if shallow else "the histories have nothing in common"
        raise UsageError(
            f"{option} {ref}: no merge base with HEAD: {why}",
            fetch if shallow else "name a ref that shares history with HEAD",
        ) from error


def _tables_changed(path: Path, docs: Repository, base: str) -> frozenset[str]:
    """Return the keys of ``[examples."…"]`` tables that differ from the commit; empty if anything else differs too."""
    try:
        before = file_at(path, docs, base)
        if before is None:
            return frozenset()
        was, now = toml_table(before.decode()), toml_table(path.read_text(encoding="utf-8"))
    except (LinkError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return frozenset()
    tables, after = was.pop("examples", {}), now.pop("examples", {})
    if was != now:
        return frozenset()
    return frozenset(name for name in tables.keys() | after.keys() if tables.get(name) != after.get(name))


def _locked_otherwise(config: Config, base: str) -> frozenset[str]:
    """Return the digests of the texts for which the lock file differs from the commit.

    Raises:
        UsageError: it is not a lock file.
    """
    was, now = locks_before(config, base), read_locks(config.lock)
    return frozenset(digest for digest in was.keys() | now.keys() if was.get(digest) != now.get(digest))


def locks_before(config: Config, base: str) -> Mapping[str, Mapping[str, str]]:
    """Return what the lock file held at a commit of the docs' checkout; nothing if it was not there, or not a lock."""
    try:
        data = None if config.lock is None else file_at(config.lock, Repository(config.docs, config.host), base)
    except LinkError:
        return {}
    try:
        return {} if data is None else parse_locks(data, str(config.lock))
    except UsageError:
        return {}


def _differs(path: Path, docs: Repository, base: str) -> bool:
    """Return whether a file, or anything in a folder, differs from a commit of the docs' checkout.

    Args:
        path: there or not; outside the checkout and its submodules nothing differs.
        docs: any folder of the checkout.
        base: the commit.

    Raises:
        UsageError: it is in a submodule that lacks the commit which belongs to it.
    """
    # it is what each link on the way to it says, and what it holds itself
    *links, place = links_to(path)
    if any(changed_among(one.parent, (one.name,), docs, base) for one in links):
        return True
    folder, name = (place, ".") if place.is_dir() else (place.parent, place.name)
    return bool(changed_among(folder, (name,), docs, base))
