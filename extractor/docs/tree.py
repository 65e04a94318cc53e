"""The files of a docs tree: which are pages, of which revision, and how an untrusted one is read."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import stat
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from extractor.base.errors import DocsError
from extractor.base.globs import matches_any
from extractor.base.text import printable
from extractor.model import Layout, Problem, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE_ENDINGS: Final = (".md", ".mdx")
MAX_PAGE_BYTES: Final = 16 * 1024 * 1024
"""A larger file is reported and left out, so that time and memory are bounded; no page of prose comes near."""
_UNREAD: Final = {
    ".adoc": "AsciiDoc", ".asciidoc": "AsciiDoc", ".rst": "reStructuredText", ".ipynb": "Jupyter notebook",
    ".org": "Org",
}  # fmt: skip
"""Formats of documentation that are not read, by the ending of a file's name."""
LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
"""How a file begins that stands for one that Git LFS has not brought (its specification, "The Pointer")."""
_ODD_NAME: Final = re.compile("[\ud800-\udfff\n\r]")
_SKIPPED_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "bower_components"})


class PageError(Exception):
    """A page's file that cannot be read. The message says why, without the path."""


def find_files(root: Path, layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Problem, ...]]:
    """Return the pages and folders of the tree (both relative to ``root``, sorted), and its problems.

    Hidden folders are skipped. A linked folder inside the tree is not followed, since its pages are read where they
    are; one that leads out of the tree or back to itself is a problem.

    Raises:
        DocsError: ``root`` is not a folder, or cannot be listed.
    """
    if not root.is_dir():
        raise DocsError(f"{root} is not a folder", "give the folder that holds the docs")
    real_root = Path(os.path.realpath(root))
    pages: list[str] = []
    folders: list[str] = []
    problems: list[Problem] = []
    unread: dict[str, list[str]] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        folders.append(folder)
        try:
            entries = _entries(root / folder)
        except OSError as error:
            if not folder:
                raise DocsError(f"{root} cannot be listed: {error.strerror}") from error
            problems.append(Problem(Span(folder, 1, 1), f"a folder that cannot be listed: {error.strerror}"))
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if _ODD_NAME.search(entry.name):
                reason = "a file name that is not UTF-8 or holds a line end; not read"
                problems.append(Problem(Span(printable(path), 1, 1), reason))
            elif entry.is_dir(follow_symlinks=False):
                if not is_skipped_folder(entry.name):
                    waiting.append(path)
            elif entry.is_symlink() and (problem := _link_problem(real_root, entry)):
                problems.append(Problem(Span(printable(path), 1, 1), problem))
            elif _is_page(entry) and not _is_linked_folder(entry) and not _is_ignored(path, layout):
                pages.append(path)
            elif (form := _unread_form(entry)) and not _is_ignored(path, layout):
                unread.setdefault(form, []).append(path)
    problems += [_unread_problem(form, sorted(paths)) for form, paths in unread.items()]
    return tuple(sorted(pages)), tuple(sorted(folders)), tuple(sorted(problems, key=lambda p: p.span))


def _unread_problem(form: str, paths: list[str]) -> Problem:
    """The problem of all files of a format, at the first of them."""
    more = f" (and {len(paths) - 1:,} more)" if len(paths) > 1 else ""
    return Problem(Span(paths[0], 1, 1), f"{form}{more}: not read; docprobe reads {' and '.join(PAGE_ENDINGS)} files")


def is_page_name(path: str, layout: Layout) -> bool:
    """Return whether a file at ``path``, relative to the docs root, would be a page of the tree."""
    *folders, name = PurePosixPath(path).parts
    if layout.only:
        return path in layout.only
    readable = path.isprintable() and name.lower().endswith(PAGE_ENDINGS)
    return readable and not any(is_skipped_folder(folder) for folder in folders) and not _is_ignored(path, layout)


def revision_of(path: str, layout: Layout, front_matter: Mapping[str, Any] = MappingProxyType({})) -> str | None:
    """Return the revision of a page by the place that the layout names; None if none of the layout's stands there.

    Args:
        path: of the page; of several folders that are revisions the innermost counts.
        layout: the revisions, and where a page has its own.
        front_matter: of the page.
    """
    *folders, name = path.split("/")
    if layout.revision is not None:
        return layout.revision
    place, _, key = layout.revision_in.partition(":")
    match place:
        case "front-matter":
            found = [str(front_matter.get(key or "revision", ""))]
        case "file-name":
            stem = name.rpartition(".")[0]
            found = [one for one in layout.revisions if re.search(rf"(?<![\w.])v?{re.escape(one)}(?![\w]|\.\d)", stem)]
        case _:
            found = folders
    return next((one for one in reversed(found) if one in layout.revisions), None)


def folders_near(root: Path, path: str) -> tuple[str, ...]:
    """Return the folders around the page at ``path`` and those beside them, where its site may be configured."""
    around = ["" if parent.name == "" else parent.as_posix() for parent in PurePosixPath(path).parents]
    beside: list[str] = []
    for folder in around:
        with contextlib.suppress(OSError):
            names = [entry.name for entry in _entries(root / folder) if entry.is_dir(follow_symlinks=False)]
            beside += [f"{folder}/{name}" if folder else name for name in names if not is_skipped_folder(name)]
    return tuple(dict.fromkeys((*around, *beside)))


