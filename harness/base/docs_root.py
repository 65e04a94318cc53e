"""The docs root that a page, a folder or the working directory means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.docs.sites import site_folder
from extractor.docs.tree import PAGE_ENDINGS, find_files
from harness.base.errors import UsageError
from harness.base.git import resolve_inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.model import Layout

FILE_NAME: Final = "docprobe.toml"


def shaped_like_docs(folder: Path) -> bool:
    """Return whether ``folder`` looks like a docs root: configured, or with ``specification/`` and ``docs/`` in it."""
    return (folder / FILE_NAME).is_file() or _holds_specification(folder)


def _holds_specification(folder: Path) -> bool:
    return (folder / "specification").is_dir() and (folder / "docs").is_dir()


def docs_root(docs: Path | None, cwd: Path) -> Path:
    """Return the docs root: as given, else the nearest at or above ``cwd``. Raises UsageError if there is none.

    Of a single page it is the nearest folder above that is shaped like docs, in the same checkout; else that of the
    configuration of its site; else its own folder. A folder that is not shaped like docs may be the checkout whose
    ``docs/`` is, or a part of the docs of a specification or of a site.
    """
    if docs is not None:
        if docs.is_file() and docs.name.lower().endswith(PAGE_ENDINGS):
            return resolve_inside(_root_of_page(docs))
        if not docs.is_dir():
            raise UsageError(
                f"{docs} is not a folder or a page (.md, .mdx)" if docs.exists() else f"{docs} does not exist",
                "give the docs root (the folder that holds specification/ and docs/, or a docprobe.toml), or one page",
            )
        return resolve_inside(_root_of_folder(docs))
    for folder in (cwd, *cwd.parents):
        if shaped_like_docs(folder):
            return resolve_inside(folder)
        if (folder / "docs").is_dir() and shaped_like_docs(folder / "docs"):
            return resolve_inside(folder / "docs")
    raise UsageError(
        f"no docs root at or above {cwd}",
        "name it: docprobe check DOCS, where DOCS holds specification/ and docs/, or a docprobe.toml, or is one page",
    )


def _root_of_page(page: Path) -> Path:
    own = Path(os.path.abspath(page)).parent  # noqa: PTH100  (a link is judged by resolve_inside)
    return next((folder for folder in _of_checkout(own) if shaped_like_docs(folder)), None) or _of_site(own)


def _root_of_folder(folder: Path) -> Path:
    """The docs root that a folder means. A configuration above does not make it a part: it may be beside the docs."""
    if shaped_like_docs(folder):
        return folder
    if _holds_specification(folder / "docs"):
        return folder / "docs"
    own, real = Path(os.path.abspath(folder)), folder.resolve()  # noqa: PTH100
    whole = (above for above in _of_checkout(own) if _holds_specification(above))
    return next((above for above in whole if real.is_relative_to(above.resolve())), None) or _of_site(own)


def _of_site(folder: Path) -> Path:
    """Return the folder that configures the site which ``folder`` is a part of; itself if it is none, or the whole."""
    return site_folder(folder, _of_checkout(folder)) or folder


def _of_checkout(folder: Path) -> Iterator[Path]:
    """A folder and those above it, up to the root of its checkout."""
    for above in (folder, *folder.parents):
        yield above
        if (above / ".git").exists():
            return


def pages_of(docs: Path, root: Path, layout: Layout) -> tuple[str, ...]:
    """Return the pages that are read of the docs, if ``docs`` is one page or a part of them; empty for all.

    Raises:
        UsageError: the part has no pages.
    """
    given, real_root = docs.resolve(), root.resolve()
    if given == real_root or not given.is_relative_to(real_root):
        return ()
    part = given.relative_to(real_root).as_posix()
    if docs.is_file():
        return (part,)
    pages = tuple(path for path in find_files(root, layout)[0] if path.startswith(f"{part}/"))
    if not pages:
        raise UsageError(
            f"{docs} holds no pages ({', '.join(PAGE_ENDINGS)})", "give the docs root, a folder in it, or one page"
        )
    return pages
