"""``docprobe run``: which packages it starts an example with. What it starts is tested with the engine elsewhere."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import harness.run.connect
import harness.run.serve
from harness.base.errors import InstallError, NotServingError
from harness.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
EXAMPLE = "docs/2025-11-25/develop/http-server#python"
TODAY, DATED = None, "2025-11-25"


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

    @asynccontextmanager
    async def no_engine(*_: Any) -> AsyncIterator[None]:
        yield

    async def serve(*_: Any, date: str | None, **__: Any) -> None:
        tried.append(date)
        if date in failures:
            raise failures[date]

    monkeypatch.setattr(harness.run.connect, "open_engine", no_engine)
    monkeypatch.setattr(harness.run.serve, "serve", serve)
    words = ["run", EXAMPLE, "--docs", str(SAMPLE), "--state", str(tmp_path), *options]
    done = CliRunner().invoke(cli, words)
    assert tried == asked
    assert (done.exception is None) == (set(asked) - set(failures) != set())
    assert ("trying the packages of 2025-11-25" in done.output) == (len(asked) == 2)
