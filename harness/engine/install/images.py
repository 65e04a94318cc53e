"""Images that were made: content keys, how they are found again, and what was installed in them."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from extractor.base.storage import write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import UsageError
from harness.engine.api import Api, ConflictError, GoneError
from harness.engine.owner import LABEL
from harness.model import Image

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASE_REPOSITORY: Final = "docprobe/base"
DEPS_REPOSITORY: Final = "docprobe/deps"
KEPT_IMAGES: Final = 60
"""Images of dependencies that are kept; the least recently used go."""


def content_key(parts: Mapping[str, Any]) -> str:
    """A key over everything that can change an image: 24 hex digits."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


async def image_id(api: Api, tag: str) -> str | None:
    """The id of the image with this tag; None if there is none. About a millisecond."""
    try:
        return str((await api.call("look for an image", api.raw.inspect_image, tag))["Id"])
    except GoneError:
        return None


class Records:
    """What was installed in which image: one small file per image in the state folder; its time is the last use."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "images"

    def read(self, key: str) -> Image | None:
        """The image of that key; None if it is not known, or the record is not whole."""
        file = self._folder / f"{key}.json"
        try:
            image = from_json(file.read_bytes(), Image)
            os.utime(file)
        except (OSError, UsageError):
            return None
        return image

    def write(self, image: Image) -> None:
        """Remember an image. Atomic."""
        write_atomically(self._folder / f"{image.key}.json", to_json(image))

    def oldest_first(self) -> list[str]:
        """Keys, least recently used first."""
        times: list[tuple[float, str]] = []
        for file in self._folder.glob("*.json"):
            with suppress(OSError):
                times.append((file.stat().st_mtime, file.stem))
        return [key for _, key in sorted(times)]

    def forget(self, key: str) -> None:
        """Forget an image."""
        (self._folder / f"{key}.json").unlink(missing_ok=True)


async def prune(api: Api, records: Records, kept: int = KEPT_IMAGES) -> int:
    """Remove the least recently used images above ``kept``; those that a container uses stay. Gives their number."""
    removed = 0
    keys = records.oldest_first()
    for key in keys[: max(0, len(keys) - kept)]:
        with suppress(GoneError):
            try:
                await api.call("remove an image", api.raw.remove_image, f"{DEPS_REPOSITORY}:{key}")
            except ConflictError:
                continue
            removed += 1
        records.forget(key)
    return removed


async def ours(api: Api) -> list[dict[str, Any]]:
    """Every image that carries docprobe's label."""
    return list(await api.call("list images", api.raw.images, filters={"label": LABEL}))
