"""Stdio servers as real processes: right, noisy, deaf, dying, and modern."""

from __future__ import annotations

import json
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from harness.judge.judge import judge
from harness.model import Facts, Failure, FailureKind, Transcript, Verdict
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from tests.support.stdio_program import hold, server
from tests.support.verdicts import rows

if TYPE_CHECKING:
    from harness.model import Exchange

pytestmark = [pytest.mark.anyio, pytest.mark.processes]


def of_step(transcript: Transcript, step: str) -> list[Exchange]:
    return [e for e in transcript.exchanges if e.step == step]


async def test_a_right_server() -> None:
    transcript = await hold(server())
    assert transcript.negotiated == ("2025-06-18", "2025-11-25")
    assert transcript.modern == ()
    assert transcript.facts == Facts()
    told = [e.step for e in transcript.exchanges if e.process == 0]
    cancelled = [*[steps.STDIO_CANCELLED] * 3, steps.STDIO_AFTER_CANCELLED]
    assert told == [steps.STDIO_INITIALIZE, steps.STDIO_INITIALIZED, steps.STDIO_TOOLS, *cancelled, steps.STDIO_CLOSE]
    tools = of_step(transcript, steps.STDIO_TOOLS)[0]
    assert tools.reply is not None
    assert '"tools"' in tools.reply.body
    (closed,) = of_step(transcript, steps.STDIO_CLOSE)
    assert (closed.method, closed.failure, closed.note) == ("CLOSE", None, "exited with code 0")


async def test_each_revision_that_is_negotiated_has_a_conversation_of_its_own() -> None:
    transcript = await hold(server())
    assert [e.revision for e in of_step(transcript, steps.STDIO_TOOLS)][:2] == ["2025-11-25", "2025-06-18"]
    cancelled = {
        finding.revision: finding.verdict
        for finding in judge(transcript, rows(), MCP, page_revision=None)
        if finding.requirement == "stdio.cancelled"
    }
    assert cancelled["2025-11-25"] is cancelled["2025-06-18"] is Verdict.SATISFIED


async def test_a_request_that_got_no_answer_in_one_revision_is_not_waited_for_in_the_next() -> None:
    silent = server(tools='[{"name": "mill", "inputSchema": {"type": "object"}}]', call="continue")
    transcript = await hold(silent, timeout_s=1.0)
    assert len(of_step(transcript, steps.STDIO_TOOL_CALL)) == 1
    assert transcript.negotiated == ("2025-06-18", "2025-11-25")


@pytest.mark.parametrize(
    ("cancelled", "expected"),
    [
        ("continue", Verdict.SATISFIED),
        ("sys.exit(1)", Verdict.VIOLATED),
        ('print(json.dumps({"jsonrpc": "2.0", "id": 1000, "error": {"code": 0, "message": "?"}}))', Verdict.VIOLATED),
    ],
    ids=["ignored", "exits", "answered"],
)
async def test_a_cancellation_of_nothing_is_ignored(cancelled: str, expected: Verdict) -> None:
    program = server().replace(
        'if "id" not in message:\n',
        f'if method == "notifications/cancelled":\n        {cancelled}\n    if "id" not in message:\n',
    )
    found = judge(await hold(program, timeout_s=5.0), rows(), MCP, page_revision="2025-11-25")
    wrong = {f.requirement for f in found if f.verdict is Verdict.VIOLATED and f.revision == "2025-11-25"}
    # a response that answers no request is wrong in form as well
    assert wrong - {"rpc.response-form"} == ({"stdio.cancelled"} if expected is Verdict.VIOLATED else set())
    (verdict,) = {f.verdict for f in found if f.requirement == "stdio.cancelled" and f.revision == "2025-11-25"}
    assert verdict is expected


