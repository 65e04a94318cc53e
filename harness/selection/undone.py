"""A folder of a checkout with a change undone: what is read where the docs at the merge base are compared with."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from extractor.docs.sites import ABOVE
from extractor.docs.tree import MAX_PAGE_BYTES, is_skipped_folder
from harness.base.checkout import changed_among, changed_files, file_at, files_before, folder_at
from harness.base.errors import LinkError, UsageError
from harness.base.git import Repository, is_media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.host import HostEnvironment


@contextmanager
def folder_before(folder: Path, docs: Path, commit: str, host: HostEnvironment) -> Iterator[Path | None]:
    """Give a temporary folder that holds ``folder`` as it was at a commit; None if it was not there.

    It differs from the folder in what git says has changed, and in nothing else: files that git does not track are in
    both, those that a sparse checkout leaves out in neither, and submodules and links are what they are in the folder.
    It has the folder's name, and above it the files that say how pages of a folder below them are read.

    Args:
        folder: in the checkout of the docs or in a submodule of it.
        docs: any folder of the checkout.
        commit: of the checkout.
        host: the environment that git is run in.

    Raises:
        UsageError: the folder is in a submodule that lacks the commit which belongs to it, or takes too much.
    """
    place = folder_at(folder, Repository(docs, host), commit)
    if place is None or place.commit is None:
        yield None
        return
    if not place.repository.has_files(place.commit, place.prefix):
        yield None
        return
    names, submodules = changed_files(place)
    with tempfile.TemporaryDirectory(prefix="docprobe-base-") as temporary:
        target = Path(temporary) / folder.name
        target.mkdir()
        _copy_above(folder.parent, target.parent, Repository(docs, host), commit)
        links: dict[str, bytes | str] = {}
        for file, data in files_before(place, [name for name in names if not is_media(name)], submodules):
            if ".." in PurePosixPath(file.path).parts or file.path.startswith("/"):
                raise UsageError(f"{file.path!r} would be written outside the docs")
            if file.is_link:
                links[file.path] = data
                continue
            path = target / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        changed = frozenset(names)
        for name in _files_of(folder, place.repository):
            if name in changed or is_media(name):
                continue
            if (folder / name).is_symlink():
                links[name] = os.readlink(folder / name)  # noqa: PTH115  (bytes of a name that is not UTF-8, too)
            else:
                _copy(folder / name, target / name)
        # last, so that nothing is written through one
        for name, leads_to in sorted(links.items(), reverse=True):
            _link(target / name, os.fsdecode(leads_to), target)
        yield target


def _copy_above(folder: Path, target: Path, docs: Repository, commit: str) -> None:
    """Write the files above a docs root that say how its pages are read, as they were at a commit."""
    changed = changed_among(folder, ABOVE, docs, commit)
    for name in ABOVE:
        path = folder / name
        if name not in changed:
            _copy(path, target / name)
            continue
        # one that cannot be read says nothing
        with suppress(LinkError):
            if (data := file_at(path, docs, commit)) is not None:
                (target / name).write_bytes(data)


def _files_of(folder: Path, repository: Repository) -> Iterator[str]:
    """Yield the files and links of a folder that docs are read from: those that are found, and those git tracks."""
    found = set()
    for top, folders, names in os.walk(folder):
        below = Path(top).relative_to(folder).as_posix()
        linked = [name for name in folders if (Path(top) / name).is_symlink()]
        folders[:] = [name for name in folders if name not in linked and not is_skipped_folder(name)]
        for name in (*names, *linked):
            found.add(name if below == "." else f"{below}/{name}")
    listed = repository.git("ls-files", "--recurse-submodules", "-z", "--", ".").decode("utf-8", "surrogateescape")
    found |= {name for name in listed.split("\0") if name}
    yield from sorted(found)


def _copy(source: Path, path: Path) -> None:
    """Give a file a second name, or copy it to another disk. What cannot be read is left out, as reading it fails."""
    try:
        if not source.is_file() or source.stat().st_size > MAX_PAGE_BYTES:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, path)
    except OSError:
        return


def _link(path: Path, leads_to: str, target: Path) -> None:
    """Make a link, unless something is there, or the way to it leads through another link."""
    if os.path.lexists(path) or any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(target)):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(leads_to)
