"""Images that the engine pulls, by digests that are written down at the first pull.

The digests stand in ``docprobe-images.toml``: one in the state folder, which docprobe writes; and, if the project
keeps one beside its docprobe.toml, that one first, which docprobe only reads. So everybody who has the project's file
runs the same interpreters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping  # noqa: TC003 (the file is read by the type hints below)
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.base.storage import write_atomically
from extractor.base.text import printable
from extractor.base.tomlfile import read_toml
from harness.base.errors import EngineError
from harness.engine.docker_client import SLOW_S
from harness.engine.install.images import image_id
from harness.engine.install.settings import IMAGES_LOCK

if TYPE_CHECKING:
    from pathlib import Path

    from harness.engine.api import Api
    from harness.engine.protocol import Progress

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_HEAD: Final = """\
# The images that docprobe's base images are made of, as they were when they were pulled first.
# Renewed by: docprobe doctor --images. A project may keep a copy beside its docprobe.toml.

[images]
"""


@dataclass(frozen=True, slots=True)
class _Digests:
    """What a file of digests holds."""

    images: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PulledImages:
    """Pulls images, each once in a run, and always the same."""

    api: Api
    state: Path
    project_lock: Path | None = None
    """The project's own digests."""
    unreachable: dict[str, EngineError] = field(default_factory=dict)
    """Images that could not be pulled in this run, and why."""

    async def local(self, image: str) -> str | None:
        """Return the name by which the engine has the image as it is written down; None if it has not."""
        reference = self.reference(image)
        return reference if await image_id(self.api, reference) is not None else None

    async def get(self, image: str, progress: Progress) -> str | None:
        """Return the name by which the engine has the image, pulled if need be; None if it cannot be pulled."""
        if (there := await self.local(image)) is not None:
            await self._write_down(image)
            return there
        if image in self.unreachable:
            return None
        reference = self.reference(image)
        progress(f"pulling {reference}")
        try:
            await _pull(self.api, reference)
        except EngineError as error:
            self.unreachable[image] = error
            return None
        await self._write_down(image)
        return await self.local(image)

    async def renew(self, images: tuple[str, ...], progress: Progress) -> dict[str, str]:
        """Pull images as they are today and write their digests down; return them.

        Raises EngineError if one cannot be pulled; then nothing is changed.
        """
        digests = {}
        for image in images:
            progress(f"pulling {image}")
            await _pull(self.api, image)
            if (digest := await self._digest(image)) is not None:
                digests[image] = digest
        self._write({**self.digests(), **digests})
        return digests

    def digests(self) -> dict[str, str]:
        """Return the digests that are written down in the state folder. Raises UsageError if the file is wrong."""
        return read_digests(self.state / IMAGES_LOCK)

    def reference(self, image: str) -> str:
        """Return the image's name, with the digest that is written down for it, if one is."""
        if "@" in image:
            return image
        project = read_digests(self.project_lock) if self.project_lock is not None else {}
        digest = project.get(image) or self.digests().get(image)
        return f"{_repository(image)[0]}@{digest}" if digest else image

    async def _write_down(self, image: str) -> None:
        """Write the digest of an image down, if none is; one that was never in a registry has none."""
        if "@" not in self.reference(image) and (digest := await self._digest(image)) is not None:
            self._write({**self.digests(), image: digest})

    async def _digest(self, image: str) -> str | None:
        found = await self.api.call("look at an image", self.api.raw.inspect_image, image)
        digests = [str(name).partition("@")[2] for name in found.get("RepoDigests") or ()]
        return next((digest for digest in digests if _DIGEST.fullmatch(digest)), None)

    def _write(self, digests: Mapping[str, str]) -> None:
        lines = [f"{json.dumps(image)} = {json.dumps(digest)}\n" for image, digest in sorted(digests.items())]
        write_atomically(self.state / IMAGES_LOCK, (_HEAD + "".join(lines)).encode())


def read_digests(file: Path) -> dict[str, str]:
    """Return the digests in a file by image; empty if the file does not exist.

    Raises:
        UsageError: it cannot be read, or something in it is not a digest; names file and line.
    """
    if not file.is_file():
        return {}
    document = read_toml(file)
    images = document.value(_Digests).images
    for image, digest in images.items():
        if not _DIGEST.fullmatch(digest):
            raise document.error(("images", image), f"'{digest}' is not a digest", "write sha256: and 64 hex digits")
    return dict(images)


async def _pull(api: Api, image: str) -> None:
    """Pull an image. Raises EngineError, also for an error that the engine reports only after it has begun."""
    repository, version = _repository(image)
    progress = str(await api.call_within(SLOW_S, f"pull {image}", api.raw.pull, repository, version))
    for line in progress.splitlines():
        with suppress(ValueError):
            message = json.loads(line)
            if isinstance(message, dict) and message.get("error"):
                raise EngineError(f"the engine could not pull {image}: {printable(str(message['error']))[:500]}")
    if await image_id(api, image if "@" in image else f"{repository}:{version}") is None:
        raise EngineError(f"the engine pulled {image} and does not have it")


def _repository(image: str) -> tuple[str, str]:
    """Return an image's repository and its tag or digest: ``python:3.13-slim`` is ``python`` and ``3.13-slim``."""
    name, at, digest = image.partition("@")
    if at:
        return name, digest
    head, colon, tag = image.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (image, "latest")
