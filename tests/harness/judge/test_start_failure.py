from __future__ import annotations

import pytest

from extractor.model import ExampleKind
from harness.judge.start_failure import cause_in, comparable_causes, compare_runs, describe_start, port_held_by_service
from harness.model import LogLine, Run, StartOutcome
from harness.rule import Serving


def _logs(text: str) -> tuple[LogLine, ...]:
    return tuple(LogLine(0.0, "stderr", line) for line in text.splitlines())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Traceback\nModuleNotFoundError: No module named 'mcp.server.fastmcp'",
            "there is no module mcp.server.fastmcp",
        ),
        ("ImportError: cannot import name 'FastMCP' from 'mcp.server'", "mcp.server has no FastMCP"),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from", "module zod is missing"),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/app/node_modules/@mill/sdk/dist/a.js' imported from /x.ts",
         "@mill/sdk has no file dist/a.js"),
        ("Error: listen EADDRINUSE: address already in use 127.0.0.1:3000", "port 3000 is taken"),
        ("noise\npydantic_core._pydantic_core.ValidationError: 2 errors for X", "ValidationError: 2 errors for X"),
        (
            "Note: x\nMain.java:9: error: cannot find symbol\n    Servr.sync();\n    ^\n  symbol:   variable Servr\n  location: class Main",
            "Main.java:9: error: cannot find symbol: variable Servr",
        ),
        ("Main.kt:5:9: error: unresolved reference 'Servr'.", "Main.kt:5:9: error: unresolved reference 'Servr'."),
        (
            'Exception in thread "main" java.lang.IllegalStateException: no server\n\tat Main.main(Main.java:3)',
            "IllegalStateException: no server",
        ),
        (
            "org.acme.BeanException: x\nCaused by: java.net.ConnectException: refused\n\t... 7 more",
            "ConnectException: refused",
        ),
        ("first\nTypeError: a is not a function\n    at main", "TypeError: a is not a function"),
    ],
)
def test_the_decisive_line_of_an_interpreter(text: str, expected: str) -> None:
    assert (cause_in(_logs(text)) or "").startswith(expected)


def test_logs_that_show_no_cause() -> None:
    assert cause_in(_logs("listening\nready")) is None
    assert describe_start(StartOutcome.NEVER_LISTENED, "", ()) == "it started but did not listen on any port"


@pytest.mark.parametrize("outcome", [StartOutcome.NOT_SERVING, StartOutcome.NO_INITIALIZE])
def test_why_it_does_not_serve(outcome: StartOutcome) -> None:
    serving, logs = (
        Serving(fails="it runs and does not sing"),
        _logs("SdkError: use a server for each connection\n    at main"),
    )
    begin = serving.fails
    assert describe_start(outcome, "", (), serving) == begin
    assert describe_start(outcome, "no answer (reset)", (), serving) == f"{begin}: no answer (reset)"
    assert (
        describe_start(outcome, "", logs, serving)
        == f"{begin}: its log says SdkError: use a server for each connection"
    )
    assert describe_start(outcome, "no answer (reset)", logs, serving) == (
        f"{begin}: no answer (reset); its log says SdkError: use a server for each connection"
    )


def test_a_client_calls_a_server_and_answers_nothing() -> None:
    words = Serving(client_does="it starts and sings along", client_fails="it starts and hums")

    def of(outcome: StartOutcome, how: str = "") -> str:
        return describe_start(outcome, how, (), words, ExampleKind.CLIENT)

    assert of(StartOutcome.SERVING) == words.client_does
    assert of(StartOutcome.NOT_SERVING, "the client sent nothing") == f"{words.client_fails}: the client sent nothing"
    assert describe_start(StartOutcome.SERVING, "", (), words, ExampleKind.STDIO_SERVER) == words.does


def test_what_the_authorization_server_logged_is_not_the_examples_cause() -> None:
    assert cause_in((LogLine(0.0, "authorization", "Error: token inactive"),)) is None


def test_a_port_that_is_taken_and_not_named() -> None:
    logs = _logs("OSError: [Errno 98] Address already in use")
    assert port_held_by_service(logs, {8080}, listens=False) == 8080
    assert port_held_by_service(logs, {8080}, listens=True) is None
    assert port_held_by_service(logs, (), listens=False) is None
    assert port_held_by_service((LogLine(0.0, "authorization", logs[0].text),), {8080}, listens=False) is None


def test_a_port_that_is_taken_and_named() -> None:
    logs = _logs("10:80:98 Error: listen EADDRINUSE: address already in use :::9100\nport 9200")
    assert port_held_by_service(logs, {8080, 9100, 9200}, listens=True) == 9100
    assert port_held_by_service(logs, {8080, 9200}, listens=False) is None


