"""A test server and what may be said against it, as a value."""

from __future__ import annotations

from dataclasses import dataclass

NEWEST = "2025-11-25"
MIDDLE = "2025-06-18"
OLDEST = "2025-03-26"
FIRST = "2024-11-05"
MODERN = "2026-07-28"
NOTHING: frozenset[str] = frozenset()
PREDICTABLE = frozenset({"session.id-secure", "hijack.id-nondeterministic"})
"""One property and two sentences about it: whatever breaks the one breaks the other."""


@dataclass(frozen=True)
class Case:
    """One server."""

    language: str
    name: str
    violated: frozenset[str] = NOTHING
    revisions: tuple[str, ...] = (NEWEST,)
    """Revisions that the conversation asks for; the page belongs to the last one."""
    path: str = "/mcp"

    def __str__(self) -> str:
        return f"{self.language}:{self.name}"


def right(*names: str, language: str = "python", revisions: tuple[str, ...] = (NEWEST,)) -> tuple[Case, ...]:
    return tuple(Case(language, name, revisions=revisions) for name in names)


def wrong(
    ids: str | frozenset[str], *names: str, language: str = "python", revisions: tuple[str, ...] = (NEWEST,)
) -> tuple[Case, ...]:
    violated = frozenset({ids}) if isinstance(ids, str) else ids
    return tuple(Case(language, name, violated, revisions) for name in names)
