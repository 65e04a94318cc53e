"""``docprobe run``: which packages it starts an example with. What it starts is tested with the engine elsewhere."""

from __future__ import annotations

import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from click.testing import CliRunner

import harness.run.connect
import harness.run.serve
from harness.base.errors import InstallError, NotServingError
from harness.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
EXAMPLE = "docs/2025-11-25/develop/http-server#python"
TODAY, DATED = None, "2025-11-25"


@asynccontextmanager
async def _no_engine(*_: Any) -> AsyncIterator[None]:
    yield


@pytest.mark.parametrize(
    ("options", "failures", "asked"),
    [
        ((), {}, [TODAY]),
        ((), {TODAY: NotServingError("it ends")}, [TODAY, DATED]),
        ((), {TODAY: InstallError("no such package")}, [TODAY, DATED]),
        ((), {TODAY: NotServingError("it ends"), DATED: NotServingError("it ends too")}, [TODAY, DATED]),
        (("--resolve", "dated"), {}, [DATED]),
    ],
)
def test_packages_of_the_date_where_todays_do_not_serve(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    failures: dict[str | None, Exception],
    asked: list[str | None],
) -> None:
    tried: list[str | None] = []

    async def serve(*_: Any, date: str | None, **__: Any) -> None:
        tried.append(date)
        if date in failures:
            raise failures[date]

    monkeypatch.setattr(harness.run.connect, "open_engine", _no_engine)
    monkeypatch.setattr(harness.run.serve, "serve", serve)
    words = ["run", EXAMPLE, "--docs", str(SAMPLE), "--state", str(tmp_path), *options]
    done = CliRunner().invoke(cli, words)
    assert tried == asked
    assert (done.exception is None) == (set(asked) - set(failures) != set())
    assert ("trying the packages of 2025-11-25" in done.output) == (len(asked) == 2)


@pytest.mark.parametrize("serves", [True, False], ids=["serving", "starting"])
def test_ctrl_c_ends_a_server_and_interrupts_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serves: bool
) -> None:
    async def serve(*_: Any, ready: Callable[[Any], None], **__: Any) -> None:
        if serves:
            ready(SimpleNamespace(url="http://localhost:1/mcp", inside="http://localhost:1/mcp", token=None, headers=()))
        await anyio.wait_all_tasks_blocked()
        os.kill(os.getpid(), signal.SIGINT)
        await anyio.sleep_forever()

    monkeypatch.setattr(harness.run.connect, "open_engine", _no_engine)
    monkeypatch.setattr(harness.run.serve, "serve", serve)
    done = CliRunner().invoke(cli, ["run", EXAMPLE, "--docs", str(SAMPLE), "--state", str(tmp_path)])
    interrupted = isinstance(done.exception, KeyboardInterrupt) or done.output.endswith("Aborted!\n")
    assert interrupted == (not serves)
    assert "stopping… press Ctrl-C again to quit immediately" in done.output
