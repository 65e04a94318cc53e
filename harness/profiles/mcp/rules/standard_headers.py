"""The headers that repeat a sessionless request's body, 2026-07-28 on.

Sentences: Streamable HTTP page, "Standard Request Headers", "Value Encoding", "Case Sensitivity" and "Server
Validation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import inconclusive, join_words, not_applicable, satisfied, violated
from harness.model import Requirement, Side, Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    first_left_open,
    is_json_error,
    is_served,
    why_undecided,
    with_controls,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, deciding, must_answer, not_asked, only_sessionless
from harness.profiles.mcp.rules.transcript import control_of, error_code, exchange_of, exchanges_of, response
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

HEADER_MISMATCH: Final = -32020
_UNSUPPORTED_VERSION: Final = -32022
_METHOD_FAULTS: Final = {
    steps.MODERN_MISMATCH_METHOD: "A request whose Mcp-Method names another method than its body",
    steps.MODERN_MISSING_METHOD: "A request without Mcp-Method",
}
_CASE_FAULT: Final = {steps.MODERN_METHOD_CASE: "A request whose Mcp-Method has the method in capitals"}
_NAME_FAULTS: Final = {
    steps.MODERN_TOOL_NAME: "A tools/call whose Mcp-Name names another tool than its body",
    steps.MODERN_TOOL_NAMELESS: "A tools/call without Mcp-Name",
}
_OTHER_NAME_FAULTS: Final = {
    steps.MODERN_NAME_OF["resources/read"]: "A resources/read whose Mcp-Name names another resource than its body",
    steps.MODERN_NAME_OF["prompts/get"]: "A prompts/get whose Mcp-Name names another prompt than its body",
}
_MUST_MATCH: Final = "do not match the corresponding values in the request body"
"""Words of the sentence on headers that differ from the body."""
_PARAM_FAULTS: Final = (steps.MODERN_PARAM_WRONG, steps.MODERN_PARAM_MISSING)
_VERSION_FAULTS: Final = (steps.MODERN_MISMATCH, steps.MODERN_MISMATCH_HEADER)
"""Either value may be looked at first: the version that does not exist is unsupported as well."""


def method_match(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an Mcp-Method that is missing or differs from the body MUST get 400."""
    faults = {**_METHOD_FAULTS, **_asked(transcript, bound, _CASE_FAULT)}
    return deciding(
        must_answer(transcript, bound, step, 400, what, quoting=_MUST_MATCH) for step, what in faults.items()
    )


METHOD_MATCH: Final = Rule(
    Requirement(
        id="header.method-match",
        title="An Mcp-Method that differs from the body, or is missing, gets 400",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A gateway that routes or limits by the header decides about another method than the one that runs.",
        fix="Compare Mcp-Method with the body's `method` and answer 400 with code -32020 unless they are equal.",
        avoid="Don't route by the header alone.",
    ),
    Decision(method_match, BASELINE),
)


def _asked(transcript: Transcript, bound: BoundRequirement, faults: Mapping[str, str]) -> dict[str, str]:
    """Those of some faults that were sent."""
    return {step: what for step, what in faults.items() if exchange_of(transcript, bound.revision, step) is not None}


