"""Questions to the history. Each is one or two indexed queries, whatever the number of nights."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from harness.base.codec import encodable
from harness.model import Status, Verdict
from harness.nightly.history.columns import COUNTS, DRIFT, PACKAGES, VERDICTS, member, read_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence


class FlipCause(StrEnum):
    """What changed between the two nights of a flip."""

    DOCS = "docs"
    """The example's text."""
    PACKAGES = "packages"
    STATEMENT = "statement"
    """The sentence of the specification."""
    DOCPROBE = "docprobe"
    """The version of docprobe."""


@dataclass(frozen=True, slots=True)
class Night:
    """One recorded run."""

    id: int
    started: str
    """ISO 8601, UTC."""
    version: str
    """docprobe's."""
    commit: str | None
    """Of the docs."""
    duration_s: float
    exit_code: int
    counts: Mapping[str, int]
    """See :func:`harness.nightly.history.record.count`."""
    flips: int
    unexplained: int
    """Flips with nothing changed."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A verdict that differs from the last night in which the example was judged."""

    example: str
    requirement: str
    revision: str
    before: Verdict
    after: Verdict
    night: int
    since: int
    """The night compared with."""
    causes: tuple[FlipCause, ...]
    """What changed in between. Empty: nothing, it is flaky."""


@dataclass(frozen=True, slots=True)
class Flaky:
    """A verdict that flips with nothing changed."""

    example: str
    requirement: str
    revision: str
    flips: int
    """How often it flipped with nothing changed."""
    nights: int
    """Nights in which the example was run afresh, not taken from the cache."""
    last: int
    """The last night in which it flipped so."""


PackageShifts = tuple[tuple[str, str | None, str | None], ...]
"""(name, version before, version after); None where it was absent."""


@dataclass(frozen=True, slots=True)
class PackageChange:
    """Packages that changed between the last pass and a failure."""

    flip: Flip
    changed: PackageShifts


@dataclass(frozen=True, slots=True)
class NightResult:
    """One example in one night."""

    night: int
    status: str
    cached: bool
    verdicts: Mapping[tuple[str, str], Verdict]
    """Verdict by (requirement, revision)."""


def nights(connection: sqlite3.Connection) -> tuple[Night, ...]:
    """Return every night, oldest first."""
    rows = connection.execute(
        "SELECT night.id, started, version, commit_id, duration_s, exit_code, counts,"
        " count(flip.night), count(CASE WHEN flip.causes = '' THEN 1 END)"
        " FROM night LEFT JOIN flip ON flip.night = night.id GROUP BY night.id ORDER BY started"
    )
    return tuple(
        Night(number, started, version, commit, duration_s, code, read_json(counts, COUNTS), flipped, unexplained)
        for number, started, version, commit, duration_s, code, counts, flipped, unexplained in rows
    )


def flips(connection: sqlite3.Connection, *, limit: int = 200, night: int | None = None) -> tuple[Flip, ...]:
    """Return the latest flips, newest first.

    Args:
        connection: the open history.
        limit: how many at most; negative for all.
        night: id of the only night to return flips of; None for all nights.
    """
    rows = connection.execute(
        "SELECT name, requirement, revision, before, after, flip.night, since, causes FROM flip"
        " JOIN night ON night.id = flip.night JOIN example ON example.id = flip.example"
        " WHERE ? IS NULL OR flip.night = ?"
        " ORDER BY started DESC, name, requirement, revision LIMIT ?",
        (night, night, limit),
    )
    return tuple(_flip(row) for row in rows)


def _flip(row: Sequence[Any]) -> Flip:
    example, requirement, revision, before, after, night, since, causes = row
    return Flip(
        example,
        requirement,
        revision,
        member(before, Verdict),
        member(after, Verdict),
        night,
        since,
        tuple(member(cause, FlipCause) for cause in causes.split()),
    )


def flaky(connection: sqlite3.Connection) -> tuple[Flaky, ...]:
    """Return the verdicts that flipped with nothing changed, most often first."""
    rows = connection.execute(
        "WITH loose AS (SELECT example, requirement, revision, count(*) AS flips, max(night) AS last FROM flip"
        " WHERE causes = '' GROUP BY 1, 2, 3)"
        " SELECT name, requirement, revision, flips, (SELECT count(*) FROM result"
        " WHERE result.example = loose.example AND status IN ('judged', 'not-running') AND cached = 0), last"
        " FROM loose JOIN example ON example.id = loose.example ORDER BY flips DESC, name, requirement, revision"
    )
    return tuple(Flaky(*row) for row in rows)


def package_changes(connection: sqlite3.Connection, *, limit: int = 100) -> tuple[PackageChange, ...]:
    """Return the latest passes that became failures while packages changed, newest first."""
    rows = connection.execute(
        "SELECT name, requirement, revision, before, after, flip.night, since, causes, older.json, newer.json FROM flip"
        " JOIN night ON night.id = flip.night JOIN example ON example.id = flip.example"
        " JOIN result AS was ON was.example = flip.example AND was.night = flip.since"
        " JOIN result AS now ON now.example = flip.example AND now.night = flip.night"
        " JOIN body AS older ON older.id = was.packages JOIN body AS newer ON newer.id = now.packages"
        " WHERE before = ? AND after = ? AND was.packages <> now.packages"
        # where none could be installed it is not known which ones would have been
        " AND older.json <> '{}' AND newer.json <> '{}'"
        " ORDER BY started DESC, name, requirement, revision LIMIT ?",
        (Verdict.SATISFIED.value, Verdict.VIOLATED.value, limit),
    )
    return tuple(
        PackageChange(_flip(row[:8]), difference(read_json(row[8], PACKAGES), read_json(row[9], PACKAGES)))
        for row in rows
    )


