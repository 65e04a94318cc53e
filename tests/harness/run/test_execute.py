"""An error in one example is that example's: told in its own words, never as the docs' fault, and the rest goes on."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from harness.base.errors import BlockedError, EngineError, StorageError, UsageError
from harness.engine.protocol import Limits
from harness.judge.results import result_of_recording
from harness.model import Recording, Run, StartOutcome, Status, Transcript
from harness.run import cache, recorder, run_results, texts
from harness.run import execute as run
from harness.run.observer import Silent
from harness.run.planning import make_plan
from harness.settings import load_config
from tests.support.docprobe_process import write_docs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from harness.config import Config
    from harness.model import ExampleResult, Report

pytestmark = pytest.mark.anyio


class Notes(Silent):
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


@asynccontextmanager
async def connect(config: Config) -> AsyncIterator[Any]:
    yield None


async def report(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wrong: Exception | None,
    notes: Notes | None = None,
    **settings: Any,
) -> Report:
    """Two pages, of which recording the first fails with ``wrong``."""
    config = load_config(write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state", jobs=1, **settings)

    async def record(_: object, bundle: Any, *__: object, **___: object) -> Recording:
        if wrong is not None and bundle.example_id.startswith("page0"):
            raise wrong
        ended = Run("today", None, {}, StartOutcome.EXITED, "exited with code 1", lock=None)
        return Recording((ended,), None)

    monkeypatch.setattr(recorder, "record", record)
    return await run.execute(make_plan(config), config, connect, observer=notes)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            UsageError("the lock takes x from elsewhere", "make it anew"),
            "the lock takes x from elsewhere (hint: make it",
        ),
        (StorageError("/full/x.json cannot be written: No space left on device", "make room"), "/full/x.json cannot"),
        (EngineError("the engine has gone"), "the engine has gone"),
        (ZeroDivisionError("ours"), "internal error (please report): ZeroDivisionError: ours"),
    ],
)
async def test_one_example_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Exception, said: str) -> None:
    first, second = (await report(tmp_path, monkeypatch, wrong)).examples
    assert first.status is Status.BLOCKED
    assert first.reason is not None
    assert first.reason.startswith(said)
    assert ("internal error" in first.reason) is isinstance(wrong, ZeroDivisionError)
    assert second.status is Status.NOT_RUNNING


@pytest.mark.processes
@pytest.mark.parametrize("lasting", [True, False])
async def test_what_stays_blocked_all_day_is_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasting: bool
) -> None:
    config = load_config(write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state", jobs=1)
    ran: list[str] = []

    async def record(_: object, bundle: Any, *__: object, **___: object) -> Recording:
        ran.append(bundle.example_id)
        return Recording((), None, blocked="x needs a newer toolchain (hint: name another)", lasting=lasting)

    monkeypatch.setattr(recorder, "record", record)
    reasons: list[set[str | None]] = []
    for each in (config, config, replace(config, no_cache=True)):
        found = await run.execute(make_plan(each), each, connect)
        assert {example.status for example in found.examples} == {Status.BLOCKED}
        reasons.append({example.reason for example in found.examples})
    assert len(ran) == (4 if lasting else 6)
    first, second, third = reasons
    earlier = " (seen earlier today; --no-cache tries it again)" if lasting else ""
    assert second == {f"x needs a newer toolchain (hint: name another){earlier}"}
    assert first == third == {"x needs a newer toolchain (hint: name another)"}


@pytest.mark.processes
@pytest.mark.parametrize("matters", [True, False])
async def test_another_day_of_the_last_commit_is_another_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, matters: bool
) -> None:
    """If today's packages do not start, unshallowing the clone or committing the code provides a date to try."""
    config = load_config(write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state", jobs=1)
    day: str | None = None
    ran: list[str | None] = []

    async def record(*_: object, committed: Any, **__: object) -> Recording:
        ran.append(found := await committed())
        ended = Run("today", None, {}, StartOutcome.EXITED, "exited with code 1", lock=None)
        return Recording((ended,), None, commit_day=(found or "") if matters else None)

    monkeypatch.setattr(recorder, "record", record)
    monkeypatch.setattr(texts, "last_commit_date", lambda *_, **__: day)

    async def run_with(given: str | None) -> list[str | None]:
        nonlocal day
        day = given
        ran.clear()
        await run.execute(make_plan(config), config, connect)
        return list(ran)

    again: list[str | None] = ["2024-09-30", "2024-09-30"] if matters else []
    assert await run_with(None) == [None, None]
    assert await run_with(None) == []
    assert await run_with("2024-09-30") == again
    assert await run_with("2024-09-30") == []


@pytest.mark.processes
async def test_other_rules_have_other_exchanges_traced_and_what_is_known_stays_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state", jobs=1)
    asked: list[list[int]] = []
    chosen: dict[int, int] = {1: 0}
    blocked: str | None = None

    async def record(_: object, bundle: Any, *__: object, **___: object) -> Recording:
        if blocked is not None:
            return Recording((), None, blocked=blocked)
        served = Run("today", None, {}, StartOutcome.SERVING, "serves", lock=None)
        return Recording((served,), Transcript(bundle.example_id, bundle.kind, (), negotiated=("2025-06-18",)))

    async def found(_: object, recording: object, pairs: Mapping[int, int]) -> tuple[()]:
        asked.append(sorted(pairs))
        return ()

    monkeypatch.setattr(recorder, "record", record)
    monkeypatch.setattr(recorder.Tracing, "found", found)
    monkeypatch.setattr(texts, "exchanges_to_trace", lambda *_: dict(chosen))

    async def run_with(*requirements: str) -> tuple[list[list[int]], set[Status], set[bool]]:
        asked.clear()
        this = replace(config, requirements=requirements)
        examples = (await run.execute(make_plan(this), this, connect)).examples
        return list(asked), {example.status for example in examples}, {example.cached for example in examples}

    judged = {Status.JUDGED}
    assert await run_with("session.missing-400") == ([[1], [1]], judged, {False})
    assert await run_with("session.missing-400") == ([], judged, {True})
    chosen[2] = 0
    assert await run_with("session.missing-400") == ([], judged, {True}), "the same rules choose the same exchanges"
    assert await run_with() == ([[1, 2], [1, 2]], judged, {False})
    del chosen[1]
    assert await run_with("example.runs") == ([], judged, {True}), "those were traced already"
    chosen[3], blocked = 0, "the engine has gone"
    assert await run_with("session.missing-400") == ([], judged, {True}), "no trace costs no verdict"


@pytest.mark.processes
async def test_what_cannot_be_cached_is_reported_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("/full/x.json cannot be written: No space left on device", "make room")

    monkeypatch.setattr(cache, "store", full)
    notes = Notes()
    result = await report(tmp_path, monkeypatch, None, notes)
    assert [example.status for example in result.examples] == [Status.NOT_RUNNING] * 2
    assert notes.said == ["/full/x.json cannot be written: No space left on device (hint: make room)"] * 2


@pytest.mark.processes
async def test_judging_one_example_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(example: Any, *rest: Any, **more: Any) -> Any:
        if example.id.startswith("page0"):
            raise ZeroDivisionError("ours")
        return result_of_recording(example, *rest, **more)

    monkeypatch.setattr(run_results, "result_of_recording", judged)
    first, second = (await report(tmp_path, monkeypatch, None)).examples
    assert (first.status, first.reason) == (
        Status.BLOCKED,
        "internal error (please report): ZeroDivisionError: ours",
    )
    assert second.status is Status.NOT_RUNNING


@pytest.mark.processes
async def test_judging_one_example_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(example: Any, *rest: Any, **more: Any) -> Any:
        while example.id.startswith("page0"):
            pass
        return result_of_recording(example, *rest, **more)

    monkeypatch.setattr(run_results, "result_of_recording", judged)
    first, second = (await report(tmp_path, monkeypatch, None, limits=Limits(example_s=0.2))).examples
    assert (first.status, first.reason) == (
        Status.BLOCKED,
        "judging it took more than 0.2 s of processor time (hint: raise example-s in [limits], or skip the example)",
    )
    assert second.status is Status.NOT_RUNNING


@pytest.mark.processes
async def test_what_an_interrupted_run_did_not_come_to_is_not_told_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = anyio.Event()
    told: list[str] = []

    class Watching(Silent):
        def finished(self, result: ExampleResult) -> None:
            told.append(result.id)

    config = load_config(write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state", jobs=1)

    async def record(*_: object, **__: object) -> Recording:
        stop.set()
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(recorder, "record", record)
    done = await run.execute(make_plan(config), config, connect, observer=Watching(), stop=stop)
    assert done.examples
    assert all(example.interrupted for example in done.examples)
    assert told == []


@pytest.mark.processes
async def test_a_run_that_takes_too_long_reports_what_it_has_and_blocks_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(
        write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state", jobs=1, limits=Limits(check_s=0.5)
    )

    async def record(_: object, bundle: Any, *__: object, **___: object) -> Recording:
        if not bundle.example_id.startswith("page0"):
            await anyio.sleep_forever()
        return Recording((Run("today", None, {}, StartOutcome.EXITED, "exited with code 1", lock=None),), None)

    monkeypatch.setattr(recorder, "record", record)
    first, second = (await run.execute(make_plan(config), config, connect)).examples
    assert first.status is Status.NOT_RUNNING
    assert second.status is Status.BLOCKED
    assert second.reason is not None
    assert second.reason.startswith("not run: this run has taken 0.5 s, docprobe's limit")
    assert "check-s" in second.reason


@pytest.mark.processes
async def test_the_state_folder_is_trimmed_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "state" / "recordings" / "old.json"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"x" * 2_000_000)
    result = await report(tmp_path, monkeypatch, None, limits=Limits(state_mib=1))
    assert not old.exists()
    assert [problem.message for problem in result.problems if "state-mib" in problem.message] == [
        "1 files that were not used for longest were removed from the state folder: "
        "it is limited to 1 MiB (state-mib in [limits])"
    ]


NEXT_STEP = re.compile(r"\S.* \((?:hint: .{10,}|please report)\)", re.DOTALL)
"""A cause, and what to do about it."""


def errors_that_block() -> list[type[BlockedError]]:
    waiting, found = [BlockedError], []
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", errors_that_block())
@pytest.mark.parametrize("hint", [None, "free some disk space"])
def test_an_error_that_blocks_names_a_next_step(kind: type[BlockedError], hint: str | None) -> None:
    said = kind("the disk is full", hint).in_one_line()
    assert said.startswith("the disk is full")
    assert NEXT_STEP.fullmatch(said)
    assert hint is None or hint in said


WAYS = {
    "recording": lambda: EngineError("gone"),
    "a lock": lambda: UsageError("the lock is old", "write a new lock"),
    "ours": lambda: ZeroDivisionError("ours"),
    "judging": None,
    "connecting": None,
    "time": None,
    "interrupted": None,
}
"""Every place where a run gives up on an example, and the error that is raised there."""


@pytest.mark.processes
@pytest.mark.parametrize("way", WAYS)
async def test_all_ways_into_blocked_carry_a_cause_and_a_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    config = load_config(write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state", jobs=1)
    stop = anyio.Event()

    async def record(*_: object, **__: object) -> Recording:
        if make := WAYS[way]:
            raise make()
        if way == "interrupted":
            stop.set()
        if way in {"interrupted", "time"}:
            await anyio.sleep_forever()
        return Recording((Run("today", None, {}, StartOutcome.EXITED, "exited with code 1"),), None)

    @asynccontextmanager
    async def no_engine(config: Config) -> AsyncIterator[Any]:
        raise EngineError("no container engine answers")
        yield

    def judged(*_: object, **__: object) -> Any:
        raise ZeroDivisionError("ours")

    if way == "judging":
        monkeypatch.setattr(run_results, "result_of_recording", judged)
    if way == "time":
        config = replace(config, limits=replace(config.limits, check_s=0.1))
    monkeypatch.setattr(recorder, "record", record)
    found = await run.execute(make_plan(config), config, no_engine if way == "connecting" else connect, stop=stop)
    assert [example.status for example in found.examples] == [Status.BLOCKED] * 2
    for example in found.examples:
        assert NEXT_STEP.match(example.reason or ""), example.reason


@pytest.mark.processes
def test_a_run_whose_conversations_are_cached_imports_nothing_that_holds_any() -> None:
    ask = "import sys, harness.run.execute, harness.run.saving; print({'docker', 'httpx'}.intersection(sys.modules))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.processes
@pytest.mark.parametrize("named", ["by the environment", "by the configuration"])
async def test_an_image_that_is_built_anew_under_its_name_is_another_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """Its name is the same, and what is in it may hold another conversation."""
    ids = ["sha256:one"]
    ran: list[str] = []

    class Engine:
        async def image_ids(self, names: Any) -> tuple[str, ...]:
            assert names == ("own/python:3",)
            return tuple(f"{name} {ids[-1]}" for name in names)

    @asynccontextmanager
    async def engine(_: Config) -> AsyncIterator[Any]:
        yield Engine()

    async def record(_: object, bundle: Any, *__: object, **___: object) -> Recording:
        ran.append(bundle.example_id)
        return Recording((Run("today", None, {}, StartOutcome.EXITED, "exited with code 1", lock=None),), None)

    monkeypatch.setattr(recorder, "record", record)
    by_environment = named == "by the environment"
    config = load_config(
        write_docs(tmp_path / "docs", 1), state=tmp_path / "state", jobs=1,
        environ={"DOCPROBE_BASE_IMAGE": "own/python:3"} if by_environment else {},
    )  # fmt: skip
    config = config if by_environment else replace(config, images={"python": "own/python:3"})
    for more in ([], [], ["sha256:two"], []):
        ids += more
        await run.execute(make_plan(config), config, engine)
    assert len(ran) == 2, "once with each"
