"""Client examples as real processes, against the scripted server over real connections."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import ExampleKind
from harness.base.codec import to_json
from harness.model import Facts, Transport, Verdict
from harness.profiles.mcp.probes import converse_client as client_module
from harness.profiles.mcp.probes.converse_client import converse_client
from tests.support.client_program import CLIENT, DELETES, PROGRAM, watch
from tests.support.process_pod import process_pod
from tests.support.verdicts import verdicts_of

pytestmark = [pytest.mark.anyio, pytest.mark.processes]
@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may pause a client for longer than an idle client is waited for."""
    monkeypatch.setattr(client_module, "IDLE_S", 30.0)


async def test_a_right_client_in_both_scenes() -> None:
    transcript = await watch(DELETES)
    told = [[e.step.split(".", 2)[2] for e in transcript.exchanges if e.process == run] for run in (0, 1)]
    opening = ["initialize", "notifications/initialized"]
    assert told[0] == [*opening, "tools/list", "tools/list", "delete"]
    assert told[1] == [*opening, "tools/list", *opening, "tools/list", "tools/list", "delete"]
    gone = next(e for e in transcript.exchanges if e.process == 1 and e.step.endswith("tools/list"))
    assert gone.status == 404
    assert gone.session == "S2"
    assert all(e.status in (200, 202) for e in transcript.exchanges if e is not gone)
    assert [s.label for s in transcript.sessions] == ["S1", "S2", "S3"]
    known = {e.number: e for e in transcript.exchanges}
    assert all(known[s.exchange].step.endswith("initialize") for s in transcript.sessions)
    assert transcript.negotiated == ("2025-06-18",)
    assert transcript.facts == Facts()
    assert "hush" not in to_json(transcript).decode()
    assert transcript.kind is ExampleKind.CLIENT


SESSIONLESS = """
import json, sys, urllib.error, urllib.request
P = "io.modelcontextprotocol/"
numbers = iter(range(1, 99))

def send(method, version="2026-07-28", **params):
    params["_meta"] = {{P + "protocolVersion": version, P + "clientCapabilities": {{}}, P + "clientInfo": {{}}}}
    message = {{"jsonrpc": "2.0", "id": next(numbers), "method": method, "params": params}}
    headers = {{"Accept": "application/json, text/event-stream", "Content-Type": "application/json",
               "MCP-Protocol-Version": version, "Mcp-Method": method, "Mcp-Name": params.get("name", "-")}}
    data = json.dumps(message).encode()
    try:
        return json.load(urllib.request.urlopen(urllib.request.Request(URL, data, headers)))["result"]
    except urllib.error.HTTPError as error:
        answer = json.load(error)["error"]
        assert answer["code"] == -32022 and "2025-11-25" in answer["data"]["supported"], answer
        raise SystemExit(5)

URL = "http://127.0.0.1:{port}/mcp"
assert send("server/discover")["supportedVersions"] == ["2026-07-28"]
assert send("tools/list")["resultType"] == "complete"
result = send("tools/call", name="echo", arguments={{}})
if result["resultType"] == "input_required":
    result = send("tools/call", name="echo", arguments={{}}, requestState=result["requestState"])
assert result["content"], result
{end}
"""


async def test_a_sessionless_client_meets_a_server_of_its_revision_one_that_wants_input_and_an_older_one() -> None:
    transcript = await watch("", program=SESSIONLESS, restarts=2)
    told = [[e.step.split(".", 2)[2] for e in transcript.exchanges if e.process == run] for run in (0, 1, 2)]
    assert told == [
        ["server/discover", "tools/list", "tools/call"],
        ["server/discover", "tools/list", "tools/call", "tools/call"],
        ["server/discover"],
    ]
    assert {e.revision for e in transcript.exchanges} == {"2026-07-28"}
    assert (transcript.negotiated, transcript.modern) == (("2026-07-28",), ("2026-07-28",))
    assert transcript.facts == Facts()
    verdicts = verdicts_of(transcript, page_revision="2026-07-28")
    assert {id for id, verdict in verdicts.items() if verdict is Verdict.VIOLATED} == set()
    assert verdicts["client.input-retry"] is Verdict.SATISFIED


