"""Requirements bound to the sentences of the docs in hand. A binding whose sentence is not as it was is drift."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from extractor.normative.fingerprint import normative_content, similarity
from harness.model import BoundRequirement, Citation, Drift, DriftKind
from harness.spec.word_changes import mark_changes, mark_new_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from extractor.model import Statement
    from harness.model import Requirement
    from harness.spec.bindings_file import Binding

SIMILAR_IN_PLACE: Final = 0.2
"""From this similarity on, a sentence of the same section is the bound one, reworded."""
SIMILAR_ELSEWHERE: Final = 0.5
"""The same for a sentence of another section or page: chance likeness is commoner there."""
SIMILAR_REWORDED: Final = 0.5
"""From this similarity on, a sentence with the same normative content is the bound one in other words."""
WORTH_SHOWING: Final = 0.1
"""From this similarity on, the nearest sentence is shown with one that vanished."""


_NEW_WORDS: Final = frozenset({DriftKind.CHANGED, DriftKind.REWORDED})
"""Kinds of drift whose new sentence is the old one in other words."""


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
    revisions: frozenset[str] = frozenset()
    """Revisions that the corpus has sentences of."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of the corpus that binds somebody, in order of place."""
        every = (s for s in (*self.requirements_by_statement, *self.unbound) if not s.quoted)
        return tuple(sorted(every, key=lambda s: (s.page, s.line, s.ordinal)))

    def requirements_of(self, statement: Statement) -> tuple[str, ...]:
        """Return the ids of the requirements that are bound to ``statement``; empty if none is."""
        return self.requirements_by_statement.get(statement, ())


def bind(statements: Sequence[Statement], bindings: Sequence[Binding], rows: Sequence[Requirement]) -> Bound:
    """Bind every row of a catalogue to the statements of a corpus.

    Args:
        statements: of the corpus.
        bindings: of several bindings of one row in a revision, the first whose sentence is found is quoted, unless a
            finding is about another one.
        rows: of the catalogue.

    Returns:
        Rows without a binding (advice, readings, or no bindings at all) and rows whose sentence is gone have
        ``statement=None``.
    """
    quoted: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    requirements: dict[Statement, list[str]] = defaultdict(list)
    drift = []
    for binding, statement, drifted in locate(bindings, statements):
        if drifted:
            drift.append(drifted)
        if statement:
            quoted[binding.requirement, binding.revision].append(statement)
            requirements[statement].append(binding.requirement)
    doubts = _doubts(drift, quoted.keys())
    return Bound(
        requirements={
            (row.id, revision): BoundRequirement(
                requirement=row,
                revision=revision,
                level=level,
                basis=row.basis[revision],
                statement=next(iter(quoted.get((row.id, revision), [])), None),
                doubt=doubts.get((row.id, revision)),
                others=tuple(quoted.get((row.id, revision), [])[1:]),
            )
            for row in rows
            for revision, level in row.levels.items()
        },
        drift=tuple(drift),
        unbound=tuple(statement for statement in statements if statement not in requirements),
        requirements_by_statement={statement: tuple(ids) for statement, ids in requirements.items()},
        revisions=frozenset(statement.revision for statement in statements if statement.revision is not None),
    )


def _doubts(drift: Sequence[Drift], quoted: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Drift]:
    """Return the drift that leaves a requirement nothing to judge by: its sentence changed, or its last is gone."""
    doubts: dict[tuple[str, str], Drift] = {}
    for entry in drift:
        row = (entry.requirement, entry.revision)
        if entry.kind is DriftKind.CHANGED or (entry.kind is DriftKind.VANISHED and row not in quoted):
            doubts.setdefault(row, entry)
    return doubts


def with_accepted(bound: Bound, accepted: Collection[tuple[str, str, str, str]]) -> Bound:
    """Return the requirements, of which those with an accepted change are judged again.

    Args:
        bound: the catalogue, bound to one corpus.
        accepted: requirement, revision, fingerprint that it is bound to, and fingerprint of the sentence now (empty if
            it is gone).
    """
    left = [entry for entry in bound.drift if entry.identity not in accepted]
    quoted = {row for row, requirement in bound.requirements.items() if requirement.statement is not None}
    return _with_drift(bound, bound.drift, _doubts(left, quoted))


def with_old_sentences(bound: Bound, old: Mapping[str, str]) -> Bound:
    """Return the requirements, with the words that changed sentences had.

    Args:
        bound: the catalogue, bound to one corpus.
        old: sentences by fingerprint, from the history of the docs.
    """
    drift = {id(entry): _with_old(entry, old.get(entry.expected)) for entry in bound.drift}
    doubts = {
        row: drift[id(requirement.doubt)]
        for row, requirement in bound.requirements.items()
        if requirement.doubt is not None
    }
    return _with_drift(bound, tuple(drift.values()), doubts)


def _with_drift(bound: Bound, drift: tuple[Drift, ...], doubts: Mapping[tuple[str, str], Drift]) -> Bound:
    requirements = {row: replace(requirement, doubt=doubts.get(row)) for row, requirement in bound.requirements.items()}
    return replace(bound, drift=drift, requirements=requirements)


def _with_old(entry: Drift, old: str | None) -> Drift:
    if old is None or entry.kind is DriftKind.MOVED:
        return entry
    gone = entry.kind is DriftKind.VANISHED or entry.nearest is None
    now = "" if gone or entry.nearest is None else entry.nearest.text
    return replace(entry, old=old, words=mark_changes(old, now))


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
        same = found is not None and alike >= SIMILAR_REWORDED and normative_content(found.text) == binding.content
        return found, _drift(binding, DriftKind.REWORDED if same else DriftKind.CHANGED, nearest, alike)
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
        words=mark_new_words(nearest.text, binding.shingles) if nearest and kind in _NEW_WORDS else "",
    )
