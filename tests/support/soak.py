"""Tests that come in two sizes: seconds by default, minutes with DOCPROBE_SOAK (``make soak``)."""

from __future__ import annotations

import os

import pytest

SOAK = bool(os.environ.get("DOCPROBE_SOAK"))
"""Whether the full size is wanted."""
soaked = [pytest.mark.soak] if SOAK else []
"""``pytestmark`` of a module of such tests: at full size they are part of the soak."""


def sizes(small: int, *, soak: int) -> list[object]:
    """Return the values to parametrize a test with: the size of every run, or the full one of ``make soak``."""
    return [pytest.param(soak, marks=pytest.mark.soak)] if SOAK else [small]
