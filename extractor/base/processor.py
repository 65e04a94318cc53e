"""A limit on the processor time that a piece of work takes, in Python and in regular expressions alike."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_AGAIN_S: Final = 0.5
"""Processor time after which the work is ended again, if something swallowed the first attempt."""


class TooLongError(BaseException):
    """The work used up its processor time. Not an ``Exception``: what guards against any error must not swallow it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"took more than {seconds:g} s of processor time")


@contextlib.contextmanager
def processor_limit(seconds: float) -> Iterator[None]:
    """Raise TooLongError in the body once it has used ``seconds`` of processor time.

    What other programs do on this machine does not count. Python delivers signals to the main thread only: in any
    other thread there is no limit.

    Args:
        seconds: above 0.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise TooLongError(seconds)

    before = signal.signal(signal.SIGVTALRM, end)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)
