"""Pages from their bytes to blocks, with exact text and placement, and statements; several pages at once.

Apart from :mod:`extractor.docs.corpus`, so that a tree whose pages are all cached loads no parser.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec
from markdown_it.token import Token

from extractor.base.errors import ExtractionError, internal_error
from extractor.base.kept import unpacked
from extractor.base.orphans import end_with_parent
from extractor.base.processor import PAGE_MIB, TooLongError, processor_limit
from extractor.docs.components import ComponentRole, role_of
from extractor.docs.page_cache import Extracted, PageJob, with_source, without_source
from extractor.docs.page_reader import parse_page, unreadable_page
from extractor.docs.placement import placements
from extractor.docs.prose_commands import ProseCommands
from extractor.docs.sites import flavour_of
from extractor.markdown.info_string import split_info
from extractor.markdown.parser import inline_tokens, parser, plain_text
from extractor.model import Block, Directive, Flavour, Page, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.context import BaseContext
    from pathlib import Path

    from extractor.docs.page_cache import PageCache
    from extractor.model import Layout, Parties, Statement


CONTEXT_CHARACTERS: Final = 600
_MAX_PARAGRAPH: Final = 5_000
"""Characters; a longer paragraph is not parsed, and its source is used as its words."""


_SKIPPED: Final = frozenset((
    "paragraph_open", "paragraph_close", "heading_close", "table_close", "thead_open", "thead_close", "tbody_open",
    "tbody_close", "tr_close", "th_close", "td_close", "bullet_list_open", "bullet_list_close", "ordered_list_open",
    "ordered_list_close", "list_item_open", "list_item_close",
))  # fmt: skip
"""Types of tokens that neither blocks nor the prose around them are made of."""


def blocks_of(page: Page, loaders: tuple[str, ...] = ()) -> tuple[Block, ...]:
    """Return the blocks of a parsed page, in order.

    Args:
        page: with its tokens.
        loaders: first words of commands in the prose, in addition to package managers and interpreters.
    """
    if not any(token.type == "fence" for token in page.tokens):
        return ()
    blocks: list[Block] = []
    prose = _Prose(page.flavour)
    commands = ProseCommands(page.flavour, loaders)
    placement = placements(page.tokens)
    before = ""
    # no token without a meaning here stands between an inline token and what it is the text of
    read = [token for token in page.tokens if token.type not in _SKIPPED]
    for index, token in enumerate(read):
        kind, within, before = token.type, before, token.type
        if kind == "inline":
            if within != "heading_open":
                prose.add(token)
                commands.add(token, within=within)
        elif kind == "fence" and token.map:
            text = token.content if token.content.endswith("\n") or not token.content else token.content + "\n"
            blocks.append(
                Block(
                    span=Span(page.path, token.map[0] + 1, token.map[1], token.meta["column"]),
                    info=split_info(token.info),
                    text=text,
                    sha256=hashlib.sha256(text.encode()).hexdigest(),
                    place=next(placement),
                    ordinal=len(blocks),
                    directives=_directives(page.path, read, index),
                    revision=page.revision,
                    context=prose.take(),
                    includes=token.meta.get("includes", ()),
                    skipped=token.meta.get("skipped", 0),
                )
            )
            commands.block()
        elif kind == "table_open":
            commands.table()
        elif kind == "tr_open":
            commands.row()
        elif kind in ("tag", "container_open") and role_of(token) is ComponentRole.TAB:
            prose.forget()  # the prose of one tab is not about the next
            commands.tab()
        elif kind == "heading_open":
            prose.forget()  # the prose at the end of a section is about the block above
            commands.section()
    spoken, values = commands.by_block(), commands.values_by_block()
    for ordinal in spoken.keys() | values.keys():
        said, stated = spoken.get(ordinal, ()), values.get(ordinal, ())
        blocks[ordinal] = replace(blocks[ordinal], prose_commands=said, prose_values=stated)
    return tuple(blocks)


@dataclass(slots=True)
class _Prose:
    """The paragraphs since the last block: as many as a context can take."""

    flavour: Flavour
    paragraphs: deque[Token] = field(default_factory=deque)
    length: int = 0

    def add(self, paragraph: Token) -> None:
        """Add a paragraph, and drop the first ones if the later ones are long enough."""
        self.paragraphs.append(paragraph)
        self.length += len(paragraph.content)
        while len(self.paragraphs) > 1 and self.length - len(self.paragraphs[0].content) > 2 * CONTEXT_CHARACTERS:
            self.length -= len(self.paragraphs.popleft().content)

    def take(self) -> str:
        """Return the last CONTEXT_CHARACTERS of the words, and start afresh."""
        text = "\n".join(self._words(paragraph) for paragraph in self.paragraphs).strip()
        self.forget()
        return text[-CONTEXT_CHARACTERS:]

    def _words(self, paragraph: Token) -> str:
        if len(paragraph.content) > _MAX_PARAGRAPH:
            return paragraph.content[-CONTEXT_CHARACTERS:]
        if paragraph.children or paragraph.meta.get("references"):
            words = plain_text(inline_tokens(self.flavour, paragraph)).strip()
        else:
            words = _repeated_words(self.flavour, paragraph.content)
        return words.partition("]")[2].strip() if words.startswith("[!") else words

    def forget(self) -> None:
        """Drop all paragraphs."""
        self.paragraphs.clear()
        self.length = 0


@lru_cache(maxsize=1_000)
def _repeated_words(flavour: Flavour, text: str) -> str:
    """The words of a paragraph that uses no link definitions; revisions of a page repeat most of them."""
    return plain_text(inline_tokens(flavour, Token("inline", "", 0, content=text))).strip()


def _directives(path: str, tokens: Sequence[Token], index: int) -> tuple[Directive, ...]:
    """The directives in the comments directly above the token at ``index``, in order."""
    directives: list[Directive] = []
    while index > 0 and tokens[index - 1].type == "comment":
        index -= 1
        token = tokens[index]
        values = token.meta.get("directive")
        if values is not None and token.map:
            directives.append(Directive(Span(path, token.map[0] + 1, token.map[1]), values))
    return tuple(reversed(directives))


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
    cache: PageCache | None = None
    """Where each page is kept, by the process that read it."""
    blocks: bool = True
    """Whether blocks are wanted."""

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
        # here, since most trees are small enough for this process
        from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

        self._load(jobs)
        try:
            with ProcessPoolExecutor(
                min(processes, len(chunks)), _context(), initializer=end_with_parent, initargs=(os.getpid(),)
            ) as pool:
                for chunk, handed in zip(chunks, pool.map(self._extract_chunk, chunks), strict=True):
                    entries = unpacked(handed, tuple[Extracted, ...]) if isinstance(handed, bytes) else handed
                    for job, entry in zip(chunk, entries, strict=True):
                        yield with_source(entry, job.data)
        except BrokenProcessPool as error:
            hint = "check for a lack of memory, or run with one job"
            raise ExtractionError("a process that extracts pages was killed", hint) from error

    def _load(self, jobs: Iterable[PageJob]) -> None:
        """Load what the pages need, for all processes at once where they are forked from this one."""
        for flavour in {flavour_of(job.path, job.site, self.layout) for job in jobs}:
            parser(flavour)
        if self.parties:
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
            blocks=blocks_of(page, self.loaders) if self.blocks else (),
            statements=_statement_reader()(page, self.parties) if self.parties else (),
            depends=parsed.depends,
        )


def _statement_reader() -> Callable[[Page, Parties], tuple[Statement, ...]]:
    # here, since some commands want blocks alone
    from extractor.normative.statement_reader import statements_of

    return statements_of


def _context() -> BaseContext:
    """Fork where that is safe, since forked workers start at once: in a process without other threads."""
    import multiprocessing

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
