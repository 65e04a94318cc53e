"""The real SDKs in their modes: what is known of them is found, and nothing else is said."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.profile import ProbeSettings
from harness.profiles.mcp.probes.converse_http import converse_http
from tests.support.judged_server import findings, violated
from tests.support.loopback import SERVERS, running, server_bundle
from tests.support.server_case import MIDDLE, MODERN, NEWEST, OLDEST
from tests.support.tokens import PlainTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness.model import Transcript

    Known = tuple[tuple[str, ...], set[str]]
    """Revisions that a mode negotiates, and the ids of what it violates."""

pytestmark = pytest.mark.registry

SDK = SERVERS / "sdk"
SESSIONS = (OLDEST, MIDDLE, NEWEST)
BOTH_ERAS = (*SESSIONS, MODERN)
REVISIONS = BOTH_ERAS
AT_ONCE = 4
TYPESCRIPT = {
    "typescript_v1.mjs": ("@modelcontextprotocol/sdk@1.32.2", "express@5"),
    "typescript_v2.mjs": (
        "@modelcontextprotocol/server@2.4.0",
        "@modelcontextprotocol/node@2.1.2",
        "@modelcontextprotocol/express@2.0.2",
        "express@5",
    ),
}
"""Each program and its packages."""
ORIGIN = "http.origin-validate"
NO_BATCHES = "batch.receive"
NO_STORE = "get.invented-event-id"
ADVICE = {"rpc.null-id", "page.invalid-cursor"}
"""Holds for all of them: no SDK refuses a cursor that it never gave."""
OLD_CODE = "resource.not-found"
"""A missing resource has another code than -32002 under the older revisions: 0, or -32602 as 2026-07-28 wants it."""
NO_NAME = "errors.invalid-params"
"""The Python SDK: a prompt that does not exist gets the error code 0."""
REFUSES_TASKS = "tasks.undeclared"
"""The TypeScript SDK 1.x answers a call as a task by an error where no tasks are declared: a reading, never blocking."""
SHARED_STREAMS = "resume.no-cross-stream"
"""An event store that all sessions share, where the SDK names streams by the session's own ids."""


@pytest.fixture(scope="module")
def python_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the interpreter of a fresh environment with one requirement."""
    uv = str(Path(sys.executable).with_name("uv"))

    @functools.cache
    def install(requirement: str) -> Path:
        folder = tmp_path_factory.mktemp("venv")
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
        python = folder / "bin" / "python"
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), requirement], check=True)
        return python

    return install


@pytest.fixture(scope="module")
def node_program(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives a program of the TypeScript SDK beside its packages."""
    npm = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    environment = {**os.environ, "npm_config_update_notifier": "false"}

    @functools.cache
    def install(name: str) -> Path:
        folder = tmp_path_factory.mktemp("node")
        subprocess.run([*npm, "--prefix", str(folder), *TYPESCRIPT[name]], check=True, env=environment)
        program = folder / name
        program.write_text((SDK / name).read_text())
        return program

    return install


def conversations(*command: str, modes: Iterable[str]) -> dict[str, Transcript]:
    """The conversation with one program in each of its modes, several side by side."""
    found: dict[str, Transcript] = {}
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(mode: str) -> None:
        async with limiter, running((*command, mode)) as pod:
            settings = ProbeSettings(REVISIONS, timeout_s=10.0, start_s=60.0)
            found[mode] = await converse_http(pod, server_bundle("/mcp"), settings, PlainTokens())

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            for mode in modes:
                tasks.start_soon(one, mode)

    anyio.run(run)
    return found


def told(transcripts: Mapping[str, Transcript]) -> dict[str, Known]:
    """What is compared of each mode."""
    return {
        mode: (transcript.negotiated, set(violated(findings(transcript, page_revision=None))) - ADVICE)
        for mode, transcript in transcripts.items()
    }


