"""Paths that servers have beside their endpoint."""

from __future__ import annotations

import re
from typing import Final

OTHER_PATHS: Final = re.compile(
    r"well-known|/realms/|oauth|authorize|/tokens?\b|/health|/sse|/messages?\b|/register|/callback|favicon|/docs\b|\.\w+$",
    re.IGNORECASE,
)
"""Metadata, sign-in, health, the older transport: never the endpoint of a conversation over Streamable HTTP."""
