"""The template protocol's requirements, each with the check that decides it from a transcript. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import inconclusive, satisfied, violated
from harness.model import Basis, Requirement, Side
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript

REVISION: Final = "1.0"
LIST_STEP: Final = "things.list"
"""The step of the conversation whose exchange the rule reads; the probe sends it."""


def listed(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that ``GET /things`` MUST be answered with status 200 and a JSON array."""
    exchange = next((one for one in transcript.exchanges if one.step == LIST_STEP), None)
    if exchange is None or exchange.reply is None:
        # silence decides nothing: it may be this machine's
        return inconclusive(bound, "GET /things was not answered.", [exchange])
    reply = exchange.reply
    if reply.status != 200:
        return violated(bound, f"GET /things returned status {reply.status}", [exchange], expected="200")
    try:
        is_array = isinstance(json.loads(reply.body), list)
    except ValueError:
        is_array = False
    if not is_array:
        return violated(bound, "GET /things returned something other than a JSON array.", [exchange])
    return satisfied(bound, "GET /things returned 200 and a JSON array.", [exchange])


LISTED: Final = Rule(
    Requirement(
        id="things.listed",
        title="GET /things is answered with a list",
        side=Side.SERVER,
        # level and basis by revision; TEXT: a sentence of the specification says it, and it must be bound to that one
        levels={REVISION: Level.MUST},
        basis={REVISION: Basis.TEXT},
        effect="A client has nothing to show.",
        fix="Answer GET /things with 200 and a JSON array, empty if there are no things.",
        avoid="Don't answer 404 for an empty list.",
    ),
    Decision(listed),
)

RULES: Final = (LISTED,)
"""In the order in which reports show them. With more than a few, make a folder ``rules`` with one module per family."""
