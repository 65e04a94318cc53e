"""The docs root that a page, a folder or the working directory means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from extractor.docs.sites import MARKERS, has_all_pages, site_folder
from extractor.docs.tree import PAGE_ENDINGS, find_files
from harness.base.errors import NoDocsRootError, UsageError
from harness.base.git import resolve_inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Layout

FILE_NAME: Final = "docprobe.toml"


class Tree(Protocol):
    """Files and folders: of the working tree, or as a commit has them."""

    def is_file(self, path: Path) -> bool:
        """Return whether a file is there."""
        ...

    def is_dir(self, path: Path) -> bool:
        """Return whether a folder is there."""
        ...

    def resolve(self, path: Path) -> Path:
        """Return where a folder leads. Raises UsageError if it is out of its checkout."""
        ...

    def holding(self, folder: Path, names: Sequence[str]) -> Path:
        """Return a folder that has what of some names is in a folder."""
        ...


class _WorkingTree:
    def is_file(self, path: Path) -> bool:
        return path.is_file()

    def is_dir(self, path: Path) -> bool:
        return path.is_dir()

    def resolve(self, path: Path) -> Path:
        return resolve_inside(path)

    def holding(self, folder: Path, names: Sequence[str]) -> Path:
        return folder


NOW: Final = _WorkingTree()
"""The working tree."""


def shaped_like_docs(folder: Path, tree: Tree = NOW) -> bool:
    """Return whether ``folder`` looks like a docs root: configured, or with ``specification/`` and ``docs/`` in it."""
    return tree.is_file(folder / FILE_NAME) or _holds_specification(folder, tree)


def _holds_specification(folder: Path, tree: Tree) -> bool:
    return tree.is_dir(folder / "specification") and tree.is_dir(folder / "docs")


def docs_root(docs: Path | None, cwd: Path, tree: Tree = NOW) -> Path:
    """Return the docs root: as given, else the nearest at or above ``cwd``. Raises UsageError if there is none.

    Of a single page it is the nearest folder above that is shaped like docs, in the same checkout; else that of the
    configuration of its site; else its own folder. A folder that is not shaped like docs may be the checkout whose
    ``docs/`` is, or a part of the docs of a specification or of a site.

    Args:
        docs: as given.
        cwd: where to look from.
        tree: what is asked for the shape of folders, and where links lead.
    """
    if docs is not None:
        if docs.is_file() and docs.name.lower().endswith(PAGE_ENDINGS):
            return tree.resolve(_root_of_page(docs, tree))
        if not docs.is_dir():
            raise UsageError(
                f"{docs} is not a folder or a page (.md, .mdx)" if docs.exists() else f"{docs} does not exist",
                "give the docs root (the folder that holds specification/ and docs/, or a docprobe.toml), or one page",
            )
        return tree.resolve(_root_of_folder(docs, tree))
    for folder in (cwd, *cwd.parents):
        if shaped_like_docs(folder, tree):
            return tree.resolve(folder)
        if tree.is_dir(folder / "docs") and shaped_like_docs(folder / "docs", tree):
            return tree.resolve(folder / "docs")
    raise NoDocsRootError(
        f"no docs root at or above {cwd}",
        "name the docs: a folder that holds specification/ and docs/, or a docprobe.toml; or one page",
    )


def _root_of_page(page: Path, tree: Tree) -> Path:
    own = Path(os.path.abspath(page)).parent  # noqa: PTH100  (a link is judged by resolve_inside)
    shaped = next((one for one in _of_checkout(own) if shaped_like_docs(one, tree)), None)
    return shaped or _of_site(own, tree, is_part=True)


def _root_of_folder(folder: Path, tree: Tree) -> Path:
    """The docs root that a folder means. A configuration above does not make it a part: it may be beside the docs."""
    if shaped_like_docs(folder, tree):
        return folder
    if _holds_specification(folder / "docs", tree):
        return folder / "docs"
    own, real = Path(os.path.abspath(folder)), folder.resolve()  # noqa: PTH100
    whole = (above for above in _of_checkout(own) if _holds_specification(above, tree))
    around = next((above for above in whole if real.is_relative_to(above.resolve())), None)
    return around or _of_site(own, tree, is_part=False)


def _of_site(folder: Path, tree: Tree, *, is_part: bool) -> Path:
    """Return the folder that configures the site whose pages a folder holds; the folder itself if there is none.

    Args:
        folder: absolute path.
        tree: what is asked for the configuration.
        is_part: whether the folder stands for some of its pages; if not, one that holds all of a site's is a docs root.
    """
    places = {tree.holding(above, MARKERS): above for above in _of_checkout(folder)}
    own = next(iter(places))
    found = site_folder(own, places)
    return folder if found is None or (not is_part and has_all_pages(own, found)) else places[found]


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
