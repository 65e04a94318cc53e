"""What a program executes for a request: real programs, traced."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from extractor.model import ExampleKind
from harness.engine.hardening import APP
from harness.judge.results import Ruleset, exchanges_to_trace
from harness.model import BlameSource, Certainty, Status, Transcript, Verdict
from harness.run.connect import open_engine
from harness.run.execute import execute
from harness.run.planning import make_plan
from harness.run.recorder import EngineRecorder
from harness.run.tracing.tracing import find_stand_ins, traced_bundle
from harness.run.turns import Turn, Turns
from harness.settings import load_config
from tests.support.broken_code import bundle_of
from tests.support.newer_python import newer_python
from tests.support.program_pod import ProgramEngine
from tests.support.report_pieces import exchange
from tests.support.traced_pages import (
    NODE_CASES,
    NODE_PAGE,
    NODE_STDIO_PAGE,
    PYTHON_CASES,
    PYTHON_PAGE,
    PYTHON_STDIO_PAGE,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from extractor.model import Bundle
    from harness.config import Config
    from harness.engine.protocol import Engine
    from harness.model import ExampleResult, Exchange, Finding, Recording

SAMPLE = Path(__file__).parents[4] / "docs-snapshot" / "sample"
PAGE = "docs/2025-11-25/tutorials/traced.mdx"
IN_PYTHON = pytest.mark.skipif(
    newer_python() is None, reason="no Python 3.12 or newer on this machine; that of the containers is traced below"
)


class OwnEngine(ProgramEngine):
    """Starts Python programs with a newer Python than the tests may run with."""

    def adapted(self, bundle: Bundle) -> Bundle:
        python = newer_python()
        if bundle.toolchain != "python" or python is None:
            return bundle
        return replace(bundle, command=(python, *bundle.command[1:]))


async def run(config: Config, engine: ProgramEngine) -> ExampleResult:
    @asynccontextmanager
    async def connect(_: Config) -> AsyncIterator[Any]:
        yield engine

    result = (await execute(make_plan(config), config, connect)).examples[0]
    assert result.status is Status.JUDGED, result.reason
    return result


def violations(result: ExampleResult) -> dict[str, Finding]:
    return {
        finding.requirement: finding
        for finding in result.findings
        if finding.verdict is Verdict.VIOLATED and finding.revision == "2025-11-25"
    }


def line_of(page: str, text: str) -> int:
    return next(number for number, line in enumerate(page.split("\n"), 1) if text in line)


def config_of(tmp_path: Path, page: str, **flags: Any) -> Config:
    """The sample with one page more, which alone is selected."""
    docs = Path(shutil.copytree(SAMPLE, tmp_path / "docs"))
    (docs / PAGE).write_text(page)
    flags = {"timeout_s": 60.0, "jobs": 1, "baseline": "none", **flags}
    return load_config(docs, state=tmp_path / "state", select=("traced",), **flags)


@pytest.mark.processes
@pytest.mark.anyio
async def test_lines_of_a_node_program_are_blamed_by_execution(tmp_path: Path) -> None:
    """The status is a constant, and another line of the branch logs: where it is set and where it is used are shown."""
    engine = ProgramEngine(tmp_path / "pods")
    result = await run(config_of(tmp_path, NODE_PAGE), engine)
    found = violations(result)
    lost = found["session.terminated-404"]
    both = (line_of(NODE_PAGE, "const LOST ="), line_of(NODE_PAGE, "send(response, LOST)"))
    assert [(span.first, span.last) for span in lost.blame] == [(line, line) for line in both]
    assert lost.blame_basis is not None
    # the same line rightly refuses a request without an id
    assert (lost.blame_basis.by, lost.blame_basis.certainty) == (BlameSource.EXECUTION, Certainty.LIKELY)
    notified = found["post.notification-202"]
    assert [span.first for span in notified.blame] == [line_of(NODE_PAGE, "message.id === undefined")]
    assert engine.pods == 2, "once to converse, once to trace"


@pytest.mark.processes
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("page", "blamed"),
    [
        (NODE_STDIO_PAGE, 'tell(method, "was called")'),
        pytest.param(PYTHON_STDIO_PAGE, 'note(method, "was called")', marks=IN_PYTHON),
    ],
)
async def test_lines_of_a_program_on_standard_input_are_blamed_by_execution(
    tmp_path: Path, page: str, blamed: str
) -> None:
    """Neither prints by a name that tells: what ran for the call alone tells."""
    found = violations(await run(config_of(tmp_path, page), OwnEngine(tmp_path / "pods")))
    noisy = found["stdio.only-messages"]
    lines = {line for span in noisy.blame for line in range(span.first, span.last + 1)}
    assert line_of(page, blamed) in lines
    assert len(lines) <= 3
    assert noisy.blame_basis is not None
    assert noisy.blame_basis.by is BlameSource.EXECUTION


def blamed_texts(page: str, finding: Finding) -> list[str]:
    lines = page.split("\n")
    return [lines[number - 1].strip() for span in finding.blame for number in range(span.first, span.last + 1)]


@pytest.mark.processes
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("page", "gone", "none"),
    [
        (NODE_CASES, "reply(response, GONE, null)", 'if (!("id" in message)) return null;'),
        pytest.param(PYTHON_CASES, "finish_with(GONE)", "return None", marks=IN_PYTHON),
    ],
    ids=["node", "python"],
)
async def test_a_constant_status_nothing_for_a_notification_and_a_right_405(
    tmp_path: Path, page: str, gone: str, none: str
) -> None:
    """GET of an ended session opens a stream: the right 405 of another request is not blamed for it."""
    found = violations(await run(config_of(tmp_path, page), OwnEngine(tmp_path / "pods")))
    lost = found["session.terminated-404"]
    assert lost.legs["GET"] is Verdict.VIOLATED
    assert any(gone in text for text in blamed_texts(page, lost))
    assert not any("405" in text for text in blamed_texts(page, lost))
    notified = found["post.notification-202"]
    assert any(none in text for text in blamed_texts(page, notified))
    assert max(len(blamed_texts(page, one)) for one in (lost, notified)) <= 3
    assert {one.blame_basis.by for one in (lost, notified) if one.blame_basis} == {BlameSource.EXECUTION}


@pytest.mark.processes
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("page", "made", "constant"),
    [
        (NODE_CASES, 'randomBytes(16).toString("hex")', '"0123456789abcdef0123456789abcdef"'),
        (PYTHON_CASES, "secrets.token_hex(16)", '"0123456789abcdef0123456789abcdef"'),
    ],
    ids=["node", "python"],
)
async def test_a_constant_session_id(tmp_path: Path, page: str, made: str, constant: str) -> None:
    page = page.replace(made, constant)
    found = violations(await run(config_of(tmp_path, page), OwnEngine(tmp_path / "pods")))
    texts = blamed_texts(page, found["session.id-secure"])
    assert any(constant in text for text in texts)
    assert len(texts) <= 3


class CountingEngine(ProgramEngine):
    """Counts the pods that are there at the same time."""

    there = most = 0

    @asynccontextmanager
    async def pod(self, *arguments: Any, **options: Any) -> AsyncIterator[Any]:
        self.there += 1
        self.most = max(self.most, self.there)
        try:
            async with super().pod(*arguments, **options) as pod:
                yield pod
        finally:
            self.there -= 1


class Followed(Turn):
    """The turn of a text that another one waits for."""

    followed = True


async def recorded(config: Config, engine: ProgramEngine, *, followed: bool) -> Recording:
    """What is recorded of the first example by itself."""
    plan = make_plan(config)
    example, rules = plan.examples[0], Ruleset(config.profile, plan.bound)
    assert example.bundle is not None

    async def nobody() -> None:
        return None

    return await EngineRecorder(cast("Engine", engine), config).record(
        replace(example.bundle, example_id=example.id),
        date=None, committed=nobody, locks={}, progress=lambda _: None,
        to_trace=lambda transcript: exchanges_to_trace(example, transcript, rules),
        turn=Followed(Turns(1)) if followed else None,
    )  # fmt: skip


@pytest.mark.processes
@pytest.mark.anyio
async def test_traced_beside_the_conversation_or_after_it_the_same_is_found(tmp_path: Path) -> None:
    """Beside it while no other text waits for its turn; wrong requests of later revisions are then not known yet."""
    config = config_of(tmp_path, NODE_PAGE)
    traced = []
    for followed in (False, True):
        engine = CountingEngine(tmp_path / f"pods-{followed}")
        recording = await recorded(config, engine, followed=followed)
        assert (engine.pods, engine.most, engine.there) == ((1, 1, 0) if followed else (2, 2, 0))
        assert recording.traced
        traced.append(recording.traced)
    assert traced[0] == traced[1]


@pytest.mark.processes
@pytest.mark.anyio
async def test_what_a_first_conversation_left_behind_does_not_hide_the_lines(tmp_path: Path) -> None:
    """The third start in one folder answers otherwise: then it is traced in a pod of its own."""
    counted = 'import { appendFileSync, readFileSync } from "node:fs";\nappendFileSync("starts", "x");\n'
    page = NODE_PAGE.replace("const LOST = 400;", 'const LOST = readFileSync("starts").length > 2 ? 404 : 400;')
    page = page.replace("import { createServer }", f"{counted}import {{ createServer }}")
    engine = CountingEngine(tmp_path / "pods")
    recording = await recorded(config_of(tmp_path, page), engine, followed=True)
    assert (engine.pods, engine.most) == (2, 1)
    assert recording.transcript is not None
    lost = {one.number for one in recording.transcript.exchanges if one.step.startswith("terminated.post")}
    assert lost & {one.number for one in recording.traced}


@pytest.mark.processes
@pytest.mark.anyio
async def test_without_tracing_nothing_is_run_again(tmp_path: Path) -> None:
    engine = ProgramEngine(tmp_path / "pods")
    found = violations(await run(config_of(tmp_path, NODE_PAGE, trace=False), engine))
    basis = found["session.terminated-404"].blame_basis
    assert basis is None or basis.by is BlameSource.READING
    assert engine.pods == 1


def assert_lost_session_is_blamed(result: ExampleResult) -> None:
    """The true line alone, in the Python page, and by what it executed."""
    lost = violations(result)["session.terminated-404"]
    assert [(span.first, span.last) for span in lost.blame] == [(line_of(PYTHON_PAGE, "return 409"),) * 2]
    assert lost.blame_basis is not None
    assert lost.blame_basis.by is BlameSource.EXECUTION


@IN_PYTHON
@pytest.mark.processes
@pytest.mark.anyio
async def test_lines_of_a_python_program_are_blamed_by_execution(tmp_path: Path) -> None:
    assert_lost_session_is_blamed(await run(config_of(tmp_path, PYTHON_PAGE), OwnEngine(tmp_path / "pods")))


@pytest.mark.engine
@pytest.mark.anyio
async def test_lines_of_a_python_program_in_a_container_are_blamed_by_execution(tmp_path: Path) -> None:
    """With the containers' own Python, whatever this machine has."""
    config = config_of(tmp_path, PYTHON_PAGE)
    (result,) = (await execute(make_plan(config), config, open_engine)).examples
    assert_lost_session_is_blamed(result)


