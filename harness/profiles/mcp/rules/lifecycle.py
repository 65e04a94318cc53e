"""What a server agreed to at initialize, and then does: its version, its capabilities, and ping.

Sentences: lifecycle page, "Operation"; tools page, "Capabilities"; ping page, "Behavior Requirements".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import SESSIONS, STREAMABLE, level, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    is_result,
    is_served,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import (
    control_of,
    discovery_of,
    exchange_of,
    exchanges_of,
    method_of,
    response,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_WITH_VERSION_HEADER: Final = SESSIONS[1:]


def negotiated_served(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server that negotiates a version does not refuse requests for naming it in MCP-Protocol-Version.

    The control is the same message without the header, or with that of another negotiated version.
    """
    asked = exchanges_of(transcript, bound.revision, steps.BASELINE_INITIALIZED, steps.BASELINE_REQUEST)
    if not asked:
        return not_asked(transcript, bound, "A message with the negotiated version")
    for exchange in asked:
        control = control_of(transcript, exchange)
        if control is not None and answer_to_fault(transcript, exchange) in NOT_SERVED:
            return violated(
                bound,
                f"The server negotiated {bound.revision} and returned {describe(exchange)} to a message with "
                f"MCP-Protocol-Version {bound.revision}; without that header, or with another version, it was served.",
                [exchange, control],
            )
    refused = next((exchange for exchange in asked if not is_served(exchange)), None)
    if refused is not None:
        return inconclusive(
            bound, f"A message with the negotiated version returned {describe(refused)}, for whatever reason.", asked
        )
    return satisfied(bound, f"Messages with the negotiated version {bound.revision} were served.", asked)


NEGOTIATED_SERVED: Final = Rule(
    Requirement(
        id="version.negotiated-served",
        title="A version that was negotiated is served",
        side=Side.SERVER,
        levels=level(Level.MUST, _WITH_VERSION_HEADER),
        basis=text(_WITH_VERSION_HEADER),
        effect="A client does what the server agreed to, and cannot send a single request.",
        fix="Check MCP-Protocol-Version against the versions that initialize agrees to: one list for both.",
    ),
    Decision(negotiated_served),
)


def ping_answered(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a ping MUST be answered by a result."""
    ping, other = _of_method(transcript, bound.revision, "ping"), _of_method(transcript, bound.revision, "tools/list")
    if ping is None:
        return not_asked(transcript, bound, "A ping")
    if is_served(ping):
        return satisfied(bound, f"A ping returned {describe(ping)}.", [ping])
    if other is None or not is_served(other):
        return inconclusive(bound, f"A ping returned {describe(ping)}, and tools/list was not served.", [ping, other])
    if ping.reply is None or ping.status in (429, 503):
        return inconclusive(bound, f"A ping gave no decision: {why_undecided(ping)}.", [ping, other])
    return violated(
        bound, f"A ping returned {describe(ping)}; expected an empty result. tools/list was served.", [ping, other]
    )


PING_ANSWERED: Final = Rule(
    Requirement(
        id="ping.answered",
        title="A ping is answered",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="A client that checks its connections takes the server for dead and closes its session.",
        fix="Answer `ping` with an empty result, `{}`, on every session.",
    ),
    Decision(ping_answered, BASELINE),
)


def capability_declared(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server that lists tools MUST declare the capability ``tools``: in initialize, or in discovery."""
    where, opening = "InitializeResult", exchange_of(transcript, bound.revision, steps.BASELINE_INITIALIZE)
    if bound.revision in transcript.modern:
        where, opening = "discovery", discovery_of(transcript, bound.revision)
    listed = _of_method(transcript, bound.revision, "tools/list")
    if opening is None or listed is None:
        return not_asked(transcript, bound, "tools/list")
    evidence = [opening, listed]
    if not is_result(listed):
        return not_applicable(bound, f"The server has no tools: tools/list returned {describe(listed)}.", evidence)
    tools = _result(listed).get("tools")
    if not isinstance(tools, list) or not tools:
        return not_applicable(bound, "The server lists no tools.", evidence)
    if not is_result(opening):
        return inconclusive(bound, f"The {where} is missing: the server returned {describe(opening)}.", evidence)
    capabilities = _result(opening).get("capabilities")
    if isinstance(capabilities, dict) and "tools" in capabilities:
        return satisfied(bound, "The server declares the capability tools and lists tools.", evidence)
    return violated(bound, f"The server lists tools, and its {where} does not declare the capability tools.", evidence)


CAPABILITY_DECLARED: Final = Rule(
    Requirement(
        id="capability.declared",
        title="A server with tools declares the capability",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Clients don't ask for tools that no capability announces: the server seems to have none.",
        fix='Put `"tools": {}` into the capabilities of the InitializeResult; from 2026-07-28 on, of the result of '
        "`server/discover`.",
    ),
    Decision(capability_declared, BASELINE),
)

RULES: Final = (NEGOTIATED_SERVED, PING_ANSWERED, CAPABILITY_DECLARED)


def _of_method(transcript: Transcript, revision: str, method: str) -> Exchange | None:
    """Return the request of the baseline with a method; None if there is none."""
    asked = exchanges_of(transcript, revision, steps.BASELINE_REQUEST, steps.BASELINE_OTHER, steps.MODERN_CONTROL)
    return next((exchange for exchange in asked if method_of(exchange) == method), None)


def _result(exchange: Exchange) -> dict[str, object]:
    result = (response(exchange) or {}).get("result")
    return result if isinstance(result, dict) else {}
