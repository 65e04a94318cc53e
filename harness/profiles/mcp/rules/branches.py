"""Which conditions have to hold or to fail for a line to run, in the languages whose programs run.

Of ``if`` and ``else``, of what is left behind by a ``return``, of Kotlin's ``when``, Go's ``switch`` and Rust's
``match``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_IFS: Final = frozenset({"if_statement", "if_expression"})
_BRANCHES: Final = _IFS | {"elif_clause"}
_CASES: Final = frozenset({"when_entry", "expression_case", "default_case", "match_arm"})
"""Of Kotlin's ``when``, Go's ``switch`` and Rust's ``match``."""
_FOUND: Final = {"Some": True, "Ok": True, "None": False, "Err": False}


def chains(node: Node) -> Iterator[list[tuple[Node, bool]]]:
    """Yield the ``if`` … ``else`` chains around ``node``, nearest first: conditions, and whether each holds there.

    What decides which case of Kotlin's ``when``, Go's ``switch`` or Rust's ``match`` runs is such a chain too.
    """
    chain: list[tuple[Node, bool]] = []
    here = node
    while (parent := here.parent) is not None and parent.type not in FUNCTIONS:
        test = parent.child_by_field_name("condition") if parent.type in _BRANCHES else None
        if test is not None and here != test:
            holds = here == _then(parent)
            chain.append((test, holds))
            if not holds:
                before = (other for other in parent.children if other.end_byte <= here.start_byte)
                elifs = (other.child_by_field_name("condition") for other in before if other.type == "elif_clause")
                chain.extend((test, False) for test in elifs if test is not None)
        goes_on = parent.type in {"elif_clause", "else_clause"} or _is_else_if(parent)
        if parent.type in _IFS and not goes_on and chain:
            yield chain
            chain = []
        if decided := list(_decided_by(parent) if parent.type in _CASES else _otherwise_only(parent, here)):
            yield decided
        here = parent
    if chain:
        yield chain


def left_behind(node: Node) -> Iterator[Node]:
    """Yield the conditions of each ``if`` without ``else`` before ``node`` in its block whose branch returns."""
    here = node.prev_named_sibling
    while here is not None:
        # in Rust an `if` is an expression
        tested = here.named_children[0] if here.type == "expression_statement" and here.named_children else here
        branch, test = _then(tested), tested.child_by_field_name("condition")
        if tested.type in _IFS and _otherwise(tested) is None and branch and test:
            last = last_statement(branch)
            if {"return_statement", "return_expression"} & {branch.type, last.type}:
                yield test
        here = here.prev_named_sibling


def _is_else_if(node: Node) -> bool:
    """Whether an ``if`` is the ``else`` of another: in Go without a clause between them."""
    above = node.parent
    if node.type not in _IFS or above is None:
        return False
    return above.type == "else_clause" or (above.type in _IFS and _otherwise(above) == node)


def _then(branch: Node) -> Node | None:
    """Return what an ``if`` runs where its condition holds."""
    return branch.child_by_field_name("consequence") or next(iter(_after_condition(branch)), None)


def _otherwise(branch: Node) -> Node | None:
    """Return what an ``if`` runs where its condition fails; None if it has no ``else``."""
    return branch.child_by_field_name("alternative") or next(iter(_after_condition(branch)[1:]), None)


def _after_condition(branch: Node) -> list[Node]:
    """Return the two branches of an ``if`` in Kotlin, whose grammar has no names for them; empty for all others."""
    test = branch.child_by_field_name("condition")
    if branch.type != "if_expression" or test is None or branch.child_by_field_name("consequence") is not None:
        return []
    after = (child for child in branch.named_children if child.start_byte >= test.end_byte)
    return [child for child in after if "comment" not in child.type]


def _decided_by(case: Node) -> Iterator[tuple[Node, bool]]:
    """Yield the conditions that decide that a case runs, its own and those of the cases before it."""
    before = [other for other in _cases(case) if other.end_byte <= case.start_byte]
    value = matched(case)
    if case.type == "match_arm":
        if value is not None:
            yield from _decided_by_match(case, before, value)
        return
    if value is None:
        yield from ((test, False) for other in before for test in _tests(other))
        own = _tests(case)
        yield from ((test, True) for test in own if len(own) == 1)


def _otherwise_only(whole: Node, part: Node) -> Iterator[tuple[Node, bool]]:
    """Yield what has no value where ``part`` runs: Rust's ``let Some(x) = y else { part }``, Kotlin's ``y ?: part``."""
    if whole.type == "let_declaration" and whole.child_by_field_name("alternative") == part:
        value = whole.child_by_field_name("value")
    elif text_of(whole.child_by_field_name("operator")) == "?:" and whole.child_by_field_name("right") == part:
        value = whole.child_by_field_name("left")
    else:
        return
    if value is not None:
        yield value, False


def _cases(case: Node) -> list[Node]:
    """Return a case and all beside it."""
    return [other for other in case.parent.named_children if other.type in _CASES] if case.parent is not None else []


def _decided_by_match(arm: Node, before: list[Node], value: Node) -> Iterator[tuple[Node, bool]]:
    """Yield what decides that an arm of a ``match`` on an option runs: whether there is a value, and the guards."""
    found = _FOUND.get(_pattern(arm))
    guards = [(other, _guard(other)) for other in before]
    if found is None:
        others = {_FOUND[_pattern(other)] for other, guard in guards if guard is None and _pattern(other) in _FOUND}
        found = not others.pop() if len(others) == 1 else None
    if found is not None:
        yield value, found
    yield from ((guard, False) for _, guard in guards if guard is not None)
    if (own := _guard(arm)) is not None:
        yield own, True


def _pattern(arm: Node) -> str:
    return text_of(arm.child_by_field_name("pattern")).partition("(")[0].strip()


def _guard(arm: Node) -> Node | None:
    pattern = arm.child_by_field_name("pattern")
    return pattern.child_by_field_name("condition") if pattern is not None else None


def matched(case: Node | None) -> Node | None:
    """Return what a ``switch``, a ``when`` or a ``match`` compares its cases with; None if they are conditions."""
    whole = case.parent if case is not None else None
    if whole is not None and whole.type == "match_block":
        whole = whole.parent
    if whole is None:
        return None
    subject = next((child for child in whole.named_children if child.type == "when_subject"), None)
    return whole.child_by_field_name("value") or subject


def _tests(case: Node) -> list[Node]:
    """Return the conditions of a case, one of which has to hold."""
    listed = case.child_by_field_name("value") if case.type == "expression_case" else None
    return listed.named_children if listed is not None else case.children_by_field_name("condition")


def last_statement(branch: Node) -> Node:
    """Return the last statement of a block; the block itself if it is one statement, or empty."""
    while branch.type in {"block", "statement_block", "statement_list"} and branch.named_children:
        branch = branch.named_children[-1]
    return branch
