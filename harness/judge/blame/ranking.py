"""How much each statement of a page tells about a wrong reply: by the values that it holds and what ran it. Pure.

What differs between two requests of different kinds is what was asked for. So statements are ranked: those that ran
for this kind of request alone stand above those that run for all, and what holds a name or value of the wrong reply,
above what does not.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import lines_of
from harness.judge.blame.answer_code import is_alike
from harness.judge.blame.overriding import bases_of, in_effect, is_within, overriding, set_anew
from harness.judge.blame.said import said_in
from harness.judge.blame.suspects import Suspect, bound_name
from harness.model import RARELY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.judge.blame.code import Code
    from harness.judge.blame.executed import Executed
    from harness.judge.blame.reply_values import Values
    from harness.judge.blame.said import Reader, Said
    from harness.model import Exchange

MOST: Final = 3
"""Statements that are chosen."""
_NEAR: Final = 0.6
"""Part of the best score that another statement needs to be chosen."""
_ALSO: Final = 0.2
"""Part of the best score that it needs if it holds what is wrong as well."""
_WORDS: Final = 0.5
"""Weight of a word that a statement and a finding have in common, beside that of a value."""
_FRESH: Final = 3.0
"""How much more a statement tells that did not run for a control of the same kind."""
_OVERRIDES: Final = 2.0
"""How much more a statement tells in a function that replaces one of its class's bases."""
_SPREAD: Final = 0.5
"""How much a statement loses by each other kind of request that ran it."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Statements and constants by how much they tell, best first."""

    scored: tuple[tuple[float, Suspect], ...]
    settings: tuple[Suspect, ...]
    """Constants that what ran mentions."""
    said: Reader
    """Reads a statement."""
    is_traced: bool
    """Whether it is known what ran."""
    anew: frozenset[int] = frozenset()
    """Those constants that a class sets instead of a base of its, by the ids of their nodes."""

    def best(self, values: Values) -> list[Suspect]:
        """Return those that stand out, and those that hold what is wrong as well."""
        top = self.scored[0][0] if self.scored else 0.0
        holds = {id(one): bool(wrong_tokens(self.said(one.node), values)) for _, one in self.scored}
        chosen = [one for score, one in self.scored if score >= (_ALSO if holds[id(one)] else _NEAR) * top]
        return [one for one in chosen if self.is_traced or holds[id(one)]][:MOST]


def rank_statements(
    code: Code,
    executed: Sequence[Executed],
    ran: Sequence[Suspect],
    values: Values,
    exchanges: Mapping[int, Exchange],
) -> Ranking:
    """Rank statements and constants by how much they tell about a wrong reply.

    Args:
        code: of the files.
        executed: what ran for the wrong replies; empty if nothing is known of it.
        ran: the statements to rank, with how many other kinds of requests ran them.
        values: what is wrong in the replies.
        exchanges: by number.
    """
    said = code.read(said_in)
    names: dict[str, int] = {}
    for each in ran:
        for name in said(each.node).names:
            names[name] = min(names.get(name, RARELY), each.others)
    settings = [
        Suspect(file.file, node, names[bound])
        for file in code.files
        for node in file.constants
        if (bound := bound_name(node)) in names
    ]
    bases = code.read(bases_of)
    anew = set_anew(settings, bases)
    settings = in_effect(settings, bases)
    fresh = {
        (each.file.path, each.node.start_byte)
        for one in executed
        if (control := one.traced.control) and is_alike(exchanges[one.traced.number], exchanges[control])
        for each in one.pool
    }
    replacing = code.read(overriding)
    counts = Counter(word for each in (*ran, *settings) for word in said(each.node).words & values.words)
    total = len(ran) + len(settings)
    scored = [
        (_value_of_setting(said(each.node), values, is_set_anew=each.node.id in anew) / _loss(each), each)
        for each in settings
    ]
    for each in ran:
        words = sum(math.log(1 + total / counts[word]) for word in said(each.node).words & values.words if counts[word])
        factor = _FRESH if (each.file.path, each.node.start_byte) in fresh else 1.0
        factor *= _OVERRIDES if is_within(each, replacing) else 1.0
        tells = _value(said(each.node), values) + _WORDS * words
        scored.append((factor * _coverage(each, executed) * tells / _loss(each), each))
    known = sorted(((score, each) for score, each in scored if score > 0), key=lambda pair: -pair[0])
    return Ranking(tuple(known), tuple(settings), said, bool(executed), frozenset(anew))


def _loss(one: Suspect) -> float:
    return 1 + _SPREAD * one.others


def _value(said: Said, values: Values) -> float:
    """Return how much the names and values in a statement tell."""
    wrong = wrong_tokens(said, values)
    aside = (values.weights.get(token, 0.0) for token in said.literals - wrong)
    return sum(values.weights.get(token, 0.0) for token in wrong) + max(aside, default=0.0)


def _value_of_setting(said: Said, values: Values, *, is_set_anew: bool) -> float:
    """Return how much a constant tells: the less, the more it holds that the reply does not have."""
    literals = said.literals - {bound_name(said.node)}
    wrong = wrong_tokens(said, values)
    if not literals:
        return 0.0
    if not wrong:
        # what a reply has and others have not may be all of a constant
        whole = is_set_anew and literals <= values.weights.keys() and len(literals) > 1
        return sum(values.weights[literal] for literal in literals) if whole else 0.0
    known = sum(literal in values.weights or any(token in literal for token in wrong) for literal in literals)
    return _value(said, values) * known / len(literals)


def wrong_tokens(said: Said, values: Values) -> set[str]:
    """Return the names and values in a statement that are wrong in a reply, or missing from it."""
    return {token for token in values.subject if token in said.literals or said.mentions(token)}


def _coverage(one: Suspect, executed: Sequence[Executed]) -> float:
    """Return the part of the wrong requests that ran a statement."""
    line = lines_of(one.node)[0]
    return sum(line in each.ran(one.file.path) for each in executed) / len(executed) if executed else 1.0
