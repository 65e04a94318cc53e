"""A server that is running already: only it is asked, gently, and no secret of the user is kept."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from click.testing import Result

from harness.base.errors import NotServingError
from harness.run.probe_server import probe_server
from harness.run.running_server import server_address
from harness.settings import load_config
from tests.support.command import refused
from tests.support.command import run as run_command
from tests.support.loopback import loopback

pytestmark = pytest.mark.loopback
SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
TOKEN = json.dumps(
    {"sub": "user1", "client": "c", "aud": "the-server", "exp": 4_000_000_000, "active": True, "scope": ""}
).replace(" ", "")
PROGRAM = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    version = message.get("params", {}).get("protocolVersion")
    known = {"initialize": {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "n", "version": "1"}},
             "tools/list": {"tools": []}, "ping": {}}
    result = known.get(message["method"])
    answer = {"error": {"code": -32601, "message": "no"}} if result is None else {"result": result}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
"""


def probe(tmp_path: Path, *arguments: str, spec: Path = SAMPLE) -> Result:
    state = ("--state", str(tmp_path / "state"), "--format", f"json:{tmp_path / 'out.json'}")
    return run_command("probe", *arguments, "--spec", spec, *state)


def asked(name: str, tmp_path: Path, *arguments: str, path: str = "/mcp") -> tuple[Result, dict[str, Any], str]:
    """Probe one test server; return the command's result, its findings by id, and its transcript's text."""
    # the server's loop is in another thread: docs are read in the main one
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(loopback("python", name)) as pod:
        url = f"http://localhost:{pod.sockets()[0].port}{path}"
        done = probe(tmp_path, url, "--rate", "1000", *arguments)
    if not (tmp_path / "out.json").exists():
        return done, {}, ""
    (example,) = json.loads((tmp_path / "out.json").read_text())["examples"]
    (transcript,) = (tmp_path / "out-transcripts").iterdir()
    return done, {finding["requirement"]: finding for finding in example["findings"]}, transcript.read_text()


def test_messages_are_checked_by_the_schema_that_is_given(tmp_path: Path) -> None:
    schema = Path(__file__).parents[2] / "fixtures" / "mcp" / "schema"
    _, found, _ = asked("UntypedTools", tmp_path, "--schema", str(schema))
    assert found["message.schema"]["verdict"] == "violated"


def test_no_session_is_ended_unless_that_is_asked_for(tmp_path: Path) -> None:
    done, found, transcript = asked("Ended400", tmp_path)
    assert done.exit_code == 0, done.output
    assert {exchange["method"] for exchange in json.loads(transcript)["exchanges"]} == {"POST", "GET"}
    assert found["session.terminated-404"]["verdict"] == "inconclusive"
    assert "asked to end sessions" in found["session.terminated-404"]["summary"]
    assert found["session.missing-400"]["verdict"] == "satisfied"


def test_a_wrong_server_is_found(tmp_path: Path) -> None:
    done, found, _ = asked("Ended400", tmp_path, "--ends-sessions")
    assert done.exit_code == 1, done.output
    assert {id for id, finding in found.items() if finding["verdict"] == "violated"} == {"session.terminated-404"}


def test_only_the_path_of_the_url_is_judged(tmp_path: Path) -> None:
    done, _, _ = asked("Server", tmp_path, path="/elsewhere")
    assert "/elsewhere does not serve; /mcp does" in refused(done).message
    assert "looking for the endpoint" in done.output
    assert "probing 2" not in done.output, "a path that nobody named is not sent faulty requests"


def test_a_token_opens_the_server_and_is_not_recorded(tmp_path: Path) -> None:
    done, found, transcript = asked("Authorized", tmp_path, "--token", TOKEN)
    assert done.exit_code == 0, done.output
    assert found["init.answered" if "init.answered" in found else "post.request-sse-or-json"]["verdict"] == "satisfied"
    everything = transcript + (tmp_path / "out.json").read_text()
    assert "the-server" not in everything.replace("resource", "")
    assert "<token:user1>" in transcript


def token_of(user: str) -> str:
    return TOKEN.replace("user1", user)


