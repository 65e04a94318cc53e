"""The names of the conversation's steps: the contract between probes, which record exchanges, and rules.

A step name is ``group.leg``. Legs that exist for every kind of request are ``post-request``,
``post-notification``, ``get`` and ``delete``. ``Exchange.control`` points at the exchange that differs by exactly
the fault under test; a rule whose control was not served is ``inconclusive``. A control may come after the
fault (a DELETE that must not end the session too early); the number is right either way.

The order of the groups and the reasons for it are in :mod:`harness.profiles.mcp.probes.converse_http`.

How an exchange is recorded:

- ``Exchange.revision`` is the revision that the group speaks. Groups that run once per conversation (``ids``,
  ``survives``) carry the newest judged one and hold for every revision.
- ``Exchange.session`` is the label of the session that the request was meant for, ``unknown`` for a made-up id, None
  for none. Labels are those of ``Transcript.sessions``, unique in a conversation: a role (A baseline, B and C streams,
  T terminated, I and J isolation, H hijack), and ``<role>@<revision>`` for revisions but the first that was probed;
  the exchange number for sessions that were only collected.
- Header values are bytes decoded as Latin-1, of requests as of replies.
- ``Exchange.answered`` is the JSON-RPC response where the reply is ``truncated``.
- An event's ``id`` is None where the event had no id field of its own.
"""

from __future__ import annotations

from typing import Final

from harness.model import RETRY_STEP

SESSION_OVER: Final = "the session had ended by then"
"""``Exchange.note`` of a request on a session that the server had ended of its own accord: it answers nothing else."""
LEGS: Final = ("post-request", "post-notification", "get", "delete")
PATIENCE: Final = 4
"""A deadline decides only if it was this many times as long as ordinary requests took: a busy machine reaches any
fixed one. The probes wait that long where the end of a wait decides; the rules leave it open if they could not."""
TOOL_STEPS: Final = (
    "baseline.tool",
    "modern.tool",
    "modern.param",
    "modern.able",
    "modern.asks",
    "modern.unable",
    "modern.answer",
    "modern.state-changed",
    "get.while-open.post-request",
    "stream.two-b",
    "handle.",
    "stream.cut",
    "feature.content",
    "stdio.tool-call",
    "task.result",
    "tool.incomplete",
    "tool.other",
    "task.undeclared",
)
"""Beginnings of the steps that may call a tool, which may take as long as it likes."""

REMOVED_METHODS: Final = ("ping", "logging/setLevel")
"""Requests that 2026-07-28 does not have any more, besides initialize (its changelog)."""

# Finding the endpoint. Never judged, except that it shows whether the example serves at all.
DISCOVER_ENDPOINT: Final = "discover.endpoint"
"""An initialize to a path that was not the endpoint (the one that found it is ``discover.initialize``)."""
DISCOVER_REDIRECT: Final = "discover.redirect"
"""An initialize that was answered by a redirect, followed or not."""
DISCOVER_OPENING: Final = "discover.opening"
"""What follows an initialize that found an address: notifications/initialized and tools/list. An address that serves
neither is not the endpoint."""
DISCOVER_METADATA: Final = "discover.resource-metadata"
"""GET of the protected resource metadata (RFC 9728) that a 401 pointed at, or of the well-known paths where it pointed
nowhere: names the audience."""
DISCOVER_TOKEN: Final = "discover.token"
"""An initialize with user 1's token for one candidate audience, where a token is demanded."""
DISCOVER_SSE: Final = "discover.sse"
"""GET that opened the HTTP+SSE transport of 2024-11-05 (first event ``endpoint``)."""

# Which revisions the server negotiates: one initialize per revision of the docs, fresh and without an id.
DISCOVER_INITIALIZE: Final = "discover.initialize"
DISCOVER_MODERN: Final = "discover.modern"
"""A 2026-07-28 style tools/list without initialize (server/discover where there are no tools)."""
DISCOVER_MODERN_CHECK: Final = "discover.modern-check"
"""The same with an unknown version, where the result did not show whether the server speaks that revision or only
serves any request: code -32022 decides."""

