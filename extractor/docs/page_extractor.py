"""Pages from their bytes to blocks and statements; many pages in several processes at once.

Apart from :mod:`extractor.docs.corpus`, so that a tree whose pages are all cached loads no parser.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from extractor.base.errors import ExtractionError, internal_error
from extractor.base.kept import unpacked
from extractor.base.orphans import end_with_parent
from extractor.base.processor import PAGE_MIB, TooLongError, processor_limit
from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_cache import Extracted, PageJob, with_source, without_source
from extractor.docs.page_reader import parse_page, unreadable_page
from extractor.docs.sites import flavour_of
from extractor.markdown.parser import parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures.process import ProcessPoolExecutor
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from extractor.docs.page_cache import PageCache
    from extractor.model import Layout, Page, Parties, Statement


_POOL_FROM_BYTES: Final = 500_000
"""Bytes; less text is parsed sooner than a pool of processes starts."""
_CHUNK_BYTES: Final = 200_000
"""Bytes per piece of work, at most: small enough to spread evenly, large enough to outweigh the hand-over."""


@dataclass(frozen=True, slots=True)
class PageExtractor:
    """How every page of a tree is read; handed to the processes that do."""

    root: Path
    layout: Layout
    parties: Parties
    loaders: tuple[str, ...]
    page_s: float
    """Seconds of processor time for one page."""
    cache: PageCache | None = None
    """Where each page is kept, by the process that read it."""

    def start(self, jobs: Sequence[PageJob], processes: int) -> Extraction:
        """Begin to extract pages: in up to ``processes`` others; few pages in this one, as they are taken.

        Args:
            jobs: the pages.
            processes: 1 for this process alone.
        """
        size = sum(len(job.data) for job in jobs)
        if processes == 1 or len(jobs) < 2 or size < _POOL_FROM_BYTES:
            return Extraction(map(self.extract, jobs))
        # the largest pages first: one that is begun last keeps the others waiting
        chunks = _chunks(sorted(jobs, key=lambda job: -len(job.data)), min(_CHUNK_BYTES, size // (4 * processes)))
        # here, since most trees are small enough for this process
        from concurrent.futures.process import ProcessPoolExecutor

        self._load(jobs)
        pool = ProcessPoolExecutor(
            min(processes, len(chunks)), _context(), initializer=end_with_parent, initargs=(os.getpid(),)
        )
        return Extraction(_handed_over(chunks, pool.map(self._extract_chunk, chunks)), pool)

    def _load(self, jobs: Iterable[PageJob]) -> None:
        """Load what the pages need, for all processes at once where they are forked from this one."""
        for flavour in {flavour_of(job.path, job.site, self.layout) for job in jobs}:
            parser(flavour)
        if any(job.statements for job in jobs):
            _statement_reader()

    def _extract_chunk(self, jobs: Sequence[PageJob]) -> bytes | list[Extracted]:
        """Extract pages, packed: that takes a fraction of what Python's own way to hand values over does.

        The other side has their source.
        """
        entries = [without_source(self.extract(job)) for job in jobs]
        try:
            return msgspec.msgpack.encode(entries)
        except UnicodeEncodeError:
            # the name of a file that is not UTF-8
            return entries

    def extract(self, job: PageJob) -> Extracted:
        """Extract one page. Never raises: a page that cannot be extracted, or not in its time, has a problem instead.

        Such a page is not cached; that it takes too long is.
        """
        reason = job.problem or (self.cache.why_slow(job) if self.cache else None)
        try:
            if not reason:
                with processor_limit(self.page_s, PAGE_MIB):
                    entry = self._extract(job)
                if self.cache:
                    self.cache.store(job, entry)
                return entry
        except TooLongError as error:
            reason = f"reading this page {error}; nothing of it is used"
            if self.cache and error.of_time:
                self.cache.store_slow(job, reason)
        except Exception as error:
            # no page may hide all the others
            reason = internal_error(error)
        return Extracted(unreadable_page(job.path, self.layout, job.site, reason), (), ())

    def _extract(self, job: PageJob) -> Extracted:
        parsed = parse_page(self.root, job.path, job.data, self.layout, job.site)
        page = parsed.page
        return Extracted(
            page=replace(page, tokens=()),
            blocks=blocks_of(page, self.loaders) if job.blocks else (),
            statements=_statement_reader()(page, self.parties) if job.statements else (),
            depends=parsed.depends,
        )


class Extraction:
    """Pages that are being extracted."""

    def __init__(self, entries: Iterator[Extracted], pool: ProcessPoolExecutor | None = None) -> None:
        """Take what is being extracted.

        Args:
            entries: the pages, in any order; each is waited for when it is taken.
            pool: the processes that extract them; None if this one does.
        """
        self._entries = entries
        self._pool = pool

    @property
    def is_elsewhere(self) -> bool:
        """Whether other processes extract the pages, so that this one may do something else meanwhile."""
        return self._pool is not None

    def entries(self) -> Iterator[Extracted]:
        """Yield every page, once.

        Raises:
            ExtractionError: a process was killed.
        """
        try:
            yield from self._entries
        finally:
            self.stop()

    def stop(self) -> None:
        """End the processes: what is not begun is not extracted."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _handed_over(chunks: Sequence[Sequence[PageJob]], handed: Iterator[bytes | list[Extracted]]) -> Iterator[Extracted]:
    """Yield the pages that other processes extracted. Raises ExtractionError if one was killed."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        for chunk, packed in zip(chunks, handed, strict=True):
            entries = unpacked(packed, tuple[Extracted, ...]) if isinstance(packed, bytes) else packed
            for job, entry in zip(chunk, entries, strict=True):
                yield with_source(entry, job.data)
    except BrokenProcessPool as error:
        hint = "check for a lack of memory, or run with one job"
        raise ExtractionError("a process that extracts pages was killed", hint) from error


def _statement_reader() -> Callable[[Page, Parties], tuple[Statement, ...]]:
    # here, since some commands want blocks alone
    from extractor.normative.statement_reader import statements_of

    return statements_of


def _context() -> BaseContext:
    """Fork where that is safe, since forked workers start at once: in a process without other threads."""
    import multiprocessing

    can_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return multiprocessing.get_context("fork" if can_fork else "spawn")


def _chunks(waiting: Sequence[PageJob], least: int) -> list[tuple[PageJob, ...]]:
    """The pages in pieces of work of at least ``least`` bytes, the last one apart."""
    chunks: list[tuple[PageJob, ...]] = []
    chunk: list[PageJob] = []
    size = 0
    for job in waiting:
        chunk.append(job)
        size += len(job.data)
        if size >= least:
            chunks.append(tuple(chunk))
            chunk, size = [], 0
    return [*chunks, tuple(chunk)] if chunk else chunks
