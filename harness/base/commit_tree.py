"""What a commit has at a path: files, folders and links, in submodules too, each of which has a commit of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.base.errors import UsageError
from harness.base.git import LINK, GitFile, Repository
from harness.base.links import follow

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER: Final = "040000"
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


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a folder of a commit has under a name."""

    mode: str
    id: str
    """Hash of the object; of a submodule that of its commit."""


@dataclass(slots=True)
class CommitTree:
    """What one commit has, by paths relative to the top. Mutable: each folder is read once."""

    repository: Repository
    """The top of the working tree."""
    commit: str
    """Full hash."""
    _folders: dict[str, Mapping[str, _Entry]] = field(default_factory=dict)
    _submodules: dict[str, CommitTree] = field(default_factory=dict)

    def blob(self, path: str) -> bytes | None:
        """Return the bytes of a file, looked for in submodules and by links; None if it is not there.

        Raises:
            LinkError: a link leads out of the repository, or is part of a loop.
            UsageError: git lacks the object, or a submodule the commit.
        """
        tree, rest = self._owner(self.followed(path))
        return tree._content(rest)

    def followed(self, path: str) -> str:
        """Return where a path leads, whether or not anything is there; else as :meth:`blob`."""
        return follow(path, self._link, self._is_submodule, f"{path} of commit {self.commit[:12]}")[-1]

    def is_folder(self, path: str) -> bool:
        """Return whether a path leads to a folder or a submodule; else as :meth:`blob`."""
        place = self.followed(path)
        tree, rest = self._owner(place)
        entry = tree._entry(rest)
        return not place or (entry is not None and entry.mode in (_FOLDER, _SUBMODULE))

    def _content(self, path: str) -> bytes | None:
        entry = self._entry(path)
        if entry is None or entry.mode in (_FOLDER, _SUBMODULE):
            return None
        return self.repository.content(GitFile(path, entry.id, is_link=entry.mode == LINK))

    def _link(self, path: str) -> str | None:
        """Return the target of a link; None if the path is not a link."""
        tree, rest = self._owner(path)
        entry = tree._entry(rest)
        return os.fsdecode(tree._content(rest) or b"") if entry is not None and entry.mode == LINK else None

    def _is_submodule(self, path: str) -> bool:
        """Return whether a folder is the top of a submodule."""
        tree, rest = self._owner(path)
        entry = tree._entry(rest)
        return entry is not None and entry.mode == _SUBMODULE

    def _owner(self, path: str) -> tuple[CommitTree, str]:
        """Return the innermost submodule that a path is in, and the path relative to it; this tree if it is in none."""
        parts = path.split("/")
        for number in range(1, len(parts)):
            folder = "/".join(parts[:number])
            entry = self._entry(folder)
            if entry is None:
                break
            if entry.mode == _SUBMODULE:
                return self._submodule(folder, entry.id)._owner("/".join(parts[number:]))
        return self, path

    def _submodule(self, folder: str, commit: str) -> CommitTree:
        if folder not in self._submodules:
            inner = Repository(self.repository.path / folder, self.repository.host)
            check_there(inner, commit)
            self._submodules[folder] = CommitTree(inner, commit)
        return self._submodules[folder]

    def _entry(self, path: str) -> _Entry | None:
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            where = (f"{folder}/",) if folder else ()
            listing = self.repository.git("ls-tree", "-z", "--full-tree", self.commit, "--", *where)
            self._folders[folder] = dict(map(_named, listing.decode("utf-8", "surrogateescape").split("\0")[:-1]))
        return self._folders[folder].get(name)


def _named(line: str) -> tuple[str, _Entry]:
    """Return the name in its folder, and the entry, of a line of ``git ls-tree``."""
    facts, _, path = line.partition("\t")
    mode, _, id = facts.split()
    return path.rpartition("/")[2], _Entry(mode, id)
