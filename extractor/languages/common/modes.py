"""Programs of several transports: which of them a command starts, by the conditions that its code puts on them.

What is not understood decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.conditions import Defaults, Started, defaults_of
from extractor.languages.common.facts import Branch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.model import ExampleKind

_MAX_DEPTH: Final = 3
"""Functions between a call and the test that decides about it."""
_CHOICE: Final = re.compile(
    r"['\"](?P<then>[\w-]+)['\"]\s+if\s+(?P<test>.+)\s+else\s+['\"](?P<other>[\w-]+)['\"]"
    r"|(?P<asked>[^?]+?)\s*\?\s*['\"`](?P<yes>[\w-]+)['\"`]\s*:\s*['\"`](?P<no>[\w-]+)['\"`]"
)


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a program serves."""

    kind: ExampleKind
    branches: tuple[Branch, ...]
    """What has to hold, or not to hold; empty for what runs anyway."""


@dataclass(frozen=True, slots=True)
class Modes:
    """The ways in which a program serves, in order of its code, and the defaults of its options and variables."""

    ways: tuple[Mode, ...]
    defaults: Defaults

    def kind(self, command: Sequence[str], environment: Mapping[str, str]) -> ExampleKind | None:
        """Return the kind that the program is if it is started by a command; None if that cannot be told.

        Args:
            command: argument vector; of it, the words after the program's file are of interest.
            environment: what is set for it.
        """
        started = Started.by(command, environment, self.defaults)
        held = [(way, _held(started, way.branches)) for way in self.ways]
        sure = [way for way, holds in held if holds]
        chosen = next((way for way in sure if way.branches), None)
        if chosen is not None:
            return chosen.kind
        if any(holds is None for _, holds in held) or len({way.kind for way in sure}) != 1:
            return None
        return sure[0].kind


def _held(started: Started, branches: Sequence[Branch]) -> bool | None:
    """Whether some tests turn out as they have to; None if one is not understood and no other one fails."""
    outcomes = [None if (holds := started.test(b.test)) is None else holds is b.holds for b in branches]
    if False in outcomes:
        return False
    return None if None in outcomes else True


def modes_of(calls: Sequence[tuple[Call, ExampleKind]], files: Sequence[CodeFacts]) -> Modes | None:
    """Return the modes of a program; None if it has only one kind.

    Args:
        calls: that serve, and what the program is by each of them.
        files: facts of the program's files.
    """
    ways = tuple(Mode(kind, _branches(call, files)) for call, kind in calls)
    if len({way.kind for way in ways}) < 2:
        return None
    return Modes(ways, defaults_of(files))


def choices(call: Call, text: str) -> tuple[tuple[Call, str], ...]:
    """Return a call once for each of two texts between which an expression chooses, under its test; else nothing.

    Args:
        call: that is made with the value of the expression.
        text: the expression, as written: ``'http' if args.http else 'stdio'``, ``http ? "http" : "stdio"``.
    """
    found = _CHOICE.fullmatch(text.strip())
    if found is None:
        return ()
    test = found["test"] or found["asked"]
    pairs = ((found["then"] or found["yes"], True), (found["other"] or found["no"], False))
    return tuple((replace(call, branches=(*call.branches, Branch(test, holds))), chosen) for chosen, holds in pairs)


def _branches(call: Call, files: Sequence[CodeFacts]) -> tuple[Branch, ...]:
    """The tests around a call, and around the calls of the functions that it is in."""
    calls = [one for code in files for one in code.calls]
    found, function = call.branches, call.function
    for _ in range(_MAX_DEPTH):
        site = next((one for one in calls if one.last == function and one.function != function), None)
        if function is None or site is None:
            break
        found, function = (*site.branches, *found), site.function
    return found
