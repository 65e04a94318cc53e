"""Compare the normative statements of two states of the docs, as a reviewer wants to see it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from extractor.model import Level, Statement
from harness.model import TextChange
from harness.spec.sentence_pairs import reworked, same_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from harness.spec.bind import Bound

STRENGTH: Final = {Level.MAY: 0, Level.SHOULD: 1, Level.SHOULD_NOT: 1, Level.MUST: 2, Level.MUST_NOT: 2}
NEGATIVE: Final = frozenset((Level.SHOULD_NOT, Level.MUST_NOT))


class ChangeKind(StrEnum):
    """How a statement changed, gravest first."""

    STRENGTHENED = "strengthened"
    """SHOULD became MUST, MAY became SHOULD or MUST NOT, …"""
    WEAKENED = "weakened"
    REVERSED = "reversed"
    """MUST became MUST NOT, or the like."""
    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    """Same level, other words."""
    MOVED = "moved"
    """Same level and words in another section or page."""


@dataclass(frozen=True, slots=True)
class StatementChange:
    """One statement that was added, removed or changed."""

    kind: ChangeKind
    old: Statement | None
    """None if it was added."""
    new: Statement | None
    """None if it was removed."""
    similarity: float
    """0 to 1, Jaccard over shingles; 1 if only the level or the place changed, 0 if one side is missing."""
    requirements: tuple[str, ...] = ()
    """Ids of the requirements that are bound to it, before or after."""


def diff_statements(
    old: Sequence[Statement],
    new: Sequence[Statement],
    *,
    page_of: Callable[[Statement], str] = lambda statement: statement.page,
    requirements_of: Callable[[Statement], Iterable[str]] = lambda statement: (),
) -> tuple[StatementChange, ...]:
    """Pair the statements of two states of the docs and return the changes; unchanged ones are left out.

    Args:
        old: statements before.
        new: statements after.
        page_of: the page of a statement as both states name it (revision folders taken out, for instance).
        requirements_of: ids of the requirements that are bound to a statement of either state.

    Returns:
        The changes by kind, gravest first, then by place.
    """

    def place(statement: Statement) -> tuple[str, str]:
        return page_of(statement), statement.anchor

    pairs = same_words(old, new, place)
    near = reworked(old, new, pairs, place, requirements_of)
    paired_old = {id(a) for a, _, _ in (*pairs, *near)}
    paired_new = {id(b) for _, b, _ in (*pairs, *near)}
    found = [(_kind(a, b), a, b, alike) for a, b, alike in near]
    found += [(ChangeKind.MOVED, a, b, 1.0) for a, b, _ in pairs if place(a) != place(b)]
    every: list[tuple[ChangeKind, Statement | None, Statement | None, float]] = [
        *found,
        *((ChangeKind.REMOVED, a, None, 0.0) for a in old if id(a) not in paired_old),
        *((ChangeKind.ADDED, None, b, 0.0) for b in new if id(b) not in paired_new),
    ]
    order = list(ChangeKind)
    result = [
        StatementChange(
            kind=kind,
            old=a,
            new=b,
            similarity=round(alike, 3),
            requirements=tuple(dict.fromkeys(id for side in (a, b) if side for id in requirements_of(side))),
        )
        for kind, a, b, alike in every
    ]
    return tuple(sorted(_merged_by_sentence(result), key=lambda change: (order.index(change.kind), _place_of(change))))


def _merged_by_sentence(found: Iterable[StatementChange]) -> Iterator[StatementChange]:
    """Report a sentence once where one keyword of it changed its level and the others only lost their neighbour.

    The requirements of the others go to the change that is reported.
    """
    groups: dict[object, list[StatementChange]] = defaultdict(list)
    for change in found:
        old, new = change.old, change.new
        groups[(old.span, old.text, new.span, new.text) if old and new else id(change)].append(change)
    for group in groups.values():
        graver = [change for change in group if change.kind is not ChangeKind.REWORDED]
        if not graver or len(graver) == len(group):
            yield from group
            continue
        ids = tuple(dict.fromkeys(id for change in group for id in change.requirements))
        yield replace(graver[0], requirements=ids)
        yield from graver[1:]


def _place_of(change: StatementChange) -> tuple[str, int]:
    statement = change.new or change.old
    assert statement is not None
    return statement.page, statement.line


def _kind(old: Statement, new: Statement) -> ChangeKind:
    if old.level is new.level:
        return ChangeKind.REWORDED
    if STRENGTH[new.level] == STRENGTH[old.level]:
        return ChangeKind.REVERSED
    if Level.MAY not in (old.level, new.level) and (old.level in NEGATIVE) != (new.level in NEGATIVE):
        return ChangeKind.REVERSED
    return ChangeKind.STRENGTHENED if STRENGTH[new.level] > STRENGTH[old.level] else ChangeKind.WEAKENED


def text_changes(before: Bound, now: Bound, since: str) -> tuple[TextChange, ...]:
    """Return what became of the normative text between two states of it, by revision.

    Args:
        before: the text as it was.
        now: the text as it is.
        since: what the state before is called.
    """
    if before.statements == now.statements:
        return ()
    found = diff_statements(
        before.statements,
        now.statements,
        requirements_of=lambda s: (*before.requirements_of(s), *now.requirements_of(s)),
    )
    by_revision: dict[str, list[StatementChange]] = defaultdict(list)
    for change in found:
        statement = change.new or change.old
        if statement is not None and change.kind is not ChangeKind.MOVED:
            by_revision[statement.revision or ""].append(change)
    return tuple(_summed_up(revision, since, changes) for revision, changes in sorted(by_revision.items()))


def _summed_up(revision: str, since: str, changes: Sequence[StatementChange]) -> TextChange:
    kinds = [change.kind for change in changes]
    added, removed = kinds.count(ChangeKind.ADDED), kinds.count(ChangeKind.REMOVED)
    ids = tuple(sorted({id for change in changes for id in change.requirements}))
    return TextChange(revision, since, added, removed, len(kinds) - added - removed, ids)
