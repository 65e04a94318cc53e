"""Servers on standard input and output.

Sentences: transports page, "stdio"; cancellation page, "Error Handling"; lifecycle page, "Shutdown" (2026-07-28: the
stdio transport's page, "Shutdown").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, line_of, statement, text_of, walk
from extractor.model import Level
from harness.base.jsonrpc import is_response
from harness.judge.findings import count, inconclusive, satisfied, violated
from harness.judge.import_edits import import_python
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import ALL, HTTP_SSE, MODERN, SESSIONS, level, reading, text
from harness.profiles.mcp.rules.answers import why_late
from harness.profiles.mcp.rules.preconditions import not_asked
from harness.profiles.mcp.rules.transcript import control_of, exchange_of, exchanges_of, messages, method_of, sent
from harness.rule import Decision, Rule, TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_PRINTS: Final = re.compile(
    r"print|sys\.stdout\.write|console\.(?:log|info|debug|table|dir)|process\.stdout\.write|Deno\.stdout\.write"
)
"""Callables that write to stdout."""
_CONSOLE: Final = re.compile(r"console\.(?:log|info|debug|table|dir)")
_STREAMS: Final = {"sys.stdout": "sys.stderr", "process.stdout": "process.stderr", "Deno.stdout": "Deno.stderr"}
_MEMBERS: Final = frozenset({"attribute", "member_expression"})
_LITERALS: Final = frozenset({"string_fragment", "string_content"})
_TELLING: Final = 3
"""Characters that a literal must have to tell one call from another."""
_SHOWN: Final = 80
"""Characters of a line that a summary shows."""


def only_messages(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the server MUST NOT write anything to its stdout that is not a valid MCP message."""
    seen: dict[str, Exchange] = {}
    for exchange in exchanges_of(transcript, None, steps.STDIO_NOISE):
        # a banner comes again with each process
        seen.setdefault(_line(exchange), exchange)
    if noise := list(seen.values()):
        if len(noise) == 1:
            what = "a line that is not an MCP message"
        else:
            what = f"{len(noise)} lines that are not MCP messages; first"
        return violated(bound, f"stdout contained {what}: {_line(noise[0])!r}.", noise)
    answered = [exchange for exchange in transcript.exchanges if exchange.reply is not None]
    if not answered:
        return inconclusive(bound, "Nothing was answered on stdout.", transcript.exchanges)
    return satisfied(bound, f"Every line on stdout was an MCP message ({count(len(answered), 'answer')}).", answered)


