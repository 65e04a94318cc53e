"""Error codes of the sessionless revisions, 2026-07-28 on, of resources in all, and of elicitations in 2025-11-25.

Sentences: base protocol page, "Error Codes" and "_meta"; versioning page; resources page, "Error Handling";
elicitation page, "URL Elicitation Required Error".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import Fault, inconclusive, none_wrong, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import VERSION_HEADER
from harness.profiles.mcp.revisions import MODERN, SESSIONS, level, text
from harness.profiles.mcp.rules.answers import is_result
from harness.profiles.mcp.rules.preconditions import BASELINE, deciding, judge_refusal, only_sessionless
from harness.profiles.mcp.rules.transcript import (
    control_of,
    error_code,
    exchange_of,
    header,
    named_version,
    plain_results,
    response,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

INVALID_PARAMS: Final = -32602
UNSUPPORTED_VERSION: Final = -32022
_NOT_FOUND_BEFORE: Final = -32002
_HEADER_MISMATCH: Final = -32020
_DEFINED: Final = frozenset({-32020, -32021, UNSUPPORTED_VERSION})
_RESERVED: Final = range(-32099, -32019)
_ELICITATION_REQUIRED: Final = -32042
_RETIRED: Final = frozenset({_NOT_FOUND_BEFORE, _ELICITATION_REQUIRED})


def unsupported_error(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an unsupported version MUST get code -32022 and the list of supported ones, with this one in it."""
    request = "A version that does not exist"

    def judge(fault: Exchange, both: Sequence[Exchange | None]) -> Finding:
        code = error_code(fault)
        if code != UNSUPPORTED_VERSION:
            return violated(bound, f"{request} was refused {_with(code)}", both, expected="-32022")
        error = (response(fault) or {}).get("error")
        data = error.get("data") if isinstance(error, dict) else None
        supported = data.get("supported") if isinstance(data, dict) else None
        control = control_of(transcript, fault)
        spoken = header(control, VERSION_HEADER) if control is not None else None
        if not isinstance(supported, list):
            return violated(
                bound, "The error -32022 has no list `data.supported` of the versions that the server supports.", both
            )
        if spoken not in supported:
            return violated(
                bound, f"`data.supported` of the error -32022 lacks {spoken}, which the server supports.", both
            )
        return satisfied(bound, f"{request} got error -32022 with the versions that the server supports.", both)

    return judge_refusal(transcript, bound, steps.MODERN_UNSUPPORTED, request, judge)


UNSUPPORTED_ERROR: Final = Rule(
    Requirement(
        id="version.unsupported-error",
        title="An unsupported version gets error -32022 with the supported ones",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client cannot choose a version that both support, and gives up or falls back to the handshake.",
        fix="Answer with code -32022 and `data: { supported: [...], requested }`.",
        avoid="Don't answer with a bare 400: without the list a client has to guess.",
    ),
    Decision(unsupported_error, BASELINE),
)


def missing_code(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a request that lacks a required field of _meta MUST get code -32602.

    Where only the body's version is missing, header and body differ as well: -32020 is right there too.
    """
    faults = {steps.MODERN_MISSING_META: {INVALID_PARAMS}}
    if only_sessionless(transcript, bound) is None:
        faults[steps.MODERN_MISSING_META_VERSION] = {INVALID_PARAMS, _HEADER_MISMATCH}
    return deciding(_missing(transcript, bound, step, codes) for step, codes in faults.items())


def _missing(transcript: Transcript, bound: BoundRequirement, step: str, codes: set[int]) -> Finding:
    request = "A request without required metadata"

    def judge(fault: Exchange, both: Sequence[Exchange | None]) -> Finding:
        code = error_code(fault)
        if code in codes:
            return satisfied(bound, f"{request} was refused with code {code}.", both)
        return violated(bound, f"{request} was refused {_with(code)}", both, expected=str(INVALID_PARAMS))

    return judge_refusal(transcript, bound, step, request, judge)


MISSING_CODE: Final = Rule(
    Requirement(
        id="meta.missing-code",
        title="A request without its required metadata gets code -32602",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="A client cannot tell that something is missing from its request.",
        fix="Answer with JSON-RPC error -32602 (invalid params) and name the missing field in its message.",
    ),
    Decision(missing_code, BASELINE),
)


def reserved_codes(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that no error has a code that is reserved and not defined, or that an earlier revision used.

    Of the defined ones, -32022 (unsupported version) is looked at: not where the version is one that is served.
    """
    coded = [
        (exchange, code)
        for exchange in transcript.exchanges
        if exchange.revision == bound.revision and (code := error_code(exchange)) is not None
    ]
    served = {named_version(exchange) for exchange, _ in plain_results(transcript, bound.revision)}
    for exchange, code in coded:
        if code in _RETIRED:
            summary = f"An error has code {code}, which only earlier revisions use."
            return violated(bound, summary, [exchange], quoting=str(code))
        if code in _RESERVED and code not in _DEFINED:
            summary = f"An error has code {code}, which is reserved and not defined."
            return violated(bound, summary, [exchange], quoting="not defined by this specification")
        if code == UNSUPPORTED_VERSION and named_version(exchange) in _both(exchange) & served:
            summary = f"An error has code {code} (unsupported version), and {named_version(exchange)} is supported."
            return violated(bound, summary, [exchange], quoting="with their specified meanings")
    if not coded:
        return inconclusive(bound, "The server sent no error with a code.")
    return satisfied(bound, "No error has a reserved code.", [exchange for exchange, _ in coded])


RESERVED_CODES: Final = Rule(
    Requirement(
        id="error.reserved-codes",
        title="No error uses a code that is reserved or retired",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, MODERN),
        basis=text(MODERN),
        effect="A client mistakes the error for another one, now or when the specification defines the code.",
        fix="Use the standard JSON-RPC codes, the defined ones with their meaning, or numbers outside -32768 to "
        "-32000.",
    ),
    Decision(reserved_codes, BASELINE),
)


