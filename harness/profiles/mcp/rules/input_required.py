"""Results that ask the client for input, and what a server does with the answer (2026-07-28 on).

Sentences: basic/index, "Per-request protocol fields"; basic/patterns/mrtr.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import (
    REFUSAL,
    Fault,
    inconclusive,
    join_words,
    none_wrong,
    not_applicable,
    satisfied,
    violated,
)
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import META
from harness.profiles.mcp.revisions import MODERN, level, reading, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    is_json_error,
    is_left_open,
    is_result,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, deciding, not_asked
from harness.profiles.mcp.rules.transcript import (
    control_of,
    error_code,
    exchange_of,
    exchanges_of,
    method_of,
    plain_results,
    response,
    sent,
    tool_served,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

INPUT_REQUIRED: Final = "input_required"
_MAY_ASK: Final = ("tools/call", "prompts/get", "resources/read")
_CAPABILITIES: Final = {
    "elicitation/create": "elicitation",
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
}
"""By request that may be among ``inputRequests``: the capability that a client declares for it."""
_MISSING_CAPABILITY: Final = -32021
_MUST_RETURN: Final = "MissingRequiredClientCapabilityError"
"""Words of the sentence on a missing capability."""


def capability_error(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that no undeclared capability is used, and that a request that needs one MUST get -32021 and 400."""
    for exchange, result in _asking(transcript, bound.revision):
        declared = _declared(exchange)
        for method in _requests(result):
            needed = _CAPABILITIES.get(method)
            if needed is not None and needed not in declared:
                what = f"The result of {method_of(exchange)} asks for {method}"
                summary = f"{what}, and the client did not declare `{needed}`."
                return violated(bound, summary, [exchange], quoting="MUST NOT send an inputRequests")
    asked = exchange_of(transcript, bound.revision, steps.MODERN_UNABLE)
    if asked is None:
        return _nothing_asks(transcript, bound)
    both = [control_of(transcript, asked), asked]
    if error_code(asked) == _MISSING_CAPABILITY:
        return _error_is_whole(bound, asked, both)
    if tool_served(asked):
        return satisfied(bound, "A tool that asks for input where it can was served without any capability.", both)
    if is_json_error(asked):
        what = f"A tools/call that needs a capability which the client did not declare returned {describe(asked)}"
        return violated(bound, what, both, quoting=_MUST_RETURN, expected=f"code {_MISSING_CAPABILITY}")
    return inconclusive(bound, "Without its capability the tool returned an error of its own.", both)


def _error_is_whole(bound: BoundRequirement, asked: Exchange, both: list[Exchange | None]) -> Finding:
    error = (response(asked) or {}).get("error")
    data = error.get("data") if isinstance(error, dict) else None
    required = data.get("requiredCapabilities") if isinstance(data, dict) else None
    if asked.status != 400:
        summary = f"The error -32021 came with status {asked.status}"
        return violated(bound, summary, both, quoting="400 Bad Request", expected="400")
    if not isinstance(required, dict) or not required:
        summary = "The error -32021 does not list the missing capabilities in `data.requiredCapabilities`."
        return violated(bound, summary, both, quoting=_MUST_RETURN)
    return satisfied(bound, "A missing capability got 400 with error -32021 that names it.", both)


CAPABILITY_ERROR: Final = Rule(
    Requirement(
        id="meta.capability-error",
        title="What needs a capability that the client did not declare gets error -32021",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client is asked for what it cannot give, or cannot tell what it lacks.",
        fix="Read `io.modelcontextprotocol/clientCapabilities` of each request; where a capability is missing answer "
        "400 with code -32021 and `data: { requiredCapabilities: { elicitation: {} } }`.",
    ),
    Decision(capability_error, BASELINE),
)


