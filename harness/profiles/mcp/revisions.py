"""Groups of protocol revisions that share a rule, and the constructors of the catalogue's level tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from harness.model import Basis

if TYPE_CHECKING:
    from extractor.model import Level

HTTP_SSE: Final = ("2024-11-05",)
"""The revision whose HTTP transport is a pair of endpoints, with no session text."""
SESSIONS: Final = ("2025-03-26", "2025-06-18", "2025-11-25")
"""The revisions with server-assigned sessions."""
MODERN: Final = ("2026-07-28", "draft")
"""The sessionless revisions. The draft takes the levels of the newest release."""
STREAMABLE: Final = (*SESSIONS, *MODERN)
"""Every revision with the Streamable HTTP transport."""
ALL: Final = (*HTTP_SSE, *STREAMABLE)
ANYWHERE: Final = (*ALL, "")
"""Every revision, and the empty string for pages that belong to none."""
FIRST_SESSIONLESS: Final = "2026-07-28"
"""From this revision on there is no initialize, no session, no GET and no DELETE (its Streamable HTTP page)."""
_DATED: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def with_handshake(revisions: tuple[str, ...]) -> tuple[str, ...]:
    """The revisions with an initialize handshake, newest first. Undated names (``draft``) are no wire versions."""
    return tuple(sorted((r for r in revisions if _DATED.fullmatch(r) and r < FIRST_SESSIONLESS), reverse=True))


def without_handshake(revisions: tuple[str, ...]) -> tuple[str, ...]:
    """The revisions without a handshake, newest first."""
    return tuple(sorted((r for r in revisions if _DATED.fullmatch(r) and r >= FIRST_SESSIONLESS), reverse=True))


def level(level: Level, revisions: tuple[str, ...]) -> dict[str, Level]:
    """A level table: the same level in each of ``revisions``."""
    return dict.fromkeys(revisions, level)


def text(revisions: tuple[str, ...]) -> dict[str, Basis]:
    """A basis table: a sentence says it in each of ``revisions``."""
    return dict.fromkeys(revisions, Basis.TEXT)


def reading(revisions: tuple[str, ...]) -> dict[str, Basis]:
    """A basis table: a reading that practice shares but no sentence states."""
    return dict.fromkeys(revisions, Basis.INTERPRETATION)


def advice(revisions: tuple[str, ...]) -> dict[str, Basis]:
    """A basis table: good engineering that no sentence asks for."""
    return dict.fromkeys(revisions, Basis.ADVICE)
