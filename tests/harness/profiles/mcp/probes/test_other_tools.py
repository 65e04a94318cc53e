"""The tools after the first one are called at the end, each on a session that nothing else uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import JSONResponse, Response, StreamingResponse

from harness.base import jsonrpc
from harness.profile import ProbeSettings
from harness.profiles.mcp import steps
from harness.profiles.mcp.probes.converse_http import converse_http
from tests.support.local_pod import bundle, local_pod

from . import mcp_app
from .conversations import NEWEST, REVISIONS, TIMEOUT_S
from .mcp_app import Manners, make

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness.model import Exchange

pytestmark = [pytest.mark.anyio, pytest.mark.long]


def listed(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": name, "inputSchema": {"type": "object"}, **more} for name in names]


async def calls(monkeypatch: pytest.MonkeyPatch, tools: list[dict[str, Any]], *, silent: str = "") -> list[Exchange]:
    """The calls of tools after the first one; the one that is ``silent`` gets an event stream without its response."""

    class Tools(mcp_app.Server):
        def answer(self, body: dict[str, Any]) -> dict[str, Any]:
            if body["method"] == "tools/list" and "cursor" not in (body.get("params") or {}):
                return {"jsonrpc": "2.0", "id": body["id"], "result": {"tools": tools}}
            if body["method"] == "tools/call":
                name = body["params"]["name"]
                return {"jsonrpc": "2.0", "id": body["id"], "result": {"content": [{"type": "text", "text": name}]}}
            return super().answer(body)

        def reply(self, message: dict[str, Any], session: str | None) -> Response:
            content = (message.get("result") or {}).get("content")
            if content and content[0]["text"] == silent:

                async def nothing() -> AsyncIterator[bytes]:
                    yield b": no answer\n\n"

                return StreamingResponse(nothing(), media_type="text/event-stream")
            return JSONResponse(message)

    monkeypatch.setattr(mcp_app, "Server", Tools)
    async with local_pod(lambda: make(Manners(revisions=(NEWEST, "2025-06-18")))) as local:
        settings = ProbeSettings(REVISIONS, timeout_s=TIMEOUT_S, start_s=60.0, heard=lambda so_far: None)
        transcript = await converse_http(local, bundle(), settings, None)
    last = [each for each in transcript.exchanges if each.step == steps.TOOL_OTHER]
    assert all(each.number > 10 and each.session is not None and each.session.startswith("O") for each in last)
    return last


def named(exchanges: list[Exchange]) -> list[tuple[str | None, str]]:
    return [(each.revision, (jsonrpc.message(each.body) or {})["params"]["name"]) for each in exchanges]


async def test_the_second_and_the_third_tool_are_called_in_each_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    found = named(await calls(monkeypatch, listed("a", "b", "c", "d")))
    assert found == [(revision, name) for revision in (NEWEST, "2025-06-18") for name in ("b", "c")]


async def test_after_a_tool_that_does_not_answer_no_other_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    assert named(await calls(monkeypatch, listed("a", "b", "c"), silent="b")) == [(NEWEST, "b")]


async def test_one_tool_is_enough_for_the_first_session(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await calls(monkeypatch, listed("a")) == []
