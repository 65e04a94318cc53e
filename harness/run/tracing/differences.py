"""What ran for a request that violates something and not for its control, by a conversation that was traced. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

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
    versions = {_plain(name): version for name, version in was.packages.items()}
    asked_again = {number for number in executed if _same(before.get(number), after.get(number))}
    kind_of = {number: _kind(after[number]) for number in asked_again}
    rights: dict[_Kind, Counter[_Place]] = {}
    """By kind: places, with how many requests with which nothing is wrong ran them."""
    ran_by: dict[_Kind, set[_Place]] = {}
    for number in asked_again:
        places = {(path, place) for path, held in executed[number].places.items() for place in held}
        ran_by.setdefault(kind_of[number], set()).update(places)
        if number not in wrong:
            rights.setdefault(kind_of[number], Counter()).update(places)
    times, kinds = _summed(rights.values()), _summed(ran_by.values())
    found = []
    for number, control in sorted(pairs.items()):
        if number not in asked_again:
            continue
        if control not in asked_again:
            control = 0
        ran = executed[number]
        # without a control everything ran for others too, as far as is known
        other = executed[control] if control else ran
        only = {path: ran.places[path] - other.places.get(path, frozenset()) for path in sorted(ran.places)}
        own_kind = kind_of[number]
        # what every request of a kind does wrong, those with which nothing else is wrong do too
        alike: Mapping[_Place, int] = {} if any(only.values()) else rights.get(own_kind, {})
        rare = {
            path: tuple(
                (*place, count)
                for place in sorted(places)
                if (count := times[path, place] - alike.get((path, place), 0)) < RARELY
            )
            for path, places in sorted(ran.places.items())
        }
        # its own kind ran them all
        of_few = {
            path: tuple((*place, count) for place in sorted(places) if (count := kinds[path, place] - 1) < RARELY)
            for path, places in sorted(ran.places.items())
        }
        others = {call[:2] for call in other.calls}
        fresh = [call for call in ran.calls if call[:2] not in others]
        library = list(dict.fromkeys(named for call in fresh for named in (call[2:], call[:2]) if named))[:_MOST_SHOWN]
        found.append(
            TracedExchange(
                number,
                control,
                {path: tuple(sorted({line for line, _ in ran.places[path]})) for path in sorted(ran.places)},
                {path: tuple(sorted(places)) for path, places in only.items() if places},
                tuple(LibraryFunction(name, versions.get(_plain(name), ""), called) for name, called in library),
                {path: places for path, places in rare.items() if places},
                {path: places for path, places in of_few.items() if places},
                dict(ran.places),
            )
        )
    return tuple(found)


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
