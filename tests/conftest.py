"""How the tests share a machine: with each other (``pytest -n 3``, as ``make test`` does) and with whatever else runs."""

from __future__ import annotations

import gc
import math
import os
import subprocess
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.support.figures import FIGURES
from tests.support.soak import FOLDERS, SOAK

ONE_BY_ONE = (
    "harness/engine/test_pods.py",
    "harness/engine/test_pod_ends.py",
    "harness/profiles/mcp/probes/test_access.py",
    "harness/profiles/mcp/probes/test_discovery.py",
    "harness/profiles/mcp/probes/test_first_session.py",
    "harness/profiles/mcp/probes/test_one_client.py",
    "harness/profiles/mcp/probes/test_sessions.py",
    "harness/profiles/mcp/test_bad_replies.py",
    "harness/profiles/mcp/test_broken_servers.py",
    "harness/profiles/mcp/test_real_sdks.py",
    "hostile/test_contained.py",
    "hostile/test_names.py",
    "hostile/test_packages.py",
    "hostile/test_services.py",
)
"""Files whose tests share nothing that is slow to make: each test goes to whichever process is free."""
START_PROGRAMS = ("processes", "engine", "registry", "oracle", "browser", "loopback", "soak", "real_docs")
"""Markers of tests that may start other programs."""
TOGETHER = ("faults", "soak")
"""Folders whose tests share one engine of their own."""

# hypothesis' deadline and its check for slow data read the wall clock, which a busy machine exceeds
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100 if SOAK else 40
)
settings.load_profile("any machine")


if _engine := os.environ.get("DOCPROBE_TEST_ENGINE"):
    # the address of the engine to test, such as that of another version beside the machine's own
    os.environ["DOCKER_HOST"] = _engine


class Sharing(LoadScopeScheduling):
    """Tests of one scope are run by one process, in order; scopes go to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        """Return a folder of TOGETHER, one test of a file of ONE_BY_ONE, or else the file of the test."""
        file = nodeid.split("::", 1)[0].removeprefix("tests/")
        folder = file.partition("/")[0]
        if folder in TOGETHER:
            return folder
        return nodeid if file in ONE_BY_ONE else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    # in the order below, not by the number of tests in a file, which says little of how long it takes
    config.option.loadscopereorder = False
    return Sharing(config, log)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Return the one event loop that docprobe runs on."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def deadlines_decide() -> Iterator[None]:
    """Let deadlines decide whatever the load: examples of the tests that never serve are made so, and not slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.base.host.BUSY_FACTOR", math.inf)
        yield


@pytest.fixture(autouse=True)
def _no_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests that are not marked so from the machine's container engine: what they try to run fails at once."""
    if request.node.get_closest_marker("engine") is None:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")


class _RefusedProgram(subprocess.Popen[bytes]):
    """Stands in for ``subprocess.Popen`` in tests that are not marked as starting programs."""

    def __init__(self, args: Any, *_: object, **__: object) -> None:
        raise AssertionError(f"starts {args!r}: mark the test `processes`, so that make unit leaves it out")


@pytest.fixture(autouse=True)
def _no_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold `make unit` to what it promises: a test that is not marked so starts no other program."""
    if not any(request.node.get_closest_marker(name) for name in START_PROGRAMS):
        monkeypatch.setattr(subprocess, "Popen", _RefusedProgram)


def pytest_collection_finish() -> None:
    """Keep thousands of collected tests from the garbage collector: they live to the end, and it would look at each."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long ones first: what is left at the end is short and evens out. Folders of the soak are part of it."""
    for item in items if SOAK else ():
        if item.nodeid.removeprefix("tests/").partition("/")[0] in FOLDERS:
            item.add_marker(pytest.mark.soak)
    items.sort(key=_is_short)


def _is_short(item: pytest.Item) -> bool:
    """Return whether a test neither uses an engine, nor holds conversations, nor is one that is handed out alone."""
    alone = item.nodeid.split("::", 1)[0].removeprefix("tests/") in ONE_BY_ONE
    return not alone and not any(item.get_closest_marker(name) for name in ("engine", "loopback"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count a test that is marked as an attack as one."""
    marker = item.get_closest_marker("attack")
    if marker is None:
        return (yield)
    with FIGURES.attack(marker.args[0], item.name):
        return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give what the attacks of this process came to to the one that started it, if one did."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["attacks"] = FIGURES.as_data()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what the attacks of another process came to."""
    FIGURES.join(getattr(node, "workeroutput", {}).get("attacks", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what all attacks came to."""
    if lines := FIGURES.lines():
        terminalreporter.section("attacks")
        for line in lines:
            terminalreporter.line(line)
