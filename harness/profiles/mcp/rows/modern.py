"""The sessionless revisions, 2026-07-28 on: what took the place of sessions."""

from __future__ import annotations

from typing import Final

from extractor.model import Level
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import MODERN, level, text

ROWS: Final = (
    Requirement(
        id="sessionless.ignore-session-id",
        title="A server of only this revision ignores session ids and issues none",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="An older client believes that it has a session, and builds on state that isn't there.",
        fix="Neither read nor write the Mcp-Session-Id header.",
        avoid="Don't echo the header to please older clients.",
    ),
    Requirement(
        id="sessionless.get-delete-405",
        title="A server of only this revision answers GET and DELETE with 405",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="An older client waits on a stream that never carries anything, or believes that a session ended.",
        fix="Answer 405 to every method but POST on the endpoint.",
        avoid="Don't leave them unrouted: 404 has another meaning here.",
    ),
    Requirement(
        id="version.mismatch-400",
        title="A version header that differs from the body gets 400",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="What a gateway decides by the header and what the server does by the body come apart.",
        fix="Compare MCP-Protocol-Version with the request's _meta and answer 400 with a HeaderMismatch error.",
        avoid="Don't let either of the two win silently.",
    ),
    Requirement(
        id="version.missing-header-reject",
        title="A server of only this revision rejects a request without version header",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A request of an unknown version is handled by the rules of this one.",
        fix="Reject a request without MCP-Protocol-Version, unless you support clients from before that header.",
        avoid="Don't assume the newest version.",
    ),
    Requirement(
        id="version.unknown-method-404",
        title="An unknown method gets 404 with code -32601",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client cannot tell a method that isn't there from an endpoint of an older kind.",
        fix="Answer 404 with a JSON-RPC error of code -32601 in the body.",
        avoid="Don't send a bare 404: the body makes the difference.",
    ),
    Requirement(
        id="meta.missing-400",
        title="A request without its required metadata gets 400",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="Requests of unknown version or capabilities are served by guesswork.",
        fix="Check the required _meta fields of every request and answer 400.",
        avoid="Don't fill in defaults for missing fields.",
    ),
    Requirement(
        id="handle.nondeterministic",
        title="State handles cannot be predicted",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="An attacker who sees one handle can name other users' state.",
        fix="Make handles with a cryptographic random generator.",
        avoid="Don't hand out database row numbers.",
    ),
)
