"""Conversations that need not be held again.

What is kept is the transcript and the runs, not the findings: judging is pure and takes milliseconds, so the key
holds all that can change a conversation, and a changed check or sentence is judged afresh from the same transcript.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import harness
from extractor.base.storage import write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import UsageError
from harness.model import Recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.model import Example
    from harness.config import Config

CODE: Final = ("profiles", "engine", "run/attempt.py", "judge/cause.py")
"""Folders and files of ``harness`` whose code takes part in a conversation."""


def code_digest() -> str:
    """SHA-256 over the code that holds the conversation: another docprobe may ask other things."""
    digest = hashlib.sha256()
    root = Path(harness.__file__).parent
    for part in CODE:
        for path in (root / part, *sorted((root / part).rglob("*"))):
            if path.is_file() and path.suffix in {".py", ".json", ".toml"}:
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def key(
    example: Example, config: Config, *, date: str | None, day: str, code: str, locks: Mapping[str, str] | None = None
) -> str:
    """The cache key of one distinct text.

    Args:
        example: any of its copies.
        config: of the run: limits, timeout, runtime and revisions count.
        date: cutoff for dated packages, ISO.
        day: today, ISO, UTC: what "packages of today" means.
        code: from :func:`code_digest`.
        locks: packages to replay instead of what a registry has, if any: ``today`` or ``dated`` to the lock's text.
    """
    parts = (
        example.digest, repr(config.limits), repr(config.timeout_s), repr(config.runtime), repr(config.resolve),
        repr(config.layout.revisions), repr(date), day, code,
        *(text for pair in sorted((locks or {}).items()) for text in pair),
    )  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def load(folder: Path, name: str) -> Recording | None:
    """The recording kept under ``name``; None if there is none or it cannot be read (then it is dropped)."""
    path = folder / f"{name}.json"
    try:
        return from_json(path.read_bytes(), Recording)
    except FileNotFoundError:
        return None
    except (OSError, UsageError):
        with contextlib.suppress(OSError):
            path.unlink()
        return None


def store(folder: Path, name: str, recording: Recording) -> None:
    """Keep a recording; whole or not at all."""
    write_atomically(folder / f"{name}.json", to_json(recording))
