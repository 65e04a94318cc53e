"""Known findings: the file ``docprobe-baseline.toml``.

A listed finding does not block as long as its date has not passed. An entry whose finding no longer occurs is stale and
blocks, so that the list never hides more than it says; so does one whose page is gone. Every entry has a reason.
"""

from __future__ import annotations

import datetime  # noqa: TC003 (entries are read from TOML by their type hints)
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from extractor.base.suggest import suggestion
from extractor.base.tomlfile import parse_toml, read_toml
from extractor.examples.ids import page_stem, stem_of
from harness.base.errors import UsageError
from harness.judge.example import RUNS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from extractor.base.tomlfile import TomlFile

NOT_RUNNING: Final = RUNS
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
    """``[[drift]]``: a sentence that changed, was read by a person, and still asks for the same."""

    requirement: str
    revision: str
    old: str
    """Fingerprint that the requirement is bound to."""
    new: str
    """Fingerprint of the sentence now; empty if it is gone."""
    reason: str

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """The change that is accepted, as :class:`harness.model.Drift` names it."""
        return self.requirement, self.revision, self.old, self.new


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
    """Examples that entries name and whose page is not in the docs."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """By the id in the file, the id of the example now; entries have that of now."""

    @property
    def findings(self) -> tuple[Known, ...]:
        """Both kinds of known findings as one: that an example does not run is a finding too."""
        unrunnable = (Known(entry.example, NOT_RUNNING, entry.reason, entry.expires) for entry in self.not_runnable)
        return (*self.known, *unrunnable)


def load_baseline(
    path: Path | None,
    examples: Collection[str],
    pages: Collection[str],
    requirements: Collection[str],
    renamed: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
    left_out: Collection[str] = (),
    name: str | None = None,
) -> Baseline:
    """Read a baseline; without a path it is empty.

    Args:
        path: the file.
        examples: ids of all examples of the docs, selected or not.
        pages: paths of all pages of the docs, those that could not be read included.
        requirements: ids of the catalogue.
        renamed: by the id that an entry names, the one that its example has now, if it is another.
        removed: ids of examples that a change takes from the docs: an entry about one is stale.
        left_out: paths of pages of the docs that were not read: nobody knows whether their examples are still there.
        name: of the file, for messages; None takes the path.

    Raises:
        UsageError: the file cannot be read or is not valid TOML; it has an unknown key, or an entry without a reason
            or twice; or an entry names an unknown requirement, or an unknown example on a page that exists (the hint
            gives the nearest name).
    """
    if path is None:
        return Baseline()
    baseline = _followed(_baseline_of(read_toml(path, name)), renamed or {})
    stems = {page_stem(page) for page in pages}
    elsewhere = {page_stem(page) for page in left_out} - stems
    named = {entry.example for entry in baseline.findings} - set(examples)
    unknown = {name for name in named if stem_of(name) in elsewhere}
    named -= unknown
    gone = frozenset(name for name in named if name in removed or stem_of(name) not in stems)
    baseline = replace(baseline, gone=gone)
    _check_names(baseline, name or str(path), {*examples, *unknown}, requirements)
    return baseline


def _followed(baseline: Baseline, renamed: Mapping[str, str]) -> Baseline:
    """Return the baseline whose entries name the examples as they are called now."""
    return replace(
        baseline,
        known=tuple(replace(entry, example=renamed.get(entry.example, entry.example)) for entry in baseline.known),
        not_runnable=tuple(
            replace(entry, example=renamed.get(entry.example, entry.example)) for entry in baseline.not_runnable
        ),
        renamed={old: new for old, new in renamed.items() if any(old == entry.example for entry in baseline.findings)},
    )


def named_examples(path: Path | None) -> frozenset[str]:
    """Return the ids that entries name; none if the file cannot be read: reading it again says why."""
    if path is None:
        return frozenset()
    try:
        return frozenset(entry.example for entry in _baseline_of(read_toml(path, path.name)).findings)
    except UsageError:
        return frozenset()


def parse_baseline(text: str, name: str) -> Baseline:
    """Return the entries of a baseline's text; ``name`` is for messages.

    Raises UsageError as :func:`load_baseline`, except for unknown ids.
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
            hint = "write in a sentence why it is accepted"
            raise document.error((key, number, "reason"), f"[[{key}]] number {number + 1} has no reason", hint)
    return entries


def _check_names(baseline: Baseline, name: str, examples: Collection[str], requirements: Collection[str]) -> None:
    """Raise UsageError for an entry that names an unknown requirement, or an unknown example on a page that exists."""
    entries: tuple[Known | AcceptedDrift, ...] = (*baseline.findings, *baseline.drift)
    for entry in entries:
        if entry.requirement not in requirements:
            hint = suggestion(entry.requirement, requirements, "remove the entry")
            raise UsageError(f"{name}: unknown requirement '{entry.requirement}'", hint)
        if isinstance(entry, Known) and entry.example not in examples and entry.example not in baseline.gone:
            hint = suggestion(entry.example, examples, "remove the entry")
            raise UsageError(f"{name}: unknown example '{entry.example}'", hint)
