"""Write one night into the history."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

from extractor.examples.ids import stem_of
from harness.base.codec import encodable
from harness.model import MUST_LIKE, SHOULD_LIKE, Basis, Stage, Status, Verdict
from harness.nightly.history.compare import find_flips
from harness.nightly.history.schema import opened, transaction
from harness.nightly.history.stored import drop_old_evidence, store_evidence
from harness.results.counts import count as summary_figures

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from pathlib import Path

    from extractor.model import Level
    from harness.model import ExampleResult, Report

DIGEST_DIGITS: Final = 16
"""Digits of a text's SHA-256 that are stored: it is only ever compared with that of the same example."""


def record(report: Report, file: Path) -> bool:
    """Add ``report`` to the history in ``file``, as one transaction.

    Args:
        report: of one run.
        file: the history; made if it does not exist.

    Returns:
        False if this run (same docs, same start) is in the history already; nothing is changed then.

    Raises:
        UsageError: ``file`` cannot be used as a history.
        StorageError: the disk is full or fails.
    """
    with opened(file) as connection:
        return add(report, connection)


def add(report: Report, connection: sqlite3.Connection) -> bool:
    """Add ``report`` to an open history, as :func:`record` does."""
    docs = encodable(report.docs_root)
    with transaction(connection):
        known = connection.execute(
            "SELECT 1 FROM night WHERE docs = ? AND started = ?", (docs, report.started)
        ).fetchone()
        if known:
            return False
        _follow_renamed(report, connection)
        night = _insert_night(report, connection)
        for example in report.examples:
            number = _insert_result(example, night, connection)
            store_evidence(example, report, number=number, night=night, connection=connection)
        later = connection.execute(
            "SELECT id FROM night WHERE started >= ? ORDER BY started", (report.started,)
        ).fetchall()
        early = {row.id for row in report.requirements if row.stage is not Stage.CONVERSATION}
        # a night that arrives late changes what the nights after it are compared with
        for (other,) in later:
            find_flips(other, early, connection)
        drop_old_evidence(connection)
    return True


def _follow_renamed(report: Report, connection: sqlite3.Connection) -> None:
    """Give examples of the last night the ids that they have now: those with the same text are the same.

    A heading that is inserted above unchanged blocks renames them, and so does a page that moves. Nothing is renamed
    for a report that is older than the last night or about a part of the docs, where several examples with the text may
    be meant, or where another docs tree in the same history has an example of that id.
    """
    docs = encodable(report.docs_root)
    last = connection.execute(
        "SELECT id, started FROM night WHERE docs = ? ORDER BY started DESC LIMIT 1", (docs,)
    ).fetchone()
    if last is None or last[1] > report.started or report.is_partial:
        return
    rows = connection.execute(
        "SELECT example.id, example.name, result.digest FROM result JOIN example ON example.id = result.example"
        " WHERE result.night = ? AND NOT EXISTS (SELECT 1 FROM result AS other JOIN night ON night.id = other.night"
        " WHERE other.example = example.id AND night.docs != ?)",
        (last[0], docs),
    ).fetchall()
    renamed = _renamed(rows, [(encodable(e.id), e.digest[:DIGEST_DIGITS]) for e in report.examples])
    former = {number: name for number, name, _ in rows}
    # names are unique, and two examples may change theirs: first each gets one that nothing else has
    for number in renamed:
        connection.execute("UPDATE example SET name = ? WHERE id = ?", (f"~{number}~", number))
    for number, name in renamed.items():
        taken = connection.execute("SELECT id FROM example WHERE name = ?", (name,)).fetchone()
        if taken is not None:
            # what was called so before has ended: its nights stay, under a name that says so
            connection.execute("UPDATE example SET name = ? WHERE id = ?", (_past_name(name, connection), taken[0]))
        connection.execute("UPDATE example SET name = ? WHERE id = ?", (name, number))
        connection.execute("INSERT OR REPLACE INTO old_name (name, example) VALUES (?, ?)", (former[number], number))


def _renamed(old: Sequence[tuple[int, str, str]], new: Sequence[tuple[str, str]]) -> dict[int, str]:
    """Return the new name of each example that has another one now, by its number.

    The same text on the same page is one example. Elsewhere it is one if its page lost it and only one other got it.

    Args:
        old: number, name and digest of the examples of the last night.
        new: name and digest of those of this night.
    """
    on_page = _only_pairs(
        [((stem_of(name), digest), number) for number, name, digest in old],
        [((stem_of(name), digest), name) for name, digest in new],
    )
    names = {name for name, _ in new}
    known = {name for _, name, _ in old} | set(on_page.values())
    moved = _only_pairs(
        [(digest, number) for number, name, digest in old if name not in names and number not in on_page],
        [(digest, name) for name, digest in new if name not in known],
    )
    now = on_page | moved
    return {number: now[number] for number, name, _ in old if now.get(number, name) != name}


