"""Folders and files of a checkout at one of its commits, submodules included: each has a commit of its own there."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from extractor.base.storage import write_atomically
from harness.base.commit_tree import CommitTree, FolderAt, check_there, submodule_commit
from harness.base.errors import UsageError
from harness.base.git import GitFile, Repository, is_ref

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.base.host import HostEnvironment

AS_IT_IS: Final = ("--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
"""Options of ``git diff``: no program and no setting of the repository decides what differs."""
_NOT_CHECKED_OUT: Final = "S "
"""What ``git ls-files -t`` marks a file with that a sparse checkout leaves out."""


def folder_at(folder: Path, checkout: Repository, commit: str) -> FolderAt | None:
    """Return a folder at a commit of a checkout; None if it lies outside, so that the commit says nothing of it.

    Args:
        folder: there now.
        checkout: any folder of the checkout.
        commit: of the checkout, full hash.

    Raises:
        UsageError: the folder is in a submodule that lacks the commit which belongs to it; the hint says how to get it.
    """
    inside = Repository(folder, checkout.host)
    top, whole = _top(inside), _top(checkout)
    if top is None or whole is None:
        return None
    if top == whole:
        return FolderAt(inside, commit)
    around = inside.git("rev-parse", "--show-superproject-working-tree").decode("utf-8", "surrogateescape").rstrip("\n")
    if not around:
        return None
    above = folder_at(Path(around), checkout, commit)
    if above is None or above.commit is None:
        return above and FolderAt(inside, None)
    own = submodule_commit(above, top.resolve().relative_to(Path(around).resolve()).as_posix())
    if own is not None:
        check_there(Repository(top, checkout.host), own)
    return FolderAt(inside, own)


def file_at(path: Path, checkout: Repository, commit: str) -> bytes | None:
    """Return the bytes of a file at a commit of a checkout; None if it was not there.

    One that lies outside the checkout and its submodules is as it is now: the commit says nothing of it.

    Args:
        path: of the file; links on the way are followed as the commit has them.
        checkout: any folder of the checkout.
        commit: of the checkout, full hash.

    Raises:
        LinkError: a link leads out of the repository, or round in circles.
        UsageError: the file is in a submodule that lacks the commit which belongs to it, or git lacks the file.
    """
    if not path.parent.is_dir():
        return None
    place = folder_at(path.parent, checkout, commit)
    if place is None:
        return path.read_bytes() if path.is_file() else None
    top = _top(place.repository)
    if place.commit is None or top is None:
        return None
    name = path.name if place.prefix == "." else f"{place.prefix}/{path.name}"
    return CommitTree(Repository(top, checkout.host), place.commit).blob(name)


def _top(repository: Repository) -> Path | None:
    """The top of the working tree that a folder belongs to; None if it belongs to none."""
    try:
        return Path(repository.git("rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\n"))
    except UsageError:
        return None


def changed_files(place: FolderAt) -> tuple[tuple[str, ...], Mapping[str, str | None]]:
    """Return the files of a folder that differ from a commit, and the commits of its submodules that do.

    Committed or not, and untracked. What a change says of its submodules (``ignore = all``) hides none of them.

    Args:
        place: the folder and the commit.

    Returns:
        Paths relative to the folder, those in submodules too; by the path of each such submodule its commit of then,
        None for one that was not there.
    """
    git, folder = place.repository.git, place.repository.path
    if place.commit is None:
        names = {*_names(git("ls-files", "-z", "--", "."))}
    else:
        options = ("--name-only", "-z", "--relative", "--no-renames", *AS_IT_IS)
        names = {*_names(git("diff", *options, place.commit, "--", "."))}
    # git lists a nested repository that is not a submodule with a trailing slash
    names |= {name.rstrip("/") for name in _names(git("ls-files", "--others", "--exclude-standard", "-z", "--", "."))}
    # files outside a sparse checkout are not part of the docs here, whatever a change does to them
    marked = _names(git("ls-files", "-t", "-z", "--", "."))
    left_out = {line.removeprefix(_NOT_CHECKED_OUT) for line in marked if line.startswith(_NOT_CHECKED_OUT)}
    names = {name for name in names if name not in left_out or (folder / name).exists()}
    submodules: dict[str, str | None] = {}
    for name in sorted(names):
        path = folder / name
        if path.is_symlink() or not (path / ".git").exists():
            continue
        commit = submodule_commit(place, name)
        inside = FolderAt(Repository(path, place.repository.host), commit)
        if commit is not None:
            check_there(inside.repository, commit)
        below, nested = changed_files(inside)
        names.remove(name)
        submodules |= {name: commit} | {f"{name}/{file}": one for file, one in nested.items()}
        names |= {f"{name}/{file}" for file in below}
    return tuple(sorted(names)), submodules


def changed_among(folder: Path, names: Sequence[str], checkout: Repository, commit: str) -> frozenset[str]:
    """Return the changed files among some of a folder, and those below folders among them; relative to the folder.

    Args:
        folder: there or not; outside the checkout and its submodules nothing has changed.
        names: relative to it; ``.`` for all of it.
        checkout: any folder of the checkout.
        commit: of the checkout, full hash.

    Raises:
        UsageError: the folder is in a submodule that lacks the commit which belongs to it, or git fails.
    """
    place = folder_at(folder, checkout, commit) if folder.is_dir() else None
    if place is None:
        return frozenset()
    git = place.repository.git
    if place.commit is None:
        return frozenset(_names(git("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *names)))
    return frozenset(
        (
            *_names(git("diff", "--name-only", "-z", "--relative", *AS_IT_IS, place.commit, "--", *names)),
            *_names(git("ls-files", "--others", "--exclude-standard", "-z", "--", *names)),
        )
    )


def files_before(
    place: FolderAt, names: Collection[str], submodules: Mapping[str, str | None]
) -> Iterator[tuple[GitFile, bytes]]:
    """Yield those of the changed files of a folder that the commit has, links included, with their bytes.

    Args:
        place: the folder and the commit.
        names: of the files, as :func:`changed_files` returns them.
        submodules: as it returns them.

    Raises:
        UsageError: the commit has no files in the folder, or they take too much.
    """
    if not names or place.commit is None:
        return
    inside = {name: commit for name, commit in submodules.items() if commit is not None}
    # the innermost submodule has a file that is in several
    owners = {name: max((one for one in inside if name.startswith(f"{one}/")), key=len, default="") for name in names}
    for owner in sorted({*owners.values()}):
        own = {name for name, one in owners.items() if one == owner}
        repository = Repository(place.repository.path / owner, place.repository.host)
        commit = inside[owner] if owner else place.commit
        there = repository.files(commit, "." if owner else place.prefix, links=True)
        before = f"{owner}/" if owner else ""
        wanted = [file for file in there if before + file.path in own]
        for file, data in repository.contents(wanted) if wanted else ():
            yield replace(file, path=before + file.path), data


def _names(output: bytes) -> Sequence[str]:
    return [name for name in output.decode("utf-8", "surrogateescape").split("\0") if name]


@dataclass(frozen=True, slots=True)
class FilesAt:
    """Single files of a checkout as one commit has them, whatever the working tree holds."""

    ref: str
    """As it was named."""
    commit: str
    """Full hash."""
    repository: Repository
    """The top of the checkout."""
    folder: Path
    """Where copies are written: a folder for each commit."""
    tree: CommitTree
    """Of the commit."""
    unused: list[str] = field(default_factory=list)
    """Files that the working tree has otherwise, relative to the top: they were asked for, and are not used."""

    @classmethod
    def of(cls, place: Path, ref: str, folder: Path, host: HostEnvironment) -> FilesAt:
        """Return the files of the checkout around ``place`` at ``ref``.

        Raises:
            UsageError: ``place`` is in no checkout, or it has no such commit.
        """
        if not is_ref(ref):
            raise UsageError(f"{ref!r} is not a git ref", "name a branch, a tag or a commit")
        inside = Repository(place, host)
        top = Repository(Path(inside.git("rev-parse", "--show-toplevel").decode().rstrip("\n")).resolve(), host)
        top.check_one(ref)
        try:
            commit = top.commit(ref)
        except UsageError as error:
            hint = "fetch it; in CI check out with fetch-depth: 0"
            raise UsageError(f"{ref}: unknown ref in this checkout", hint) from error
        return cls(ref, commit, top, folder, CommitTree(top, commit))

    def copy(self, path: Path) -> Path | None:
        """Return a copy of a file as the commit has it; None if the commit does not have it.

        A file outside the checkout is returned unchanged. Of one in a submodule the commit that belongs to it counts.

        Raises:
            UsageError: the file is in a submodule that lacks the commit which belongs to it; the hint says how to get
                it.
        """
        name = self._name(path)
        if name is None:
            return path if path.is_file() else None
        data = self.tree.blob(name)
        if self._differs(path, data):
            self.unused.append(name)
        if data is None:
            return None
        copy = self.folder / self.commit / name
        write_atomically(copy, data, durable=False)
        return copy

    def is_file(self, path: Path) -> bool:
        """Return whether the commit has a file there; of a path outside the checkout, whether one is there now."""
        name = self._name(path)
        return path.is_file() if name is None else self.tree.blob(name) is not None

    def is_dir(self, path: Path) -> bool:
        """Return whether the commit has a folder there; of a path outside the checkout, whether one is there now."""
        name = self._name(path)
        return path.is_dir() if name is None else self.tree.is_folder(name)

    def resolve(self, path: Path) -> Path:
        """Return where a folder leads as the commit has it; one outside the checkout, where it leads now.

        Raises:
            LinkError: it leads out of its checkout.
        """
        name = self._name(path)
        return path.resolve() if name is None else self.repository.path / self.tree.followed(name)

    def holding(self, folder: Path, names: Sequence[str]) -> Path:
        """Copy the named entries of a folder as the commit has them, and return the folder of the copies.

        It may hold other entries of the commit, too.

        Args:
            folder: in the checkout; one outside is returned unchanged.
            names: of files, and of folders, which are empty there.
        """
        top = self.repository.path
        name = "" if folder.resolve() == top else self._name(folder)
        if name is None:
            return folder
        copy = self.folder / self.commit / name
        copy.mkdir(parents=True, exist_ok=True)
        for one in names:
            path = f"{name}/{one}" if name else one
            if (data := self.tree.blob(path)) is not None:
                write_atomically(copy / one, data, durable=False)
            elif self.tree.is_folder(path):
                (copy / one).mkdir(exist_ok=True)
        return copy

    def _name(self, path: Path) -> str | None:
        """The file's name in the commit; None if it is not in this checkout.

        A change can put links and submodules on the way to a file: its place is where its name says it is.
        """
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 (lexically)
        for folder in absolute.parents:
            if (folder / ".git").exists() and folder.resolve() == self.repository.path:
                return absolute.relative_to(folder).as_posix()
        return None

    @staticmethod
    def _differs(path: Path, data: bytes | None) -> bool:
        try:
            # a change may have put anything there: only a file as long as the other is read
            now = path.stat()
            return not S_ISREG(now.st_mode) or now.st_size != len(data or b"") or path.read_bytes() != data
        except OSError:
            return data is not None
