"""What is left of sessions in a server of the sessionless revisions only: nothing.

Sentences: streamable HTTP page of 2026-07-28, "Earlier Streamable HTTP Revisions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.findings import inconclusive, listed, satisfied, violated
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.reading import (
    SESSION_HEADER,
    Answer,
    control_of,
    first,
    is_served,
    said,
    weigh,
    why_undecided,
)
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript


def ignore_session_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A made-up Mcp-Session-Id SHOULD be ignored, and no id minted or echoed."""
    asked = first(transcript, steps.MODERN_SESSION_ID, bound.revision)
    if asked is None:
        return not_asked(transcript, bound, "A request with a made-up session id")
    control = control_of(transcript, asked)
    both = [control, asked]
    for exchange in (control, asked):
        if exchange is not None and exchange.reply is not None and exchange.reply.header(SESSION_HEADER) is not None:
            sent = "with a made-up session id" if exchange is asked else "without a session id"
            return violated(bound, f"The answer to a request {sent} carried a session id.", both)
    if is_served(asked):
        return satisfied(bound, "A request with a made-up session id was served and got no id back.", both)
    if not is_served(control) or weigh(transcript, asked, control) is Answer.UNDECIDED:
        return inconclusive(bound, f"A request with a made-up session id was answered {said(asked)}.", both)
    return violated(
        bound, f"A request with a made-up session id was answered {said(asked)}; without the id it was served.", both
    )


def get_delete_405(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """GET and DELETE SHOULD be answered 405."""
    found = [first(transcript, step, bound.revision) for step in (steps.MODERN_GET, steps.MODERN_DELETE)]
    asked = [exchange for exchange in found if exchange is not None]
    if not asked:
        return not_asked(transcript, bound, "GET or DELETE")
    evidence = [*(control_of(transcript, exchange) for exchange in asked), *asked]
    decided = [
        exchange
        for exchange in asked
        if is_served(control_of(transcript, exchange))
        and weigh(transcript, exchange, control_of(transcript, exchange)) is not Answer.UNDECIDED
    ]
    if not decided:
        return inconclusive(bound, f"{asked[0].method} decided nothing: {why_undecided(asked[0])}.", evidence)
    answers = listed(f"{exchange.method} was answered {said(exchange)}" for exchange in decided)
    if all(exchange.status == 405 for exchange in decided):
        return satisfied(bound, f"{answers}.", evidence)
    return violated(bound, f"{answers} instead of 405; POST was served.", evidence)
