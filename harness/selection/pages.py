"""Which pages a run with ``--select`` must read, so that what it reports is what a run over all pages would report.

Those are the pages that the patterns may mean, those that hold copies of their examples, the installation pages, which
count for all, and the normative text.
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.base.globs import matches, matches_any
from extractor.docs.includes import INCLUDE_MARKS
from extractor.docs.tree import PageError, find_files, read_bytes
from extractor.examples.find import is_installation_page
from extractor.examples.ids import page_stem, stem_of
from harness.base.errors import NothingSelectedError
from harness.load import load_corpus, load_examples
from harness.selection.select import select

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from extractor.model import Corpus, Example
    from harness.config import Config
    from harness.selection.select import Selection

_LEAST: Final = 8
"""Characters of a line that tells a copy of a program; shorter ones stand anywhere."""
_SHARE: Final = 0.25
"""Of the pages; where more are asked for, looking for copies of theirs costs more than it saves."""
_SPECIAL: Final = frozenset("[\\")
"""Characters of a pattern that may stand for others; it is not looked into."""
_WILD: Final = frozenset("*?")


def pages_to_read(config: Config, selection: Selection, named: Collection[str] = ()) -> frozenset[str] | None:
    """Return the paths of the pages that decide about the selected examples; None if that may be any page.

    Args:
        config: of the run.
        selection: what is asked for.
        named: ids of further examples that must be known, such as those of a baseline.
    """
    if not selection.patterns or config.layout.only:
        return None
    paths = find_files(config.docs, config.layout)[0]
    asked = {path for path in paths if is_installation_page(path) or _may_name_any(selection.patterns, path)}
    if not asked or len(asked) > _SHARE * len(paths):
        return None
    stems = {stem_of(id) for id in named}
    others = {path for path in paths if page_stem(path) in stems or _may_name_any(config.overrides, path)}
    others |= {path for path in paths if matches_any(path, config.layout.specification)}
    corpus = load_corpus(config, only=asked)
    try:
        chosen = select(load_examples(config, corpus).all, selection)
    except NothingSelectedError:
        # the message names what is near among all examples
        return None
    lines = {_telling_line(example, corpus) for example in chosen}
    if None in lines:
        return None
    unread = [path for path in paths if path not in asked | others]
    return frozenset(asked | others | _pages_with(config.docs, unread, [line for line in lines if line is not None]))


def _may_name_any(patterns: Iterable[str], page: str) -> bool:
    return any(may_name(pattern, page) for pattern in patterns)


def may_name(pattern: str, page: str) -> bool:
    """Return whether a ``--select`` pattern may match an example of a page, whatever examples that has."""
    stem = PurePosixPath(page).with_suffix("").as_posix()
    if "#" in stem or _SPECIAL.intersection(pattern) or matches(page, pattern) or matches(stem, pattern):
        return True
    before, sharp, _ = pattern.partition("#")
    if sharp:
        return bool(before) and matches(stem, before)
    # a wildcard of the last part may reach over the # into the name of an example
    folder, slash, name = pattern.rpartition("/")
    wild = next((place for place, char in enumerate(name) if char in _WILD), None)
    return wild is not None and matches(stem, f"{folder}{slash}{name[:wild]}*")


def _telling_line(example: Example, corpus: Corpus) -> bytes | None:
    """Return a line that stands on each page with the same program; None if no line is sure to.

    Blocks are what their page says, line by line, so the line of a copy is the same, whatever is in front of it.
    """
    texts = [block.text for block in corpus.blocks if block.span in example.spans]
    files = "\n".join(file.text for file in example.bundle.files) if example.bundle is not None else "\n".join(texts)
    lines = (line.strip() for text in texts for line in text.split("\n"))
    sure = [line for line in lines if len(line) >= _LEAST and line.isascii() and line in files]
    return max(sure, key=len).encode() if sure else None


def _pages_with(root: Path, pages: Iterable[str], lines: Collection[bytes]) -> frozenset[str]:
    """Return the pages that have one of some lines, or show code of other files, or cannot be read."""
    real_root = os.path.realpath(root)
    found = set()
    for page in pages:
        try:
            data = read_bytes(root, page, real_root)
        except PageError:
            found.add(page)
            continue
        if any(part in data for part in (*lines, *INCLUDE_MARKS)):
            found.add(page)
    return frozenset(found)
