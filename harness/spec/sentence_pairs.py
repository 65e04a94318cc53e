"""Which sentences of two states of a text are one sentence: the same words, similar ones, or reworked on their way."""

from __future__ import annotations

from collections import defaultdict
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.normative.fingerprint import shingles, similarity, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from extractor.model import Level, Statement

SIMILAR_IN_SECTION: Final = 0.25
"""Similarity from which on two sentences of the same section are one sentence, reworded."""
SIMILAR_ON_PAGE: Final = 0.4
SIMILAR_ACROSS_PAGES: Final = 0.6
SAME_WORDS: Final = 0.6
"""Share of words, in order, from which on sentences of pages that became one another are one, where shingles differ."""
SHARED_WORDS: Final = 0.25
"""Share of words, in any order, below which the order need not be looked at."""


def reworked(
    old: Sequence[Statement],
    new: Sequence[Statement],
    same: Sequence[tuple[Statement, Statement, float]],
    place: Callable[[Statement], tuple[str, str]],
    requirements_of: Callable[[Statement], Iterable[str]],
) -> list[tuple[Statement, Statement, float]]:
    """Return pairs of sentences in other words or of another level, each with its similarity.

    Args:
        old: statements before.
        new: statements after.
        same: pairs of the same words, from :func:`same_words`.
        place: page and anchor of a statement, as both states name them.
        requirements_of: ids of the requirements that are bound to a statement of either state.
    """

    def rest(pairs: Sequence[tuple[Statement, Statement, float]]) -> tuple[list[Statement], list[Statement]]:
        taken = {id(one) for a, b, _ in pairs for one in (a, b)}
        return [a for a in old if id(a) not in taken], [b for b in new if id(b) not in taken]

    def related(a: Statement, b: Statement) -> bool:
        pages = place(a)[0], place(b)[0]
        return pages in followed or _became(*pages)

    near = _similar_pairs(*rest(same), place, requirements_of)
    followed = {(place(a)[0], place(b)[0]) for a, b, _ in (*same, *near)}
    return near + _followed_pairs(*rest([*same, *near]), related)


def same_words(
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
