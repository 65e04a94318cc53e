"""Links on the way to a file of a checkout, followed inside it and never out of it.

A commit and a working tree give the same answer: that of the kernel, except that a link which leads out of the
repository, or round in circles, is an error that names it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.text import printable
from harness.base.errors import LinkError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_LINKS: Final = 40
"""As many as Linux follows on the way to one file (path_resolution(7))."""
_HINT: Final = "make it a regular file, or a link to a file of the same repository"


def follow(
    name: str, link: Callable[[str], str | None], is_top: Callable[[str], bool], shown: str | None = None
) -> tuple[str, ...]:
    """Return the links on the way to a file, and last the path that they lead to, whether or not it is there.

    Args:
        name: of the file, relative to the top of its repository; POSIX, without ``..``.
        link: returns where the link at a path leads, None if there is none; paths are relative to the top.
        is_top: whether a folder is the top of a submodule, out of which a link in it does not lead either.
        shown: what the file is called in messages; None for ``name``.

    Raises:
        LinkError: a link leads out of the repository, or there are more than MOST_LINKS.
    """
    shown = printable(shown or name)
    left, at = [*reversed(name.split("/"))], ""
    links: list[str] = []
    while left:
        part = left.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not at or is_top(at):
                raise _outside(shown, links[-1], link(links[-1]))
            at = at.rpartition("/")[0]
            continue
        path = f"{at}/{part}" if at else part
        target = link(path)
        if target is None:
            at = path
            continue
        links.append(path)
        if target.startswith("/"):
            raise _outside(shown, path, target)
        if len(links) > MOST_LINKS:
            raise LinkError(f"{shown} cannot be read: the link {printable(path)} is part of a loop", _HINT)
        left += reversed(target.split("/"))
    return (*links, at)


def _outside(shown: str, link: str, target: str | None) -> LinkError:
    leads = f"the link {printable(link)} points outside the repository: {printable(target or '')}"
    return LinkError(f"{shown} cannot be read: {leads}", _HINT)


def links_to(path: Path) -> tuple[Path, ...]:
    """Return the links in the working tree on the way to a file of a checkout, and last the file that they lead to.

    Links above the top of the checkout are not looked at. Of a file in no checkout it is the file alone: whoever put it
    there may do so in any way.

    Args:
        path: there or not.

    Raises:
        LinkError: a link leads out of the checkout, or there are too many.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  (lexically: links are what is in question)
    top = next((folder for folder in absolute.parents if (folder / ".git").exists()), None)
    if top is None:
        return (absolute,)

    def link(name: str) -> str | None:
        return os.readlink(top / name) if (top / name).is_symlink() else None  # noqa: PTH115  (any bytes)

    found = follow(
        absolute.relative_to(top).as_posix(), link, lambda name: (top / name / ".git").exists(), shown=str(path)
    )
    return tuple(top / name for name in found)
