"""Tests that come in two sizes: seconds by default, minutes with DOCPROBE_SOAK (``make soak``)."""

from __future__ import annotations

import os

import pytest

SCALE = float(os.environ.get("DOCPROBE_SOAK") or 0)
"""How often random attacks are tried: 1 is what ``make soak`` does by default, 4 four times that. 0: not at full size."""
SOAK = SCALE > 0
"""Whether the full size is wanted."""
soaked = [pytest.mark.soak] if SOAK else []
"""``pytestmark`` of a module of such tests: at full size they are part of the soak."""
FOLDERS = ("faults", "hostile", "soak")
"""Folders of tests/ that are part of the soak as they are."""


def tries(small: int, *, soak: int) -> int:
    """Return how often something random is tried: `small` in every run, `soak` times the scale in ``make soak``."""
    return max(small, round(soak * SCALE)) if SOAK else small


def sizes(small: int, *, soak: int) -> list[object]:
    """Return the values to parametrize a test with: the size of every run, or the full one of ``make soak``."""
    return [pytest.param(soak, marks=pytest.mark.soak)] if SOAK else [small]
