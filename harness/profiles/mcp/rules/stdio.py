"""Servers on standard input and output.

Sentences: transports page, "stdio"; lifecycle page, "Shutdown" (2026-07-28: the stdio transport's page).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.findings import inconclusive, satisfied, violated
from harness.model import FailureKind
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.reading import first, of_step
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript


def only_messages(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The server MUST NOT write anything to its stdout that is not a valid MCP message."""
    noise = of_step(transcript, steps.STDIO_NOISE)
    if noise:
        return violated(
            bound,
            f"{len(noise)} line{'s' if len(noise) > 1 else ''} on stdout {'were' if len(noise) > 1 else 'was'} no MCP "
            f"message, first {_line(noise[0])!r}.",
            noise,
        )
    answered = [exchange for exchange in transcript.exchanges if exchange.reply is not None]
    if not answered:
        return inconclusive(bound, "Nothing was answered on stdout.", transcript.exchanges)
    return satisfied(bound, f"Every line on stdout was an MCP message ({len(answered)} answers).", answered)


def exit_on_close(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """The server exits once its stdin is closed."""
    closed = first(transcript, steps.STDIO_CLOSE)
    if closed is None:
        return not_asked(transcript, bound, "The end of stdin")
    if closed.failure is not None and closed.failure.kind is FailureKind.TIMEOUT:
        took = f"{closed.duration_s:.0f} s after its stdin was closed the server still ran"
        slowest = max((e.duration_s for e in transcript.exchanges if e.reply is not None), default=None)
        if slowest is None or closed.duration_s < steps.PATIENCE * slowest:
            return inconclusive(bound, f"{took}; its answers were slow too.", [closed])
        return violated(bound, f"{took}.", [closed])
    if closed.failure is not None:
        return inconclusive(bound, f"Closing stdin ended in: {closed.failure}.", [closed])
    return satisfied(bound, f"The server ended {closed.duration_s:.1f} s after its stdin was closed.", [closed])


def _line(exchange: Exchange) -> str:
    return (exchange.reply.body if exchange.reply is not None else exchange.body)[:80]
