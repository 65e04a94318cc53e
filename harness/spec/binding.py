"""Catalogue rows bound to the sentences of the docs in hand.

Bindings are data per corpus and hold no sentence: page, anchor, level, fingerprint and hashed shingles
(design, "Normative text"). A binding that no longer finds its sentence as it was is drift.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.base.tomlfile import read_toml
from harness.model import BoundRequirement, Drift, Requirement
from harness.spec.drift import locate
from harness.spec.entry import Binding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from extractor.model import Statement
    from harness.profile import Catalogue


@dataclass(frozen=True, slots=True)
class Bindings:
    """All bindings of one corpus. A requirement may have several in a revision: the first one is quoted."""

    name: str
    entries: tuple[Binding, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """The catalogue, bound to one corpus."""

    requirements: Mapping[tuple[str, str], BoundRequirement]
    """By requirement id and revision: every row of the catalogue in each of its revisions."""
    drift: tuple[Drift, ...] = ()
    """Bindings that no longer find their sentence as it was. Which of them gate is the run's to say."""
    unbound: tuple[Statement, ...] = ()
    """Statements that no requirement stands on, in the order of the corpus."""
    standing_on: Mapping[Statement, tuple[str, ...]] | None = None
    """Statement to the ids of the requirements that stand on it."""

    def requirements_of(self, statement: Statement) -> tuple[str, ...]:
        """Ids of the requirements that stand on ``statement``; empty if it is unbound."""
        return (self.standing_on or {}).get(statement, ())


def load_bindings(file: Path | None, catalogue: Catalogue) -> Bindings:
    """Read a bindings file of ``catalogue``; None means no bindings.

    Raises:
        UsageError: there is no such file, it cannot be read, or an entry contradicts the catalogue.
    """
    if file is None:
        return Bindings("none")
    document = read_toml(file)
    entries = document.values(Binding, "binding")
    for number, entry in enumerate(entries):
        level = catalogue.requirement(entry.requirement).levels.get(entry.revision)
        if level is not entry.level:
            has = f"has level {level}" if level else "does not exist"
            raise document.error(
                ("binding", number, "level"),
                f"{entry.requirement} {has} in revision {entry.revision}",
                "bind a sentence of the catalogue's level, or correct the catalogue",
            )
    return Bindings(file.stem, entries)


def bind(statements: Sequence[Statement], bindings: Bindings, catalogue: Sequence[Requirement]) -> Bound:
    """Bind every row of ``catalogue`` to the ``statements`` of a corpus.

    Rows without a binding (advice, readings, or no bindings at all) and rows whose sentence is gone come with
    ``statement=None``. No order of the arguments matters, except that among several bindings of one row the first
    that is found is quoted.
    """
    quoted: dict[tuple[str, str], Statement] = {}
    standing_on: dict[Statement, list[str]] = defaultdict(list)
    drift = []
    for binding, statement, drifted in locate(bindings.entries, statements):
        if drifted:
            drift.append(drifted)
        if statement:
            quoted.setdefault((binding.requirement, binding.revision), statement)
            standing_on[statement].append(binding.requirement)
    return Bound(
        requirements={
            (row.id, revision): BoundRequirement(
                requirement=row,
                revision=revision,
                level=level,
                basis=row.basis[revision],
                statement=quoted.get((row.id, revision)),
            )
            for row in catalogue
            for revision, level in row.levels.items()
        },
        drift=tuple(drift),
        unbound=tuple(statement for statement in statements if statement not in standing_on),
        standing_on={statement: tuple(ids) for statement, ids in standing_on.items()},
    )
