"""Pods whose example ends, or does nothing, and an engine that has one of them; the run is the real one."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from extractor.model import Layout, ServiceRequest
from harness.config import Config
from harness.engine.protocol import ExitState
from harness.model import (
    Image,
    ListeningSocket,
    LogLine,
)
from harness.profiles.registry import MCP
from harness.run.attempt import record
from tests.support.loopback import server_bundle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from extractor.model import Bundle
    from harness.engine.protocol import Engine
    from harness.model import Recording

SERVER = replace(server_bundle("/mcp"), services=(ServiceRequest("authorization", "localhost", 8080),))
ENDED = ExitState(1, "exited with code 1")


@dataclass(frozen=True)
class DeadPod:
    """A pod whose example wrote ``text`` and ended."""

    text: str
    listening: tuple[ListeningSocket, ...] = ()

    async def wait_listening(self, timeout_s: float) -> tuple[ListeningSocket, ...]:
        return self.listening

    async def wait_exit(self, timeout_s: float) -> ExitState:
        return ENDED

    def sockets(self) -> tuple[ListeningSocket, ...]:
        return self.listening

    def exit_state(self) -> ExitState:
        return ENDED

    def logs(self) -> tuple[LogLine, ...]:
        return tuple(LogLine(time.monotonic(), "stderr", line) for line in self.text.splitlines())


class SilentPod(DeadPod):
    """A pod whose example lives and does nothing."""

    def exit_state(self) -> None:  # type: ignore[override]
        return None


class DyingPod(SilentPod):
    """A pod whose example has closed its output: that its process has ended is not known yet."""

    async def send_stdin(self, data: bytes) -> None:
        return None

    async def receive_stdout(self) -> bytes:
        return b""

    async def close_stdin(self) -> None:
        return None

    async def restart(self) -> None:
        return None


@dataclass(frozen=True)
class OnePodEngine:
    """An engine that has one pod."""

    of: DeadPod

    async def install(self, bundle: Bundle, **_: Any) -> Image:
        return Image("image", "key", {})

    @asynccontextmanager
    async def pod(self, bundle: Bundle, image: Image, services: Any = (), **_: Any) -> AsyncIterator[DeadPod]:
        yield self.of


async def recorded(tmp_path: Path, bundle: Bundle, text: str, kind: type[DeadPod] = DeadPod) -> Recording:
    config = Config(docs=tmp_path, layout=Layout(), profile=MCP, state=tmp_path / "state")
    engine = cast("Engine", OnePodEngine(kind(text)))
    return await record(engine, bundle, config, date="2025-11-25", locks={}, progress=lambda _: None)
