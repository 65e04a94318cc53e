"""What the example's own log says about the requests of a finding: an error with its stack, and where it stands. Pure.

Such a log is proof of what was executed, which reading the code is not.
"""

from __future__ import annotations

import re
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import Exchange, Finding, LogLine, Transcript

LATE_S: Final = 0.3
"""How much later than its answer the log of a request may come."""
SHOWN: Final = 120
"""Characters of a log line that a summary shows."""
_SERVER_ERROR: Final = 500
_OF_THE_EXAMPLE: Final = frozenset({"stdout", "stderr"})
_TRACEBACK: Final = re.compile(r"\s*(?:Exception Group )?Traceback \(most recent call last\)")
_BEGINS: Final = re.compile(r"\s*(?:\+ Exception Group )?Traceback")
"""The stack of an error, and not of one of a group."""
_OF_A_GROUP: Final = re.compile(r"^\s*[|+] ?")
"""What stands in front of each line about a group of errors."""
_FRAME: Final = re.compile(r"\s+at .+:\d+:\d+\)?$")
_CHAINED: Final = re.compile(r"the direct cause of the following exception|another exception occurred")
_ERROR: Final = re.compile(r"[\w.$]*(?:Error|Exception|Group)\b.*")


def uncaught_error(logs: Iterable[LogLine]) -> str | None:
    """Return the last error that an example's log shows with its stack, cut short; None if it shows none."""
    named, error, stack = None, None, None
    below = False
    for line in logs:
        if line.source not in _OF_THE_EXAMPLE:
            continue
        text = _OF_A_GROUP.sub("", line.text)
        if _TRACEBACK.match(text):
            below, stack = True, stack or text.strip()
        elif below and text[:1].strip():
            # Python names the error below its frames
            error, below = text.strip(), False
        elif _FRAME.match(text):
            # Node names it above them
            error, named, stack = named or error, None, stack or text.strip()
        elif _ERROR.match(text.strip()):
            named = text.strip()
    shown = error or stack
    return shown[:SHOWN] if shown is not None else None


def log_of_failures(finding: Finding, transcript: Transcript) -> tuple[LogLine, ...]:
    """Return what the example wrote while it failed on the finding's own requests, controls left out.

    It failed where it answered 5xx, or closed the connection without an answer. A log may come late, so requests that
    fail close to each other share what was logged: then each has its own stack, in their order, if there are as many;
    where all are the same, there may be more. Else nothing is known of any.
    """
    controls = {e.control for e in transcript.exchanges if e.number in finding.evidence}
    own = {number for number in finding.evidence if number not in controls}
    if not any(_failed(e) for e in transcript.exchanges if e.number in own):
        return ()
    found: list[LogLine] = []
    for group in _close_failures(transcript.exchanges):
        if not any(exchange.number in own for exchange in group):
            continue
        first, last = group[0].started_s, max(map(_until_s, group))
        lines = [line for line in transcript.logs if first <= line.at_s <= last]
        stacks = _stacks(lines)
        alike = len({uncaught_error(stack) for stack in stacks}) == 1
        if all(e.number in own for e in group) or (alike and len(stacks) >= len(group)):
            found += lines
        elif len(stacks) == len(group) and all(b.started_s >= _end_s(a) for a, b in pairwise(group)):
            found += (line for e, stack in zip(group, stacks, strict=True) if e.number in own for line in stack)
    return tuple(found)


def _end_s(exchange: Exchange) -> float:
    return exchange.started_s + exchange.duration_s


def _until_s(exchange: Exchange) -> float:
    return _end_s(exchange) + LATE_S


def _failed(exchange: Exchange) -> bool:
    """Return whether an exchange was answered 5xx, or the connection was closed without an answer."""
    return not exchange.timed_out if exchange.status is None else exchange.status >= _SERVER_ERROR


def _close_failures(exchanges: Iterable[Exchange]) -> list[list[Exchange]]:
    """Return the exchanges that failed, in the order of time: those whose logs may be mixed in one group."""
    groups: list[list[Exchange]] = []
    for exchange in sorted(exchanges, key=lambda e: (e.started_s, e.number)):
        if not _failed(exchange):
            continue
        if groups and exchange.started_s <= max(map(_until_s, groups[-1])):
            groups[-1].append(exchange)
        else:
            groups.append([exchange])
    return groups


def _stacks(logs: Iterable[LogLine]) -> list[list[LogLine]]:
    """Return the lines of an example's log from each stack to the next. An error that causes another is one with it."""
    lines = [line for line in logs if line.source in _OF_THE_EXAMPLE]
    stacks: list[list[LogLine]] = []
    said = ""
    for line, after in zip_longest(lines, lines[1:]):
        python = _BEGINS.match(line.text) and not _CHAINED.search(said)
        if python or (after and _FRAME.match(after.text) and not _FRAME.match(line.text)):
            stacks.append([])
        if stacks:
            stacks[-1].append(line)
        said = line.text if line.text.strip() else said
    return stacks
