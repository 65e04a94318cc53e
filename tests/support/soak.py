"""Tests that come in two sizes: seconds by default, minutes with DOCPROBE_SOAK (``make soak``)."""

from __future__ import annotations

import os

import pytest

SOAK = bool(os.environ.get("DOCPROBE_SOAK"))
"""Whether the full size is wanted."""
soaked = [pytest.mark.soak] if SOAK else []
"""``pytestmark`` of a module of such tests: at full size they are part of the soak."""


def sizes(small: int, *, soak: int) -> list[object]:
    """Return two values to parametrize a test with: its size in every run, and its full size in ``make soak``."""
    return [small, pytest.param(soak, marks=pytest.mark.soak)]
