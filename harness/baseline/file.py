"""Known findings: ``docprobe-baseline.toml`` and what it does to a report.

A listed finding doesn't gate as long as it occurs and its date has not passed. An entry whose finding no longer occurs
is stale and gates, so that the list never hides more than it says; so does one whose page is gone. Every entry has a
reason.
"""

from __future__ import annotations

import datetime  # noqa: TC003 (entries are read from TOML by their type hints)
import difflib
import tomllib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from extractor.examples.ids import page_stem
from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

NOT_RUNNING: Final = "example.runs"
"""The requirement that a ``[[not-runnable]]`` entry is about."""


@dataclass(frozen=True, slots=True)
class Known:
    """``[[known]]``: a finding that is accepted for now."""

    example: str
    requirement: str
    reason: str
    expires: datetime.date | None = None
    """Last day on which the entry counts."""


@dataclass(frozen=True, slots=True)
class NotRunnable:
    """``[[not-runnable]]``: an example that is known not to run."""

    example: str
    reason: str
    expires: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class AcceptedDrift:
    """``[[drift]]``: a sentence that changed, was read by a person, and still asks the same."""

    requirement: str
    revision: str
    old: str
    """Fingerprint that the requirement is bound to."""
    new: str
    """Fingerprint of the sentence now; empty if it is gone."""
    reason: str


Entry = Known | NotRunnable | AcceptedDrift
T = TypeVar("T", Known, NotRunnable, AcceptedDrift)
KINDS: Final[Mapping[str, type[Entry]]] = {"known": Known, "not-runnable": NotRunnable, "drift": AcceptedDrift}


@dataclass(frozen=True, slots=True)
class Baseline:
    """A whole file."""

    known: tuple[Known, ...] = ()
    not_runnable: tuple[NotRunnable, ...] = ()
    drift: tuple[AcceptedDrift, ...] = ()
    gone: frozenset[str] = frozenset()
    """Examples that entries name and whose page is not in the docs (any more)."""

    @property
    def findings(self) -> tuple[Known, ...]:
        """Both kinds of known findings as one: not to run is a finding too."""
        unrunnable = (Known(entry.example, NOT_RUNNING, entry.reason, entry.expires) for entry in self.not_runnable)
        return (*self.known, *unrunnable)


def load(
    path: Path | None, examples: Collection[str], pages: Collection[str], requirements: Collection[str]
) -> Baseline:
    """Read a baseline; without a path it is empty.

    Args:
        path: the file.
        examples: ids of all examples of the docs, selected or not.
        requirements: ids of the catalogue.
        pages: paths of all pages of the docs, those that could not be read included.

    Raises:
        UsageError: it cannot be read, is no TOML, has an unknown key, an entry without a reason or twice, or names a
            requirement that does not exist, or an example that does not exist on a page that does; the hint gives the
            nearest name.
    """
    if path is None:
        return Baseline()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", "write one with: docprobe baseline update") from error
    baseline = parse(text, path.name)
    stems = {page_stem(page) for page in pages}
    named = {entry.example for entry in baseline.findings} - set(examples)
    baseline = replace(baseline, gone=frozenset(name for name in named if name.partition("#")[0] not in stems))
    check_names(baseline, path.name, examples, requirements)
    return baseline


def parse(text: str, name: str) -> Baseline:
    """Read the text of a baseline; ``name`` is for messages. Raises as :func:`load`, except for unknown ids."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: {error}", "mend the TOML at that line") from error
    for key in tables:
        if key not in KINDS:
            raise UsageError(f"{name}: unknown table [[{key}]]", _nearest(key, KINDS))
    baseline = Baseline(
        known=_entries(name, "known", tables, Known),
        not_runnable=_entries(name, "not-runnable", tables, NotRunnable),
        drift=_entries(name, "drift", tables, AcceptedDrift),
    )
    seen = set()
    for entry in baseline.findings:
        if (entry.example, entry.requirement) in seen:
            raise UsageError(f"{name}: {entry.example} {entry.requirement} is listed twice", "remove one of them")
        seen.add((entry.example, entry.requirement))
    return baseline


def _entries(name: str, key: str, tables: Mapping[str, Any], kind: type[T]) -> tuple[T, ...]:
    found = []
    listed = tables.get(key, [])
    if not isinstance(listed, list):
        raise UsageError(f"{name}: write [[{key}]], not [{key}]")
    known_words = [field.name for field in fields(kind)]
    for number, table in enumerate(listed, 1):
        where = f"{name}: [[{key}]] number {number}"
        for word in table:
            if word not in known_words:
                raise UsageError(f"{where}: unknown key '{word}'", _nearest(word, known_words))
        try:
            entry = msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            raise UsageError(f"{where}: {error}", f"it needs {', '.join(known_words)}") from error
        if not entry.reason.strip():
            raise UsageError(f"{where} has no reason", "say in a sentence why it is accepted")
        found.append(entry)
    return tuple(found)


def check_names(
    baseline: Baseline, name: str, examples: Collection[str], requirements: Collection[str]
) -> None:
    """Raise UsageError for an entry about a requirement that does not exist, or an example of a page that does."""
    entries: tuple[Known | AcceptedDrift, ...] = (*baseline.findings, *baseline.drift)
    for entry in entries:
        if entry.requirement not in requirements:
            raise UsageError(
                f"{name}: there is no requirement '{entry.requirement}'", _nearest(entry.requirement, requirements)
            )
        if isinstance(entry, Known) and entry.example not in examples and entry.example not in baseline.gone:
            raise UsageError(f"{name}: there is no example '{entry.example}'", _nearest(entry.example, examples))


def _nearest(word: str, names: Collection[str]) -> str:
    close = difflib.get_close_matches(word, sorted(names), n=1, cutoff=0.4)
    return f"did you mean '{close[0]}'?" if close else "remove the entry"
