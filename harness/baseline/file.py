"""Known findings: ``docprobe-baseline.toml`` and what it does to a report.

A listed finding doesn't gate as long as it occurs and its date has not passed. An entry whose finding no longer occurs
is stale and gates, so that the list never hides more than it says; so does one whose page is gone. Every entry has a
reason.
"""

from __future__ import annotations

import datetime  # noqa: TC003 (entries are read from TOML by their type hints)
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from extractor.base.suggest import suggestion
from extractor.base.tomlfile import parse_toml, read_toml
from extractor.examples.ids import page_stem
from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from extractor.base.tomlfile import TomlFile

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
    baseline = _baseline_of(read_toml(path, path.name))
    stems = {page_stem(page) for page in pages}
    named = {entry.example for entry in baseline.findings} - set(examples)
    baseline = replace(baseline, gone=frozenset(name for name in named if name.partition("#")[0] not in stems))
    check_names(baseline, path.name, examples, requirements)
    return baseline


def parse(text: str, name: str) -> Baseline:
    """Return the entries of a baseline's text; ``name`` is for messages.

    Raises UsageError as :func:`load`, except for unknown ids.
    """
    return _baseline_of(parse_toml(text, name))


def _baseline_of(document: TomlFile) -> Baseline:
    for key in document.table:
        if key not in KINDS:
            raise document.error((key,), f"unknown table [[{key}]]", suggestion(key, KINDS))
    baseline = Baseline(
        known=_entries(document, "known", Known),
        not_runnable=_entries(document, "not-runnable", NotRunnable),
        drift=_entries(document, "drift", AcceptedDrift),
    )
    counts = Counter((entry.example, entry.requirement) for entry in baseline.findings)
    for (example, requirement), count in counts.items():
        if count > 1:
            raise UsageError(f"{document.name}: {example} {requirement} is listed twice", "remove one of them")
    return baseline


def _entries(document: TomlFile, key: str, kind: type[T]) -> tuple[T, ...]:
    entries = document.values(kind, key)
    for number, entry in enumerate(entries):
        if not entry.reason.strip():
            hint = "say in a sentence why it is accepted"
            raise document.error((key, number, "reason"), f"[[{key}]] number {number + 1} has no reason", hint)
    return entries


def check_names(
    baseline: Baseline, name: str, examples: Collection[str], requirements: Collection[str]
) -> None:
    """Raise UsageError for an entry about a requirement that does not exist, or an example of a page that does."""
    entries: tuple[Known | AcceptedDrift, ...] = (*baseline.findings, *baseline.drift)
    for entry in entries:
        if entry.requirement not in requirements:
            hint = suggestion(entry.requirement, requirements, "remove the entry")
            raise UsageError(f"{name}: there is no requirement '{entry.requirement}'", hint)
        if isinstance(entry, Known) and entry.example not in examples and entry.example not in baseline.gone:
            hint = suggestion(entry.example, examples, "remove the entry")
            raise UsageError(f"{name}: there is no example '{entry.example}'", hint)
