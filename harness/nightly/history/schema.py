"""The history file's tables, and how an older file becomes a newer one."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.base.errors import DocprobeError, UsageError, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

APPLICATION_ID: Final = 0x646F6370
"""``docp`` in ASCII, in the file's header: identifies a history among SQLite files."""

OTHER_FILE: Final = "name another file with --history"

Migration = tuple[str, ...]
"""Statements that take a file from one schema version to the next, run in one transaction."""

MIGRATIONS: Final[tuple[Migration, ...]] = (
    (
        # One row per night. The counts are stored so that a trend over years reads a thousand rows and no findings.
        """CREATE TABLE night (
            id INTEGER PRIMARY KEY,
            started TEXT NOT NULL,
            docs TEXT NOT NULL,
            version TEXT NOT NULL,
            commit_id TEXT,
            snapshot TEXT,
            duration_s REAL NOT NULL,
            exit_code INTEGER NOT NULL,
            counts TEXT NOT NULL,
            UNIQUE (docs, started)
        ) STRICT""",
        """CREATE TABLE example (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE
        ) STRICT""",
        # Packages and verdicts hardly change from night to night: each distinct set is stored once, by its digest.
        """CREATE TABLE body (
            id INTEGER PRIMARY KEY,
            sha256 TEXT NOT NULL UNIQUE,
            json TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE result (
            example INTEGER NOT NULL REFERENCES example,
            night INTEGER NOT NULL REFERENCES night ON DELETE CASCADE,
            status TEXT NOT NULL,
            digest TEXT NOT NULL,
            packages INTEGER NOT NULL REFERENCES body,
            verdicts INTEGER NOT NULL REFERENCES body,
            duration_s REAL NOT NULL,
            cached INTEGER NOT NULL,
            PRIMARY KEY (example, night)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX result_by_night ON result (night)",
        """CREATE TABLE flip (
            night INTEGER NOT NULL REFERENCES night ON DELETE CASCADE,
            example INTEGER NOT NULL REFERENCES example,
            requirement TEXT NOT NULL,
            revision TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            since INTEGER NOT NULL REFERENCES night,
            causes TEXT NOT NULL,
            PRIMARY KEY (night, example, requirement, revision)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX flip_by_case ON flip (example, requirement, revision)",
    ),
    (
        # What a verdict is based on, for both nights of a flip and the newest night of each verdict: see stored.py.
        # A late night can come before one that is there, so that the order is that of the times and not of the ids.
        """CREATE TABLE kept (
            example INTEGER NOT NULL REFERENCES example,
            requirement TEXT NOT NULL,
            revision TEXT NOT NULL,
            started TEXT NOT NULL,
            night INTEGER NOT NULL REFERENCES night ON DELETE CASCADE,
            body BLOB NOT NULL,
            PRIMARY KEY (example, requirement, revision, started)
        ) STRICT""",
        # most of a night's rows are examples that do not run: half of each was the digest
        "UPDATE result SET digest = substr(digest, 1, 16)",
    ),
    (
        # links into the site keep working when a heading changes the name of an example
        """CREATE TABLE old_name (
            name TEXT PRIMARY KEY,
            example INTEGER NOT NULL REFERENCES example
        ) STRICT, WITHOUT ROWID""",
    ),
    (
        # sentences that drifted, as a JSON list of identities, so that a night knows which are new; NULL: not recorded
        "ALTER TABLE night ADD COLUMN drift TEXT",
    ),
)
"""Step N takes a file from version N to N + 1. Never edit one that was released; add another."""


def connect(file: Path, migrations: Sequence[Migration] = MIGRATIONS) -> sqlite3.Connection:
    """Open the history in ``file``, which is made if it does not exist, and bring it to the newest schema.

    A rollback journal is used and not a write-ahead log: outside a running transaction the history then is one file
    that can be copied, uploaded and downloaded as it stands. Each change is one transaction, so that a kill at any
    moment leaves the file as it was before it. Another process that writes is waited for.

    Args:
        file: the history.
        migrations: the steps to the newest schema.

    Raises:
        UsageError: the file is not a history, cannot be opened, or was written by a newer version of docprobe.
        StorageError: the disk is full.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(file, error) from error
    try:
        connection = sqlite3.connect(file, timeout=30.0, isolation_level=None)
    except sqlite3.Error as error:
        raise UsageError(f"{file} cannot be opened as a history: {error}", OTHER_FILE) from error
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection, migrations)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _unusable(file, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the history in ``file`` for the length of the block.

    Raises:
        UsageError: as :func:`connect`; also if damage comes to light in the block.
        StorageError: the disk is full.
    """
    with closing(connect(file)) as connection:
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            raise _unusable(file, error) from error


def check_whole(connection: sqlite3.Connection) -> None:
    """Read an open history from end to end, so that damage comes to light before a run and not at its end.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found.splitlines()[-1])
    for table in ("night", "example", "body", "result", "flip", "kept", "old_name"):
        connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()


def memory() -> sqlite3.Connection:
    """Return an empty history in memory."""
    return connect(Path(":memory:"))


def _unusable(file: Path, error: sqlite3.DatabaseError) -> DocprobeError:
    if getattr(error, "sqlite_errorname", None) == "SQLITE_FULL":
        return unwritable(file, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    return UsageError(f"{file} is not a docprobe history, or is damaged: {error}", OTHER_FILE)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    version = _pragma(connection, "user_version")
    if version == len(migrations):
        return
    with transaction(connection):
        # another process may have migrated while we waited for the lock
        version = _pragma(connection, "user_version")
        if version > len(migrations):
            raise UsageError(
                f"the history has schema {version}; this version of docprobe reads up to {len(migrations)}",
                "use the version of docprobe that wrote it, or a newer one",
            )
        with closing(connection.execute("SELECT count(*) FROM sqlite_schema")) as rows:
            foreign = rows.fetchone()[0] > 0 and _pragma(connection, "application_id") != APPLICATION_ID
        if foreign:
            raise UsageError("the file is an SQLite database of another program", OTHER_FILE)
        for step in migrations[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    with closing(connection.execute(f"PRAGMA {name}")) as rows:
        value = rows.fetchone()[0]
    assert isinstance(value, int)
    return value


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit at the end, roll back on any exception. After a kill, the next one to open the file rolls back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
