"""What real clients were seen to do with a server's answers: data with versions and a date (``make clients``)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

SEEN_CLIENTS: Final = Path(__file__).with_suffix(".json")


@cache
def seen_effect(requirement: str) -> str:
    """Return what a violation of ``requirement`` was seen to do to clients.

    Raises:
        ValueError: the data are about another requirement.
    """
    seen = json.loads(SEEN_CLIENTS.read_text(encoding="utf-8"))
    if seen["requirement"] != requirement:
        raise ValueError(f"{SEEN_CLIENTS.name} is about {seen['requirement']}, not {requirement}")
    effect: str = seen["effect"]
    return effect
