"""Whole files and the one lock."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.base import storage
from extractor.base.errors import StorageError
from extractor.base.storage import hold, is_held, keep, remove_abandoned, remove_unfinished, write_atomically

WRITE_FOREVER = """
import sys
from pathlib import Path
from extractor.base.storage import write_atomically
while True:
    for b in (b"a", b"b"):
        write_atomically(Path(sys.argv[1]), b * 200_000)
"""

HANG_WHILE_WRITING = """
import os, sys, time
from pathlib import Path
from extractor.base import storage
os.fsync = lambda fd: (print(1, flush=True), time.sleep(60))
storage.write_atomically(Path(sys.argv[1]), b"half")
"""

HOLD = """
import sys
from pathlib import Path
from extractor.base.storage import hold
with hold(Path(sys.argv[1])):
    print(1, flush=True)
    sys.stdin.read()
"""

HOLD_AND_FORK = """
import os, sys
from pathlib import Path
from extractor.base.storage import hold
with hold(Path(sys.argv[1])):
    os.fork()
    print(1, flush=True)
    sys.stdin.read()
    os._exit(0)
"""


@pytest.mark.processes
def test_a_kill_while_writing_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "f"
    for wait_s in (0.0, 0.003, 0.011):
        process = subprocess.Popen([sys.executable, "-c", WRITE_FOREVER, str(path)])
        while not path.exists():
            time.sleep(0.01)
        time.sleep(wait_s)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        data = path.read_bytes()
        assert len(data) == 200_000
        assert len(set(data)) == 1


def test_a_file_is_for_those_it_was_for(tmp_path: Path) -> None:
    page, new = tmp_path / "page.mdx", tmp_path / "new.json"
    page.write_text("before")
    page.chmod(0o640)
    before = os.umask(0o022)
    try:
        write_atomically(page, b"after")
        write_atomically(new, b"{}")
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (page, new)] == [0o640, 0o644]


@pytest.mark.processes
def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with subprocess.Popen([sys.executable, "-c", HANG_WHILE_WRITING, str(path)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        write_atomically(path, b"whole")
        remove_unfinished(tmp_path)
        assert len(list(tmp_path.iterdir())) == 2, "a living writer keeps its file"
        other.kill()
    write_atomically(path, b"whole")
    assert list(tmp_path.iterdir()) == [path]


def test_unfinished_files_of_killed_writers_are_removed(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / ".f.0123.tmp").write_bytes(b"half")
    (tmp_path / "below" / "f").write_bytes(b"whole")
    remove_unfinished(tmp_path)
    assert [path.name for path in (tmp_path / "below").iterdir()] == ["f"]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(StorageError):
        write_atomically(tmp_path / "f", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_made_in_pieces_is_whole_or_as_it_was(tmp_path: Path) -> None:
    def fails() -> Iterator[bytes]:
        yield b"one"
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    write_atomically(tmp_path / "f", iter([b"one", b"two"]))
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "f", fails())
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"onetwo"]


def test_an_entry_of_a_cache_is_whole_or_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "entry"
    before = os.umask(0o022)
    try:
        keep(str(path), b"one")
        keep(str(path), b"two")
    finally:
        os.umask(before)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"two", 0o644)

    def swept(written: Path, target: object) -> Path:
        assert written.read_bytes() == b"three"
        remove_unfinished(tmp_path)
        return Path(os.replace(written, str(target)) or "")  # noqa: PTH105

    monkeypatch.setattr(Path, "replace", swept)
    with pytest.raises(FileNotFoundError):
        keep(str(path), b"three")
    assert (path.read_bytes(), list(path.parent.iterdir())) == (b"two", [path])


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


@pytest.mark.processes
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


@pytest.mark.processes
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
    monkeypatch.setattr(storage, "file_lock", denied)
    assert is_held(tmp_path / "lock")
