"""HTTP messages that ``http`` fences print, each request with its answer where the two plainly belong together.

A request and the answer after it in the same fence are a pair. So are the last request of a fence and the first answer
of the next one, if that fence stands just below it in the same place and the two agree on the JSON-RPC id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.profiles.mcp.probes.printed import METHODS, Pair, Printed, add_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.model import Block, Span

MOST_LINES_BETWEEN: Final = 6
"""Lines from one fence to the next: a sentence such as "The server answers:" with blank lines around it."""


def pairs_of_fence(block: Block) -> Iterator[Pair]:
    """Requests and answers of one http fence, each request with the answer that follows it."""
    asked: Printed | None = None
    for message in _messages_of(block):
        if message.is_request:
            if asked is not None:
                yield asked, None
            asked = message
        else:
            yield asked, message
            asked = None
    if asked is not None:
        yield asked, None


def answers(asked: Printed, above: Block, answered: Printed, below: Block) -> bool:
    """Whether ``answered``, the first message of ``below``, answers ``asked``, the last of ``above``.

    Any other fence between them, another heading, tab, step or list, or another JSON-RPC id says no.
    """
    close = below.ordinal == above.ordinal + 1 and 0 < below.span.first - above.span.last <= MOST_LINES_BETWEEN + 1
    return close and below.place == above.place and _ids_agree(asked, answered)


def _ids_agree(asked: Printed, answered: Printed) -> bool:
    """Whether the answer has no other id than the request. A body that is no JSON, or cut short, says nothing."""
    sent, got = jsonrpc.messages(asked.text), jsonrpc.messages(answered.text)
    if sent is None or got is None:
        return True
    known = {repr(message["id"]) for message in sent if "id" in message}
    return {repr(message["id"]) for message in got if message.get("id") is not None} <= known


def _messages_of(block: Block) -> Iterator[Printed]:
    current: Printed | None = None
    in_headers = False
    for offset, line in enumerate(block.text.split("\n")):
        started = _start(line, block.line(offset))
        if started is not None:
            if current is not None:
                yield current
            current, in_headers = started, True
        elif current is None:
            continue
        elif in_headers and not line.strip():
            in_headers = False
        elif in_headers and line[0] in " \t" and current.headers:
            name, value = current.headers[-1]
            current.headers[-1] = (name, f"{value} {line.strip()}")
        elif in_headers:
            add_header(current, line)
        else:
            current.body.append(line)
    if current is not None:
        yield current


def _start(line: str, span: Span) -> Printed | None:
    """A message that begins with ``line``; None if it is no start line."""
    words = line.split()
    if len(words) >= 2 and words[0].startswith("HTTP/") and words[1].isdecimal() and len(words[1]) == 3:
        return Printed(span, status=int(words[1]))
    versioned = len(words) == 3 and words[2].startswith("HTTP/")
    if words and words[0] in METHODS and (versioned or len(words) == 2) and words[1].startswith(("/", "http")):
        return Printed(span, method=words[0], target=words[1])
    return None
