"""What a run keeps in memory and on disk: long transcripts wait in files, and the state folder has a size."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.storage import write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import DocprobeError
from harness.model import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import Exchange, LogLine, Recording, Reply

_FOLDER: Final = "transcripts"
IN_MEMORY: Final = 24 * 1024 * 1024
"""Characters of transcripts that a run holds in memory; of those that come after, each waits in a file."""
SHORT: Final = 2_000
"""Characters of a body, of the events of a stream, and of a request that stay in memory of a transcript in a file."""
SHORT_LOG: Final = 20_000
"""Characters of a log that stay."""
_PERMANENT: Final = frozenset({"id", "runs", "locks", "images", "last-run.json"})
"""Names in the state folder that are small, and are needed while they are there."""


@dataclass(slots=True)
class LongTranscripts:
    """Files of the transcripts that a run does not hold in memory. Mutable: it counts what is held."""

    state: Path
    held: int = 0
    files: list[Path] = field(default_factory=list)

    def keep(self, recording: Recording) -> tuple[Recording, str | None]:
        """Return what stays in memory of a recording, and the file that has its transcript; None if all of it stays.

        If the file cannot be written, the transcript stays.
        """
        transcript = recording.transcript
        if transcript is None:
            return recording, None
        size = weight(transcript)
        if self.held + size > IN_MEMORY:
            file = self.state / _FOLDER / f"{secrets.token_hex(8)}.json"
            with suppress(DocprobeError):
                write_atomically(file, to_json(transcript), durable=False)
                self.files.append(file)
                transcript = shortened(transcript)
                self.held += weight(transcript)
                return replace(recording, transcript=transcript), str(file)
        self.held += size
        return recording, None


def whole(recording: Recording, file: str | None) -> Recording:
    """Return a recording with the transcript from its file, if it waits in one.

    Raises:
        OSError: somebody removed the file.
    """
    return recording if file is None else replace(recording, transcript=from_json(Path(file).read_bytes(), Transcript))


def remove_long_transcripts(files: Iterable[str]) -> None:
    """Remove the files of transcripts that were copied to where they belong."""
    for file in files:
        with suppress(OSError):
            os.unlink(file)  # noqa: PTH108 (a text)


def weight(transcript: Transcript) -> int:
    """Return the characters of everything in a transcript that a server decides the length of."""
    return sum(_weight(exchange) for exchange in transcript.exchanges) + sum(len(line.text) for line in transcript.logs)


def _weight(exchange: Exchange) -> int:
    reply = exchange.reply
    if reply is None:
        return len(exchange.body)
    headers = sum(len(name) + len(value) for name, value in reply.headers)
    return len(exchange.body) + len(reply.body) + headers + sum(len(event.data) + 100 for event in reply.events)


def shortened(transcript: Transcript) -> Transcript:
    """Return a transcript with the beginnings of its bodies, events and logs: what reports show of it."""
    return replace(
        transcript,
        exchanges=tuple(_short(exchange) for exchange in transcript.exchanges),
        logs=_short_log(transcript.logs),
    )


def _short(exchange: Exchange) -> Exchange:
    reply = exchange.reply
    return replace(exchange, body=exchange.body[:SHORT], reply=_short_reply(reply) if reply else None)


def _short_reply(reply: Reply) -> Reply:
    events, left = [], SHORT
    for event in reply.events:
        if left <= 0:
            break
        events.append(replace(event, data=event.data[:left]))
        left -= len(event.data) + 100
    headers = tuple((name, value[:SHORT]) for name, value in reply.headers[:50])
    return replace(reply, body=reply.body[:SHORT], headers=headers, events=tuple(events), truncated=True)


def _short_log(lines: tuple[LogLine, ...]) -> tuple[LogLine, ...]:
    kept, left = [], SHORT_LOG
    for line in reversed(lines):
        left -= len(line.text)
        if left < 0:
            break
        kept.append(line)
    return tuple(reversed(kept))


def trim(state: Path, limit_mib: int) -> int:
    """Remove the files of the state folder that were not used for longest while it is larger than ``limit_mib``.

    Returns:
        How many files were removed.
    """
    found: list[tuple[float, int, str]] = []
    for folder, _, names in os.walk(state):
        inside = Path(folder).relative_to(state).parts
        for name in names:
            if (inside[0] if inside else name) in _PERMANENT:
                continue
            path = os.path.join(folder, name)  # noqa: PTH118  (faster, of thousands of files)
            with suppress(OSError):
                facts = os.lstat(path)
                found.append((facts.st_mtime, facts.st_size, path))
    size = sum(entry[1] for entry in found)
    removed = 0
    for _, bytes, file in sorted(found) if size > limit_mib * 1024 * 1024 else ():
        if size <= limit_mib * 1024 * 1024:
            break
        with suppress(OSError):
            os.unlink(file)  # noqa: PTH108  (a text)
            size -= bytes
            removed += 1
    return removed
