"""A cluster of this process's own threads, with a stand-in for the engine. ``tests/soak/test_cluster.py`` has real ones."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import dask
import distributed
import pytest
from distributed import LocalCluster

from harness.base.codec import to_json
from harness.base.errors import EngineError, UsageError
from harness.cluster import client, connect
from harness.cluster import task as tasks
from harness.cluster.connect import dask_logs_silenced, open_cluster, task_settings
from harness.model import Recording, Run, StartOutcome, Status
from harness.run import recorder
from harness.run.execute import execute
from harness.run.observer import Silent
from harness.run.planning import make_plan
from harness.settings import load_config
from tests.support.docprobe_process import write_docs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from harness.config import Config
    from harness.model import Report

pytestmark = [pytest.mark.anyio, pytest.mark.processes]
PATIENCE_S = 120


class Seen(Silent):
    """What is said while a run goes on."""

    def __init__(self) -> None:
        self.doings: list[tuple[str, str]] = []
        self.results: list[str] = []

    def doing(self, example_id: str, text: str) -> None:
        self.doings.append((example_id, text))

    def finished(self, result: Any) -> None:
        self.results.append(result.id)


class Workers:
    """Stands in for what workers do with an engine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
        self.ran: Counter[str] = Counter()
        """By worker, how many texts it finished."""
        self.broken: set[str] = set()
        """Workers where no engine answers."""
        self.held: dict[str, threading.Event] = {}
        """By worker, what a text there waits for."""
        self.began = threading.Event()
        monkeypatch.setenv("DOCPROBE_STATE", str(state))
        monkeypatch.setattr(tasks, "open_engine", self.open_engine)
        monkeypatch.setattr(recorder, "record", self.record)

    @asynccontextmanager
    async def open_engine(self, config: Config) -> AsyncIterator[Any]:
        if str(distributed.get_worker().name) in self.broken:
            raise EngineError("no container engine answers here")
        yield None

    async def record(
        self, _: object, bundle: Any, config: Config, *, progress: Callable[[str], None], **rest: Any
    ) -> Recording:
        try:
            worker = str(distributed.get_worker().name)
        except ValueError:  # the run on this machine that is compared with
            worker = "here"
        progress(f"starting {bundle.command[0]}")
        self.began.set()
        if worker in self.held:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self.held[worker].wait, PATIENCE_S)
        self.ran[worker] += 1
        ended = Run(
            "today", rest["date"], {"x": "1"}, StartOutcome.EXITED, f"exited with code {len(bundle.files)}", lock=None
        )
        return Recording((ended,), None)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Workers:
    return Workers(monkeypatch, tmp_path / "workers")


@asynccontextmanager
async def cluster(count: int) -> AsyncIterator[LocalCluster]:
    async with LocalCluster(
        n_workers=count, threads_per_worker=1, processes=False, asynchronous=True, dashboard_address=":0",
        protocol="tcp", host="127.0.0.1", silence_logs=50,
    ) as made:  # fmt: skip
        yield made


def config_of(tmp_path: Path, pages: int = 6, **flags: Any) -> Config:
    return load_config(write_docs(tmp_path / "docs", pages), environ={}, state=tmp_path / "state", jobs=1, **flags)


@asynccontextmanager
async def never(_: Config) -> AsyncIterator[Any]:
    raise AssertionError("this machine's engine was opened")
    yield


async def checked(config: Config, observer: Silent | None = None) -> Report:
    return await execute(make_plan(config), config, never, observer=observer, elsewhere=open_cluster)


def comparable(report: Report) -> bytes:
    """The results, without times."""
    return to_json([replace(example, duration_s=0.0) for example in report.examples])


