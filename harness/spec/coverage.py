"""How much of the normative text is bound, and why the rest is not: the maintainer's worklist.

Classes are data per corpus (``<bindings>.classes.toml``): ``[[classed]]`` names statements by the first digits of their
fingerprint, ``[[rule]]`` whole pages by glob. What neither names is open: new sentences show up there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from extractor.base.globs import matches_any
from extractor.base.tomlfile import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from extractor.model import Statement
    from harness.spec.binding import Bound

DIGITS: Final = 12
"""Hex digits of a fingerprint by which the class files name a statement."""


class Standing(StrEnum):
    """How a statement stands with docprobe."""

    BOUND = "bound"
    CLIENT = "client"
    NOT_OBSERVABLE = "not-observable"
    OUT_OF_SCOPE = "out-of-scope"
    OPEN = "open"
    """Neither bound nor classed: work for a maintainer."""


@dataclass(frozen=True, slots=True)
class Classed:
    """Statements that no requirement stands on, with the reason."""

    standing: Standing
    reason: str
    statements: tuple[str, ...]
    """First :data:`DIGITS` hex digits of the fingerprints."""
    observable: bool = False
    """Whether an exchange with an example could decide them, if there were a check."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whole pages of which no sentence is looked at singly, with the reason."""

    pages: tuple[str, ...]
    """Globs relative to the docs root."""
    standing: Standing
    reason: str


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of one corpus."""

    classed: Mapping[str, Classed] = field(default_factory=dict)
    """By fingerprint digits."""
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement and how it stands."""

    statement: Statement
    standing: Standing
    requirements: tuple[str, ...] = ()
    """Ids of the requirements that stand on it; empty unless bound."""
    reason: str | None = None
    """Why it is not bound; None if it is bound or open."""
    observable: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of one revision."""

    revision: str
    bound: int
    observable: int
    """Bound, open, and those classed one by one as decidable by an exchange."""
    all: int
    open: int


def load_classes(bindings: Path | None) -> Classes:
    """Read the classes that go with a bindings file: the file of the same name with ``.classes.toml``, if there is one.

    Raises:
        UsageError: the file cannot be read, or has a wrong entry.
    """
    file = bindings.with_suffix(".classes.toml") if bindings is not None else None
    if file is None or not file.is_file():
        return Classes()
    document = read_toml(file)
    classed = document.values(Classed, "classed")
    return Classes(
        classed={digits: entry for entry in classed for digits in entry.statements},
        rules=document.values(Rule, "rule"),
    )


def standings(statements: Iterable[Statement], bound: Bound, classes: Classes) -> tuple[Entry, ...]:
    """Every statement with its standing, in order. A binding beats a class, a class beats a rule."""
    return tuple(_entry(statement, bound, classes) for statement in statements)


def _entry(statement: Statement, bound: Bound, classes: Classes) -> Entry:
    if ids := bound.requirements_of(statement):
        return Entry(statement, Standing.BOUND, requirements=ids, observable=True)
    if classed := classes.classed.get(statement.fingerprint[:DIGITS]):
        return Entry(statement, classed.standing, reason=classed.reason, observable=classed.observable)
    for rule in classes.rules:
        if matches_any(statement.page, rule.pages):
            return Entry(statement, rule.standing, reason=rule.reason)
    return Entry(statement, Standing.OPEN, observable=True)


def coverage(entries: Sequence[Entry], revisions: Sequence[str]) -> tuple[Coverage, ...]:
    """Counts per revision, in the order given; a revision without statements is left out.

    Statements of pages without revision are counted under the empty string, last.
    """
    every = Counter(entry.statement.revision or "" for entry in entries)
    observable = Counter(entry.statement.revision or "" for entry in entries if entry.observable)
    standing = Counter((entry.statement.revision or "", entry.standing) for entry in entries)
    return tuple(
        Coverage(
            revision=revision,
            bound=standing[revision, Standing.BOUND],
            observable=observable[revision],
            all=every[revision],
            open=standing[revision, Standing.OPEN],
        )
        for revision in (*revisions, "")
        if every[revision]
    )
