from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from harness.base.errors import UsageError
from harness.nightly.history import queries, record
from harness.nightly.history.schema import MIGRATIONS, connect
from tests.harness.nightly.history.nights import night, passing

ROOT = Path(__file__).parents[4]


def test_an_older_file_is_migrated_and_keeps_its_nights(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    record(night(0, passing()), file)
    newer = (*MIGRATIONS, ("ALTER TABLE night ADD COLUMN note TEXT NOT NULL DEFAULT 'none'",))
    with closing(connect(file, newer)) as connection:
        assert connection.execute("SELECT note FROM night").fetchall() == [("none",)]
        assert len(queries.nights(connection)) == 1
    with closing(connect(file, newer)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(newer),)


def test_a_failed_migration_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    record(night(0, passing()), file)
    before = file.read_bytes()
    with pytest.raises(UsageError, match="damaged"):
        connect(file, (*MIGRATIONS, ("CREATE TABLE half (x)", "this is no SQL")))
    assert file.read_bytes() == before


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    connect(file, (*MIGRATIONS, ("CREATE TABLE later (x)",))).close()
    with pytest.raises(UsageError, match=f"schema {len(MIGRATIONS) + 1}; .* up to {len(MIGRATIONS)}"):
        connect(file)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE precious (x)")
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(UsageError, match="another program"):
        connect(file)
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("this is no database at all\n" * 50)
    with pytest.raises(UsageError, match="not a docprobe history"):
        connect(file)
    assert file.read_text().startswith("this is no database")


WRITER = """
import sys
from pathlib import Path
from harness.nightly.history import record
from tests.harness.nightly.history.nights import example, night, verdict
from harness.model import Verdict
for number in range(100_000):
    flipping = Verdict.VIOLATED if number % 2 else Verdict.SATISFIED
    results = [example(f"e{n}#x", *(verdict(f"r{m}", flipping) for m in range(20))) for n in range(30)]
    record(night(number, *results), Path(sys.argv[1]))
    print(number, flush=True)
"""


@pytest.mark.processes
@pytest.mark.parametrize("delay_s", [0.0, 0.03, 0.11, 0.23])
def test_a_kill_loses_at_most_the_running_night(tmp_path: Path, delay_s: float) -> None:
    file = tmp_path / "history.sqlite"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert writer.stdout is not None
    with writer.stdout:
        for _ in range(3):
            writer.stdout.readline()
        time.sleep(delay_s)
        writer.send_signal(signal.SIGKILL)
        done = 3 + len(writer.stdout.readlines())
    writer.wait()
    with closing(connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = queries.nights(connection)
        assert len(found) in {done, done + 1}, "a night may have been committed and not yet announced"
        whole = connection.execute("SELECT count(*) FROM result GROUP BY night").fetchall()
        assert set(whole) == {(30,)}
    assert record(night(200_000, passing()), file)
