"""Which examples a run is about: globs, revisions, shards."""

from __future__ import annotations

import difflib
import hashlib
from typing import TYPE_CHECKING

import pathspec

from harness.base.errors import NothingSelectedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.model import Example

def matches(pattern: str, example: Example) -> bool:
    """Whether a ``--select`` glob names the example, by id or by page, at any folder boundary as in .gitignore."""
    anchored = pattern if pattern.startswith("/") else f"**/{pattern}"
    spec = pathspec.GitIgnoreSpec.from_lines([anchored])
    stem = example.id.partition("#")[0]
    return any(spec.match_file(name) for name in (example.id, example.page, stem))


def select(
    examples: Sequence[Example], patterns: Sequence[str] = (), revisions: Sequence[str] = ()
) -> tuple[Example, ...]:
    """The examples that every kind of filter lets through; each pattern must name at least one.

    Raises:
        NothingSelectedError: nothing is left, or a pattern names nothing; the hint gives the nearest names.
    """
    for pattern in patterns:
        if not any(matches(pattern, example) for example in examples):
            raise NothingSelectedError(f"'{pattern}' names no example", _nearest(pattern, examples))
    known = {example.revision for example in examples if example.revision}
    for revision in revisions:
        if revision not in known:
            raise NothingSelectedError(
                f"--revision '{revision}' is no revision of these docs", f"known: {', '.join(sorted(known)) or 'none'}"
            )
    chosen = tuple(
        example
        for example in examples
        if (not patterns or any(matches(pattern, example) for pattern in patterns))
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


def _nearest(pattern: str, examples: Iterable[Example]) -> str:
    ids = sorted({example.id for example in examples})
    word = pattern.replace("*", "")
    inside = [name for name in ids if word and word in name][:3]
    near = inside or difflib.get_close_matches(word, ids, n=3, cutoff=0.3)
    return f"nearest: {', '.join(near)}" if near else "see what there is: docprobe examples DOCS"
