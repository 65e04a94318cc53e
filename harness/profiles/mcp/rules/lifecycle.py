"""What a server agrees to at initialize and then does: its version, and ping.

Sentences: lifecycle page, "Version Negotiation" and "Operation"; ping page, "Behavior Requirements".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import as_interpretation, inconclusive, join_words, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import UNSUPPORTED_VERSION, initialize_version
from harness.profiles.mcp.revisions import SESSIONS, level, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    is_polled,
    is_served,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import (
    control_of,
    error_code,
    exchange_of,
    exchanges_of,
    method_of,
    response,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_SHOWN: Final = 40
"""Characters of a version, or a field's name, that a summary shows."""
_FIELDS: Final = 3
"""Fields that a summary names."""
_INVALID_PARAMS: Final = -32602
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
            bound,
            f"A message with the negotiated version returned {describe(refused)}; why is not known.",
            asked,
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
    """Judge that a ping MUST be answered by an empty result: one with nothing but ``_meta``."""
    ping, other = _of_method(transcript, bound.revision, "ping"), _of_method(transcript, bound.revision, "tools/list")
    if ping is None:
        return not_asked(transcript, bound, "A ping")
    if is_served(ping) and isinstance((response(ping) or {}).get("result"), dict):
        more = sorted({*(response(ping) or {})["result"]} - {"_meta"})
        if more:
            named = join_words(f"`{name[:_SHOWN]}`" for name in more[:_FIELDS])
            return violated(bound, f"A ping returned a result with {named}", [ping], expected="an empty one")
        return satisfied(bound, "A ping returned an empty result.", [ping])
    if other is None or not is_served(other):
        return inconclusive(bound, f"A ping returned {describe(ping)}, and tools/list was not served.", [ping, other])
    if ping.reply is None or ping.status in (429, 503) or is_polled(ping):
        return inconclusive(bound, f"A ping was inconclusive: {why_undecided(ping)}.", [ping, other])
    return violated(
        bound,
        "A ping returned a result that is not an object" if is_served(ping) else f"A ping returned {describe(ping)}",
        [ping, other],
        expected="an empty result",
        wrong=[ping],
        control="tools/list was served.",
    )


PING_ANSWERED: Final = Rule(
    Requirement(
        id="ping.answered",
        title="A ping is answered by an empty result",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="A client that checks its connections takes the server for dead, or cannot read the answer, and closes "
        "its session.",
        fix="Answer `ping` with an empty result, `{}`, on every session.",
    ),
    Decision(ping_answered, BASELINE),
)


