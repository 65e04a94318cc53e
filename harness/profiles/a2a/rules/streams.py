"""Streams: that there is one, what it begins with, and that it ends.

Sentences: section 3.1.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import BodyFault
from harness.profiles.a2a import steps
from harness.profiles.a2a.reading import EVENT_STREAM, capability, card_in, described, items_of, state_of
from harness.profiles.a2a.rules.common import asked, held, rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_LEAST_WATCHED_S: Final = 2.0


def streams_declared(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that the card declares streaming."""
    if capability(card_in(transcript), "streaming"):
        return None
    return not_applicable(bound, "The agent declares no streaming.")


def stream_opened(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Require that there is a stream with something in it."""
    exchange = held(transcript, steps.STREAM)
    if _is_stream(exchange) and items_of(exchange):
        return None
    return inconclusive(bound, f"SendStreamingMessage was answered {described(exchange)}.", [exchange])


def established(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that SendStreamingMessage MUST establish a stream: 200 and text/event-stream (section 9.4.2)."""
    exchange = held(transcript, steps.STREAM)
    if _is_stream(exchange):
        return satisfied(bound, "SendStreamingMessage is answered by an event stream.", [exchange])
    media = exchange.reply.media_type if exchange.reply is not None else ""
    return violated(
        bound,
        f"The card declares streaming; SendStreamingMessage was answered {described(exchange)}, as "
        f"{media[:60] or 'no media type'}.",
        [exchange],
    )


def begins_with_task(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a stream of updates MUST begin with the task."""
    exchange = held(transcript, steps.STREAM)
    items = items_of(exchange)
    if "message" in items[0][1]:
        return not_applicable(bound, "The stream holds a message, not a task.", [exchange])
    if "task" not in items[0][1]:
        first = ", ".join(sorted(items[0][1]))[:60]
        return violated(bound, f"The stream begins with `{first}`, not with the task.", [exchange])
    return satisfied(bound, "The stream begins with the task.", [exchange])


def one_message(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a stream with a message MUST contain exactly that one."""
    exchange = held(transcript, steps.STREAM)
    items = items_of(exchange)
    if "message" not in items[0][1]:
        return not_applicable(bound, "The stream holds a task, not a message.", [exchange])
    if len(items) > 1:
        return violated(bound, f"The stream goes on after its message ({len(items) - 1} more).", [exchange])
    if exchange.reply is not None and exchange.reply.fault is not None:
        return inconclusive(bound, "The stream did not end while it was watched.", [exchange])
    return satisfied(bound, "The stream contains exactly one message.", [exchange])


def closes(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the stream MUST close when the task has ended."""
    exchange = held(transcript, steps.STREAM)
    items = items_of(exchange)
    ends = [number for number, (_, item) in enumerate(items) if _state(item) in steps.TERMINAL]
    if not ends:
        return not_applicable(bound, "The task did not end in the stream.", [exchange])
    after = items[ends[0] + 1 :]
    if any("statusUpdate" in item or "artifactUpdate" in item for _, item in after):
        return violated(bound, "The stream went on with updates after the task had ended.", [exchange])
    if exchange.reply is not None and exchange.reply.fault is BodyFault.OPEN:
        watched_s = exchange.started_s + exchange.duration_s - items[ends[0]][0].at_s - exchange.stalled_s
        if not exchange.stood_still and watched_s >= max(_LEAST_WATCHED_S, steps.PATIENCE * _slowest_s(transcript)):
            return violated(bound, f"The stream was still open {watched_s:.0f} s after the task had ended.", [exchange])
        return inconclusive(bound, "The stream was still open when docprobe stopped watching it.", [exchange])
    if exchange.reply is not None and exchange.reply.fault is not None:
        return inconclusive(bound, f"The stream was not read to its end ({exchange.reply.fault}).", [exchange])
    return satisfied(bound, "The stream closed when the task had ended.", [exchange])


def _is_stream(exchange: Exchange) -> bool:
    return exchange.reply is not None and exchange.reply.status == 200 and exchange.reply.media_type == EVENT_STREAM


def _state(item: dict[str, object]) -> str:
    """The state of the task that an item of a stream tells."""
    inner = next((item[key] for key in ("task", "statusUpdate") if isinstance(item.get(key), dict)), None)
    return state_of(inner) if isinstance(inner, dict) else ""


def _slowest_s(transcript: Transcript) -> float:
    """How long ordinary requests took at most."""
    return max((e.duration_s for e in transcript.exchanges if e.step != steps.STREAM), default=0.0)


_STREAMED: Final = (streams_declared, asked(steps.STREAM, "The agent does not speak JSON-RPC."))

RULES: Final = (
    rule(
        "stream.established",
        "SendStreamingMessage is answered by an event stream",
        established,
        *_STREAMED,
        effect="Clients that want updates get none.",
        fix="Answer 200 with `Content-Type: text/event-stream`, or do not declare `capabilities.streaming`.",
    ),
    rule(
        "stream.begins-with-task",
        "A stream of updates begins with the task",
        begins_with_task,
        *_STREAMED,
        stream_opened,
        effect="Clients get updates of a task that they do not know.",
        fix="Send the task first, then its updates.",
    ),
    rule(
        "stream.one-message",
        "A stream with a message contains exactly that one",
        one_message,
        *_STREAMED,
        stream_opened,
        effect="Clients stop at the message and lose the rest.",
        fix="Send one message and close the stream; make a task for anything longer.",
    ),
    rule(
        "stream.closes",
        "The stream closes when the task has ended",
        closes,
        *_STREAMED,
        stream_opened,
        effect="Clients wait for updates that never come.",
        fix="Close the stream after the update with the terminal state.",
    ),
)
"""In the order in which reports show them."""
