"""HTTP messages that a mermaid sequence diagram shows: ``Client->>Server: POST InitializeRequest<br>Name: value``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from harness.profiles.mcp.probes.printed import METHODS, Pair, Printed, add_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.model import Block, Span

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
_SPOKEN_OF: Final = ("json-rpc", "... request ...", "... notification/response ...", "... notification ...")


def pairs_of_diagram(block: Block) -> Iterator[Pair]:
    """Requests and answers of one diagram; a request whose answer has no status and no header stays unanswered."""
    open_requests: dict[tuple[str, str], Printed] = {}
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
    """Sender, receiver and text of a message line; None for any other line."""
    head, colon, text = line.partition(":")
    if not colon or not text.strip():
        return None
    for arrow in ARROWS:
        sender, found, receiver = head.partition(arrow)
        if found and sender.strip() and receiver.strip():
            return sender.strip(), receiver.strip().lstrip("+-").strip(), text.strip()
    return None


def _message(text: str, span: Span) -> Printed | None:
    """The HTTP message that a line's text stands for; None if it stands for none."""
    first, *rest = (part.strip() for part in _BREAK.split(text))
    words = first.split()
    status = _STATUS.match(first)
    if words and words[0] in METHODS:
        message = Printed(span, method=words[0])
        if len(words) > 1 and words[1].startswith("/"):
            message.target = words[1]
    elif status is not None:
        message = Printed(span, status=int(status.group(1)))
    elif words and words[0] in NAMED and NAMED[words[0]] is None:
        message = Printed(span, status=0)
    else:
        return None
    message.names_mcp = (
        any(word in NAMED for word in words)
        or _METHOD_NAME.search(first) is not None
        or any(words_of in first.lower() for words_of in _SPOKEN_OF)
    )
    for part in rest:
        if not add_header(message, part):
            message.body.append(part)
    return message
