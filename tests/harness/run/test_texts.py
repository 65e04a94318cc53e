"""Which texts of a run are run again, and which come from the cache."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from harness.model import Recording, Run, StartOutcome, Status, Transcript
from harness.run import recorder, texts
from harness.run.lookups import ImportLookups
from harness.settings import load_config
from tests.support.docprobe_process import write_docs
from tests.support.runs import FAILED, run_all, two_pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from harness.config import Config

pytestmark = pytest.mark.anyio


@pytest.mark.processes
@pytest.mark.parametrize("lasting", [True, False])
async def test_what_stays_blocked_all_day_is_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasting: bool
) -> None:
    config = two_pages(tmp_path)
    ran: list[str] = []

    async def record(_: object, bundle: Any, *__: object, **___: object) -> Recording:
        ran.append(bundle.example_id)
        return Recording((), None, blocked="x needs a newer toolchain (hint: name another)", lasting=lasting)

    monkeypatch.setattr(recorder, "record", record)
    reasons: list[set[str | None]] = []
    for each in (config, config, replace(config, no_cache=True)):
        found = await run_all(each)
        assert {example.status for example in found.examples} == {Status.BLOCKED}
        reasons.append({example.reason for example in found.examples})
    assert len(ran) == (4 if lasting else 6)
    first, second, third = reasons
    earlier = " (seen earlier today; --no-cache tries it again)" if lasting else ""
    assert second == {f"x needs a newer toolchain (hint: name another){earlier}"}
    assert first == third == {"x needs a newer toolchain (hint: name another)"}


@pytest.mark.processes
async def test_looking_up_imports_keeps_no_text_from_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conversed = anyio.Event()

    async def record(*_: object, watcher: Any, **__: object) -> Recording:
        await anyio.wait_all_tasks_blocked()
        await watcher.installed()
        conversed.set()
        return Recording((FAILED,), None)

    async def look_up_all(_: object, __: object, limiter: anyio.CapacityLimiter, ___: object) -> None:
        async with limiter:
            await conversed.wait()

    monkeypatch.setattr(recorder, "record", record)
    monkeypatch.setattr(ImportLookups, "read_cache", lambda *_, **__: True)
    monkeypatch.setattr(ImportLookups, "look_up_all", look_up_all)
    with anyio.fail_after(60):
        await run_all(two_pages(tmp_path))
    assert conversed.is_set()


@pytest.mark.processes
@pytest.mark.parametrize("matters", [True, False])
async def test_another_day_of_the_last_commit_is_another_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, matters: bool
) -> None:
    """If today's packages do not start, unshallowing the clone or committing the code provides a date to try."""
    config = two_pages(tmp_path)
    day: str | None = None
    ran: list[str | None] = []

    async def record(*_: object, committed: Any, **__: object) -> Recording:
        ran.append(found := await committed())
        return Recording((FAILED,), None, commit_day=(found or "") if matters else None)

    monkeypatch.setattr(recorder, "record", record)
    monkeypatch.setattr(texts, "last_commit_date", lambda *_, **__: day)

    async def run_with(given: str | None) -> list[str | None]:
        nonlocal day
        day = given
        ran.clear()
        await run_all(config)
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
    config = two_pages(tmp_path)
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
        examples = (await run_all(this)).examples
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
        return Recording((FAILED,), None)

    monkeypatch.setattr(recorder, "record", record)
    by_environment = named == "by the environment"
    config = load_config(
        write_docs(tmp_path / "docs", 1), state=tmp_path / "state", jobs=1,
        environ={"DOCPROBE_BASE_IMAGE": "own/python:3"} if by_environment else {},
    )  # fmt: skip
    config = config if by_environment else replace(config, images={"python": "own/python:3"})
    for more in ([], [], ["sha256:two"], []):
        ids += more
        await run_all(config, engine)
    assert len(ran) == 2, "once with each"
