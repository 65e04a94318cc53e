"""What ran for a request that violates something and not for its control, by a conversation that was traced. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from harness.base import jsonrpc
from harness.model import RARELY, LibraryFunction, TracedExchange

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from harness.model import Exchange, Transcript
    from harness.run.tracing.service import Executed

_Kind = tuple[str, str]
"""Of a request: its method, and the methods of its messages."""
_Place = tuple[str, tuple[int, int]]
"""A file, and a line and column of it."""
_MOST_SHOWN: Final = 40
"""Functions of packages that are kept of one request."""


def differences(
    was: Transcript,
    now: Transcript,
    pairs: Mapping[int, int],
    executed: Mapping[int, Executed],
    wrong: Collection[int],
) -> tuple[TracedExchange, ...]:
    """Return what only the first of each pair executed, where both were answered as in the conversation before.

    Args:
        was: the conversation that was judged.
        now: the one that was traced.
        pairs: number of each exchange to return, and of its control; 0 if it has none.
        executed: what ran for each exchange.
        wrong: numbers of all exchanges with which something is wrong.
    """
    before, after = ({one.number: one for one in transcript.exchanges} for transcript in (was, now))
    asked_again = {number for number in executed if _same(before.get(number), after.get(number))}
    again = {number: executed[number] for number in asked_again}
    runs = _Runs.of(again, {number: _kind(after[number]) for number in asked_again}, wrong)
    versions = {_plain(name): version for name, version in was.packages.items()}
    return tuple(
        _traced(number, control if control in again else 0, again, runs, versions)
        for number, control in sorted(pairs.items())
        if number in again
    )


@dataclass(frozen=True, slots=True)
class _Runs:
    """What ran for which requests of a conversation."""

    kinds: Mapping[int, _Kind]
    """Of each request, by number."""
    rights: Mapping[_Kind, Counter[_Place]]
    """By kind: places, with how many requests with which nothing is wrong ran them."""
    times: Counter[_Place]
    """Places, with how many requests with which nothing is wrong ran them."""
    ran_by: Counter[_Place]
    """Places, with how many kinds of requests ran them."""

    @classmethod
    def of(cls, executed: Mapping[int, Executed], kinds: Mapping[int, _Kind], wrong: Collection[int]) -> Self:
        """Count what ran for requests, by number; ``wrong``: those with which something is wrong."""
        rights: dict[_Kind, Counter[_Place]] = {}
        every: dict[_Kind, set[_Place]] = {}
        for number, ran in executed.items():
            places = {(path, place) for path, held in ran.places.items() for place in held}
            every.setdefault(kinds[number], set()).update(places)
            if number not in wrong:
                rights.setdefault(kinds[number], Counter()).update(places)
        return cls(kinds, rights, _summed(rights.values()), _summed(every.values()))


def _traced(
    number: int, control: int, executed: Mapping[int, Executed], runs: _Runs, versions: Mapping[str, str]
) -> TracedExchange:
    """Return what ran for a request and not for its control, 0 if it has none, and what few others ran."""
    ran = executed[number]
    # without a control everything ran for others too, as far as is known
    other = executed[control] if control else ran
    only = {path: ran.places[path] - other.places.get(path, frozenset()) for path in sorted(ran.places)}
    # what every request of a kind does wrong, those with which nothing else is wrong do too
    alike: Mapping[_Place, int] = {} if any(only.values()) else runs.rights.get(runs.kinds[number], {})
    rare = {
        path: tuple(
            (*place, count)
            for place in sorted(places)
            if (count := runs.times[path, place] - alike.get((path, place), 0)) < RARELY
        )
        for path, places in sorted(ran.places.items())
    }
    # its own kind ran them all
    of_few = {
        path: tuple((*place, count) for place in sorted(places) if (count := runs.ran_by[path, place] - 1) < RARELY)
        for path, places in sorted(ran.places.items())
    }
    others = {call[:2] for call in other.calls}
    fresh = [call for call in ran.calls if call[:2] not in others]
    library = list(dict.fromkeys(named for call in fresh for named in (call[2:], call[:2]) if named))[:_MOST_SHOWN]
    return TracedExchange(
        number,
        control,
        {path: tuple(sorted({line for line, _ in ran.places[path]})) for path in sorted(ran.places)},
        {path: tuple(sorted(places)) for path, places in only.items() if places},
        tuple(LibraryFunction(name, versions.get(_plain(name), ""), called) for name, called in library),
        {path: places for path, places in rare.items() if places},
        {path: places for path, places in of_few.items() if places},
        dict(ran.places),
    )


def answered_otherwise(was: Transcript, now: Transcript, numbers: Iterable[int]) -> frozenset[int]:
    """Return which of some exchanges were answered otherwise in the second conversation, or not asked again."""
    before, after = ({one.number: one for one in transcript.exchanges} for transcript in (was, now))
    return frozenset(number for number in numbers if not _same(before.get(number), after.get(number)))


def _summed(counts: Iterable[Iterable[_Place]]) -> Counter[_Place]:
    """Return the sum of counts; of sets, in how many a place is."""
    total: Counter[_Place] = Counter()
    for each in counts:
        total.update(each)
    return total


def _same(one: Exchange | None, other: Exchange | None) -> bool:
    if one is None or other is None:
        return False
    return (one.step, one.method, one.status) == (other.step, other.method, other.status)


def _kind(exchange: Exchange) -> _Kind:
    return exchange.method, jsonrpc.methods(exchange.body)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