def result_form(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge which requests may get an InputRequiredResult, and what MUST be in it."""
    judged = ((exchange, _form_fault(exchange, result)) for exchange, result in _asking(transcript, bound.revision))
    good = "Results that ask for input have requests of the three kinds, or a state."
    return none_wrong(bound, judged, good) or _nothing_asks(transcript, bound)


def _form_fault(exchange: Exchange, result: Message) -> Fault | None:
    if method_of(exchange) not in _MAY_ASK:
        summary = f"{method_of(exchange)} got an InputRequiredResult; only {join_words(_MAY_ASK)} may."
        return Fault(summary, "any other client requests")
    if not isinstance(result.get("inputRequests"), dict) and not isinstance(result.get("requestState"), str):
        return Fault("An InputRequiredResult has neither `inputRequests` nor `requestState`.", "at least one of")
    if any(method not in _CAPABILITIES for method in _requests(result)):
        summary = f"`inputRequests` has a request that is not one of {', '.join(_CAPABILITIES)}."
        return Fault(summary, "MUST be one of ElicitRequest")
    return None


RESULT_FORM: Final = Rule(
    Requirement(
        id="mrtr.result",
        title="Only requests that may ask for input do so, and they say for what",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="The client cannot go on: it does not know what it is asked for.",
        fix="Answer only tools/call, prompts/get and resources/read with `input_required`, with `inputRequests` of "
        "elicitation, sampling or roots, or with `requestState`.",
    ),
    Decision(result_form, BASELINE),
)


def state_verified(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a ``requestState`` that fails verification MUST be rejected. Whether it matters is a reading."""
    asked = exchange_of(transcript, bound.revision, steps.MODERN_STATE_CHANGED)
    if asked is None:
        if exchange_of(transcript, bound.revision, steps.MODERN_ASKS) is None:
            return _nothing_asks(transcript, bound)
        return not_applicable(bound, "The result that asks for input has no `requestState`.")
    control = control_of(transcript, asked)
    both = [control, asked]
    if control is None or not _completed(control):
        what = f"returned {describe(control)}" if control is not None else "was not sent"
        return inconclusive(bound, f"The call with the state as it was {what}, so a changed one decides nothing.", both)
    if _completed(asked):
        return violated(bound, "A tools/call with a `requestState` that was changed on the way was served as one with "
                        "the right state", both, expected=REFUSAL)  # fmt: skip
    if is_result(asked) or answer_to_fault(transcript, asked) in NOT_SERVED:
        return satisfied(bound, "A `requestState` that was changed on the way was not accepted.", both)
    return inconclusive(bound, f"A changed `requestState` returned {describe(asked)}.", both)


STATE_VERIFIED: Final = Rule(
    Requirement(
        id="mrtr.state",
        title="A requestState that was tampered with is rejected",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=reading(MODERN),
        effect="A client can change what the server decided before it asked.",
        fix="Sign the state (HMAC or AEAD), and answer a state whose signature is wrong with an error.",
        avoid="Don't put plain or base64 JSON into `requestState`, unless a changed one can only fail.",
    ),
    Decision(state_verified, BASELINE),
)


def answers_read(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that input SHOULD be validated, that more than was asked for SHOULD be ignored, and less asked for again.

    A call that was not completed with the right input decides nothing about the wrong one.
    """
    answered = exchange_of(transcript, bound.revision, steps.MODERN_ANSWERED)
    if answered is None:
        return _nothing_asks(transcript, bound)
    if not _completed(answered):
        return inconclusive(bound, f"A tools/call with made-up input returned {describe(answered)}.", [answered])
    judged = [
        _leg(transcript, bound, [answered, asked], fault)
        for step, fault in _ANSWERS.items()
        if (asked := exchange_of(transcript, bound.revision, step)) is not None
    ]
    if not judged:
        return not_applicable(bound, "The tool asks for nothing that could be left out.", [answered])
    return deciding(judged)


def _missing_fault(asked: Exchange) -> Fault | None:
    summary = "A retry without the input was not asked for it again"
    return None if tool_served(asked) else Fault(summary, "requesting the missing information again")


def _invalid_fault(asked: Exchange) -> Fault | None:
    summary = "A retry whose `inputResponses` is a string was served"
    return Fault(summary, "valid InputResponses object") if _completed(asked) else None


def _more_fault(asked: Exchange) -> Fault | None:
    summary = "A retry with one answer more than was asked for was not served"
    return None if _completed(asked) else Fault(summary, "ignore any information")


_ANSWERS: Final = {
    steps.MODERN_ANSWERS_MISSING: _missing_fault,
    steps.MODERN_ANSWERS_INVALID: _invalid_fault,
    steps.MODERN_ANSWERS_MORE: _more_fault,
}


def _leg(
    transcript: Transcript,
    bound: BoundRequirement,
    both: list[Exchange],
    fault_of: Callable[[Exchange], Fault | None],
) -> Finding:
    """``both``: a retry that was completed, and one with other input."""
    asked = both[-1]
    if asked.reply is None or is_left_open(transcript, asked):
        return inconclusive(bound, f"A tools/call with other input was inconclusive: {why_undecided(asked)}.", both)
    fault = fault_of(asked)
    if fault is not None:
        return violated(bound, f"{fault.summary}: it returned {describe(asked)}.", both, quoting=fault.quoting)
    return satisfied(bound, "Input is validated, asked for again where it is missing, ignored where it is too much.",
                     both)  # fmt: skip


ANSWERS_READ: Final = Rule(
    Requirement(
        id="mrtr.answers",
        title="Input is validated, asked for again where it is missing, and ignored where it is too much",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="A user who left something out gets an error instead of the question, or a newer client is refused.",
        fix="Look up the keys that you asked for in `inputResponses`, ask again for those that are missing, and refuse "
        "what is not an object with a JSON-RPC error.",
    ),
    Decision(answers_read, BASELINE),
)

RULES: Final = (CAPABILITY_ERROR, RESULT_FORM, STATE_VERIFIED, ANSWERS_READ)


def _nothing_asks(transcript: Transcript, bound: BoundRequirement) -> Finding:
    tried = exchanges_of(transcript, bound.revision, steps.MODERN_ABLE)
    over_stdio = any(exchange.method == "STDIN" for exchange in transcript.exchanges)
    if not tried and not over_stdio and exchange_of(transcript, bound.revision, steps.MODERN_CONTROL) is None:
        return not_asked(transcript, bound, "A tools/call")
    if not tried:
        return not_applicable(bound, "No tool was called that may ask for input.")
    unanswered = [exchange for exchange in tried if exchange.reply is None or not is_result(exchange)]
    if unanswered:
        return inconclusive(bound, f"A tools/call returned {describe(unanswered[0])}: whether it asks is not known.",
                            unanswered)  # fmt: skip
    return not_applicable(bound, "No tool that was called asks for input.", tried)


def _asking(transcript: Transcript, revision: str) -> list[tuple[Exchange, Message]]:
    """Return the results that ask for input, with their exchanges."""
    results = plain_results(transcript, revision)
    return [(exchange, result) for exchange, result in results if result.get("resultType") == INPUT_REQUIRED]


def _requests(result: Message) -> list[str]:
    """Return the methods of what a result asks for; empty strings for what is not a request."""
    requests = result.get("inputRequests")
    values = requests.values() if isinstance(requests, dict) else ()
    return [str(value.get("method", "")) if isinstance(value, dict) else "" for value in values]


def _declared(exchange: Exchange) -> Message:
    """Return the capabilities that a request declares."""
    params = (sent(exchange) or {}).get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    declared = meta.get(f"{META}clientCapabilities") if isinstance(meta, dict) else None
    return declared if isinstance(declared, dict) else {}


def _completed(exchange: Exchange) -> bool:
    """Return whether a tools/call got its result: not an error, and no further question."""
    result = (response(exchange) or {}).get("result")
    return tool_served(exchange) and isinstance(result, dict) and result.get("resultType") != INPUT_REQUIRED