async def test_the_results_are_those_of_this_machine(workers: Workers, tmp_path: Path) -> None:
    @asynccontextmanager
    async def here(_: Config) -> AsyncIterator[Any]:
        yield None

    config = config_of(tmp_path, no_cache=True)
    local = await execute(make_plan(config), config, here)
    assert workers.ran == {"here": 6}
    seen = Seen()
    async with cluster(3) as made:
        report = await checked(replace(config, scheduler=made.scheduler_address), seen)
    assert [example.reason for example in report.examples] == [example.reason for example in local.examples]
    assert comparable(report) == comparable(local)
    assert sum(workers.ran.values()) == 12
    assert len(workers.ran) > 2, "several workers took part"
    assert sorted(seen.results) == [f"page{n}#python" for n in range(6)]
    assert {id for id, text in seen.doings if text == "starting python3"} == set(seen.results), (
        "what workers do is seen"
    )


async def test_what_a_cluster_recorded_is_not_run_again(workers: Workers, tmp_path: Path) -> None:
    async with cluster(1) as made:
        config = config_of(tmp_path, 2, scheduler=made.scheduler_address)
        await checked(config)
        report = await checked(config)
    assert workers.ran.total() == 2
    assert all(example.cached for example in report.examples)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "DOCPROBE_BASE_IMAGE", "DOCKER_HOST", "GOPROXY"])
async def test_what_workers_lend_is_part_of_what_is_unchanged(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Only they know their registries, base image and engine: a changed one must not keep an old verdict."""
    async with cluster(1) as made:
        config = config_of(tmp_path, 2, scheduler=made.scheduler_address)
        await checked(config)
        monkeypatch.setenv(variable, "http://another.example:1")
        assert not any(example.cached for example in (await checked(config)).examples)
        assert all(example.cached for example in (await checked(config)).examples)
    assert workers.ran.total() == 4


async def test_a_wait_for_workers_is_said(workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "NO_WORKER_S", 0.5)
    seen = Seen()
    async with cluster(0) as made:
        report = await checked(config_of(tmp_path, 1, scheduler=made.scheduler_address), seen)
        where = made.scheduler_address
    assert report.examples[0].reason is not None
    assert f"no worker at {where} can run examples" in report.examples[0].reason
    assert seen.doings == [("workers", f"waiting for a worker, at most 0.5 s: there is none at {where}")]


@pytest.mark.parametrize("address", ["", "nonsense://x:1", "http://127.0.0.1:8786", "tcp://127.0.0.1:99999", "tcp://x"])
async def test_what_is_not_an_address_is_refused(tmp_path: Path, address: str) -> None:
    config = config_of(tmp_path, 1, scheduler=address)
    with pytest.raises(BaseExceptionGroup) as caught:
        await checked(config)
    (error,) = caught.value.exceptions
    assert isinstance(error, UsageError)
    assert f"--scheduler '{address}' is not the address of a Dask scheduler" in error.message


async def test_dask_says_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "distributed.core")]
    with dask_logs_silenced():
        for logger in loggers:
            logger.error("Traceback")
    assert capfd.readouterr().err == ""


async def test_the_texts_of_a_lost_worker_run_elsewhere(workers: Workers, tmp_path: Path) -> None:
    async with cluster(2) as made:
        lost = next(iter(made.workers.values()))
        held = workers.held[str(lost.name)] = threading.Event()
        config = config_of(tmp_path, scheduler=made.scheduler_address)
        found: list[Report] = []

        async def run() -> None:
            found.append(await checked(config))

        try:
            with anyio.fail_after(PATIENCE_S):
                async with anyio.create_task_group() as group:
                    group.start_soon(run)
                    await anyio.to_thread.run_sync(workers.began.wait, PATIENCE_S)
                    while not any(state.state == "executing" for state in lost.state.tasks.values()):
                        await anyio.sleep(0.01)
                    lost.batched_stream.abort()  # as when its machine is gone: it says nothing any more
                    await made.scheduler.remove_worker(lost.address, stimulus_id="lost", close=False)
        finally:
            held.set()
        await lost.close()
    assert {example.status for example in found[0].examples} == {Status.NOT_RUNNING}
    assert len(found[0].examples) == 6


async def test_a_worker_without_an_engine_runs_nothing(workers: Workers, tmp_path: Path) -> None:
    """It would be free at once, and take every text."""
    async with cluster(2) as made:
        workers.broken = {str(next(iter(made.workers.values())).name)}
        report = await checked(config_of(tmp_path, scheduler=made.scheduler_address))
    assert {example.status for example in report.examples} == {Status.NOT_RUNNING}
    assert not workers.broken & set(workers.ran)


async def test_no_worker_has_an_engine(workers: Workers, tmp_path: Path) -> None:
    async with cluster(1) as made:
        workers.broken = {str(worker.name) for worker in made.workers.values()}
        report = await checked(config_of(tmp_path, 1, scheduler=made.scheduler_address))
    (example,) = report.examples
    assert example.status is Status.BLOCKED
    assert "can run examples; tcp://127.0.0.1:" in (example.reason or "")
    assert "no container engine answers here" in (example.reason or "")


async def test_a_worker_with_another_docprobe(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "code_digest", lambda: "another")
    async with cluster(1) as made:
        report = await checked(config_of(tmp_path, 1, scheduler=made.scheduler_address))
    assert "a different version of docprobe" in (report.examples[0].reason or "")
    assert not workers.ran


async def test_what_is_no_longer_wanted_ends_on_the_worker(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C its pod is removed, not left to run to its end."""
    ended = threading.Event()

    async def for_ever(*_: object, **__: object) -> Recording:
        workers.began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    monkeypatch.setattr(recorder, "record", for_ever)
    async with cluster(1) as made:
        config = config_of(tmp_path, 2, scheduler=made.scheduler_address)
        stop = anyio.Event()

        async def interrupt() -> None:
            await anyio.to_thread.run_sync(workers.began.wait, PATIENCE_S)
            stop.set()

        with anyio.fail_after(PATIENCE_S):
            async with anyio.create_task_group() as group:
                group.start_soon(interrupt)
                report = await execute(make_plan(config), config, never, stop=stop, elsewhere=open_cluster)
            assert await anyio.to_thread.run_sync(ended.wait, PATIENCE_S)
    assert {example.status for example in report.examples} == {Status.BLOCKED}
    assert all(example.interrupted for example in report.examples)


async def test_the_scheduler_ends(workers: Workers, tmp_path: Path) -> None:
    found: list[Report] = []
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):  # how long a client looks for a lost scheduler
        await _the_scheduler_ends(workers, tmp_path, found)
    assert {example.status for example in found[0].examples} == {Status.BLOCKED}
    assert all("scheduler" in (e.reason or "") or "worker" in (e.reason or "") for e in found[0].examples)


