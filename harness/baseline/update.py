"""A baseline brought up to date with a run, without touching reasons and comments. Pure.

The text is cut into entries, each with the comment lines directly above it; entries are removed or appended whole and
nothing else is changed. Values are written by tomlkit, so that no name can break out of its string.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import tomlkit

from extractor.base.tomlfile import toml_table
from harness.base.errors import UsageError
from harness.baseline.apply import Occurs, drift_occurs, finding_occurs
from harness.baseline.file import KINDS, NOT_RUNNING, AcceptedDrift, Known, NotRunnable
from harness.model import BaselineKind, DriftKind, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.baseline.file import Entry
    from harness.model import Report

_IN_DOUBT: Final = frozenset({DriftKind.CHANGED, DriftKind.VANISHED})
"""Kinds of drift by which a requirement is not judged until they are accepted."""
HEADERS: Final = frozenset(f"[[{kind}]]" for kind in KINDS)
_EXAMPLE: Final = re.compile(r"""^(\s*example\s*=\s*)(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*')""", re.MULTILINE)
"""The line of an entry that names its example."""
START: Final = "# Findings that are accepted for now, each with a reason. docprobe reports an entry that is stale.\n"


@dataclass(frozen=True, slots=True)
class Update:
    """A baseline after an update."""

    text: str
    """Of the file."""
    added: tuple[str, ...]
    """Entries that were added, in words."""
    removed: tuple[str, ...]
    """Entries that were removed, in words."""
    renamed: tuple[str, ...]
    """Entries whose example has another id now, in words, with that id."""
    unreasoned: int
    """Entries that still need a reason."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of the file: one entry with the comments above it, or what is in front of the first."""

    text: str
    entry: Entry | None


def update_baseline(text: str, report: Report, reason: str = "") -> Update:
    """Return the baseline with the blocking findings of a report added and stale entries removed.

    Args:
        text: the file as it is; empty for a new one.
        report: of a run, with or without this baseline applied.
        reason: of the entries that are added; if it is empty, ``check`` refuses them until a person fills it in.

    Raises:
        UsageError: the text is not a baseline.
    """
    now = {note.listed_as: note.example for note in report.baseline if note.kind is BaselineKind.RENAMED}
    before = list(_chunks(text or START))
    chunks = [_renamed(chunk, now) for chunk in before]
    renamed = [new.entry for old, new in zip(before, chunks, strict=True) if new.entry is not None and new is not old]
    keep = [chunk for chunk in chunks if chunk.entry is None or not _is_stale(chunk.entry, report)]
    listed = {_key(chunk.entry) for chunk in keep if chunk.entry is not None}
    new = [entry for entry in _entries_for(report, reason) if _key(entry) not in listed]
    whole = "".join(chunk.text for chunk in keep).rstrip("\n") + "\n"
    whole += "".join(f"\n{_to_toml(entry)}" for entry in new)
    remaining = [chunk.entry for chunk in keep if chunk.entry is not None] + new
    return Update(
        text=whole,
        added=tuple(describe(entry) for entry in new),
        renamed=tuple(describe(entry) for entry in renamed),
        removed=tuple(describe(chunk.entry) for chunk in chunks if chunk.entry is not None and chunk not in keep),
        unreasoned=sum(not entry.reason.strip() for entry in remaining),
    )


def _renamed(chunk: Chunk, now: Mapping[str | None, str]) -> Chunk:
    """Return a chunk that names its example as it is called now."""
    entry = chunk.entry
    if not isinstance(entry, Known | NotRunnable) or entry.example not in now:
        return chunk
    new = now[entry.example]
    text = _EXAMPLE.sub(lambda line: line[1] + tomlkit.string(new).as_string(), chunk.text, count=1)
    return Chunk(text, replace(entry, example=new))


def describe(entry: Entry) -> str:
    """Return an entry in a few words."""
    match entry:
        case Known():
            return f"{entry.example} {entry.requirement}"
        case NotRunnable():
            return f"{entry.example} (does not run)"
        case AcceptedDrift():
            return f"{entry.requirement} {entry.revision} (the sentence changed)"


def _key(entry: Entry) -> tuple[str, ...]:
    match entry:
        case Known():
            return (entry.example, entry.requirement)
        case NotRunnable():
            return (entry.example, NOT_RUNNING)
        case AcceptedDrift():
            return ("drift", *entry.identity)


def _is_stale(entry: Entry, report: Report) -> bool:
    match entry:
        case Known():
            return finding_occurs(entry, report) is Occurs.NO
        case NotRunnable():
            return finding_occurs(Known(entry.example, NOT_RUNNING, entry.reason), report) is Occurs.NO
        case AcceptedDrift():
            return drift_occurs(entry, report) is Occurs.NO


def _entries_for(report: Report, reason: str) -> Iterator[Entry]:
    """Yield an entry for everything in the report that blocks, and for changed rules that nothing is judged by."""
    for example in report.examples:
        for finding in example.findings:
            if finding.verdict is Verdict.VIOLATED and finding.gates:
                if finding.requirement == NOT_RUNNING and example.status is Status.NOT_RUNNING:
                    yield NotRunnable(example.id, reason)
                else:
                    yield Known(example.id, finding.requirement, reason)
    undecided = {
        (finding.requirement, finding.revision)
        for example in report.examples
        for finding in example.findings
        if finding.verdict is Verdict.INCONCLUSIVE
    }
    for drift in report.drift:
        in_doubt = drift.kind in _IN_DOUBT and (drift.requirement, drift.revision) in undecided
        if drift.gates or in_doubt:
            yield AcceptedDrift(*drift.identity, reason)


def _to_toml(entry: Entry) -> str:
    match entry:
        case Known():
            name, values = "known", {"example": entry.example, "requirement": entry.requirement}
        case NotRunnable():
            name, values = "not-runnable", {"example": entry.example}
        case AcceptedDrift():
            name = "drift"
            values = {"requirement": entry.requirement, "revision": entry.revision, "old": entry.old, "new": entry.new}
    table = tomlkit.table()
    table.update(values | {"reason": entry.reason})
    return f"[[{name}]]\n{table.as_string()}"


def _chunks(text: str) -> Iterator[Chunk]:
    """Cut the text before each entry and the comments above it; the chunks joined are the same text."""
    pending: list[str] = []
    for line in text.splitlines(keepends=True):
        # a header inside a multi-line string is not one: what is in front of it is not valid TOML by itself
        if _is_header(line) and _parsed("".join(pending)) is not None:
            above = _comments_at_the_end(pending)
            yield _chunk("".join(pending[: len(pending) - above]))
            pending = pending[len(pending) - above :]
        pending.append(line)
    yield _chunk("".join(pending))


def _is_header(line: str) -> bool:
    return line.split("#")[0].replace(" ", "").strip() in HEADERS


def _comments_at_the_end(lines: list[str]) -> int:
    number = 0
    while number < len(lines) and lines[-1 - number].lstrip().startswith("#"):
        number += 1
    return number


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return toml_table(text)
    except tomllib.TOMLDecodeError:
        return None


def _chunk(text: str) -> Chunk:
    tables = _parsed(text)
    if tables is None:
        raise UsageError("the baseline is not valid TOML", "correct it, or remove it and update again")
    entries = {kind: listed[0] for kind, listed in tables.items() if kind in KINDS and isinstance(listed, list)}
    for kind, values in entries.items():
        try:
            return Chunk(text, msgspec.convert({"reason": ""} | values, KINDS[kind]))
        except msgspec.ValidationError as error:
            raise UsageError(f"invalid entry [[{kind}]] {values}: {error}", "correct that entry") from error
    return Chunk(text, None)