def init_version(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an initialize with a version that does not exist MUST be answered by one that the server supports.

    That error -32602 violates it is a reading: the page prints that error as its example of a mismatch.
    """
    asked = exchange_of(transcript, None, steps.INITIALIZE_UNSUPPORTED)
    if asked is None:
        return not_asked(transcript, bound, "An initialize with a version that does not exist")
    both = [control_of(transcript, asked), asked]
    answered = initialize_version(response(asked))
    if answered is None:
        if answer_to_fault(transcript, asked) in NOT_SERVED:
            finding = violated(
                bound,
                f"An initialize that offers {UNSUPPORTED_VERSION} returned {describe(asked)}",
                both,
                expected="a result with a version that the server supports",
                quoting="another protocol version",
            )
            return as_interpretation(finding) if error_code(asked) == _INVALID_PARAMS else finding
        return inconclusive(bound, f"The initialize was inconclusive: {why_undecided(asked)}.", both)
    if answered == UNSUPPORTED_VERSION:
        summary = f"The server agreed to {UNSUPPORTED_VERSION}, a version that does not exist."
        return violated(bound, summary, both, quoting="another protocol version")
    if answered not in transcript.negotiated:
        summary = f"The server answered {answered[:_SHOWN]}, and whether it supports that version was not asked."
        return inconclusive(bound, summary, both)
    return satisfied(bound, f"An initialize that offers {UNSUPPORTED_VERSION} was answered by {answered}.", both)


INIT_VERSION: Final = Rule(
    Requirement(
        id="init.version",
        title="An unknown version is answered by one that the server supports",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="Client and server talk in a version that one of them does not know, or cannot begin at all.",
        fix="Answer initialize with the version asked for if you support it, else with the newest that you do.",
        avoid="Don't echo whatever the client offers.",
    ),
    Decision(init_version, BASELINE),
)


def newest_version(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the version that answers an unknown one SHOULD be the newest that the server supports."""
    asked = exchange_of(transcript, None, steps.INITIALIZE_UNSUPPORTED)
    if asked is None:
        return not_asked(transcript, bound, "An initialize with a version that does not exist")
    answered = initialize_version(response(asked))
    if answered is None or answered == UNSUPPORTED_VERSION:
        summary = f"An initialize that offers {UNSUPPORTED_VERSION} was not answered by another version."
        return inconclusive(bound, summary, [asked])
    newest = max(revision for revision in transcript.negotiated if revision not in transcript.modern)
    both = [control_of(transcript, asked), asked]
    if answered < newest:
        return violated(
            bound,
            f"An initialize that offers {UNSUPPORTED_VERSION} was answered by {answered[:_SHOWN]}; the server also "
            f"supports {newest}.",
            both,
        )
    return satisfied(bound, f"An initialize that offers {UNSUPPORTED_VERSION} was answered by the newest one.", both)


NEWEST_VERSION: Final = Rule(
    Requirement(
        id="init.newest-version",
        title="An unknown version is answered by the newest that the server supports",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=text(SESSIONS),
        effect="A client that is newer than the server uses an older version than both support.",
        fix="Keep the supported versions in order and answer with the newest one.",
    ),
    Decision(newest_version, BASELINE),
)


def absent_served(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a request without MCP-Protocol-Version SHOULD be taken for one of 2025-03-26, or of its session.

    That of a session is a reading: the sentence is about servers that know the version in no other way.
    """
    asked = exchange_of(transcript, bound.revision, steps.VERSION_ABSENT)
    if asked is None:
        return not_asked(transcript, bound, "A request without MCP-Protocol-Version")
    both = [control_of(transcript, asked), asked]
    if is_served(asked):
        return satisfied(bound, "A request without MCP-Protocol-Version was served.", both)
    if answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"The request was inconclusive: {why_undecided(asked)}.", both)
    if asked.session is None and SESSIONS[0] not in transcript.negotiated:
        return not_applicable(bound, f"The server has no sessions and does not support {SESSIONS[0]}.", both)
    finding = violated(
        bound, f"A request without MCP-Protocol-Version returned {describe(asked)}; with it, it was served.", both
    )
    return as_interpretation(finding) if asked.session is not None else finding


ABSENT_SERVED: Final = Rule(
    Requirement(
        id="version.absent-served",
        title="A request without a version header is served",
        side=Side.SERVER,
        levels=level(Level.SHOULD, _WITH_VERSION_HEADER),
        basis=text(_WITH_VERSION_HEADER),
        effect="Clients from before the header, which was new in 2025-06-18, cannot talk to the server.",
        fix="Take the version of the session, else 2025-03-26, where the header is missing.",
    ),
    Decision(absent_served, BASELINE),
)

RULES: Final = (INIT_VERSION, NEWEST_VERSION, ABSENT_SERVED, NEGOTIATED_SERVED, PING_ANSWERED)


def _of_method(transcript: Transcript, revision: str, method: str) -> Exchange | None:
    """Return the request of the baseline with a method; None if there is none."""
    asked = exchanges_of(transcript, revision, steps.BASELINE_REQUEST, steps.BASELINE_OTHER, steps.MODERN_CONTROL)
    return next((exchange for exchange in asked if method_of(exchange) == method), None)
