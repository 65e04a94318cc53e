"""Which statements of a page build a reply: by the kinds of requests that they ran for and the values that they hold.

What differs between two requests of different kinds is what was asked for. So statements are ranked: those that ran
for this kind of request alone stand above those that run for all, and what holds a name or value of the wrong reply,
above what does not. What they call, and the constants and variables that they use, may be what is wrong. Pure.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, lines_of, text_of
from harness.judge.blame.answer_code import CONDITIONS, NEAR, is_alike
from harness.judge.blame.flow import guards_of, name_of
from harness.judge.blame.overriding import bases_of, in_effect, is_within, overriding, set_anew
from harness.judge.blame.said import said_in
from harness.judge.blame.suspects import (
    Suspect,
    bound_name,
    decided_by,
    uses,
)
from harness.model import RARELY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.judge.blame.code import Code, CodeFile
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
class _Ranking:
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
        holds = {id(one): bool(_told(self.said(one.node), values)) for _, one in self.scored}
        chosen = [one for score, one in self.scored if score >= (_ALSO if holds[id(one)] else _NEAR) * top]
        return [one for one in chosen if self.is_traced or holds[id(one)]][:MOST]


def builders(
    code: Code,
    executed: Sequence[Executed],
    values: Values,
    exchanges: Mapping[int, Exchange],
    *,
    named_only: bool,
) -> list[Suspect]:
    """Return the statements and constants that most likely build a wrong reply, best first; none if nothing tells.

    Args:
        code: of the files.
        executed: what ran for the wrong replies; empty if nothing is known of it.
        values: what is wrong in them.
        exchanges: by number.
        named_only: whether words are not enough: something has to hold a name or value that is wrong.
    """
    said = code.read(said_in)
    ran = _ran(code, executed)
    ranking = _ranked(code, executed, ran, values, exchanges)
    best = ranking.best(values)
    if named_only and not any(_told(said(one.node), values) for one in best):
        return []
    asked = [exchanges[one.traced.number] for one in executed]
    apart = [[one] for at, one in enumerate(executed) if not any(is_alike(asked[at], each) for each in asked[:at])]
    if 1 < len(apart) <= MOST:
        # of two replies that contradict each other, either may be wrong
        each_best = [_ranked(code, each, _ran(code, each), values, exchanges).best(values)[:1] for each in apart]
        best = _each_once([*(one for ones in each_best for one in ones), *best])[:MOST]
    lines = {file.path: {line for one in executed for line in one.ran(file.path)} for file in code.files}
    variables = _variables(best[:1], code)
    others = {(one.file.path, one.node.start_byte): one.others for one in ran}
    called = [
        each
        for one in [*best[:2], *variables]
        for each in decided_by(one.node, code, lines)
        # what all call decides nothing
        if others.get((each.file.path, each.node.start_byte), RARELY) < RARELY - 1
    ]
    if values.is_about_order:
        best = _each_once([*_assembling(best[:1], code, lines), *best])
    travelled = [*_travelled(best, ranking.settings, values, said), *_fed(best[:2], ranking)]
    return _each_once([*best[:1], *guards(best[:1]), *best[1:], *travelled, *called, *variables])[: MOST + 2]


def _assembling(best: Sequence[Suspect], code: Code, ran: Mapping[str, Collection[int]]) -> list[Suspect]:
    """Return the statements that call the function of a statement: they say in which order it comes."""
    names = {name for one in best if (function := enclosing(one.node, FUNCTIONS)) and (name := name_of(function))}
    return [
        Suspect(file.file, node)
        for file in code.files
        for node in file.statements
        if lines_of(node)[0] in ran.get(file.path, ())
        and any(re.search(rf"(?<!super\(\)\.)\b{re.escape(name)}\s*\(", text_of(node)) for name in names)
    ]


def guards(best: Sequence[Suspect]) -> list[Suspect]:
    """Return the conditions that statements hang on, where they stand close above."""
    return [
        each
        for one in best
        if one.node.type.endswith(("statement", "declaration"))
        for each in [*guards_of(one.file, one.node)][:1]
        if lines_of(one.node)[0] - lines_of(each.node)[1] < NEAR
    ]


def _fed(best: Sequence[Suspect], ranking: _Ranking) -> list[Suspect]:
    """Return the constants of classes that few statements use and the best ones do, if there is one."""
    found = [
        each
        for each in ranking.settings
        if each.node.id in ranking.anew and any(uses(one.node, bound_name(each.node)) for one in best)
    ]
    return found if len(found) == 1 else []


def _ranked(
    code: Code,
    executed: Sequence[Executed],
    ran: Sequence[Suspect],
    values: Values,
    exchanges: Mapping[int, Exchange],
) -> _Ranking:
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
    return _Ranking(tuple(known), tuple(settings), said, bool(executed), frozenset(anew))


def _each_once(suspects: Sequence[Suspect]) -> list[Suspect]:
    return list({(one.file.path, one.node.start_byte): one for one in suspects}.values())


def _loss(one: Suspect) -> float:
    return 1 + _SPREAD * one.others


def _value(said: Said, values: Values) -> float:
    """Return how much the names and values in a statement tell."""
    wrong = _told(said, values)
    aside = (values.weights.get(token, 0.0) for token in said.literals - wrong)
    return sum(values.weights.get(token, 0.0) for token in wrong) + max(aside, default=0.0)


def _value_of_setting(said: Said, values: Values, *, is_set_anew: bool) -> float:
    """Return how much a constant tells: the less, the more it holds that the reply does not have."""
    literals = said.literals - {bound_name(said.node)}
    wrong = _told(said, values)
    if not literals:
        return 0.0
    if not wrong:
        # what a reply has and others have not may be all of a constant
        whole = is_set_anew and literals <= values.weights.keys() and len(literals) > 1
        return sum(values.weights[literal] for literal in literals) if whole else 0.0
    known = sum(literal in values.weights or any(token in literal for token in wrong) for literal in literals)
    return _value(said, values) * known / len(literals)


def _told(said: Said, values: Values) -> set[str]:
    """Return what is wrong, or missing, and stands in a statement."""
    return {token for token in values.subject if token in said.literals or said.mentions(token)}


def _ran(code: Code, executed: Sequence[Executed]) -> list[Suspect]:
    """Return the statements and conditions in functions that ran, with how many other kinds of requests ran them."""
    found = []
    for file in code.files:
        lines = {line for one in executed for line in one.ran(file.path)}
        known = {each.node.start_byte: each for line, each in file.read(_in_functions) if not executed or line in lines}
        for each in (each for one in executed for each in one.of_few_kinds if each.file.path == file.path):
            before = known.get(each.node.start_byte)
            if before is None or each.others < before.others:
                known[each.node.start_byte] = each
        found += [known[start] for start in sorted(known)]
    return found


def _in_functions(file: CodeFile) -> list[tuple[int, Suspect]]:
    """Return the statements and conditions in functions, each with its first line."""
    heads = (node.child_by_field_name("condition") for node in file.nodes(CONDITIONS))
    inside = (head for head in heads if head is not None and enclosing(head, FUNCTIONS) is not None)
    return [(lines_of(node)[0], Suspect(file.file, node, RARELY)) for node in (*file.statements, *inside)]


def _coverage(one: Suspect, executed: Sequence[Executed]) -> float:
    """Return the part of the wrong requests that ran a statement."""
    line = lines_of(one.node)[0]
    return sum(line in each.ran(one.file.path) for each in executed) / len(executed) if executed else 1.0


def _variables(best: Sequence[Suspect], code: Code) -> list[Suspect]:
    """Return what sets the variables that a statement uses last before it, in its function."""
    found: dict[str, Suspect] = {}
    for one in best:
        function = enclosing(one.node, FUNCTIONS)
        used = code.read(said_in)(one.node).names
        for node in code.statements_of(function) if function is not None else []:
            name = bound_name(node)
            if node.end_byte <= one.node.start_byte and name in used:
                found[name] = Suspect(one.file, node)
    return list(found.values())[-1:]


def _travelled(best: Sequence[Suspect], settings: Sequence[Suspect], values: Values, said: Reader) -> list[Suspect]:
    """Return the constants that the best statements use, or others of their names, where those hold a value of it."""
    named = {bound_name(each.node) for each in settings if any(uses(one.node, bound_name(each.node)) for one in best)}
    named |= {bound_name(one.node) for one in best if one in settings}
    return [
        each
        for each in settings
        if bound_name(each.node) in named
        if any(said(each.node).mentions(token) for token in values.weights)
    ]
