"""Which fences of a page make one file: those of which one goes on with another, where the page names the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.examples.pieces import is_excerpt
from extractor.languages.common.files import normal, refusal
from extractor.languages.common.missing_parts import broken, free_names, is_late
from extractor.languages.common.roles import Start
from extractor.languages.common.values import ProgramFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.examples.page_snippets import PageSnippets
    from extractor.languages.common.values import Snippet

_MOST_PARTS: Final = 100
"""Blocks of one file."""


def chain_of(anchor: Snippet, page: PageSnippets) -> tuple[Snippet, ...]:
    """Return the fences that ``anchor`` continues, if the page says that they are one file; else none.

    It names the file that the first begins, or its commands are about one file only. A fence continues a file when it
    needs names from it, or brings names that are needed, and redefines none. What is between two such fences and only
    adds to them (a handler registered on the server) belongs to it too.
    """
    view = page.in_same_tab(anchor)
    before = [p for p in view if p.block.span < anchor.block.span and may_join(p)]
    chosen = page.as_one([anchor])
    without: set[str] = set()
    while missing := [name for name in free_names(ProgramFile(tuple(chosen), None)) if name not in without]:
        holder = next((p for p in reversed(before) if missing[0] in p.facts.defines and p not in chosen), None)
        known = ProgramFile(tuple(chosen), None)
        if holder is None and (known.takes_all or is_late(missing[0], known.facts)):
            without.add(missing[0])
            continue
        if holder is None or len(chosen) >= _MOST_PARTS:
            return ()
        chosen = page.as_one([*chosen, holder])
    for snippet in before:
        if snippet not in chosen and chosen[0].block.span < snippet.block.span and _adds_to(snippet, chosen):
            chosen = page.as_one([*chosen, snippet])
    names = [p.name for p in chosen if p.name and p.name.source != "command" and not refusal(p.name.path)]
    one = chosen[0].name in names and len({normal(name.path) for name in names}) == 1
    alone = len({(p.head or p.block).ordinal for p in chosen}) == 1
    one |= not names and (alone or page.only_file(chosen[0], anchor) is not None)
    whole = one and not _clash(chosen) and not _interrupted(chosen, view, page)
    return tuple(chosen) if whole else ()


def may_join(snippet: Snippet) -> bool:
    """Return whether a snippet may be a part of a file with others: it is sound, and starts nothing."""
    loose = snippet.facts.error or snippet.facts.loose_method is not None or snippet.facts.bare_await is not None
    return snippet.role.start is Start.NONE and not loose


def _interrupted(chosen: Sequence[Snippet], view: Sequence[Snippet], page: PageSnippets) -> bool:
    """Whether broken snippets, such as methods without their class, are in between: joining would lose them.

    Those of another file are not lost, nor lines that are only shown again.
    """
    path = next((normal(p.name.path) for p in chosen if p.name), None)
    first, last = min(p.block.span for p in chosen), max(p.block.span for p in chosen)
    between = (s for s in view if first < s.block.span < last and broken([s]))
    same_file = (s for s in between if s.name is None or normal(s.name.path) == path)
    return any(not is_excerpt(snippet, page.lines) for snippet in same_file)


def _adds_to(snippet: Snippet, chosen: Sequence[Snippet]) -> bool:
    known = {name for p in chosen if p.block.span < snippet.block.span for name in p.facts.defines}
    free = set(snippet.facts.free)
    if any(ProgramFile((p,), None).takes_all for p in chosen):
        free &= known
    return bool(free) and free <= known and not _clash([*chosen, snippet])


def _clash(chosen: Sequence[Snippet]) -> bool:
    """Whether two fences define the same name: then they are versions of a file, not parts of it."""
    seen: set[str] = set()
    for snippet in chosen:
        if seen & set(snippet.facts.defines):
            return True
        seen |= set(snippet.facts.defines)
    return False
