"""Event streams: the standalone stream, what may travel on which stream, and resumption."""

from __future__ import annotations

from typing import Final

from extractor.model import Level
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import SESSIONS, STREAMABLE, advice, level, text

ROWS: Final = (
    Requirement(
        id="get.sse-or-405",
        title="GET on a live session opens an event stream or gets 405",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="Clients take anything but 405 for a failure, retry, or give the session up.",
        fix="Route GET of the endpoint: to the transport if you offer a stream, else to a 405.",
        avoid="Don't leave GET unrouted: a framework's 404 tells the client that the session is gone.",
    ),
    Requirement(
        id="get.invented-event-id",
        title="A Last-Event-ID that the server never issued does no harm",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=advice(SESSIONS),
        effect="One header that a client kept from elsewhere crashes the request.",
        fix="Ignore an event id that you cannot find, or answer with a 4xx.",
        avoid="Don't let the event store's exception become a 500.",
    ),
    Requirement(
        id="get.no-responses",
        title="No response travels on the standalone stream unless it resumes one",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, SESSIONS),
        basis=text(SESSIONS),
        effect="A client waits for the answer on the stream of its POST and times out.",
        fix="Send each response on the stream, or in the body, that answers its own POST.",
        avoid="Don't keep one shared stream per session for everything.",
    ),
    Requirement(
        id="stream.no-broadcast",
        title="One message travels on one stream",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, SESSIONS),
        basis=text(SESSIONS),
        effect="A client with two streams handles the same message twice.",
        fix="Choose one stream for each message; leave loss to resumption.",
        avoid="Don't loop over all open connections of a session.",
    ),
    Requirement(
        id="stream.end-after-response",
        title="The stream ends after the final response",
        side=Side.SERVER,
        levels=level(Level.SHOULD, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Each call leaves a connection open, until client or server runs out of them.",
        fix="Close the stream of a POST once the response to it was sent.",
        avoid="Don't reuse a request's stream for later notifications.",
    ),
    Requirement(
        id="resume.id-unique",
        title="Event ids are unique across the streams of a session",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="A resumed client gets the wrong messages, or misses some, and cannot notice.",
        fix="Make the stream's own id part of each event id.",
        avoid="Don't count from zero on every stream.",
    ),
    Requirement(
        id="resume.no-cross-stream",
        title="Messages of another stream are never replayed",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, SESSIONS),
        basis=text(SESSIONS),
        effect="A client receives another request's data; with a shared event store, another user's.",
        fix="Scope the event store's stream ids to the session as well as to the request.",
        avoid="Don't use the JSON-RPC id as stream id: two sessions number their requests alike.",
    ),
)
