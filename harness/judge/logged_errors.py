"""What the example's own log says about the requests of a finding: an error with its stack, and where it stands. Pure.

Such a log is proof of what was executed, which reading the code is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import Finding, LogLine, Transcript

LATE_S: Final = 0.3
"""How much later than its answer the log of a request may come."""
SHOWN: Final = 120
"""Characters of a log line that a summary shows."""
_SERVER_ERROR: Final = 500
_OF_THE_EXAMPLE: Final = frozenset({"stdout", "stderr"})
_STACK: Final = re.compile(r"Traceback \(most recent call last\)|^\s+at .+:\d+:\d+\)?$")
"""How interpreters begin, or print, the stack of an error."""
_ERROR: Final = re.compile(r"[\w.$]*(?:Error|Exception|Group)\b.*")


def uncaught_error(logs: Iterable[LogLine]) -> str | None:
    """Return the last error that an example's log shows with its stack, cut short; None if it shows none."""
    lines = [line.text for line in logs if line.source in _OF_THE_EXAMPLE]
    stacks = [text.strip() for text in lines if _STACK.search(text)]
    errors = [text.strip() for text in lines if _ERROR.match(text.strip())]
    if not stacks:
        return None
    return (errors[-1] if errors else stacks[0])[:SHOWN]


def log_of_failures(finding: Finding, transcript: Transcript) -> tuple[LogLine, ...]:
    """Return what the example wrote while it failed on the finding's own requests, controls left out.

    It failed where it answered 5xx, or closed the connection without an answer.
    """
    exchanges = [exchange for exchange in transcript.exchanges if exchange.number in finding.evidence]
    controls = {exchange.control for exchange in exchanges}
    failed = [
        exchange
        for exchange in exchanges
        if exchange.number not in controls
        and (exchange.status >= _SERVER_ERROR if exchange.status is not None else not exchange.timed_out)
    ]
    return tuple(
        line
        for line in transcript.logs
        if any(e.started_s <= line.at_s <= e.started_s + e.duration_s + LATE_S for e in failed)
    )
