"""Finding the sentence of a binding in the docs in hand, and saying how it drifted if it is not there."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from extractor.normative.fingerprint import similarity
from harness.model import Citation, Drift, DriftKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Statement
    from harness.spec.entry import Binding

NEAR_IN_PLACE: Final = 0.2
"""From this similarity on, a sentence of the same section is the bound one, reworded."""
NEAR_ELSEWHERE: Final = 0.5
"""The same for a sentence of another section or page: chance likeness is commoner there."""
WORTH_SHOWING: Final = 0.1
"""From this similarity on, the nearest sentence is shown with one that vanished."""


def locate(
    bindings: Sequence[Binding], statements: Sequence[Statement]
) -> Iterator[tuple[Binding, Statement | None, Drift | None]]:
    """For each binding the statement it stands on now, and its drift.

    A binding of a revision that these docs don't hold is neither found nor drift. A moved sentence is found where it
    is; a changed one is found too, unless its level changed, because a verdict of the old level must not cite it.
    """
    revisions = {statement.revision for statement in statements}
    by_words: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_words[statement.fingerprint].append(statement)
    exact = {binding: _exact(binding, by_words[binding.sha256]) for binding in bindings}
    claimed = {statement for statement in exact.values() if statement is not None}
    free: dict[str | None, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement not in claimed:
            free[statement.revision].append(statement)
    for binding in bindings:
        if exact[binding] is not None or binding.revision not in revisions:
            yield binding, exact[binding], None
        else:
            yield binding, *_drifted(binding, free[binding.revision])


def _exact(binding: Binding, statements: Sequence[Statement]) -> Statement | None:
    same = [s for s in statements if _same_words(binding, s) and (s.page, s.anchor) == (binding.page, binding.anchor)]
    return same[binding.nth] if binding.nth < len(same) else None


def _same_words(binding: Binding, statement: Statement) -> bool:
    return (
        statement.fingerprint == binding.sha256
        and statement.level is binding.level
        and statement.revision == binding.revision
    )


def _drifted(binding: Binding, free: Sequence[Statement]) -> tuple[Statement | None, Drift]:
    moved = [statement for statement in free if _same_words(binding, statement)]
    if moved:
        # on the same page first: a renamed heading is the commonest move
        nearest = min(moved, key=lambda s: s.page != binding.page)
        return nearest, _drift(binding, DriftKind.MOVED, nearest, 1.0)
    if not free:
        return None, _drift(binding, DriftKind.VANISHED, None, 0.0)
    nearest = max(free, key=lambda s: (similarity(binding.shingles, s.shingles), _closeness(binding, s)))
    alike = similarity(binding.shingles, nearest.shingles)
    in_place = (nearest.page, nearest.anchor) == (binding.page, binding.anchor)
    if alike >= (NEAR_IN_PLACE if in_place else NEAR_ELSEWHERE):
        found = nearest if nearest.level is binding.level else None
        return found, _drift(binding, DriftKind.CHANGED, nearest, alike)
    return None, _drift(binding, DriftKind.VANISHED, nearest if alike >= WORTH_SHOWING else None, alike)


def _closeness(binding: Binding, statement: Statement) -> tuple[bool, bool, bool]:
    """How near a statement stands to where the binding's sentence stood; the level breaks ties within a sentence."""
    return statement.page == binding.page, statement.anchor == binding.anchor, statement.level is binding.level


def _drift(binding: Binding, kind: DriftKind, nearest: Statement | None, alike: float) -> Drift:
    return Drift(
        requirement=binding.requirement,
        revision=binding.revision,
        kind=kind,
        page=binding.page,
        anchor=binding.anchor,
        expected=binding.sha256,
        nearest=Citation.of(nearest) if nearest is not None else None,
        similarity=round(alike, 3),
    )