def read_bytes(root: Path, path: str) -> bytes:
    """Return the bytes of one page; see :meth:`PageFiles.read`."""
    return PageFiles(root).read(path)


class PageFiles:
    """Reads the pages of a tree. Where a folder really is, is looked up once."""

    def __init__(self, root: Path) -> None:
        """Open a tree.

        Args:
            root: the docs root.
        """
        self._root = root
        self._real_root = os.path.realpath(root).rstrip(os.sep) + os.sep
        self._inside: dict[str, bool] = {}

    def read(self, path: str) -> bytes:
        """Return the bytes of a page.

        Args:
            path: of the page, relative to the root.

        Raises:
            PageError: it is not a regular file, outside the tree, too large or unreadable.
        """
        file = os.path.join(self._root, path)  # noqa: PTH118  (faster, of thousands of pages)
        try:
            if not self._is_inside(file):
                raise PageError("a link that leads out of the docs tree; not read")
            return _read_regular(file)
        except OSError as error:
            raise PageError(f"cannot be read: {error.strerror or error}") from error

    def _is_inside(self, file: str) -> bool:
        if os.path.islink(file):  # noqa: PTH114  (as above)
            return os.path.realpath(file).startswith(self._real_root)
        folder = os.path.dirname(file)  # noqa: PTH120  (as above)
        if folder not in self._inside:
            self._inside[folder] = (os.path.realpath(folder) + os.sep).startswith(self._real_root)
        return self._inside[folder]


def page_text(data: bytes) -> tuple[str, list[tuple[int, str]]]:
    r"""Return the text of a page with line ends as ``\\n``, and what was wrong with its bytes.

    Args:
        data: the file's bytes.

    Returns:
        The text; and line (0-based) and message of each problem.
    """
    problems: list[tuple[int, str]] = []
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            problems.append((0, "the file is UTF-16; sites read UTF-8 only"))
            text = data.decode("utf-16", "replace")
        else:
            line = len(re.findall(rb"\r\n|\r|\n", data[: error.start]))
            problems.append((line, f"byte 0x{data[error.start]:02X} is not UTF-8; read with replacement characters"))
            text = data.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0"))
        problems.append((line, "a NUL character; read as U+FFFD, as CommonMark requires"))
        text = text.replace("\0", "\ufffd")
    return text, problems


def read_config(file: Path) -> str:
    """Return the text of a site's configuration file; empty if it cannot be read."""
    try:
        return _read_regular(file).decode("utf-8", "replace")
    except (OSError, PageError):
        return ""


def _read_regular(file: Path | str) -> bytes:
    # a plain open of a pipe would wait for a writer forever
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        return _read_all(descriptor)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int) -> bytes:
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode):
        raise PageError("not a regular file; not read")
    if info.st_size > MAX_PAGE_BYTES:
        size = info.st_size / 1024 / 1024
        raise PageError(f"{size:.0f} MiB, over the limit of {MAX_PAGE_BYTES // 1024 // 1024} MiB; not read")
    with os.fdopen(descriptor, "rb", closefd=False) as stream:
        data = stream.read(info.st_size + 1)
        if len(data) > info.st_size:
            # it grew since, or is of a file system that knows no sizes
            data += stream.read(MAX_PAGE_BYTES + 1 - len(data))
    if len(data) > MAX_PAGE_BYTES:
        raise PageError("grew over the limit while it was read; not read")
    if data.startswith(LFS_POINTER):
        raise PageError("a Git LFS pointer, not the page; not read: `git lfs pull` brings it")
    return data


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """The entries of a folder that matter, in order of name: folders, links and documentation. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if _matters(entry)), key=lambda entry: entry.name)


def _matters(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink() or entry.is_dir(follow_symlinks=False):
        return True
    return _is_page(entry) or _unread_form(entry) is not None


def _link_problem(real_root: Path, entry: os.DirEntry[str]) -> str | None:
    """Why a symlink is not followed; None if it may be followed, or is not a page."""
    try:
        target = Path(entry.path).resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere or in a circle; not read" if _is_page(entry) else None
    if target.is_dir():
        if not target.is_relative_to(real_root):
            return "a link to a folder outside the docs tree; not read"
        if Path(os.path.realpath(Path(entry.path).parent)).is_relative_to(target):
            return "a link to a folder that holds it; not followed"
        return None
    if _is_page(entry) and not target.is_relative_to(real_root):
        return "a link that leads out of the docs tree; not read"
    return None


def is_skipped_folder(folder: str) -> bool:
    """Return whether pages are not looked for in folders of that name."""
    return folder.startswith(".") or folder in _SKIPPED_FOLDERS


def _is_ignored(path: str, layout: Layout) -> bool:
    return matches_any(path, layout.ignore)


def _is_page(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(PAGE_ENDINGS)


def _unread_form(entry: os.DirEntry[str]) -> str | None:
    """The name of a documentation format that docprobe does not read; None for pages and for any other file."""
    return _UNREAD.get(os.path.splitext(entry.name)[1].lower())  # noqa: PTH122  (faster, of thousands of files)


def _is_linked_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and entry.is_dir()
