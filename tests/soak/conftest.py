from __future__ import annotations

from typing import TYPE_CHECKING

import docker
import pytest

from tests.support.engine_client import engine_client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def raw() -> Iterator[docker.APIClient]:
    client = engine_client()
    yield client
    client.close()
