"""Images that were made: content keys, how they are found again, and what was installed in them."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import anyio
from filelock import Timeout

from extractor.base.storage import file_lock, write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import UsageError
from harness.engine.api import Api, ConflictError, GoneError
from harness.model import Image

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

BASE_REPOSITORY: Final = "docprobe/base"
DEPS_REPOSITORY: Final = "docprobe/deps"
MAX_IMAGES: Final = 60
"""Images of dependencies above this number are removed, the least recently used first."""
_RETRY_S: Final = 0.1


def content_key(parts: Mapping[str, Any]) -> str:
    """Return a key over everything that can change an image: 24 hex digits."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


async def inspect_image(api: Api, tag: str) -> Mapping[str, Any] | None:
    """Return what the engine says about the image with this tag; None if there is none. Takes about a millisecond."""
    try:
        found: Mapping[str, Any] = await api.call("look for an image", api.raw.inspect_image, tag)
    except GoneError:
        return None
    return found


async def image_id(api: Api, tag: str) -> str | None:
    """Return the id of the image with this tag; None if there is none. Takes about a millisecond."""
    found = await inspect_image(api, tag)
    return str(found["Id"]) if found is not None else None


@asynccontextmanager
async def exclusive(state: Path, name: str) -> AsyncIterator[None]:
    """Let one caller at a time make what ``name`` means, in this process and across processes.

    Waits without blocking the event loop. ``name`` is fit for a file name in the state folder ``state``.
    """
    path = state / "locks" / name
    lock = file_lock(path)
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            await anyio.sleep(_RETRY_S)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()


class ImageRecords:
    """What was installed in which image: one small file per image in the state folder; its time is the last use."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "images"

    def read(self, key: str) -> Image | None:
        """Return the image with that key; None if there is no record of it, or none that can be read."""
        file = self._folder / f"{key}.json"
        try:
            image = from_json(file.read_bytes(), Image)
            os.utime(file)
        except (OSError, UsageError):
            return None
        return image

    def write(self, image: Image) -> None:
        """Record an image."""
        write_atomically(self._folder / f"{image.key}.json", to_json(image))

    def oldest_first(self) -> list[str]:
        """Return the keys of all images, least recently used first."""
        times: list[tuple[float, str]] = []
        for file in self._folder.glob("*.json"):
            with suppress(OSError):
                times.append((file.stat().st_mtime, file.stem))
        return [key for _, key in sorted(times)]

    def forget(self, key: str) -> None:
        """Remove the record of an image."""
        (self._folder / f"{key}.json").unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all records."""
        for key in self.oldest_first():
            self.forget(key)


async def prune(api: Api, records: ImageRecords, limit: int = MAX_IMAGES) -> int:
    """Remove the least recently used images above ``limit``, but those that a container uses.

    Returns how many were removed. Raises EngineError.
    """
    removed = 0
    keys = records.oldest_first()
    for key in keys[: max(0, len(keys) - limit)]:
        with suppress(GoneError):
            try:
                await api.call("remove an image", api.raw.remove_image, f"{DEPS_REPOSITORY}:{key}")
            except ConflictError:
                continue
            removed += 1
        records.forget(key)
    return removed
