"""Where the examples of a change come from: their own past, or what they were moved, renamed or copied from. Pure.

An id follows tabs and headings, so a heading that is inserted above unchanged blocks can rename them: the same code on
the same page is the same example, whatever it is called.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Example

EDITED: Final = 0.5
"""From this share of common lines on, the code of a page is that of before, edited."""
COPIED: Final = 0.6
"""The same for code of another page, of which some is alike by chance."""


def find_origins(
    examples: Sequence[Example], now: Sequence[Example], before: Sequence[Example]
) -> Mapping[str, Example]:
    """Return the example at the merge base that each of some examples comes from, by the id of now.

    In order: the same id and code; the same code on the same page; code on the same page that is alike; the same id;
    the same code, or code that is alike, of another page, at first of a page that is gone (it was moved), then of one
    that is still there (it was copied, into the folder of a new revision for instance).

    Args:
        examples: whose origins are asked for.
        now: every example of the docs as they are.
        before: every example at the merge base.

    Returns:
        New examples are left out. Several copies may have one origin; on one page, each has its own: what is added
        beside the program that it was copied from is new.
    """
    found = _on_their_pages(now, before)
    pages = {example.page for example in now}
    gone = [example for example in before if example.page not in pages]
    there = [example for example in before if example.page in pages]
    taken = {(example.page, found[example.id].id) for example in now if example.id in found}
    same = {example.digest for example in before}
    # what is the same must not lose its origin to what is alike
    for example in sorted(examples, key=lambda one: one.digest not in same):
        if example.id not in found:
            free = (
                [other for other in group if other.page != example.page and (example.page, other.id) not in taken]
                for group in (gone, there)
            )
            origin = next(filter(None, (_nearest(example, group, COPIED) for group in free)), None)
            if origin is not None:
                found[example.id] = origin
                taken.add((example.page, origin.id))
    return {example.id: found[example.id] for example in examples if example.id in found}


def _on_their_pages(now: Sequence[Example], before: Sequence[Example]) -> dict[str, Example]:
    """Return the origins that are on the same page, each of at most one example."""
    found: dict[str, Example] = {}
    was: dict[str, list[Example]] = defaultdict(list)
    for example in before:
        was[example.page].append(example)
    pages: dict[str, list[Example]] = defaultdict(list)
    for example in now:
        if example.page in was:
            pages[example.page].append(example)
    for page, examples in pages.items():
        rest = was[page]
        for pairs in (_same_id_and_code, _same_code, _alike, _same_id):
            left = [example for example in examples if example.id not in found]
            for example, origin in pairs(left, tuple(rest)):
                if example.id not in found and origin in rest:
                    found[example.id] = origin
                    rest.remove(origin)
    return found


def _same_id_and_code(now: Sequence[Example], before: Sequence[Example]) -> Iterator[tuple[Example, Example]]:
    return ((e, other) for e in now for other in before if (e.id, e.digest) == (other.id, other.digest))


def _same_code(now: Sequence[Example], before: Sequence[Example]) -> Iterator[tuple[Example, Example]]:
    return ((e, other) for e in now for other in before if e.digest == other.digest)


def _same_id(now: Sequence[Example], before: Sequence[Example]) -> Iterator[tuple[Example, Example]]:
    return ((e, other) for e in now for other in before if e.id == other.id)


def _alike(now: Sequence[Example], before: Sequence[Example]) -> Iterator[tuple[Example, Example]]:
    """Yield pairs of edited code, the most alike first, and of those equally alike the ones with the same id."""
    pairs = [(_likeness(e, other), e.id == other.id, e, other) for e in now for other in before]
    pairs = [pair for pair in pairs if pair[0] >= EDITED]
    pairs.sort(key=lambda pair: pair[:2], reverse=True)
    return ((e, other) for _, _, e, other in pairs)


def _nearest(example: Example, others: Sequence[Example], least: float) -> Example | None:
    """Return the example whose code is most alike, of those equally alike the newest revision's; None if none is."""
    ranked = [(_likeness(example, other), other.revision or "", other.id, other) for other in others]
    best = max((rank for rank in ranked if rank[0] >= least), key=lambda rank: rank[:3], default=None)
    return best[-1] if best else None


def _likeness(example: Example, other: Example) -> float:
    """Return the share of lines that two examples have in common, 0 to 1; 0 for different kinds of programs."""
    if example.digest == other.digest:
        return 1.0
    if example.language != other.language:
        return 0.0
    own, others = _lines(example), _lines(other)
    return len(own & others) / max(len(own), len(others), 1)


def _lines(example: Example) -> frozenset[str]:
    files = example.bundle.files if example.bundle is not None else ()
    return frozenset(line.strip() for file in files for line in file.text.splitlines() if line.strip())
