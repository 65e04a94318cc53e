"""Clients that start their server: what they say over stdio is recorded, answered and judged."""

from __future__ import annotations

import json
from dataclasses import replace

import anyio
import pytest

from extractor.examples.stand_ins import KIND, PORT, PYTHON_RELAY
from extractor.model import ExampleKind, ServiceRequest
from harness.base.codec import from_json, to_json
from harness.model import Transcript, Transport, Verdict
from harness.profiles.mcp.probes.converse_client import converse_client
from harness.profiles.mcp.services.factory import services_for
from harness.profiles.mcp.services.scripted_server import ScriptedServer
from harness.profiles.mcp.services.scripted_stdio import MOST_BYTES, ScriptedStdio
from tests.support.local_pod import bundle
from tests.support.process_pod import process_pod
from tests.support.verdicts import verdicts_of

pytestmark = [pytest.mark.anyio, pytest.mark.processes]
PROGRAM = """
import json, subprocess, sys
server = subprocess.Popen([sys.executable, "-c", RELAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
numbers = iter(range(1, 99))
META = {}

def say(method, answered=True, **params):
    if META:
        params["_meta"] = META
    message = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": next(numbers)} if answered else {})
    print(json.dumps(message), file=server.stdin, flush=True)
    return json.loads(server.stdout.readline()) if answered else None
"""
HANDSHAKE = """
client = {"name": "c", "version": "1"}
opened = say("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
assert opened["result"]["protocolVersion"] == "2025-06-18"
"""
READY = 'say("notifications/initialized", answered=False)\n'
CALL = """
assert say("tools/list")["result"]["tools"]
assert say("no/such")["error"]["code"] == -32601
server.stdin.close()
server.wait(20)
"""
SESSIONLESS = """
PREFIX = "io.modelcontextprotocol/"
META = {PREFIX + "protocolVersion": "2026-07-28", PREFIX + "clientCapabilities": {}, PREFIX + "clientInfo": client}
found = say("server/discover")
if "error" in found:
    assert found["error"]["code"] == -32022
    raise SystemExit(3)
first = say("tools/call", name="echo", arguments={})["result"]
if first["resultType"] == "input_required":
    again = say("tools/call", name="echo", arguments={}, inputResponses={}, requestState=first["requestState"])
server.stdin.close()
server.wait(20)
"""


async def watch(program: str) -> Transcript:
    script = ScriptedServer()
    service = ScriptedStdio(script, PORT)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, service.serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        relay = PYTHON_RELAY.replace(str(PORT), str(port))
        async with process_pod(
            f"RELAY = {relay!r}\nclient = {{'name': 'c', 'version': '1'}}\n{PROGRAM}{program}"
        ) as pod:
            transcript = await converse_client(pod, bundle(kind=ExampleKind.CLIENT), script, timeout_s=60)
        tasks.cancel_scope.cancel()
    assert from_json(to_json(transcript), Transcript) == transcript
    return transcript


async def test_a_right_client_is_judged_by_its_messages() -> None:
    transcript = await watch(HANDSHAKE + READY + CALL)
    steps = [exchange.step.split(".", 2)[2] for exchange in transcript.exchanges]
    assert steps == ["initialize", "notifications/initialized", "tools/list", "no/such"]
    assert {exchange.method for exchange in transcript.exchanges} == {"STDIN"}
    assert {exchange.revision for exchange in transcript.exchanges} == {None, "2025-06-18"} - {None}
    assert transcript.facts.transport is Transport.STDIO
    assert transcript.facts.not_served is None
    assert transcript.negotiated == ("2025-06-18",)
    verdicts = verdicts_of(transcript, "2025-06-18")
    assert verdicts["client.posts-initialized"] is Verdict.SATISFIED
    for row in ("version-header", "accepts-both", "sends-session-id", "reinit-on-404", "deletes-session"):
        assert verdicts[f"client.{row}"] is Verdict.NOT_APPLICABLE, row


async def test_a_client_that_is_never_ready_violates_the_handshake() -> None:
    transcript = await watch(HANDSHAKE + CALL)
    assert verdicts_of(transcript, "2025-06-18")["client.posts-initialized"] is Verdict.VIOLATED


async def test_the_sessionless_revision_in_all_its_scenes() -> None:
    """An ordinary run, one whose first call asks for input, and one against an older server."""
    transcript = await watch(SESSIONLESS)
    verdicts = verdicts_of(transcript, "2026-07-28")
    for row in ("request-meta", "request-ids", "client-info", "input-retry", "no-responses", "discovers-first"):
        assert verdicts[f"client.{row}"] is Verdict.SATISFIED, row
    assert verdicts["client.standard-headers"] is Verdict.NOT_APPLICABLE
    assert verdicts["client.retries-supported-version"] is Verdict.INCONCLUSIVE
    assert {exchange.process for exchange in transcript.exchanges} == {0, 1, 2}


async def test_a_client_that_asks_nothing_first_and_one_that_writes_no_messages() -> None:
    transcript = await watch(SESSIONLESS.replace('found = say("server/discover")', 'found = say("tools/list")'))
    assert verdicts_of(transcript, "2026-07-28")["client.discovers-first"] is Verdict.VIOLATED
    transcript = await watch(f'server.stdin.write("hello\\n")\n{SESSIONLESS}')
    assert verdicts_of(transcript, "2026-07-28")["client.message-schema"] is Verdict.VIOLATED


async def test_a_client_that_says_nothing_is_not_served() -> None:
    transcript = await watch("raise SystemExit(4)\n")
    assert transcript.facts.not_served == "the client sent nothing and exited with code 4"


async def test_garbage_is_recorded_and_a_line_without_end_ends_the_connection() -> None:
    script = ScriptedServer()
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, ScriptedStdio(script, PORT).serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(b'\xff\xfe\n\n[1, 2]\n{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
            assert json.loads(await stream.receive()) == {"jsonrpc": "2.0", "id": 1, "result": {}}
            with anyio.fail_after(20), pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                for _ in range(4):
                    await stream.send(b"x" * MOST_BYTES)
                await stream.receive()
        tasks.cancel_scope.cancel()
    assert [exchange.step.rpartition(".")[2] for exchange in script.exchanges] == ["other", "other", "ping"]


def test_a_bundle_that_asks_for_it_gets_the_scripted_server_over_stdio() -> None:
    asked = replace(bundle(kind=ExampleKind.CLIENT), services=(ServiceRequest(KIND, "localhost", PORT),))
    beside = services_for(asked)
    assert beside.scripted is not None
    assert [service.port for service in beside.services] == [PORT]
