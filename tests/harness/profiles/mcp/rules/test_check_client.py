"""Clients, stdio servers and examples as a whole, by conversations made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from extractor.model import Bundle, Dependency, Example, ExampleKind, ExampleStatus, Manager, Note, NoteKind, Origin
from harness.judge.example import judge_example
from harness.judge.judge import judge
from harness.model import (
    Basis,
    Facts,
    Failure,
    FailureKind,
    Incident,
    Recording,
    Run,
    StartOutcome,
    Transcript,
    Verdict,
)
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from tests.support.judged_server import NEWEST, rows
from tests.support.transcripts import ID, Talk

S, V, N, I = Verdict.SATISFIED, Verdict.VIOLATED, Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE  # noqa: E741
BOTH = "application/json, text/event-stream"


@dataclass
class Client:
    """What a scripted server received. Every request is right unless told otherwise."""

    talk: Talk = field(default_factory=Talk)

    def send(
        self,
        what: str,
        *,
        status: int = 202,
        id: str | None = ID,
        version: str | None = NEWEST,
        accept: str = BOTH,
        issue: str | None = None,
    ) -> None:
        number = len(self.talk.exchanges) + 1
        headers = [("accept", accept)]
        if id is not None:
            headers.append(("mcp-session-id", id))
        if version is not None:
            headers.append(("mcp-protocol-version", version))
        step = f"client.{number}.{what}"
        if what in ("get", "delete"):
            self.talk.say(step, status, method=what.upper(), headers=tuple(headers))
            return
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": what}
        answer = None
        if not what.startswith("notifications/"):
            message["id"] = number
            answer = {"jsonrpc": "2.0", "id": number, "result": {"protocolVersion": NEWEST}}
        issued = (("Mcp-Session-Id", issue),) if issue else ()
        self.talk.say(step, status, message=message, answer=answer, headers=tuple(headers), reply_headers=issued)

    def opened(self, *, issue: str | None = ID) -> Client:
        self.send("initialize", status=200, id=None, version=None, issue=issue)
        return self

    def verdicts(self, **more: Any) -> dict[str, Verdict]:
        transcript = self.talk.transcript(kind=ExampleKind.CLIENT, **more)
        return {f.requirement: f.verdict for f in judge(transcript, rows(), MCP, page_revision=NEWEST)}


def right() -> Client:
    """First run ordinary, second run with a 404."""
    client = Client().opened()
    client.send("notifications/initialized")
    client.send("get", status=200)
    client.send("tools/list", status=200)
    client.send("delete", status=200)
    client.talk.process = 1
    client.opened()
    client.send("notifications/initialized")
    client.send("tools/list", status=404)
    client.opened(issue="another-id")
    client.send("notifications/initialized", id="another-id")
    client.send("tools/list", id="another-id", status=200)
    client.send("delete", id="another-id", status=200)
    return client


def test_a_right_client() -> None:
    ids = {id for id in right().verdicts() if id.startswith("client.")}
    assert len(ids) == 6
    assert {right().verdicts()[id] for id in ids} == {S}


@pytest.mark.parametrize(
    ("id", "what", "wrong"),
    [
        ("client.sends-session-id", "tools/list", {"id": None}),
        ("client.sends-session-id", "tools/list", {"id": "made-up"}),
        ("client.sends-session-id", "get", {"id": None}),
        ("client.version-header", "tools/list", {"version": None}),
        ("client.version-header", "get", {"version": None}),
        ("client.accepts-both", "tools/list", {"accept": "application/json"}),
        ("client.accepts-both", "tools/list", {"accept": "*/*"}),
    ],
)
def test_one_wrong_request(id: str, what: str, wrong: dict[str, Any]) -> None:
    client = right()
    client.talk.process = 0
    client.send(what, status=200, **wrong)
    seen = client.verdicts()
    assert [requirement for requirement, verdict in seen.items() if verdict is V] == [id]


def test_a_client_that_never_confirms() -> None:
    client = Client().opened()
    client.send("tools/list", status=200)
    client.send("delete", status=200)
    assert client.verdicts()["client.posts-initialized"] is V


def test_a_client_that_ends_without_delete() -> None:
    client = Client().opened()
    client.send("notifications/initialized")
    assert client.verdicts()["client.deletes-session"] is V
    assert client.verdicts(facts=Facts(stopped=Incident(1, "it waited for input")))["client.deletes-session"] is I
    stateless = Client().opened(issue=None)
    stateless.send("notifications/initialized", id=None)
    assert stateless.verdicts()["client.deletes-session"] is I


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ((), I),
        ((("delete", {}),), I),
        ((("tools/list", {"status": 404}),), V),
        ((("initialize", {"status": 200}),), V),
        ((("initialize", {"status": 200, "id": None}),), S),
        ((("get", {"status": 404}), ("initialize", {"status": 200, "id": None})), S),
    ],
)
def test_after_a_404(after: tuple[tuple[str, dict[str, Any]], ...], expected: Verdict) -> None:
    client = Client().opened()
    client.send("notifications/initialized")
    client.send("tools/list", status=404)
    for what, more in after:
        client.send(what, **more)
    assert client.verdicts()["client.reinit-on-404"] is expected


def test_a_client_that_sent_nothing_after_initialize_is_not_accused() -> None:
    seen = Client().opened().verdicts()
    assert seen["client.sends-session-id"] is I
    assert seen["client.version-header"] is I
    assert seen["client.posts-initialized"] is I


# --- stdio ---------------------------------------------------------------------------------------------------------


def spoken(noise: tuple[str, ...] = (), failure: str | None = None) -> dict[str, Verdict]:
    talk = Talk()
    talk.say(steps.STDIO_INITIALIZE, 200, method="STDIN", revision=None)
    for text in noise:
        talk.say(steps.STDIO_NOISE, None, method="STDOUT", body=text, revision=None)
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", failure=failure, duration_s=10.0, revision=None)
    transcript = talk.transcript(kind=ExampleKind.STDIO_SERVER)
    return {f.requirement: f.verdict for f in judge(transcript, rows(), MCP, page_revision=NEWEST)}


def test_stdio() -> None:
    assert spoken() == {"stdio.only-messages": S, "stdio.exit-on-close": S, "revision.match": S}
    assert spoken(noise=("Server running",))["stdio.only-messages"] is V
    assert spoken(failure=Failure(FailureKind.TIMEOUT))["stdio.exit-on-close"] is V


def test_a_silent_stdio_server_is_not_accused() -> None:
    transcript = Transcript("e", ExampleKind.STDIO_SERVER, (), negotiated=(NEWEST,))
    assert {f.verdict for f in judge(transcript, rows(), MCP, page_revision=NEWEST) if "stdio" in f.requirement} == {I}


# --- the example as a whole ----------------------------------------------------------------------------------------


def example(*added: str, revision: str | None = NEWEST) -> Example:
    bundle = Bundle(
        example_id="p#x",
        language="python",
        kind=ExampleKind.HTTP_SERVER,
        toolchain="python",
        files=(),
        manager=Manager.PYPI,
        dependencies=(Dependency("mcp"),),
        command=("python", "server.py"),
        notes=tuple(Note(NoteKind.REMARK, Origin.INFERRED, detail=what) for what in added),
    )
    return Example(
        "p#x",
        "p.mdx",
        revision,
        "python",
        ExampleKind.HTTP_SERVER,
        ExampleStatus.RUNNABLE,
        None,
        (),
        "d",
        bundle=bundle,
    )


def attempt(outcome: StartOutcome, date: str | None = None) -> Run:
    return Run("dated" if date else "today", date, {}, outcome, f"it was {outcome.value}")


def test_an_example_that_runs() -> None:
    recording = Recording((attempt(StartOutcome.SERVING),), Talk().transcript())
    assert [(f.verdict, f.gates) for f in judge_example(example(), recording, MCP.catalogue)[:1]] == [(S, False)]


def test_an_example_that_runs_with_neither_set_of_packages_gates() -> None:
    recording = Recording((attempt(StartOutcome.EXITED), attempt(StartOutcome.EXITED, "2025-11-25")), None)
    for revision in (NEWEST, None, "draft", "v3"):
        found = judge_example(example(revision=revision), recording, MCP.catalogue)[:1]
        assert [(f.verdict, f.gates, f.basis) for f in found] == [(V, True, Basis.INTERPRETATION)]
        assert "2025-11-25" in found[0].summary


def test_an_example_that_runs_with_the_packages_of_its_date_only_warns() -> None:
    recording = Recording(
        (attempt(StartOutcome.EXITED), attempt(StartOutcome.SERVING, "2025-11-25")), Talk().transcript()
    )
    assert [(f.verdict, f.gates) for f in judge_example(example(), recording, MCP.catalogue)[:1]] == [(V, False)]


def test_what_docprobe_added_is_listed() -> None:
    assert [f.verdict for f in judge_example(example(), Recording((), None), MCP.catalogue)] == [S]
    found = judge_example(example("file name server.ts", "dependency express"), Recording((), None), MCP.catalogue)
    assert [(f.verdict, f.basis, f.gates) for f in found] == [(V, Basis.ADVICE, False)]
    assert "file name server.ts and dependency express" in found[0].summary
