"""What a run keeps in memory and on disk: transcripts are packed, long ones wait in files; the state has a size."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from extractor.base.storage import write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import DocprobeError
from harness.model import Transcript
from harness.model.packed import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.model import ExampleResult, Exchange, Finding, LogLine, Recording, Reply

T = TypeVar("T")

_FOLDER: Final = "transcripts"
AS_THEY_ARE: Final = 6 * 1024 * 1024
"""Characters of transcripts that a run holds as they are; those that come after are packed."""
PACKED: Final = 16 * 1024 * 1024
"""Bytes of packed transcripts that it holds; of those that come after, each waits whole in a file."""
_EXCHANGE: Final = 1_000
"""What an exchange counts for in addition: requests, headers and numbers take their room, too."""
SHORT: Final = 2_000
"""Characters of a body, of the events of a stream, and of a request that stay in memory of a transcript in a file."""
SHORT_LOG: Final = 20_000
"""Characters of a log that stay."""
_PERMANENT: Final = frozenset({"id", "runs", "locks", "images", "last-run.json"})
"""Names in the state folder that are small, and are needed while they are there."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a run holds of a recording."""

    recording: Recording
    """Without its transcript, if that is packed."""
    packed: bytes = b""
    file: str | None = None
    """With the whole transcript, where only the beginnings of its bodies and logs are packed."""

    def whole(self) -> Recording:
        """Return all of the recording.

        Raises:
            OSError: somebody removed the file.
        """
        if self.file is not None:
            return replace(self.recording, transcript=from_json(Path(self.file).read_bytes(), Transcript))
        return replace(self.recording, transcript=unpack(self.packed)) if self.packed else self.recording


@dataclass(slots=True)
class LongTranscripts:
    """What a run holds of the transcripts of its examples. Mutable: it counts what is held."""

    state: Path
    characters: int = 0
    """Of transcripts that are held as they are."""
    packed: int = 0
    """Bytes of those that are packed."""

    def keep(self, recording: Recording) -> Held:
        """Return what stays in memory of a recording. If a file cannot be written, all of it stays."""
        transcript = recording.transcript
        if transcript is None:
            return Held(recording)
        size = weight(transcript) + _EXCHANGE * len(transcript.exchanges)
        if self.characters + size <= AS_THEY_ARE:
            self.characters += size
            return Held(recording)
        without, packed, file = replace(recording, transcript=None), pack(transcript), None
        if self.packed + len(packed) > PACKED:
            path = self.state / _FOLDER / f"{secrets.token_hex(8)}.json"
            with suppress(DocprobeError):
                write_atomically(path, to_json(transcript), durable=False)
                packed, file = pack(shortened(transcript)), str(path)
        self.packed += len(packed)
        return Held(without, packed, file)


@dataclass(slots=True)
class Shared:
    """Equal parts of a run's results as one object each: most examples have most findings in common. Mutable."""

    findings: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    """By requirement, revision and summary: the last one of them."""
    parts: dict[Any, Any] = field(default_factory=dict)
    """Sentences, packages and the like; by themselves, or what is not hashable by its kind and items."""

    def of(self, result: ExampleResult) -> ExampleResult:
        """Return an equal result, made of what is held already where that is equal."""
        packages = self._mapping("packages", result.packages)
        return replace(
            result,
            findings=tuple(map(self._finding, result.findings)),
            packages=packages,
            runs=tuple(replace(run, packages=packages) if run.packages == packages else run for run in result.runs),
        )

    def _finding(self, finding: Finding) -> Finding:
        key = (finding.requirement, finding.revision, finding.summary)
        known = self.findings.get(key)
        if known == finding:
            return known
        shared = self.findings[key] = replace(
            finding,
            requirement=self._part(finding.requirement),
            revision=self._part(finding.revision),
            statement=self._part(finding.statement),
            evidence=self._part(finding.evidence),
            fix=self._part(finding.fix),
            legs=self._mapping("legs", finding.legs),
        )
        return shared

    def _part(self, value: T) -> T:
        held: T = self.parts.setdefault(value, value)
        return held

    def _mapping(self, kind: str, value: Mapping[str, T]) -> Mapping[str, T]:
        held: Mapping[str, T] = self.parts.setdefault((kind, *value.items()), value)
        return held


def without_locks(result: ExampleResult) -> ExampleResult:
    """Return a result without the texts of its packages' locks, which nothing but a lock file takes."""
    return replace(result, runs=tuple(replace(run, lock=None) if run.lock else run for run in result.runs))


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
