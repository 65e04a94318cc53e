"""Folders of a checkout compared with one of its commits, submodules included: each has a commit of its own there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.base.errors import UsageError
from harness.base.git import GitFile, Repository

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence


AS_IT_IS: Final = ("--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
"""Options of ``git diff``: no program and no setting of the repository decides what differs."""
_NOT_CHECKED_OUT: Final = "S "
"""What ``git ls-files -t`` marks a file with that a sparse checkout leaves out."""
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
        _check_there(Repository(top, checkout.host), own)
    return FolderAt(inside, own)


def submodule_commit(place: FolderAt, path: str) -> str | None:
    """Return the commit of a submodule at a commit of its repository; None if there is no submodule at that path.

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


def _check_there(submodule: Repository, commit: str) -> None:
    try:
        submodule.commit(commit)
    except UsageError as error:
        name = submodule.path.name
        raise UsageError(
            f"the submodule {name} lacks commit {commit[:12]}, with which the docs are compared",
            f"fetch it: git -C {name} fetch origin {commit}; in CI check out with submodules: true and fetch-depth: 0",
        ) from error


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
    # a repository in the folder that is no submodule is listed with a slash at its end
    names |= {name.rstrip("/") for name in _names(git("ls-files", "--others", "--exclude-standard", "-z", "--", "."))}
    # what a sparse checkout leaves out is no part of the docs at hand, whatever a change does to it
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
            _check_there(inside.repository, commit)
        below, nested = changed_files(inside)
        names.remove(name)
        submodules |= {name: commit} | {f"{name}/{file}": one for file, one in nested.items()}
        names |= {f"{name}/{file}" for file in below}
    return tuple(sorted(names)), submodules


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
