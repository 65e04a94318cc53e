"""Docs tree to corpus: an unchanged page comes from the cache, and only then no parser is loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypedDict

from extractor.docs.page_cache import PAGE_S, Extracted, PageCache, PageJob
from extractor.docs.sites import find_sites, site_of
from extractor.docs.tree import PageError, PageFiles, find_files, folders_near, read_bytes
from extractor.model import PLAIN_PARTIES, Corpus, Layout, Parties, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Self, Unpack

    from extractor.docs.page_extractor import Extraction
    from extractor.docs.sites import Site


class HowToRead(TypedDict, total=False):
    """What may be said about how a docs tree is extracted."""

    jobs: int | None
    """Number of processes that parse; None is one per core, 1 parses in this process."""
    cache: Path | None
    """Folder of pages extracted before, which are not parsed again; None for no cache."""
    blocks: bool
    """Whether blocks are wanted; without them extraction is faster."""
    statements: bool
    """Whether statements are wanted; without them extraction is faster."""
    page_s: float
    """Seconds of processor time that one page may take; one that takes longer is a problem."""
    only: Collection[str] | None
    """Paths of the pages that are wanted; the others are only named. None for all."""


def extract(
    root: Path,
    layout: Layout,
    parties: Parties = PLAIN_PARTIES,
    loaders: tuple[str, ...] = (),
    **how: Unpack[HowToRead],
) -> Corpus:
    """Return the pages, blocks and statements of the docs tree at ``root``.

    Args:
        root: the docs root.
        layout: its revisions, normative pages and dialect.
        parties: the specification's words for those that its sentences bind.
        loaders: commands of the specification that start a program; prose may hold them, as it may ``npm``.
        how: it is read.

    Returns:
        What could be extracted; what is wrong with a page is in ``Corpus.problems``, and hides no other page.

    Raises:
        DocsError: ``root`` cannot be listed.
        ExtractionError: a process was killed.
    """
    return Reading(root, layout, parties, loaders, **how).corpus()


class Reading:
    """A docs tree that is being extracted: in other processes if its pages are many, else once they are asked for.

    As a context manager it ends those processes.
    """

    def __init__(
        self,
        root: Path,
        layout: Layout,
        parties: Parties = PLAIN_PARTIES,
        loaders: tuple[str, ...] = (),
        **how: Unpack[HowToRead],
    ) -> None:
        """Begin to extract; arguments and errors as for :func:`extract`."""
        self._root, self._layout = root, layout
        cache, page_s, only = how.get("cache"), how.get("page_s", PAGE_S), how.get("only")
        paths, folders, self._problems = _named(root, layout) if layout.only else find_files(root, layout)
        self._unread = tuple(path for path in paths if path not in only) if only is not None else ()
        self._paths = tuple(path for path in paths if path in only) if only is not None else paths
        self._store = PageCache(cache, root, layout, parties, loaders, page_s=page_s) if cache else None
        self._done: dict[str, Extracted] = {}
        waiting: list[PageJob] = []
        for job in _jobs(root, self._paths, find_sites(root, folders), how):
            known = self._store.load(job) if self._store and not job.problem else None
            if known:
                self._done[job.path] = known
            else:
                waiting.append(job)
        self._extraction: Extraction | None = None
        if waiting:
            # here, since a tree whose pages are all cached needs no parser
            from extractor.docs.page_extractor import PageExtractor

            extractor = PageExtractor(root, layout, parties, loaders, page_s, self._store)
            self._extraction = extractor.start(waiting, how.get("jobs") or os.cpu_count() or 1)

    @property
    def is_elsewhere(self) -> bool:
        """Whether other processes extract, so that this one may do something else meanwhile."""
        return self._extraction is not None and self._extraction.is_elsewhere

    def corpus(self) -> Corpus:
        """Wait until everything is extracted, and return it. Raises ExtractionError if a process was killed."""
        if self._extraction is not None:
            for entry in self._extraction.entries():
                self._done[entry.page.path] = entry
            self._extraction = None
            if self._store:
                self._store.prune(keep=4 * (len(self._paths) + len(self._unread)) + 1000)
        entries = [self._done[path] for path in self._paths]
        return _corpus(self._root, self._layout, entries, self._problems, self._unread)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the processes: what is not begun is not extracted."""
        if self._extraction is not None:
            self._extraction.stop()


def _jobs(root: Path, paths: Iterable[str], sites: Sequence[Site], how: HowToRead) -> Iterator[PageJob]:
    """The pages to extract, with their bytes."""
    blocks, statements = how.get("blocks", True), how.get("statements", True)
    files = PageFiles(root)
    for path in paths:
        site = site_of(sites, path)
        try:
            yield PageJob(path, files.read(path), site, "", blocks, statements)
        except PageError as error:
            yield PageJob(path, b"", site, str(error), blocks, statements)


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