@pytest.mark.parametrize(
    "answer",
    [
        {"id": None, "error": {"code": -32601, "message": "no"}},
        {"id": "notifications/initialized", "result": {}},
    ],
)
async def test_a_response_to_a_notification_is_not_called_one_to_the_next_request(answer: dict[str, object]) -> None:
    line = json.dumps({"jsonrpc": "2.0", **answer})
    program = server().replace(
        'if "id" not in message:\n', f'if "id" not in message:\n        print({line!r}, flush=True)\n'
    )
    found = judge(await hold(program), rows(), MCP, page_revision="2025-11-25")
    finding = next(one for one in found if one.requirement == "rpc.response-form")
    assert finding.verdict is Verdict.VIOLATED
    assert finding.summary == "notifications/initialized, a notification, got a response."


async def test_a_response_under_another_id_is_seen() -> None:
    program = server().replace(
        '"id": message["id"], **answer', '"id": ("7" if method == "tools/list" else message["id"]), **answer'
    )
    found = judge(await hold(program, timeout_s=1.0), rows(), MCP, page_revision="2025-11-25")
    finding = next(f for f in found if (f.requirement, f.revision) == ("rpc.response-form", "2025-11-25"))
    assert (finding.verdict, finding.gates) == (Verdict.VIOLATED, True)
    assert finding.summary == "The response to tools/list has another id than the request."


async def test_a_late_response_to_an_earlier_request_is_not_one_under_another_id() -> None:
    late = server(
        tools='[{"name": "mill", "inputSchema": {"type": "object"}}]',
        call='held = message["id"]; continue',
        each='if method == "tools/list" and "held" in globals(): '
        'print(json.dumps({"jsonrpc": "2.0", "id": held, "result": {"content": []}}), flush=True); continue',
    )
    transcript = await hold(late, timeout_s=1.0)
    assert of_step(transcript, steps.STDIO_TOOL_CALL)
    unanswered = [e for e in transcript.exchanges if e.step in (steps.STDIO_TOOL_CALL, steps.STDIO_AFTER_CANCELLED)]
    assert all(e.reply is None for e in unanswered)


async def test_a_server_of_both_eras() -> None:
    transcript = await hold(server(modern=True))
    assert transcript.negotiated == ("2025-06-18", "2025-11-25", "2026-07-28")
    assert transcript.modern == ("2026-07-28",)


async def test_tools_are_called_and_what_they_print_is_noise() -> None:
    tools = '[{"name": name, "inputSchema": {"type": "object"}} for name in "abcd"]'
    transcript = await hold(server(tools=tools, call="print('calling', message['params']['name'])"))
    calls = [e for e in of_step(transcript, steps.STDIO_TOOL_CALL) if e.process == 0]
    assert len(calls) == 3
    assert all(e.reply is not None and e.revision == "2025-11-25" for e in calls)
    noise = [e.body for e in of_step(transcript, steps.STDIO_NOISE) if e.process == 0]
    assert noise == ["calling a", "calling b", "calling c"]


@pytest.mark.parametrize(
    ("method", "answered"), [("ping", '["result"] == {}'), ("roots/list", '["error"]["code"] == -32601')]
)
async def test_a_server_that_asks_its_client_is_answered(method: str, answered: str) -> None:
    asks = f'print(json.dumps({{"jsonrpc": "2.0", "id": "x", "method": "{method}"}}), flush=True)'
    tools = '[{"name": "a", "inputSchema": {"type": "object"}}]'
    transcript = await hold(server(tools=tools, call=f"{asks}; assert json.loads(sys.stdin.readline()){answered}"))
    (call,) = [e for e in of_step(transcript, steps.STDIO_TOOL_CALL) if e.process == 0]
    (answer,) = [e for e in of_step(transcript, steps.ANSWER) if e.process == 0]
    assert call.reply is not None
    assert '"id": "x"' in answer.body.replace('":"', '": "')


async def test_an_initialize_that_is_answered_over_several_lines_says_so() -> None:
    program = server().replace("**answer}), flush=True)", "**answer}, indent=1), flush=True)")
    transcript = await hold(program, timeout_s=1.0, start_s=3.0)
    assert (transcript.facts.not_served or "").startswith("initialize was answered by lines that are not MCP messages")