ANSWER: Final = "answer.to-server"
"""docprobe's response to a request that the server sent on a stream, while the stream was still open: an empty result
for ping, and an error for what no capability was declared for. Sent in revisions with a handshake."""

CLIENTS_SECOND: Final = "clients.second"
"""The initialize that this process has served, sent once more: a second client's. Only where the conversation has no
other initialize that one process served after its first, or refused one that may be about the version."""

# Opening a session: every session of a transcript was issued by one of baseline.initialize, open.initialize,
# ids.initialize, ids.restart, discover.initialize, clients.second, or an initialize that was a probe and was served.
OPEN_INITIALIZE: Final = "open.initialize"
OPEN_INITIALIZED: Final = "open.initialized"
POLLED: Final = "polled"
"""``polled.<step>``: GET for the rest of a stream whose connection the server closed before the response, as a client
sends it. What came is judged as part of its request's reply (``Reply.resumed``). Control: that request."""
RETRY: Final = RETRY_STEP
"""``retry.<step>``: sent again under its own step afterwards, never judged: a GET that was answered 409 because the
stream that docprobe had just closed was still closing on the server's side; any request that was answered 429, and sent
again after a wait; a request on a session whose DELETE was only accepted (202), while it is still served; an initialize
that a process refused (see the facts ``single_session``, ``died`` and ``crashed``) and that was sent again to a fresh
process."""

# The baseline, per negotiated revision: session A. Its failure makes session verdicts inconclusive.
BASELINE_INITIALIZE: Final = "baseline.initialize"
BASELINE_INITIALIZED: Final = "baseline.initialized"
BASELINE_REQUEST: Final = "baseline.request"
"""tools/list (ping for a server without tools). The one request whose stream is watched for 2 s after the response:
``fault`` ``open`` here means that the stream was still open then."""
BASELINE_OTHER: Final = "baseline.other"
"""ping for a server with tools, tools/list for one that declares none; the other way round where only this one is
served. Only for the rows about ping and about the capability."""
BASELINE_GET: Final = "baseline.get"
"""``fault`` ``open`` with status 200 is a healthy stream. If it has no reply, no further GET is sent."""
BASELINE_TOOL: Final = "baseline.tool"
"""A tools/call, where tools/list offered a tool whose arguments could be made up."""

ALIVE: Final = "alive.post-request"
"""The ordinary request on a session, after a request with a fault was answered 404: is the session over, which a server
may end at any time?"""
POST_UNREADABLE: Final = "post.unreadable"
"""A notification whose JSON is cut off. Control: the initialized that was accepted, modern.control without sessions."""

