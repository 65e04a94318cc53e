"""Docs tree to corpus: pages are parsed in parallel, and an unchanged page is not parsed again."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.base.errors import ExtractionError, internal_error
from extractor.base.processor import TooLongError, processor_limit
from extractor.docs.block_reader import blocks_of
from extractor.docs.page_cache import Extracted, PageCache
from extractor.docs.page_reader import parse_page, unreadable_page
from extractor.docs.sites import Site, find_sites, flavour_of, site_of
from extractor.docs.tree import PageError, find_files, folders_near, read_bytes
from extractor.model import PLAIN_PARTIES, Corpus, Layout, Parties, Problem
from extractor.normative.statement_reader import statements_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_POOL_FROM_BYTES: Final = 1_500_000
"""Bytes; less text is parsed sooner than a pool of processes starts."""
_CHUNK_BYTES: Final = 200_000
"""Bytes per piece of work: small enough to spread evenly, large enough to outweigh the hand-over."""
PAGE_S: Final = 5.0
"""Seconds of processor time that one page may take, by default."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One page to parse."""

    path: str
    data: bytes
    site: Site | None


@dataclass(frozen=True, slots=True)
class _Reader:
    """How every page of a tree is read; handed to the processes that do."""

    root: Path
    layout: Layout
    parties: Parties | None
    """None if no statements are wanted."""
    loaders: tuple[str, ...]
    page_s: float
    """Seconds of processor time for one page."""

    def read_all(self, jobs: Sequence[_Job]) -> list[Extracted]:
        """Extract some pages."""
        return [self.read(job) for job in jobs]

    def read(self, job: _Job) -> Extracted:
        """Extract one page. Never raises: a page that cannot be extracted, or not in its time, has a problem instead.

        Such a page is not cached, having no digest.
        """
        try:
            with processor_limit(self.page_s):
                return self._read(job)
        except TooLongError as error:
            reason = f"reading this page {error}; nothing of it is used"
        except Exception as error:
            # no page may hide all the others
            reason = internal_error(error)
        return Extracted(unreadable_page(job.path, self.layout, job.site, reason), (), ())

    def _read(self, job: _Job) -> Extracted:
        parsed = parse_page(self.root, job.path, job.data, self.layout, job.site)
        page = parsed.page
        return Extracted(
            page=replace(page, tokens=()),
            blocks=blocks_of(page, self.loaders),
            statements=statements_of(page, self.parties) if self.parties else (),
            depends=parsed.depends,
        )


def extract(
    root: Path,
    layout: Layout,
    parties: Parties = PLAIN_PARTIES,
    loaders: tuple[str, ...] = (),
    *,
    jobs: int | None = None,
    cache: Path | None = None,
    statements: bool = True,
    page_s: float = PAGE_S,
) -> Corpus:
    """Return the pages, blocks and statements of the docs tree at ``root``.

    Args:
        root: the docs root.
        layout: its revisions, normative pages and dialect.
        parties: the specification's words for those that its sentences bind.
        loaders: commands of the specification that start a program; prose may hold them, as it may ``npm``.
        jobs: number of processes that parse; None is one per core, 1 parses in this process.
        cache: folder of pages extracted before, which are not parsed again; None for no cache.
        statements: whether statements are wanted; without them extraction is faster.
        page_s: seconds of processor time that one page may take; one that takes longer is a problem.

    Returns:
        What could be extracted; what is wrong with a page is in ``Corpus.problems``, and hides no other page.

    Raises:
        DocsError: ``root`` cannot be listed.
        ExtractionError: a process was killed.
    """
    paths, folders, problems = find_files(root, layout)
    sites = find_sites(root, folders)
    store = PageCache(cache, root, layout, parties, loaders, statements=statements) if cache else None
    done: dict[str, Extracted] = {}
    waiting: list[_Job] = []
    for path in paths:
        site = site_of(sites, path)
        try:
            data = read_bytes(root, path)
        except PageError as error:
            done[path] = Extracted(unreadable_page(path, layout, site, str(error)), (), ())
            continue
        digest = hashlib.sha256(data).hexdigest()
        known = store.load(path, flavour_of(path, site, layout), digest) if store else None
        if known:
            done[path] = known
        else:
            waiting.append(_Job(path, data, site))
    reader = _Reader(root, layout, parties if statements else None, loaders, page_s)
    for entry in _extract_all(reader.read_all, waiting, jobs or os.cpu_count() or 1):
        done[entry.page.path] = entry
        if store and entry.page.sha256:
            store.store(entry)
    if store and waiting:
        store.prune(keep=4 * len(paths) + 1000)
    return _corpus(root, layout, [done[path] for path in paths], problems)


