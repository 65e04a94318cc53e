"""Batches: received by every server that negotiates 2025-03-26, and by no later revision.

Sentence: base protocol page of 2025-03-26, "Batching": implementations MUST support receiving JSON-RPC batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base.jsonrpc import is_response, parse
from harness.judge.findings import inconclusive, satisfied, violated
from harness.model import BodyFault, Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import SESSIONS, level, text
from harness.profiles.mcp.rules.answers import (
    Answer,
    classify_answer,
    describe,
    is_served,
    waited_enough,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import control_of, exchange_of, messages
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_WITH_BATCHES: Final = SESSIONS[:1]


def receive(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a batch of two requests is answered by two responses, as an event stream or a JSON array."""
    batch = exchange_of(transcript, bound.revision, steps.BATCH)
    if batch is None:
        return not_asked(transcript, bound, "A batch of two requests")
    control = control_of(transcript, batch)
    both = [control, batch]
    if not is_served(control):
        return inconclusive(bound, f"The same request alone returned {describe(control)}.", both)
    if classify_answer(transcript, batch, control) is Answer.UNDECIDED:
        return inconclusive(bound, f"A batch was inconclusive: {why_undecided(batch)}.", both)
    asked, answered = _asked_ids(batch), _answered_ids(batch)
    if is_served(batch) and asked <= answered:
        return satisfied(bound, f"A batch of {len(asked)} requests returned {describe(batch)} and all responses.", both)
    cut = batch.reply is not None and batch.reply.fault is BodyFault.TIMEOUT
    if cut and not waited_enough(transcript, batch, control):
        return inconclusive(bound, "A batch was not answered in time; the server may be slow.", both)
    got = len(asked & answered)
    return violated(
        bound,
        f"A batch of {len(asked)} requests returned {describe(batch)} and {got or 'none'} of their "
        "responses; the same request alone was served.",
        both,
    )


BATCH_RECEIVE: Final = Rule(
    Requirement(
        id="batch.receive",
        title="A batch is received and answered",
        side=Side.SERVER,
        levels=level(Level.MUST, _WITH_BATCHES),
        basis=text(_WITH_BATCHES),
        effect="A client that sends batches, as this revision allows, gets an error for a valid message.",
        fix="Handle an array of messages when 2025-03-26 was negotiated, or don't negotiate that revision.",
        avoid="Don't serve batches in later revisions for that reason: they were removed.",
    ),
    Decision(receive, BASELINE),
)

RULES: Final = (BATCH_RECEIVE,)


def _asked_ids(exchange: Exchange) -> set[str]:
    batch = parse(exchange.body)
    items = batch if isinstance(batch, list) else []
    return {repr(item["id"]) for item in items if isinstance(item, dict) and "id" in item}


def _answered_ids(exchange: Exchange) -> set[str]:
    return {repr(message.get("id")) for message in messages(exchange.reply) if is_response(message)}
