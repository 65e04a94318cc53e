from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extractor.base.errors import StorageError, UsageError, unwritable
from extractor.base.files import remove_unfinished, write_atomically

WRITE_FOREVER = """
import sys
from pathlib import Path
from extractor.base.files import write_atomically
while True:
    for b in (b"a", b"b"):
        write_atomically(Path(sys.argv[1]), b * 200_000)
"""

HANG_WHILE_WRITING = """
import os, sys, time
from pathlib import Path
from extractor.base import files
os.fsync = lambda fd: (print(1, flush=True), time.sleep(60))
files.write_atomically(Path(sys.argv[1]), b"half")
"""


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


def test_what_cannot_be_written_is_the_disk_or_the_user() -> None:
    assert isinstance(unwritable(Path("f"), OSError(errno.ENOSPC, "full")), StorageError)
    assert isinstance(unwritable(Path("f"), OSError(errno.EACCES, "denied")), UsageError)
