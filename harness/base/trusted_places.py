"""With ``--trust base``: a change must not choose which folders are checked, or what they are judged by."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.base.docs_root import docs_root
from harness.base.errors import NoDocsRootError, UsageError
from harness.base.git import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.checkout import FilesAt

_TRUST: str = "or, if you trust the change, use --trust head"


def check_root(root: Path, docs: Path | None, cwd: Path, files: FilesAt) -> None:
    """Raise UsageError if a change decides which folder is checked, or what it is compared with.

    It can put a link or a submodule in the place of the docs root, or folders in it that look like one.

    Args:
        root: the docs root as it is found now.
        docs: as given.
        cwd: where it was looked for, if none was given.
        files: the commit whose settings count.
    """
    for outer in _superprojects(Repository(root, files.repository.host)):
        if outer.has(files.ref):
            raise UsageError(
                f"{root.name} is in a submodule, and the checkout around it, {outer.path.name}, has {files.ref} too: "
                "a change could choose the commit that the submodule is compared with",
                f"check the submodule in a checkout of its own, {_TRUST}",
            )
    try:
        then = docs_root(docs, cwd, files)
    except NoDocsRootError:
        # there were no docs whose settings the change could leave behind
        return
    if then != root:
        raise UsageError(
            f"the docs root is {root} with this change but {then} at {files.ref}, whose settings may not apply to it",
            f"name a folder that is the docs root in both, {_TRUST}",
        )


def _superprojects(inside: Repository) -> Iterator[Repository]:
    """Yield the checkouts around a submodule, innermost first."""
    while around := inside.git("rev-parse", "--show-superproject-working-tree"):
        inside = Repository(Path(os.fsdecode(around).rstrip("\n")), inside.host)
        yield inside


def check_place(folder: Path | None, files: FilesAt | None) -> None:
    """Raise UsageError if a change has a folder of rules lead elsewhere than at the commit whose settings count.

    Args:
        folder: as it is named; None if none is.
        files: of that commit; None if the change's own settings count.
    """
    if folder is None or files is None:
        return
    then, now = files.resolve(folder), folder.resolve()
    if then != now:
        raise UsageError(
            f"{folder.name} leads to {now} with this change but to {then} at {files.ref}",
            "if you trust the change, use --trust head",
        )
