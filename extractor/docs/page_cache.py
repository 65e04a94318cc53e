"""Extracted pages on disk, by a key over everything that they depend on.

The key covers the page's path and bytes, everything of the layout that reaches a page, and the extractor's own code;
an entry also names the files it included, which are compared when it is read.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping  # noqa: TC003  (msgspec reads the hints below at run time)
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.kept import Kept, code_digest, library_version, slow_key
from extractor.docs.tree import page_text
from extractor.model import Block, Layout, Page, Parties, Statement  # noqa: TC001  (as above)

if TYPE_CHECKING:
    from extractor.docs.sites import Site

_FORMAT: Final = 3
_EVERYTHING: Final = (True, True)
"""Blocks and statements."""
SUFFIX: Final = ".page"
_SLOW: Final = ".slow"
PAGE_S: Final = 5.0
"""Seconds of processor time that one page may take, by default."""
_CODE: Final = (".py",)
LIBRARIES: Final = ("markdown-it-py", "pathspec", "PyYAML")
"""Those that pages are read with."""


@dataclass(frozen=True, slots=True)
class PageJob:
    """One page to extract."""

    path: str
    data: bytes
    site: Site | None
    problem: str = ""
    """Why it cannot be read; empty if it can."""
    blocks: bool = True
    """Whether its blocks are wanted; without them it is read faster."""
    statements: bool = True
    """Whether its statements are wanted; the same holds."""

    @property
    def wanted(self) -> tuple[bool, bool]:
        """Whether blocks are wanted, and statements."""
        return self.blocks, self.statements


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


@dataclass(frozen=True, slots=True)
class _Statements:
    """An entry as it is read where blocks are not wanted."""

    page: Page
    statements: tuple[Statement, ...]
    depends: Mapping[str, str | None] = field(default_factory=dict)


_KINDS: Final = {
    _EVERYTHING: Extracted,
    (True, False): _Blocks,
    (False, True): _Statements,
    (False, False): _Statements,
}
"""What an entry is read as, by what is wanted of it."""


def without_source(entry: Extracted) -> Extracted:
    """Return an entry for somewhere that has the page's bytes."""
    return replace(entry, page=replace(entry.page, source="")) if entry.page.source else entry


def with_source(entry: Extracted, data: bytes) -> Extracted:
    """Return an entry with the source that it was made of; one of a page that was not read has none."""
    return replace(entry, page=replace(entry.page, source=page_text(data)[0])) if entry.page.sha256 else entry


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
        page_s: float = PAGE_S,
    ) -> None:
        """Open a cache.

        Args:
            folder: where the entries are; it need not exist.
            root: docs root in which included files are compared.
            layout: of the docs; a page of another layout is another entry.
            parties: those that statements bind; the same holds.
            loaders: commands that prose may hold; the same holds.
            page_s: seconds of processor time that a page may take.
        """
        self._kept: Mapping[tuple[bool, bool], Kept[Extracted | _Blocks | _Statements]] = {
            wanted: Kept(folder, kind, SUFFIX) for wanted, kind in _KINDS.items()
        }
        self._root = root
        self._is_new = not folder.is_dir()
        self._slow: Kept[str] = Kept(folder, str, _SLOW)
        self._page_s = page_s
        settings = repr((_FORMAT, code_version(), layout, parties, loaders))
        self._settings = hashlib.sha256(settings.encode("utf-8", "surrogatepass")).hexdigest()

    def load(self, job: PageJob) -> Extracted | None:
        """Return the entry of a page, or None. Never raises: an invalid entry is removed.

        Where not all is wanted, an entry that has everything serves too.
        """
        if self._is_new:
            return None
        data = job.data
        sha256 = hashlib.sha256(data).hexdigest()
        kept = self._kept[job.wanted]
        for has in dict.fromkeys((job.wanted, _EVERYTHING)):
            found = kept.load(self._key(job, sha256, has))
            if found is None or any(_digest(self._root, name) != digest for name, digest in found.depends.items()):
                continue
            blocks = () if isinstance(found, _Statements) else found.blocks
            statements = () if isinstance(found, _Blocks) else found.statements
            return with_source(Extracted(found.page, blocks, statements, found.depends), data)
        return None

    def store(self, job: PageJob, entry: Extracted) -> None:
        """Write an entry; does nothing if the folder cannot be written."""
        # the bytes, which the key covers, are at hand whenever the entry is wanted
        self._kept[_EVERYTHING].store(self._key(job, entry.page.sha256, job.wanted), without_source(entry))

    def why_slow(self, job: PageJob) -> str | None:
        """Return why a page could not be read in its time earlier today; None if that is not known."""
        return None if self._is_new else self._slow.load(self._slow_key(job))

    def store_slow(self, job: PageJob, reason: str) -> None:
        """Remember until the day ends that a page cannot be read in its time, unless other files may be the cause."""
        # here, since few pages are slow
        from extractor.docs.includes import INCLUDE_MARKS

        if not any(mark in job.data for mark in INCLUDE_MARKS):
            self._slow.store(self._slow_key(job), reason)

    def prune(self, keep: int) -> None:
        """Remove the oldest entries while there are more than ``keep``."""
        self._kept[_EVERYTHING].prune(keep)
        self._slow.prune(keep)

    def _key(self, job: PageJob, sha256: str, has: tuple[bool, bool]) -> str:
        # the site decides the dialect, and where included files are looked for
        return "\0".join((self._settings, job.path, repr(job.site), sha256, str(has)))

    def _slow_key(self, job: PageJob) -> str:
        return slow_key(self._key(job, hashlib.sha256(job.data).hexdigest(), job.wanted), self._page_s)


@cache
def code_version() -> str:
    """Return a digest of the extractor's source and of the versions of the libraries it parses with."""
    libraries = [library_version(library) for library in LIBRARIES]
    return " ".join((code_digest(Path(__file__).parents[1], endings=_CODE), sys.version, *libraries))


def _digest(root: Path, name: str) -> str | None:
    try:
        return hashlib.sha256((root / name).read_bytes()).hexdigest()
    except OSError:
        return None
