"""Blocks to examples: the whole way from a docs tree to programs that can be run, or reasons why they cannot."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.base.errors import UsageError
from extractor.base.globs import unused_patterns
from extractor.examples.assemble import assemble, listed
from extractor.examples.entries import Entry, Read, View, entries_of, entry_of, parts_of, view_of
from extractor.examples.ids import example_ids, page_stem
from extractor.examples.overrides import from_directives, merged, mistakes, override_for
from extractor.examples.selection import checked, chosen, glued, renamed, unmatched
from extractor.examples.site import installation_pages, stated_for
from extractor.languages.common.installs import RefusedError, python_dependency
from extractor.languages.common.scopes import scope_of
from extractor.languages.common.values import Knowledge
from extractor.languages.registry import language_for
from extractor.model import Example, ExampleOverride, ExampleStatus, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.model import Block, Corpus


def find_examples(
    corpus: Corpus,
    profile: CodeProfile,
    overrides: Mapping[str, ExampleOverride] | None = None,
    python_packages: Mapping[str, str] | None = None,
) -> tuple[Example, ...]:
    """Every example of a docs tree, in order of page and line, runnable or not.

    Args:
        corpus: the extracted tree.
        profile: what the specification makes of code.
        overrides: what the configuration says, by example id or glob.
        python_packages: import name to distribution name, added to the built-in table.

    Raises:
        UsageError: the configuration says what cannot be.
    """
    for module, name in (python_packages or {}).items():
        try:
            python_dependency(name)
        except RefusedError as refused:
            raise UsageError(f"[python-packages] {module}: {refused}", "name a package of the index") from refused
    by_page: dict[str, list[Block]] = defaultdict(list)
    for block in corpus.blocks:
        by_page[block.span.file].append(block)
    installations = installation_pages(corpus.blocks)

    packages = {**profile.python_packages, **(python_packages or {})}

    def known(page: str, blocks: Sequence[Block]) -> Knowledge:
        return Knowledge(profile, packages, stated_for(page, blocks[0].revision, installations))

    # pages of several revisions share most of their code: the same text is read once
    read: Read = {}
    return tuple(
        example
        for page, blocks in by_page.items()
        for example in _examples_of(page, blocks, overrides or {}, known(page, blocks), read)
    )


def unused_overrides(examples: Sequence[Example], overrides: Mapping[str, ExampleOverride]) -> tuple[str, ...]:
    """Keys of the configuration that mean no example: a slip of the pen, or a page that has changed."""
    return unused_patterns(overrides, (example.id for example in examples))


def _examples_of(
    page: str, blocks: Sequence[Block], overrides: Mapping[str, ExampleOverride], known: Knowledge, read: Read
) -> tuple[Example, ...]:
    """The examples of one page, in order of line."""
    if not any(language_for(block) for block in blocks):
        return ()
    view = view_of(blocks, known, read)
    entries = entries_of(view)
    parts = parts_of(view, entries)
    ids = example_ids(page, [(e.blocks[0], e.language, e.blocks[0].ordinal in parts) for e in entries])
    found: list[Example] = []
    for example_id, entry in zip(ids, entries, strict=True):
        override = override_for(example_id, overrides)
        said = from_directives(entry.directives)
        if override is None or mistakes(said, entry.language.manager):
            found.append(_made(view, entry, example_id, said, entries, Origin.DIRECTIVE))
        else:
            both = merged(override, said)
            found.append(_made(view, _reshaped(view, entry, both), example_id, both, entries))
    found += _added(view, page, overrides, set(ids), entries)
    return tuple(sorted(_without_used(found), key=lambda example: (example.spans[0], example.id)))


def _made(
    view: View,
    entry: Entry,
    example_id: str,
    override: ExampleOverride,
    entries: Sequence[Entry],
    said_by: Origin = Origin.CONFIG,
) -> Example:
    if entry.program is None:
        return listed(example_id, entry.blocks, entry.language, override)
    scope = scope_of(entry.program.main.pieces[0].block)
    rivals = [
        other
        for other in entries
        if other.program and not other.program.lacks and other.language is entry.language
        and scope_of(other.program.main.pieces[0].block) == scope
    ]  # fmt: skip
    return assemble(
        example_id, entry.program, view.around, override, view.known, alone=len(rivals) <= 1, said_by=said_by
    )


def _reshaped(view: View, entry: Entry, override: ExampleOverride) -> Entry:
    """The entry with the blocks, names and glue that the configuration gives."""
    program = entry.program
    if override.blocks:
        program = chosen(override, view.pieces, view.blocks) or program
    if program is None or not (override.blocks or override.glue or override.files):
        return entry
    program = checked(glued(renamed(program, override, view.blocks), override, view.known.profile), view.pieces)
    return entry_of(replace(program, lacks=(*unmatched(override, view.blocks), *program.lacks)))


def _added(
    view: View, page: str, overrides: Mapping[str, ExampleOverride], known: set[str], entries: Sequence[Entry]
) -> Iterator[Example]:
    """Examples that only the configuration knows: an id of this page that it gives blocks for."""
    for example_id, override in overrides.items():
        if example_id in known or not override.blocks or example_id.partition("#")[0] != page_stem(page):
            continue
        program = chosen(override, view.pieces, view.blocks)
        if program is not None:
            program = checked(glued(program, override, view.known.profile), view.pieces)
            lacks = (*unmatched(override, view.blocks), *program.lacks)
            yield _made(view, entry_of(replace(program, lacks=lacks)), example_id, override, entries)


def _without_used(examples: Sequence[Example]) -> tuple[Example, ...]:
    """The examples without fragments that are none, since the bundle of another example holds all of it."""
    held = {
        (segment.span.file, segment.span.first)
        for example in examples
        for file in (example.bundle.files if example.bundle else ())
        for segment in file.segments
        if segment.span is not None
    }
    return tuple(
        example
        for example in examples
        if example.status is not ExampleStatus.FRAGMENT
        or not all((span.file, span.first + 1) in held for span in example.spans)
    )
