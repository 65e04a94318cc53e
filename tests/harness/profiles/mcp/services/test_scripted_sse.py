"""The scripted server over the transport of 2024-11-05."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from harness.profiles.mcp.services.scripted_sse import TARGET, SseStreams

pytestmark = pytest.mark.anyio


def posted(query: str, path: str = TARGET) -> Request:
    scope = {"type": "http", "method": "POST", "path": path, "query_string": query.encode(), "headers": []}
    return Request({**scope, "server": ("localhost", 80), "scheme": "http"})


async def test_only_what_a_stream_named_is_an_endpoint() -> None:
    streams = SseStreams()
    first = await anext(aiter(streams.open().body_iterator))  # type: ignore[attr-defined]
    assert first.startswith(b"event: endpoint\ndata: ")
    query = first.decode().strip().partition("?")[2]
    assert streams.answers(posted(query))
    assert not streams.answers(posted("stream=made-up"))
    assert not streams.answers(posted(""))
    assert not streams.answers(posted(query, "/mcp"))


async def test_answers_come_on_the_stream() -> None:
    streams = SseStreams()
    events = aiter(streams.open().body_iterator)  # type: ignore[attr-defined]
    query = (await anext(events)).decode().strip().partition("?")[2]
    for message in (
        {"id": 1, "method": "ping"},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "nonsense"},
    ):
        assert streams.post(posted(query), message).status_code == 202
    assert b'"id":1,"result":{}' in await anext(events)
    assert b'"id":2,"error":{"code":-32601' in await anext(events)
    assert streams.post(posted(query), None).status_code == 400
    assert streams.negotiated == set()
