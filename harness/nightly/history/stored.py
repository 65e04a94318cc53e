"""What a verdict is based on, stored for the nights in which it flipped: finding, exchanges, blamed lines.

Stored are the newest night of each verdict, which the next flip will want as its "before", and both nights of each
verdict's latest flips. Everything else is dropped when a night is added, so that the history grows with what happens
and not with the nights.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.base.codec import encodable, from_json, to_json
from harness.base.errors import UsageError
from harness.model import Exchange, Finding  # noqa: TC001 (read back by their type hints)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from harness.model import ExampleResult, Report
    from harness.nightly.history.queries import Flip

FLIPS_STORED: Final = 10
"""Latest flips of one verdict whose two nights are stored: the eleventh time shows nothing new."""
BODY_LIMIT: Final = 4_000
"""Characters of a body that are stored."""
EXCHANGES_STORED: Final = 12
"""First exchanges of a finding that are stored: a verdict on seventy ids reads no better with all of them."""
CONTEXT_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """One verdict of one night with its evidence."""

    finding: Finding
    exchanges: tuple[Exchange, ...]
    """The first of those that the finding names as evidence."""
    lines: tuple[tuple[str, int, str], ...]
    """The blamed lines with some around: file, number, text."""


def store_evidence(
    example: ExampleResult, report: Report, *, number: int, night: int, connection: sqlite3.Connection
) -> None:
    """Store every finding of ``example`` with its evidence.

    Args:
        example: one of the report's.
        report: for the lines of pages.
        number: the example's id in the history.
        night: the night's id.
        connection: the open history, in a transaction.
    """
    conversation = example.conversation
    exchanges = {one.number: _cut(one) for one in (conversation.exchanges if conversation else ())}
    rows = []
    for finding in example.findings:
        decisive = tuple(exchanges[one] for one in sorted(finding.evidence) if one in exchanges)[:EXCHANGES_STORED]
        stored = StoredFinding(replace(finding, patch=None), decisive, tuple(_lines(finding, report)))
        body = zlib.compress(to_json(stored))
        rows.append((number, encodable(finding.requirement), finding.revision, report.started, night, body))
    connection.executemany(
        "INSERT OR REPLACE INTO kept (example, requirement, revision, started, night, body) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )


def drop_old_evidence(connection: sqlite3.Connection) -> None:
    """Drop what neither the next flip nor a latest one can want."""
    connection.execute(
        "DELETE FROM kept WHERE started < (SELECT max(started) FROM kept AS newer WHERE newer.example = kept.example"
        " AND newer.requirement = kept.requirement AND newer.revision = kept.revision)"
        " AND night NOT IN (SELECT night FROM (SELECT flip.night FROM flip WHERE flip.example = kept.example"
        " AND flip.requirement = kept.requirement AND flip.revision = kept.revision ORDER BY flip.night DESC LIMIT ?))"
        " AND night NOT IN (SELECT since FROM (SELECT flip.since FROM flip WHERE flip.example = kept.example"
        " AND flip.requirement = kept.requirement AND flip.revision = kept.revision ORDER BY flip.night DESC LIMIT ?))",
        (FLIPS_STORED, FLIPS_STORED),
    )


def evidence_of(flip: Flip, connection: sqlite3.Connection) -> tuple[StoredFinding | None, StoredFinding | None]:
    """Return what a flip's two verdicts are based on, before and after; None for what is not stored or not readable."""
    return _stored(flip, flip.since, connection), _stored(flip, flip.night, connection)


def _stored(flip: Flip, night: int, connection: sqlite3.Connection) -> StoredFinding | None:
    row = connection.execute(
        "SELECT body FROM kept JOIN example ON example.id = kept.example"
        " WHERE name = ? AND requirement = ? AND revision = ? AND night = ?",
        (encodable(flip.example), flip.requirement, flip.revision, night),
    ).fetchone()
    try:
        return from_json(zlib.decompress(row[0]), StoredFinding) if row else None
    except (UsageError, zlib.error):
        return None


def _lines(finding: Finding, report: Report) -> Iterator[tuple[str, int, str]]:
    wanted = {
        (span.file, number)
        for span in finding.blame
        for number in span.lines(len(report.sources.get(span.file, ())), CONTEXT_LINES)
    }
    for file, number in sorted(wanted):
        yield file, number, report.sources[file][number - 1]


def _cut(exchange: Exchange) -> Exchange:
    reply = exchange.reply
    if reply is not None and (len(reply.body) > BODY_LIMIT or len(reply.events) > BODY_LIMIT // 100):
        events = reply.events[: BODY_LIMIT // 100]
        reply = replace(reply, body=reply.body[:BODY_LIMIT], events=events, truncated=True)
    return replace(exchange, body=exchange.body[:BODY_LIMIT], reply=reply)