def packages_between(connection: sqlite3.Connection, flip: Flip) -> PackageShifts:
    """Return the packages that changed between the two nights of a flip; none if one night's are unknown."""
    rows = connection.execute(
        "SELECT json FROM result JOIN example ON example.id = result.example JOIN body ON body.id = result.packages"
        " WHERE name = ? AND night IN (?, ?) AND json <> '{}' ORDER BY night = ?",
        (encodable(flip.example), flip.since, flip.night, flip.night),
    ).fetchall()
    if len(rows) != 2:
        return ()
    return difference(*(read_json(text, PACKAGES) for (text,) in rows))


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> PackageShifts:
    """Return the packages whose version differs, by name."""
    names = sorted(before.keys() | after.keys())
    return tuple((n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n))


def judged(connection: sqlite3.Connection, example: str, *, limit: int = 60) -> tuple[NightResult, ...]:
    """Return the last ``limit`` nights of one example, oldest first."""
    rows = connection.execute(
        "SELECT night.id, status, cached, json FROM result JOIN night ON night.id = result.night"
        " JOIN body ON body.id = result.verdicts"
        " WHERE result.example = (SELECT id FROM example WHERE name = ?) ORDER BY started DESC LIMIT ?",
        (encodable(example), limit),
    ).fetchall()
    read: dict[str, Mapping[tuple[str, str], Verdict]] = {}
    results = []
    for night, status, cached, text in reversed(rows):
        if text not in read:
            read[text] = {_case(case): value[0] for case, value in read_json(text, VERDICTS).items()}
        results.append(NightResult(night, status, bool(cached), read[text]))
    return tuple(results)


def _case(text: str) -> tuple[str, str]:
    requirement, _, revision = text.partition(" ")
    return requirement, revision


@dataclass(frozen=True, slots=True)
class LastVerdict:
    """What the last night that judged one requirement of an example found."""

    requirement: str
    revision: str
    verdict: Verdict
    night: str
    """When that was, ISO."""


def last_verdicts(connection: sqlite3.Connection, until: str) -> Mapping[str, tuple[LastVerdict, ...]]:
    """Return by example the last verdict on every requirement that any night has judged it by.

    Args:
        connection: the open history.
        until: when the last night is that counts, ISO.
    """
    rows = connection.execute(
        "WITH seen AS (SELECT example, verdicts, max(started) AS last FROM result JOIN night ON night.id = result.night"
        " WHERE started <= ? GROUP BY example, verdicts)"
        " SELECT name, json, last FROM seen JOIN example ON example.id = seen.example JOIN body ON body.id = verdicts"
        " WHERE json <> '{}' ORDER BY last",
        (until,),
    )
    found: dict[str, dict[tuple[str, str], LastVerdict]] = {}
    read: dict[str, tuple[tuple[tuple[str, str], Verdict], ...]] = {}
    for name, text, night in rows:
        if text not in read:
            read[text] = tuple((_case(case), value[0]) for case, value in read_json(text, VERDICTS).items())
        of_example = found.setdefault(name, {})
        for case, verdict in read[text]:
            of_example[case] = LastVerdict(*case, verdict, night)
    return {name: tuple(cases[case] for case in sorted(cases)) for name, cases in found.items()}


def old_names(connection: sqlite3.Connection) -> Mapping[str, str]:
    """Return the names that examples had before, each with the name that the same example has now."""
    return dict(
        connection.execute("SELECT old_name.name, example.name FROM old_name JOIN example ON example.id = example")
    )


def packages_of(connection: sqlite3.Connection, night: int) -> Mapping[str, Mapping[str, str]]:
    """Return the packages of every example of a night, by example id."""
    rows = connection.execute(
        "SELECT name, json FROM result JOIN example ON example.id = result.example"
        " JOIN body ON body.id = result.packages WHERE night = ?",
        (night,),
    )
    return {name: read_json(text, PACKAGES) for name, text in rows}


def statuses_of(connection: sqlite3.Connection, night: int) -> Mapping[str, str]:
    """Return the status of every example of a night, by example id."""
    rows = connection.execute(
        "SELECT name, status FROM result JOIN example ON example.id = result.example WHERE night = ?", (night,)
    )
    return dict(rows.fetchall())


def drift_of(connection: sqlite3.Connection, night: int) -> frozenset[tuple[str, str, str, str]] | None:
    """Return the identities of the sentences that had drifted in a night; None if an older docprobe recorded it."""
    ((drift,),) = connection.execute("SELECT drift FROM night WHERE id = ?", (night,))
    return None if drift is None else frozenset(read_json(drift, DRIFT))


def durations(history: sqlite3.Connection) -> Mapping[str, float]:
    """Return the seconds that each text took when it last ran to its end, by the first digits of its digest."""
    rows = history.execute(
        "SELECT digest, result.duration_s FROM result JOIN night ON night.id = result.night"
        " WHERE cached = 0 AND status IN (?, ?) ORDER BY night.started",
        (Status.JUDGED.value, Status.NOT_RUNNING.value),
    )
    return dict(rows.fetchall())
