"""How a start ended: its outcome, where it was answered, and the words for that. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.model import ExampleKind, Manager, Note, NoteKind, Origin
from harness.model import StartOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Bundle
    from harness.engine.protocol import ExitState
    from harness.model import Image, LogLine, Transcript

LAST_LINES: Final = 30
"""Log lines kept of a run that did not serve."""
_NOT_FOUND: Final = (404, 405)
_MOST_LINES: Final = 500
"""Of one start, for which it is looked whether the next says the same."""
_TRACEBACK: Final = 3
"""Lines that the message of an error has, with where it is from."""
_NUMBER: Final = re.compile(r"\d+")
"""What may differ from start to start: times, processes, ports."""


def outcome_of(state: ExitState | None) -> StartOutcome:
    """Return how the start of an example ended that did not listen, by how its process ended, if it did."""
    if state is None:
        return StartOutcome.NEVER_LISTENED
    if state.during == "build":
        return StartOutcome.BUILD_FAILED
    return StartOutcome.KILLED if state.limit else StartOutcome.EXITED


def exit_text(state: ExitState | None) -> str:
    """Return how the process ended, in words; empty if it did not end."""
    return state.sentence if state else ""


def was_left_to_end(bundle: Bundle, transcript: Transcript) -> bool:
    """Whether a program ended because docprobe ended its input: it had answered, or was waited for in vain."""
    return bundle.kind is ExampleKind.STDIO_SERVER and any(
        exchange.reply is not None or exchange.timed_out for exchange in transcript.exchanges
    )


def observed_endpoint(transcript: Transcript) -> str | None:
    """Return where a first request was answered as it should be; None if a later one was not found there.

    The path may then be a wrong one: there are servers that answer a first request at any.
    """
    if not transcript.negotiated or not transcript.endpoint:
        return None
    parts = urlsplit(transcript.endpoint)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    posted = (e for e in transcript.exchanges if e.method == "POST" and e.target == target)
    return None if any(e.status in _NOT_FOUND for e in posted) else transcript.endpoint


def where_it_answered(transcript: Transcript, bundle: Bundle) -> str:
    """Return where a first request was answered, as words to be added, if the page does not state it."""
    found = observed_endpoint(transcript)
    if found is None or bundle.stated_endpoints or bundle.endpoint_paths:
        return ""
    return f" (a first request was answered at {found})"


def other_versions(image: Image | None, bundle: Bundle) -> tuple[Note, ...]:
    """Return why packages have other versions than the page asks for: nothing of that is the page's.

    Maven's are those whose date is not known; all others were decided by the version of docprobe's own interpreter.
    """
    remarks = image.remarks if image else ()
    kind = NoteKind.DEPENDENCY if bundle.manager is Manager.MAVEN else NoteKind.INTERPRETER
    return tuple(Note(kind, Origin.INFERRED, detail=f": {remark}") for remark in remarks)


def how_it_serves(transcript: Transcript) -> str:
    """Return what is known of an example of which nothing was asked; empty for one that was conversed with."""
    if transcript.exchanges or not transcript.sockets:
        return ""
    return f"it starts and listens on port {transcript.sockets[0].port}; docprobe sends it no requests"


def last_lines(logs: Sequence[LogLine]) -> Sequence[LogLine]:
    """Return the last lines of a log; of one that says the same at each of several starts, once.

    A stdio server is started once for each of the conversations that it is to hold. What a build says before stays.
    """
    exact = [(line.source, line.text) for line in logs]
    said = [(source, _NUMBER.sub("0", text)) for source, text in exact]
    for length in range(1, min(len(said) // 2, _MOST_LINES) + 1):
        # of a few lines, those that differ by a number are different lines
        lines, end = said if length >= _TRACEBACK else exact, len(said)
        while end >= 2 * length and lines[end - length : end] == lines[end - 2 * length : end - length]:
            end -= length
        # lines that are said again and again may be what the program does
        if end < len(said) and (end == length or len({*lines[-length:]}) > 1):
            return (*logs[: end - length], *logs[-length:])[-LAST_LINES:]
    return logs[-LAST_LINES:]
