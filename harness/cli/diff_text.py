"""Changes of the normative text, written for a reviewer: as text and as JSON."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from extractor.base.text import printable
from harness.spec.diff import ChangeKind, StatementChange
from harness.spec.word_changes import mark_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Statement


def to_text(changes: Sequence[StatementChange], old: str, new: str) -> str:
    """Return the changes under one heading per kind, gravest first; those that affect a requirement first.

    ``old`` and ``new`` name the two states. Words that went are in ``[-…-]``, words that came in ``{+…+}``.
    """
    return "\n".join(_lines(changes, old, new)) + "\n"


def to_json(changes: Sequence[StatementChange], old: str, new: str) -> str:
    """Return the changes as one JSON document, the same for the same docs."""
    document: dict[str, Any] = {
        "schema": "docprobe-changes/1",
        "old": old,
        "new": new,
        "summary": {kind.value: count for kind, count in _counts(changes)},
        "requirements": sorted({id for change in changes for id in change.requirements}),
        "changes": [
            {
                "kind": change.kind,
                "similarity": change.similarity,
                "requirements": change.requirements,
                "old": _place(change.old),
                "new": _place(change.new),
            }
            for change in changes
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _lines(changes: Sequence[StatementChange], old: str, new: str) -> Iterator[str]:
    counts = ", ".join(f"{count} {kind}" for kind, count in _counts(changes)) or "no changes"
    yield f"{printable(old)} -> {printable(new)}: {counts}"
    touched = sorted({id for change in changes for id in change.requirements})
    yield f"requirements affected: {', '.join(touched) or 'none'}"
    for kind in ChangeKind:
        group = [change for change in changes if change.kind is kind]
        if not group:
            continue
        yield ""
        yield f"{kind.upper()} ({len(group)})"
        group.sort(key=lambda change: not change.requirements)
        for _, same in groupby(group, key=_sentence):
            yield from _entry(list(same))


def _sentence(change: StatementChange) -> tuple[object, ...]:
    """Return a key that changes share if they are shown together: keywords of one sentence that went or came."""
    side = change.new or change.old
    lone = side if change.old is None or change.new is None else None
    return (lone.span, lone.text, change.requirements) if lone else (id(change),)


def _entry(same: Sequence[StatementChange]) -> Iterator[str]:
    change = same[0]
    levels: list[str] = list(dict.fromkeys(side.level for side in (change.old, change.new) if side))
    if len(same) > 1:
        levels = [" and ".join(dict.fromkeys(s.level for one in same for s in (one.old, one.new) if s))]
    places = [f"{printable(str(side.page))}:{side.line}" for side in (change.old, change.new) if side]
    touched = f"  [{', '.join(change.requirements)}]" if change.requirements else ""
    yield f"  {' -> '.join(levels)}  {' -> '.join(places)}{touched}"
    if change.old and change.new and change.kind is not ChangeKind.MOVED:
        yield f"      {printable(mark_changes(change.old.text, change.new.text))}"
    elif statement := change.new or change.old:
        yield f"      {printable(statement.text)}"


def _counts(changes: Sequence[StatementChange]) -> list[tuple[ChangeKind, int]]:
    counts = Counter(change.kind for change in changes)
    return [(kind, counts[kind]) for kind in ChangeKind if counts[kind]]


def _place(statement: Statement | None) -> dict[str, Any] | None:
    if statement is None:
        return None
    return {
        "page": statement.page,
        "revision": statement.revision,
        "anchor": statement.anchor,
        "first": statement.span.first,
        "last": statement.span.last,
        "line": statement.line,
        "level": statement.level,
        "subject": statement.subject,
        "fingerprint": statement.fingerprint,
        "text": statement.text,
    }