def extract_pages(
    root: Path,
    layout: Layout,
    contents: Mapping[str, bytes | None],
    parties: Parties = PLAIN_PARTIES,
    loaders: tuple[str, ...] = (),
    *,
    page_s: float = PAGE_S,
) -> Corpus:
    """Return the blocks and statements of some pages of a tree, and nothing else of it.

    Args:
        root: the docs root; what a page includes is read there.
        layout: as for :func:`extract`.
        contents: paths of pages below ``root``; of each the bytes to read instead of the file, or None for the file.
        parties: as for :func:`extract`.
        loaders: as for :func:`extract`.
        page_s: as for :func:`extract`.
    """
    reader = _Reader(root, layout, parties, loaders, page_s)
    entries = []
    for path, data in sorted(contents.items()):
        site = site_of(find_sites(root, folders_near(root, path)), path)
        try:
            data = read_bytes(root, path) if data is None else data
        except PageError as error:
            entries.append(Extracted(unreadable_page(path, layout, site, str(error)), (), ()))
        else:
            entries.append(reader.read(_Job(path, data, site)))
    return _corpus(root, layout, entries, ())


def _corpus(root: Path, layout: Layout, entries: Sequence[Extracted], problems: Iterable[Problem]) -> Corpus:
    every = [*problems, *(problem for entry in entries for problem in entry.page.problems)]
    return Corpus(
        root=root,
        layout=layout,
        pages=tuple(entry.page for entry in entries),
        blocks=tuple(block for entry in entries for block in entry.blocks),
        statements=tuple(statement for entry in entries for statement in entry.statements),
        problems=tuple(sorted(every, key=lambda problem: (problem.span, problem.message))),
    )


def _extract_all(
    work: Callable[[Sequence[_Job]], list[Extracted]], waiting: Sequence[_Job], jobs: int
) -> Iterator[Extracted]:
    # the largest pages first: one that is begun last keeps the others waiting
    chunks = _chunks(sorted(waiting, key=lambda job: -len(job.data)))
    if jobs == 1 or len(chunks) < 2 or sum(len(job.data) for job in waiting) < _POOL_FROM_BYTES:
        for chunk in chunks:
            yield from work(chunk)
        return
    try:
        with ProcessPoolExecutor(min(jobs, len(chunks)), mp_context=_context()) as pool:
            for entries in pool.map(work, chunks):
                yield from entries
    except BrokenProcessPool as error:
        hint = "check for a lack of memory, or run with one job"
        raise ExtractionError("a process that extracts pages was killed", hint) from error


def _context() -> multiprocessing.context.BaseContext:
    """Fork where that is safe, since forked workers start at once: in a process without other threads."""
    can_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return multiprocessing.get_context("fork" if can_fork else "spawn")


def _chunks(waiting: Sequence[_Job]) -> list[tuple[_Job, ...]]:
    chunks: list[tuple[_Job, ...]] = []
    chunk: list[_Job] = []
    size = 0
    for job in waiting:
        chunk.append(job)
        size += len(job.data)
        if size >= _CHUNK_BYTES:
            chunks.append(tuple(chunk))
            chunk, size = [], 0
    return [*chunks, tuple(chunk)] if chunk else chunks
