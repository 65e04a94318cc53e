"""What an example's own log says about the requests of a finding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import Example, ExampleStatus
from harness.judge.blame.logged_errors import LATE_S, log_of_failures, uncaught_error
from harness.judge.results import Ruleset, result_of_recording
from harness.model import Failure, FailureKind, LogLine, Recording, Run, StartOutcome, Verdict
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from harness.spec.bind import bind
from tests.support.broken_code import bundle_of, violation
from tests.support.transcripts import Talk, based

CODE = "import json\ndef do_POST(self):\n    if message['method'] == 'ping':\n        pass\n"
TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/app/server.py", line 3, in do_POST',
    '  File "/usr/lib/python3.12/json/__init__.py", line 9, in loads',
    "KeyError: 'method'",
)
THREADED = (
    "----------------------------------------",
    "Exception occurred during processing of request from ('127.0.0.1', 43214)",
    *TRACEBACK,
    "----------------------------------------",
)
GROUP = (
    "  + Exception Group Traceback (most recent call last):",
    '  |   File "/app/server.py", line 3, in do_POST',
    "  |     run()",
    "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)",
    "  +-+---------------- 1 ----------------",
    "    | Traceback (most recent call last):",
    '    |   File "/app/server.py", line 4, in run',
    "    | Closed: no more",
    "    +------------------------------------",
)
STACK = ("TypeError: session is undefined", "    at handle (file:///app/server.mjs:3:7)", "Node.js v24.1.0")
RULES = Ruleset(MCP, bind((), (), MCP.catalogue.requirements))
CLOSED = Failure(FailureKind.CLOSED)


def lines(text: tuple[str, ...], at_s: float, source: str = "stderr") -> tuple[LogLine, ...]:
    return tuple(LogLine(at_s, source, line) for line in text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (TRACEBACK, "KeyError: 'method'"),
        (STACK, "TypeError: session is undefined"),
        # what follows is about the next request
        ((*THREADED, *THREADED[:2]), "KeyError: 'method'"),
        (GROUP, "Closed: no more"),
        (("KeyError: 'method'",), None),
        (("listening on 3000",), None),
        ((), None),
    ],
)
def test_an_error_with_its_stack(text: tuple[str, ...], error: str | None) -> None:
    assert uncaught_error(lines(text, 1.0)) == error
    assert uncaught_error(lines(text, 1.0, "authorization")) is None


def failed(status: int | None, failure: Failure | None = None) -> Talk:
    """A conversation whose fifth exchange fails, 5 s after its start."""
    talk = based()
    talk.notification(steps.LIVE_RESPONSE, status, failure=failure)
    return talk


@pytest.mark.parametrize(
    ("status", "failure", "at_s", "found"),
    [
        (500, None, 5.0, True),
        (None, CLOSED, 5.0 + LATE_S, True),
        (None, CLOSED, 4.9, False),
        (None, CLOSED, 5.5, False),
        (None, Failure(FailureKind.TIMEOUT), 5.0, False),
        (400, None, 5.0, False),
    ],
)
def test_only_the_log_of_the_failure(status: int | None, failure: Failure | None, at_s: float, found: bool) -> None:
    talk = failed(status, failure)
    transcript = talk.transcript(logs=lines(TRACEBACK, at_s))
    finding = violation("post.notification-202", talk.exchanges[-1])
    assert bool(log_of_failures(finding, transcript)) is found


def test_the_log_of_a_control_is_not_about_the_finding() -> None:
    talk = failed(500)
    fault = talk.notification("missing.post-notification", 500, control=5)
    transcript = talk.transcript(logs=lines(TRACEBACK, 5.0))
    finding = violation("session.missing-400", talk.exchanges[4], talk.exchanges[fault - 1])
    assert log_of_failures(finding, transcript) == ()


OTHER = (TRACEBACK[0], TRACEBACK[1], "ValueError: other")
CHAINED = (*OTHER, "", "During handling of the above exception, another exception occurred:", "", *TRACEBACK)
OTHER_STACK = ("RangeError: other", "    at parse (file:///app/server.mjs:9:1)")


@pytest.mark.parametrize(
    ("logged", "error"),
    [
        # each has its own, in order, wherever the time of a line falls
        ((OTHER, TRACEBACK), "KeyError: 'method'"),
        ((THREADED, GROUP), "Closed: no more"),
        ((TRACEBACK, OTHER), "ValueError: other"),
        ((CHAINED, OTHER), "ValueError: other"),
        ((OTHER_STACK, STACK), "TypeError: session is undefined"),
        ((TRACEBACK, TRACEBACK), "KeyError: 'method'"),
        # one of them logged nothing, or two stacks
        ((TRACEBACK, ()), None),
        ((OTHER, TRACEBACK, OTHER), None),
    ],
)
@pytest.mark.parametrize("late_s", [0.0, 0.15])
def test_of_failures_that_are_close_each_has_its_own_error(
    logged: tuple[tuple[str, ...], ...], error: str | None, late_s: float
) -> None:
    talk = based()
    for step in (steps.SURVIVES_REQUEST, steps.LIVE_RESPONSE):
        talk.notification(step, None, failure=CLOSED)
    *before, first, second = talk.exchanges
    first, second = replace(first, started_s=5.0, duration_s=0.01), replace(second, started_s=5.02, duration_s=0.01)
    texts = [line for stack in logged for line in stack]
    whole = replace(talk.transcript(logs=lines(tuple(texts), 5.0 + late_s)), exchanges=(*before, first, second))
    finding = violation("post.notification-202", second)
    assert uncaught_error(log_of_failures(finding, whole)) == error


def test_the_line_at_which_it_failed_is_blamed_and_the_error_shown() -> None:
    talk = failed(None, CLOSED)
    talk.request(steps.SURVIVES_REQUEST)
    transcript = talk.transcript(logs=lines(TRACEBACK, 5.0))
    bundle = bundle_of(CODE, "server.py")
    status = ExampleStatus.RUNNABLE
    example = Example("p#python", "p.mdx", "2025-11-25", "python", bundle.kind, status, None, (), "1", bundle=bundle)
    run = Run("today", None, {}, StartOutcome.SERVING, "it starts")
    result = result_of_recording(example, (example,), Recording((run,), transcript), RULES, cached=False)
    (finding,) = (f for f in result.findings if f.requirement == "post.notification-202")
    assert finding.verdict is Verdict.VIOLATED
    assert "KeyError: 'method'" in finding.summary
    assert [(span.file, span.first) for span in finding.blame] == [("p.mdx", 3)]
    quiet = Recording((run,), replace(transcript, logs=()))
    result = result_of_recording(example, (example,), quiet, RULES, cached=False)
    (finding,) = (f for f in result.findings if f.requirement == "post.notification-202")
    assert "log" not in finding.summary