@pytest.mark.parametrize(
    ("requirement", "program", "known"),
    [
        (
            "mcp==1.30.0",
            "python_v1.py",
            {
                "stateful": (SESSIONS, {NO_BATCHES, NO_STORE, OLD_CODE, NO_NAME}),
                "json": (SESSIONS, {NO_BATCHES, NO_STORE, OLD_CODE, NO_NAME}),
                "stateless": (SESSIONS, {NO_BATCHES, NO_STORE, OLD_CODE, NO_NAME}),
                "resumable": (SESSIONS, {NO_BATCHES, SHARED_STREAMS, OLD_CODE, NO_NAME}),
            },
        ),
        (
            "mcp==2.3.0",
            "python_v2.py",
            {
                "stateful": (BOTH_ERAS, {NO_BATCHES, NO_STORE, OLD_CODE, NO_NAME}),
                "json": (BOTH_ERAS, {NO_BATCHES, NO_STORE, OLD_CODE, NO_NAME}),
                "stateless": (BOTH_ERAS, {NO_BATCHES, NO_STORE, OLD_CODE, NO_NAME}),
                "resumable": (BOTH_ERAS, {NO_BATCHES, SHARED_STREAMS, OLD_CODE, NO_NAME}),
            },
        ),
        pytest.param(
            "fastmcp==4.1.2",
            "fastmcp_v4.py",
            {
                "stateful": (BOTH_ERAS, {NO_BATCHES, NO_STORE, ORIGIN, OLD_CODE}),
                "json": (BOTH_ERAS, {NO_BATCHES, NO_STORE, ORIGIN, OLD_CODE}),
                "guarded": (BOTH_ERAS, {NO_BATCHES, NO_STORE, OLD_CODE}),
                "stateless": (BOTH_ERAS, {NO_BATCHES, ORIGIN, OLD_CODE}),
                # its store keeps the streams of sessions apart
                "resumable": (BOTH_ERAS, {NO_BATCHES, ORIGIN, OLD_CODE}),
            },
            # built on mcp-2, and as long as the others together
            marks=pytest.mark.soak,
        ),
    ],
    ids=["mcp-1", "mcp-2", "fastmcp-4"],
)
def test_python(python_with: Callable[[str], Path], requirement: str, program: str, known: Mapping[str, Known]) -> None:
    found = conversations(str(python_with(requirement)), str(SDK / program), modes=known)
    assert told(found) == known


@pytest.mark.parametrize(
    ("program", "known"),
    [
        (
            "typescript_v1.mjs",
            {
                "map": (SESSIONS, {ORIGIN, REFUSES_TASKS}),
                "json": (SESSIONS, {ORIGIN, REFUSES_TASKS}),
                "stateless": (SESSIONS, {ORIGIN, REFUSES_TASKS}),
                "tutorial": (SESSIONS, {ORIGIN, REFUSES_TASKS, "session.terminated-404", "session.unknown-404"}),
                "single": (SESSIONS, {ORIGIN, REFUSES_TASKS, "example.clients"}),
            },
        ),
        (
            "typescript_v2.mjs",
            {
                "map": (SESSIONS, set()),
                "json": (SESSIONS, set()),
                "stateless": (SESSIONS, set()),
                "resumable": (SESSIONS, set()),
                "shared-store": (SESSIONS, {SHARED_STREAMS}),
                # without the SDK's own Express app nobody looks at Origin
                "bare": (SESSIONS, {ORIGIN}),
                "handler": (BOTH_ERAS, set()),
                "handler-json": (BOTH_ERAS, set()),
                "handler-sse": (BOTH_ERAS, set()),
                "routed": (BOTH_ERAS, set()),
                "strict": ((MODERN,), set()),
            },
        ),
    ],
    ids=["typescript-1", "typescript-2"],
)
def test_typescript(node_program: Callable[[str], Path], program: str, known: Mapping[str, Known]) -> None:
    found = conversations("node", str(node_program(program)), modes=known)
    assert told(found) == known
