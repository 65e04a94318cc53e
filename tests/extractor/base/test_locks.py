from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from extractor.base import locks
from extractor.base.locks import hold, is_held, remove_abandoned

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HOLD = """
import sys
from pathlib import Path
from extractor.base.locks import hold
with hold(Path(sys.argv[1])):
    print(1, flush=True)
    sys.stdin.read()
"""

HOLD_AND_FORK = """
import os, sys
from pathlib import Path
from extractor.base.locks import hold
with hold(Path(sys.argv[1])):
    os.fork()
    print(1, flush=True)
    sys.stdin.read()
    os._exit(0)
"""


def test_a_lock_is_held_for_the_length_of_the_block(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with hold(path):
        assert is_held(path)
        remove_abandoned([path])
        assert path.exists()
    assert not is_held(path)
    assert not path.exists()


def test_asking_makes_no_file(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "none" / "lock")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_holder_releases_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert is_held(path)
        other.kill()
    assert path.exists()
    assert not is_held(path)
    remove_abandoned([path, tmp_path / "none"])
    assert not path.exists()


def test_a_child_of_a_killed_holder_does_not_hold_it(tmp_path: Path) -> None:
    """A pool of processes may outlive a killed run by a moment."""
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_AND_FORK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.stdout.readline()
        assert is_held(path)
        other.kill()
        other.wait()
        assert not is_held(path)
        assert other.stdin is not None
        other.stdin.close()  # ends the child


def test_a_file_of_another_user_counts_as_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    (tmp_path / "lock").touch()
    monkeypatch.setattr(locks, "file_lock", denied)
    assert is_held(tmp_path / "lock")
