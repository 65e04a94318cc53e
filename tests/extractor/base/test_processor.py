"""The limit on processor time holds in Python, in regular expressions, and against what swallows exceptions."""

from __future__ import annotations

import gc
import re
import sys
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extractor.base import processor
from extractor.base.processor import TooLongError, processor_limit
from tests.support.processor import processor_time_below

if TYPE_CHECKING:
    from collections.abc import Callable


def spin() -> None:
    while True:
        pass


def spin_in_a_regular_expression() -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


def spin_and_swallow() -> None:
    with suppress(BaseException):
        spin()
    spin()


@pytest.mark.parametrize("work", [spin, spin_in_a_regular_expression, spin_and_swallow])
def test_work_without_end_is_ended(work: object) -> None:
    with (
        processor_time_below(5),
        pytest.raises(TooLongError, match=r"took more than 0\.2 s of processor time"),
        processor_limit(0.2),
    ):
        work()  # type: ignore[operator]


def test_where_the_system_shows_no_memory_only_time_is_limited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processor, "_STATM", tmp_path / "no-proc")  # as on macOS
    with processor_limit(5, memory_mib=1):
        assert len(bytearray(8 * 1024 * 1024)) > 0
        began = time.process_time()
        while time.process_time() - began < 0.3:
            pass
    with pytest.raises(TooLongError), processor_limit(0.2, memory_mib=1):
        spin()


def test_waiting_costs_nothing_and_nothing_is_left() -> None:
    with processor_limit(0.2):
        time.sleep(0.4)
    began = time.process_time()
    while time.process_time() - began < 0.4:
        pass


def test_nothing_is_done_in_a_thread_where_no_limit_holds() -> None:
    said: list[str] = []

    def work() -> None:
        try:
            with processor_limit(0.1):
                said.append("unlimited")
        except RuntimeError as error:
            said.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said == ["docs are read in the main thread only, where their limits hold"]


def test_work_that_grows_without_end_is_ended() -> None:
    held: list[list[int]] = []
    with pytest.raises(TooLongError, match="took more than 30 MiB of memory"), processor_limit(20, 30):
        while True:
            held.append([0] * 1_000)
    assert len(held) < 100_000


def spin_for(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


class Slow:
    """Something that takes processor time as it goes."""

    def __del__(self) -> None:
        spin_for(0.3)


def collected() -> None:
    def slow(phase: str, info: dict[str, int]) -> None:
        spin_for(0.3)

    gc.callbacks.append(slow)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(slow)


def weakly_referred() -> None:
    what = Slow.__new__(type("Quick", (), {}))
    held = weakref.ref(what, lambda reference: spin_for(0.3))
    del what
    assert held() is None


@pytest.mark.parametrize("busy", [Slow, collected, weakly_referred])
def test_an_error_that_python_loses_in_a_callback_is_raised_again(
    busy: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lost.append)
    hook, ended = sys.unraisablehook, time.process_time() + 10
    with pytest.raises(TooLongError), processor_limit(0.1):
        busy()
        while time.process_time() < ended:
            pass
    assert time.process_time() < ended
    assert lost == []
    assert sys.unraisablehook is hook


def test_what_else_python_loses_is_shown_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("of something else")

    lost: list[sys.UnraisableHookArgs] = []
    monkeypatch.setattr("sys.unraisablehook", lost.append)
    with processor_limit(5):
        Broken()
    assert [str(unraisable.exc_value) for unraisable in lost] == ["of something else"]
