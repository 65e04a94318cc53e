"""The docs of a run with ``--select`` or ``--changed-since``: the pages that decide about what it reports.

It reports what a run over all pages would. Those are the pages that are asked for, those that hold copies of their
examples, the installation pages, which count for all, and of the normative text the pages that bindings name. Where a
binding does not find its sentence, all pages of its revision count. Of the normative text the sentences alone are read,
by other processes while this one looks for examples.
"""

from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.base.globs import matches, matches_any
from extractor.docs.corpus import joined
from extractor.docs.includes import INCLUDE_MARKS
from extractor.docs.sites import find_sites, flavour_of, site_of
from extractor.docs.tree import PageError, PageFiles, find_files, revision_of
from extractor.examples.find import is_installation_page
from extractor.examples.ids import page_stem, stem_of
from harness.base.errors import NothingSelectedError, UsageError
from harness.load import bindings_of, load_corpus, load_examples, load_pages, start_statements
from harness.selection.affected import FEW
from harness.selection.docs_before import INCLUDING, contents_before, pages_alone, stand_alone
from harness.selection.origins import find_origins
from harness.selection.select import select
from harness.spec.bind import locate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from extractor.docs.corpus import Reading
    from extractor.model import Corpus, Example
    from harness.config import Config
    from harness.load import LoadedExamples
    from harness.selection.changed import Change
    from harness.selection.select import Selection
    from harness.spec.bindings_file import Binding

