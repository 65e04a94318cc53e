"""How much of the normative text is bound to requirements, and why the rest is not: the maintainer's worklist.

Statements that no requirement can decide are classified in a file per corpus (``<bindings>.classes.toml``):
``[[classed]]`` names statements by the first digits of their fingerprint, ``[[rule]]`` whole pages by glob. What
neither names is open: that is where new sentences show up. ``[[half]]`` names bound statements whose check decides a
part of what they say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from extractor.base.globs import matches_any
from extractor.base.tomlfile import read_toml
from harness.spec.bindings_file import kept_by_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from extractor.model import Statement
    from harness.spec.bind import Bound

COLUMNS: Final = ("bound", "through", "half", "classed", "open")
"""The counts of :class:`Coverage` that the observable statements belong to, each to one."""
DIGITS: Final = 12
"""Hex digits of a fingerprint by which the class files name a statement."""


_KEPT: Final = ".classes"


class BindingStatus(StrEnum):
    """Whether a statement is bound, and if not, why."""

    BOUND = "bound"
    CLIENT = "client"
    NOT_OBSERVABLE = "not-observable"
    OUT_OF_SCOPE = "out-of-scope"
    QUOTED = "quoted"
    """It stands in a quotation of another text."""
    OPEN = "open"
    """Neither bound nor classified, or classified as work for a maintainer: an exchange could decide it."""


@dataclass(frozen=True, slots=True)
class StatementClass:
    """``[[classed]]``: statements that no requirement is bound to, with the reason."""

    standing: BindingStatus
    reason: str
    statements: tuple[str, ...]
    """First :data:`DIGITS` hex digits of the fingerprints."""
    observable: bool = False
    """Whether a conversation with an example could decide them, if there were a requirement."""
    through: str | None = None
    """Id of the requirement whose check decides them too; None if none does."""
    half: bool = False
    """Whether that check decides a part of them only; the reason says which."""
    revisions: tuple[str, ...] = ()
    """Revisions that the entry is about, before one that names none; all if it names none."""


@dataclass(frozen=True, slots=True)
class HalfJudged:
    """``[[half]]``: bound statements whose check decides a part of what they say."""

    reason: str
    """Which part, and what is not looked at."""
    statements: tuple[str, ...]
    """First :data:`DIGITS` hex digits of the fingerprints."""


@dataclass(frozen=True, slots=True)
class PageClass:
    """``[[rule]]``: whole pages whose sentences have one reason in common."""

    pages: tuple[str, ...]
    """Globs relative to the docs root."""
    standing: BindingStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Classes:
    """A whole file."""

    classed: Mapping[str, StatementClass] = field(default_factory=dict)
    """By fingerprint digits."""
    narrow: Mapping[tuple[str, str], StatementClass] = field(default_factory=dict)
    """Those that name revisions, by fingerprint digits and revision."""
    rules: tuple[PageClass, ...] = ()
    half: Mapping[str, HalfJudged] = field(default_factory=dict)
    """By fingerprint digits."""


@dataclass(frozen=True, slots=True)
class _Entries:
    """The entries of a file, as they are kept."""

    classed: tuple[StatementClass, ...]
    rules: tuple[PageClass, ...]
    half: tuple[HalfJudged, ...]


@dataclass(frozen=True, slots=True)
class ClassifiedStatement:
    """One statement, with its requirements or the reason why it has none."""

    statement: Statement
    standing: BindingStatus
    requirements: tuple[str, ...] = ()
    """Ids of the requirements that are bound to it; empty unless the standing is BOUND."""
    reason: str | None = None
    """Why it is not bound, or what its check does not look at; None if it is bound, or open and named by nobody."""
    observable: bool = False
    through: str | None = None
    """Id of the requirement whose check decides it too."""
    half: bool = False
    """Whether its check, or that of ``through``, decides a part of it only; the reason says which."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of one revision."""

    revision: str
    bound: int
    """Decided by a check of their own, whole."""
    observable: int
    """Those that a conversation can decide: bound, open, or classified one by one as observable."""
    all: int
    open: int
    through: int = 0
    """Not bound, and decided by the check of another sentence."""
    half: int = 0
    """Decided in part, by a check of their own or of another sentence; counted neither as bound nor as through."""
    classed: int = 0
    """Observable, not bound and not decided, with the reason."""


