"""What every result of a sessionless revision carries, 2026-07-28 on, and discovery.

Sentences: base protocol page, "Result Responses" and "_meta"; discovery page; caching page; versioning page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import Fault, inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side, Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import META
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.answers import (
    NEVER_DECIDE,
    NOT_SERVED,
    answer_to_fault,
    describe,
    first_left_open,
    is_event_stream,
    is_json_error,
    is_result,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, ONLY_SESSIONLESS, not_asked
from harness.profiles.mcp.rules.transcript import (
    capabilities_of,
    control_of,
    discovery_of,
    exchange_of,
    method_of,
    named_version,
    plain_results,
    response,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_CACHEABLE: Final = (
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
)
_SCOPES: Final = ("public", "private")
_RESULT_TYPES: Final = ("complete", "input_required")
"""Of the core protocol."""
_SHOWN: Final = 60
"""Characters of a type that a summary shows: it is the example's."""


def result_type(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that every result MUST have a ``resultType``: one of the core protocol, or of a declared extension.

    Which types an extension adds only its own page says, so that with one any type may be right.
    """
    declaration = discovery_of(transcript, bound.revision)
    extended = declaration is None or not is_result(declaration) or bool(capabilities_of(declaration).get("extensions"))

    def fault(result: Message) -> Fault | None:
        type = result.get("resultType")
        if not isinstance(type, str):
            return Fault("no `resultType`")
        if type in _RESULT_TYPES or extended:
            return None
        return Fault(f"the `resultType` {type[:_SHOWN]!r}, and no extension is declared", "supported ResultType values")

    results = plain_results(transcript, bound.revision)
    if not results:
        return not_asked(transcript, bound, "A request that gets a result")
    return _of_each(bound, results, fault, "Every result has a `resultType`.")


RESULT_TYPE: Final = Rule(
    Requirement(
        id="result.type",
        title="Every result states its type",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client cannot tell a finished result from one that asks it for input.",
        fix='Put `"resultType": "complete"` into every result, and other types only where an extension is declared.',
        avoid="Don't rely on clients that take its absence for complete: they do so for older revisions only.",
    ),
    Decision(result_type, BASELINE),
)


def server_info(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that every result SHOULD name the server in its ``_meta``."""

    def fault(result: Message) -> Fault | None:
        meta = result.get("_meta")
        named = isinstance(meta, dict) and isinstance(meta.get(f"{META}serverInfo"), dict)
        return None if named else Fault(f"no `{META}serverInfo`")

    results = plain_results(transcript, bound.revision)
    if not results:
        return not_asked(transcript, bound, "A request that gets a result")
    return _of_each(bound, results, fault, "Every result names the server.")


SERVER_INFO: Final = Rule(
    Requirement(
        id="result.server-info",
        title="Every result names the server",
        side=Side.ANY_SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="Logs and user interfaces cannot say which server answered: there is no initialize to ask.",
        fix="Put name and version under `io.modelcontextprotocol/serverInfo` into the `_meta` of every result, unless "
        "the server is configured not to identify itself.",
    ),
    Decision(server_info, BASELINE),
)


def discover_implemented(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that server/discover MUST be answered by the versions, this one among them, and the capabilities."""
    asked = discovery_of(transcript, bound.revision)
    if asked is None:
        return not_asked(transcript, bound, "server/discover")
    evidence = [control_of(transcript, asked), asked]
    result = (response(asked) or {}).get("result")
    if not isinstance(result, dict):
        over_stdio = asked.method == "STDIN" and is_json_error(asked)
        if over_stdio or answer_to_fault(transcript, asked) in NOT_SERVED:
            return violated(bound, f"server/discover returned {describe(asked)}", evidence, expected="a result")
        return inconclusive(bound, f"server/discover returned {describe(asked)}.", evidence)
    versions, spoken = result.get("supportedVersions"), named_version(asked)
    if not isinstance(versions, list) or spoken not in versions:
        return violated(
            bound, f"`supportedVersions` of server/discover lacks {spoken}, which the server supports.", evidence
        )
    if not isinstance(result.get("capabilities"), dict):
        return violated(bound, "The result of server/discover has no `capabilities`.", evidence)
    return satisfied(bound, "server/discover returned the supported versions and the capabilities.", evidence)


DISCOVER_IMPLEMENTED: Final = Rule(
    Requirement(
        id="discover.implemented",
        title="The server can be asked what it supports",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client that asks first, as stdio clients do, mistakes the server for one of an older revision.",
        fix="Answer `server/discover` with `supportedVersions` and `capabilities`.",
    ),
    Decision(discover_implemented, BASELINE),
)


def cache_hints(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that complete results of lists, discovery and resources MUST have ``ttlMs`` >= 0 and ``cacheScope``.

    All pages of one list MUST have the same scope.
    """
    cacheable = [
        (exchange, result)
        for exchange, result in plain_results(transcript, bound.revision)
        if method_of(exchange) in _CACHEABLE and result.get("resultType", "complete") == "complete"
    ]
    page = exchange_of(transcript, bound.revision, steps.MODERN_PAGE)
    first = control_of(transcript, page) if page is not None else None
    scopes = [result.get("cacheScope") for exchange, result in cacheable if exchange in (page, first)]
    if all(scope in _SCOPES for scope in scopes) and any(scope != scopes[0] for scope in scopes):
        summary = "Two pages of one list have different `cacheScope`s."
        return violated(bound, summary, [first, page], quoting="same cacheScope")
    if not cacheable:
        return not_applicable(bound, "No result may be cached: nothing was listed, discovered or read.")

    def fault(result: Message) -> Fault | None:
        ttl, scope = result.get("ttlMs"), result.get("cacheScope")
        if ttl is None:
            return Fault("no `ttlMs`")
        if not isinstance(ttl, int) or isinstance(ttl, bool) or ttl < 0:
            return Fault("a `ttlMs` that is not an integer of 0 or more", "ttlMs value")
        if scope not in _SCOPES:
            return Fault("no `cacheScope`" if scope is None else "a `cacheScope` that is neither public nor private")
        return None

    finding = _of_each(bound, cacheable, fault, "Results that may be cached say for how long and for whom.")
    late = first_left_open(transcript, [page])
    if late is not None and finding.verdict is Verdict.SATISFIED:
        return inconclusive(
            bound, f"Two pages of one list could not be compared: {why_undecided(late)}.", [first, page]
        )
    return finding


CACHE_HINTS: Final = Rule(
    Requirement(
        id="cache.hints",
        title="Results that may be cached say for how long and for whom",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="Clients ask for the same list again and again, or show one user's list to another.",
        fix="Put `ttlMs` (0 or more) and `cacheScope` (public or private) into complete results of discovery, "
        "lists and resources/read.",
        avoid='Don\'t set `"cacheScope": "public"` where the list depends on the user.',
    ),
    Decision(cache_hints, BASELINE),
)


def names_versions(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an error to an initialize SHOULD name a version that the server supports.

    Refusals because of load or a missing token are about something else, and a result is not an error.
    """
    spoken = next((named_version(exchange) for exchange, _ in plain_results(transcript, bound.revision)), None)
    refused = [
        exchange
        for exchange in transcript.exchanges
        if method_of(exchange) == "initialize" and exchange.reply is not None and not is_result(exchange)
        if exchange.status not in (401, 403, *NEVER_DECIDE)
    ]
    if not refused or spoken is None:
        return not_asked(transcript, bound, "An initialize that is refused")
    last = refused[-1]
    if spoken in (last.reply.body if last.reply is not None else ""):
        return satisfied(bound, f"The error to an initialize names {spoken}.", [last])
    return violated(bound, f"An initialize returned {describe(last)}, and the answer does not name {spoken}.", [last])


NAMES_VERSIONS: Final = Rule(
    Requirement(
        id="initialize.names-versions",
        title="The error to an initialize names the supported versions",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="An older client cannot tell its user why it does not work.",
        fix="Name the supported versions in the error's message or data.",
    ),
    Decision(names_versions, ONLY_SESSIONLESS),
)


def ignores_event_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a Last-Event-ID SHOULD be ignored."""
    asked = exchange_of(transcript, bound.revision, steps.MODERN_LAST_EVENT_ID)
    if asked is None:
        return not_asked(transcript, bound, "A request with Last-Event-ID")
    both = [control_of(transcript, asked), asked]
    if answer_to_fault(transcript, asked) in NOT_SERVED:
        return violated(
            bound, f"A request with Last-Event-ID returned {describe(asked)}; without it, it was served.", both
        )
    if not isinstance((response(asked) or {}).get("result"), dict):
        return inconclusive(bound, f"A request with Last-Event-ID returned {describe(asked)}.", both)
    return satisfied(bound, "A request with Last-Event-ID was served as any other.", both)


IGNORES_EVENT_ID: Final = Rule(
    Requirement(
        id="sessionless.ignore-event-id",
        title="A server of only this revision ignores Last-Event-ID",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="An older client that reconnects is refused instead of answered.",
        fix="Don't read the Last-Event-ID header.",
    ),
    Decision(ignores_event_id, ONLY_SESSIONLESS),
)


def unbuffered(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that event streams SHOULD carry ``X-Accel-Buffering: no``."""
    posts = [exchange for exchange in transcript.exchanges if exchange.method == "POST"]
    streams = [exchange for exchange in posts if exchange.revision == bound.revision and is_event_stream(exchange)]
    if not streams:
        return not_applicable(bound, "No request was answered by an event stream.")
    for exchange in streams:
        if exchange.reply is not None and (exchange.reply.header("x-accel-buffering") or "").strip().lower() != "no":
            return violated(bound, f"The event stream of {_name(exchange)} has no X-Accel-Buffering: no.", [exchange])
    return satisfied(bound, "Event streams ask not to be buffered.", streams[:1])


UNBUFFERED: Final = Rule(
    Requirement(
        id="stream.x-accel-buffering",
        title="Event streams ask proxies not to buffer them",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="Behind nginx, notifications arrive with the response instead of before it.",
        fix="Send `X-Accel-Buffering: no` with every event stream.",
    ),
    Decision(unbuffered, BASELINE),
)

RULES: Final = (
    RESULT_TYPE,
    SERVER_INFO,
    DISCOVER_IMPLEMENTED,
    CACHE_HINTS,
    NAMES_VERSIONS,
    IGNORES_EVENT_ID,
    UNBUFFERED,
)


def _name(exchange: Exchange) -> str:
    return method_of(exchange) or "a request"


def _of_each(
    bound: BoundRequirement,
    results: Sequence[tuple[Exchange, Message]],
    fault: Callable[[Message], Fault | None],
    right: str,
) -> Finding:
    """Judge every result by itself: the first with a fault violates the requirement.

    Args:
        bound: the requirement.
        results: at least one, each with its exchange.
        fault: what a result has instead of what it must have; None for a right one.
        right: the summary if all are right. One result of each method is evidence enough.
    """
    for exchange, result in results:
        if (wrong := fault(result)) is not None:
            summary = f"The result of {_name(exchange)} has {wrong.summary}."
            return violated(bound, summary, [exchange], quoting=wrong.quoting)
    return satisfied(bound, right, {method_of(exchange): exchange for exchange, _ in reversed(results)}.values())
