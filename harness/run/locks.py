"""The lock file of ``check --lock FILE``: resolved packages of every distinct text, written once and then used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from extractor.base.storage import write_atomically
from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.model import Report

SCHEMA: Final = "docprobe-lock/1"


def read_locks(path: Path | None) -> Mapping[str, Mapping[str, str]]:
    """Return the locks of a file: digest to ``today`` or ``dated`` to the lock's text; empty if there is no file yet.

    Raises:
        UsageError: it is not a lock file.
    """
    if path is None or not path.exists():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            found = document["schema"]
            raise UsageError(f"{path}: unknown schema {found!r}, expected {SCHEMA!r}", "remove it to start a new one")
        return msgspec.convert(document["locks"], dict[str, dict[str, str]])
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise UsageError(f"{path} is not a lock file: {error}", "remove it to start a new one") from error


def write_locks(path: Path, report: Report) -> None:
    """Add the packages that a run resolved to a lock file; what is in the file stays as it is.

    Raises:
        UsageError: the file is not a lock file, or this user may not write it.
        StorageError: the disk is full or fails.
    """
    locks = {key: dict(entry) for key, entry in read_locks(path).items()}
    for example in report.examples:
        for run in example.runs:
            if run.lock is not None:
                locks.setdefault(example.digest, {}).setdefault(run.resolve, run.lock)
    document = {"schema": SCHEMA, "locks": {key: locks[key] for key in sorted(locks)}}
    write_atomically(path, (json.dumps(document, indent=1, sort_keys=True) + "\n").encode())
