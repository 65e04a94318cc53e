"""Docs tree to corpus: pages are parsed in parallel, and an unchanged page is not parsed again."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from extractor.base.errors import ExtractionError
from extractor.docs.block_reader import blocks_of
from extractor.docs.page_cache import Extracted, PageCache
from extractor.docs.page_reader import parse_page, read_page, unreadable_page
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


@dataclass(frozen=True, slots=True)
class _Job:
    """One page to parse."""

    path: str
    data: bytes
    site: Site | None


def extract(
    root: Path,
    layout: Layout,
    parties: Parties = PLAIN_PARTIES,
    loaders: tuple[str, ...] = (),
    *,
    jobs: int | None = None,
    cache: Path | None = None,
    statements: bool = True,
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
    work = partial(_extract_chunk, root, layout, parties if statements else None, loaders)
    for entry in _extract_all(work, waiting, jobs or os.cpu_count() or 1):
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
) -> Corpus:
    """Return the blocks and statements of some pages of a tree, and nothing else of it.

    Args:
        root: the docs root; what a page includes is read there.
        layout: as for :func:`extract`.
        contents: paths of pages below ``root``; of each the bytes to read instead of the file, or None for the file.
        parties: as for :func:`extract`.
        loaders: as for :func:`extract`.
    """
    entries = []
    for path, data in sorted(contents.items()):
        if data is None:
            page = read_page(root, path, layout)
        else:
            site = site_of(find_sites(root, folders_near(root, path)), path)
            page = parse_page(root, path, data, layout, site).page
        entries.append(Extracted(replace(page, tokens=()), blocks_of(page, loaders), statements_of(page, parties)))
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


def _extract_chunk(
    root: Path, layout: Layout, parties: Parties | None, loaders: tuple[str, ...], chunk: Sequence[_Job]
) -> list[Extracted]:
    return [_extract_page(root, layout, parties, loaders, job) for job in chunk]


def _extract_page(
    root: Path, layout: Layout, parties: Parties | None, loaders: tuple[str, ...], job: _Job
) -> Extracted:
    try:
        parsed = parse_page(root, job.path, job.data, layout, job.site)
        page = parsed.page
        return Extracted(
            page=replace(page, tokens=()),
            blocks=blocks_of(page, loaders),
            statements=statements_of(page, parties) if parties else (),
            depends=parsed.depends,
        )
    except Exception as error:
        # no page may hide all the others; it is not cached, having no digest
        reason = f"internal error (please report): {type(error).__name__}: {error}"
        return Extracted(unreadable_page(job.path, layout, job.site, reason), (), ())