# What a server offers besides tools. Control: the ordinary request.
TASK_REQUIRED: Final = "tool.task-required"
"""A plain tools/call of a tool that has to be called as a task."""
TOOL_OTHER: Final = "tool.other"
"""A tools/call of the second or third tool, once at the end: what it sends and returns, by whatever rule."""
TOOL_INCOMPLETE: Final = "tool.incomplete"
"""A tools/call without arguments of the first tool that requires some."""
RESOURCE_TRAVERSAL: Final = "resource.traversal"
"""resources/read of /etc/passwd by ``..`` from the folder of the first file:// resource (sessionless revisions)."""
RESOURCE_PLAIN: Final = "resource.plain"
"""The same file by its plain name, where that gave it."""
TASK_UNDECLARED: Final = "task.undeclared"
"""A tools/call with ``task``, where no tasks are declared. Control: the same call without, baseline.tool."""
TASK_FORBIDDEN: Final = "task.forbidden"
"""The same for a tool that does not allow it, where tasks are declared."""
TASK_UNKNOWN: Final = "task.unknown"
"""tasks/get of a task that never was, where tasks are declared."""
TASK_CURSOR: Final = "task.cursor"
"""tasks/list with a cursor that nobody gave, where the list is declared."""
TASK_CREATED: Final = "task.created"
"""A tools/call with ``task`` of a tool that allows it. Control of those below."""
TASK_READ: Final = "task.read"
"""tasks/get of the task, at once."""
TASK_LISTED: Final = "task.listed"
"""tasks/list, where it is declared."""
TASK_RESULT: Final = "task.result"
"""tasks/result of the task, which waits for its end."""
TASK_ENDED: Final = "task.ended"
"""tasks/get after that. Control of task.cancelled."""
TASK_CANCELLED: Final = "task.cancelled"
"""tasks/cancel of the task, where it has ended and cancelling is declared."""
FEATURE_CURSOR: Final = "feature.cursor"
"""tools/list with a cursor that nobody gave."""
FEATURE_LIST: Final = "feature.list"
"""feature.list.<prompts|resources>: the list, whether the capability is declared or not (under sessionless revisions
only where it is not: see ``modern.prompts``)."""
FEATURE_CONTENT: Final = "feature.content"
"""prompts/get of the first prompt, resources/read of the first resource."""
FEATURE_INVALID: Final = "feature.invalid"
"""feature.invalid.<prompt|argument|completion|level>: prompts/get, completion/complete and logging/setLevel of a name
that does not exist, and prompts/get without a required argument, where the capability is declared; the completion of
every server with sessions."""

# Controls on live sessions: live.<leg> on session T (live.delete is terminated.end).
LIVE: Final = "live"
LIVE_RESPONSE: Final = "live.post-response"
"""A JSON-RPC response to a request that the server never sent: late ones are ordinary. It may refuse it."""
MISSING: Final = "missing"
"""missing.<leg>: as live.<leg>, without the session id."""
UNKNOWN: Final = "unknown"
"""unknown.<leg>: as live.<leg>, with a random id of the same shape that was never issued."""
TERMINATED: Final = "terminated"
"""terminated.<leg>: as live.<leg> on the same id, after terminated.end."""
TERMINATED_BEFORE: Final = "terminated.before"
"""POST request on the session directly before terminated.end; control of terminated.post-request."""
TERMINATED_FRESH: Final = "terminated.fresh-initialize"
"""An initialize without an id, after all legs and in the same process: a 404 here comes from a dead endpoint."""
TERMINATED_END: Final = "terminated.end"
"""The DELETE that ends the session, awaited."""

IDS_INITIALIZE: Final = "ids.initialize"
"""Initialize answers collected for their ids (20, or fewer if the server refuses). Run once per conversation;
judge over all of ``Transcript.sessions`` of one process, not over these alone. A process that serves one client gives
one; those of its other processes take the place of ids.restart."""
IDS_RESTART: Final = "ids.restart"
"""The same after a restart of the process (3 of them)."""

GET_STREAM: Final = "get.stream"
"""The standalone stream (session B), held open while get.while-open.post-request and stream.two-* run."""
GET_WHILE_OPEN: Final = "get.while-open.post-request"
GET_RESUME_ISSUED: Final = "get.resume-issued"
"""GET with a Last-Event-ID that this server issued."""
GET_RESUME_INVENTED: Final = "get.resume-invented"

STREAM_TWO_A: Final = "stream.two-a"
STREAM_TWO_B: Final = "stream.two-b"
"""Two POST requests at once on one session."""
RESUME_A: Final = "resume.a"
RESUME_B: Final = "resume.b"
"""The same JSON-RPC id on two sessions (B and C), different methods so that the results differ (tools/list or ping on
B, ping or an unknown method on C). Only if baseline or stream replies carried event ids. Then resume.after (one more
request on B, whose stream is another than that of resume.a),
resume.own (B resumes after the first event id of resume.a) and resume.cross (C asks with the same id)."""
RESUME_AFTER: Final = "resume.after"
RESUME_OWN: Final = "resume.own"
RESUME_CROSS: Final = "resume.cross"

