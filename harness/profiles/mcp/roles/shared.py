"""What the roles of all languages share."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.addresses import is_side_path
from extractor.languages.common.modes import modes_of
from extractor.languages.common.roles import Role, Start
from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from extractor.languages.common.facts import Call, CodeFacts

ENDPOINT: Final = "/mcp"
"""Where the SDKs serve unless configured otherwise, and where most pages do."""
CLIENT_NAME: Final = re.compile(r"\w*mcp_?client|\w*mcp_?(?:toolset|server_?adapter)", re.IGNORECASE)
"""Names that libraries give to clients of MCP, their own or those that they put around an SDK's."""
PARTNERS: Final = "runs server and client in one process, so that there is no exchange to judge"
WAITS: Final = "is a web application that asks its MCP server only once it is asked itself, which docprobe does not do"
_OLD_TRANSPORT: Final = re.compile(r"/sse|/messages?\b", re.IGNORECASE)
"""Paths of the HTTP+SSE transport of revision 2024-11-05."""
LISTENING: Final = frozenset({"port", "host", "hostname", "httpStream", "endpoint"})
"""Names of what only a server over HTTP is given."""
_WHOLE: Final = frozenset({"*", "default"})
"""Names of an import of a whole module."""


def may_be_endpoint(path: str) -> bool:
    """Return whether the endpoint of Streamable HTTP may be at a path."""
    return not is_side_path(path) and not _OLD_TRANSPORT.search(path)


def modules_of(names: Collection[str], files: Sequence[CodeFacts]) -> tuple[str, ...]:
    """Return the modules that code imports some names from; if none, those of the protocol that it imports as a whole.

    Args:
        names: of classes, as they are called.
        files: facts of the program's files.
    """
    imports = [imported for code in files for imported in code.imports]
    whole = (one.module for one in imports if _WHOLE.issuperset(one.names) and "mcp" in one.module.lower())
    return tuple(one.module for one in imports if not {*names}.isdisjoint(one.names)) or tuple(whole)


def in_modes(role: Role, ways: Sequence[tuple[Call, ExampleKind]], files: Sequence[CodeFacts]) -> Role:
    """Return the role of a server with the transports between which a command chooses; without one, by its defaults.

    Args:
        role: by the first call that serves.
        ways: the calls that serve, in order, and what the program is by each.
        files: facts of the program's files.
    """
    if role.start is not Start.RUN or role.kind not in (ExampleKind.HTTP_SERVER, ExampleKind.STDIO_SERVER):
        return role
    modes = modes_of(ways, files)
    return replace(role, modes=modes, kind=modes.kind((), {}) or role.kind) if modes is not None else role
