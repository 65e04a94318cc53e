"""Requirements bound to the sentences of the docs in hand. A binding whose sentence is not as it was is drift."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.normative.fingerprint import similarity
from harness.model import BoundRequirement, Citation, Drift, DriftKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Statement
    from harness.model import Requirement
    from harness.spec.bindings_file import Binding

SIMILAR_IN_PLACE: Final = 0.2
"""From this similarity on, a sentence of the same section is the bound one, reworded."""
SIMILAR_ELSEWHERE: Final = 0.5
"""The same for a sentence of another section or page: chance likeness is commoner there."""
WORTH_SHOWING: Final = 0.1
"""From this similarity on, the nearest sentence is shown with one that vanished."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A catalogue, bound to one corpus."""

    requirements: Mapping[tuple[str, str], BoundRequirement]
    """By requirement id and revision: every row of the catalogue in each of its revisions."""
    drift: tuple[Drift, ...] = ()
    """Bindings that no longer find their sentence as it was. Which of them are blocking depends on the run."""
    unbound: tuple[Statement, ...] = ()
    """Statements that no requirement is bound to, in the order of the corpus."""
    requirements_by_statement: Mapping[Statement, tuple[str, ...]] = field(default_factory=dict)
    """Statement to the ids of the requirements that are bound to it."""

    def requirements_of(self, statement: Statement) -> tuple[str, ...]:
        """Return the ids of the requirements that are bound to ``statement``; empty if none is."""
        return self.requirements_by_statement.get(statement, ())


def bind(statements: Sequence[Statement], bindings: Sequence[Binding], rows: Sequence[Requirement]) -> Bound:
    """Bind every row of a catalogue to the statements of a corpus.

    Args:
        statements: of the corpus.
        bindings: of several bindings of one row in a revision, the first whose sentence is found is quoted.
        rows: of the catalogue.

    Returns:
        Rows without a binding (advice, readings, or no bindings at all) and rows whose sentence is gone have
        ``statement=None``.
    """
    quoted: dict[tuple[str, str], Statement] = {}
    requirements: dict[Statement, list[str]] = defaultdict(list)
    drift = []
    for binding, statement, drifted in locate(bindings, statements):
        if drifted:
            drift.append(drifted)
        if statement:
            quoted.setdefault((binding.requirement, binding.revision), statement)
            requirements[statement].append(binding.requirement)
    return Bound(
        requirements={
            (row.id, revision): BoundRequirement(
                requirement=row,
                revision=revision,
                level=level,
                basis=row.basis[revision],
                statement=quoted.get((row.id, revision)),
            )
            for row in rows
            for revision, level in row.levels.items()
        },
        drift=tuple(drift),
        unbound=tuple(statement for statement in statements if statement not in requirements),
        requirements_by_statement={statement: tuple(ids) for statement, ids in requirements.items()},
    )


def locate(
    bindings: Sequence[Binding], statements: Sequence[Statement]
) -> Iterator[tuple[Binding, Statement | None, Drift | None]]:
    """Yield each binding with the statement that it finds and its drift.

    A binding of a revision that these docs don't hold has neither. A moved sentence is found where it is; a changed
    one is found too, unless its level changed, because a verdict of the old level must not cite it.
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
    if alike >= (SIMILAR_IN_PLACE if in_place else SIMILAR_ELSEWHERE):
        found = nearest if nearest.level is binding.level else None
        return found, _drift(binding, DriftKind.CHANGED, nearest, alike)
    return None, _drift(binding, DriftKind.VANISHED, nearest if alike >= WORTH_SHOWING else None, alike)


def _closeness(binding: Binding, statement: Statement) -> tuple[bool, bool, bool]:
    """Return how near a statement is to where the binding's sentence was; the level breaks ties within a sentence."""
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
