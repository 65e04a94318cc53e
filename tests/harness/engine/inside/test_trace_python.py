"""How long the tracer waits until what a request runs has ended. The clock is made up."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.engine.inside import trace_python
from harness.engine.inside.trace_python import QUIET, QUIET_IF_BUSY, TURN_S, Tracer

if TYPE_CHECKING:
    from collections.abc import Callable


def turns_until_taken(
    monkeypatch: pytest.MonkeyPatch, *, late_s: float = 0.0, runs: Callable[[int, Tracer], None] = lambda turn, of: None
) -> int:
    """How many turns pass; each takes ``late_s`` longer than it should, and ``runs`` happens in it."""
    tracer, now, turns = Tracer("/example/app"), [0.0], [0]

    def sleep(seconds: float) -> None:
        now[0] += seconds + late_s
        turns[0] += 1
        runs(turns[0], tracer)

    monkeypatch.setattr(trace_python, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: now[0]))
    monkeypatch.setattr(sys, "monitoring", SimpleNamespace(restart_events=lambda: None), raising=False)
    tracer.taken()
    return turns[0]


def test_a_program_that_is_done_is_waited_for_a_few_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert turns_until_taken(monkeypatch) == QUIET


def test_on_a_busy_machine_the_wait_is_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert turns_until_taken(monkeypatch, late_s=3 * TURN_S) == QUIET_IF_BUSY


def test_what_still_runs_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    code = compile("pass", "/example/app/server.py", "exec")

    def runs(turn: int, tracer: Tracer) -> None:
        if turn <= 7:
            tracer._ran.setdefault(code, set()).add(turn * 2)

    assert turns_until_taken(monkeypatch, runs=runs) == 7 + QUIET
