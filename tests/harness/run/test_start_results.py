"""How a start ended, in words."""

from __future__ import annotations

import pytest

from harness.model import LogLine
from harness.run.start_results import LAST_LINES, last_lines

ERROR = ("Traceback (most recent call last):", '  File "server.py", line 1, in <module>', "ModuleNotFoundError: mcp")


def log(*texts: str) -> list[LogLine]:
    return [LogLine(float(number), "stderr", text) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (ERROR, ERROR),
        (ERROR * 2, ERROR),
        (ERROR * 5, ERROR),
        (("pid 17: no key",) * 3, ("pid 17: no key",)),
        (("try 1: error 500", "try 2: error 401"), ("try 1: error 500", "try 2: error 401")),
        ((*ERROR, *("wait", "retry") * 2, "retry"), (*ERROR, *("wait", "retry") * 2, "retry")),
        (("connecting", *("retry",) * 8), ("connecting", *("retry",) * 8)),
        (("compiled", *ERROR), ("compiled", *ERROR)),
        (("compiled", *ERROR * 3), ("compiled", *ERROR)),
        ((*ERROR, "retry", "retry"), (*ERROR, "retry", "retry")),
        ((ERROR[0], *ERROR[1:2] * 4, ERROR[2]), (ERROR[0], *ERROR[1:2] * 4, ERROR[2])),
        ((), ()),
    ],
)
def test_what_each_start_says_alike_is_kept_once(texts: tuple[str, ...], kept: tuple[str, ...]) -> None:
    lines = log(*texts)
    found = last_lines(lines)
    assert tuple(line.text for line in found) == kept
    assert not found or found[-1] is lines[-1], "of the last start, with its times"


def test_of_a_long_log_the_end_is_kept() -> None:
    words = [chr(ord("a") + number) * 3 for number in range(26)]
    lines = log(*(f"{one} {other}" for one in words[:9] for other in words[:9]))
    assert list(last_lines(lines)) == lines[-LAST_LINES:]
    assert list(last_lines(lines + lines)) == lines[-LAST_LINES:]
