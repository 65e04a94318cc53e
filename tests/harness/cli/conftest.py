from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.results.result_files import LAST_RUN, write
from tests.support.reports import rich_report

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a state folder with the results of a last run."""
    write(rich_report(), tmp_path / "state" / LAST_RUN)
    return tmp_path / "state"
