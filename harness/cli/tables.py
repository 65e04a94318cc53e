"""Tables for people and for awk: one line per row, never cut, columns apart by two spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """``rows`` under one line of column names. Only the last column may hold spaces."""
    every = [names, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(names) - 1)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip() + "\n"
        for row in every
    )