def _only_pairs(old: Iterable[tuple[Hashable, int]], new: Iterable[tuple[Hashable, str]]) -> dict[int, str]:
    """Return a number's name for each key that one of ``old`` has and one of ``new``."""
    numbers: dict[Hashable, list[int]] = defaultdict(list)
    names: dict[Hashable, list[str]] = defaultdict(list)
    for key, number in old:
        numbers[key].append(number)
    for key, name in new:
        names[key].append(name)
    return {
        numbers[key][0]: names[key][0]
        for key in numbers.keys() & names.keys()
        if len(numbers[key]) == len(names[key]) == 1
    }


def _past_name(name: str, connection: sqlite3.Connection) -> str:
    number = 1
    while connection.execute("SELECT 1 FROM example WHERE name = ?", (f"{name}~{number}",)).fetchone():
        number += 1
    return f"{name}~{number}"


def _insert_night(report: Report, connection: sqlite3.Connection) -> int:
    cursor = connection.execute(
        "INSERT INTO night (started, docs, version, commit_id, snapshot, duration_s, exit_code, counts, drift)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            report.started, encodable(report.docs_root), report.version, report.commit, report.snapshot,
            report.duration_s, report.exit_code, _encoded(count(report)),
            _encoded(sorted({one.identity for one in report.drift})),
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def count(report: Report) -> dict[str, int]:
    """Return the figures of a night by name: statuses, distinct texts, and violations by what they are based on.

    ``violated_must``, ``violated_should``, ``advisory`` and ``blocking_findings`` are those of the report's summary.
    ``must`` and ``should`` count violations of a sentence of any negotiated revision; ``reading`` and ``advice`` the
    rest.
    """
    numbers: Counter[str] = Counter({status.value: 0 for status in Status})
    numbers.update(example.status.value for example in report.examples)
    numbers.update({"must": 0, "should": 0, "reading": 0, "advice": 0, "gating": 0, "satisfied": 0, "inconclusive": 0})
    ran = {example.digest for example in report.examples if example.status in {Status.JUDGED, Status.NOT_RUNNING}}
    numbers["distinct"] = len(ran)
    numbers["cached"] = sum(example.cached for example in report.examples)
    figures = summary_figures(report)
    numbers["violated_must"], numbers["violated_should"] = figures.violated_must, figures.violated_should
    numbers["advisory"], numbers["blocking_findings"] = figures.advisory, figures.blocking
    for example in report.examples:
        for finding in example.findings:
            numbers["gating"] += finding.gates
            numbers["satisfied"] += finding.verdict is Verdict.SATISFIED
            numbers["inconclusive"] += finding.verdict is Verdict.INCONCLUSIVE
            if finding.verdict is Verdict.VIOLATED:
                numbers[_kind_of_violation(finding.level, finding.basis)] += 1
    return dict(numbers)


def _kind_of_violation(level: Level, basis: Basis) -> str:
    if basis is Basis.INTERPRETATION:
        return "reading"
    if basis is Basis.ADVICE:
        return "advice"
    return "must" if level in MUST_LIKE else "should" if level in SHOULD_LIKE else "advice"


def _insert_result(example: ExampleResult, night: int, connection: sqlite3.Connection) -> int:
    """Insert the result of one example and return the example's id."""
    # names of files that are not UTF-8 have lone surrogates, which SQLite cannot store
    name = encodable(example.id)
    connection.execute("INSERT OR IGNORE INTO example (name) VALUES (?)", (name,))
    (number,) = connection.execute("SELECT id FROM example WHERE name = ?", (name,)).fetchone()
    verdicts = {
        f"{finding.requirement} {finding.revision}": [
            finding.verdict.value,
            finding.level.value,
            finding.gates,
            finding.statement.fingerprint[:16] if finding.statement else "",
        ]
        for finding in example.findings
    }
    connection.execute(
        "INSERT OR REPLACE INTO result (example, night, status, digest, packages, verdicts, duration_s, cached)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number, night, example.status.value, example.digest[:DIGEST_DIGITS],
            _body(dict(example.packages), connection), _body(verdicts, connection),
            example.duration_s, int(example.cached),
        ),
    )  # fmt: skip
    assert isinstance(number, int)
    return number


def _body(value: Mapping[str, Any], connection: sqlite3.Connection) -> int:
    text = _encoded(value)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    connection.execute("INSERT OR IGNORE INTO body (sha256, json) VALUES (?, ?)", (sha256, text))
    (number,) = connection.execute("SELECT id FROM body WHERE sha256 = ?", (sha256,)).fetchone()
    assert isinstance(number, int)
    return number


def _encoded(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
