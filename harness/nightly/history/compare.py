"""Find the flips of a night: verdicts that differ from the last night in which the same was judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.model import Status
from harness.nightly.history.columns import VERDICTS, read_json
from harness.nightly.history.queries import FlipCause

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Set

    from harness.nightly.history.columns import StoredVerdict

RAN: Final = (Status.JUDGED.value, Status.NOT_RUNNING.value)
"""Statuses of an example that was run: whether it runs was asked."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one example in one night."""

    night: int
    digest: str
    packages: int
    """Id of the body; those of an example that could not be installed are empty."""
    verdicts: int
    """Id of the body."""
    version: str
    """Of docprobe."""

    def causes(self, before: Result) -> Iterator[FlipCause]:
        """Yield what changed between the two nights, other than the sentence of a requirement."""
        if self.digest != before.digest:
            yield FlipCause.DOCS
        if self.packages != before.packages:
            yield FlipCause.PACKAGES
        if self.version != before.version:
            yield FlipCause.DOCPROBE


def find_flips(night: int, before_conversation: Set[str], connection: sqlite3.Connection) -> None:
    """Find the flips of one night afresh.

    Whether an example runs is compared with the last night in which it was run; what it does with the last night in
    which it could be judged, so that a night in which it did not start hides no flip.

    Args:
        night: the night's id.
        before_conversation: ids of the requirements that are judged before any conversation.
        connection: the open history.
    """
    connection.execute("DELETE FROM flip WHERE night = ?", (night,))
    rows = connection.execute(
        "SELECT example, status, night, digest, packages, verdicts, version FROM result"
        " JOIN night ON night.id = result.night WHERE night = ? AND status IN (?, ?)",
        (night, *RAN),
    ).fetchall()
    for example, status, *values in rows:
        now = Result(*values)
        _insert(example, _last(example, now, RAN, connection), now, connection, only=before_conversation)
        if status == Status.JUDGED:
            _insert(example, _last(example, now, RAN[:1], connection), now, connection, without=before_conversation)


def _last(example: int, now: Result, statuses: tuple[str, ...], connection: sqlite3.Connection) -> Result | None:
    """The last result of an example before ``now`` with one of ``statuses``."""
    row = connection.execute(
        "SELECT result.night, digest, packages, verdicts, other.version FROM result"
        " JOIN night AS other ON other.id = result.night JOIN night AS this ON this.id = ?"
        " WHERE example = ? AND status IN (?, ?) AND other.started < this.started"
        " ORDER BY other.started DESC LIMIT 1",
        (now.night, example, statuses[0], statuses[-1]),
    ).fetchone()
    return Result(*row) if row else None


def _insert(
    example: int,
    before: Result | None,
    now: Result,
    connection: sqlite3.Connection,
    *,
    only: Set[str] | None = None,
    without: Set[str] = frozenset(),
) -> None:
    """Insert the flips between two results, of the requirements ``only``, or of all ``without`` some."""
    if before is None or before.verdicts == now.verdicts:
        return
    old, new = _read(before.verdicts, connection), _read(now.verdicts, connection)
    general = list(now.causes(before))
    for case in sorted(old.keys() & new.keys()):
        requirement, _, revision = case.partition(" ")
        if requirement in without or (only is not None and requirement not in only) or old[case][0] == new[case][0]:
            continue
        changed = old[case][3] != new[case][3] and _is_reworded(case, (before.night, old), (now.night, new), connection)
        causes = [*general, FlipCause.STATEMENT] if changed else general
        connection.execute(
            "INSERT INTO flip (night, example, requirement, revision, before, after, since, causes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (now.night, example, requirement, revision, old[case][0], new[case][0], before.night, " ".join(causes)),
        )


def _is_reworded(
    case: str,
    before: tuple[int, dict[str, StoredVerdict]],
    now: tuple[int, dict[str, StoredVerdict]],
    connection: sqlite3.Connection,
) -> bool:
    """Return whether two sentences that were quoted of one requirement are one that changed in between.

    A requirement may be bound to several sentences, of which a finding quotes the one that it is about: those are there
    in both nights. In two nights of the same commit of the docs no sentence is another one.

    Args:
        case: requirement and revision.
        before: id of the earlier night, and the verdicts of an example in it.
        now: the same of the later one.
        connection: the open history.
    """
    (night, old), (later, new) = before, now
    commits = connection.execute("SELECT DISTINCT commit_id FROM night WHERE id IN (?, ?)", (night, later)).fetchall()
    if len(commits) == 1 and commits[0][0]:
        return False
    return new[case][3] not in _quoted(case, night, connection) and old[case][3] not in _quoted(case, later, connection)


def _quoted(case: str, night: int, connection: sqlite3.Connection) -> set[str]:
    """Return the fingerprints of the sentences that the findings of a night quote of one requirement."""
    bodies = connection.execute("SELECT DISTINCT verdicts FROM result WHERE night = ?", (night,)).fetchall()
    found = (_read(body, connection).get(case) for (body,) in bodies)
    return {verdict[3] for verdict in found if verdict is not None}


def _read(body: int, connection: sqlite3.Connection) -> dict[str, StoredVerdict]:
    (text,) = connection.execute("SELECT json FROM body WHERE id = ?", (body,)).fetchone()
    return read_json(text, VERDICTS)
