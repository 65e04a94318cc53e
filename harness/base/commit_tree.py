"""What a commit has at a path: files, folders and links, in submodules too, each of which has a commit of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from harness.base.errors import UsageError
from harness.base.git import Repository
from harness.base.links import follow

if TYPE_CHECKING:
    from harness.base.git import GitFile

_SUBMODULE: Final = "160000"
"""Mode of a tree's entry that names a commit of another repository."""


@dataclass(frozen=True, slots=True)
class FolderAt:
    """A folder of a checkout, or of a submodule of it, as a commit of the checkout has it."""

    repository: Repository
    """The folder."""
    commit: str | None
    """Full hash, in the repository that the folder belongs to; None if the submodule was not there yet."""

    @property
    def prefix(self) -> str:
        """The folder as seen from the top of its working tree; ``.`` for the top."""
        shown = self.repository.git("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape")
        return shown.removesuffix("\n").rstrip("/") or "."


def submodule_commit(place: FolderAt, path: str) -> str | None:
    """Return the commit that a repository records for the submodule at a path; None if the path has no submodule.

    Args:
        place: a folder and the commit.
        path: of the submodule, relative to the folder.
    """
    if place.commit is None:
        return None
    whole = path if place.prefix == "." else f"{place.prefix}/{path}"
    entry = place.repository.git("ls-tree", "-z", "--full-tree", place.commit, "--", whole)
    mode, _, rest = entry.decode("utf-8", "surrogateescape").partition(" ")
    return rest.split()[1] if mode == _SUBMODULE else None


def check_there(submodule: Repository, commit: str) -> None:
    """Raise UsageError, with how to get it, if a submodule lacks a commit that its checkout names."""
    try:
        submodule.commit(commit)
    except UsageError as error:
        name = submodule.path.name
        raise UsageError(
            f"the submodule {name} lacks commit {commit[:12]}, with which the docs are compared",
            f"fetch it: git -C {name} fetch origin {commit}; in CI check out with submodules: true and fetch-depth: 0",
        ) from error


def blob_at(place: FolderAt, path: str) -> bytes | None:
    """Return the bytes of a file at a commit, looked for in submodules and by links; None if it is not there.

    Args:
        place: the top of a working tree, and the commit.
        path: relative to it, as the commit has it.

    Raises:
        LinkError: a link leads out of the repository, or round in circles.
        UsageError: git lacks the object, or a submodule the commit.
    """
    assert place.commit is not None, "the commit of a checkout, or one that its tree names"
    found = place.repository.entry(place.commit, path)
    if found is None or found.is_link:
        place, found = _entry(place, followed(place, path))
    return None if found is None else place.repository.content(found)


def followed(place: FolderAt, path: str) -> str:
    """Return where a path of a commit leads, whether or not anything is there; else as :func:`blob_at`."""
    assert place.commit is not None, "as above"
    shown = f"{path} of commit {place.commit[:12]}"
    return follow(path, partial(_link, place), partial(_is_submodule, place), shown)[-1]


def is_folder_at(place: FolderAt, path: str) -> bool:
    """Return whether a path of a commit leads to a folder or a submodule; else as :func:`blob_at`."""
    owner, rest = _owner(place, followed(place, path))
    assert owner.commit is not None, "as above"
    return owner.repository.has_files(owner.commit, rest) or submodule_commit(owner, rest) is not None


def _entry(place: FolderAt, path: str) -> tuple[FolderAt, GitFile | None]:
    """Return what a commit has at a path, and the repository and commit that has it: those of a submodule, perhaps."""
    assert place.commit is not None, "as above"
    found = place.repository.entry(place.commit, path)
    if found is not None:
        return place, found
    owner, rest = _owner(place, path)
    assert owner.commit is not None, "as above"
    return owner, None if owner is place else owner.repository.entry(owner.commit, rest)


def _owner(place: FolderAt, path: str) -> tuple[FolderAt, str]:
    """Return the innermost submodule that a path is in, and the path relative to it; ``place`` if it is in none."""
    for folder in list(PurePosixPath(path).parents)[-2::-1]:
        own = submodule_commit(place, folder.as_posix())
        if own is not None:
            inner = Repository(place.repository.path / folder, place.repository.host)
            check_there(inner, own)
            return _owner(FolderAt(inner, own), PurePosixPath(path).relative_to(folder).as_posix())
    return place, path


def _link(place: FolderAt, path: str) -> str | None:
    """Return where a link of a commit leads; None if there is no link at the path."""
    owner, found = _entry(place, path)
    return os.fsdecode(owner.repository.content(found)) if found is not None and found.is_link else None


def _is_submodule(place: FolderAt, path: str) -> bool:
    """Return whether a folder of a commit is the top of a submodule."""
    return submodule_commit(*_owner(place, path)) is not None
