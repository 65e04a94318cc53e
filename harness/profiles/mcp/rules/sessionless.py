"""The sessionless revisions, 2026-07-28 on: what took the place of sessions and of initialize.

Sentences: Streamable HTTP page of 2026-07-28, "Earlier Streamable HTTP Revisions" and "Protocol Version Header"; base
protocol page, "_meta".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base.jsonrpc import METHOD_NOT_FOUND
from harness.judge.findings import as_interpretation, count, inconclusive, satisfied, violated
from harness.model import Requirement, Side, Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import SESSION_HEADER
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.answers import (
    Answer,
    answer_to_fault,
    classify_answer,
    describe,
    describe_each,
    is_served,
    why_undecided,
    with_controls,
)
from harness.profiles.mcp.rules.preconditions import (
    BASELINE,
    ONLY_SESSIONLESS,
    deciding,
    must_answer,
    not_asked,
    only_sessionless,
)
from harness.profiles.mcp.rules.transcript import (
    control_of,
    error_code,
    exchange_of,
    issued_id,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript


def ignore_session_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a made-up Mcp-Session-Id SHOULD be ignored, and no id issued or echoed."""
    asked = exchange_of(transcript, bound.revision, steps.MODERN_SESSION_ID)
    if asked is None:
        return not_asked(transcript, bound, "A request with a made-up session id")
    control = control_of(transcript, asked)
    both = [control, asked]
    for exchange in (control, asked):
        if exchange is not None and issued_id(exchange) is not None:
            what = "with a made-up session id" if exchange is asked else "without a session id"
            return violated(bound, f"The answer to a request {what} carried a session id", both, expected="none")
    if is_served(asked):
        return satisfied(bound, "A request with a made-up session id was served and got no id back.", both)
    summary = f"A request with a made-up session id returned {describe(asked)}"
    if not is_served(control) or classify_answer(transcript, asked, control) is Answer.UNDECIDED:
        return inconclusive(bound, f"{summary}.", both)
    return violated(bound, f"{summary}; without the id it was served.", both)


def printed_ignore_session_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that no answer that a page prints carries a session id: these revisions removed the header."""
    answers = [exchange for exchange in transcript.exchanges if exchange.reply is not None]
    issued = [exchange for exchange in answers if issued_id(exchange) is not None]
    if issued:
        return violated(bound, f"The page prints an answer with {SESSION_HEADER}, which this revision removed.", issued)
    if not answers:
        return inconclusive(bound, "No answer is printed.")
    return satisfied(bound, f"No printed answer carries a session id ({count(len(answers), 'answer')}).", answers)


IGNORE_SESSION_ID: Final = Rule(
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
    Decision(ignore_session_id, ONLY_SESSIONLESS),
    printed=Decision(printed_ignore_session_id),
)


def get_delete_405(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that GET and DELETE SHOULD be answered 405."""
    sent = [exchange_of(transcript, bound.revision, step) for step in (steps.MODERN_GET, steps.MODERN_DELETE)]
    asked = [exchange for exchange in sent if exchange is not None]
    if not asked:
        return not_asked(transcript, bound, "GET or DELETE")
    evidence = [*(control_of(transcript, exchange) for exchange in asked), *asked]
    decided = [exchange for exchange in asked if answer_to_fault(transcript, exchange) is not Answer.UNDECIDED]
    summary = f"The endpoint returned {describe_each((exchange.method, exchange) for exchange in decided)}"
    if all(exchange.status == 405 for exchange in decided):
        left = next((exchange for exchange in asked if exchange not in decided), None)
        if left is not None:
            return inconclusive(bound, f"{left.method} was inconclusive: {why_undecided(left)}.", evidence)
        return satisfied(bound, f"{summary}.", evidence)
    by_method = {exchange.method: exchange.status == 405 for exchange in decided}
    return violated(
        bound,
        summary,
        evidence,
        by_method,
        expected="405",
        wrong=[e for e in decided if e.status != 405],
        control="POST was served.",
    )


