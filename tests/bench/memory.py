"""Texts whose conversation is kept already: what a run over many of them holds can be measured without an engine."""

from __future__ import annotations

import datetime
import os
import shutil
from typing import TYPE_CHECKING

from harness.base.lock_file import read_locks
from harness.run import cache
from harness.run.dates import cutoff_date
from harness.run.planning import make_plan
from harness.settings import load_config
from tests.bench.pods import write_docs

if TYPE_CHECKING:
    from pathlib import Path


def keep_recordings(docs: Path, state: Path, recording: Path) -> int:
    """Keep the same recording for all texts of a docs root, as if each had been run today.

    Args:
        docs: the docs root.
        state: the state folder.
        recording: a file from the ``recordings`` of a state folder.

    Returns:
        How many texts have a recording.
    """
    config = load_config(docs, environ={**os.environ, "DOCPROBE_STATE": str(state)})
    plan = make_plan(config)
    code, host_inputs = cache.conversation_digest(), cache.host_inputs_digest(config)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    locks = read_locks(config.lock)
    folder = config.state / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    for digest, group in plan.groups().items():
        date = cutoff_date(plan.copies(digest), config.layout.drafts)
        key = cache.key(
            group[0], config, date=date, day=today, code=code, host_inputs=host_inputs, locks=locks.get(digest)
        )
        shutil.copy(recording, folder / f"{key}.json")
    return len(plan.groups())


def write_recorded(docs: Path, state: Path, count: int, recording: Path) -> int:
    """Write pages with a server each, and keep the same recording for all of them; see :func:`keep_recordings`."""
    write_docs(docs, count)
    return keep_recordings(docs, state, recording)
