"""Runs over two small pages without an engine: what records their texts is a function of the test."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from harness.model import Run, StartOutcome
from harness.run.execute import execute
from harness.run.planning import make_plan
from harness.settings import load_config
from tests.support.docprobe_process import write_docs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from harness.config import Config
    from harness.model import Report

FAILED: Final = Run("today", None, {}, StartOutcome.EXITED, "exited with code 1")
"""A start that failed for no reason that anybody knows."""


def two_pages(tmp_path: Path, **settings: Any) -> Config:
    """The configuration of docs with two pages, ``page0`` and ``page1``, each with one example."""
    return load_config(write_docs(tmp_path / "docs"), environ={}, state=tmp_path / "state", jobs=1, **settings)


@asynccontextmanager
async def without_engine(_: Config) -> AsyncIterator[Any]:
    yield None


async def run_all(config: Config, connect: Any = without_engine, **more: Any) -> Report:
    return await execute(make_plan(config), config, connect, **more)