_LEAST: Final = 8
"""Characters of a line that tells a copy of a program; shorter ones stand anywhere."""
_SHARE: Final = 0.25
"""Of the pages; where more are asked for, looking for copies of theirs costs more than it saves."""
_SPECIAL: Final = frozenset("[\\")
"""Characters of a pattern that may stand for others; it is not looked into."""
_OTHER_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""In which a line of code is spelt otherwise."""
_WILD: Final = frozenset("*?")


def load_selected(
    config: Config, selection: Selection, named: Collection[str] = (), meanwhile: Callable[[], None] = lambda: None
) -> LoadedExamples:
    """Return the examples of the pages that decide about the selected ones; of all pages where that may be any.

    Args:
        config: of the run.
        selection: what is asked for.
        named: ids of further examples that must be known, such as those of a baseline.
        meanwhile: what this process does while others read pages, if they do.
    """
    if not selection.patterns or config.layout.only:
        return load_examples(config, load_corpus(config))
    paths = find_files(config.docs, config.layout)[0]
    asked = {path for path in paths if _may_name_any(selection.patterns, path)}
    if not asked or len(asked) > _SHARE * len(paths):
        return load_examples(config, load_corpus(config))

    def deciding(corpus: Corpus, examples: Sequence[Example]) -> list[bytes | None]:
        try:
            return [_telling_line(example, corpus) for example in select(examples, selection)]
        except NothingSelectedError:
            # the message names what is near among all examples
            return [None]

    return _load_around(config, paths, asked, named, deciding, meanwhile)


def load_changed(
    config: Config,
    since: Change,
    selection: Selection,
    named: Collection[str] = (),
    meanwhile: Callable[[], None] = lambda: None,
) -> LoadedExamples:
    """Return the examples of the pages that decide about those of changed pages; else of all.

    All count where more changed than pages, or the normative text, or where an example may come from another page.

    Args:
        config: of the run.
        since: the change.
        selection: what is asked for, changed or not.
        named: as for :func:`load_selected`.
        meanwhile: as for :func:`load_selected`.
    """
    names = pages_alone(config, since)
    if not names or len(names) > FEW or since.is_beside_pages or config.layout.only:
        return load_examples(config, load_corpus(config))
    if any(is_installation_page(name) or matches_any(name, config.layout.specification) for name in names):
        return load_examples(config, load_corpus(config))
    paths, folders, _ = find_files(config.docs, config.layout)
    sites = find_sites(config.docs, folders)
    flavours = {flavour_of(path, site_of(sites, path), config.layout) for path in (*paths, *names)}
    if flavours & INCLUDING or any((config.docs / path).is_symlink() for path in paths):
        return load_examples(config, load_corpus(config))

    def deciding(corpus: Corpus, examples: Sequence[Example]) -> list[bytes | None]:
        try:
            # whether there is anything to select is asked of all examples
            select(examples, selection)
            were = load_pages(config, contents_before(config, since, names))
        except UsageError:
            return [None]
        if not stand_alone(were):
            return [None]
        before = load_examples(config, were).all
        now = [example for example in examples if example.page in names]
        if len(find_origins(now, now, before)) < len(now):
            # code of another page may be what it was copied from
            return [None]
        return [*(_telling_line(one, corpus) for one in now), *(_telling_line(one, were) for one in before)]

    loaded = _load_around(config, paths, {*names}.intersection(paths), named, deciding, meanwhile)
    # one that shows code of other files is among those read, by its marks: a changed page may be shown there
    return loaded if stand_alone(loaded.corpus) else load_examples(config, load_corpus(config), loaded)


def _load_around(
    config: Config,
    paths: Sequence[str],
    asked: Collection[str],
    named: Collection[str],
    deciding: Callable[[Corpus, Sequence[Example]], Sequence[bytes | None]],
    meanwhile: Callable[[], None],
) -> LoadedExamples:
    """Return the examples of some pages, and of all that decide about them.

    Args:
        config: of the run.
        paths: of all pages.
        asked: of those that are asked for.
        named: ids of further examples that must be known.
        deciding: from the pages read first, and their examples, to the lines by which copies are found; None among
            them if all pages must be read.
        meanwhile: as for :func:`load_selected`.
    """
    stems = {stem_of(id) for id in named}
    others = {path for path in paths if page_stem(path) in stems or _may_name_any(config.overrides, path)}
    others |= {path for path in paths if is_installation_page(path)}
    whole = {*asked, *others}
    normative = _normative_pages(config, paths)
    bindings = bindings_of(config) if normative else ()
    with start_statements(config, normative.intersection(binding.page for binding in bindings) - whole) as reading:
        corpus = _read_beside(reading, config, whole)
        loaded = load_examples(config, corpus)
        lines = deciding(corpus, loaded.all)
        if None in lines:
            reading.stop()
            return load_examples(config, joined(corpus, load_corpus(config, only=corpus.unread)), loaded)
        copies = _pages_with(config.docs, corpus.unread, [line for line in lines if line is not None])
        if copies:
            loaded = load_examples(config, joined(corpus, _read_beside(reading, config, copies)), loaded)
        if reading.is_elsewhere:
            meanwhile()
        read = joined(reading.corpus(), loaded.corpus)
    settled = _settled_revisions(read, bindings)
    rules = {page for page in read.unread if page in normative and revision_of(page, config.layout) not in settled}
    if rules:
        read = joined(start_statements(config, rules).corpus(), read)
    return replace(loaded, corpus=read)


def _read_beside(reading: Reading, config: Config, pages: Collection[str]) -> Corpus:
    """Return pages read in this process while others read; many pages are read by others in their turn."""
    if len(pages) > FEW:
        # a process may be forked again once those have ended
        reading.corpus()
    return load_corpus(replace(config, jobs=1) if reading.is_elsewhere else config, only=pages)


def _normative_pages(config: Config, paths: Iterable[str]) -> frozenset[str]:
    """Return the pages with the normative text; none if that is another tree."""
    if config.spec is not None and config.spec.resolve() != config.docs.resolve():
        return frozenset()
    return frozenset(path for path in paths if matches_any(path, config.layout.specification))


def _settled_revisions(corpus: Corpus, bindings: Sequence[Binding]) -> frozenset[str]:
    """Return the revisions of which each binding finds its sentence as it was: their other pages decide nothing."""
    own = tuple(statement for statement in corpus.statements if not statement.quoted)
    lacking = {binding.revision for binding, found, drift in locate(bindings, own) if drift or found is None}
    return frozenset(binding.revision for binding in bindings) - lacking


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
    files, found = PageFiles(root), set()
    for page in pages:
        try:
            data = files.read(page)
        except PageError:
            found.add(page)
            continue
        if data.startswith(_OTHER_ENCODINGS) or any(part in data for part in (*lines, *INCLUDE_MARKS)):
            found.add(page)
    return frozenset(found)
