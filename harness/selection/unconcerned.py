"""The quick answer for most changes of docs: prose that no example and no check stands on.

Only the changed pages are read, as they were and as they are. Where that cannot decide, the answer is "maybe", and the
whole tree is read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.docs.blocks import blocks_of
from extractor.docs.pages import parse_page, read_page
from extractor.docs.sites import find_sites, site_of
from extractor.docs.tree import folders_near
from extractor.examples.find import find_examples
from extractor.model import Corpus, Flavour
from extractor.normative.statements import statements_of
from harness.base.errors import UsageError
from harness.base.git import Repository, is_media

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from extractor.model import Page
    from harness.config import Config
    from harness.selection.changed import Change

PAGES: Final = frozenset({".md", ".mdx", ".markdown"})
INCLUDING: Final = frozenset({Flavour.VITEPRESS, Flavour.MKDOCS})
"""Dialects in which a block may bring in a file."""
FEW: Final = 40
"""Changed pages up to which this is worth its while."""


def surely_unconcerned(config: Config, since: Change) -> bool:
    """Whether no example can be concerned: the changed pages have the same blocks, examples and sentences as before."""
    others = [name for name in since.files if PurePosixPath(name).suffix.lower() not in PAGES and not is_media(name)]
    pages = [name for name in since.files if PurePosixPath(name).suffix.lower() in PAGES]
    if since.rules or since.configuration or since.tables or since.baseline or others or len(pages) > FEW:
        # any other file may be included by a page, or say how pages are read
        return False
    try:
        return all(_same(_old(config, since, name), _new(config, name), config) for name in pages)
    except UsageError:
        return False


def _same(old: Page | None, new: Page | None, config: Config) -> bool:
    # there a page may include another one
    including = any(page is not None and page.flavour in INCLUDING for page in (old, new))
    # what is wrong with a page that changed is said, whoever wrote it
    flawed = new is not None and new.problems
    return not including and not flawed and _told(old, config) == _told(new, config)


def _new(config: Config, name: str) -> Page | None:
    return read_page(config.docs, name, config.layout) if (config.docs / name).is_file() else None


def _old(config: Config, since: Change, name: str) -> Page | None:
    """The page as it was, with the files it includes as they are: none of those changed."""
    try:
        data = Repository(config.docs, config.host).git("show", f"{since.base}:./{name}")
    except UsageError:
        return None
    site = site_of(find_sites(config.docs, folders_near(config.docs, name)), name)
    return parse_page(config.docs, name, data, config.layout, site).page


def _told(page: Page | None, config: Config) -> Sequence[Hashable]:
    """All of a page that a run stands on, apart from where its lines are; nothing for a page that is not there."""
    if page is None:
        return ()
    blocks = blocks_of(page)
    corpus = Corpus(config.docs, config.layout, (replace(page, tokens=()),), blocks, (), ())
    found = find_examples(corpus, config.profile.code, config.overrides, config.python_packages)
    return (
        *((block.sha256, block.info.raw) for block in blocks),
        *((example.id, example.digest, example.status) for example in found),
        *((one.anchor, one.level, one.fingerprint) for one in statements_of(page)),
    )
