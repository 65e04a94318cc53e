"""Exchanges that a page prints, in http fences and sequence diagrams, and messages in JSON, as a transcript.

What a page leaves out stays left out: a request without its answer has no reply (``failure`` ``NOT_SHOWN``), an answer
without a status has status 0, an answer without its request has an empty method; ``Exchange.note`` names the lines and
what was left out. A header that is absent from a shortened example proves nothing, so ``headers_complete`` is false
where the printed headers are plainly not all of them (no Host, or the request is only named).

A page may shorten a JSON message by dots, or say in its prose that its messages are shortened; both are recorded.

Only what is recognizably MCP is read: an ``Mcp-`` header, a JSON-RPC body, or a diagram that names an MCP message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind
from harness.model import Exchange, Failure, FailureKind, PrintedJson, Reply, Session, Shortening, Transcript
from harness.profile import PrintedExchanges
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import SESSION_HEADER
from harness.profiles.mcp.printed_messages import (
    ELISIONS,
    PrintedMessage,
    PrintedPair,
    answers,
    pairs_of_diagram,
    pairs_of_fence,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from extractor.model import Block, Span
    from harness.profiles.mcp.messages import Headers

FENCE: Final = "http"
DIAGRAM: Final = "mermaid"
_JSON: Final = ("json", "jsonc", "json5")
_STRING_OR_COMMENT: Final = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*')
_IS_MESSAGE: Final = re.compile(r'"jsonrpc"\s*:\s*"2\.0"')
_SAYS_SO: Final = re.compile(r"\bfor brevity\b|\b(?:abbreviated|shortened)\b", re.IGNORECASE)


def printed_exchanges(blocks: Sequence[Block], page: str, source: str = "") -> PrintedExchanges | None:
    """Read the exchanges and the messages that one page prints.

    Args:
        blocks: of the page, in order.
        page: its path, which becomes the transcript's ``example_id``.
        source: its text, which may say that messages are shortened.

    Returns:
        The exchanges and messages, and the blocks that they are in; None if the page prints none.
    """
    candidates = [block for block in blocks if block.language in (FENCE, DIAGRAM) or _is_json_message(block)]
    revision = candidates[0].revision if candidates else None
    exchanges: list[Exchange] = []
    sessions: list[Session] = []
    for asked, answered in _recognized(candidates):
        exchange = _exchange(len(exchanges) + 1, asked, answered, revision, sessions)
        exchanges.append(exchange)
        _note_session(exchange, revision, sessions)
    messages = _printed_json(blocks, _pairs(candidates), source) if revision else ()
    if not exchanges and not messages:
        return None
    negotiated = (revision,) if revision else ()
    transcript = Transcript(
        page, ExampleKind.OTHER, tuple(exchanges), tuple(sessions), negotiated=negotiated, printed=messages
    )
    return PrintedExchanges(transcript, _printing_blocks(candidates))


def _printing_blocks(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return those blocks that print a message, in order."""
    lines = {(m.span.file, m.span.first) for pair in _recognized(blocks) for m in pair if m is not None}
    return tuple(
        block
        for block in blocks
        if _is_json_message(block)
        or any(file == block.span.file and block.span.first <= line <= block.span.last for file, line in lines)
    )


def _recognized(blocks: Sequence[Block]) -> Iterator[PrintedPair]:
    """Return the pairs that are recognizably MCP."""
    for pair in _pairs(blocks):
        if any(message is not None and message.is_mcp for message in pair):
            yield pair


def _pairs(blocks: Sequence[Block]) -> Iterator[PrintedPair]:
    """Return all pairs in order; the last request of a fence waits for the fence below it."""
    waiting: tuple[PrintedMessage, Block] | None = None
    for block in blocks:
        pairs = list(_pairs_of(block))
        if waiting is not None:
            asked, above = waiting
            answered = pairs[0][1] if pairs and pairs[0][0] is None else None
            if answered is not None and answers(asked, above, answered, block):
                pairs[0] = (asked, answered)
            else:
                yield asked, None
            waiting = None
        if block.language == FENCE and pairs and (last := pairs[-1])[0] is not None and last[1] is None:
            waiting = last[0], block
            pairs.pop()
        yield from pairs
    if waiting is not None:
        yield waiting[0], None


def _pairs_of(block: Block) -> Iterator[PrintedPair]:
    if block.language == FENCE:
        yield from pairs_of_fence(block)
    elif block.language == DIAGRAM:
        yield from pairs_of_diagram(block)


