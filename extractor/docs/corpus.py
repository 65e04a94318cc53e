"""Docs tree to corpus: an unchanged page comes from the cache, and only then no parser is loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from extractor.docs.page_cache import PAGE_S, Extracted, PageCache, PageJob
from extractor.docs.sites import find_sites, site_of
from extractor.docs.tree import PageError, PageFiles, find_files, folders_near, read_bytes
from extractor.model import PLAIN_PARTIES, Corpus, Layout, Parties, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path


def extract(
    root: Path,
    layout: Layout,
    parties: Parties = PLAIN_PARTIES,
    loaders: tuple[str, ...] = (),
    *,
    jobs: int | None = None,
    cache: Path | None = None,
    blocks: bool = True,
    statements: bool = True,
    page_s: float = PAGE_S,
    only: Collection[str] | None = None,
) -> Corpus:
    """Return the pages, blocks and statements of the docs tree at ``root``.

    Args:
        root: the docs root.
        layout: its revisions, normative pages and dialect.
        parties: the specification's words for those that its sentences bind.
        loaders: commands of the specification that start a program; prose may hold them, as it may ``npm``.
        jobs: number of processes that parse; None is one per core, 1 parses in this process.
        cache: folder of pages extracted before, which are not parsed again; None for no cache.
        blocks: whether blocks are wanted; without them extraction is faster.
        statements: whether statements are wanted; without them extraction is faster.
        page_s: seconds of processor time that one page may take; one that takes longer is a problem.
        only: paths of the pages that are wanted; the others are only named. None for all.

    Returns:
        What could be extracted; what is wrong with a page is in ``Corpus.problems``, and hides no other page.

    Raises:
        DocsError: ``root`` cannot be listed.
        ExtractionError: a process was killed.
    """
    paths, folders, problems = _named(root, layout) if layout.only else find_files(root, layout)
    unread = tuple(path for path in paths if path not in only) if only is not None else ()
    paths = tuple(path for path in paths if path in only) if only is not None else paths
    sites = find_sites(root, folders)
    store = (
        PageCache(cache, root, layout, parties, loaders, blocks=blocks, statements=statements, page_s=page_s)
        if cache
        else None
    )
    done: dict[str, Extracted] = {}
    waiting: list[PageJob] = []
    files = PageFiles(root)
    for path in paths:
        site = site_of(sites, path)
        try:
            data = files.read(path)
        except PageError as error:
            waiting.append(PageJob(path, b"", site, str(error)))
            continue
        job = PageJob(path, data, site)
        known = store.load(job) if store else None
        if known:
            done[path] = known
        else:
            waiting.append(job)
    if waiting:
        # here, since a tree whose pages are all cached needs no parser
        from extractor.docs.page_extractor import PageExtractor

        extractor = PageExtractor(root, layout, parties if statements else None, loaders, page_s, store, blocks)
        for entry in extractor.extract_all(waiting, jobs or os.cpu_count() or 1):
            done[entry.page.path] = entry
        if store:
            store.prune(keep=4 * (len(paths) + len(unread)) + 1000)
    return _corpus(root, layout, [done[path] for path in paths], problems, unread)


def _named(root: Path, layout: Layout) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Problem, ...]]:
    """The pages that the layout names, and the folders near them; the rest of the tree is not looked at."""
    folders = (folder for path in layout.only for folder in folders_near(root, path))
    return layout.only, tuple(sorted(set(folders))), ()


def extract_pages(
    root: Path,
    layout: Layout,
    contents: Mapping[str, bytes | None],
    parties: Parties = PLAIN_PARTIES,
    loaders: tuple[str, ...] = (),
    *,
    cache: Path | None = None,
    page_s: float = PAGE_S,
) -> Corpus:
    """Return the blocks and statements of some pages of a tree, and nothing else of it.

    Args:
        root: the docs root; what a page includes is read there.
        layout: as for :func:`extract`.
        contents: paths of pages below ``root``; of each the bytes to read instead of the file, or None for the file.
        parties: as for :func:`extract`.
        loaders: as for :func:`extract`.
        cache: as for :func:`extract`; of a page at another commit, too, an entry is found by its bytes.
        page_s: as for :func:`extract`.
    """
    store = PageCache(cache, root, layout, parties, loaders, page_s=page_s) if cache else None
    entries = []
    for path, data in sorted(contents.items()):
        site = site_of(find_sites(root, folders_near(root, path)), path)
        try:
            job = PageJob(path, read_bytes(root, path) if data is None else data, site)
        except PageError as error:
            job = PageJob(path, b"", site, str(error))
        known = store.load(job) if store else None
        if known is None or job.problem:
            # here, since pages that are all cached need no parser
            from extractor.docs.page_extractor import PageExtractor

            known = PageExtractor(root, layout, parties, loaders, page_s, store).extract(job)
        entries.append(known)
    return _corpus(root, layout, entries, ())


def joined(one: Corpus, other: Corpus) -> Corpus:
    """Return two parts of a docs tree, extracted apart, as one; a page of both is that of the second."""
    read = {page.path for page in other.pages}
    blocks = (*(block for block in one.blocks if block.span.file not in read), *other.blocks)
    statements = (*(statement for statement in one.statements if statement.page not in read), *other.statements)
    problems = {*one.problems, *other.problems}
    return Corpus(
        root=one.root,
        layout=one.layout,
        pages=tuple(sorted((*(p for p in one.pages if p.path not in read), *other.pages), key=lambda page: page.path)),
        # of one page they stay in their order
        blocks=tuple(sorted(blocks, key=lambda block: block.span.file)),
        statements=tuple(sorted(statements, key=lambda statement: statement.page)),
        problems=tuple(sorted(problems, key=lambda problem: (problem.span, problem.message))),
        unread=tuple(path for path in one.unread if path not in read),
    )


def _corpus(
    root: Path, layout: Layout, entries: Sequence[Extracted], problems: Iterable[Problem], unread: tuple[str, ...] = ()
) -> Corpus:
    every = [*problems, *(problem for entry in entries for problem in entry.page.problems)]
    return Corpus(
        root=root,
        layout=layout,
        pages=tuple(entry.page for entry in entries),
        blocks=tuple(block for entry in entries for block in entry.blocks),
        statements=tuple(statement for entry in entries for statement in entry.statements),
        problems=tuple(sorted(every, key=lambda problem: (problem.span, problem.message))),
        unread=unread,
    )
