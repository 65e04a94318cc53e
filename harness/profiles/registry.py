"""Every specification that docprobe knows. A new one is a folder beside this and a name in this list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.model import Layout
from harness.profiles.a2a.profile import A2A
from harness.profiles.general import GENERAL, with_other_servers
from harness.profiles.mcp.probe import McpProbe, concerns_mcp
from harness.profiles.mcp.profile import MCP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import Requirement
    from harness.profile import Profile

PLAIN: Final = replace(
    MCP,
    name="plain",
    layout=Layout(),
    bindings=None,
    code=with_other_servers(MCP.code),
    probe_for=lambda bundle: McpProbe(bundle) if concerns_mcp(bundle) else None,
)
"""Any other docs with examples for the Model Context Protocol: no revisions, and no normative text unless ``--spec``
names some. Servers that are about something else are built and started, and nothing is asked of them."""

PROFILES: Final[Mapping[str, Profile]] = {profile.name: profile for profile in (MCP, A2A, PLAIN, GENERAL)}
"""By the name that ``profile = "…"`` gives."""


DEFAULT: Final = MCP
"""Of docs that name none."""


def all_requirements() -> tuple[Requirement, ...]:
    """Return the requirements of every profile, each id once: for result files, which do not name their profile."""
    rows = {row.id: row for profile in PROFILES.values() for row in profile.catalogue.requirements}
    return tuple(rows.values())
