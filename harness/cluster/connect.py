"""The connection to a Dask cluster, for the length of a run."""

from __future__ import annotations

import importlib.util
import logging
import socket
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Final

import anyio

from extractor.base.text import printable
from harness.base.errors import EngineError, UsageError
from harness.cluster.client import Cluster
from harness.cluster.task import TaskSettings, code_digest
from harness.engine.install.settings import IMAGES_LOCK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from harness.config import Config

CONNECT_S: Final = 20.0
"""Time within which a scheduler must answer."""
LISTENS_S: Final = 5.0
"""Time within which something must listen where one is said to be."""


@asynccontextmanager
async def open_cluster(config: Config) -> AsyncIterator[Cluster]:
    """Connect to the scheduler that the configuration names, for the length of the block.

    At the end, examples that still run are cancelled, and their workers remove the pods.

    Raises:
        UsageError: dask.distributed is not installed, or the address is not one.
        EngineError: no scheduler answers there.
    """
    assert config.scheduler is not None
    check_address(config.scheduler)
    # what goes wrong is said in the results, and not a second time by Dask in its own way
    with dask_logs_silenced():
        async with _connected(config, config.scheduler) as cluster:
            yield cluster


@asynccontextmanager
async def _connected(config: Config, address: str) -> AsyncIterator[Cluster]:
    import distributed

    try:
        client = await distributed.Client(
            address, asynchronous=True, timeout=CONNECT_S, set_as_default=False, name="docprobe"
        )
    except (OSError, TimeoutError, ValueError, ImportError, RuntimeError) as error:
        raise _no_answer(address, error) from error
    cluster = Cluster(client, task_settings(config), tuple(await client.nthreads()))
    client.subscribe_topic(cluster.topic, cluster.heard)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(cluster.watch)
            yield cluster
            tasks.cancel_scope.cancel()
    finally:
        with anyio.move_on_after(CONNECT_S, shield=True), suppress(OSError, TimeoutError):
            client.unsubscribe_topic(cluster.topic)
            await client.close()


def check_address(address: str) -> tuple[str, int] | None:
    """Return the host and port that an address names; None for a name that is not known here and now.

    Raises:
        UsageError: dask.distributed is not installed, or Dask could not connect to such an address.
    """
    if importlib.util.find_spec("distributed") is None:
        raise UsageError(
            "--scheduler needs dask.distributed", "install docprobe with its extra: pip install 'docprobe[cluster]'"
        )
    from distributed.comm import get_address_host_port, resolve_address

    try:
        host, port = get_address_host_port(resolve_address(address), strict=True)
        if not 0 < port < 2**16:
            raise ValueError(f"{port} is not a valid port")
    except OSError:  # to connect will fail, with the same words
        return None
    except ValueError as error:
        shown = printable(address)[:100]
        raise UsageError(
            f"--scheduler {shown!r} is not the address of a Dask scheduler: {printable(str(error))[:200]}",
            "give the address that `dask scheduler` prints, such as tcp://HOST:8786",
        ) from error
    return host, port


def check_listens(address: str) -> None:
    """Return when something listens at an address, before docs are read for a run that could not begin.

    Raises:
        UsageError: as :func:`check_address`.
        EngineError: nothing does, for LISTENS_S: a scheduler that was started a moment ago may need a while.
    """
    place, until = check_address(address), time.monotonic() + LISTENS_S
    while True:
        try:
            if place is None:
                raise OSError("its host is not known")
            socket.create_connection(place, timeout=LISTENS_S).close()
        except OSError as error:
            if place is None or time.monotonic() > until:
                raise _no_answer(address, error) from error
            time.sleep(0.1)
        else:
            return


def _no_answer(address: str, error: BaseException) -> EngineError:
    return EngineError(
        f"no Dask scheduler answers at {printable(address)}: {printable(str(error))[:200]}",
        "start one with `dask scheduler`, and workers with `dask worker ADDRESS` on machines with an engine",
    )


@contextmanager
def dask_logs_silenced() -> Iterator[None]:
    """Keep what Dask logs, such as the traceback of a connection that broke, from the user's terminal."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]  # each has its own handler
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def task_settings(config: Config) -> TaskSettings:
    """Return what workers need of a configuration. Nothing of this machine's environment is in it."""
    own = config.state / IMAGES_LOCK
    lock = config.images_lock or (own if own.is_file() else None)
    return TaskSettings(
        code=code_digest(),
        profile=config.profile.name,
        revisions=config.layout.revisions,
        limits=config.limits,
        timeout_s=config.timeout_s,
        resolve=config.resolve,
        trust=config.settings.trust,
        runtime=config.runtime,
        images=dict(config.images),
        images_lock=lock.read_text("utf-8") if lock is not None else None,
    )
