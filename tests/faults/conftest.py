from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import docker
import pytest

from harness.engine.docker_engine import connect
from tests.faults.own_engine import OwnEngine, own_engine, why_not
from tests.support.docprobe_process import write_docs
from tests.support.engine_client import engine_client
from tests.support.host import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def raw() -> Iterator[docker.APIClient]:
    client = engine_client()
    yield client
    client.close()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write_docs(tmp_path / "docs")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    """An engine that may be stopped, hung, filled and cleaned."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)

    async def base() -> str:
        async with connect(state=tmp_path_factory.mktemp("state"), host=HOST) as users:
            return (await users.base("python")).tag

    with own_engine(tmp_path_factory.mktemp("engine"), anyio.run(base)) as made:
        yield made