async def test_a_tool_that_never_answers_is_the_last_one_that_is_called() -> None:
    tools = '[{"name": name, "inputSchema": {"type": "object"}} for name in "abcd"]'
    transcript = await hold(server(tools=tools, call="continue"), timeout_s=1.0)
    assert len([e for e in of_step(transcript, steps.STDIO_TOOL_CALL) if e.process == 0]) == 1
    assert transcript.facts.not_served is None


async def test_a_process_that_ignores_its_first_request_is_waited_for_by_the_starts_before() -> None:
    transcript = await hold(server(each="if method == 'server/discover': continue"), timeout_s=1.0)
    (first, *others) = of_step(transcript, steps.DISCOVER_MODERN)
    assert (first.failure, transcript.modern) == (Failure(FailureKind.TIMEOUT), ())
    slowest_s = max(e.duration_s for e in transcript.exchanges if e.reply is not None)
    assert all(e.duration_s < steps.PATIENCE * slowest_s + 10 for e in (first, *others))
    assert transcript.facts.not_served is None


async def test_a_sessionless_server_is_discovered_listed_and_called() -> None:
    tools = '[{"name": "a", "inputSchema": {"type": "object"}}]'
    program = server(versions=(), modern=True, tools=tools, call="print('calling')").replace(
        'if method == "initialize":', 'if method == "initialize" and VERSIONS:'
    )
    transcript = await hold(program)
    assert (transcript.negotiated, transcript.modern) == (("2026-07-28",), ("2026-07-28",))
    asked = [(e.step, e.revision) for e in transcript.exchanges if e.method == "STDIN" and '"_meta"' in e.body]
    spoken = "2026-07-28"
    assert asked == [
        (steps.DISCOVER_MODERN, spoken),
        (steps.STDIO_TOOLS, spoken),
        (steps.STDIO_TOOL_CALL, spoken),
        *[(steps.STDIO_CANCELLED, spoken)] * 3,
        (steps.STDIO_AFTER_CANCELLED, spoken),
    ]
    (called,) = of_step(transcript, steps.STDIO_TOOL_CALL)
    assert "io.modelcontextprotocol/protocolVersion" in called.body
    assert [e.body for e in of_step(transcript, steps.STDIO_NOISE)] == ["calling"]


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ('in ("prompts/list", "resources/list")', Verdict.SATISFIED),
        ('== "resources/list"', Verdict.VIOLATED),
    ],
)
async def test_what_discovery_declares_is_asked_for(answered: str, expected: Verdict) -> None:
    declaring = server(versions=(), modern=True).replace(
        '"supportedVersions"', '"capabilities": {"tools": {}, "prompts": {}, "resources": {}}, "supportedVersions"'
    )
    lists = (
        f'elif method {answered}:\n        result = {{method.partition("/")[0]: []}}\n    elif method == "tools/call"'
    )
    transcript = await hold(declaring.replace('elif method == "tools/call"', lists))
    asked = [json.loads(e.body)["method"] for e in of_step(transcript, steps.STDIO_LIST)]
    assert asked == ["prompts/list", "resources/list"]
    found = judge(transcript, rows(), MCP, page_revision="2026-07-28")
    listed = [f for f in found if (f.requirement, f.revision) == ("capability.listed", "2026-07-28")]
    assert [f.verdict for f in listed] == [expected]


async def test_a_sessionless_server_without_discovery_is_one_by_its_results() -> None:
    program = server(versions=()).replace('{"tools": []}', '{"resultType": "complete", "tools": []}')
    transcript = await hold(program.replace('if method == "initialize":', 'if method == "initialize" and VERSIONS:'))
    assert transcript.modern == ("2026-07-28",)


async def test_the_end_of_a_process_that_answered_nothing_is_not_the_one_that_counts() -> None:
    first = "import os, sys\nif not os.path.exists({path!r}):\n    open({path!r}, 'w').close()\n    sys.exit(0)\n"
    with TemporaryDirectory() as folder:
        program = first.format(path=f"{folder}/started") + server(versions=(), modern=True)
        transcript = await hold(program)
    ends = of_step(transcript, steps.STDIO_CLOSE)
    assert len(ends) == 2
    answered = {e.process for e in transcript.exchanges if e.reply is not None}
    assert [e.process in answered for e in ends] == [False, True]