def _exchange(
    number: int,
    asked: PrintedMessage | None,
    answered: PrintedMessage | None,
    revision: str | None,
    sessions: Sequence[Session],
) -> Exchange:
    shown = [message for message in (asked, answered) if message is not None]
    id_sent = _header(asked.headers, SESSION_HEADER) if asked else None
    known = next((s for s in sessions if id_sent is not None and _same_id(id_sent, s.id)), None)
    return Exchange(
        number=number,
        step=f"{steps.DOCUMENTED}.{number}",
        revision=revision,
        process=0,
        method=asked.method if asked else "",
        target=asked.target if asked else "",
        headers=tuple(asked.headers) if asked else (),
        body=asked.text if asked else "",
        reply=_reply(answered) if answered else None,
        failure=None if answered else Failure(FailureKind.NOT_SHOWN),
        started_s=0.0,
        duration_s=0.0,
        session=known.label if known else "unknown" if id_sent else None,
        headers_complete=_shows_all_headers(asked),
        note="; ".join([", ".join(str(m.span) for m in shown), *_left_out(asked, answered)]),
    )


def _shows_all_headers(asked: PrintedMessage | None) -> bool:
    """Return whether the printed headers of a request may be all that it has: HTTP/1.1 demands a Host."""
    return asked is not None and not asked.names_mcp and _header(asked.headers, "host") is not None


def _left_out(asked: PrintedMessage | None, answered: PrintedMessage | None) -> Iterator[str]:
    if asked is None:
        yield "request not shown"
    elif not _shows_all_headers(asked):
        yield "not all headers are shown"
    if answered is not None and answered.status == 0:
        yield "status not shown"
    if any(message is not None and message.elided for message in (asked, answered)):
        yield "elided"


def _reply(answered: PrintedMessage) -> Reply:
    text = answered.text
    return Reply(
        status=answered.status or 0,
        headers=tuple(answered.headers),
        body=text,
        body_bytes=len(text.encode()),
        complete=not answered.elided,
    )


def _note_session(exchange: Exchange, revision: str | None, sessions: list[Session]) -> None:
    """Record an id that an answer printed, under a label of its own."""
    issued = exchange.reply.header(SESSION_HEADER) if exchange.reply is not None else None
    if issued and not any(_same_id(issued, session.id) for session in sessions):
        sessions.append(Session(chr(ord("A") + len(sessions) % 26), issued, revision or "", 0, exchange.number))


def _same_id(one: str, other: str) -> bool:
    """Return whether two printed ids are the same, either of which may be shortened (``1868a90c...``)."""
    for shown, whole in ((one, other), (other, one)):
        for dots in ELISIONS:
            if shown.endswith(dots) and whole.startswith(shown.removesuffix(dots)):
                return True
    return one == other


def _header(headers: Iterable[tuple[str, str]] | Headers, name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def _is_json_message(block: Block) -> bool:
    """Return whether a block of JSON is a message, or several."""
    return block.language in _JSON and _IS_MESSAGE.search(block.text) is not None


def _printed_json(blocks: Sequence[Block], pairs: Iterable[PrintedPair], source: str) -> tuple[PrintedJson, ...]:
    """Return the messages of a page in the order of their lines.

    Args:
        blocks: of the page.
        pairs: HTTP messages that the page prints.
        source: of the page.
    """
    says_so = _SAYS_SO.search(_prose(source, blocks)) is not None
    found = [_message(block.text, block.line(0), says_so) for block in blocks if _is_json_message(block)]
    for message in (message for pair in pairs for message in pair if message is not None):
        if _IS_MESSAGE.search(message.text):
            found.append(_message(message.text, message.span, says_so))
    return tuple(sorted(found, key=lambda each: each.span))


def _message(text: str, span: Span, says_so: bool) -> PrintedJson:
    dots = any(dots in text for dots in ELISIONS)
    shortening = Shortening.DOTS if dots else Shortening.STATED if says_so else None
    return PrintedJson(span, _STRING_OR_COMMENT.sub(_without_comment, text), shortening)


def _without_comment(match: re.Match[str]) -> str:
    return match.group() if match.group().startswith('"') else ""


def _prose(source: str, blocks: Sequence[Block]) -> str:
    """Return the lines of a page that are not in a block."""
    inside = {line for block in blocks for line in range(block.span.first, block.span.last + 1)}
    return "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number not in inside)
