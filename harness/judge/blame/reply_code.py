"""Which statements of a page build a wrong reply: those that rank best, with what they call and use. Pure.

What the best statements call, and the constants and variables that they use, may be what is wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extractor.languages.common.syntax import FUNCTIONS, enclosing, lines_of, text_of
from harness.judge.blame.answer_code import CONDITIONS, NEAR, is_alike
from harness.judge.blame.flow import guards_of, name_of
from harness.judge.blame.ranking import MOST, rank_statements, wrong_tokens
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
    from harness.judge.blame.ranking import Ranking
    from harness.judge.blame.reply_values import Values
    from harness.judge.blame.said import Reader
    from harness.model import Exchange


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
    ranking = rank_statements(code, executed, ran, values, exchanges)
    best = ranking.best(values)
    if named_only and not any(wrong_tokens(said(one.node), values) for one in best):
        return []
    asked = [exchanges[one.traced.number] for one in executed]
    apart = [[one] for at, one in enumerate(executed) if not any(is_alike(asked[at], each) for each in asked[:at])]
    if 1 < len(apart) <= MOST:
        # of two replies that contradict each other, either may be wrong
        each_best = [
            rank_statements(code, each, _ran(code, each), values, exchanges).best(values)[:1] for each in apart
        ]
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


def _fed(best: Sequence[Suspect], ranking: Ranking) -> list[Suspect]:
    """Return the constants of classes that few statements use and the best ones do, if there is one."""
    found = [
        each
        for each in ranking.settings
        if each.node.id in ranking.anew and any(uses(one.node, bound_name(each.node)) for one in best)
    ]
    return found if len(found) == 1 else []


def _each_once(suspects: Sequence[Suspect]) -> list[Suspect]:
    return list({(one.file.path, one.node.start_byte): one for one in suspects}.values())


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
