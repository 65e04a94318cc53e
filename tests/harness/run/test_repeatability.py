"""The same server gives the same verdicts at each run, also on a busy machine. 10 runs of each with ``make soak``."""

from __future__ import annotations

import multiprocessing
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio
import pytest

from tests.support.judged_server import findings, talk
from tests.support.server_case import MODERN, NEWEST, OLDEST, Case
from tests.support.soak import SOAK, soaked, tries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

pytestmark = [pytest.mark.loopback, *soaked]

RUNS = tries(2, soak=10)
AT_ONCE = 6
CASES = (
    Case("python", "Authorized", revisions=(OLDEST, NEWEST)),
    Case("python", "Resumable"),
    Case("python", "DualEra", revisions=(NEWEST, MODERN)),
    Case("python", "LikeTheTutorial"),
    Case("node", "SendsEverywhere"),
)


def _burn(stop: object) -> None:
    while not stop.is_set():  # type: ignore[attr-defined]
        sum(range(10_000))


@contextmanager
def busy_cores() -> Iterator[None]:
    """Every core computes while this lasts."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    burners = [context.Process(target=_burn, args=(stop,)) for _ in range(os.cpu_count() or 1)]
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
    seen = {row: {run.get(row, "not judged") for run in runs} for row in {row for run in runs for row in run}}
    return {row: sorted(verdicts) for row, verdicts in sorted(seen.items()) if len(verdicts) > 1}


def verdict_sets(cases: Sequence[Case], runs: int) -> dict[Case, list[Mapping[str, str]]]:
    """Every verdict of every revision, by requirement and revision, for each case and run, held side by side."""
    found: dict[Case, list[Mapping[str, str]]] = {case: [] for case in cases}
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(case: Case) -> None:
        async with limiter:
            transcript = await talk(case.language, case.name, revisions=case.revisions, timeout_s=10.0)
        seen: Mapping[str, str] = {
            f"{f.requirement} {f.revision}": f"{f.verdict} {f.basis} {f.gates}"
            for f in findings(transcript, page_revision=case.revisions[-1])
        }
        found[case].append(seen)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(runs):
                for case in cases:
                    tasks.start_soon(one, case)

    anyio.run(run)
    return found


@pytest.fixture(scope="module")
def quiet() -> dict[Case, list[Mapping[str, str]]]:
    return verdict_sets(CASES, RUNS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_same_verdicts_at_each_run(case: Case, quiet: Mapping[Case, list[Mapping[str, str]]]) -> None:
    assert len(quiet[case]) == RUNS
    assert differing_rows(quiet[case]) == {}


def test_the_same_verdicts_while_all_cores_are_busy(quiet: Mapping[Case, list[Mapping[str, str]]]) -> None:
    cases = CASES if SOAK else CASES[:1]
    with busy_cores():
        busy = verdict_sets(cases, RUNS)
    assert {str(case): differing_rows([*quiet[case], *busy[case]]) for case in cases} == {
        str(case): {} for case in cases
    }


def test_rows_that_differ_are_named() -> None:
    runs = [{"a 1": "satisfied", "b 1": "violated"}, {"a 1": "satisfied", "b 1": "inconclusive"}, {"a 1": "satisfied"}]
    assert differing_rows(runs) == {"b 1": ["inconclusive", "not judged", "violated"]}
