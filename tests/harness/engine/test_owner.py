from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from extractor.base.storage import is_held
from harness.engine.owner import is_left_over, own, remove_dead_locks, state_id

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from harness.engine.owner import own
with own(Path(sys.argv[1])) as owner:
    print(owner.run_id, flush=True)
    sys.stdin.read()
"""


def test_an_owner_is_alive_for_as_long_as_its_block(tmp_path: Path) -> None:
    with own(tmp_path) as owner:
        assert is_held(owner.lock)
        assert not is_left_over(owner.labels("anchor"), tmp_path)
    assert not is_held(owner.lock)
    assert not owner.lock.exists()
    assert is_left_over(owner.labels("anchor"), tmp_path)


@pytest.mark.processes
def test_a_killed_owner_is_dead(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        lock = tmp_path / "runs" / f"{other.stdout.readline().strip()}.lock"
        assert is_held(lock)
        remove_dead_locks(tmp_path)
        assert lock.exists()
        other.kill()
        other.wait()
    assert lock.exists()
    assert not is_held(lock)
    remove_dead_locks(tmp_path)
    assert not lock.exists()


def test_another_state_folder_is_nobodys_business(tmp_path: Path) -> None:
    with own(tmp_path / "a") as owner:
        labels = owner.labels("anchor")
    assert is_left_over(labels, tmp_path / "a")
    assert not is_left_over(labels, tmp_path / "b")
    assert not is_left_over({}, tmp_path / "a")


def test_the_state_id_is_made_once(tmp_path: Path) -> None:
    first = state_id(tmp_path / "new")
    assert state_id(tmp_path / "new") == first
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["id"]
