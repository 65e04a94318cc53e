"""A run that fails: whose fault it is. Engine and pod are made up; the run is the real one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from extractor.model import ExampleKind, Layout, Manager, NoteKind, SourceFile
from harness.base.errors import EngineError, RegistryError, UnsuitableError
from harness.config import Config
from harness.engine.protocol import ExitState
from harness.judge.failure_cause import cause_of
from harness.model import (
    DateSource,
    Exchange,
    Facts,
    Image,
    ListeningSocket,
    Reply,
    Resolve,
    StartOutcome,
    Transcript,
)
from harness.profiles.registry import MCP
from harness.run.attempt import record
from harness.run.listening_probe import ListeningProbe
from harness.run.start_results import observed_endpoint
from tests.support.dead_pods import SERVER, DeadPod, DyingPod, OnePodEngine, SilentPod, recorded
from tests.support.loopback import server_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Bundle
    from harness.engine.protocol import Engine

pytestmark = pytest.mark.anyio

CLIENT = replace(
    server_bundle(), kind=ExampleKind.CLIENT, files=(SourceFile("a.py", "open('http://localhost:9100/mcp')\n", ()),)
)


@pytest.mark.parametrize(
    ("bundle", "text", "port"),
    [
        (SERVER, "Error: listen EADDRINUSE: address already in use 127.0.0.1:8080", 8080),
        (
            SERVER,
            "[Errno 98] error while attempting to bind on address ('127.0.0.1', 8080): address already in use",
            8080,
        ),
        (SERVER, "Address already in use\nPort 8080 is in use by another program.", 8080),
        (SERVER, "Traceback\nOSError: [Errno 98] Address already in use", 8080),
        (CLIENT, "OSError: [Errno 98] Address already in use", 9100),
    ],
)
async def test_a_port_that_we_hold_blocks(tmp_path: Path, bundle: Bundle, text: str, port: int) -> None:
    found = await recorded(tmp_path, bundle, text)
    assert found.runs == ()
    assert found.blocked is not None
    assert f"docprobe's own service holds port {port} there" in found.blocked
    assert "kind=" in found.blocked


@pytest.mark.parametrize(
    ("bundle", "text"),
    [
        (SERVER, "Error: listen EADDRINUSE: address already in use :::3000"),
        (SERVER, "TypeError: the address is 8080"),
        (replace(SERVER, services=()), "OSError: [Errno 98] Address already in use"),
    ],
)
async def test_any_other_end_is_the_examples(tmp_path: Path, bundle: Bundle, text: str) -> None:
    found = await recorded(tmp_path, bundle, text)
    assert found.blocked is None
    assert [run.outcome for run in found.runs] == [StartOutcome.EXITED, StartOutcome.EXITED]


async def test_what_docprobe_s_interpreter_decided_is_in_the_run(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class OlderNode(OnePodEngine):
        async def install(self, bundle: Bundle, **_: Any) -> Image:
            return Image("image", "key", {}, remarks=("rooms 2.5.2 needs Node >=99; this one is v24, so npm took 2.4",))

    config = Config(docs=tmp_path, layout=Layout(), profile=MCP, state=tmp_path / "state")
    engine = cast("Engine", OlderNode(DeadPod("TypeError: no")))
    found = await record(engine, SERVER, config, date=None, locks={}, progress=lambda _: None)
    assert [note.kind for note in found.runs[0].guesses] == [NoteKind.INTERPRETER]
    assert cause_of(found.runs[0], SERVER).guesses[0].what.endswith("so npm took 2.4")


async def test_packages_of_today_in_place_of_a_days_are_in_the_run(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class WithoutDates(OnePodEngine):
        async def install(self, bundle: Bundle, **_: Any) -> Image:
            return Image("image", "key", {}, remarks=("the repository does not say when a:b was published",))

    config = Config(docs=tmp_path, layout=Layout(), profile=MCP, state=tmp_path / "state")
    engine = cast("Engine", WithoutDates(DeadPod("NoClassDefFoundError: a")))
    bundle = replace(SERVER, manager=Manager.MAVEN)
    found = await record(engine, bundle, config, date=None, locks={}, progress=lambda _: None)
    assert [note.what for note in found.runs[0].guesses] == [
        "dependency: the repository does not say when a:b was published"
    ]


@pytest.mark.parametrize(
    ("error", "lasting"),
    [
        (UnsuitableError("needs a newer toolchain"), True),
        (EngineError("the engine has gone"), False),
        (RegistryError("no answer"), False),
    ],
)
async def test_whether_packages_that_cannot_be_had_stay_so(tmp_path: Path, error: Exception, lasting: bool) -> None:
    class Without(OnePodEngine):
        async def install(self, bundle: Bundle, **_: Any) -> Image:
            raise error

    config = Config(docs=tmp_path, layout=Layout(), profile=MCP, state=tmp_path / "state")
    engine = cast("Engine", Without(DeadPod("")))
    found = await record(engine, SERVER, config, date=None, locks={}, progress=lambda _: None)
    assert (found.blocked is not None, found.lasting) == (True, lasting)


async def test_the_date_of_a_commit_is_asked_for_where_none_is_stated(tmp_path: Path) -> None:
    asked: list[str] = []
    days: list[str | None] = []

    async def committed() -> str | None:
        asked.append("committed")
        return "2024-09-30" if len(asked) == 1 else None

    async def of(kind: type[DeadPod], date: str | None, resolve: Resolve = Resolve.TODAY) -> list[tuple[object, ...]]:
        config = Config(docs=tmp_path, layout=Layout(), profile=MCP, state=tmp_path / "state", resolve=resolve)
        engine = cast("Engine", OnePodEngine(kind("TypeError: no")))
        found = await record(engine, SERVER, config, date=date, locks={}, progress=lambda _: None, committed=committed)
        days.append(found.commit_day)
        return [(run.resolve, run.date, run.date_source) for run in found.runs]

    today = (Resolve.TODAY, None, None)
    assert await of(DeadPod, None) == [today, (Resolve.DATED, "2024-09-30", DateSource.COMMIT)]
    assert await of(DeadPod, None) == [today]
    assert await of(DeadPod, "2025-11-25") == [today, (Resolve.DATED, "2025-11-25", None)]
    assert await of(DeadPod, "2025-11-25", Resolve.DATED) == [(Resolve.DATED, "2025-11-25", None)]
    assert len(asked) == 2
    assert days == ["2024-09-30", "", None, None], "kept with the recording, where the outcome depends on it"


async def test_a_process_that_died_on_import_is_not_said_to_answer_wrongly(tmp_path: Path) -> None:
    stdio = replace(server_bundle(), kind=ExampleKind.STDIO_SERVER)
    found = await recorded(tmp_path, stdio, "ModuleNotFoundError: No module named 'yaml'", DyingPod)
    assert {run.outcome for run in found.runs} == {StartOutcome.EXITED}
    assert {run.sentence for run in found.runs} == {"exited with code 1: there is no module yaml"}


class AnsweringPod(DyingPod):
    """A pod whose example answers initialize strangely, and ends with its input."""

    async def receive_stdout(self) -> bytes:
        return b'{"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "1.0"}}\n'

    async def wait_exit(self, timeout_s: float) -> ExitState:
        return ExitState(0, "exited with code 0")


async def test_a_process_that_ended_with_its_input_is_not_said_to_have_ended_by_itself(tmp_path: Path) -> None:
    stdio = replace(server_bundle(), kind=ExampleKind.STDIO_SERVER)
    found = await recorded(tmp_path, stdio, "", AnsweringPod)
    assert {run.outcome for run in found.runs} == {MCP.serving.outcome}
    (sentence,) = {run.sentence for run in found.runs}
    assert "the protocolVersion '1.0', which no revision of the docs has" in sentence
    assert "exited" not in sentence


async def test_where_an_initialize_was_answered_is_known_of_a_server_that_then_fails(tmp_path: Path) -> None:
    """It is observed, whatever was guessed: the sentence says it where the page does not."""
    heard = Transcript("x#y", SERVER.kind, (), negotiated=("2025-11-25",), endpoint="http://localhost:8000/deep")

    class Probe(ListeningProbe):
        async def converse(self, *_: object) -> Transcript:
            return replace(heard, facts=Facts("tools/list is answered 500"))

        def serves(self, transcript: Transcript) -> bool:
            return False

        def failure(self, transcript: Transcript) -> str:
            return transcript.facts.not_served or ""

    profile = replace(MCP, probe_for=Probe)
    engine = cast("Engine", OnePodEngine(SilentPod("", (ListeningSocket("127.0.0.1", 8000),))))
    for stated, words in ((("/deep",), ""), ((), " (a first request was answered at http://localhost:8000/deep)")):
        bundle = replace(SERVER, endpoint_paths=stated, services=())
        config = Config(docs=tmp_path, layout=Layout(), profile=profile)
        found = await record(engine, bundle, config, date=None, locks={}, progress=lambda _: None)
        assert found.runs[-1].endpoint == "http://localhost:8000/deep"
        assert found.runs[-1].sentence.endswith(f"tools/list is answered 500{words}")


@pytest.mark.parametrize(("status", "known"), [(404, False), (405, False), (500, True), (None, True)])
def test_a_path_where_the_next_request_is_not_found_stays_a_guess(status: int | None, known: bool) -> None:
    """There are servers that answer initialize at any path."""
    reply = None if status is None else Reply(status, (), "", 0)
    later = Exchange(2, "s", None, 0, "POST", "/deep?x=1", (), "{}", reply, None, 0.0, 0.0)
    elsewhere = replace(later, target="/", reply=Reply(404, (), "", 0))
    heard = Transcript(
        "x#y", SERVER.kind, (elsewhere, later), negotiated=("2025-11-25",), endpoint="http://l:1/deep?x=1"
    )
    assert (observed_endpoint(heard) is not None) is known
    assert observed_endpoint(replace(heard, negotiated=())) is None