@pytest.mark.parametrize("from_file", [False, True])
def test_what_takes_other_tokens_is_not_applicable_with_the_reason(from_file: bool, tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_text(f"Authorization: Bearer {TOKEN}\n")
    given = ("--header-file", str(file)) if from_file else ("--token", TOKEN)
    _, found, transcript = asked("Authorized", tmp_path, *given)
    for id in ("auth.invalid-401", "auth.insufficient-scope", "auth.audience-list"):
        assert found[id]["verdict"] == "not_applicable", id
        assert "only docprobe's own authorization server issues" in found[id]["summary"], id
    assert found["hijack.bind-user"]["verdict"] == "not_applicable"
    assert found["hijack.bind-user"]["summary"] == "It needs a second user's token, and none was given."
    assert found["auth.missing-401"]["verdict"] == found["hijack.no-session-auth"]["verdict"] == "satisfied"
    assert found["auth.resource-metadata"]["verdict"] == "satisfied"
    assert {e["token"] for e in json.loads(transcript)["exchanges"]} == {None, "user1"}


def test_the_second_user_does_not_get_at_the_sessions_of_the_first(tmp_path: Path) -> None:
    tokens = ("--token", TOKEN, "--token2", token_of("user2"))
    _, found, transcript = asked("Authorized", tmp_path, *tokens)
    assert found["hijack.bind-user"]["verdict"] == "satisfied", found["hijack.bind-user"]["summary"]
    exchanges = json.loads(transcript)["exchanges"]
    assert "DELETE" not in {exchange["method"] for exchange in exchanges}
    assert {e["token"] for e in exchanges} == {None, "user1", "user2"}
    _, found, _ = asked("AnyUser", tmp_path, *tokens, "--ends-sessions")
    assert found["hijack.bind-user"]["verdict"] == "violated"


def test_a_token_that_is_refused_is_said(tmp_path: Path) -> None:
    done, _, _ = asked("Authorized", tmp_path, "--token", TOKEN.replace("true", "false"))
    assert "it refuses the token that was given (401)" in refused(done).message


def test_without_a_token_that_is_said(tmp_path: Path) -> None:
    done, _, _ = asked("Authorized", tmp_path)
    assert refused(done).message.endswith("/mcp requires a token, and none was given")
    assert "--token" in str(refused(done).hint)
    assert "asking with a token" not in done.output


def test_a_server_that_never_answers_is_not_waited_for_as_if_it_were_starting(tmp_path: Path) -> None:
    config = load_config(SAMPLE, state=tmp_path, timeout_s=0.5)

    async def run(port: int) -> None:
        address = server_address(f"http://localhost:{port}/mcp", remote=False)
        with anyio.fail_after(config.limits.start_s), pytest.raises(NotServingError):
            await probe_server(
                address, config, name="it", headers={}, tokens={}, per_second=100, ends_sessions=False,
                progress=lambda _: None,
            )  # fmt: skip

    with socket.create_server(("127.0.0.1", 0)) as silent:
        anyio.run(run, silent.getsockname()[1])


def test_the_time_to_wait_is_an_option(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/mcp"
        assert "timeout" in refused(probe(tmp_path, url, "--timeout", "0.2")).message
    wrong = probe(tmp_path, url, "--timeout", "0")
    assert wrong.exit_code == 2
    assert "--timeout" in wrong.output


def test_without_sentences_nothing_is_judged(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = probe(tmp_path, "--stdio", "x", spec=tmp_path / "empty")
    assert refused(done).message.endswith("empty has no sentence to judge by")
    assert "--spec DOCS" in str(refused(run_command("probe", "--stdio", "x")).hint)


def test_the_text_may_be_that_of_a_checkouts_docs(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "checkout" / "docs")
    done = probe(tmp_path, "--stdio", "/no/such/program", spec=tmp_path / "checkout")
    assert refused(done).message.startswith("/no/such/program cannot be started"), "its sentences were found"


def test_a_server_is_on_no_page(tmp_path: Path) -> None:
    reports = ("--format", f"sarif:{tmp_path / 'out.sarif'}", "--format", f"github:{tmp_path / 'out.txt'}")
    done, _, _ = asked("Ended400", tmp_path, "--ends-sessions", *reports, "--format", "terminal")
    assert "docprobe explain" not in done.output, "no results that explain reads have it"
    assert "1 server: 1 judged" in done.output
    assert "distinct run" not in done.output
    (error,) = [line for line in (tmp_path / "out.txt").read_text().splitlines() if line.startswith("::error")]
    assert error.startswith("::error title=MUST session.terminated-404")
    results = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    assert results[0]["ruleId"] == "session.terminated-404"
    assert results[0]["locations"] == []
    assert "physicalLocation" not in results[0]["relatedLocations"][0], "the sentence is in another checkout"


def test_another_machine_is_asked_only_where_that_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *rest, **more: [(2, 1, 6, "", ("192.0.2.1", 80))])
    tried: list[object] = []

    def connect(address: object, timeout: float) -> None:
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("socket.create_connection", connect)
    done = probe(tmp_path, "http://localhost.example/mcp")
    assert tried == []
    assert "--remote" in str(refused(done).hint)
    done = probe(tmp_path, "http://localhost.example/mcp", "--remote")
    assert refused(done)
    assert tried == [("192.0.2.1", 80)]


def test_no_more_requests_a_second_than_allowed(tmp_path: Path) -> None:
    from harness.run.running_server import RunningServer

    async def run() -> float:
        async with loopback("python", "Server") as pod:
            address = server_address(f"http://localhost:{pod.sockets()[0].port}/mcp", remote=False)
            transport = RunningServer(address, per_second=20).transport()
            import httpx

            began = anyio.current_time()
            async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
                for _ in range(5):
                    await client.get(str(address.url))
            return anyio.current_time() - began

    assert anyio.run(run) >= 4 / 20


def test_a_program_that_is_slow_to_answer_is_waited_for_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.cli.probe._QUIET_S", 0.2)
    slow = PROGRAM.replace("import json, sys", "import json, sys, time\ntime.sleep(0.7)", 1)
    (tmp_path / "server.py").write_text(slow)
    done = probe(tmp_path, "--stdio", shlex.join([sys.executable, str(tmp_path / "server.py")]))
    assert "still probing over stdin and stdout, after " in done.output
    assert (tmp_path / "out.json").exists()


def test_a_program_is_talked_to_over_its_streams(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(PROGRAM)
    done = probe(tmp_path, "--stdio", shlex.join([sys.executable, str(tmp_path / "server.py")]))
    assert done.exit_code == 0, done.output
    (example,) = json.loads((tmp_path / "out.json").read_text())["examples"]
    assert example["negotiated"]
    assert {f["verdict"] for f in example["findings"] if f["requirement"].startswith("stdio.")} >= {"satisfied"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either"),
        (("http://localhost:1/mcp", "--stdio", "x"), "either"),
        (("ftp://localhost/mcp",), "not an HTTP URL"),
        (("localhost:3001/mcp",), "write it as http://localhost:3001/mcp"),
        (("http://localhost:99999/mcp",), "99999 is not a valid port"),
        (("http://localhost:1/mcp", "--header-file", "no-such-file"), "no-such-file cannot be read: No such file"),
        (("http://user:secret@localhost/mcp",), "--token"),
        (("http://localhost:1/mcp", "--token2", "b"), "the first has none"),
        (("http://localhost:1/mcp", "--token", "a", "--token2", "a"), "the same token"),
        (("--stdio", "x", "--token", "a"), "a program has no tokens"),
        (("http://localhost:1/mcp",), "port 1"),
        (("--stdio", "no-such-program-at-all"), "no-such-program-at-all"),
        (("--stdio", "'"), "not a command line"),
        (("--stdio", f"{sys.executable} -c 'import no_such_module'"), "No module named 'no_such_module'"),
    ],
)
def test_what_cannot_be_asked(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """Cause or next step names what to change."""
    done = probe(tmp_path, *arguments)
    error = refused(done)
    assert message in f"{error.message} {error.hint}"


def test_a_line_that_is_not_a_header(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("# mine\nX-Key: 1\nnonsense\n")
    done = probe(tmp_path, "http://localhost:1/mcp", "--header-file", str(tmp_path / "headers"))
    assert "headers:3" in refused(done).message