def printing_calls(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield the calls that print what stood on stdout, by their literal words; else the only call that prints."""
    lines = [_line(exchange) for exchange in exchanges_of(transcript, None, steps.STDIO_NOISE)]
    calls = [node for node in walk(root) if node.type in CALLS and _prints(node)]
    words = {call: [text_of(part).strip() for part in walk(call) if part.type in _LITERALS] for call in calls}
    said = [
        call
        for call, parts in words.items()
        if any(len(part) >= _TELLING and part in line for part in parts for line in lines)
    ]
    yield from (statement(call) for call in said or (calls if len(calls) == 1 else []))


def _prints(call: Node) -> bool:
    """Return whether a call writes to stdout, as far as its text shows."""
    name = text_of(call.child_by_field_name("function"))
    return _PRINTS.fullmatch(name) is not None and "stderr" not in text_of(call.child_by_field_name("arguments"))


def print_to_stderr(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Have what stood on stdout written to stderr, by what is blamed for it."""
    lines = {line for span in finding.blame for line in range(span.first, span.last + 1)}
    executed = [node for node in walk(root) if node.type in CALLS and line_of(node) in lines]
    said = list(printing_calls(root, finding, transcript))
    for blamed in dict.fromkeys([*said, *executed]):
        for call in (node for node in walk(blamed) if node.type in CALLS):
            yield from _to_stderr(root, call)


def _to_stderr(root: Node, call: Node) -> Iterator[TextEdit]:
    function, given = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    name = text_of(function)
    if function is None or given is None:
        return
    if _CONSOLE.fullmatch(name):
        yield TextEdit(function.start_byte, function.end_byte, "console.error")
        return
    streams = [node for node in walk(call) if text_of(node) in _STREAMS and node.type in _MEMBERS]
    if _prints(call) or streams:
        yield from (TextEdit(node.start_byte, node.end_byte, _STREAMS[text_of(node)]) for node in streams)
    if name == "print" and "file=" not in text_of(given):
        yield TextEdit.last_argument(given, "file=sys.stderr")
        yield from import_python(root, "import sys")


ONLY_MESSAGES: Final = Rule(
    Requirement(
        id="stdio.only-messages",
        title="Nothing but MCP messages on stdout",
        side=Side.STDIO,
        levels=level(Level.MUST_NOT, ALL),
        basis=text(ALL),
        effect="One stray line breaks the client's parser and with it the connection.",
        fix="Send logs and banners to stderr.",
        avoid="Don't rely on clients that skip lines they cannot parse.",
    ),
    Decision(only_messages),
    blame=printing_calls,
    fix=print_to_stderr,
)


def exit_on_close(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the server exits once its stdin is closed. One that is at work on a request may end that first."""
    answers = [e for e in transcript.exchanges if e.reply is not None and not e.step.startswith(steps.TOOL_STEPS)]
    ends = exchanges_of(transcript, None, steps.STDIO_CLOSE)
    if not ends:
        return not_asked(transcript, bound, "The end of stdin")
    closed = next((end for end in ends if any(e.process == end.process for e in answers)), None)
    if closed is None:
        return inconclusive(bound, "The process had answered nothing before its stdin was closed.", ends)
    if closed.timed_out:
        still_ran = f"The server still ran {closed.duration_s:.0f} s after its stdin was closed"
        if closed.waited_s < steps.PATIENCE * max(e.duration_s for e in answers):
            return inconclusive(bound, f"{still_ran}{why_late(closed, 'its answers were slow too')}.", [closed])
        here = [e for e in transcript.exchanges if e.process == closed.process and e is not closed]
        if (unanswered := next((e for e in here if e.timed_out and "id" in (sent(e) or {})), None)) is not None:
            what = method_of(unanswered) or "a request"
            return inconclusive(bound, f"{still_ran}; it had not answered {what} yet.", [unanswered, closed])
        return violated(bound, f"{still_ran}.", [closed])
    if closed.failure is not None:
        return inconclusive(bound, f"Closing stdin failed: {closed.failure}.", [closed])
    return satisfied(bound, f"The server ended {closed.duration_s:.1f} s after its stdin was closed.", [closed])


EXIT_ON_CLOSE: Final = Rule(
    Requirement(
        id="stdio.exit-on-close",
        title="The server exits when its stdin is closed",
        side=Side.STDIO,
        levels=level(Level.SHOULD, ALL),
        # up to 2025-11-25 the text only has the client's half: close the stream, then wait for the server to exit
        basis=reading((*HTTP_SSE, *SESSIONS)) | text(MODERN),
        effect="Servers pile up as orphans, or have to be killed.",
        fix="End the process when reading stdin reports its end; stop timers and listeners that keep it alive.",
        avoid="Don't wait for a signal: closing stdin is the only portable one.",
    ),
    Decision(exit_on_close),
)


def cancelled(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that cancellations of requests that are unknown or answered, and malformed ones, SHOULD be ignored."""
    asked = exchange_of(transcript, bound.revision, steps.STDIO_AFTER_CANCELLED)
    if asked is None:
        return not_asked(transcript, bound, "A cancellation of nothing")
    control = control_of(transcript, asked)
    both = [control, *exchanges_of(transcript, bound.revision, steps.STDIO_CANCELLED), asked]
    if control is None or control.reply is None:
        return inconclusive(bound, "tools/list was not answered before the cancellations either.", both)
    if asked.reply is None:
        if asked.timed_out and asked.waited_s < steps.PATIENCE * control.duration_s:
            why = why_late(asked, "it was slow before, too")
            return inconclusive(bound, f"tools/list was not answered in time{why}.", both)
        return violated(
            bound,
            "After cancellations of requests that are unknown or answered, and a malformed one, tools/list was not "
            f"answered ({asked.failure}); before them it was.",
            both,
        )
    own = (sent(asked) or {}).get("id")
    for message in messages(asked.reply):
        if is_response(message) and message.get("id") != own:
            return violated(
                bound, "A cancellation that matches no running request, or a malformed one, got a response.", both
            )
    return satisfied(bound, "Cancellations that match no running request, and a malformed one, were ignored.", both)


CANCELLED: Final = Rule(
    Requirement(
        id="stdio.cancelled",
        title="A cancellation that matches no running request is ignored",
        side=Side.STDIO,
        levels=level(Level.SHOULD, ALL),
        basis=text(ALL),
        effect="A cancellation often crosses the response on the wire: the connection then breaks for nothing.",
        fix="Look the request up, and do nothing where it is not running.",
        avoid="Don't answer a notification, not even with an error.",
    ),
    Decision(cancelled),
)

RULES: Final = (ONLY_MESSAGES, EXIT_ON_CLOSE, CANCELLED)


def _line(exchange: Exchange) -> str:
    return (exchange.reply.body if exchange.reply is not None else exchange.body)[:_SHOWN]
