"""What a verdict rests on, kept for the nights in which it flipped: the finding, its exchanges, the blamed lines.

Kept are the newest night of each case, which the next flip will want as its "before", and both nights of each case's
latest flips. Everything else is forgotten when a night is added, so that the history grows with what happens and not
with the nights.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.base.codec import encodable, from_json, to_json
from harness.base.errors import UsageError
from harness.model import Exchange, Finding  # noqa: TC001 (cases are read back by their type hints)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from harness.model import ExampleResult, Report
    from harness.nightly.history.queries import Flip

FLIPS_KEPT: Final = 10
"""Latest flips of one case whose two nights are kept: what flips every night says nothing new the eleventh time."""
BODY_LIMIT: Final = 4_000
"""Characters of a body that are kept."""
EXCHANGES_KEPT: Final = 12
"""First exchanges of a case that are kept: a verdict on seventy ids reads no better with all of them."""
CONTEXT_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class KeptCase:
    """One verdict of one night."""

    finding: Finding
    exchanges: tuple[Exchange, ...]
    """The first of those that the finding names as evidence."""
    lines: tuple[tuple[str, int, str], ...]
    """The blamed lines with some around: file, number, text."""


def keep(example: ExampleResult, report: Report, number: int, night: int, connection: sqlite3.Connection) -> None:
    """Keep every case of ``example``, which has that number in the history."""
    exchanges = {one.number: _cut(one) for one in (example.transcript.exchanges if example.transcript else ())}
    rows = []
    for finding in example.findings:
        said = tuple(exchanges[one] for one in sorted(finding.evidence) if one in exchanges)[:EXCHANGES_KEPT]
        case = KeptCase(replace(finding, patch=None), said, tuple(_lines(finding, report)))
        body = zlib.compress(to_json(case))
        rows.append((number, encodable(finding.requirement), finding.revision, report.started, night, body))
    connection.executemany(
        "INSERT OR REPLACE INTO kept (example, requirement, revision, started, night, body) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )


def forget(connection: sqlite3.Connection) -> None:
    """Drop what neither the next flip nor a latest one can want."""
    connection.execute(
        "DELETE FROM kept WHERE started < (SELECT max(started) FROM kept AS newer WHERE newer.example = kept.example"
        " AND newer.requirement = kept.requirement AND newer.revision = kept.revision)"
        " AND night NOT IN (SELECT night FROM (SELECT flip.night FROM flip WHERE flip.example = kept.example"
        " AND flip.requirement = kept.requirement AND flip.revision = kept.revision ORDER BY flip.night DESC LIMIT ?))"
        " AND night NOT IN (SELECT since FROM (SELECT flip.since FROM flip WHERE flip.example = kept.example"
        " AND flip.requirement = kept.requirement AND flip.revision = kept.revision ORDER BY flip.night DESC LIMIT ?))",
        (FLIPS_KEPT, FLIPS_KEPT),
    )


def sides(flip: Flip, connection: sqlite3.Connection) -> tuple[KeptCase | None, KeptCase | None]:
    """What a flip's two verdicts rest on, before and after; None for what is not kept or cannot be read any more."""
    return _case(flip, flip.since, connection), _case(flip, flip.night, connection)


def _case(flip: Flip, night: int, connection: sqlite3.Connection) -> KeptCase | None:
    row = connection.execute(
        "SELECT body FROM kept JOIN example ON example.id = kept.example"
        " WHERE name = ? AND requirement = ? AND revision = ? AND night = ?",
        (encodable(flip.example), flip.requirement, flip.revision, night),
    ).fetchone()
    try:
        return from_json(zlib.decompress(row[0]), KeptCase) if row else None
    except (UsageError, zlib.error):
        return None


def _lines(finding: Finding, report: Report) -> Iterator[tuple[str, int, str]]:
    wanted = {
        (span.file, number)
        for span in finding.blame
        for number in range(span.first - CONTEXT_LINES, span.last + CONTEXT_LINES + 1)
    }
    for file, number in sorted(wanted):
        lines = report.sources.get(file, ())
        if 1 <= number <= len(lines):
            yield file, number, lines[number - 1]


def _cut(exchange: Exchange) -> Exchange:
    reply = exchange.reply
    if reply is not None and (len(reply.body) > BODY_LIMIT or len(reply.events) > BODY_LIMIT // 100):
        events = reply.events[: BODY_LIMIT // 100]
        reply = replace(reply, body=reply.body[:BODY_LIMIT], events=events, truncated=True)
    return replace(exchange, body=exchange.body[:BODY_LIMIT], reply=reply)
