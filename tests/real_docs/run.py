"""docprobe on the real docs, as ``docprobe check`` does it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from harness.run.connect import open_engine
from harness.run.execute import execute
from harness.run.planning import make_plan
from harness.settings import load_config
from tests.real_docs.rows import SELECT

if TYPE_CHECKING:
    from harness.model import Report

EXPECTED: Final = Path(__file__).parent.parent / "fixtures" / "real_docs" / "authorization.json"


def docs_root(checkout: Path) -> Path:
    """The docs root of a checkout of the MCP repository, or the folder itself if it is the root."""
    return checkout / "docs" if (checkout / "docs" / "specification").is_dir() else checkout


def judged(checkout: Path, state: Path | None = None) -> Report:
    """The report on the selected pages, with nothing kept from before unless ``state`` is given."""
    with tempfile.TemporaryDirectory() as folder:
        config = load_config(docs_root(checkout), environ={}, select=SELECT, state=state or Path(folder), jobs=2)
        todo = make_plan(config)
        return anyio.run(lambda: execute(todo, config, open_engine))
