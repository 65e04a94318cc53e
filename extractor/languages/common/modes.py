"""Programs of several transports: which of them a command starts, by the conditions that its code puts on them.

What is not understood decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from extractor.languages.common.conditions import Started
from extractor.languages.common.defaults import Defaults, defaults_of
from extractor.languages.common.facts import COMMAND, Branch
from extractor.languages.common.own_calls import own_calls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.languages.common.own_calls import OwnCalls
    from extractor.model import ExampleKind

MOST_WAYS: Final = 20
"""Calls that serve, and calls of one function, that are looked at."""
_MAX_DEPTH: Final = 3
"""Functions between a call and the test that decides about it."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a program serves."""

    kind: ExampleKind
    branches: tuple[Branch, ...]
    """What has to hold, or not to hold; empty for what runs anyway."""
    entry: str = ""
    """The function that a command has to call, where the program does not; empty for what its file runs."""


@dataclass(frozen=True, slots=True)
class Modes:
    """The ways in which a program serves, in order of its code, and the defaults of its options and variables."""

    ways: tuple[Mode, ...]
    defaults: Defaults

    def kind(self, command: Sequence[str], environment: Mapping[str, str]) -> ExampleKind | None:
        """Return the kind that the program is if it is started by a command; None if that is not known.

        Args:
            command: argument vector; of it, the words after the program's file are of interest.
            environment: what is set for it.
        """
        started = Started.by(command, environment, self.defaults)
        called = tuple(way for way in self.ways if way.entry and any(f"{way.entry}(" in word for word in command))
        ways = called or tuple(way for way in self.ways if not way.entry) or self.ways
        held = [(way, _held(started, way.branches)) for way in ways]
        sure = [way for way, holds in held if holds]
        chosen = next((way for way in sure if way.branches), None)
        if chosen is not None:
            return chosen.kind
        if any(holds is None for _, holds in held) or len({way.kind for way in sure}) != 1:
            return None
        return sure[0].kind


def _held(started: Started, branches: Sequence[Branch]) -> bool | None:
    """Whether some tests turn out as they have to; None if one is not understood and no other one fails."""
    outcomes = [None if (holds := started.holds(b.test)) is None else holds is b.holds for b in branches]
    if False in outcomes:
        return False
    return None if None in outcomes else True


def modes_of(calls: Sequence[tuple[Call, ExampleKind]], files: Sequence[CodeFacts]) -> Modes | None:
    """Return the modes of a program; None if it has only one kind.

    Args:
        calls: that serve, and what the program is by each of them.
        files: facts of the program's files.
    """
    own = own_calls(files)
    ways = tuple(
        Mode(kind, branches, _entry(call, own))
        for call, kind in calls[:MOST_WAYS]
        for branches in islice(_branches(call, own), MOST_WAYS)
    )
    if len({way.kind for way in ways}) < 2:
        return None
    return Modes(ways, defaults_of(files))


def by_value(call: Call, text: str) -> tuple[tuple[Call, bool], ...]:
    """Return a call that takes its transport from an expression twice: if that is stdio, or nothing, and if it is not.

    Args:
        call: that serves.
        text: the expression, as written: ``args.transport``, ``http ? "http" : "stdio"``.
    """
    test = f"({text}) in ('stdio', None)"
    return tuple((replace(call, branches=(*call.branches, Branch(test, holds))), holds) for holds in (True, False))


def _entry(call: Call, own: OwnCalls) -> str:
    """The function that a call is in, if the program neither calls it nor hands it on."""
    function = call.within[0] if call.within else ""
    is_called = own.of(function) or function in own.commands or function in own.mentioned
    return function if function.isidentifier() and not is_called else ""


def _branches(call: Call, own: OwnCalls, depth: int = 0) -> Iterator[tuple[Branch, ...]]:
    """Yield the tests around a call, and around the calls of the functions that it is in: once for each way to it.

    Args:
        call: that serves.
        own: calls of the program's functions.
        depth: functions that the call is in already.
    """
    # the innermost function that something calls: calls of those around it lead to that
    found = (around for name in reversed(call.within) if (around := own.of(name)))
    around = next(found, ())[:MOST_WAYS] if depth < _MAX_DEPTH else ()
    if not around:
        chosen = (word for name in call.within if (word := own.commands.get(name)))
        yield (*(Branch(f"{COMMAND} == {word!r}", holds=True) for word in chosen), *call.branches)
        return
    for one in around:
        for outer in islice(_branches(one, own, depth + 1), MOST_WAYS):
            yield (*outer, *call.branches)