def resource_not_found(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that reading a resource that does not exist gets an error with the revision's code, and no empty list."""
    request = "A resource that does not exist"
    asked = exchange_of(transcript, bound.revision, steps.RESOURCE_MISSING)
    if asked is None:
        return not_applicable(bound, "The server declares no resources.")
    if is_result(asked):
        both = [control_of(transcript, asked), asked]
        result = (response(asked) or {}).get("result")
        contents = result.get("contents") if isinstance(result, dict) else None
        if contents == []:
            summary = f"{request} got an empty `contents`"
            return violated(bound, summary, both, quoting="empty contents", expected="an error")
        return inconclusive(bound, "The server has a resource for any address.", both)

    def judge(refused: Exchange, both: Sequence[Exchange | None]) -> Finding:
        code, right = error_code(refused), _NOT_FOUND_BEFORE if bound.revision in SESSIONS else INVALID_PARAMS
        if code == right:
            return satisfied(bound, f"{request} got error {code}.", both)
        return violated(bound, f"{request} was refused {_with(code)}", both, expected=str(right))

    return judge_refusal(transcript, bound, steps.RESOURCE_MISSING, request, judge)


RESOURCE_NOT_FOUND: Final = Rule(
    Requirement(
        id="resource.not-found",
        title="Reading a resource that does not exist gets the error for it",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS) | level(Level.MUST, MODERN),
        basis=text((*SESSIONS, *MODERN)),
        effect="A client cannot distinguish a missing resource from an empty one, or from a broken server.",
        fix="Answer resources/read of an unknown URI with a JSON-RPC error: -32602 from 2026-07-28 on, -32002 before.",
        avoid="Don't answer with an empty `contents`.",
    ),
    Decision(resource_not_found, BASELINE),
)


def elicitation_error(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that error -32042 MUST list the elicitations that are required, each in URL mode and with an id."""
    judged = (
        (exchange, _elicitation_fault(exchange))
        for exchange in transcript.exchanges
        if exchange.revision == bound.revision and error_code(exchange) == _ELICITATION_REQUIRED
    )
    good = f"Error {_ELICITATION_REQUIRED} lists elicitations in URL mode, with their ids."
    return none_wrong(bound, judged, good) or not_applicable(bound, f"No request got error {_ELICITATION_REQUIRED}.")


def _elicitation_fault(exchange: Exchange) -> Fault | None:
    error = (response(exchange) or {}).get("error")
    data = error.get("data") if isinstance(error, dict) else None
    asked = data.get("elicitations") if isinstance(data, dict) else None
    if not isinstance(asked, list) or not asked:
        return Fault(f"Error {_ELICITATION_REQUIRED} does not list `data.elicitations`.", "MUST include a list")
    for each in asked:
        named = isinstance(each, dict) and isinstance(each.get("elicitationId"), str)
        if not named or each.get("mode") != "url":
            lacks = "`elicitationId`" if not named else 'the mode "url"'
            return Fault(f"An elicitation of error {_ELICITATION_REQUIRED} lacks {lacks}.", "MUST be URL mode")
    return None


ELICITATION_ERROR: Final = Rule(
    Requirement(
        id="elicitation.required-error",
        title="Error -32042 lists the elicitations that are required, by URL",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, SESSIONS[2:]),
        basis=text(SESSIONS[2:]),
        effect="A client cannot show its user where to go, and the request fails however often it is repeated.",
        fix='Put `{ elicitations: [{ mode: "url", elicitationId, url, message }] }` into `data` of the error.',
    ),
    Decision(elicitation_error, BASELINE),
)

RULES: Final = (UNSUPPORTED_ERROR, MISSING_CODE, RESERVED_CODES, RESOURCE_NOT_FOUND, ELICITATION_ERROR)


def _both(exchange: Exchange) -> set[str | None]:
    """Return the version of a request in a set, if header and body agree on it; else the empty set."""
    version = named_version(exchange)
    return {version} if exchange.method == "STDIN" or header(exchange, VERSION_HEADER) == version else set()


def _with(code: int | None) -> str:
    return "without a JSON-RPC error code" if code is None else f"with code {code}"