def test_the_tracer_is_added_and_no_line_of_it_is_the_pages() -> None:
    bundle = replace(bundle_of("one();"), environment={"NODE_OPTIONS": "--no-warnings"})
    traced = traced_bundle(bundle)
    assert traced is not None
    assert traced.files[-1].docs_line(1) is None
    folder = traced.files[-1].path.rpartition("/")[0]
    assert traced.environment["NODE_OPTIONS"] == f"--import file://{APP}/{folder}/trace.mjs --no-warnings"
    python = traced_bundle(replace(bundle, toolchain="python"))
    assert python is not None
    assert python.environment["PYTHONPATH"] == f"{APP}/{python.files[-1].path.rpartition('/')[0]}"
    assert traced_bundle(replace(bundle, toolchain="go")) is None


def test_an_example_that_ran_before_cannot_have_prepared_the_place_of_the_tracer() -> None:
    bundles = [traced_bundle(bundle_of("one();")) for _ in range(2)]
    assert len({bundle.files[-1].path for bundle in bundles if bundle is not None}) == 2


def test_one_trace_stands_for_the_same_step_answered_alike_in_other_revisions() -> None:
    def refused(number: int, body: str) -> Exchange:
        one = exchange(number, "version.unsupported", "POST", 400)
        assert one.reply is not None
        return replace(one, reply=replace(one.reply, body=body))

    exchanges = [
        exchange(1, "version.control", "POST", 200),
        refused(2, '{"error": {"code": -32000}}'),
        exchange(3, "origin.foreign-request", "POST", 200),
        exchange(4, "version.control", "POST", 200),
        refused(5, '{"error": {"code": -32000}, "id": 7}'),
        exchange(6, "origin.foreign-request", "POST", 403),
        exchange(7, "version.control", "POST", 202),
        refused(8, '{"error": {"code": -32000}, "id": null}'),
        refused(9, '{"error": {"code": -32600}, "id": null}'),
    ]
    transcript = Transcript("e", ExampleKind.HTTP_SERVER, tuple(exchanges))
    pairs = {2: 1, 3: 1, 5: 4, 6: 4, 8: 7, 9: 1, 99: 1}
    assert find_stand_ins(pairs, transcript) == {2: 2, 3: 3, 5: 2, 6: 6, 8: 8, 9: 9}
