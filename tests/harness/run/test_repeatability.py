"""The same server or client gives the same verdicts at each run, also on a busy machine. With ``make soak`` 20 runs of
seven servers and five of other programs, with 20 processes that compute beside them."""

from __future__ import annotations

import multiprocessing
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.model import Verdict
from tests.support import stdio_program
from tests.support.client_program import DELETES, PROGRAM, watch
from tests.support.judged_server import findings, talk
from tests.support.server_case import MIDDLE, MODERN, NEWEST, OLDEST, Case
from tests.support.soak import SOAK, sizes, soaked, tries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from harness.model import Transcript

    Verdicts = Mapping[str, str]
    """By requirement and revision: verdict, basis, whether it is blocking; after a colon, the sentence."""

pytestmark = [pytest.mark.loopback, *soaked]

RUNS = tries(2, soak=20)
AT_ONCE = 6
MOST_LATE = 0.02 if SOAK else 0.0
"""Share of verdicts that may become inconclusive while the machine is busy: each has to name a deadline."""
DEADLINE = re.compile(r"in time|within|slow|\d s\b|timed out|time(?:out)? of")


@dataclass(frozen=True)
class Subject:
    """What is talked to again and again."""

    name: str
    revision: str
    """Of its page."""
    converse: Callable[[], Awaitable[Transcript]]
    rounds: float = 0.25
    """Share of the runs that it takes part in."""

    def __str__(self) -> str:
        return self.name


def http(language: str, name: str, *revisions: str) -> Subject:
    case = Case(language, name, revisions=revisions or (NEWEST,))
    return Subject(
        str(case), case.revisions[-1], lambda: talk(language, name, revisions=case.revisions, timeout_s=10.0), 1.0
    )


SUBJECTS = (
    http("python", "Authorized", OLDEST, NEWEST),
    Subject("client: dies of a 404", MIDDLE, lambda: watch("", program=PROGRAM.replace("status == 404", "False"))),
    http("python", "Resumable"),
    http("python", "ReplaysWhatItHas"),
    http("python", "DualEra", NEWEST, MODERN),
    http("python", "LikeTheTutorial"),
    http("node", "SendsEverywhere"),
    http("python", "OneInitialize"),
    Subject("client: right", MIDDLE, lambda: watch(DELETES)),
    Subject("stdio", NEWEST, lambda: stdio_program.hold(stdio_program.server(), timeout_s=10.0)),
)


def _burn(stop: object) -> None:
    while not stop.is_set():  # type: ignore[attr-defined]
        sum(range(10_000))


@contextmanager
def busy_machine(load: int) -> Iterator[None]:
    """So many processes compute while this lasts."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    burners = [context.Process(target=_burn, args=(stop,)) for _ in range(load)]
    for burner in burners:
        burner.start()
    try:
        yield
    finally:
        stop.set()
        for burner in burners:
            burner.join()


def differing_rows(runs: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """The rows that do not come out alike in all runs, each with what it came to."""
    seen = {
        row: {run.get(row, "not judged").partition(":")[0] for run in runs}
        for row in {row for run in runs for row in run}
    }
    return {row: sorted(verdicts) for row, verdicts in sorted(seen.items()) if len(verdicts) > 1}


def rounds_of(subject: Subject, runs: int) -> int:
    """In how many of the runs it takes part."""
    return max(min(runs, 2), round(subject.rounds * runs))


def verdict_sets(subjects: Sequence[Subject], runs: int) -> dict[Subject, list[Verdicts]]:
    """Every verdict of every revision, by requirement and revision, for each subject and run, held side by side."""
    found: dict[Subject, list[Verdicts]] = {subject: [] for subject in subjects}
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(subject: Subject) -> None:
        async with limiter:
            transcript = await subject.converse()
        seen: Verdicts = {
            f"{f.requirement} {f.revision}": f"{f.verdict} {f.basis} {f.gates}: {f.summary}"
            for f in findings(transcript, page_revision=subject.revision)
        }
        found[subject].append(seen)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(runs):
                for subject in subjects:
                    if number < rounds_of(subject, runs):
                        tasks.start_soon(one, subject)

    anyio.run(run)
    return found


@pytest.fixture(scope="module")
def quiet() -> dict[Subject, list[Verdicts]]:
    return verdict_sets(SUBJECTS, RUNS)


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_the_same_verdicts_at_each_run(subject: Subject, quiet: Mapping[Subject, list[Verdicts]]) -> None:
    assert len(quiet[subject]) == rounds_of(subject, RUNS)
    assert any(Verdict.SATISFIED in verdict for verdict in quiet[subject][0].values())
    assert differing_rows(quiet[subject]) == {}


def changed_rows(before: Verdicts, now: Verdicts) -> tuple[dict[str, str], dict[str, str]]:
    """The rows that came out otherwise: those that turned, and those that became inconclusive, each with its text."""
    turned: dict[str, str] = {}
    late: dict[str, str] = {}
    for row in before.keys() | now.keys():
        old, new = before.get(row, "not judged"), now.get(row, "not judged")
        if old.partition(":")[0] != new.partition(":")[0]:
            (late if new.startswith(Verdict.INCONCLUSIVE) else turned)[row] = f"{old} -> {new}"
    return turned, late


@pytest.mark.busy
@pytest.mark.parametrize("load", sizes(os.cpu_count() or 1, soak=20))
def test_no_verdict_turns_while_the_machine_is_busy(load: int, quiet: Mapping[Subject, list[Verdicts]]) -> None:
    subjects = SUBJECTS if SOAK else SUBJECTS[:2]
    with busy_machine(load):
        busy = verdict_sets(subjects, RUNS)
    changes = {(str(s), n): changed_rows(quiet[s][0], now) for s in subjects for n, now in enumerate(busy[s])}
    assert {run: turned for run, (turned, _) in changes.items() if turned} == {}
    late = [change for _, rows in changes.values() for change in rows.values()]
    assert [change for change in late if not DEADLINE.search(change)] == []
    assert len(late) <= MOST_LATE * sum(len(now) for runs in busy.values() for now in runs), late


def test_a_verdict_that_turns_is_told_from_one_that_came_late() -> None:
    before = {"a 1": "satisfied text True: ok", "b 1": "violated text True: bad", "c 1": "satisfied text True: ok"}
    now = {"a 1": "inconclusive text True: no answer within 10 s", "b 1": "satisfied text True: ok"}
    turned, late = changed_rows(before, now)
    assert set(turned) == {"b 1", "c 1"}
    assert set(late) == {"a 1"}
    assert all(DEADLINE.search(change) for change in late.values())
    assert changed_rows(before, {row: f"{text}, and more" for row, text in before.items()}) == ({}, {})


def test_rows_that_differ_are_named() -> None:
    runs = [{"a 1": "satisfied", "b 1": "violated"}, {"a 1": "satisfied", "b 1": "inconclusive"}, {"a 1": "satisfied"}]
    assert differing_rows(runs) == {"b 1": ["inconclusive", "not judged", "violated"]}
