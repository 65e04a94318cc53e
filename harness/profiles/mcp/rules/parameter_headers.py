"""Parameters of tools that a request repeats in headers (``x-mcp-header``), 2026-07-28 on.

Sentences: Streamable HTTP page, "Custom Headers from Tool Parameters", "Value Encoding" and "Server Validation"; tools
page, "x-mcp-header".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extractor.model import Level
from harness.judge.findings import REFUSAL, Fault, inconclusive, none_wrong, not_applicable, satisfied, violated
from harness.model import Requirement, Side, Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.header_annotations import (
    EMPTY,
    NOT_A_TOKEN,
    NOT_PRIMITIVE,
    NOT_REACHED,
    PREFIX,
    TWICE,
    annotation_fault,
    carries_value,
    header_annotations,
    value_at,
)
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    first_left_open,
    is_served,
    why_undecided,
    with_controls,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, CLIENT, deciding, must_answer
from harness.profiles.mcp.rules.sent_requests import name_of, params_of, posts_of
from harness.profiles.mcp.rules.transcript import (
    control_of,
    error_code,
    exchanges_of,
    header,
    listed_tools,
    method_of,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_HEADER_MISMATCH: Final = -32020
_SHOWN: Final = 60
"""Characters of a tool's name that a summary shows: it is the example's."""
_SAID_OF: Final = {
    EMPTY: "MUST NOT be empty",
    NOT_A_TOKEN: "field-name token syntax",
    NOT_REACHED: "statically reachable",
    NOT_PRIMITIVE: "primitive types",
    TWICE: "case-insensitively unique",
}
"""By what is wrong with an annotation: words of the sentence about it."""
_REFUSED: Final = {
    steps.MODERN_PARAM_WRONG: "A tools/call whose Mcp-Param header has another value than its body",
    steps.MODERN_PARAM_MISSING: "A tools/call without the Mcp-Param header of a value in its body",
}
_SAID_OF_REFUSED: Final = {
    steps.MODERN_PARAM_WRONG: "after decoding",
    steps.MODERN_PARAM_MISSING: "MUST reject the request",
}
_SERVED: Final = {
    steps.MODERN_PARAM_ENCODED: "with the header's value in base64 (=?base64?…?=)",
    steps.MODERN_PARAM_ABSENT: "with neither the optional parameter nor its header",
}


def header_names(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge what an ``x-mcp-header`` MUST and MUST NOT be, and on which properties."""
    judged = (
        (exchange, _annotation_fault(tool))
        for exchange, tools in listed_tools(transcript, bound.revision)
        for tool in tools
        if header_annotations(tool.get("inputSchema"))
    )
    good = "Every `x-mcp-header` is the name of a header on a property that can have one."
    return none_wrong(bound, judged, good) or not_applicable(bound, "No tool names headers for its parameters.")


def _annotation_fault(tool: Message) -> Fault | None:
    fault = annotation_fault(tool.get("inputSchema"))
    if fault is None:
        return None
    return Fault(f"An `x-mcp-header` of the tool {str(tool.get('name'))[:_SHOWN]!r} {fault}.", _SAID_OF.get(fault, ""))


ANNOTATIONS: Final = Rule(
    Requirement(
        id="tool.header-annotation",
        title="An x-mcp-header is a header's name, once, on a primitive property",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="Clients leave the tool out of their list.",
        fix="Give each `x-mcp-header` letters, digits and hyphens only, each name once, on integer, string or boolean "
        "properties that are reached through `properties` alone.",
    ),
    Decision(header_names, BASELINE),
)