async def _the_scheduler_ends(workers: Workers, tmp_path: Path, found: list[Report]) -> None:
    async with cluster(1) as made:
        held = workers.held["0"] = threading.Event()
        config = config_of(tmp_path, 2, scheduler=made.scheduler_address)

        async def run() -> None:
            found.append(await checked(config))

        try:
            with anyio.fail_after(PATIENCE_S):
                async with anyio.create_task_group() as group:
                    group.start_soon(run)
                    await anyio.to_thread.run_sync(workers.began.wait, PATIENCE_S)
                    await made.scheduler.close()
        finally:
            held.set()


async def test_a_worker_without_docprobe(workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'harness'")

    monkeypatch.setattr(client, "run_on_worker", missing)
    async with cluster(1) as made:
        report = await checked(config_of(tmp_path, 1, scheduler=made.scheduler_address))
    reason = report.examples[0].reason or ""
    assert "a worker could not start: ModuleNotFoundError: No module named 'harness'" in reason
    assert "on every worker" in reason


async def test_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "CONNECT_S", 0.5)
    report = await checked(config_of(tmp_path, 1, scheduler="tcp://127.0.0.1:9"))
    (example,) = report.examples
    assert example.status is Status.BLOCKED
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in (example.reason or "")
    assert "dask scheduler" in (example.reason or "")


async def test_nothing_of_this_machines_environment_is_sent(tmp_path: Path) -> None:
    config = load_config(
        write_docs(tmp_path / "docs", 1), environ={"NPM_TOKEN": "hunter2", "HTTPS_PROXY": "http://me:hunter2@p:1"},
        state=tmp_path / "state",
    )  # fmt: skip
    assert b"hunter2" not in to_json(task_settings(config))
