"""HTTP messages that a page prints, in ``http`` fences and in mermaid sequence diagrams.

In a fence, a request and the answer after it are a pair. So are the last request of a fence and the first answer of the
next one, if that fence stands just below it in the same place and the two agree on the JSON-RPC id. A line of a diagram
reads ``Client->>Server: POST InitializeRequest<br>Name: value``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.model import Block, Span

METHODS: Final = ("GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD")
ELISIONS: Final = ("...", "…")
_HEADER: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*): ?(.*)")
MOST_LINES_BETWEEN: Final = 6
"""Lines from one fence to the next: a sentence such as "The server answers:" with blank lines around it."""
ARROWS: Final = ("-->>", "->>", "--)", "-)", "--x", "-x", "-->", "->")
"""Longest first, so that none is taken for the end of another."""
NAMED: Final = {
    "InitializeRequest": "initialize",
    "InitializedNotification": "notifications/initialized",
    "InitializeResponse": None,
    "InitializeResult": None,
}
"""Names that the docs give to messages, and the methods of those that are requests or notifications."""
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_STATUS: Final = re.compile(r"(?:HTTP(?:/[\d.]+)? )?([1-5]\d\d)\b")
_METHOD_NAME: Final = re.compile(r"\b(?:tools|resources|prompts|server|subscriptions|notifications|completion)/[\w/]+")
_MENTIONS: Final = ("json-rpc", "... request ...", "... notification/response ...", "... notification ...")


@dataclass(slots=True)
class PrintedMessage:
    """One HTTP message as printed, being read."""

    span: Span
    method: str = ""
    target: str = ""
    status: int | None = None
    """None for a request; 0 for an answer whose status is not shown."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    names_mcp: bool = False
    """Whether the text calls it by the name of an MCP message."""

    @property
    def is_request(self) -> bool:
        """Whether it is a request."""
        return self.status is None

    @property
    def text(self) -> str:
        """The body."""
        return "\n".join(self.body).strip()

    @property
    def is_mcp(self) -> bool:
        """Whether it is recognizably MCP."""
        parsed = jsonrpc.messages(self.text) or ()
        return (
            self.names_mcp
            or any(name.lower().startswith("mcp-") for name, _ in self.headers)
            or any(message.get("jsonrpc") == "2.0" for message in parsed)
        )

    @property
    def elided(self) -> bool:
        """Whether dots show that something of it was left out."""
        return any(dots in value for _, value in (*self.headers, ("", self.text)) for dots in ELISIONS)


PrintedPair = tuple[PrintedMessage | None, PrintedMessage | None]
"""A request and its answer, either of which may not be printed."""


def add_header(message: PrintedMessage, line: str) -> bool:
    """Add the header of a line ``Name: value``; return False if the line is something else."""
    match = _HEADER.fullmatch(line.strip())
    if match is None:
        return False
    message.headers.append((match.group(1), match.group(2).strip()))
    return True


def pairs_of_fence(block: Block) -> Iterator[PrintedPair]:
    """Return the requests and answers of one http fence, each request with the answer that follows it."""
    asked: PrintedMessage | None = None
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


def answers(asked: PrintedMessage, above: Block, answered: PrintedMessage, below: Block) -> bool:
    """Return whether ``answered``, the first message of ``below``, answers ``asked``, the last of ``above``.

    It does not with another fence between them, under another heading, tab, step or list, or with another JSON-RPC id.
    """
    close = below.ordinal == above.ordinal + 1 and 0 < below.span.first - above.span.last <= MOST_LINES_BETWEEN + 1
    return close and below.place == above.place and _ids_agree(asked, answered)


def _ids_agree(asked: PrintedMessage, answered: PrintedMessage) -> bool:
    """Return whether the answer has no other id than the request, as far as both bodies are whole JSON."""
    sent, got = jsonrpc.messages(asked.text), jsonrpc.messages(answered.text)
    if sent is None or got is None:
        return True
    known = {repr(message["id"]) for message in sent if "id" in message}
    return {repr(message["id"]) for message in got if message.get("id") is not None} <= known


def _messages_of(block: Block) -> Iterator[PrintedMessage]:
    current: PrintedMessage | None = None
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


def _start(line: str, span: Span) -> PrintedMessage | None:
    """Return the message that ``line`` begins; None if it is not a start line (RFC 9112, section 2.1)."""
    words = line.split()
    if len(words) >= 2 and words[0].startswith("HTTP/") and words[1].isdecimal() and len(words[1]) == 3:
        return PrintedMessage(span, status=int(words[1]))
    versioned = len(words) == 3 and words[2].startswith("HTTP/")
    if words and words[0] in METHODS and (versioned or len(words) == 2) and words[1].startswith(("/", "http")):
        return PrintedMessage(span, method=words[0], target=words[1])
    return None


def pairs_of_diagram(block: Block) -> Iterator[PrintedPair]:
    """Return the requests and answers of one diagram; an answer without status and header does not count."""
    open_requests: dict[tuple[str, str], PrintedMessage] = {}
    for offset, line in enumerate(block.text.split("\n")):
        arrow = _arrow(line)
        if arrow is None:
            continue
        sender, receiver, text = arrow
        message = _message(text, block.line(offset))
        if message is None:
            continue
        if message.is_request:
            unanswered = open_requests.pop((sender, receiver), None)
            if unanswered is not None:
                yield unanswered, None
            open_requests[sender, receiver] = message
        else:
            yield open_requests.pop((receiver, sender), None), message
    for unanswered in open_requests.values():
        yield unanswered, None


def _arrow(line: str) -> tuple[str, str, str] | None:
    """Return sender, receiver and text of a message line; None for any other line."""
    head, colon, text = line.partition(":")
    if not colon or not text.strip():
        return None
    for arrow in ARROWS:
        sender, found, receiver = head.partition(arrow)
        if found and sender.strip() and receiver.strip():
            return sender.strip(), receiver.strip().lstrip("+-").strip(), text.strip()
    return None


def _message(text: str, span: Span) -> PrintedMessage | None:
    """Return the HTTP message that a line's text stands for; None if it stands for none."""
    first, *rest = (part.strip() for part in _BREAK.split(text))
    words = first.split()
    status = _STATUS.match(first)
    if words and words[0] in METHODS:
        message = PrintedMessage(span, method=words[0])
        if len(words) > 1 and words[1].startswith("/"):
            message.target = words[1]
    elif status is not None:
        message = PrintedMessage(span, status=int(status.group(1)))
    elif words and words[0] in NAMED and NAMED[words[0]] is None:
        message = PrintedMessage(span, status=0)
    else:
        return None
    message.names_mcp = (
        any(word in NAMED for word in words)
        or _METHOD_NAME.search(first) is not None
        or any(mention in first.lower() for mention in _MENTIONS)
    )
    for part in rest:
        if not add_header(message, part):
            message.body.append(part)
    return message
