"""Compare the normative statements of two states of the docs, as a reviewer wants to see it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.model import Level, Statement
from extractor.normative.fingerprint import shingles, similarity, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

STRENGTH: Final = {Level.MAY: 0, Level.SHOULD: 1, Level.SHOULD_NOT: 1, Level.MUST: 2, Level.MUST_NOT: 2}
NEGATIVE: Final = frozenset((Level.SHOULD_NOT, Level.MUST_NOT))
SIMILAR_IN_SECTION: Final = 0.25
"""Similarity from which on two sentences of the same section are one sentence, reworded."""
SIMILAR_ON_PAGE: Final = 0.4
SIMILAR_ACROSS_PAGES: Final = 0.6
SAME_WORDS: Final = 0.6
"""Share of words, in order, from which on sentences of pages that became one another are one, where shingles differ."""
SHARED_WORDS: Final = 0.25
"""Share of words, in any order, below which the order need not be looked at."""


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

    pairs = _same_words(old, new, place)
    paired_old, paired_new = {id(a) for a, _, _ in pairs}, {id(b) for _, b, _ in pairs}
    rest_old = [statement for statement in old if id(statement) not in paired_old]
    rest_new = [statement for statement in new if id(statement) not in paired_new]
    near = _similar_pairs(rest_old, rest_new, place, requirements_of)
    paired_old |= {id(a) for a, _, _ in near}
    paired_new |= {id(b) for _, b, _ in near}
    followed = {(page_of(a), page_of(b)) for a, b, _ in (*pairs, *near)}
    near += _followed_pairs(
        [statement for statement in rest_old if id(statement) not in paired_old],
        [statement for statement in rest_new if id(statement) not in paired_new],
        lambda a, b: (page_of(a), page_of(b)) in followed or _became(page_of(a), page_of(b)),
    )
    paired_old |= {id(a) for a, _, _ in near}
    paired_new |= {id(b) for _, b, _ in near}
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


def _same_words(
    old: Sequence[Statement], new: Sequence[Statement], place: Callable[[Statement], tuple[str, str]]
) -> list[tuple[Statement, Statement, float]]:
    """Return pairs of the same words and level: those in the same place first, the others in order."""
    waiting: dict[tuple[str, Level], list[Statement]] = defaultdict(list)
    for statement in new:
        waiting[statement.fingerprint, statement.level].append(statement)
    pairs: list[tuple[Statement, Statement, float]] = []
    for in_place in (True, False):
        done = {id(a) for a, _, _ in pairs}
        for statement in old:
            candidates = waiting[statement.fingerprint, statement.level]
            if id(statement) in done or not candidates:
                continue
            same_place = (b for b in candidates if place(b) == place(statement))
            chosen = next(same_place, None if in_place else candidates[0])
            if chosen is not None:
                candidates.remove(chosen)
                pairs.append((statement, chosen, 1.0))
    return pairs


def _similar_pairs(
    old: Sequence[Statement],
    new: Sequence[Statement],
    place: Callable[[Statement], tuple[str, str]],
    requirements_of: Callable[[Statement], Iterable[str]],
) -> list[tuple[Statement, Statement, float]]:
    """Return pairs of similar words, the most similar first. The keyword does not count: it is what may have changed.

    Two statements that one requirement is bound to are a pair however they differ: the catalogue says so.
    """
    bare = {id(statement): _bare(statement) for statement in (*old, *new)}
    bound = {id(statement): frozenset(requirements_of(statement)) for statement in (*old, *new)}
    candidates = []
    for a in old:
        for b in new:
            alike = similarity(bare[id(a)], bare[id(b)])
            if alike >= _threshold(place(a), place(b)) or bound[id(a)] & bound[id(b)]:
                closeness = (place(a) == place(b), a.level is b.level, a.ordinal == b.ordinal)
                candidates.append(((alike, closeness), a, b))
    pairs, taken = [], set[int]()
    for (alike, _), a, b in sorted(candidates, key=lambda candidate: candidate[0], reverse=True):
        if id(a) not in taken and id(b) not in taken:
            taken |= {id(a), id(b)}
            pairs.append((a, b, alike))
    return pairs


def _followed_pairs(
    old: Sequence[Statement], new: Sequence[Statement], related: Callable[[Statement, Statement], bool]
) -> list[tuple[Statement, Statement, float]]:
    """Return pairs of sentences that were reworked on their way to another page, the most similar first.

    Args:
        old: statements before that have no partner yet.
        new: statements after that have none.
        related: whether the page of one became that of the other: by a rename, a split, or sentences that it kept.
    """
    words = {id(one): words_of(one.text.replace(one.keyword, "")) for one in (*old, *new)}
    candidates = []
    for a in old:
        matcher = SequenceMatcher(None, autojunk=False)
        matcher.set_seq2(words[id(a)])
        known = frozenset(words[id(a)])
        for b in new:
            if not related(a, b) or similarity(known, frozenset(words[id(b)])) < SHARED_WORDS:
                continue
            matcher.set_seq1(words[id(b)])
            if matcher.quick_ratio() >= SAME_WORDS and (ratio := matcher.ratio()) >= SAME_WORDS:
                candidates.append((ratio, a.anchor == b.anchor, a, b))
    pairs, taken = [], set[int]()
    for _, _, a, b in sorted(candidates, key=lambda candidate: candidate[:2], reverse=True):
        if id(a) not in taken and id(b) not in taken:
            taken |= {id(a), id(b)}
            pairs.append((a, b, similarity(_bare(a), _bare(b))))
    return pairs


def _became(old: str, new: str) -> bool:
    """Return whether a page's name suggests that it became another: the same file name, or a folder of its name."""
    before, after = PurePosixPath(old), PurePosixPath(new)
    split, joined = before.with_suffix("") in after.parents, after.with_suffix("") in before.parents
    return before.stem == after.stem or split or joined


def _threshold(old: tuple[str, str], new: tuple[str, str]) -> float:
    if old == new:
        return SIMILAR_IN_SECTION
    return SIMILAR_ON_PAGE if old[0] == new[0] else SIMILAR_ACROSS_PAGES


def _bare(statement: Statement) -> frozenset[str]:
    return shingles(statement.text.replace(statement.keyword, ""))


def _kind(old: Statement, new: Statement) -> ChangeKind:
    if old.level is new.level:
        return ChangeKind.REWORDED
    if STRENGTH[new.level] == STRENGTH[old.level]:
        return ChangeKind.REVERSED
    if Level.MAY not in (old.level, new.level) and (old.level in NEGATIVE) != (new.level in NEGATIVE):
        return ChangeKind.REVERSED
    return ChangeKind.STRENGTHENED if STRENGTH[new.level] > STRENGTH[old.level] else ChangeKind.WEAKENED
