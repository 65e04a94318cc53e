"""An error in one example is that example's: reported in its own words, never as the docs' fault, and the rest goes on."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from harness.base.errors import EngineError, StorageError, UsageError
from harness.engine.protocol import Limits
from harness.judge.results import result_of_recording
from harness.model import Recording, Status
from harness.run import cache, recorder, run_results
from harness.run.observer import Silent
from tests.support.runs import FAILED, run_all, two_pages

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model import Report

pytestmark = pytest.mark.anyio


class Notes(Silent):
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


async def report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Exception | None, **settings: Any
) -> tuple[Report, list[str]]:
    """Return the report on two pages, of which recording the first fails with ``wrong``, and what was noted."""
    notes = Notes()

    async def record(_: object, bundle: Any, *__: object, **___: object) -> Recording:
        if wrong is not None and bundle.example_id.startswith("page0"):
            raise wrong
        return Recording((FAILED,), None)

    monkeypatch.setattr(recorder, "record", record)
    return await run_all(two_pages(tmp_path, **settings), observer=notes), notes.said


@pytest.mark.processes
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            UsageError("the lock takes x from elsewhere", "make it anew"),
            "the lock takes x from elsewhere (hint: make it",
        ),
        (StorageError("/full/x.json cannot be written: No space left on device", "make room"), "/full/x.json cannot"),
        (EngineError("the engine has gone"), "the engine has gone"),
        (ZeroDivisionError("ours"), "internal error (please report): ZeroDivisionError: ours"),
    ],
)
async def test_one_example_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Exception, said: str) -> None:
    first, second = (await report(tmp_path, monkeypatch, wrong))[0].examples
    assert first.status is Status.BLOCKED
    assert first.reason is not None
    assert first.reason.startswith(said)
    assert ("internal error" in first.reason) is isinstance(wrong, ZeroDivisionError)
    assert second.status is Status.NOT_RUNNING


@pytest.mark.processes
async def test_what_cannot_be_cached_is_reported_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("/full/x.json cannot be written: No space left on device", "make room")

    monkeypatch.setattr(cache, "store", full)
    result, noted = await report(tmp_path, monkeypatch, None)
    assert [example.status for example in result.examples] == [Status.NOT_RUNNING] * 2
    assert noted == ["/full/x.json cannot be written: No space left on device (hint: make room)"] * 2


@pytest.mark.processes
async def test_judging_one_example_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(example: Any, *rest: Any, **more: Any) -> Any:
        if example.id.startswith("page0"):
            raise ZeroDivisionError("ours")
        return result_of_recording(example, *rest, **more)

    monkeypatch.setattr(run_results, "result_of_recording", judged)
    first, second = (await report(tmp_path, monkeypatch, None))[0].examples
    assert (first.status, first.reason) == (
        Status.BLOCKED,
        "internal error (please report): ZeroDivisionError: ours",
    )
    assert second.status is Status.NOT_RUNNING


@pytest.mark.processes
async def test_judging_one_example_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(example: Any, *rest: Any, **more: Any) -> Any:
        while example.id.startswith("page0"):
            pass
        return result_of_recording(example, *rest, **more)

    monkeypatch.setattr(run_results, "result_of_recording", judged)
    result, _ = await report(tmp_path, monkeypatch, None, limits=Limits(example_s=0.2))
    first, second = result.examples
    assert (first.status, first.reason) == (
        Status.BLOCKED,
        "judging it took more than 0.2 s of processor time (hint: raise example-s in [limits], or skip the example)",
    )
    assert second.status is Status.NOT_RUNNING


@pytest.mark.processes
async def test_the_state_folder_is_trimmed_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "state" / "recordings" / "old.json"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"x" * 2_000_000)
    result, _ = await report(tmp_path, monkeypatch, None, limits=Limits(state_mib=1))
    assert not old.exists()
    assert [problem.message for problem in result.problems if "state-mib" in problem.message] == [
        "1 file removed from the state folder, least recently used first: it is limited to 1 MiB (state-mib in [limits])"
    ]


@pytest.mark.processes
def test_a_run_whose_conversations_are_cached_imports_nothing_that_holds_any() -> None:
    ask = "import sys, harness.run.execute, harness.run.saving; print({'docker', 'httpx'}.intersection(sys.modules))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
