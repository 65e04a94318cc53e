"""What a set of ids shows about the generator that made them. It can refute randomness, never prove it.

Refuted by a repeat, a plain counter or clock, or the same ids across restarts. Fewer than 64 varying bits after shared
and time-derived parts are removed refute it by a reading only: no sentence names a number. Order or a time prefix alone
never refutes: UUIDv7 and ULID (RFC 9562, section 5.7) are fine.
"""

from __future__ import annotations

import itertools
import math
import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.findings import as_interpretation, count, inconclusive, satisfied, violated
from harness.model import Basis
from harness.profiles.mcp.rules.transcript import is_initialize_result, issued_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

ENOUGH: Final = 20
"""Ids needed before "not refuted" says anything."""
MIN_BITS: Final = 64
_FEW: Final = 5
"""Ids needed before varying bits can be counted."""
_FEW_SLACK_BITS: Final = 4
"""What few ids may leave unseen."""
_ENOUGH_FOR_ORDER: Final = 10
"""Ids needed before their order means anything."""
_LONGEST_NUMBER: Final = 64
"""Digits beyond which text is not taken for a number."""
_ALPHABETS: Final = (
    string.digits,
    string.digits + "abcdef",
    string.digits + "ABCDEF",
    string.ascii_lowercase + "234567",
    string.ascii_uppercase + string.digits,
    string.ascii_lowercase + string.digits,
    string.ascii_letters + string.digits,
)
_SEPARATORS: Final = re.compile(r"[-_.:|~/]+")


@dataclass(frozen=True, slots=True)
class Sample:
    """One id as it was issued."""

    id: str
    process: int
    """Which start of the server issued it."""
    exchange: int
    """Number of the exchange that carried it."""


@dataclass(frozen=True, slots=True)
class Refutation:
    """Why ids can be predicted."""

    reason: str
    """Half a sentence: ``they count upwards``."""
    exchanges: tuple[int, ...]
    by_size: bool = False
    """Whether only the number of varying bits speaks against them, which no sentence of the specification limits."""


