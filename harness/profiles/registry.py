"""Every specification that docprobe knows. A new one is a folder beside this and a name in this list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.profiles.a2a.profile import A2A
from harness.profiles.general import GENERAL
from harness.profiles.mcp.profile import MCP, PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import Requirement
    from harness.profile import Profile

PROFILES: Final[Mapping[str, Profile]] = {profile.name: profile for profile in (MCP, PLAIN, A2A, GENERAL)}
"""By the name that ``profile = "…"`` gives."""
DEFAULT: Final = MCP
"""Of docs that name none."""


def all_requirements() -> tuple[Requirement, ...]:
    """Return the requirements of every profile, each id once: for result files, which do not name their profile.

    Those that every profile has are in the words of the general one, which are true of all.
    """
    rows: dict[str, Requirement] = {}
    for row in (row for profile in PROFILES.values() for row in profile.catalogue.requirements):
        known = rows.get(row.id, row)
        levels, basis = {**known.levels, **row.levels}, {**known.basis, **row.basis}
        rows[row.id] = replace(row, levels=levels, basis=basis)
    return tuple(rows.values())
