"""No token that docprobe issued is recorded anywhere: by every field of a transcript, and by servers that leak it."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

import anyio
import pytest
from anyio.abc import SocketAttribute
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from extractor.model import Bundle, ExampleKind, ServiceRequest, SourceFile
from harness.base.codec import to_json
from harness.base.redaction import redact_texts
from harness.model import LogLine, Transcript
from harness.profile import ProbeSettings
from harness.profiles.mcp import steps, tokens
from harness.profiles.mcp.probe import McpProbe
from harness.profiles.mcp.services.issuer import TokenIssuer
from tests.support.local_pod import bundle, local_pod
from tests.support.process_pod import process_pod

NEWEST = "2025-11-25"
AUDIENCE = "urn:mine"
SETTINGS = ProbeSettings((NEWEST,), timeout_s=20.0, start_s=30.0)
SERVICE = ServiceRequest("authorization", "localhost", 8080, {"realm": "m", "client_id": "s", "audience": AUDIENCE})


def issuer() -> TokenIssuer:
    return TokenIssuer("http://localhost:8080/realms/m", "mcp:tools")


# --- every field ---------------------------------------------------------------------------------------------


def filled(kind: Any, text: str) -> Any:
    """A value of that type in which every text is ``text`` and nothing is left out."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is str:
        return text
    if origin in (typing.Union, types.UnionType):
        return filled(next(one for one in arguments if one is not type(None)), text)
    if origin is tuple:
        return tuple(filled(one, text) for one in arguments if one is not Ellipsis)
    if origin in (Mapping, dict):
        return {filled(arguments[0], text): filled(arguments[1], text)}
    if origin is typing.Literal:
        return arguments[0]
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{field.name: filled(hints[field.name], text) for field in dataclasses.fields(kind)})
    if issubclass(kind, Enum):
        return next(iter(kind))
    return kind(1)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a value, with where it stands."""
    match value:
        case str():
            yield path, value
        case dict():
            for key, item in value.items():
                yield from (*texts(key, f"{path}{{}}"), *texts(item, f"{path}.{key[:20]}"))
        case list():
            for item in value:
                yield from texts(item, f"{path}[]")


def test_every_text_of_a_transcript_is_redacted() -> None:
    made = issuer()
    token = made.token_for(tokens.USER1, AUDIENCE)
    transcript = filled(Transcript, f"before {token} after")
    written = json.loads(to_json(transcript))
    places = {path for path, text in texts(written) if token in text}
    assert {".exchanges[].reply.events[].data", ".exchanges[].reply.events[].id", ".exchanges[].target"} <= places
    assert {
        ".sessions[].id",
        ".logs[].text",
        ".facts.audience",
        ".exchanges[].headers[][]",
        ".exchanges[].handle",
    } <= places
    assert len(places) > 35
    redacted = dict(texts(json.loads(to_json(redact_texts(transcript, made.redact)))))
    left = {path for path, text in redacted.items() if token in text or "eyJ" in text}
    assert left == set()
    assert redacted[".exchanges[].reply.events[].data"] == "before <token:user1> after"


def test_what_holds_nothing_to_redact_is_not_copied() -> None:
    transcript = filled(Transcript, "nothing secret")
    assert redact_texts(transcript, issuer().redact) is transcript


@pytest.mark.parametrize("label", tokens.LABELS)
def test_each_kind_of_token_is_known_by_its_label(label: str) -> None:
    made = issuer()
    assert made.redact(f"Bearer {made.token_for(label, AUDIENCE)}") == f"Bearer <token:{label}>"


def test_tokens_that_the_example_fetched_itself_are_redacted_also_when_forgotten_or_cut() -> None:
    made = issuer()
    issued = made.issue(label="client s", issuer="i", subject="s", client="s", audience="a", scope="x").value
    assert made.redact(f'{{"access_token":"{issued}"}}') == '{"access_token":"<token:client s>"}'
    cut = made.redact(issued[: len(issued) // 2])
    assert cut == "<token:unknown>"
    made._known.clear()
    assert made.redact(issued) == "<token:unknown>"
    assert made.redact("eyJhbGciOiJub25lIn0.e30. is of someone else") == "eyJhbGciOiJub25lIn0.e30. is of someone else"


# --- what an example leaks -----------------------------------------------------------------------------------


def leaky(token: str) -> Starlette:
    """A server that puts the token wherever it can."""

    async def answer(request: Request) -> Response:
        bearer = request.headers.get("authorization")
        if bearer is None:
            challenge = f'Bearer resource_metadata="http://{request.headers["host"]}/metadata?{token}"'
            return PlainTextResponse(token, 401, {"www-authenticate": challenge, "x-leak": token})
        if request.method != "POST":
            return PlainTextResponse(token, 405)
        message = json.loads(await request.body())
        if "id" not in message:
            return Response(status_code=202)
        result: dict[str, Any] = {
            "initialize": {"protocolVersion": NEWEST, "capabilities": {"tools": {}}, "instructions": token},
            "tools/list": {"tools": [{"name": f"leak {token}", "inputSchema": {"type": "object"}}]},
        }.get(message["method"], {"content": [{"type": "text", "text": token}]})
        text = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
        headers = {"mcp-session-id": f"session-{token}"} if message["method"] == "initialize" else {}
        stream = f"id: {token}\nevent: {token}\ndata:\n\nid: last-{token}\ndata: {text}\n\n"
        return Response(stream, media_type="text/event-stream", headers=headers)

    async def elsewhere(request: Request) -> Response:
        return RedirectResponse(f"/mcp?token={token}", 307)

    async def metadata(request: Request) -> Response:
        return JSONResponse({"resource": f"urn:{token}"})

    methods = ["GET", "POST", "DELETE"]
    return Starlette(
        routes=[
            Route("/", elsewhere, methods=methods),
            Route("/mcp", answer, methods=methods),
            Route("/metadata", metadata),
        ]
    )


def assert_no_token(transcript: Transcript, *issued: str) -> dict[str, list[str]]:
    """No issued token is in the transcript, whole or in part; gives the texts that were redacted by their places."""
    redacted: dict[str, list[str]] = {}
    for path, text in texts(json.loads(to_json(transcript))):
        for token in issued:
            _, payload, signature = token.split(".")
            assert payload[:30] not in text, path
            assert signature[:30] not in text, path
        if "<token:" in text:
            redacted.setdefault(path, []).append(text)
    return redacted


@pytest.mark.long
@pytest.mark.anyio
async def test_a_server_that_leaks_its_token_everywhere() -> None:
    probe = McpProbe(replace(bundle("/"), services=(SERVICE,)))
    source = probe._beside.tokens
    assert source is not None
    token = source.token(tokens.USER2, audience=AUDIENCE)
    async with local_pod(lambda: leaky(token)) as pod:
        pod.lines = (LogLine(0.0, "stdout", f"got {token}"),)
        transcript = await probe.converse(pod, SETTINGS, lambda text: None)
        assert probe.redact(pod.logs())[0].text == "got <token:user2>"
    assert transcript.negotiated == (NEWEST,)
    issued = [source.token(label, audience=AUDIENCE) for label in tokens.LABELS]
    redacted = assert_no_token(transcript, *issued)
    assert set(redacted) >= {
        ".exchanges[].target",
        ".exchanges[].headers[][]",
        ".exchanges[].reply.headers[][]",
        ".exchanges[].reply.body",
        ".exchanges[].reply.events[].data",
        ".exchanges[].reply.events[].event",
        ".exchanges[].reply.events[].id",
        ".exchanges[].body",
        ".sessions[].id",
        ".endpoint",
        ".logs[].text",
        f".facts.revisions.{NEWEST}.tool",
    }
    sent = [dict(exchange.headers).get("Authorization") for exchange in transcript.exchanges]
    assert {"Bearer <token:user1>", "Bearer <token:user2>", "Bearer <token:expired>", None} <= set(sent)
    assert any(exchange.step == steps.DISCOVER_REDIRECT for exchange in transcript.exchanges)


CLIENT = """
import urllib.request
body = b'{{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {{"x": "{token}"}}}}'
request = urllib.request.Request("http://127.0.0.1:{port}/mcp?{token}", body, {{"X-Token": "{token}"}}, method="POST")
urllib.request.urlopen(request).read()
"""
STDIO = """
import json, sys
print("{token}", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    result = {{"protocolVersion": "2025-11-25", "capabilities": {{"{token}": {{}}}}}}
    if "id" in message:
        print(json.dumps({{"jsonrpc": "2.0", "id": message["id"], "result": result}}), flush=True)
"""


async def probed(example: Bundle, program: str) -> tuple[Transcript, str]:
    probe = McpProbe(replace(example, services=(SERVICE,)))
    source = probe._beside.tokens
    assert source is not None
    token = source.token(tokens.USER1, audience=AUDIENCE)
    async with process_pod(program.format(token=token)) as pod:
        return await probe.converse(pod, SETTINGS, lambda text: None), token


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_stdio_server_that_writes_its_token() -> None:
    transcript, token = await probed(bundle(kind=ExampleKind.STDIO_SERVER), STDIO)
    redacted = assert_no_token(transcript, token)
    assert set(redacted) >= {".exchanges[].body", ".exchanges[].reply.body"}


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_client_that_shows_its_token_to_the_scripted_server() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    example = replace(bundle(kind=ExampleKind.CLIENT), files=(SourceFile("client.py", f"http://127.0.0.1:{port}/mcp"),))
    probe = McpProbe(replace(example, services=(SERVICE,)))
    source = probe._beside.tokens
    assert source is not None
    token = source.token(tokens.USER1, audience=AUDIENCE)
    (scripted,) = (service for service in probe.services if service.port == port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, scripted.serve)
        async with process_pod(CLIENT.format(token=token, port=port)) as pod:
            transcript = await probe.converse(pod, SETTINGS, lambda text: None)
        tasks.cancel_scope.cancel()
    redacted = assert_no_token(transcript, token)
    assert set(redacted) >= {".exchanges[].body", ".exchanges[].target", ".exchanges[].headers[][]"}
