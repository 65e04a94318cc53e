"""Pages from their bytes to blocks and statements, several at once.

Apart from :mod:`extractor.docs.corpus`, so that a tree whose pages are all cached loads no parser.
"""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.base.errors import ExtractionError, internal_error
from extractor.base.processor import PAGE_MIB, TooLongError, processor_limit
from extractor.docs.block_reader import blocks_of
from extractor.docs.page_cache import Extracted, PageJob
from extractor.docs.page_reader import parse_page, unreadable_page
from extractor.normative.statement_reader import statements_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from extractor.model import Layout, Parties


_POOL_FROM_BYTES: Final = 1_500_000
"""Bytes; less text is parsed sooner than a pool of processes starts."""
_CHUNK_BYTES: Final = 200_000
"""Bytes per piece of work: small enough to spread evenly, large enough to outweigh the hand-over."""


@dataclass(frozen=True, slots=True)
class PageExtractor:
    """How every page of a tree is read; handed to the processes that do."""

    root: Path
    layout: Layout
    parties: Parties | None
    """None if no statements are wanted."""
    loaders: tuple[str, ...]
    page_s: float
    """Seconds of processor time for one page."""

    def extract_all(self, jobs: Sequence[PageJob], processes: int) -> Iterator[Extracted]:
        """Extract pages, in any order, in up to ``processes`` processes.

        Raises:
            ExtractionError: a process was killed.
        """
        # the largest pages first: one that is begun last keeps the others waiting
        chunks = _chunks(sorted(jobs, key=lambda job: -len(job.data)))
        if processes == 1 or len(chunks) < 2 or sum(len(job.data) for job in jobs) < _POOL_FROM_BYTES:
            for job in jobs:
                yield self.extract(job)
            return
        try:
            with ProcessPoolExecutor(min(processes, len(chunks)), mp_context=_context()) as pool:
                for entries in pool.map(self._extract_chunk, chunks):
                    yield from entries
        except BrokenProcessPool as error:
            hint = "check for a lack of memory, or run with one job"
            raise ExtractionError("a process that extracts pages was killed", hint) from error

    def _extract_chunk(self, jobs: Sequence[PageJob]) -> list[Extracted]:
        return [self.extract(job) for job in jobs]

    def extract(self, job: PageJob) -> Extracted:
        """Extract one page. Never raises: a page that cannot be extracted, or not in its time, has a problem instead.

        Such a page is not cached, having no digest.
        """
        reason = job.problem
        try:
            if not reason:
                with processor_limit(self.page_s, PAGE_MIB):
                    return self._extract(job)
        except TooLongError as error:
            reason = f"reading this page {error}; nothing of it is used"
        except Exception as error:
            # no page may hide all the others
            reason = internal_error(error)
        return Extracted(unreadable_page(job.path, self.layout, job.site, reason), (), ())

    def _extract(self, job: PageJob) -> Extracted:
        parsed = parse_page(self.root, job.path, job.data, self.layout, job.site)
        page = parsed.page
        return Extracted(
            page=replace(page, tokens=()),
            blocks=blocks_of(page, self.loaders),
            statements=statements_of(page, self.parties) if self.parties else (),
            depends=parsed.depends,
        )


def _context() -> multiprocessing.context.BaseContext:
    """Fork where that is safe, since forked workers start at once: in a process without other threads."""
    can_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return multiprocessing.get_context("fork" if can_fork else "spawn")


def _chunks(waiting: Sequence[PageJob]) -> list[tuple[PageJob, ...]]:
    chunks: list[tuple[PageJob, ...]] = []
    chunk: list[PageJob] = []
    size = 0
    for job in waiting:
        chunk.append(job)
        size += len(job.data)
        if size >= _CHUNK_BYTES:
            chunks.append(tuple(chunk))
            chunk, size = [], 0
    return [*chunks, tuple(chunk)] if chunk else chunks
