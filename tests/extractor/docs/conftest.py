from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.docs_tree import write_tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a small docs tree."""
    return write_tree(tmp_path / "docs")
