"""From the blocks of a docs tree to examples: programs that can be run, or the reasons why they cannot.

The packages that an installation page names count for all pages of the docs.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from extractor.base.globs import unused_patterns
from extractor.base.kept import slow_key
from extractor.docs.page_cache import PAGE_S
from extractor.model import ExampleStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.examples.example_cache import ExampleCache
    from extractor.languages.common.roles import CodeProfile
    from extractor.model import Block, Corpus, Example, ExampleOverride


_NAMES: Final = frozenset({"installation", "install", "installing"})
"""Names, without ending, of pages that say how the package of the docs is installed."""


def is_installation_page(page: str) -> bool:
    """Return whether a page says how the package of the docs is installed, which counts for all pages."""
    return PurePosixPath(page).stem.lower() in _NAMES


def find_examples(
    corpus: Corpus,
    profile: CodeProfile,
    overrides: Mapping[str, ExampleOverride] | None = None,
    python_packages: Mapping[str, str] | None = None,
    *,
    page_s: float = PAGE_S,
    cache: ExampleCache | None = None,
    known: Mapping[str, tuple[Example, ...]] = MappingProxyType({}),
) -> tuple[Example, ...]:
    """Return every example of a docs tree, in order of page and line, runnable or not.

    Args:
        corpus: the extracted tree.
        profile: what the specification knows of code.
        overrides: what the configuration says, by example id or glob.
        python_packages: import name to distribution name, added to the built-in table.
        page_s: seconds of processor time that the examples of one page may take; a page that takes longer gets one
            example that failed, as one does on which docprobe itself fails.
        cache: examples of pages that were found before, with the same profile, overrides and packages.
        known: the examples of pages that are not looked at again; see :func:`still_valid`.

    Raises:
        UsageError: the configuration has an impossible value.
    """
    by_page = _by_page(corpus)
    installations = _installations(by_page)
    found = {page: known[page] for page in by_page if page in known}
    asked = {page: blocks for page, blocks in by_page.items() if page not in found}
    keys = cache.keys(asked, installations) if cache else {}
    for page, key in keys.items():
        assert cache is not None, "there are keys"
        kept = cache.load(key)
        kept = cache.load(slow_key(key, page_s)) if kept is None else kept
        if kept is not None:
            found[page] = kept
    if len(found) < len(by_page) or not by_page:
        # here, since pages that are all kept need no parser; an impossible value keeps any from being kept
        from extractor.examples.page_examples import PageExamples

        finder = PageExamples(installations, profile, overrides or {}, python_packages or {}, page_s)
        for page, blocks in by_page.items():
            if page not in found:
                found[page] = finder.find(page, blocks)
                if cache and page in finder.slow:
                    cache.store(slow_key(keys[page], page_s), found[page])
                elif cache and not any(example.status is ExampleStatus.FAILED for example in found[page]):
                    cache.store(keys[page], found[page])
        if cache:
            cache.prune(keep=4 * len(by_page) + 1000)
    return tuple(example for page in by_page for example in found[page])


def still_valid(examples: Sequence[Example], found_in: Corpus, corpus: Corpus) -> Mapping[str, tuple[Example, ...]]:
    """Return those examples of a part of the docs that another part has too, by page: the same code makes the same.

    Args:
        examples: all of the first part, by the settings of now.
        found_in: the first part.
        corpus: the other part.
    """
    before, now = _by_page(found_in), _by_page(corpus)
    if _installations(before) != _installations(now):
        return {}
    same = {page for page, blocks in before.items() if now.get(page) == blocks}
    by_page: dict[str, list[Example]] = {page: [] for page in same}
    for example in examples:
        if example.page in same:
            by_page[example.page].append(example)
    return {page: tuple(found) for page, found in by_page.items()}


def _by_page(corpus: Corpus) -> dict[str, list[Block]]:
    by_page: dict[str, list[Block]] = defaultdict(list)
    for block in corpus.blocks:
        by_page[block.span.file].append(block)
    return by_page


def _installations(by_page: Mapping[str, list[Block]]) -> dict[str, list[Block]]:
    return {page: blocks for page, blocks in by_page.items() if is_installation_page(page)}


def unused_overrides(examples: Sequence[Example], overrides: Mapping[str, ExampleOverride]) -> tuple[str, ...]:
    """Return the keys of the configuration that match no example: a misspelling, or a page that has changed."""
    return unused_patterns(overrides, (example.id for example in examples))
