"""The names of the conversation's steps: the contract between probes (which fill a transcript) and checks.

A step name is ``group.leg``. Legs that exist for every kind of request are ``post-request``,
``post-notification``, ``get`` and ``delete``. ``Exchange.control`` points at the exchange that differs by exactly
the fault under test; a check whose control was not served answers ``inconclusive``.
"""

from __future__ import annotations

from typing import Final

LEGS: Final = ("post-request", "post-notification", "get", "delete")

# Which revisions the server negotiates: one initialize per revision of the docs, fresh and without an id.
DISCOVER_INITIALIZE: Final = "discover.initialize"
DISCOVER_MODERN: Final = "discover.modern"
"""A 2026-07-28 style tools/list without initialize."""

# The baseline, per negotiated revision: session A. Its failure makes session verdicts inconclusive.
BASELINE_INITIALIZE: Final = "baseline.initialize"
BASELINE_INITIALIZED: Final = "baseline.initialized"
BASELINE_REQUEST: Final = "baseline.request"
BASELINE_GET: Final = "baseline.get"
BASELINE_TOOL: Final = "baseline.tool"
"""A tools/call, where tools/list offered a tool whose arguments could be made up."""

# Controls on live sessions: live.<leg> (live.delete is terminated.end).
LIVE: Final = "live"
MISSING: Final = "missing"
"""missing.<leg>: as live.<leg>, without the session id."""
UNKNOWN: Final = "unknown"
"""unknown.<leg>: as live.<leg>, with a random id of the same shape that was never issued."""
TERMINATED: Final = "terminated"
"""terminated.<leg>: as live.<leg> on the same id, after terminated.end."""
TERMINATED_END: Final = "terminated.end"
"""The DELETE that ends the session, awaited."""

IDS_INITIALIZE: Final = "ids.initialize"
"""Initialize answers collected for their ids (20, or fewer if the server refuses)."""
IDS_RESTART: Final = "ids.restart"
"""The same after a restart of the process."""

GET_STREAM: Final = "get.stream"
"""The standalone stream, held open while get.while-open.post-request runs."""
GET_WHILE_OPEN: Final = "get.while-open.post-request"
GET_RESUME_ISSUED: Final = "get.resume-issued"
"""GET with a Last-Event-ID that this server issued."""
GET_RESUME_INVENTED: Final = "get.resume-invented"

STREAM_TWO_A: Final = "stream.two-a"
STREAM_TWO_B: Final = "stream.two-b"
"""Two POST requests at once on one session."""
RESUME_A: Final = "resume.a"
RESUME_B: Final = "resume.b"
"""The same JSON-RPC id on two sessions; then
resume.own (A resumes A's first event id) and resume.cross (B asks with A's)."""
RESUME_OWN: Final = "resume.own"
RESUME_CROSS: Final = "resume.cross"

VERSION_UNSUPPORTED: Final = "version.unsupported"
VERSION_CONTROL: Final = "version.control"
ORIGIN_FOREIGN_INITIALIZE: Final = "origin.foreign-initialize"
ORIGIN_CONTROL_INITIALIZE: Final = "origin.control-initialize"
ORIGIN_FOREIGN_REQUEST: Final = "origin.foreign-request"
ORIGIN_CONTROL_REQUEST: Final = "origin.control-request"
BATCH: Final = "batch.post-request"

AUTH: Final = "auth"
"""auth.<token>: initialize with that token (none, inactive, expired, wrong-audience, audience-list,
audience-list-reversed, other-client); control is auth.valid."""
AUTH_VALID: Final = "auth.valid"
HIJACK_NO_TOKEN: Final = "hijack.no-token"
"""hijack.no-token.<leg>: live session of user 1, no Authorization header; control hijack.user1.<leg>."""
HIJACK_USER1: Final = "hijack.user1"
HIJACK_USER2: Final = "hijack.user2"
"""hijack.user2.<leg>: live session of user 1 with user 2's token (same client, other subject)."""

ISOLATION_END_A: Final = "isolation.end-a"
ISOLATION_REQUEST_B: Final = "isolation.request-b"
ISOLATION_BEFORE_B: Final = "isolation.before-b"
SURVIVES_INITIALIZE: Final = "survives.initialize"
SURVIVES_REQUEST: Final = "survives.request"

# The sessionless revisions (2026-07-28 on).
MODERN_CONTROL: Final = "modern.control"
MODERN_SESSION_ID: Final = "modern.session-id"
MODERN_GET: Final = "modern.get"
MODERN_DELETE: Final = "modern.delete"
MODERN_UNSUPPORTED: Final = "modern.unsupported"
MODERN_MISMATCH: Final = "modern.mismatch"
MODERN_MISSING_HEADER: Final = "modern.missing-header"
MODERN_UNKNOWN_METHOD: Final = "modern.unknown-method"
MODERN_MISSING_META: Final = "modern.missing-meta"
MODERN_NOTIFICATION: Final = "modern.notification"

# Stdio examples. Method is STDIN; one exchange per message written.
STDIO_INITIALIZE: Final = "stdio.initialize"
STDIO_INITIALIZED: Final = "stdio.initialized"
STDIO_TOOLS: Final = "stdio.tools-list"
STDIO_CLOSE: Final = "stdio.close"
STDIO_NOISE: Final = "stdio.noise"
"""A line on stdout that is no MCP message."""

# Client examples: requests that the scripted server received.
CLIENT: Final = "client"
"""client.<n>.<what>: as received, in order; ``reply`` is what the scripted server answered."""
DOCUMENTED: Final = "documented"
"""documented.<n>: an exchange that the docs print (http fence or sequence diagram)."""
