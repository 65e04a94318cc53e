"""Which examples a run is about: globs, revisions, shards."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from extractor.base.globs import matches
from extractor.base.suggest import suggestion
from harness.base.errors import NothingSelectedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.model import Example

def is_selected(id: str, page: str, pattern: str) -> bool:
    """Return whether a ``--select`` pattern matches an example's id, its page, or its page without extension."""
    return any(matches(name, pattern) for name in (id, page, id.partition("#")[0]))


def select(
    examples: Sequence[Example], patterns: Sequence[str] = (), revisions: Sequence[str] = ()
) -> tuple[Example, ...]:
    """Return the examples that match every kind of filter.

    Args:
        examples: to choose from.
        patterns: ``--select`` patterns, each of which must match at least one example; none selects all.
        revisions: documentation revisions; none selects all.

    Raises:
        NothingSelectedError: nothing is left, or a pattern matches nothing; the hint gives the nearest names.
    """
    for pattern in patterns:
        if not any(is_selected(example.id, example.page, pattern) for example in examples):
            raise NothingSelectedError(f"no example matches '{pattern}'", _nearest(pattern, examples))
    known = {example.revision for example in examples if example.revision}
    for revision in revisions:
        if revision not in known:
            raise NothingSelectedError(
                f"no example belongs to revision '{revision}'", suggestion(revision, sorted(known))
            )
    chosen = tuple(
        example
        for example in examples
        if (not patterns or any(is_selected(example.id, example.page, pattern) for pattern in patterns))
        and (not revisions or example.revision in revisions)
    )
    if not chosen:
        raise NothingSelectedError(
            "the selection leaves no example" if examples else "these docs hold no example docprobe can recognise",
            "see what there is: docprobe examples DOCS",
        )
    return chosen


def parse_shard(text: str) -> tuple[int, int]:
    """``I/N`` with 1 <= I <= N. Raises UsageError."""
    first, slash, second = text.partition("/")
    if slash and first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise UsageError(f"--shard '{text}' is not I/N", "for example --shard 1/4, the first of four")


def shard_names(shard: tuple[int, int] | None) -> tuple[str, ...]:
    """The shard as a report names it; nothing for a whole run."""
    return () if shard is None else (f"{shard[0]}/{shard[1]}",)


def in_shard(digest: str, shard: tuple[int, int] | None) -> bool:
    """Whether a distinct text belongs to shard I of N: identical copies always share a shard."""
    if shard is None:
        return True
    index, count = shard
    return int.from_bytes(hashlib.sha256(digest.encode()).digest()[:8]) % count == index - 1


def _nearest(pattern: str, examples: Iterable[Example]) -> str | None:
    ids = [example.id for example in examples]
    return suggestion(pattern.replace("*", ""), ids, "list the examples: docprobe examples DOCS")