GET_DELETE_405: Final = Rule(
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
    Decision(get_delete_405, ONLY_SESSIONLESS),
)


def mismatch_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a version header that differs from the body's _meta MUST get 400, whichever of the two is wrong."""
    return deciding(
        must_answer(transcript, bound, step, 400, f"A request whose {wrong} names a version that does not exist")
        for step, wrong in ((steps.MODERN_MISMATCH_HEADER, "header"), (steps.MODERN_MISMATCH, "body"))
    )


VERSION_MISMATCH_400: Final = Rule(
    Requirement(
        id="version.mismatch-400",
        title="A version header that differs from the body gets 400",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A gateway that reads the header and a server that reads the body act on different versions.",
        fix="Compare MCP-Protocol-Version with the request's _meta and answer 400 with a HeaderMismatch error.",
        avoid="Don't let either of the two win silently.",
    ),
    Decision(mismatch_400, BASELINE),
)


def missing_header_reject(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server that supports no older client MUST reject a request without the version header, by 400."""
    return must_answer(transcript, bound, steps.MODERN_MISSING_HEADER, 400, "A request without MCP-Protocol-Version")


MISSING_HEADER_REJECT: Final = Rule(
    Requirement(
        id="version.missing-header-reject",
        title="A server of only this revision rejects a request without a version header",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A request of an unknown version is handled by the rules of this one.",
        fix="Reject a request without MCP-Protocol-Version, unless you support clients from before that header.",
        avoid="Don't assume the newest version.",
    ),
    Decision(missing_header_reject, ONLY_SESSIONLESS),
)


def unknown_method_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a method that the server does not implement MUST get 404 with JSON-RPC code -32601.

    That a method of earlier revisions is not to be served any more is a reading: the text only leaves it out.
    """
    unknown = _not_found(transcript, bound, steps.MODERN_UNKNOWN_METHOD, "A request with an unknown method")
    removed = [
        _not_found(transcript, bound, f"{steps.MODERN_REMOVED}.{method}", f"{method}, which this revision removed,")
        for method in steps.REMOVED_METHODS
    ]
    return deciding((unknown, *map(as_interpretation, removed)))


def _not_found(transcript: Transcript, bound: BoundRequirement, step: str, what: str) -> Finding:
    finding = must_answer(transcript, bound, step, 404, what)
    fault = exchange_of(transcript, bound.revision, step)
    if finding.verdict is not Verdict.SATISFIED or fault is None:
        return finding
    code = error_code(fault)
    if code == METHOD_NOT_FOUND:
        return finding
    body = f"with code {code}" if code is not None else "without a JSON-RPC error"
    return violated(
        bound, f"{what} returned 404 {body}", with_controls(transcript, [fault]), expected=f"code {METHOD_NOT_FOUND}"
    )


UNKNOWN_METHOD_404: Final = Rule(
    Requirement(
        id="version.unknown-method-404",
        title="An unknown method gets 404 with code -32601",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client cannot distinguish a method that isn't there from an endpoint of an older kind.",
        fix="Answer 404 with a JSON-RPC error of code -32601 in the body.",
        avoid="Don't send a bare 404: the body makes the difference.",
    ),
    Decision(unknown_method_404, BASELINE),
)


def missing_meta_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a request that lacks a required field of _meta MUST get 400.

    To a server that speaks the older revisions too, a request without the version is an older client's: not judged.
    """
    faults = {steps.MODERN_MISSING_META: "the client's capabilities"}
    if only_sessionless(transcript, bound) is None:
        faults[steps.MODERN_MISSING_META_VERSION] = "the protocol version"
    return deciding(
        must_answer(transcript, bound, step, 400, f"A request whose _meta lacks {what}")
        for step, what in faults.items()
    )


META_MISSING_400: Final = Rule(
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
    Decision(missing_meta_400, BASELINE),
)


RULES: Final = (
    IGNORE_SESSION_ID,
    GET_DELETE_405,
    VERSION_MISMATCH_400,
    MISSING_HEADER_REJECT,
    UNKNOWN_METHOD_404,
    META_MISSING_400,
)