def unpredictable_session_ids(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge every session id of the conversation: one generator makes them, whatever the revision.

    Two sentences are about this one property: transports page, "Session Management", item 1, and security best
    practices page, "Session Hijacking", mitigation.
    """
    carriers = [exchange for exchange in transcript.exchanges if is_initialize_result(exchange)]
    samples = [Sample(id, exchange.process, exchange.number) for exchange in carriers if (id := issued_id(exchange))]
    numbers = {sample.exchange for sample in samples}
    return judge_randomness(bound, samples, [e for e in carriers if e.number in numbers], "session id")


def judge_randomness(
    bound: BoundRequirement, samples: Sequence[Sample], carriers: Sequence[Exchange], what: str
) -> Finding:
    """Return the finding about values that must not be predictable.

    Args:
        bound: the requirement.
        samples: the values in order of issue.
        carriers: the exchanges that carried them.
        what: a name for one of the values.
    """
    refutation = refute(samples)
    if refutation is not None:
        evidence = [exchange for exchange in carriers if exchange.number in refutation.exchanges]
        if refutation.by_size:
            finding = violated(bound, f"{what.capitalize()}s are short: {refutation.reason}.", evidence)
            return as_interpretation(finding) if finding.basis is Basis.TEXT else finding
        return violated(bound, f"{what.capitalize()}s can be predicted: {refutation.reason}.", evidence)
    if len(samples) < ENOUGH:
        return inconclusive(
            bound, f"Too few {what}s for a verdict: {len(samples)} of {ENOUGH}, without a fault so far.", carriers
        )
    restarted = ", nor the same after a restart" if len({sample.process for sample in samples}) > 1 else ""
    return satisfied(
        bound, f"None of {count(len(samples), what)} was repeated, sequential or short{restarted}.", carriers
    )


def refute(samples: Sequence[Sample]) -> Refutation | None:
    """Return the first reason to call ids predictable; None if nothing speaks against them.

    Args:
        samples: the ids in order of issue.
    """
    return _repeated(samples) or _counting(samples) or _few_bits(samples)


def varying_bits(ids: Sequence[str]) -> float:
    """Return an upper estimate of the bits that differ from id to id and do not come from the time of issue.

    Ids are cut at separators; a part that never falls is shared, a counter or a clock, and so is the shortest start of
    a part that alone puts the ids in order.

    Args:
        ids: in order of issue.
    """
    parts = [_SEPARATORS.split(text) for text in ids]
    if len({len(split) for split in parts}) != 1:
        parts = [[text] for text in ids]
    return sum(_part_bits(column) for column in zip(*parts, strict=True))


def _repeated(samples: Sequence[Sample]) -> Refutation | None:
    seen: dict[str, Sample] = {}
    for sample in samples:
        earlier = seen.setdefault(sample.id, sample)
        if earlier is sample:
            continue
        where = "after a restart" if earlier.process != sample.process else "to two initialize requests"
        return Refutation(f"{_shown(sample.id)} was issued again {where}", (earlier.exchange, sample.exchange))
    return None


def _counting(samples: Sequence[Sample]) -> Refutation | None:
    """Find a counter: once the shared text is cut off, numbers that rise by small steps."""
    for process in sorted({sample.process for sample in samples}):
        ours = [sample for sample in samples if sample.process == process]
        if len(ours) < 3:
            continue
        tails = _without_shared([sample.id for sample in ours])
        for base, digits in ((10, string.digits), (16, string.hexdigits), (36, string.digits + string.ascii_letters)):
            if not all(tail and len(tail) <= _LONGEST_NUMBER and set(tail) <= set(digits) for tail in tails):
                continue
            values = [int(tail, base) for tail in tails]
            gaps = [later - earlier for earlier, later in itertools.pairwise(values)]
            if all(0 < gap <= 16 for gap in gaps):
                shown = f"{_shown(ours[0].id)}, {_shown(ours[1].id)}, …"
                return Refutation(f"they count upwards ({shown})", tuple(sample.exchange for sample in ours))
    return None


def _few_bits(samples: Sequence[Sample]) -> Refutation | None:
    if len(samples) < _FEW:
        return None
    bits = varying_bits([sample.id for sample in samples])
    if bits >= (MIN_BITS if len(samples) >= ENOUGH else MIN_BITS - _FEW_SLACK_BITS):
        return None
    return Refutation(
        f"at most {math.floor(bits)} bits differ between {len(samples)} of them besides shared and time-derived parts "
        f"({_shown(samples[0].id)}, {_shown(samples[1].id)}, …), fewer than {MIN_BITS}",
        tuple(sample.exchange for sample in samples),
        # no varying bit at all is a clock, which nobody calls random
        by_size=bits >= 1,
    )


def _part_bits(column: Sequence[str]) -> float:
    """Return the bits of one part of the ids, without its time-derived start."""
    start = _ordered_start(column)
    if start == 0 and all(text.isdecimal() and len(text) <= _LONGEST_NUMBER for text in column):
        # decimal numbers of different lengths: their positions understate the range
        return float(max(int(text) for text in column).bit_length())
    rests = [text[start:] for text in column]
    symbol_bits = math.log2(_alphabet(set().union(*rests)))
    bits = 0.0
    for position in range(max(map(len, rests), default=0)):
        present = [text[position] for text in rests if position < len(text)]
        if len(set(present)) > 1:
            # few symbols seen in many ids: a position that holds less than its alphabet could
            seen = math.log2(len(set(present))) + 2 if len(column) >= ENOUGH else symbol_bits
            bits += len(present) / len(rests) * min(symbol_bits, seen)
    return bits


def _ordered_start(column: Sequence[str]) -> int:
    """Return the length of the shortest start that alone puts the ids in order of issue; 0 if none does.

    Any longer start would do so too, so the rest may still be random: it is counted.
    """
    shared = _shared_start(column)
    shortest = min(map(len, column))
    if shared == shortest:
        return shared
    if len(column) < _ENOUGH_FOR_ORDER:
        return shared
    for length in range(shared + 1, min(shortest, shared + _LONGEST_NUMBER) + 1):
        starts = [text[:length] for text in column]
        if starts != sorted(starts):
            return 0
        if len(set(starts)) > len(starts) // 2:
            return length
    return shortest


def _alphabet(used: set[str]) -> int:
    """Return the size of the smallest usual alphabet that holds all of ``used``."""
    return next((len(alphabet) for alphabet in _ALPHABETS if used <= set(alphabet)), 64 if len(used) <= 64 else 94)


def _without_shared(ids: Sequence[str]) -> list[str]:
    """Return the ids without their common start and end. Digits of a number are kept whole."""
    start = _shared_start(ids)
    while start and ids[0][start - 1] in string.hexdigits:
        start -= 1
    rests = [text[start:] for text in ids]
    end = _shared_start([text[::-1] for text in rests])
    return [text[: len(text) - end] for text in rests]


def _shared_start(ids: Sequence[str]) -> int:
    """Return the length of the longest common prefix."""
    low, high = min(ids), max(ids)
    return next((at for at, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))


def _shown(id: str) -> str:
    return repr(id if len(id) <= 40 else f"{id[:37]}…")
