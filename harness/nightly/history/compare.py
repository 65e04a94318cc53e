"""Finding the flips of a night: verdicts that differ from the last night in which the same was judged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.model import Status

if TYPE_CHECKING:
    import sqlite3

RAN: Final = (Status.JUDGED.value, Status.NOT_RUNNING.value)
"""Statuses of an example that was run: whether it runs was asked."""


@dataclass(frozen=True, slots=True)
class Before:
    """The last night in which an example was run, or judged."""

    night: int
    digest: str
    packages: int
    """Id of the body; packages of an example that could not be installed are none."""
    verdicts: int
    """Id of the body."""
    same_tool: bool


def compare(night: int, connection: sqlite3.Connection) -> None:
    """Find the flips of one night afresh.

    Whether an example runs is compared with the last night in which it was run; what it does with the last night in
    which it could be judged, so that a night in which it did not start hides no flip.
    """
    connection.execute("DELETE FROM flip WHERE night = ?", (night,))
    now = connection.execute(
        "SELECT example, status, digest, packages, verdicts FROM result WHERE night = ? AND status IN (?, ?)",
        (night, *RAN),
    ).fetchall()
    for example, status, digest, packages, verdicts in now:
        run = _before(night, example, RAN, connection)
        judged = _before(night, example, RAN[:1], connection) if status == Status.JUDGED else None
        for about_running, before in ((True, run), (False, judged)):
            if before is None or before.verdicts == verdicts:
                continue
            general = [
                name
                for name, changed in (
                    ("docs", digest != before.digest),
                    ("packages", packages != before.packages),
                    ("docprobe", not before.same_tool),
                )
                if changed
            ]
            _insert(night, example, before, verdicts, general, about_running, connection)


def _before(night: int, example: int, statuses: tuple[str, ...], connection: sqlite3.Connection) -> Before | None:
    row = connection.execute(
        "SELECT result.night, digest, packages, verdicts, other.version = this.version FROM result"
        " JOIN night AS other ON other.id = result.night JOIN night AS this ON this.id = ?"
        " WHERE example = ? AND status IN (?, ?) AND other.started < this.started"
        " ORDER BY other.started DESC LIMIT 1",
        (night, example, statuses[0], statuses[-1]),
    ).fetchone()
    return Before(*row) if row else None


def _insert(
    night: int,
    example: int,
    before: Before,
    verdicts: int,
    general: list[str],
    about_running: bool,
    connection: sqlite3.Connection,
) -> None:
    old, new = _read(before.verdicts, connection), _read(verdicts, connection)
    for case in sorted(old.keys() & new.keys()):
        requirement, _, revision = case.partition(" ")
        if requirement.startswith("example.") is not about_running or old[case][0] == new[case][0]:
            continue
        causes = [*general, "statement"] if old[case][3] != new[case][3] else general
        connection.execute(
            "INSERT INTO flip (night, example, requirement, revision, before, after, since, causes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (night, example, requirement, revision, old[case][0], new[case][0], before.night, " ".join(causes)),
        )


def _read(body: int, connection: sqlite3.Connection) -> dict[str, list[Any]]:
    (text,) = connection.execute("SELECT json FROM body WHERE id = ?", (body,)).fetchone()
    value = json.loads(text)
    assert isinstance(value, dict)
    return value
