"""Extracted pages on disk, by a key over everything that they depend on.

The key covers the page's path and bytes, everything of the layout that reaches a page, and the extractor's own code;
an entry also names the files it included, which are compared when it is read.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the hints below at run time)
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.kept import Kept, code_digest, library_version
from extractor.model import Block, Layout, Page, Parties, Statement  # noqa: TC001  (as above)

if TYPE_CHECKING:
    from extractor.docs.sites import Site

_FORMAT: Final = 1
SUFFIX: Final = ".page"
_CODE: Final = (".py",)
_LIBRARIES: Final = ("markdown-it-py", "PyYAML")


@dataclass(frozen=True, slots=True)
class PageJob:
    """One page to extract."""

    path: str
    data: bytes
    site: Site | None
    problem: str = ""
    """Why it cannot be read; empty if it can."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """Everything extracted from one page."""

    page: Page
    """Without tokens."""
    blocks: tuple[Block, ...]
    statements: tuple[Statement, ...]
    depends: Mapping[str, str | None] = field(default_factory=dict)
    """SHA-256 of each included file by path relative to the docs root; None for one that does not exist."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    """An entry as it is read where statements are not wanted: they are passed over."""

    page: Page
    blocks: tuple[Block, ...]
    depends: Mapping[str, str | None] = field(default_factory=dict)


class PageCache:
    """A folder of entries."""

    def __init__(
        self,
        folder: Path,
        root: Path,
        layout: Layout,
        parties: Parties,
        loaders: tuple[str, ...] = (),
        *,
        statements: bool,
    ) -> None:
        """Open a cache.

        Args:
            folder: where the entries are; it need not exist.
            root: docs root in which included files are compared.
            layout: of the docs; a page of another layout is another entry.
            parties: those that statements bind; the same holds.
            loaders: commands that prose may hold; the same holds.
            statements: whether an entry must have statements. Without, one that has them serves too.
        """
        self._kept: Kept[Extracted] = Kept(folder, Extracted, SUFFIX)
        self._blocks: Kept[_Blocks] = Kept(folder, _Blocks, SUFFIX)
        self._root = root
        self._statements = statements
        settings = repr((_FORMAT, code_version(), layout, parties, loaders))
        self._settings = hashlib.sha256(settings.encode("utf-8", "surrogatepass")).hexdigest()

    def load(self, path: str, flavour: str, sha256: str) -> Extracted | None:
        """Return the entry of a page, or None. Never raises: an invalid entry is removed.

        Args:
            path: of the page, relative to the docs root.
            flavour: its dialect.
            sha256: digest of its bytes.
        """
        whole = self._key(path, flavour, sha256, statements=True)
        if self._statements:
            entry = self._kept.load(whole)
            return entry if entry is not None and self._is_current(entry.depends) else None
        for key in (whole, self._key(path, flavour, sha256, statements=False)):
            found = self._blocks.load(key)
            if found is not None and self._is_current(found.depends):
                return Extracted(found.page, found.blocks, (), found.depends)
        return None

    def _is_current(self, depends: Mapping[str, str | None]) -> bool:
        return all(_digest(self._root, name) == digest for name, digest in depends.items())

    def store(self, entry: Extracted) -> None:
        """Write an entry; does nothing if the folder cannot be written."""
        page = entry.page
        self._kept.store(self._key(page.path, page.flavour, page.sha256, statements=self._statements), entry)

    def prune(self, keep: int) -> None:
        """Remove the oldest entries while there are more than ``keep``."""
        self._kept.prune(keep)

    def _key(self, path: str, flavour: str, sha256: str, *, statements: bool) -> str:
        return "\0".join((self._settings, path, flavour, sha256, str(statements)))


@cache
def code_version() -> str:
    """Return a digest of the extractor's source and of the versions of the libraries it parses with."""
    libraries = [library_version(library) for library in _LIBRARIES]
    return " ".join((code_digest(Path(__file__).parents[1], endings=_CODE), sys.version, *libraries))


def _digest(root: Path, name: str) -> str | None:
    try:
        return hashlib.sha256((root / name).read_bytes()).hexdigest()
    except OSError:
        return None
