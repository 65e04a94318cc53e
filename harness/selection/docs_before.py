"""The docs, the normative text and its JSON Schemas at the merge base of a change."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.docs.tree import is_page_name
from extractor.model import Corpus, Flavour
from harness.base.checkout import files_before
from harness.base.commit_tree import FolderAt
from harness.base.errors import UsageError
from harness.base.git import Repository, is_media
from harness.load import load_corpus, load_examples, load_pages
from harness.selection.undone import folder_before

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from extractor.model import Block
    from harness.config import Config
    from harness.load import LoadedExamples
    from harness.selection.changed import Change

INCLUDING: Final = frozenset({Flavour.VITEPRESS, Flavour.MKDOCS})
"""Dialects in which a page may include another page."""


def pages_alone(config: Config, since: Change) -> Sequence[str] | None:
    """Return the pages among the changed files; None if a file among them may decide how other pages are read."""
    names = [name for name in since.files if not is_media(name)]
    # any other file may be included by a page, or decide how pages are read
    return names if all(is_page_name(name, config.layout) for name in names) else None


def contents_before(config: Config, since: Change, names: Collection[str]) -> Mapping[str, bytes]:
    """Return the bytes of those of the changed files that were there at the merge base.

    Raises:
        UsageError: the docs were not there, or one of the files was a link: it is what another file makes it.
    """
    place = FolderAt(Repository(config.docs, config.host), since.base)
    found: dict[str, bytes] = {}
    for file, data in files_before(place, names, since.submodules):
        if file.is_link:
            raise UsageError(f"{file.path} was a link")
        found[file.path] = data
    return found


def docs_before(config: Config, since: Change, now: Corpus) -> tuple[Corpus | None, LoadedExamples | None]:
    """Return the docs at the merge base, and their examples; None if they were not there.

    Args:
        config: by which they are read.
        since: the change.
        now: the docs as they are. Where pages alone changed, the others are taken from there.
    """
    names = pages_alone(config, since)
    beside = since.configuration or since.site or since.schemas
    if names is None or beside or now.layout != config.layout or not stand_alone(now):
        return _docs_at(config, since)
    try:
        before = load_pages(config, contents_before(config, since, names))
    except UsageError:
        return _docs_at(config, since)
    if not stand_alone(before):
        return _docs_at(config, since)
    corpus = _with_pages(now, before, frozenset(names))
    return corpus, load_examples(config, corpus)


def stand_alone(corpus: Corpus) -> bool:
    """Return whether each page is what its own file makes it: none includes others, or is a link to one."""
    elsewhere = any(not page.sha256 or (corpus.root / page.path).is_symlink() for page in corpus.pages)
    return not elsewhere and not includes_others(corpus)


def includes_others(corpus: Corpus) -> bool:
    """Return whether code of other files may be on a page: by its dialect, or as it imports a page that has some."""
    return any(page.flavour in INCLUDING for page in corpus.pages) or any(block.includes for block in corpus.blocks)


def _with_pages(corpus: Corpus, other: Corpus, names: frozenset[str]) -> Corpus:
    """Return a corpus with the pages ``names`` as another one has them: some may be gone there, or not yet there."""
    pages = (*(page for page in corpus.pages if page.path not in names), *other.pages)
    blocks = (*(block for block in corpus.blocks if block.span.file not in names), *other.blocks)
    statements = (*(one for one in corpus.statements if one.page not in names), *other.statements)
    return Corpus(
        root=corpus.root,
        layout=corpus.layout,
        pages=tuple(sorted(pages, key=lambda page: page.path)),
        # of one page they stay in their order
        blocks=tuple(sorted(blocks, key=_file_of)),
        statements=tuple(sorted(statements, key=lambda statement: statement.page)),
        problems=(*(problem for problem in corpus.problems if problem.span.file not in names), *other.problems),
    )


def _file_of(block: Block) -> str:
    return block.span.file


def _docs_at(config: Config, since: Change) -> tuple[Corpus | None, LoadedExamples | None]:
    """Return the docs at the merge base, and their examples; None if they were not there."""
    with folder_before(config.docs, config.docs, since.base, config.host) as folder, schemas_before(config, since) as s:
        if folder is None:
            return None, None
        there = replace(config, docs=folder, schema=s)
        corpus = load_corpus(there)
        return corpus, load_examples(there, corpus)


def rules_at(spec: Path, config: Config, since: Change) -> Corpus | None:
    """Return the normative text of another tree at the merge base; None if it is the same, or was not there."""
    if not since.rules:
        return None
    with folder_before(spec, config.docs, since.base, config.host) as folder:
        return load_corpus(replace(config, docs=folder, layout=config.rules_layout)) if folder is not None else None


@contextmanager
def schemas_before(config: Config, since: Change) -> Iterator[Path]:
    """Give the folder of the revisions' JSON Schemas as it was at the merge base; one that is not there for none."""
    folder = config.schema_folder
    if not since.schemas:
        yield folder
        return
    # a folder that is gone, or is a link now, is read from the one around it
    around = folder if folder.is_dir() and not folder.is_symlink() else folder.parent
    with folder_before(around, config.docs, since.base, config.host) as before:
        there = before or Path(os.devnull)
        yield there if around == folder else there / folder.name
