"""Servers that talk over standard input and output."""

from __future__ import annotations

from typing import Final

from extractor.model import Level
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import ALL, HTTP_SSE, MODERN, SESSIONS, level, reading, text

ROWS: Final = (
    Requirement(
        id="stdio.only-messages",
        title="Nothing but MCP messages on stdout",
        side=Side.STDIO,
        levels=level(Level.MUST_NOT, ALL),
        basis=text(ALL),
        effect="One stray line breaks the client's parser and with it the connection.",
        fix="Send logs and banners to stderr.",
        avoid="Don't rely on clients that skip lines they cannot parse.",
    ),
    Requirement(
        id="stdio.exit-on-close",
        title="The server exits when its stdin is closed",
        side=Side.STDIO,
        levels=level(Level.SHOULD, ALL),
        # up to 2025-11-25 only the client's half is said: close the stream, then wait for the server to exit
        basis=reading((*HTTP_SSE, *SESSIONS)) | text(MODERN),
        effect="Servers pile up as orphans, or have to be killed.",
        fix="End the process when reading stdin reports its end; stop timers and listeners that keep it alive.",
        avoid="Don't wait for a signal: closing stdin is the only portable one.",
    ),
)
