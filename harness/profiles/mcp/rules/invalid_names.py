"""Names that do not exist: cursors, prompts, completions and log levels, and the error code for them.

Sentences: "Error Handling" of the pages of pagination, prompts, completion and logging.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import not_applicable
from harness.model import Basis, Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import STREAMABLE, level, text
from harness.profiles.mcp.rules.preconditions import BASELINE, deciding, must_get_error
from harness.profiles.mcp.rules.transcript import (
    capabilities_of,
    declaration_of,
    exchange_of,
    method_of,
    response,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript

_INVALID_PARAMS: Final = -32602
_METHOD_NOT_FOUND: Final = -32601
_NAMES: Final = {
    "prompt": "prompts/get of a prompt that does not exist",
    "argument": "prompts/get without a required argument",
    "level": "logging/setLevel with a level that does not exist",
    "completion": "completion/complete for a prompt that does not exist",
}
"""By leg of ``feature.invalid``: what was asked."""
_SAID_OF: Final = {
    "prompt": "Invalid prompt name",
    "argument": "Missing required arguments",
    "level": "Invalid log level",
    "completion": "Invalid prompt name",
}
"""By leg: words of the sentence about it."""


def invalid_cursor(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an invalid cursor SHOULD get error -32602.

    A server whose list has one page gives no cursors: to refuse one is good advice.
    """
    asked = exchange_of(transcript, bound.revision, steps.FEATURE_CURSOR)
    if asked is None:
        return not_applicable(bound, "The server lists no tools.")
    finding = must_get_error(transcript, bound, asked, "tools/list with an invalid cursor", _INVALID_PARAMS)
    return finding if _has_pages(transcript, bound.revision) else replace(finding, basis=Basis.ADVICE)


INVALID_CURSOR: Final = Rule(
    Requirement(
        id="page.invalid-cursor",
        title="An invalid cursor gets error -32602",
        side=Side.SERVER,
        levels=level(Level.SHOULD, STREAMABLE),
        basis=text(STREAMABLE),
        effect="A client with an outdated cursor gets the first page again, and may repeat itself forever.",
        fix="Answer -32602 (invalid params) to a cursor that you did not issue.",
    ),
    Decision(invalid_cursor, BASELINE),
)


def invalid_params(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that wrong names, and missing arguments, SHOULD get error -32602; where nothing completes, -32601."""
    declared = capabilities_of(declaration_of(transcript, bound.revision))
    found = []
    for leg, what in _NAMES.items():
        asked = exchange_of(transcript, bound.revision, f"{steps.FEATURE_INVALID}.{leg}")
        if asked is None:
            continue
        offered = leg != "completion" or "completions" in declared
        code = _INVALID_PARAMS if offered else _METHOD_NOT_FOUND
        quoting = _SAID_OF[leg] if offered else "Method not found"
        found.append(must_get_error(transcript, bound, asked, what, code, quoting=quoting))
    if not found:
        return not_applicable(bound, "The server offers no prompts, completions or log levels.")
    return deciding(found)


INVALID_NAMES: Final = Rule(
    Requirement(
        id="errors.invalid-params",
        title="A name that does not exist gets error -32602",
        side=Side.SERVER,
        levels=level(Level.SHOULD, STREAMABLE),
        basis=text(STREAMABLE),
        effect="A client cannot tell a wrong name from a broken server.",
        fix="Answer -32602 (invalid params) to names of prompts and levels that you don't know.",
    ),
    Decision(invalid_params, BASELINE),
)

RULES: Final = (INVALID_CURSOR, INVALID_NAMES)


def _has_pages(transcript: Transcript, revision: str) -> bool:
    """Return whether the server ever gave a cursor."""
    for exchange in transcript.exchanges:
        result = (response(exchange) or {}).get("result")
        if exchange.revision != revision or method_of(exchange) != "tools/list" or not isinstance(result, dict):
            continue
        if result.get("nextCursor"):
            return True
    return False
