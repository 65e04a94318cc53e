"""Batches: received by every server that negotiates 2025-03-26, and by no later revision.

Sentence: base protocol page, "Batching": implementations MUST support receiving JSON-RPC batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.findings import inconclusive, satisfied, violated
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.rules.reading import Answer, control_of, first, is_served, said, weigh, why_undecided
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript


def receive(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A batch of two requests is answered by two responses, as an event stream or a JSON array."""
    batch = first(transcript, steps.BATCH, bound.revision)
    if batch is None:
        return not_asked(transcript, bound, "A batch of two requests")
    control = control_of(transcript, batch)
    both = [control, batch]
    if not is_served(control):
        return inconclusive(
            bound, f"The same request alone was answered {said(control) if control else 'nothing'}.", both
        )
    if weigh(transcript, batch, control) is Answer.UNDECIDED:
        return inconclusive(bound, f"A batch decided nothing: {why_undecided(batch)}.", both)
    asked, answered = _asked_ids(batch), _answered_ids(batch)
    if is_served(batch) and asked <= answered:
        return satisfied(
            bound, f"A batch of {len(asked)} requests was answered {said(batch)} with every response.", both
        )
    return violated(
        bound,
        f"A batch of {len(asked)} requests was answered {said(batch)} with {len(asked & answered)} of {len(asked)} "
        "responses; the same request alone was served.",
        both,
    )


def _asked_ids(exchange: Exchange) -> set[str]:
    batch = jsonrpc.parse(exchange.body)
    items = batch if isinstance(batch, list) else []
    return {repr(item["id"]) for item in items if isinstance(item, dict) and "id" in item}


def _answered_ids(exchange: Exchange) -> set[str]:
    messages = jsonrpc.messages(exchange.reply) if exchange.reply is not None else ()
    return {repr(message.get("id")) for message in messages if jsonrpc.is_response(message)}
