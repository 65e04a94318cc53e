"""Servers on standard input and output, by conversations made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import ExampleKind
from harness.judge.blame.blame import blame
from harness.judge.blame.evidence import Evidence
from harness.model import Failure, FailureKind, Transcript, Verdict
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from tests.support.broken_code import bundle_of, violation
from tests.support.transcripts import Talk
from tests.support.verdicts import NEWEST, I, N, S, V, finding_of, verdicts_of


def spoken(noise: tuple[str, ...] = (), failure: Failure | None = None) -> dict[str, Verdict]:
    talk = Talk()
    talk.initialize(steps.STDIO_INITIALIZE, method="STDIN")
    for text in noise:
        talk.say(steps.STDIO_NOISE, None, method="STDOUT", body=text, revision=None)
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", failure=failure, duration_s=10.0, revision=None)
    transcript = talk.transcript(kind=ExampleKind.STDIO_SERVER)
    return verdicts_of(transcript)


def test_stdio() -> None:
    of_messages = {
        "rpc.response-form": S,
        "server.no-undeclared-requests": S,
        "message.schema": I,
        "stdio.cancelled": I,
        **dict.fromkeys(("tool.schema-valid", "tool.names", "tool.structured-result", "tool.text-copy"), N),
        **dict.fromkeys(("progress.rules", "content.base64", "content.embedded-resource"), N),
        **dict.fromkeys(("capability.embedded-resources", "resource.uri-scheme"), N),
        **dict.fromkeys(("meta.key-names", "log.no-credentials", "elicitation.required-error"), N),
        "cancel.own-requests": S,
        "server.request-ids": N,
    }
    assert spoken() == {"stdio.only-messages": S, "stdio.exit-on-close": S, "revision.match": S, **of_messages}
    assert spoken(noise=("Server running",))["stdio.only-messages"] is V
    assert spoken(failure=Failure(FailureKind.TIMEOUT))["stdio.exit-on-close"] is V


def test_a_server_that_is_at_work_need_not_have_ended() -> None:
    late = Failure(FailureKind.TIMEOUT)
    talk = Talk()
    talk.initialize(steps.STDIO_INITIALIZE, method="STDIN")
    talk.request(steps.BASELINE_TOOL, None, method="STDIN", failure=late, duration_s=1.0)
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", failure=late, duration_s=10.0, revision=None)
    found = finding_of(talk.transcript(kind=ExampleKind.STDIO_SERVER), "stdio.exit-on-close")
    assert found.verdict is I
    assert "had not answered tools/list yet" in found.summary


def test_a_line_that_each_process_writes_is_one() -> None:
    talk = Talk()
    talk.initialize(steps.STDIO_INITIALIZE, method="STDIN")
    numbers = []
    for process in range(2):
        talk.process = process
        for text in ("ready", f"process {process}"):
            numbers.append(talk.say(steps.STDIO_NOISE, None, method="STDOUT", body=text, revision=None))
    found = finding_of(talk.transcript(kind=ExampleKind.STDIO_SERVER), "stdio.only-messages")
    assert found.summary == "stdout contained 3 lines that are not MCP messages; first: 'ready'."
    assert found.evidence == (numbers[0], numbers[1], numbers[3])


def test_a_process_that_had_answered_nothing_has_not_ended_for_its_input() -> None:
    talk = Talk()
    talk.say(steps.STDIO_INITIALIZE, None, method="STDIN", failure=Failure(FailureKind.CLOSED), revision=None)
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", revision=None)
    talk.process = 1
    talk.say(steps.DISCOVER_MODERN, 200, method="STDIN", revision=None)
    transcript = talk.transcript(kind=ExampleKind.STDIO_SERVER)
    assert verdicts_of(transcript)["stdio.exit-on-close"] is I
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", revision=None)
    assert verdicts_of(talk.transcript(kind=ExampleKind.STDIO_SERVER))["stdio.exit-on-close"] is S


def test_a_slow_tool_gives_a_process_no_more_time_to_end() -> None:
    talk = Talk()
    talk.say(steps.STDIO_INITIALIZE, 200, method="STDIN", revision=None, duration_s=0.1)
    talk.say(steps.STDIO_TOOL_CALL, 200, method="STDIN", duration_s=9.0)
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", failure=Failure(FailureKind.TIMEOUT), duration_s=10.0)
    assert verdicts_of(talk.transcript(kind=ExampleKind.STDIO_SERVER))["stdio.exit-on-close"] is V


@pytest.mark.parametrize(
    ("took_s", "stalled_s", "why"),
    [(4.0, 0.0, "its answers were slow too"), (0.1, 5.0, "docprobe itself stood still for 5.0 s")],
)
def test_why_a_process_that_still_ran_is_not_accused(took_s: float, stalled_s: float, why: str) -> None:
    talk = Talk()
    talk.say(steps.STDIO_INITIALIZE, 200, method="STDIN", revision=None, duration_s=took_s)
    late = {"failure": Failure(FailureKind.TIMEOUT), "duration_s": 10.0, "stalled_s": stalled_s}
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", revision=None, **late)  # type: ignore[arg-type]
    found = finding_of(talk.transcript(kind=ExampleKind.STDIO_SERVER), "stdio.exit-on-close")
    expected = f"The server still ran 10 s after its stdin was closed; {why}."
    assert (found.verdict, found.summary) == (I, expected)


def test_a_silent_stdio_server_is_not_accused() -> None:
    transcript = Transcript("e", ExampleKind.STDIO_SERVER, (), negotiated=(NEWEST,))
    assert {verdict for id, verdict in verdicts_of(transcript).items() if id.startswith("stdio.")} == {I}


TYPESCRIPT = """\
server.registerTool("wind", {}, async ({ town }) => {
  console.error(`asked for ${town}`);
  console.log(`looking up wind for ${town}`);
  console.log("ok");
  return { content: [] };
});
"""
PYTHON = """\
@mcp.tool()
def shout(text):
    print("shouting", text)
    print("to the log", file=sys.stderr)
    return text.upper()
"""
VALUE = """\
def shout(text):
    print(text)
"""


@pytest.mark.parametrize(
    ("text", "path", "noise", "lines"),
    [
        (TYPESCRIPT, "server.ts", "looking up wind for Bonn", [3]),
        (TYPESCRIPT, "server.ts", "something else", []),
        (PYTHON, "server.py", "shouting docprobe", [3]),
        (PYTHON, "server.py", "something else", [3]),
        (VALUE, "server.py", "docprobe", [2]),
        (VALUE.replace("print(text)", "log(text)"), "server.py", "docprobe", []),
    ],
)
def test_the_call_that_prints_is_blamed(text: str, path: str, noise: str, lines: list[int]) -> None:
    talk = Talk()
    talk.say(steps.STDIO_NOISE, None, method="STDOUT", revision=None)
    talk.exchanges[0] = replace(talk.exchanges[0], body=noise)
    transcript = talk.transcript(kind=ExampleKind.STDIO_SERVER)
    finding = violation("stdio.only-messages", *talk.exchanges)
    spans = blame(MCP.catalogue.rule("stdio.only-messages"), finding, Evidence(transcript, bundle_of(text, path))).lines
    assert [span.first for span in spans] == lines