async def test_a_client_of_both_eras_falls_back_and_loses_its_session() -> None:
    legacy = repr(PROGRAM.format(port="PORT", end=DELETES)).replace("{", "{{").replace("}", "}}")
    older = f"exec({legacy}.replace('PORT', '{{port}}'), {{{{}}}}); raise SystemExit"
    program = SESSIONLESS.replace("raise SystemExit(5)", older)
    transcript = await watch("", program=program, restarts=3)
    assert transcript.negotiated == ("2025-06-18", "2026-07-28")
    assert [s.process for s in transcript.sessions] == [2, 3, 3]
    verdicts = verdicts_of(transcript, page_revision="2026-07-28")
    for id in ("client.retries-supported-version", "client.reinit-on-404", "client.version-value"):
        assert verdicts[id] is Verdict.SATISFIED


SSE = """
import json, urllib.parse, urllib.request
URL = "http://127.0.0.1:{port}/sse"
stream = urllib.request.urlopen(urllib.request.Request(URL, headers={{"Accept": "text/event-stream"}}))

def event():
    lines = iter(lambda: stream.readline().decode().strip(), "")
    return dict(line.split(": ", 1) for line in lines)

first = event()
assert first["event"] == "endpoint", first
endpoint = urllib.parse.urljoin(URL, first["data"])

def send(method, id=None, **params):
    message = {{"jsonrpc": "2.0", "method": method, "params": params}} | ({{"id": id}} if id else {{}})
    request = urllib.request.Request(endpoint, json.dumps(message).encode(), {{"Content-Type": "application/json"}})
    assert urllib.request.urlopen(request).status == 202
    if id:
        answer = json.loads(event()["data"])
        assert answer["id"] == id
        return answer["result"]

result = send("initialize", 1, protocolVersion="2024-11-05", capabilities={{}}, clientInfo={{}})
assert result["protocolVersion"] == "2024-11-05"
send("notifications/initialized")
assert send("tools/list", 2)["tools"]
{end}
"""


async def test_a_client_of_the_transport_of_2024_11_05_runs() -> None:
    transcript = await watch("", program=SSE, restarts=0)
    assert transcript.facts == Facts(transport=Transport.HTTP_SSE)
    assert transcript.negotiated == ("2024-11-05",)
    told = [e.step.split(".", 2)[2] for e in transcript.exchanges]
    assert told == ["get", "initialize", "notifications/initialized", "tools/list"]
    for revision in ("2024-11-05", "2025-11-25"):
        verdicts = verdicts_of(replace(transcript, negotiated=(revision,)), page_revision=revision)
        assert {id for id, verdict in verdicts.items() if verdict is Verdict.VIOLATED} == set()


async def test_a_client_that_dies_of_the_404_is_known_to_have_failed() -> None:
    program = PROGRAM.replace("if status == 404:", "if False:")
    transcript = await watch(DELETES, program=program)
    assert transcript.facts.failed_when_gone is not None
    assert transcript.facts.failed_when_gone.sentence == "exited with code 1"
    assert transcript.facts.not_served is None


async def test_a_client_that_waits_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "IDLE_S", 0.5)
    transcript = await watch("time.sleep(60)")
    assert transcript.facts.stopped is not None
    assert transcript.facts.not_served is None


async def test_a_client_that_starts_slowly_may_be_silent_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "IDLE_S", 0.2)
    program = "import time; time.sleep(2)\n" + PROGRAM.replace("if status == 404:", "time.sleep(1.2)\n    if False:")
    transcript = await watch(DELETES, program=program)
    assert transcript.facts.stopped is None
    assert transcript.facts.failed_when_gone is not None


async def test_a_client_that_never_calls() -> None:
    transcript = await watch("", program="raise SystemExit(2)")
    assert transcript.exchanges == ()
    assert transcript.facts.not_served == "the client sent nothing and exited with code 2"
    assert transcript.negotiated == ()


async def test_a_client_that_never_calls_and_never_ends() -> None:
    transcript = await watch("", program="import time; time.sleep(60)", timeout_s=1)
    assert transcript.exchanges == ()
    assert transcript.facts.not_served == "the client still ran after 1 s and sent nothing"


async def test_a_client_without_a_server_on_this_machine() -> None:
    async with process_pod("pass") as pod:
        transcript = await converse_client(pod, CLIENT, None, timeout_s=1.0)
    assert "names no server" in (transcript.facts.not_served or "")
