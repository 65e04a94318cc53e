from __future__ import annotations

import dataclasses
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from extractor.model import Level, Subject
from harness.model import Basis, Citation, Finding, Status, Verdict
from harness.nightly.history import queries, record
from harness.nightly.history.record import add
from harness.nightly.history.schema import connect, memory
from tests.harness.nightly.history.nights import example, failing, night, passing, verdict
from tests.support.hostile_report import hostile_report
from tests.support.reports import rich_report

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from harness.model import ExampleResult, Report


@pytest.fixture
def history() -> Iterator[sqlite3.Connection]:
    with closing(memory()) as connection:
        yield connection


def test_a_night_is_written_once(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "history.sqlite"
    assert record(rich_report(), file)
    assert not record(rich_report(), file)
    with closing(connect(file)) as connection:
        (only,) = queries.nights(connection)
    assert only.started == "2026-11-22T03:00:00Z"
    assert only.exit_code == 1
    assert only.counts["judged"] == 4
    assert only.counts["not-running"] == 1
    assert only.counts["blocked"] == 1


def test_a_night_counts_violations_by_how_firmly_they_stand(history: sqlite3.Connection) -> None:
    reading = dataclasses.replace(verdict("a", Verdict.VIOLATED), basis=Basis.INTERPRETATION)
    advice = dataclasses.replace(verdict("b", Verdict.VIOLATED), basis=Basis.ADVICE, gates=False)
    should = verdict("c", Verdict.VIOLATED, level=Level.SHOULD_NOT)
    must = verdict("d", Verdict.VIOLATED, level=Level.MUST_NOT)
    add(night(0, example("x", reading, advice, should, must, verdict("e", Verdict.SATISFIED))), history)
    (only,) = queries.nights(history)
    assert {name: only.counts[name] for name in ("must", "should", "reading", "advice", "gating", "satisfied")} == {
        "must": 1, "should": 1, "reading": 1, "advice": 1, "gating": 3, "satisfied": 1,
    }  # fmt: skip


def test_files_leave_nothing_beside_them(tmp_path: Path) -> None:
    record(night(0, passing()), tmp_path / "history.sqlite")
    assert [path.name for path in tmp_path.iterdir()] == ["history.sqlite"]


@pytest.mark.parametrize(
    ("before", "after", "causes"),
    [
        (passing(), failing(), ()),
        (passing(), failing(packages={"sdk": "1.0.1"}), ("packages",)),
        (passing(), failing(digest="b" * 64), ("docs",)),
        (passing(), failing(packages={}, digest="b" * 64), ("docs", "packages")),
    ],
)
def test_a_flip_knows_what_changed(
    history: sqlite3.Connection, before: object, after: object, causes: tuple[str, ...]
) -> None:
    add(night(0, before), history)  # type: ignore[arg-type]
    add(night(1, after), history)  # type: ignore[arg-type]
    (flip,) = queries.flips(history)
    assert (flip.requirement, flip.before, flip.after) == ("session.terminated-404", "satisfied", "violated")
    assert flip.causes == causes
    assert [n.unexplained for n in queries.nights(history)] == [0, int(not causes)]


def test_another_docprobe_is_a_cause(history: sqlite3.Connection) -> None:
    add(night(0, passing()), history)
    add(night(1, failing(), version="0.2.0"), history)
    assert queries.flips(history)[0].causes == ("docprobe",)


def quoting(name: str, outcome: Verdict, fingerprint: str) -> ExampleResult:
    sentence = Citation("p", 1, 1, "", Level.MUST, "MUST", "", None, Subject.SERVER, fingerprint)
    return example(name, dataclasses.replace(verdict("a", outcome), statement=sentence))


@pytest.mark.parametrize(
    ("commits", "others", "causes"),
    [
        ((None, None), (), ("statement",)),
        (("1" * 40, "2" * 40), (), ("statement",)),
        (("1" * 40, "1" * 40), (), ()),
        # the first sentence is still there, and another finding quotes it: the requirement is bound to both
        (("1" * 40, "2" * 40), (quoting("y", Verdict.SATISFIED, "1" * 64),), ()),
    ],
)
def test_another_sentence_is_a_cause_unless_it_is_another_one_of_the_requirement(
    history: sqlite3.Connection,
    commits: tuple[str | None, str | None],
    others: tuple[ExampleResult, ...],
    causes: tuple[str, ...],
) -> None:
    add(night(0, quoting("x", Verdict.SATISFIED, "1" * 64), *others, commit=commits[0]), history)
    add(night(1, quoting("x", Verdict.VIOLATED, "2" * 64), *others, commit=commits[1]), history)
    assert queries.flips(history)[0].causes == causes


def test_a_night_that_could_not_judge_is_stepped_over(history: sqlite3.Connection) -> None:
    blocked = example(passing().id, status=Status.BLOCKED)
    add(night(0, passing()), history)
    add(night(1, blocked), history)
    add(night(2, passing()), history)
    add(night(3, failing()), history)
    (flip,) = queries.flips(history)
    assert (flip.since, flip.night) == (3, 4)


def test_a_new_requirement_is_no_flip(history: sqlite3.Connection) -> None:
    add(night(0, example("x", verdict("a", Verdict.SATISFIED))), history)
    add(night(1, example("x", verdict("a", Verdict.SATISFIED), verdict("b", Verdict.VIOLATED))), history)
    add(night(2, example("x", verdict("b", Verdict.VIOLATED)), example("y", verdict("a", Verdict.VIOLATED))), history)
    assert queries.flips(history) == ()


def test_a_night_that_arrives_late_is_put_in_its_place(history: sqlite3.Connection) -> None:
    add(night(0, passing()), history)
    add(night(2, failing()), history)
    assert [flip.night for flip in queries.flips(history)] == [2]
    add(night(1, failing()), history)
    (flip,) = queries.flips(history)
    assert (flip.since, flip.night) == (1, 3), "the late night flipped, and the one after it no longer does"


def test_flakiness_counts_flips_with_nothing_changed(history: sqlite3.Connection) -> None:
    for number, result in enumerate([passing(), failing(), passing(cached=True), failing(), failing(packages={})]):
        add(night(number, result), history)
    add(night(9, passing(packages={"sdk": "2"})), history)
    (flaky,) = queries.flaky(history)
    assert flaky.flips == 3, "the flip in which packages changed is explained"
    assert flaky.nights == 5, "a cached night is no observation"
    assert flaky.last == 4


def test_packages_between_a_pass_and_a_failure(history: sqlite3.Connection) -> None:
    add(night(0, passing(packages={"sdk": "1.0.0", "old": "1", "same": "3"})), history)
    add(night(1, failing(packages={"sdk": "1.1.0", "new": "2", "same": "3"})), history)
    add(night(2, passing(packages={"sdk": "1.2.0", "new": "2", "same": "3"})), history)
    (change,) = queries.package_changes(history)
    assert change.changed == (("new", None, "2"), ("old", "1", None), ("sdk", "1.0.0", "1.1.0"))


def test_an_example_that_no_longer_runs_is_a_flip_and_hides_none(history: sqlite3.Connection) -> None:
    def runs(outcome: Verdict) -> Finding:
        return verdict("example.runs", outcome, "")

    judged = verdict("session.terminated-404", Verdict.SATISFIED)
    broken = example("x", runs(Verdict.VIOLATED), status=Status.NOT_RUNNING, packages={"sdk": "2.0.0"})
    add(night(0, example("x", runs(Verdict.SATISFIED), judged)), history)
    add(night(1, broken), history)
    add(night(2, example("x", runs(Verdict.SATISFIED), dataclasses.replace(judged, verdict=Verdict.VIOLATED))), history)
    flips = {(flip.night, flip.requirement, flip.before, flip.after, flip.since) for flip in queries.flips(history)}
    assert flips == {
        (2, "example.runs", "satisfied", "violated", 1),
        (3, "example.runs", "violated", "satisfied", 2),
        (3, "session.terminated-404", "satisfied", "violated", 1),
    }
    (change,) = queries.package_changes(history)
    assert change.changed == (("sdk", "1.0.0", "2.0.0"),)


def test_whether_an_example_runs_is_compared_with_the_last_night_in_which_it_was_run(
    history: sqlite3.Connection,
) -> None:
    def runs(outcome: Verdict) -> Finding:
        return verdict("example.runs", outcome, "")

    judged = verdict("session.terminated-404", Verdict.SATISFIED)
    add(night(0, example("x", runs(Verdict.VIOLATED), judged)), history)
    add(night(1, example("x", runs(Verdict.VIOLATED), status=Status.NOT_RUNNING)), history)
    add(night(2, example("x", runs(Verdict.SATISFIED), judged)), history)
    (flip,) = queries.flips(history)
    assert (flip.requirement, flip.since, flip.night) == ("example.runs", 2, 3)


def test_packages_that_could_not_be_installed_are_no_change_of_packages(history: sqlite3.Connection) -> None:
    add(night(0, passing(packages={"sdk": "1.0.0"})), history)
    add(night(1, failing(packages={})), history)
    assert queries.package_changes(history) == ()
    assert queries.packages_between(history, queries.flips(history)[0]) == ()


def test_the_last_nights_of_an_example(history: sqlite3.Connection) -> None:
    for number in range(5):
        add(night(number, failing() if number % 2 else passing()), history)
    last = queries.judged(history, passing().id, limit=3)
    case = ("session.terminated-404", "2025-11-25")
    assert [one.verdicts[case] for one in last] == ["satisfied", "violated", "satisfied"]
    assert [one.night for one in last] == [3, 4, 5]


def test_hostile_names_are_kept(tmp_path: Path) -> None:
    record(hostile_report(), tmp_path / "history.sqlite")
    with closing(connect(tmp_path / "history.sqlite")) as connection:
        assert len(queries.statuses_of(connection, 1)) == len({e.id for e in hostile_report().examples})


def _named(name: str, digest: str, outcome: Verdict) -> ExampleResult:
    return example(f"docs/a#{name}", verdict("session.terminated-404", outcome), digest=digest * 64)


def test_the_history_of_an_example_goes_on_under_the_id_that_a_heading_gives_it(history: sqlite3.Connection) -> None:
    """A block inserted above two others takes the first's id, and each of those moves on."""
    add(night(0, _named("x", "a", Verdict.SATISFIED), _named("x.2", "b", Verdict.SATISFIED)), history)
    later = (
        _named("x", "c", Verdict.SATISFIED),
        _named("x.2", "a", Verdict.VIOLATED),
        _named("x.3", "b", Verdict.SATISFIED),
    )
    add(night(1, *later), history)
    assert [(flip.example, flip.after) for flip in queries.flips(history)] == [("docs/a#x.2", "violated")]
    assert [len(queries.judged(history, f"docs/a#{name}")) for name in ("x", "x.2", "x.3")] == [1, 2, 2]


def test_the_history_of_an_example_goes_on_when_its_page_moves(history: sqlite3.Connection) -> None:
    """A copy on another page stays what it is, though it has the same text."""
    copy = example("docs/2024/a#x", verdict("session.terminated-404", Verdict.SATISFIED), digest="a" * 64)
    moved = example("docs/b#x", verdict("session.terminated-404", Verdict.VIOLATED), digest="a" * 64)
    add(night(0, _named("x", "a", Verdict.SATISFIED), copy), history)
    add(night(1, copy, moved), history)
    assert [(flip.example, flip.after) for flip in queries.flips(history)] == [("docs/b#x", "violated")]
    assert [len(queries.judged(history, name)) for name in ("docs/b#x", "docs/2024/a#x", "docs/a#x")] == [2, 2, 0]
    assert queries.old_names(history) == {"docs/a#x": "docs/b#x"}


def test_an_example_that_takes_an_old_id_leaves_the_nights_of_the_former_one(history: sqlite3.Connection) -> None:
    add(night(0, _named("x", "a", Verdict.SATISFIED), _named("y", "b", Verdict.SATISFIED)), history)
    add(night(1, _named("x", "b", Verdict.SATISFIED)), history)
    assert len(queries.judged(history, "docs/a#x")) == 2
    assert len(queries.judged(history, "docs/a#x~1")) == 1


@pytest.mark.parametrize(
    "tonight",
    [
        night(1, _named("x", "b", Verdict.SATISFIED), _named("x.2", "b", Verdict.SATISFIED)),  # which is it?
        night(1, _named("x.2", "a", Verdict.SATISFIED), narrowed=True),  # a part of the docs
        night(1, _named("x.2", "a", Verdict.SATISFIED), shards=("1/2",), missing_shards=("2/2",)),
        night(1, _named("x.2", "a", Verdict.SATISFIED), shards=("1/2",)),  # one shard, not joined with the other
        night(1, _named("x", "b", Verdict.SATISFIED), example("docs/b#x", digest="a" * 64)),  # its page has it still
        night(1, example("docs/b#x", digest="a" * 64), example("docs/c#x", digest="a" * 64)),  # two pages got it
        night(-1, _named("x.2", "a", Verdict.SATISFIED)),  # an older night that arrives late
    ],
)
def test_what_may_be_another_example_keeps_its_own_history(history: sqlite3.Connection, tonight: Report) -> None:
    add(night(0, _named("x", "a", Verdict.SATISFIED)), history)
    add(tonight, history)
    names = {name for (name,) in history.execute("SELECT name FROM example")}
    assert names == {"docs/a#x"} | {one.id for one in tonight.examples}