STREAM_CUT: Final = "stream.cut"
"""A request whose connection docprobe closes at the first event with an id; then stream.cut-resumed asks for the rest,
again where it does not come. Control: resume.a, and of the rest resume.own, which shows that the server replays."""
STREAM_CUT_RESUMED: Final = "stream.cut-resumed"

VERSION_UNSUPPORTED: Final = "version.unsupported"
VERSION_CONTROL: Final = "version.control"
VERSION_ABSENT: Final = "version.absent"
"""No MCP-Protocol-Version header, on session A (2025-06-18 on); control version.control."""
INITIALIZE_UNSUPPORTED: Final = "initialize.unsupported"
"""An initialize that offers a version that does not exist. Sent once, under the newest revision with a handshake."""
VERSION_NEGOTIATED: Final = "version.negotiated-control"
"""Where a message of the baseline was refused by 400 with the negotiated version: the same message without that header,
or with another negotiated version. Control of that message."""
ORIGIN_FOREIGN_INITIALIZE: Final = "origin.foreign-initialize"
ORIGIN_CONTROL_INITIALIZE: Final = "origin.control-initialize"
ORIGIN_FOREIGN_REQUEST: Final = "origin.foreign-request"
ORIGIN_CONTROL_REQUEST: Final = "origin.control-request"
ORIGIN_FOREIGN_GET: Final = "origin.foreign-get"
"""GET with a foreign Origin, where GET opens a stream. Control: baseline.get."""
ORIGIN_FOREIGN_DELETE: Final = "origin.foreign-delete"
"""DELETE of session J with a foreign Origin. Control: isolation.end-a, which ended session I."""
ORIGIN_OWN: Final = "origin.own"
"""The same request with the origin of the server's own pages; control origin.control-request."""
ORIGIN_LOCAL_LOOKING: Final = "origin.local-looking"
"""origin.local-looking.<leg>: the same request with each of ``LOCAL_LOOKING_ORIGINS``; control origin.control-request.
The request steps also run for sessionless revisions."""
BATCH: Final = "batch.post-request"
BATCH_CONTROL: Final = "batch.control"

AUTH: Final = "auth"
"""auth.<token>: initialize (tools/list for a sessionless revision) with that token (none, inactive, expired,
wrong-audience, audience-list, audience-list-reversed, no-scope); control is auth.valid."""
AUTH_VALID: Final = "auth.valid"
HIJACK_NO_TOKEN: Final = "hijack.no-token"
"""hijack.no-token.<leg>: live session of user 1, no Authorization header; control hijack.user1.<leg>."""
HIJACK_USER1: Final = "hijack.user1"
HIJACK_USER2: Final = "hijack.user2"
"""hijack.user2.<leg>: live session of user 1 with user 2's token (same client, other subject)."""
HIJACK_ALIVE: Final = "hijack.alive"
"""hijack.alive.<no-token|user2>: user 1's request on the session after that DELETE: not served means it was ended."""

ISOLATION_END_A: Final = "isolation.end-a"
ISOLATION_REQUEST_B: Final = "isolation.request-b"
ISOLATION_BEFORE_B: Final = "isolation.before-b"
SURVIVES_INITIALIZE: Final = "survives.initialize"
SURVIVES_REQUEST: Final = "survives.request"

