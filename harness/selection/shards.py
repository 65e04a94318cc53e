"""Examples divided into parts that take about as long as each other, for several machines. Pure.

A plan is written by one run and read by those of its parts, so that all mean the same parts whatever each machine
knows of durations.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.base.text import printable
from harness.base.codec import from_json
from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Example
    from harness.config import Shard

FORMAT: Final = "docprobe-plan/1"
MAX_SHARDS: Final = 256
"""As many as one matrix of GitHub's may have jobs."""
HINT: Final = "write it with: docprobe check --plan N"
LONGEST_S: Final = 1e6
"""No text takes longer: a greater time is of a damaged history."""
UNKNOWN_S: Final = 20.0
"""Taken for a text that never ran, where no other did either."""


@dataclass(frozen=True, slots=True)
class PlannedShard:
    """One part of a plan."""

    shard: str
    """As ``--shard`` takes it: ``2/4``."""
    seconds: float
    """That its texts took when they last ran, or are thought to take."""
    texts: tuple[str, ...]
    """Digests, the longest first."""
    examples: tuple[str, ...]
    """Ids of the selected examples with these texts, in order: for people."""


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """A run in parts."""

    schema: str
    shards: tuple[PlannedShard, ...]
    """None of them is empty, so there may be fewer than were asked for."""


def divide(examples: Sequence[Example], seconds: Mapping[str, float], count: int, *, at_least: int = 0) -> ShardPlan:
    """Return a plan: the longest text first, each to the part that has least to do. The same for the same arguments.

    Args:
        examples: the selected ones; copies of a text stay together.
        seconds: how long texts took, by digest or by the first digits of it.
        count: parts that are wanted.
        at_least: parts that there are even if there is no text.
    """
    ids: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        ids[example.digest].append(example.id)
    known = {digest: found for digest in ids if (found := _of(digest, seconds)) is not None}
    # here, since hardly any run is divided
    import statistics

    usual = statistics.median(known.values()) if known else UNKNOWN_S
    longest_first = sorted(ids, key=lambda digest: (-known.get(digest, usual), digest))
    parts: list[list[str]] = [[] for _ in range(max(min(count, len(ids)), at_least))]
    totals = [0.0] * len(parts)
    for digest in longest_first:
        least = min(range(len(parts)), key=lambda index: (totals[index], len(parts[index]), index))
        parts[least].append(digest)
        totals[least] += known.get(digest, usual)
    return ShardPlan(
        FORMAT,
        tuple(
            PlannedShard(
                shard=f"{number}/{len(parts)}",
                seconds=round(total, 1),
                texts=tuple(part),
                examples=tuple(sorted(id for digest in part for id in ids[digest])),
            )
            for number, (part, total) in enumerate(zip(parts, totals, strict=True), start=1)
        ),
    )


def planned(shard: Shard, text: bytes, name: str) -> Shard:
    """Return a shard that holds the texts which a plan gives it, and of those that the plan lacks its usual share.

    The plan must be whole, as it was written: machines that go by different ones leave texts out.

    Args:
        shard: as ``--shard`` names it.
        text: the plan, as JSON.
        name: of the file, for messages.

    Raises:
        UsageError: it is not a plan, or one of another number of parts.
    """
    try:
        plan = from_json(text, ShardPlan, name="plan")
    except UsageError as error:
        raise UsageError(f"{name}: {error.message}", HINT) from error
    if plan.schema != FORMAT:
        raise UsageError(f"{name} has the format {plan.schema}, not {FORMAT}", HINT)
    if not plan.shards:
        raise UsageError(f"{name} has no shards: there was nothing to run when it was written", HINT)
    if len(plan.shards) != shard.count:
        raise UsageError(
            f"--shard {shard}: {name} has {len(plan.shards)} shards",
            f"choose from 1/{len(plan.shards)} to {len(plan.shards)}/{len(plan.shards)}",
        )
    texts: dict[str, int] = {}
    for number, part in enumerate(plan.shards, start=1):
        if part.shard != f"{number}/{shard.count}":
            raise UsageError(f"{name}: shard {number} of {shard.count} is called {printable(part.shard)!r}", HINT)
        for digest in part.texts:
            if digest in texts:
                both = f"{texts[digest]}/{shard.count} and {part.shard}"
                raise UsageError(f"{name}: text {printable(digest)[:16]} is in shards {both}", HINT)
            texts[digest] = number
    return replace(shard, texts=texts, plan=name)


def _of(digest: str, seconds: Mapping[str, float]) -> float | None:
    """Return the seconds recorded for a digest, or for its prefix in a history; None if they are not a duration."""
    found = seconds.get(digest, seconds.get(digest[:16]))
    return found if isinstance(found, int | float) and 0 <= found <= LONGEST_S else None
