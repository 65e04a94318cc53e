"""Client side: examples that are clients, judged by what a scripted server receives."""

from __future__ import annotations

from typing import Final

from extractor.model import Level
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import HTTP_SSE, SESSIONS, STREAMABLE, level, text

_INITIALIZING: Final = (*HTTP_SSE, *SESSIONS)
_WITH_VERSION_HEADER: Final = STREAMABLE[1:]

ROWS: Final = (
    Requirement(
        id="client.sends-session-id",
        title="The client sends the session id on every later request",
        side=Side.CLIENT,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="Servers answer 400, or open a new session for every request.",
        fix="Keep the id from the initialize answer and send it on every POST, GET and DELETE.",
    ),
    Requirement(
        id="client.reinit-on-404",
        title="On 404 the client starts a new session",
        side=Side.CLIENT,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="The client stays broken from a server's restart on.",
        fix="On 404 to a request with a session id, drop the id and send a new initialize request without one.",
        avoid="Don't retry the request with the old id.",
    ),
    Requirement(
        id="client.deletes-session",
        title="The client ends a session it no longer needs",
        side=Side.CLIENT,
        levels=level(Level.SHOULD, SESSIONS),
        basis=text(SESSIONS),
        effect="Servers keep the state of sessions that nobody uses.",
        fix="Send DELETE with the session id before the client ends; the SDKs' clients have a call for it.",
        avoid="Don't take 405 for a failure: servers may refuse.",
    ),
    Requirement(
        id="client.version-header",
        title="The client sends MCP-Protocol-Version on every later request",
        side=Side.CLIENT,
        levels=level(Level.MUST, _WITH_VERSION_HEADER),
        basis=text(_WITH_VERSION_HEADER),
        effect="Servers assume 2025-03-26, or refuse the request.",
        fix="Send the negotiated version in MCP-Protocol-Version on each request after initialize.",
        avoid="Don't send the newest version that the client knows: send the one negotiated.",
    ),
    Requirement(
        id="client.accepts-both",
        title="The client accepts JSON and event streams",
        side=Side.CLIENT,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Servers answer 406.",
        fix="Send Accept: application/json, text/event-stream on every POST.",
        avoid="Don't send */*: several servers refuse it.",
    ),
    Requirement(
        id="client.posts-initialized",
        title="The client confirms a successful initialization",
        side=Side.CLIENT,
        levels=level(Level.MUST, _INITIALIZING),
        basis=text(_INITIALIZING),
        effect="Servers that wait for it answer nothing but pings.",
        fix="Send notifications/initialized after the initialize answer and before other requests.",
    ),
)