def load_classes(bindings: Path | None, folder: Path | None = None) -> Classes:
    """Read the classes that go with a bindings file: the file of the same name with ``.classes.toml``, if there is one.

    Args:
        bindings: the bindings file.
        folder: where entries are kept by the bytes of their file, since TOML takes long to read; None for nowhere.

    Raises:
        UsageError: the file cannot be read, or has a wrong entry.
    """
    file = bindings.with_suffix(".classes.toml") if bindings is not None else None
    if file is None or not file.is_file():
        return Classes()
    kept, key = kept_by_file(file, folder, _Entries, _KEPT, StatementClass, PageClass, HalfJudged)
    entries: _Entries | None = kept.load(key) if kept is not None else None
    if entries is None:
        document = read_toml(file)
        entries = _Entries(
            document.values(StatementClass, "classed"),
            document.values(PageClass, "rule"),
            document.values(HalfJudged, "half"),
        )
        if kept is not None:
            kept.store(key, entries)
    classed = entries.classed
    return Classes(
        classed={digits: entry for entry in classed if not entry.revisions for digits in entry.statements},
        narrow={
            (digits, revision): entry
            for entry in classed
            for revision in entry.revisions
            for digits in entry.statements
        },
        rules=entries.rules,
        half={digits: entry for entry in entries.half for digits in entry.statements},
    )


def classify(statements: Iterable[Statement], bound: Bound, classes: Classes) -> tuple[ClassifiedStatement, ...]:
    """Return every statement with its standing, in order.

    A quotation is one whatever else is said of it; a binding beats a class, a class beats a page's rule.
    """
    return tuple(_classified(statement, bound, classes) for statement in statements)


def _classified(statement: Statement, bound: Bound, classes: Classes) -> ClassifiedStatement:
    if statement.quoted:
        return ClassifiedStatement(statement, BindingStatus.QUOTED, reason="it quotes another text")
    digits = statement.fingerprint[:DIGITS]
    if ids := bound.requirements_of(statement):
        half = classes.half.get(digits)
        return ClassifiedStatement(
            statement,
            BindingStatus.BOUND,
            requirements=ids,
            reason=half.reason if half is not None else None,
            observable=True,
            half=half is not None,
        )
    classed = classes.narrow.get((digits, statement.revision or "")) or classes.classed.get(digits)
    if classed and classed.through and (classed.through, statement.revision or "") not in bound.requirements:
        # the sentence is older, or newer, than the check that decides it elsewhere
        reason = f"{classed.through} does not judge {statement.revision or 'pages without a revision'}"
        return ClassifiedStatement(statement, BindingStatus.OPEN, reason=reason, observable=True)
    if classed:
        return ClassifiedStatement(
            statement,
            classed.standing,
            reason=classed.reason,
            observable=classed.observable or classed.standing is BindingStatus.OPEN,
            through=classed.through,
            half=classed.half,
        )
    for rule in classes.rules:
        if matches_any(statement.page, rule.pages):
            return ClassifiedStatement(statement, rule.standing, reason=rule.reason)
    return ClassifiedStatement(statement, BindingStatus.OPEN, observable=True)


def coverage(entries: Sequence[ClassifiedStatement], revisions: Sequence[str]) -> tuple[Coverage, ...]:
    """Count statements per revision.

    Args:
        entries: the statements.
        revisions: in the order of the result; a revision without statements is left out.

    Returns:
        Counts per revision, without quotations. Statements of pages without a revision are counted under the empty
        string, last.
    """
    entries = [entry for entry in entries if entry.standing is not BindingStatus.QUOTED]
    every = Counter(entry.statement.revision or "" for entry in entries)
    counted = Counter((entry.statement.revision or "", column_of(entry)) for entry in entries)
    return tuple(
        Coverage(
            revision=revision,
            all=every[revision],
            observable=sum(counted[revision, column] for column in COLUMNS),
            bound=counted[revision, "bound"],
            through=counted[revision, "through"],
            half=counted[revision, "half"],
            classed=counted[revision, "classed"],
            open=counted[revision, "open"],
        )
        for revision in (*revisions, "")
        if every[revision]
    )


def column_of(entry: ClassifiedStatement) -> str | None:
    """Return the count of :class:`Coverage` that a statement belongs to; None if no conversation can decide it."""
    if not entry.observable:
        return None
    if entry.half:
        return "half"
    if entry.standing is BindingStatus.BOUND:
        return "bound"
    if entry.through is not None:
        return "through"
    return "open" if entry.standing is BindingStatus.OPEN else "classed"
