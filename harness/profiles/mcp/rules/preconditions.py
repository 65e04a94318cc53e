"""When a check may be asked, the finding if its exchange is missing, and judging a status that a sentence demands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind
from harness.judge.findings import inconclusive, join_words, not_applicable, satisfied, violated
from harness.model import Transport, Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    Answer,
    answer_to_fault,
    classify_answer,
    describe,
    is_result,
    is_served,
    why_undecided,
)
from harness.profiles.mcp.rules.transcript import (
    control_of,
    error_code,
    exchange_of,
    exchanges_of,
    sessions_of,
    tool_served,
)
from harness.profiles.mcp.tokens import USER2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.model import BoundRequirement, Exchange, Finding, Transcript
    from harness.rule import Precondition

_BASELINE: Final = (steps.BASELINE_INITIALIZE, steps.BASELINE_INITIALIZED, steps.BASELINE_REQUEST)


def baseline_served(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that the server handled initialize, initialized and one request of this revision."""
    reason = transcript.facts.why_not_served(bound.revision)
    if reason is None:
        return None
    asked = [exchange_of(transcript, bound.revision, step) for step in _BASELINE]
    return inconclusive(bound, f"The baseline of {bound.revision} was not served: {reason.rstrip('.')}.", asked)


def session_issued(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that initialize gave a session id under this revision."""
    if sessions_of(transcript, bound.revision):
        return None
    if other := over_older_transport(transcript, bound):
        return other
    answer = exchange_of(transcript, bound.revision, steps.BASELINE_INITIALIZE)
    return not_applicable(bound, "The initialize answer carried no session id: the server is stateless.", [answer])


def over_older_transport(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that what was spoken is not HTTP+SSE: docprobe only looks whether that is served."""
    if transcript.facts.transport is not Transport.HTTP_SSE:
        return None
    who = "client" if transcript.kind is ExampleKind.CLIENT else "server"
    return not_applicable(bound, f"The {who} speaks the HTTP+SSE transport of 2024-11-05, which has no such rule.")


def token_demanded(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that the server serves nothing without a token."""
    if transcript.demands_token:
        return None
    if stated := transcript.facts.stated_headers:
        return not_applicable(
            bound,
            f"Requests carried what the page states ({', '.join(stated)}): no authorization server gives other tokens.",
        )
    return not_applicable(bound, "The server serves requests without a token: it has no authorization.")


def tokens_issued(*labels: str) -> Precondition:
    """Return the requirement that a token of one of these labels could be sent: a user's own are what they are."""

    def issued(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
        given = transcript.facts.given_tokens
        if given is None or any(label in given for label in labels):
            return None
        if labels == (USER2,):
            return not_applicable(bound, "It needs a second user's token, and none was given.")
        kinds = join_words([f"`{label}`" for label in labels])
        return not_applicable(
            bound,
            f"It needs a token that only docprobe's own authorization server issues ({kinds}); this server was asked "
            "with the tokens that were given.",
        )

    return issued


def only_sessionless(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that the server supports sessionless revisions only."""
    older = [revision for revision in transcript.negotiated if revision not in transcript.modern]
    if not older:
        return None
    return not_applicable(
        bound, f"The server also negotiates {', '.join(older)} by initialize: the rule is for servers that don't."
    )


def over_streamable_http(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that the client speaks Streamable HTTP: its other transports have no sessions and no such headers."""
    match transcript.facts.transport:
        case Transport.HTTP_SSE:
            how = "speaks the HTTP+SSE transport of 2024-11-05"
        case Transport.STDIO:
            how = "starts its server and speaks to it over stdio"
        case _:
            return None
    return not_applicable(bound, f"The client {how}, which has no such rule.")


BASELINE: Final = (baseline_served,)
CLIENT: Final = (over_streamable_http,)
IN_SESSION: Final = (baseline_served, session_issued)
AUTHORIZED: Final = (token_demanded, baseline_served)
AUTHORIZED_SESSION: Final = (token_demanded, baseline_served, session_issued)
ONLY_SESSIONLESS: Final = (only_sessionless, baseline_served)


def not_asked(transcript: Transcript, bound: BoundRequirement, what: str) -> Finding:
    """Return the finding of a conversation that holds no exchange for the requirement, with the reason if it is known.

    Args:
        transcript: the conversation.
        bound: the requirement.
        what: what was not sent, as the start of a sentence.
    """
    facts = transcript.facts
    if older := over_older_transport(transcript, bound):
        return older
    if facts.crashed is not None:
        return inconclusive(bound, f"{what} was not sent: the server {facts.crashed.sentence}.")
    if facts.stopped is not None:
        return inconclusive(bound, f"{what} was not sent: {facts.stopped.sentence}.")
    return inconclusive(bound, f"{what} was not sent in this conversation.")


def deciding(findings: Iterable[Finding]) -> Finding:
    """Return the finding that decides among several faults: a violation, else an undecided one, else the first."""
    order = (Verdict.VIOLATED, Verdict.INCONCLUSIVE)
    return min(findings, key=lambda each: order.index(each.verdict) if each.verdict in order else len(order))


def judge_refusal(
    transcript: Transcript,
    bound: BoundRequirement,
    step: str,
    request: str,
    judge: Callable[[Exchange, Sequence[Exchange | None]], Finding],
) -> Finding:
    """Judge how the request of a step was refused; one that was not sent or not refused decides nothing.

    Args:
        transcript: the conversation.
        bound: the requirement.
        step: the step that sent the request under test.
        request: what was sent, as the start of a sentence (``A version that does not exist``).
        judge: from the refused exchange, and the evidence (its control and itself), to the finding.
    """
    refused = exchange_of(transcript, bound.revision, step)
    if refused is None:
        return not_asked(transcript, bound, request)
    both = [control_of(transcript, refused), refused]
    if answer_to_fault(transcript, refused) in NOT_SERVED:
        return judge(refused, both)
    if is_result(refused):
        return inconclusive(bound, f"{request} was served, so there is no error to judge.", both)
    return inconclusive(bound, f"{request} was inconclusive: {why_undecided(refused)}.", both)


def must_get_error(
    transcript: Transcript, bound: BoundRequirement, asked: Exchange, request: str, code: int, *, quoting: str = ""
) -> Finding:
    """Judge that a request gets the JSON-RPC error with ``code``, by its exchange and its control.

    Args:
        transcript: the conversation.
        bound: the requirement.
        asked: the request under test.
        request: what was sent, as the start of a sentence.
        code: the one right code.
        quoting: words of the sentence that a violation quotes.
    """
    both = [control_of(transcript, asked), asked]
    if is_result(asked):
        served = "was served" if tool_served(asked) else "got a tool's result with `isError`"
        return violated(bound, f"{request} {served}", both, quoting=quoting, expected=f"error {code}")
    if answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"{request} was inconclusive: {why_undecided(asked)}.", both)
    got = error_code(asked)
    if got == code:
        return satisfied(bound, f"{request} got error {code}.", both)
    with_code = "no JSON-RPC error code" if got is None else f"error {got}"
    return violated(bound, f"{request} got {with_code}", both, quoting=quoting, expected=str(code))


def must_answer(
    transcript: Transcript, bound: BoundRequirement, step: str, status: int, request: str, *, quoting: str = ""
) -> Finding:
    """Judge "``request`` MUST be answered ``status``" by each of the step's exchanges and its control.

    Args:
        transcript: the conversation.
        bound: the requirement.
        step: the step that sent the request under test.
        status: the one right status.
        request: what was sent, as the start of a sentence (``A request without MCP-Protocol-Version``).
        quoting: words of the sentence that a violation quotes.
    """
    faults = exchanges_of(transcript, bound.revision, step)
    if not faults:
        return not_asked(transcript, bound, request)
    return deciding(_must_answer(transcript, bound, fault, status, request, quoting) for fault in faults)


def _must_answer(
    transcript: Transcript, bound: BoundRequirement, fault: Exchange, status: int, request: str, quoting: str
) -> Finding:
    control = control_of(transcript, fault)
    both = [fault, control]
    if not is_served(control):
        why = f"returned {describe(control)}" if control is not None else "was not sent"
        return inconclusive(bound, f"{request} returned {describe(fault)}, but its control {why}.", both)
    match classify_answer(transcript, fault, control):
        case Answer.UNDECIDED:
            return inconclusive(bound, f"{request} was inconclusive: {why_undecided(fault)}.", both)
        case Answer.REFUSED if fault.status == status:
            return satisfied(bound, f"{request} returned {status}; without the fault it was served.", both)
        case Answer.SERVED | Answer.REFUSED | Answer.SILENT | Answer.CUT:
            return violated(
                bound,
                f"{request} returned {describe(fault)}",
                both,
                quoting=quoting,
                expected=str(status),
                control="Without the fault it was served.",
            )