def name_match(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an Mcp-Name that is missing or wrong MUST get 400, and that the right one in base64 is served."""
    called = exchange_of(transcript, bound.revision, steps.MODERN_TOOL)
    others = _asked(transcript, bound, _OTHER_NAME_FAULTS)
    named = [must_answer(transcript, bound, step, 400, what, quoting=_MUST_MATCH) for step, what in others.items()]
    if called is None and named:
        return deciding(named)
    if called is None:
        listed = exchange_of(transcript, bound.revision, steps.MODERN_CONTROL)
        result = (response(listed) or {}).get("result") if listed is not None else None
        if isinstance(result, dict) and result.get("tools"):
            return inconclusive(bound, "No tool could be called: their arguments could not be made up.", [listed])
        return not_applicable(bound, "The server lists no tools to call by name.", [listed])
    if error_code(called) == HEADER_MISMATCH:
        summary = "A tools/call whose Mcp-Name is the name in its body was refused as different"
        return violated(bound, summary, [called], quoting=_MUST_MATCH, expected="a result")
    by_tool = [
        must_answer(transcript, bound, step, 400, what, quoting=_MUST_MATCH) for step, what in _NAME_FAULTS.items()
    ]
    finding = deciding([*by_tool, *named])
    encoded = exchange_of(transcript, bound.revision, steps.MODERN_TOOL_ENCODED)
    if encoded is not None and answer_to_fault(transcript, encoded) in NOT_SERVED:
        summary = f"A tools/call with its name in base64 (=?base64?…?=) returned {describe(encoded)}; in plain text it "
        return violated(bound, f"{summary}was served.", [called, encoded], quoting="MUST decode an encoded")
    if finding.verdict is not Verdict.SATISFIED:
        return finding
    if encoded is None or not is_served(encoded):
        why = f"was inconclusive: {why_undecided(encoded)}" if encoded is not None else "was not sent"
        return inconclusive(bound, f"A tools/call with its name in base64 {why}.", [called, encoded])
    asked = [exchange_of(transcript, bound.revision, step) for step in (*_NAME_FAULTS, *others)]
    return satisfied(
        bound,
        "A tools/call with a wrong Mcp-Name or none returned 400; with the name in base64 it was served.",
        [called, encoded, *asked],
    )


NAME_MATCH: Final = Rule(
    Requirement(
        id="header.name-match",
        title="An Mcp-Name that differs from the body, or is missing, gets 400; in base64 it is read",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A gateway that allows one tool by its header lets another one run, or clients with other alphabets "
        "cannot call a tool.",
        fix="Decode Mcp-Name where it is between `=?base64?` and `?=`, compare it with the name or URI of the "
        "body, and answer 400 with code -32020 unless they are equal.",
        avoid="Don't compare the header as it was sent: any client may encode it.",
    ),
    Decision(name_match, BASELINE),
)


def case_insensitive(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that header names MUST be compared without regard to case."""
    asked = exchange_of(transcript, bound.revision, steps.MODERN_HEADER_CASE)
    if asked is None:
        return not_asked(transcript, bound, "A request with header names in another case")
    both = [control_of(transcript, asked), asked]
    if is_served(asked):
        return satisfied(bound, "A request with header names in another case was served.", both)
    if answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"The request was inconclusive: {why_undecided(asked)}.", both)
    return violated(
        bound,
        f"A request with header names in another case (mCP-mETHOD) returned {describe(asked)}; in the usual case it "
        "was served.",
        both,
    )


CASE_INSENSITIVE: Final = Rule(
    Requirement(
        id="header.case-insensitive",
        title="Header names are compared without regard to case",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="Clients and proxies that write headers in lower case, as HTTP/2 does, are refused.",
        fix="Read headers by the HTTP library's own lookup, or lower the case of their names first.",
    ),
    Decision(case_insensitive, BASELINE),
)


def error_code_of_mismatch(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a refusal by 400 for its headers MUST carry a JSON-RPC error with code -32020."""
    faults = [
        *_METHOD_FAULTS, *_CASE_FAULT, *_NAME_FAULTS, *_OTHER_NAME_FAULTS, *_PARAM_FAULTS, *_VERSION_FAULTS,
    ]  # fmt: skip
    if only_sessionless(transcript, bound) is None:
        faults.append(steps.MODERN_MISSING_HEADER)
    asked = exchanges_of(transcript, bound.revision, *faults)
    refused = [
        exchange for exchange in asked if exchange.status == 400 and answer_to_fault(transcript, exchange) in NOT_SERVED
    ]
    if not refused:
        return inconclusive(bound, "No request was refused with 400 for its headers.", asked)
    wrong = [exchange for exchange in refused if not _names_the_mismatch(exchange)]
    evidence = with_controls(transcript, wrong or refused)
    if wrong:
        bodies = join_words(dict.fromkeys(_code_of(exchange) for exchange in wrong))
        return violated(
            bound,
            f"Refusals for a wrong header came {bodies}",
            evidence,
            expected=f"code {HEADER_MISMATCH}",
            wrong=wrong,
        )
    if (late := first_left_open(transcript, asked)) is not None:
        return inconclusive(bound, f"Not every request was decided: {why_undecided(late)}.", [late, *evidence])
    return satisfied(bound, f"Refusals for a wrong header had code {HEADER_MISMATCH}.", evidence)


ERROR_CODE: Final = Rule(
    Requirement(
        id="header.error-code",
        title="A refusal for a header that does not match has code -32020",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client cannot tell a wrong header from another bad request, and falls back to older revisions.",
        fix="Put a JSON-RPC error with code -32020 (HeaderMismatch) into the body of the 400.",
        avoid="Don't answer in plain text or with -32600: clients read the code.",
    ),
    Decision(error_code_of_mismatch, BASELINE),
)

RULES: Final = (METHOD_MATCH, NAME_MATCH, CASE_INSENSITIVE, ERROR_CODE)


def _names_the_mismatch(exchange: Exchange) -> bool:
    code = error_code(exchange)
    return code == HEADER_MISMATCH or (exchange.step in _VERSION_FAULTS and code == _UNSUPPORTED_VERSION)


def _code_of(exchange: Exchange) -> str:
    code = error_code(exchange)
    if code is not None:
        return f"with code {code}"
    return "with an error without a code" if is_json_error(exchange) else "without a JSON-RPC error"
