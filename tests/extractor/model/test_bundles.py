"""Texts of dependencies."""

from __future__ import annotations

import pytest

from extractor.model import Dependency


@pytest.mark.parametrize(
    ("dependency", "text"),
    [
        (Dependency("express", "5"), "express@5"),
        (Dependency("zod", "^3.2"), "zod@^3.2"),
        (Dependency("zod", "~3"), "zod@~3"),
        (Dependency("mcp", "~=1.2", extras=("cli", "ws")), "mcp[cli,ws]~=1.2"),
        (Dependency("tsx"), "tsx"),
    ],
)
def test_text_of_a_dependency(dependency: Dependency, text: str) -> None:
    assert str(dependency) == text
