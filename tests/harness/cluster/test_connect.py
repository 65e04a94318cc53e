"""A wrong address of a scheduler is an error before docs are read."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import DocprobeError, EngineError, UsageError
from harness.cluster import connect
from harness.cluster.connect import check_address, check_listens
from harness.run import planning
from tests.support.command import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port at which nothing listens, and little patience."""
    monkeypatch.setattr(connect, "LISTENS_S", 0.3)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.parametrize("address", ["", "nonsense://x:1", "http://127.0.0.1:8786", "tcp://127.0.0.1:99999", "tcp://x"])
def test_what_is_not_an_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match=f"--scheduler '{address}' is not the address of a Dask scheduler"):
        check_address(address)


@pytest.mark.loopback
def test_what_listens_is_found_also_a_moment_later(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "LISTENS_S", 20.0)
    with socket.socket() as server:
        server.bind(("127.0.0.1", free))
        begin = threading.Timer(0.3, server.listen)
        begin.start()
        began = time.monotonic()
        check_listens(f"tcp://127.0.0.1:{free}")
        assert time.monotonic() - began < 15
        begin.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_where_nothing_listens_the_error_says_where_and_why(free: int, host: str) -> None:
    with pytest.raises(EngineError, match=rf"no Dask scheduler answers at tcp://{host}:{free}: .") as error:
        check_listens(f"tcp://{host}:{free}")
    assert "dask scheduler" in (error.value.hint or "")


def test_the_command_says_so_before_it_plans(free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def planned(*_: object, **__: object) -> None:
        raise AssertionError("docs were read")

    monkeypatch.setattr(planning, "make_plan", planned)
    (tmp_path / "page.md").write_text("# A page\n")
    for address, code in ((f"tcp://127.0.0.1:{free}", 3), ("tcp://x", 2)):
        done = run("check", tmp_path, "--state", tmp_path / "state", "--scheduler", address)
        assert isinstance(done.exception, DocprobeError)
        assert done.exception.exit_code == code