def test_the_package_that_changed_is_named() -> None:
    logs = _logs("ModuleNotFoundError: No module named 'mcp.server.fastmcp'")
    good = Run("dated", "2025-11-25", {"mcp": "1.22.0", "httpx": "0.27.0"}, StartOutcome.SERVING, "")
    bad = Run("today", None, {"mcp": "2.3.0", "httpx": "0.28.0"}, StartOutcome.EXITED, "exited", logs)
    assert compare_runs(good, bad, ["httpx", "mcp"]) == (
        "runs with mcp 1.22.0 (2025-11-25), not with 2.3.0: module mcp.server.fastmcp is gone"
    )


OLD = {"acme-mount": "0.4.0", "protocol": "1.2.0", "server": "0.35.0", "@acme/mount": "0.4.0"}
NEW = {**OLD, "protocol": "2.0.0", "server": "0.54.0"}
FRAMES = (
    'File "/venv/lib/python3.13/site-packages/server/main.py", line 1, in run\n'
    'File "/example/app/server.py", line 5, in <module>\n'
    'File "/venv/lib/python3.13/site-packages/{package}/core.py", line 9, in mount\n'
)


@pytest.mark.parametrize(
    ("log", "difference"),
    [
        (
            f"{FRAMES.format(package='acme_mount')}TypeError: too many arguments",
            "the packages of 2025-07-28, not with today's, with which acme-mount 0.4.0 fails: "
            "TypeError: too many arguments",
        ),
        (
            f"{FRAMES.format(package='server')}TypeError: too many arguments",
            "server 0.35.0 (2025-07-28), not with 0.54.0: TypeError: too many arguments",
        ),
        (
            f"{FRAMES.format(package='acme_mount')}ImportError: cannot import name 'Hub' from 'protocol.hub' (x)",
            "protocol 1.2.0 (2025-07-28), not with 2.0.0: protocol.hub has no Hub",
        ),
        (
            "TypeError: hub is not a function\n    at mount (file:///example/node_modules/@acme/mount/index.js:3:1)\n"
            "    at run (file:///example/node_modules/server/index.js:9:1)",
            "the packages of 2025-07-28, not with today's, with which @acme/mount 0.4.0 fails: "
            "TypeError: hub is not a function",
        ),
        (
            "TypeError: hub is not a function\n    at run (file:///example/node_modules/server/index.js:9:1)",
            "server 0.35.0 (2025-07-28), not with 0.54.0: TypeError: hub is not a function",
        ),
    ],
)
def test_a_package_is_named_only_if_the_failure_is_its_own(log: str, difference: str) -> None:
    good = Run("date", "2025-07-28", OLD, StartOutcome.SERVING, "serves", ())
    bad = Run("today", None, NEW, StartOutcome.EXITED, "exited with code 1", _logs(log))
    assert compare_runs(good, bad, ["acme-mount", "@acme/mount", "server"]) == f"runs with {difference}"


def test_a_package_that_came_with_another_one_and_does_not_any_more() -> None:
    good = Run("dated", "2025-07-03", {"fastmcp": "2.10.1", "httpx": "0.28.1"}, StartOutcome.SERVING, "")
    logs = _logs("ModuleNotFoundError: No module named 'httpx'")
    bad = Run("today", None, {"fastmcp": "4.2.3"}, StartOutcome.EXITED, "exited with code 1", logs)
    assert compare_runs(good, bad, ["fastmcp"]) == (
        "runs with httpx 0.28.1 (2025-07-03), which today's packages do not bring along: module httpx is gone"
    )


def _causes(text: str) -> tuple[str, ...]:
    return comparable_causes(Run("today", None, {}, StartOutcome.BUILD_FAILED, "exited", _logs(text)))


def test_each_message_of_a_compiler_is_a_cause_wherever_it_stands() -> None:
    before = "src/index.ts(230,3): error TS2591: Cannot find name 'process'."
    after = f"src/index.ts(12,3): error TS2353: 'capabilities' does not exist.\n{before.replace('230', '234')}"
    assert set(_causes(before)) < set(_causes(after))
    assert len(_causes(after)) == 2


def test_lines_and_addresses_make_no_other_cause() -> None:
    first = "Error: listen EINVAL 127.0.0.1:3000 at 0x7f3a, line 12"
    assert _causes(first) == _causes(first.replace("line 12", "line 19").replace("0x7f3a", "0x55e1"))
    assert _causes("TypeError: a is not a function") != _causes("TypeError: b is not a function")


def test_the_module_that_changed_is_named_with_the_compilers_first_message() -> None:
    logs = _logs("# weather\n./main.go:41:9: s.Ask undefined\n./main.go:50:2: x declared and not used")
    sdk = "github.com/acme/sdk"
    good = Run("dated", "2025-11-25", {sdk: "0.3.0", "go": "1.27"}, StartOutcome.SERVING, "")
    bad = Run("today", None, {sdk: "1.8.0", "go": "1.27"}, StartOutcome.BUILD_FAILED, "failed", logs)
    assert compare_runs(good, bad, [sdk]) == (
        f"runs with {sdk} 0.3.0 (2025-11-25), not with 1.8.0: main.go:41:9: s.Ask undefined"
    )
