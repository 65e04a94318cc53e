"""The HTTP exchange that sessions live in: POST answers, versions, origins, batches."""

from __future__ import annotations

from typing import Final

from extractor.model import Level
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import ALL, MODERN, SESSIONS, STREAMABLE, level, text

_WITH_VERSION_HEADER: Final = STREAMABLE[1:]
_WITH_ORIGIN_STATUS: Final = (SESSIONS[-1], *MODERN)
_WITH_BATCHES: Final = SESSIONS[:1]

ROWS: Final = (
    Requirement(
        id="post.notification-202",
        title="An accepted notification or response gets 202 and no body",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Clients that read a body here, or treat other statuses as failure, hang or drop the connection.",
        fix="Answer 202 with an empty body when the message is accepted, and an error status when it isn't.",
        avoid="Don't send `{}` or a JSON-RPC result: a notification has no answer.",
    ),
    Requirement(
        id="post.request-sse-or-json",
        title="A request is answered as an event stream or as JSON",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="A client cannot tell how to read the answer, or waits for one that never comes.",
        fix="Set Content-Type to application/json with one JSON-RPC object, or to text/event-stream.",
        avoid="Don't rely on a framework's default type: text/plain and text/html are its usual guesses.",
    ),
    Requirement(
        id="version.unsupported-400",
        title="An unsupported MCP-Protocol-Version gets 400",
        side=Side.SERVER,
        levels=level(Level.MUST, _WITH_VERSION_HEADER),
        basis=text(_WITH_VERSION_HEADER),
        effect="A client believes that its version is spoken, and misreads what follows.",
        fix="Compare the header with the versions you support before handling the message, and answer 400.",
        avoid="Don't demand the newest version only: the header carries the one that was negotiated.",
    ),
    Requirement(
        id="http.origin-validate",
        title="A foreign Origin is not served",
        side=Side.SERVER,
        levels=level(Level.MUST, ALL),
        # text where the server binds loopback; on other binds a black box cannot know what is foreign, and the
        # check lowers the basis of its finding to interpretation
        basis=text(ALL),
        effect="Any website that the user visits can drive the local server by DNS rebinding.",
        fix="Compare Origin with a list of your own origins on every request and refuse the rest; the SDKs have an "
        "option or middleware for it.",
        avoid='Don\'t set CORS to "*" and take that for validation: it opens the server further.',
    ),
    Requirement(
        id="http.origin-403",
        title="A foreign Origin is refused with 403",
        side=Side.SERVER,
        levels=level(Level.MUST, _WITH_ORIGIN_STATUS),
        basis=text(_WITH_ORIGIN_STATUS),
        effect="A client cannot tell a refused origin from a malformed request or a dead session.",
        fix="Answer 403 to a request whose Origin is present and not allowed.",
        avoid="Don't refuse requests without an Origin: clients that are no browsers send none.",
    ),
    Requirement(
        id="batch.receive",
        title="A batch is received and answered",
        side=Side.SERVER,
        levels=level(Level.MUST, _WITH_BATCHES),
        basis=text(_WITH_BATCHES),
        effect="A client that batches, as this revision allows, gets an error for a valid message.",
        fix="Handle an array of messages when 2025-03-26 was negotiated, or don't negotiate that revision.",
        avoid="Don't serve batches in later revisions for that reason: they were removed.",
    ),
)
