"""Printed exchanges become exchanges; what a page leaves out is said to be left out."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.model import Block, Heading, InfoString, Placement, Span
from harness.base.codec import from_json, to_json
from harness.model import Exchange, Failure, FailureKind, Transcript
from harness.profiles.mcp.printed_exchanges import printed_exchanges


def block(language: str, text: str, first: int = 10, ordinal: int = 0, place: Placement | None = None) -> Block:
    span = Span("page.mdx", first, first + text.count("\n") + 1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Block(span, InfoString(language, language), text, digest, place or Placement(), ordinal)


def read(*blocks: Block) -> tuple[Exchange, ...]:
    printed = printed_exchanges(blocks, "page.mdx")
    if printed is None:
        return ()
    transcript = printed.transcript
    assert from_json(to_json(transcript), Transcript) == transcript
    return transcript.exchanges


def printing(*blocks: Block) -> tuple[Block, ...]:
    printed = printed_exchanges(blocks, "page.mdx")
    return printed.blocks if printed else ()


REQUEST = """POST /mcp HTTP/1.1
Host: example.com
Mcp-Session-Id: 1868a90c
Accept: application/json,
    text/event-stream

{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
"""
ANSWER = """HTTP/1.1 404 Not Found
Content-Type: text/plain

gone
"""


def test_a_request_and_its_answer() -> None:
    (exchange,) = read(block("http", f"{REQUEST}\n{ANSWER}"))
    assert (exchange.step, exchange.method, exchange.target, exchange.status) == ("documented.1", "POST", "/mcp", 404)
    assert ("Accept", "application/json, text/event-stream") in exchange.headers
    assert exchange.body == '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
    assert exchange.reply is not None
    assert exchange.reply.body == "gone"
    assert exchange.note == "page.mdx:11, page.mdx:19"
    assert exchange.headers_complete


def test_one_sided_fences_say_so() -> None:
    alone, answer = read(block("http", REQUEST), block("http", "HTTP/1.1 200 OK\nMcp-Session-Id: abc...\n"))
    assert (alone.reply, alone.failure) == (None, Failure(FailureKind.NOT_SHOWN))
    assert (answer.method, answer.status) == ("", 200)
    assert answer.note is not None
    assert "request not shown" in answer.note
    assert "elided" in answer.note


ACCEPTED = "HTTP/1.1 202 Accepted\n"
OTHER_ID = 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{"jsonrpc": "2.0", "id": 7, "result": {}}\n'
BELOW = 22
"""Three lines below the request's fence, which ends at line 18."""


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{"jsonrpc": "2.0", "id": 1, "result": {}}\n',
        'HTTP/1.1 400 Bad Request\n\n{"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": "no"}}\n',
        'HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\ndata: {"jsonrpc": "2.0", ...}\n',
    ],
)
def test_a_request_in_one_fence_and_its_answer_in_the_next(answer: str) -> None:
    blocks = (block("http", REQUEST), block("http", answer, BELOW, 1))
    (exchange,) = read(*blocks)
    assert (exchange.method, exchange.status) == ("POST", int(answer.split()[1]))
    assert exchange.note is not None
    assert exchange.note.startswith(f"page.mdx:11, page.mdx:{BELOW + 1}")
    assert printing(*blocks) == blocks


@pytest.mark.parametrize(
    "below",
    [
        pytest.param(block("http", ANSWER, 60, 1), id="far below"),
        pytest.param(block("http", ANSWER, BELOW, 2), id="another fence between"),
        pytest.param(block("http", ANSWER, BELOW, 1, Placement(tab="Errors")), id="another tab"),
        pytest.param(
            block("http", ANSWER, BELOW, 1, Placement((Heading(2, "Errors", "errors", 20),))), id="another section"
        ),
        pytest.param(block("http", OTHER_ID, BELOW, 1), id="another id"),
    ],
)
def test_an_answer_elsewhere_is_not_taken_for_the_requests(below: Block) -> None:
    asked = read(block("http", REQUEST), below)[0]
    assert (asked.reply, asked.failure) == (None, Failure(FailureKind.NOT_SHOWN))


def test_several_requests_and_answers_in_fences_of_their_own() -> None:
    notified = REQUEST.replace('"id": 1, ', "").replace("tools/list", "notifications/initialized")
    told = read(
        block("http", REQUEST),
        block("http", ANSWER, BELOW, 1),
        block("http", notified, 30, 2),
        block("http", ACCEPTED, 41, 3),
        block("http", REQUEST, 46, 4),
        block("http", REQUEST, 58, 5),
    )
    assert [(e.number, e.status) for e in told] == [(1, 404), (2, 202), (3, None), (4, None)]


def test_only_blocks_of_exchanges_count_as_printing() -> None:
    other = block("http", "GET /style.css HTTP/1.1\nHost: x\n", 2)
    asked, answered = block("http", REQUEST, 10, 1), block("http", ACCEPTED, BELOW, 2)
    assert printing(other, asked, answered) == (asked, answered)
    assert printing(other) == ()


def test_what_is_not_mcp_is_left_alone() -> None:
    assert read(block("http", "GET /.well-known/oauth-protected-resource HTTP/1.1\nHost: x\n\n" + ANSWER)) == ()
    assert read(block("http", "http://localhost:8080/realms/master\n")) == ()
    assert read(block("mermaid", "sequenceDiagram\nA->>B: GET /authorize\nB-->>A: 401 Unauthorized\n")) == ()
    assert read(block("python", REQUEST)) == ()


DIAGRAM = """sequenceDiagram
    participant Client
    Client->>+Server: POST InitializeRequest
    Server->>-Client: InitializeResponse<br>Mcp-Session-Id: 1868a90c...
    Client->>+Server: POST InitializedNotification<br/>Mcp-Session-Id: 1868a90c...
    Server-->>-Client: 202 Accepted
    note over Client, Server: client requests
    Client->>+Server: POST ... request ...<br>Mcp-Session-Id: 1868a90c...
    Server-)Client: ... SSE messages from server ...
    Client->>+Server: GET<br>Mcp-Session-Id: 1868
    Server-->>Client: HTTP 404 Not Found
"""


def test_a_diagram_with_a_shortened_id() -> None:
    printed = printed_exchanges((block("mermaid", DIAGRAM),), "p")
    assert printed is not None
    transcript = printed.transcript
    told = [(e.method, e.status, e.session) for e in transcript.exchanges]
    assert told == [("POST", 0, None), ("POST", 202, "A"), ("POST", None, "A"), ("GET", 404, "unknown")]
    assert [(s.label, s.id) for s in transcript.sessions] == [("A", "1868a90c...")]
    first = transcript.exchanges[0].note
    assert first is not None
    assert "status not shown" in first
    assert not transcript.exchanges[0].headers_complete


@given(st.text(alphabet=st.sampled_from('GPOST/ HT1.:\n-<br>)xA0é{}"'), max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for language in ("http", "mermaid"):
        read(block(language, text), block(language, f"POST /mcp HTTP/1.1\nMcp-Method: x\n{text}"))
