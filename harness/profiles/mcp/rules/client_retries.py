"""How clients of the sessionless revisions try again: in another version, and with input (2026-07-28 on).

Sentences: versioning page, "Protocol Version Negotiation"; basic/patterns/mrtr, "Client Requirements".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import count, inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side, Transport
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.preconditions import not_asked
from harness.profiles.mcp.rules.sent_requests import name_of, openings, params_of, posts_of, received, target_of
from harness.profiles.mcp.rules.transcript import error_code, method_of, response, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_UNSUPPORTED_VERSION: Final = -32022


def retries_version(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the client SHOULD retry in a supported version after UnsupportedProtocolVersionError.

    One that ends instead may speak none of them: that decides nothing.
    """
    refused = next((e for e in posts_of(transcript, bound.revision) if error_code(e) == _UNSUPPORTED_VERSION), None)
    if refused is None:
        return not_asked(transcript, bound, "An UnsupportedProtocolVersionError")
    after = [e for e in received(transcript) if e.process == refused.process and e.number > refused.number]
    again = next((e for e in openings(transcript) if e in after), None)
    if again is not None:
        return satisfied(bound, "After an error that named supported versions the client took one.", [refused, again])
    stubborn = [e for e in after if e.revision == bound.revision and method_of(e)]
    if len(stubborn) > 1:
        return violated(
            bound,
            f"After an error that named the supported versions the client sent {count(len(stubborn), 'more request')} "
            f"in {bound.revision}, which is not one of them.",
            [refused, *stubborn],
        )
    gave_up = "After an error that named supported versions the client gave up: it may support none of them."
    return inconclusive(bound, gave_up, [refused])


RETRIES_SUPPORTED_VERSION: Final = Rule(
    Requirement(
        id="client.retries-supported-version",
        title="The client retries in a version that the server names",
        side=Side.CLIENT,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="The client does not work with servers that are one revision older or newer.",
        fix="Read data.supported of the error and retry with a version in it that the client supports.",
    ),
    Decision(retries_version),
)


def input_retry(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a retry after an InputRequiredResult MUST echo its requestState, under another id."""
    posts = posts_of(transcript, bound.revision)
    asked = next((e for e in posts if _result(e).get("resultType") == "input_required"), None)
    if asked is None:
        return not_asked(transcript, bound, "An InputRequiredResult")
    state = _result(asked).get("requestState")
    after = [e for e in posts if e.process == asked.process and e.number > asked.number]
    retry = next((e for e in after if {"requestState", "inputResponses"} & params_of(e).keys()), None)
    if retry is None:
        return inconclusive(bound, "The client sent no retry with input or state; it need not retry.", [asked, *after])
    both = [asked, retry]
    if "requestState" not in params_of(retry):
        if state is None:
            return satisfied(bound, f"The retry of {name_of(asked)} named no requestState, as none was given.", both)
        return violated(bound, f"The retry of {name_of(asked)} did not echo the requestState.", both)
    if method_of(retry) != method_of(asked) or target_of(retry) != target_of(asked):
        summary = f"{name_of(retry)} carried the requestState of another request."
        return violated(bound, summary, both, quoting="used for any other request")
    if params_of(retry).get("requestState") != state:
        return violated(bound, f"The retry of {name_of(asked)} did not echo the exact requestState.", both)
    if (sent(retry) or {}).get("id") == (sent(asked) or {}).get("id"):
        summary = f"The retry of {name_of(asked)} had the id of the first request."
        return violated(bound, summary, both, quoting="id MUST be different")
    return satisfied(bound, f"The retry of {name_of(asked)} echoed its requestState, under another id.", both)


INPUT_RETRY: Final = Rule(
    Requirement(
        id="client.input-retry",
        title="A retry with input echoes requestState under another id",
        side=Side.CLIENT,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="The server cannot continue what it began, or treats the retry as a repetition.",
        fix="Copy requestState as it is, and give the retry an id of its own.",
    ),
    Decision(input_retry),
)


def discovers_first(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a client that starts its server SHOULD send server/discover first."""
    if transcript.facts.transport is not Transport.STDIO:
        return not_applicable(bound, "The client starts no server.")
    sent_first = next(iter(received(transcript)), None)
    if sent_first is None:
        return not_asked(transcript, bound, "A request of the client")
    if method_of(sent_first) == "server/discover":
        return satisfied(bound, "The client asks its server what it supports before anything else.", [sent_first])
    return violated(bound, f"The client begins with {name_of(sent_first)}, not with server/discover.", [sent_first])


DISCOVERS_FIRST: Final = Rule(
    Requirement(
        id="client.discovers-first",
        title="A client that starts its server asks first what it supports",
        side=Side.CLIENT,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="With a server of an older revision the client waits for an answer that never comes, or misreads one.",
        fix="Send `server/discover` before any other request.",
    ),
    Decision(discovers_first),
)

RULES: Final = (RETRIES_SUPPORTED_VERSION, INPUT_RETRY, DISCOVERS_FIRST)


def _result(exchange: Exchange) -> Message:
    result = (response(exchange) or {}).get("result")
    return result if isinstance(result, dict) else {}
