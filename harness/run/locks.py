"""The lock file of ``check --lock FILE``: written after a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from extractor.base.storage import write_atomically
from harness.base.links import links_to
from harness.base.lock_file import SCHEMA, read_locks

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model import Report


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
    write_atomically(links_to(path)[-1], (json.dumps(document, indent=1, sort_keys=True) + "\n").encode())