async def test_what_a_sessionless_server_leaves_out_or_sends_unasked_is_found() -> None:
    tools = '[{"name": "a", "inputSchema": {"type": "object"}}]'
    asks = "print(json.dumps({'jsonrpc': '2.0', 'id': 'x', 'method': 'roots/list'}), flush=True)"
    transcript = await hold(server(modern=True, tools=tools, call=asks))
    found = judge(transcript, rows(), MCP, page_revision="2026-07-28")
    violated = {f.requirement for f in found if f.revision == "2026-07-28" and f.verdict is Verdict.VIOLATED}
    assert {"stream.no-server-requests", "cache.hints", "result.type", "result.server-info"} <= violated


async def test_lines_that_are_no_messages_are_noise_before_during_and_after() -> None:
    program = server(
        before="print('Server starting'); print('')",
        each="print('handling'); print('{\"level\": \"info\"}')",
        after="print('bye')",
    )
    transcript = await hold(program)
    noise = [e.body for e in of_step(transcript, steps.STDIO_NOISE) if e.process == 0]
    assert noise == ["Server starting", *["handling", '{"level": "info"}'] * 3, "bye"]
    assert of_step(transcript, steps.STDIO_INITIALIZE)[0].reply is not None


async def test_a_server_that_stays_after_its_input_ended() -> None:
    transcript = await hold(server(after="import time; time.sleep(60)"), timeout_s=1.0)
    assert of_step(transcript, steps.STDIO_CLOSE)[0].failure == Failure(FailureKind.TIMEOUT)
    assert transcript.facts.not_served is None


async def test_a_server_that_says_nothing() -> None:
    transcript = await hold("import time; time.sleep(60)", timeout_s=0.3, start_s=0.3)
    assert transcript.negotiated == ()
    assert of_step(transcript, steps.STDIO_INITIALIZE)[0].failure == Failure(FailureKind.TIMEOUT)
    assert "not answered" in (transcript.facts.not_served or "")


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (
            '{"result": {"protocolVersion": "2.0", "capabilities": {}}}',
            "answered with the protocolVersion '2.0', which",
        ),
        ('{"result": {"protocolVersion": 7}}', "answered without a protocolVersion"),
        ('{"result": {}}', "answered without a protocolVersion"),
        ('{"error": {"code": -32603, "message": "no"}}', "answered with the error -32603"),
    ],
)
async def test_an_initialize_that_is_answered_strangely_is_said_to_be_answered(result: str, reason: str) -> None:
    program = f"""
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        print(json.dumps({{"jsonrpc": "2.0", "id": message["id"], **json.loads({result!r})}}), flush=True)
"""
    transcript = await hold(program)
    assert transcript.negotiated == ()
    assert reason in (transcript.facts.not_served or "")


async def test_a_server_that_dies_at_once() -> None:
    transcript = await hold("raise SystemExit(3)")
    assert transcript.negotiated == ()
    assert "3" in (transcript.facts.not_served or "")
    failure = of_step(transcript, steps.STDIO_INITIALIZE)[0].failure
    assert failure is not None
    assert failure.kind is FailureKind.CLOSED


async def test_an_endless_line_ends() -> None:
    program = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    transcript = await hold(program, timeout_s=1.0)
    assert transcript.negotiated == ()
    assert all(len(e.body) <= 65536 for e in transcript.exchanges)


@pytest.mark.parametrize("result", ['"text"', "[]", "null", '{"supportedVersions": "2026-07-28"}'])
async def test_a_strange_discovery_is_no_discovery(result: str) -> None:
    program = f"""
import json, sys
for line in sys.stdin:
    print('{{"jsonrpc": "2.0", "id": 1, "result": {result}}}', flush=True)
"""
    assert (await hold(program, timeout_s=1.0)).modern == ()
