"""What both nights of a flip are based on is stored as long as the flip is shown."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from extractor.model import ExampleKind, Span
from harness.model import ExampleResult, Exchange, Reply, Report, Status, Transcript, Verdict
from harness.nightly.history import queries
from harness.nightly.history.record import add
from harness.nightly.history.schema import MIGRATIONS, connect, memory
from harness.nightly.history.stored import BODY_LIMIT, FLIPS_STORED, StoredFinding, evidence_of
from tests.harness.nightly.history.nights import example, night, verdict
from tests.support.hostile_report import hostile_report

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

PAGE = tuple(f"line {number}" for number in range(1, 31))


@pytest.fixture
def history() -> Iterator[sqlite3.Connection]:
    with closing(memory()) as connection:
        yield connection


def _exchange(number: int, status: int, body: str = "") -> Exchange:
    reply = Reply(status, (), body, len(body))
    return Exchange(number, "terminated.get", None, 0, "GET", "/mcp", (), "", reply, None, 0.0, 0.0)


def _judged(outcome: Verdict, status: int, *, body: str = "", revisions: tuple[str, ...] = ("",)) -> ExampleResult:
    finding = dataclasses.replace(
        verdict("a", outcome), summary=f"answered {status}", evidence=(2,), blame=(Span("x.mdx", 10, 11),)
    )
    conversation = Transcript("x", ExampleKind.HTTP_SERVER, (_exchange(1, 200), _exchange(2, status, body)))
    findings = tuple(dataclasses.replace(finding, revision=revision) for revision in revisions)
    return dataclasses.replace(example("x", *findings), transcript=conversation)


def _night(number: int, *examples: ExampleResult) -> Report:
    return dataclasses.replace(night(number, *examples), sources={"x.mdx": PAGE})


def _kept(history: sqlite3.Connection) -> int:
    (number,) = history.execute("SELECT count(*) FROM kept").fetchone()
    assert isinstance(number, int)
    return number


def _sides(history: sqlite3.Connection) -> tuple[StoredFinding, StoredFinding]:
    before, after = evidence_of(queries.flips(history)[0], history)
    assert before is not None
    assert after is not None
    return before, after


def test_both_sides_of_a_flip_are_kept(history: sqlite3.Connection) -> None:
    add(_night(0, _judged(Verdict.SATISFIED, 404)), history)
    add(_night(1, _judged(Verdict.VIOLATED, 400)), history)
    before, after = _sides(history)
    assert (before.finding.summary, after.finding.summary) == ("answered 404", "answered 400")
    assert [(e.number, e.status) for e in before.exchanges] == [(2, 404)], "the exchange that decides, and no other"
    assert [number for _, number, _ in after.lines] == list(range(8, 14))
    assert after.lines[2] == ("x.mdx", 10, "line 10")


def test_nights_without_a_flip_are_forgotten(history: sqlite3.Connection) -> None:
    for number in range(20):
        add(_night(number, _judged(Verdict.SATISFIED, 404)), history)
    assert _kept(history) == 1
    add(_night(20, _judged(Verdict.VIOLATED, 400)), history)
    for number in range(21, 40):
        add(_night(number, _judged(Verdict.VIOLATED, 400)), history)
    assert _kept(history) == 3, "both sides of the flip, and the newest night"
    assert _sides(history)[0].finding.summary == "answered 404"


def test_what_flips_every_night_does_not_grow_without_bound(history: sqlite3.Connection) -> None:
    for number in range(4 * FLIPS_STORED):
        add(_night(number, _judged(*((Verdict.VIOLATED, 400) if number % 2 else (Verdict.SATISFIED, 404)))), history)
    assert _kept(history) == FLIPS_STORED + 1
    assert _sides(history)[1].finding.summary == "answered 400"


def test_a_night_that_did_not_run_leaves_the_last_verdict_as_the_side_before(history: sqlite3.Connection) -> None:
    runs = verdict("example.runs", Verdict.VIOLATED, "")
    add(_night(0, _judged(Verdict.SATISFIED, 404)), history)
    for number in range(1, 4):
        add(_night(number, example("x", runs, status=Status.NOT_RUNNING)), history)
    add(_night(4, _judged(Verdict.VIOLATED, 400)), history)
    assert _sides(history)[0].finding.summary == "answered 404"


def test_a_late_night_is_not_taken_for_the_newest(history: sqlite3.Connection) -> None:
    add(_night(5, _judged(Verdict.SATISFIED, 404)), history)
    add(_night(1, _judged(Verdict.SATISFIED, 404)), history)
    add(_night(6, _judged(Verdict.VIOLATED, 400)), history)
    assert _sides(history)[0].finding.summary == "answered 404"


def test_long_bodies_are_cut_and_say_so(history: sqlite3.Connection) -> None:
    add(_night(0, _judged(Verdict.SATISFIED, 404)), history)
    add(_night(1, _judged(Verdict.VIOLATED, 400, body="x" * 60_000)), history)
    reply = _sides(history)[1].exchanges[0].reply
    assert reply is not None
    assert len(reply.body) == BODY_LIMIT
    assert reply.truncated


def test_hostile_text_comes_back(history: sqlite3.Connection) -> None:
    report = hostile_report()
    calm = tuple(
        dataclasses.replace(e, findings=tuple(dataclasses.replace(f, verdict=Verdict.INCONCLUSIVE) for f in e.findings))
        for e in report.examples
    )
    add(dataclasses.replace(report, started="2026-11-21T03:00:00Z", examples=calm), history)
    add(report, history)
    found = [evidence_of(flip, history) for flip in queries.flips(history)]
    assert found
    assert all(before is not None and after is not None for before, after in found)


def test_flips_of_an_older_history_have_no_sides(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    with closing(connect(file, MIGRATIONS[:1])) as old:
        old.execute("INSERT INTO night VALUES (1, '2024-01-01T03:00:00Z', 'docs', '0.1.0', NULL, NULL, 1, 0, '{}')")
        old.execute("INSERT INTO night VALUES (2, '2024-01-02T03:00:00Z', 'docs', '0.1.0', NULL, NULL, 1, 1, '{}')")
        old.execute("INSERT INTO example VALUES (1, 'x')")
        old.execute("INSERT INTO flip VALUES (2, 1, 'a', '', 'satisfied', 'violated', 1, '')")
    with closing(connect(file)) as history:
        (flip,) = queries.flips(history)
        assert evidence_of(flip, history) == (None, None)


def test_texts_of_an_older_history_are_still_known(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    with closing(connect(file, MIGRATIONS[:1])) as old:
        old.execute("INSERT INTO night VALUES (1, '2023-12-31T03:00:00Z', 'docs', '0.1.0', NULL, NULL, 1, 0, '{}')")
        old.execute("INSERT INTO example VALUES (1, 'x')")
        old.execute(
            """INSERT INTO body VALUES (1, 'p', '{"sdk":"1.0.0"}'), (2, 'v', '{"a ":["satisfied","MUST",false,""]}')"""
        )
        old.execute(f"INSERT INTO result VALUES (1, 1, 'judged', '{'a' * 64}', 1, 2, 1.0, 0)")
    with closing(connect(file)) as history:
        add(_night(1, _judged(Verdict.VIOLATED, 400)), history)
        (flip,) = queries.flips(history)
        assert "docs" not in flip.causes, "the text is the same"
