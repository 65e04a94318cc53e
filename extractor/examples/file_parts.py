"""Which fences of a page make one file: those of which one goes on with another, where the page names the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.examples.counterexamples import counterexample
from extractor.examples.pieces import is_excerpt
from extractor.languages.common.files import normal, refusal
from extractor.languages.common.missing_parts import broken, free_names, is_late, may_hold
from extractor.languages.common.roles import Start
from extractor.languages.common.values import ProgramFile

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from extractor.examples.page_snippets import PageSnippets
    from extractor.languages.common.facts import Call, Value
    from extractor.languages.common.values import Snippet

_OPTION: Final = re.compile(r"(?:option|alternative|variant|version|approach|method|way|choice)\b", re.IGNORECASE)
"""How the headings of several ways begin."""
_LOGS: Final = frozenset({"console", "log", "logger", "process", "System"})
"""What may be called with the same text any number of times, as modules may."""
_MOST_PARTS: Final = 100
"""Blocks of one file."""


def chain_of(anchor: Snippet, page: PageSnippets) -> tuple[Snippet, ...]:
    """Return the fences that ``anchor`` continues, if the page says that they are one file; else none.

    It names the file that the first begins, or runs the file right behind the last. A fence continues a file when it
    needs names from it, or brings names that are needed, and redefines none. What is between two such fences and only
    adds to them (a handler registered on the server) belongs to it too.
    """
    view = page.in_same_tab(anchor)
    before = [p for p in view if p.block.span < anchor.block.span and may_join(p) and not counterexample(p.block)]
    chosen = page.as_one([anchor])
    without: set[str] = set()
    while missing := [name for name in free_names(ProgramFile(tuple(chosen), None)) if name not in without]:
        known = ProgramFile(tuple(chosen), None)
        holder = next((p for p in reversed(before) if may_hold(p.facts, missing[0], known) and p not in chosen), None)
        if holder is None and (known.takes_all or is_late(missing[0], known.facts)):
            without.add(missing[0])
            continue
        if holder is None or len(chosen) >= _MOST_PARTS:
            return ()
        chosen = page.as_one([*chosen, holder])
    for snippet in before:
        if snippet not in chosen and chosen[0].block.span < snippet.block.span and _adds_to(snippet, chosen):
            chosen = page.as_one([*chosen, snippet])
    whole = _are_one(chosen, before, page) and not _clash(chosen) and not _interrupted(chosen, view, page)
    return tuple(chosen) if whole else ()


def may_join(snippet: Snippet) -> bool:
    """Return whether a snippet may be a part of a file with others: it is sound, and starts nothing."""
    code, may_wait = snippet.facts, snippet.language.awaits_on_load
    loose = code.error or code.loose_method is not None or (code.bare_await is not None and not may_wait)
    return snippet.role.start is Start.NONE and not loose


def _are_one(chosen: Sequence[Snippet], before: Sequence[Snippet], page: PageSnippets) -> bool:
    """Whether the page says that blocks are one file: by its name, or by running it right behind the last of them."""
    names = [p.name for p in chosen if p.name and p.name.source != "command" and not refusal(p.name.path)]
    if names:
        return chosen[0].name in names and len({normal(name.path) for name in names}) == 1
    if len({(p.head or p.block).ordinal for p in chosen}) == 1:
        return True
    run = page.run_file(chosen[0], chosen[-1])
    return run is not None and not _are_options(chosen) and not _has_versions(chosen, before)


def _interrupted(chosen: Sequence[Snippet], view: Sequence[Snippet], page: PageSnippets) -> bool:
    """Whether broken snippets, such as methods without their class, are in between: joining would lose them.

    Those of another file are not lost, nor lines that are only shown again.
    """
    path = next((normal(p.name.path) for p in chosen if p.name), None)
    first, last = min(p.block.span for p in chosen), max(p.block.span for p in chosen)
    between = (s for s in view if first < s.block.span < last and broken([s]))
    same_file = (s for s in between if s.name is None or normal(s.name.path) == path)
    return any(not is_excerpt(snippet, page.lines) for snippet in same_file)


def _are_options(chosen: Sequence[Snippet]) -> bool:
    """Whether headings say that the page shows several ways, of which its reader takes one."""
    return any(_OPTION.match(p.block.place.headings[-1].text) for p in chosen if p.block.place.headings)


def _has_versions(chosen: Sequence[Snippet], before: Sequence[Snippet]) -> bool:
    """Whether a block in between shows another version of one that was chosen."""
    known = {name for p in chosen for name in p.facts.defines}
    between = (p for p in before if p not in chosen and chosen[0].block.span < p.block.span)
    return any(known.intersection(p.facts.free) and _clash([*chosen, p]) for p in between)


def _adds_to(snippet: Snippet, chosen: Sequence[Snippet]) -> bool:
    known = {name for p in chosen if p.block.span < snippet.block.span for name in p.facts.defines}
    free = set(snippet.facts.free)
    if any(ProgramFile((p,), None).takes_all for p in chosen):
        free &= known
    if not free or not free <= known or _clash([*chosen, snippet]):
        return False
    # a block that only inspects the program (``print(server.name)``) is not part of it
    made = [call.name for call in snippet.facts.calls if call.statement and call.function is None]
    return bool(snippet.facts.defines) or not made or any(name.partition(".")[0] in known for name in made)


def _clash(chosen: Sequence[Snippet]) -> bool:
    """Whether two fences define or register the same name: then they are versions of a file, not parts of it."""
    imports = [i for snippet in chosen for i in snippet.facts.imports]
    imported = _LOGS.union(name.partition(".")[0] for i in imports for name in i.names or (i.module,))
    seen: set[object] = set()
    for snippet in chosen:
        own = {*snippet.facts.defines, *(_registered(call, imported) for call in snippet.facts.calls)} - {None}
        if seen & own:
            return True
        seen |= own
    return False


def _registered(call: Call, imported: Set[str]) -> tuple[str, Value] | None:
    """What a call registers: ``app.get("/mcp", …)``, ``server.registerTool("x", …)``, ``@mcp.tool(name="x")``."""
    receiver, dot, _ = call.name.partition(".")
    if not dot or call.function is not None or receiver in imported:
        return None
    given = call.keywords.get("name", call.arguments[0] if call.arguments else None)
    return (call.name, given) if isinstance(given, str) else None
