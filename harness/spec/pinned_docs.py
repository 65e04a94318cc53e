"""The pinned docs: a manifest that lets anyone rebuild the same snapshot, and the copy made from it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping  # noqa: TC003 (the manifest is read by the type hints below)
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.tomlfile import read_toml
from harness.base.errors import UsageError, unwritable
from harness.base.git import URL, repository_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.host import HostEnvironment

SCHEMA: Final = "docprobe-snapshot/1"
MANIFEST: Final = "snapshot.toml"
UPSTREAM: Final = "upstream"
PAGE_ENDINGS: Final = (".md", ".mdx")


@dataclass(frozen=True, slots=True)
class SnapshotManifest:
    """Facts from which the same snapshot can be rebuilt."""

    repository: str
    """For people: ``owner/name``, or the URL it was fetched from."""
    commit: str
    """Full hash."""
    root: str
    """Folder of the docs in the repository; ``.`` for the repository itself."""
    pages: Mapping[str, str]
    """Path relative to the root to SHA-256 of the file as it is in that commit."""


@dataclass(frozen=True, slots=True)
class _ManifestFile:
    """The keys of ``snapshot.toml``."""

    schema: str
    repository: str
    commit: str
    root: str
    pages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verification:
    """How a docs tree differs from its manifest."""

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    extra: tuple[str, ...]
    """Pages that the manifest does not list."""

    @property
    def whole(self) -> bool:
        """Whether the tree is the pinned one."""
        return not (self.missing or self.changed or self.extra)


def read_manifest(file: Path) -> SnapshotManifest:
    """Read ``snapshot.toml``.

    Raises:
        UsageError: it does not exist, cannot be read, or is not a manifest.
    """
    if not file.is_file():
        raise UsageError(f"{file} does not exist", "docprobe snapshot sync --from CHECKOUT writes it")
    document = read_toml(file)
    if document.table.get("schema") != SCHEMA:
        raise document.error(("schema",), f"the schema is not '{SCHEMA}'", "give a snapshot.toml")
    written = document.value(_ManifestFile)
    return SnapshotManifest(written.repository, written.commit, written.root, written.pages)


def to_toml(manifest: SnapshotManifest) -> str:
    """Return the text of ``snapshot.toml``, pages sorted."""
    lines = [
        "# The upstream docs that docprobe is measured against: facts from which anyone can rebuild the same snapshot.",
        "# docprobe snapshot sync --from CHECKOUT_OR_URL brings the pages into docs-snapshot/upstream/, which git",
        "# ignores.",
        f"schema = {_quoted(SCHEMA)}",
        f"repository = {_quoted(manifest.repository)}",
        f"commit = {_quoted(manifest.commit)}",
        f"root = {_quoted(manifest.root)}",
        "",
        "[pages]",
        "# path relative to the root = SHA-256 of the file as it is in that commit",
        *(f"{_quoted(path)} = {_quoted(manifest.pages[path])}" for path in sorted(manifest.pages)),
    ]
    return "\n".join(lines) + "\n"


def verify(docs: Path, manifest: SnapshotManifest) -> Verification:
    """Compare the pages below ``docs`` with the manifest. Links are not followed: a linked page counts as changed."""
    there = {path: _digest(docs / path) for path in _pages_below(docs)}
    return Verification(
        missing=tuple(sorted(manifest.pages.keys() - there.keys())),
        changed=tuple(sorted(path for path in manifest.pages.keys() & there if there[path] != manifest.pages[path])),
        extra=tuple(sorted(there.keys() - manifest.pages.keys())),
    )


def sync(
    source: str, ref: str | None, folder: Path, host: HostEnvironment, *, root: str | None = None
) -> tuple[SnapshotManifest, bool]:
    """Bring the docs of one commit into ``folder/upstream`` and pin them in ``folder/snapshot.toml``.

    Args:
        source: a checkout's folder, or an https or ssh URL.
        ref: commit, tag or branch; None takes the commit that is pinned, or HEAD if none is.
        folder: holds the manifest and the copy.
        host: the environment that git is run in.
        root: folder of the docs in the repository; None takes the manifest's, or ``docs``.

    Returns:
        The manifest, and whether the pin moved.

    Raises:
        UsageError: the source or ref is not there, has no such folder, or gives other bytes for the pinned commit;
            or the folder cannot be written.
    """
    file = folder / MANIFEST
    pinned = read_manifest(file) if file.is_file() else None
    root = root or (pinned.root if pinned else "docs")
    with repository_at(source, ref or (pinned.commit if pinned else "HEAD"), host) as (repository, commit):
        files = repository.files(commit, root)
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(prefix=f".{UPSTREAM}-", dir=folder))
            try:
                repository.write(files, fresh)
                pages = {path: _digest(fresh / path) for path in _pages_below(fresh)}
                name = pinned.repository if pinned else _name(source)
                manifest = SnapshotManifest(name, commit, root, pages)
                if pinned and pinned.commit == commit and pinned.root == root and dict(pinned.pages) != pages:
                    raise UsageError(
                        f"{source} gives other pages for commit {commit[:12]} than {file} pins",
                        "one of the two has been changed; compare them: docprobe snapshot verify",
                    )
                _replace(folder / UPSTREAM, fresh)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    moved = manifest != pinned
    if moved:
        with _writing(file):
            file.write_text(to_toml(manifest), encoding="utf-8")
    return manifest, moved


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Raise what cannot be written as an error about ``place``."""
    try:
        yield
    except OSError as error:
        raise unwritable(place, error) from error


def _replace(target: Path, fresh: Path) -> None:
    """Put ``fresh`` in the place of ``target``; at no moment is a half-written tree there."""
    fresh.chmod(0o755)
    old = fresh.with_name(f"{fresh.name}-old")
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _pages_below(docs: Path) -> Iterator[str]:
    """Yield every page below ``docs``, hidden folders left out, links not followed."""
    for folder, folders, names in os.walk(docs):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(PAGE_ENDINGS):
                yield (Path(folder) / name).relative_to(docs).as_posix()


def _digest(file: Path) -> str:
    """Return the SHA-256 of a regular file; empty for anything else, which then equals no digest."""
    if file.is_symlink() or not file.is_file():
        return ""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _name(source: str) -> str:
    """Return ``owner/name`` of a URL, the folder's name of a checkout: no path of a machine gets into the manifest."""
    parts = re.split(r"[/:]", source.rstrip("/").removesuffix(".git"))
    return "/".join(parts[-2:]) if URL.match(source) else Path(source).resolve().name


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
