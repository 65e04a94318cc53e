"""Transcripts compressed in memory, to about a twelfth of their size: a run over many examples holds them all."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final

from harness.base.codec import from_json, to_json
from harness.model.conversation import Transcript

_FAST: Final = 1
"""Level of compression: milliseconds for a megabyte, and transcripts repeat themselves enough for it."""


def pack(transcript: Transcript) -> bytes:
    """Return a transcript as compressed JSON."""
    return zlib.compress(to_json(transcript), _FAST)


@lru_cache(maxsize=1)
def unpack(packed: bytes) -> Transcript:
    """Return the transcript that :func:`pack` was given; the last one is remembered, for all that is shown of it."""
    return from_json(zlib.decompress(packed), Transcript)