def header_match(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a parameter's header MUST match the body after decoding, and MUST NOT be expected without a value."""
    controls = exchanges_of(transcript, bound.revision, steps.MODERN_PARAM)
    if not controls:
        return _without_call(transcript, bound)
    for called in controls:
        if error_code(called) == _HEADER_MISMATCH:
            what = "A tools/call whose Mcp-Param header is the value in its body was refused as different"
            return violated(bound, what, [called], quoting="after decoding", expected="a result")
    beyond_ascii = exchanges_of(transcript, bound.revision, steps.MODERN_PARAM_CHARACTERS)
    for asked in filter(is_served, beyond_ascii):
        what = "A tools/call whose Mcp-Param header has a character beyond ASCII, not in base64, was served"
        return violated(bound, what, with_controls(transcript, [asked]), quoting="invalid characters", expected=REFUSAL)
    for asked in exchanges_of(transcript, bound.revision, *_SERVED):
        if answer_to_fault(transcript, asked) in NOT_SERVED:
            what = f"A tools/call {_SERVED[asked.step]} returned {describe(asked)}"
            quoting = "after decoding" if asked.step == steps.MODERN_PARAM_ENCODED else "MUST NOT expect the header"
            evidence = with_controls(transcript, [asked])
            return violated(bound, what, evidence, quoting=quoting, expected="a result")
    finding = deciding(
        must_answer(transcript, bound, step, 400, what, quoting=_SAID_OF_REFUSED[step])
        for step, what in _REFUSED.items()
    )
    if finding.verdict is not Verdict.SATISFIED:
        return finding
    encoded = exchanges_of(transcript, bound.revision, steps.MODERN_PARAM_ENCODED)
    unserved = next((asked for asked in encoded if not is_served(asked)), None)
    if unserved is not None or not encoded:
        why = f"was inconclusive: {why_undecided(unserved)}" if unserved is not None else "was not sent"
        return inconclusive(
            bound, f"A tools/call {_SERVED[steps.MODERN_PARAM_ENCODED]} {why}.", [controls[0], unserved]
        )
    asked_steps = (*_REFUSED, *_SERVED, steps.MODERN_PARAM_CHARACTERS)
    if (late := first_left_open(transcript, exchanges_of(transcript, bound.revision, *asked_steps))) is not None:
        evidence = with_controls(transcript, [late])
        return inconclusive(bound, f"A tools/call was inconclusive: {why_undecided(late)}.", evidence)
    return satisfied(
        bound,
        "A tools/call with a wrong Mcp-Param header or none returned 400; with the value in base64 it was served.",
        [*controls, *exchanges_of(transcript, bound.revision, *asked_steps)],
    )


HEADER_MATCH: Final = Rule(
    Requirement(
        id="param.header-match",
        title="A parameter's header that differs from the body, or is missing, gets 400; in base64 it is read",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A gateway that routes or limits by the header decides about another value than the one that is used.",
        fix="Decode each Mcp-Param header that a tool's `x-mcp-header` names, compare it with the argument, and answer "
        "400 with code -32020 unless they are equal; expect no header for an argument that is absent or null.",
    ),
    Decision(header_match, BASELINE),
)


def integer_value(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an integer's header SHOULD be compared as a number."""
    sent = exchanges_of(transcript, bound.revision, steps.MODERN_PARAM_NUMBER)
    if not sent:
        return not_applicable(bound, "No integer parameter that a header repeats was sent.")
    return deciding(_integer_value(transcript, bound, asked) for asked in sent)


def _integer_value(transcript: Transcript, bound: BoundRequirement, asked: Exchange) -> Finding:
    both = [control_of(transcript, asked), asked]
    if is_served(asked):
        return satisfied(bound, "A tools/call with 2.0 in the header of the integer 2 was served.", both)
    if answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"The request was inconclusive: {why_undecided(asked)}.", both)
    return violated(
        bound,
        f"A tools/call whose integer has “.0” in its header returned {describe(asked)}; without it, it was served.",
        both,
    )


INTEGER_VALUE: Final = Rule(
    Requirement(
        id="param.integer-value",
        title="The header of an integer is compared as a number",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="Clients of languages that write every number with a fraction are refused.",
        fix="Parse the header of an integer parameter as a number before it is compared.",
    ),
    Decision(integer_value, BASELINE),
)


def client_headers(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a client MUST repeat the arguments that a listed tool annotates, and MUST omit what is not there."""
    calls = [exchange for exchange in posts_of(transcript, bound.revision) if method_of(exchange) == "tools/call"]
    judged = []
    for exchange in calls:
        annotated = header_annotations(_schema_before(transcript, bound.revision, exchange))
        if not annotated:
            continue
        judged.append(exchange)
        arguments = params_of(exchange).get("arguments")
        for annotation in annotated:
            name, value = f"{PREFIX}{annotation.name}", value_at(arguments, annotation.path or ())
            given = header(exchange, name)
            if given is None and isinstance(value, (str, int)) and value != "":
                summary = f"{name_of(exchange)} carried no {name}, and its body has the value."
                return violated(bound, summary, [exchange], quoting="MUST mirror")
            if given is not None and value is None:
                summary = f"{name_of(exchange)} carried {name}, and its body has no value."
                return violated(bound, summary, [exchange], quoting="omit the header")
            if given is not None and isinstance(value, (str, int)) and not carries_value(given, value):
                summary = f"{name_of(exchange)} carried another {name} than its body."
                return violated(bound, summary, [exchange], quoting="MUST mirror")
    if not judged:
        return not_applicable(bound, "The client called no listed tool whose parameters are repeated in headers.")
    return satisfied(bound, "Every call repeats the parameters that its tool names in headers.", judged)


CLIENT_HEADERS: Final = Rule(
    Requirement(
        id="client.param-headers",
        title="The client repeats in headers the parameters that a tool names",
        side=Side.CLIENT,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="Servers refuse the call with 400, and gateways cannot route it.",
        fix="Look for `x-mcp-header` in the tool's input schema and send `Mcp-Param-<name>` for each argument that has "
        "one; leave it out where the argument is absent or null.",
    ),
    Decision(client_headers, CLIENT),
)

RULES: Final = (ANNOTATIONS, HEADER_MATCH, INTEGER_VALUE, CLIENT_HEADERS)


def _schema_before(transcript: Transcript, revision: str, call: Exchange) -> Any:
    """Return the input schema that the called tool had in the last list before the call."""
    name = params_of(call).get("name")
    schema = None
    for exchange, tools in listed_tools(transcript, revision):
        if exchange.number < call.number:
            schema = next((tool.get("inputSchema") for tool in tools if tool.get("name") == name), schema)
    return schema


def _without_call(transcript: Transcript, bound: BoundRequirement) -> Finding:
    lists = listed_tools(transcript, bound.revision)
    shown: list[Exchange | None] = [exchange for exchange, _ in lists[:1]]
    if any(header_annotations(tool.get("inputSchema")) for _, tools in lists for tool in tools):
        return inconclusive(bound, "No tool with such a parameter could be called with made-up arguments.", shown)
    return not_applicable(bound, "No tool names headers for its parameters.", shown)