# The sessionless revisions (2026-07-28 on). Control of each is the modern.control of the same revision.
MODERN_CONTROL: Final = "modern.control"
MODERN_SESSION_ID: Final = "modern.session-id"
"""As the control, with a made-up Mcp-Session-Id."""
MODERN_GET: Final = "modern.get"
MODERN_DELETE: Final = "modern.delete"
MODERN_UNSUPPORTED: Final = "modern.unsupported"
"""An unknown version, the same in header and body."""
MODERN_MISMATCH: Final = "modern.mismatch"
"""The version header is right, the body's version is one that does not exist."""
MODERN_MISMATCH_HEADER: Final = "modern.mismatch-header"
"""The body's version is right, the header's is one that does not exist: a server that reads the body only serves it."""
MODERN_MISSING_HEADER: Final = "modern.missing-header"
"""No MCP-Protocol-Version header."""
MODERN_UNKNOWN_METHOD: Final = "modern.unknown-method"
MODERN_REMOVED: Final = "modern.removed"
"""modern.removed.<method>: each of ``REMOVED_METHODS``, which earlier revisions have and this one has not."""
MODERN_MISMATCH_METHOD: Final = "modern.mismatch-method"
"""The Mcp-Method header names another method than the body."""
MODERN_MISSING_METHOD: Final = "modern.missing-method"
"""No Mcp-Method header."""
MODERN_METHOD_CASE: Final = "modern.method-case"
"""The Mcp-Method header has the body's method in capitals."""
MODERN_HEADER_CASE: Final = "modern.header-case"
"""As the control, with every header's name in another case."""
MODERN_LAST_EVENT_ID: Final = "modern.last-event-id"
"""As the control, with a made-up Last-Event-ID."""
MODERN_DISCOVER: Final = "modern.discover"
"""server/discover. Not sent again where it is the control's own method."""
MODERN_RESOURCES: Final = "modern.resources"
"""resources/list, where discovery declares resources."""
MODERN_PROMPTS: Final = "modern.prompts"
"""prompts/list, where discovery declares prompts."""
RESOURCE_MISSING: Final = "resource.missing"
"""resources/read of a URI that was made up, where resources are declared: also on session A of older revisions."""
MODERN_LOG_LEVEL: Final = "modern.log-level"
"""As the control, with a log level that does not exist, where discovery declares logging."""
MODERN_PAGE: Final = "modern.page"
"""The second page of the control's list, where the first one names a cursor."""
MODERN_LISTEN: Final = "modern.listen"
"""subscriptions/listen for changes of a list, where discovery declares ``listChanged``; the stream is closed once the
first message came."""
MODERN_TOOL: Final = "modern.tool"
"""A tools/call, where tools/list offers a tool whose arguments could be made up. Control of the three below."""
MODERN_TOOL_NAME: Final = "modern.tool-name"
"""The Mcp-Name header names another tool than the body."""
MODERN_TOOL_NAMELESS: Final = "modern.tool-nameless"
"""No Mcp-Name header."""
MODERN_TOOL_ENCODED: Final = "modern.tool-encoded"
"""The right name in base64, as the page on value encoding has it."""
MODERN_NAME_OF: Final = {"resources/read": "modern.resource-name", "prompts/get": "modern.prompt-name"}
"""By method: as ``FEATURE_CONTENT``, its control, with an Mcp-Name that names another resource or prompt."""
MODERN_PARAM: Final = "modern.param"
"""A tools/call with a parameter that a header repeats (``x-mcp-header``), header and body equal. Control of those
below."""
MODERN_PARAM_WRONG: Final = "modern.param-wrong"
"""The header has another value than the body."""
MODERN_PARAM_MISSING: Final = "modern.param-missing"
"""The body has the value and the header is missing."""
MODERN_PARAM_ENCODED: Final = "modern.param-encoded"
"""The right value in base64."""
MODERN_PARAM_CHARACTERS: Final = "modern.param-characters"
"""Header and body have the same character beyond ASCII, which the header must have in base64."""
MODERN_PARAM_NUMBER: Final = "modern.param-number"
"""The header has ``2.0`` for the integer 2."""
MODERN_PARAM_ABSENT: Final = "modern.param-absent"
"""Neither header nor body has the parameter, which is optional."""
MODERN_ABLE: Final = "modern.able"
"""A tools/call of a client that declares every capability for input, to each of the first tools until one asks."""
MODERN_ASKS: Final = "modern.asks"
"""The one of them that was answered by an InputRequiredResult. Control of the next two."""
MODERN_UNABLE: Final = "modern.unable"
"""The same call of a client that declares no capability."""
MODERN_ANSWERED: Final = "modern.answered"
"""The call again with the input that was asked for, and the state. Control of those below."""
MODERN_STATE_CHANGED: Final = "modern.state-changed"
"""The state was tampered with."""
MODERN_ANSWERS_MISSING: Final = "modern.answers-missing"
"""The state without the input."""
MODERN_ANSWERS_INVALID: Final = "modern.answers-invalid"
"""``inputResponses`` is a string."""
MODERN_ANSWERS_MORE: Final = "modern.answers-more"
"""The input and one more that nobody asked for."""
MODERN_MISSING_META: Final = "modern.missing-meta"
"""The body's _meta lacks the required clientCapabilities."""
MODERN_MISSING_META_VERSION: Final = "modern.missing-meta-version"
"""The body's _meta lacks the required protocolVersion; the header has it."""
MODERN_NOTIFICATION: Final = "modern.notification"

