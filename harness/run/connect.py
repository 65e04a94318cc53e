"""The container engine of a run, opened as the configuration wants it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, TypeAlias

from harness.config import Config
from harness.engine.protocol import Engine

if TYPE_CHECKING:
    from harness.engine.docker_engine import DockerEngine

Connect: TypeAlias = Callable[[Config], AbstractAsyncContextManager[Engine]]
"""Opens an engine for the length of a block. Called only if something must really run."""


def open_engine(config: Config) -> AbstractAsyncContextManager[DockerEngine]:
    """Connect to the machine's container engine: a :data:`Connect`; see :func:`harness.engine.docker_engine.connect`.

    Raises:
        EngineError: no engine answers; the hint has the next step.
        UsageError: it does not have the configured runtime, or the state folder cannot be written.
    """
    # imported here: Docker's client takes a while to import, and most commands need no engine
    from harness.engine.docker_engine import connect

    return connect(
        state=config.state,
        host=config.host,
        limits=config.limits,
        runtime=config.runtime,
        realm=config.settings.trust,
        images=config.images,
        images_lock=config.images_lock,
        retry=config.no_cache,
    )
