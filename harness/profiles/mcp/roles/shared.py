"""What the roles of all languages share."""

from __future__ import annotations

import re
from typing import Final

from extractor.languages.common.addresses import is_side_path

ENDPOINT: Final = "/mcp"
"""Where the SDKs serve unless configured otherwise, and where most pages do."""
CLIENT_NAME: Final = re.compile(r"\w*mcp_?client|\w*mcp_?(?:toolset|server_?adapter)", re.IGNORECASE)
"""Names that libraries give to clients of MCP, their own or those that they put around an SDK's."""
PARTNERS: Final = "runs server and client in one process, so that there is no exchange to judge"
WAITS: Final = "is a web application that asks its MCP server only once it is asked itself, which docprobe does not do"
_OLD_TRANSPORT: Final = re.compile(r"/sse|/messages?\b", re.IGNORECASE)
"""Paths of the HTTP+SSE transport of revision 2024-11-05."""


def may_be_endpoint(path: str) -> bool:
    """Return whether the endpoint of Streamable HTTP may be at a path."""
    return not is_side_path(path) and not _OLD_TRANSPORT.search(path)