# State handles, where an example's tools have them (:mod:`harness.profiles.mcp.probes.tools`).
HANDLE_MINT: Final = "handle.mint"
"""A tools/call whose result carries a handle: ``Exchange.handle``."""
HANDLE_TRIED: Final = "handle.tried"
"""A tools/call that gave no handle. Never judged."""
HANDLE_USE: Final = "handle.use"
"""The other tool, with a value that was given."""
HANDLE_NO_TOKEN: Final = "handle.no-token"
"""handle.use without an Authorization header, where a token is demanded. Control: handle.use."""
HANDLE_USER2: Final = "handle.user2"
"""The same with user 2's token."""
HANDLE_UNKNOWN: Final = "handle.unknown"
"""The same with a value of the same shape that was never given: refused, or it is not a handle. Control: handle.use."""

# Stdio examples. Method is STDIN; one exchange per message written. In a sessionless revision, which needs no opening,
# the messages after ``discover.modern`` are the same.
STDIO_INITIALIZE: Final = "stdio.initialize"
STDIO_INITIALIZED: Final = "stdio.initialized"
STDIO_TOOLS: Final = "stdio.tools-list"
STDIO_TOOL_CALL: Final = "stdio.tool-call"
"""A tools/call for each of the first tools whose arguments can be made up: what a tool prints shows only then."""
STDIO_CANCELLED: Final = "stdio.cancelled"
"""Notifications that cancel a request that never was, one that is answered, and none at all."""
STDIO_AFTER_CANCELLED: Final = "stdio.after-cancelled"
"""tools/list once more, after them. Control: the first one."""
STDIO_LIST: Final = "stdio.list"
"""prompts/list and resources/list, where discovery declares them."""
STDIO_CLOSE: Final = "stdio.close"
"""The end of stdin, of the first process that answered something; of the first one if none did."""
STDIO_NOISE: Final = "stdio.noise"
"""A line on stdout that is not an MCP message."""

# Client examples: requests that the scripted server received.
CLIENT: Final = "client"
"""client.<n>.<what>: as received, in order; ``reply`` is what the scripted server answered. ``what`` is the JSON-RPC
method (``initialize``, ``notifications/initialized``, ``tools/list``), ``response``, ``get``, ``delete`` or
``other``."""
DOCUMENTED: Final = "documented"
"""documented.<n>: an exchange that the docs print (http fence or sequence diagram). What is not printed is not there:
``failure`` ``NOT_SHOWN`` without an answer, status 0 for an answer without a status, an empty method for an answer
without its request, ``headers_complete`` false for a request that leaves headers out
(:mod:`harness.profiles.mcp.printed_exchanges`)."""
