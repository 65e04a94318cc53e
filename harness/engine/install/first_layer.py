"""The first layer of base images: a system with Python.

It is the image that the user names; else the official Python image, wherever the engine can pull it; else a Debian made
of its packages by mmdebstrap, so that no image registry is needed.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extractor.model import ROOT
from harness.base.errors import EngineError
from harness.engine.docker_client import SLOW_S
from harness.engine.install.images import BASE_REPOSITORY, content_key, image_id
from harness.engine.install.settings import BASE_IMAGE_VARIABLE
from harness.engine.owner import LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.base.host import HostEnvironment
    from harness.engine.api import Api
    from harness.engine.install.pulled import PulledImages
    from harness.engine.protocol import Progress

OFFICIAL_IMAGE: Final = "python:3.13-slim"
"""Of the same Python as the newest Debian's, so that both give the same verdicts; for amd64 and arm64."""
_PYTHON: Final = "python"
"""The toolchain that all others are added to."""
_DEBIAN_MAKER: Final = "mmdebstrap"
_PACKAGES: Final = ("python3", "python3-venv", "ca-certificates", "libstdc++6")
_NEWER_RELEASES: Final = {
    "buster": "trixie", "bullseye": "trixie", "bookworm": "trixie",
    "bionic": "noble", "focal": "noble", "jammy": "noble",
}  # fmt: skip
"""Releases whose Python is older than 3.12, and the first of the same family whose Python is not."""
_TRIXIE_KEY: Final = Path("/usr/share/keyrings/debian-archive-trixie-stable.gpg")


@dataclass(frozen=True, slots=True)
class FirstLayer:
    """Finds the first layer, and makes it or pulls it if it is missing."""

    api: Api
    pulled: PulledImages
    host: HostEnvironment
    named: Mapping[str, str]
    """Toolchain to image, as ``[images]`` in docprobe.toml names them."""

    async def tag(self, packages: tuple[str, ...] = ()) -> str:
        """Return the name of the first layer that is used at present, whether it is there or not.

        Args:
            packages: of Debian, which it has if docprobe makes it.
        """
        named = self._by_user()
        if named is not None:
            return self.pulled.reference(named)
        if (official := await self.pulled.local(OFFICIAL_IMAGE)) is not None:
            return official
        if self.host.program(_DEBIAN_MAKER) is None:
            return self.pulled.reference(OFFICIAL_IMAGE)
        return f"{BASE_REPOSITORY}:debian-{_debian_key(packages)}"

    async def choose(self, progress: Progress) -> None:
        """Pull the official image, if it is wanted and can be had: from then on it is the first layer."""
        if self._by_user() is None:
            await self.pulled.get(OFFICIAL_IMAGE, progress)

    async def get(self, packages: tuple[str, ...], progress: Progress) -> str:
        """Return the name of the first layer, made or pulled if it is missing.

        Args:
            packages: of Debian, which it has if docprobe makes it.
            progress: called with what is being done.

        Raises:
            EngineError: it can be neither made nor pulled.
        """
        tag = await self.tag(packages)
        if await image_id(self.api, tag) is not None:
            return tag
        if is_own_debian(tag):
            more = f" with {', '.join(packages)}" if packages else ""
            progress(f"making a Debian {_suite()} base image from its packages{more} (takes about a minute)")
            await self._import_debian(tag, packages)
            return tag
        wanted = self._by_user() or OFFICIAL_IMAGE
        if (pulled := await self.pulled.get(wanted, progress)) is not None:
            return pulled
        raise self._not_pulled(wanted)

    async def why(self) -> str:
        """Return in a few words which image is used, and why."""
        tag = await self.tag()
        if self.named.get(_PYTHON):
            return f"of {tag}, as [images] names it"
        if self.host.get(BASE_IMAGE_VARIABLE):
            return f"of {tag}, as {BASE_IMAGE_VARIABLE} names it"
        if is_own_debian(tag):
            return f"of Debian {_suite()}'s packages, as {OFFICIAL_IMAGE} has not been pulled"
        return f"of the official image {tag}"

    def _by_user(self) -> str | None:
        return self.named.get(_PYTHON) or self.host.get(BASE_IMAGE_VARIABLE) or None

    def _not_pulled(self, image: str) -> EngineError:
        error = self.pulled.unreachable.get(image) or EngineError(f"{image} does not exist")
        hint = (
            "let the engine pull it, or name an image with Python 3.10 or newer that it has: "
            f"{BASE_IMAGE_VARIABLE}, or [images] python in docprobe.toml"
        )
        return EngineError(f"no base image: {error.message}", hint)

    async def _import_debian(self, tag: str, packages: tuple[str, ...]) -> None:
        what = "import the Debian base image"
        try:
            image = await self.api.call_within(
                SLOW_S * 4, what, partial(_import_debian, self.api.raw, self.host, packages)
            )
        except EngineError as error:
            if (failed := self.pulled.unreachable.get(OFFICIAL_IMAGE)) is not None:
                raise EngineError(f"{error.message}; and {failed.message}", error.hint) from error
            raise
        repository, _, version = tag.rpartition(":")
        await self.api.call("tag the Debian base image", self.api.raw.tag, image, repository, version)


def is_own_debian(tag: str) -> bool:
    """Whether a first layer is the Debian that docprobe makes: that one has no apt."""
    return tag.startswith(f"{BASE_REPOSITORY}:debian-")


def _debian_key(packages: tuple[str, ...]) -> str:
    wanted = (*_PACKAGES, *packages)
    return content_key({"suite": _suite(), "packages": wanted, "folder": ROOT, "machine": platform.machine()})[:12]


def _suite() -> str:
    """Return the release to make: the host's own (its keys and mirrors are at hand), or a newer one for its Python."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return _NEWER_RELEASES["bookworm"]
    own = release.get("VERSION_CODENAME", "")
    if release.get("ID") not in ("debian", "ubuntu") or not own:
        return _NEWER_RELEASES["bookworm"]
    newer = _NEWER_RELEASES.get(own, own)
    # a Debian whose keyring is older than the newer release cannot verify its packages
    return own if newer == "trixie" and not _TRIXIE_KEY.exists() else newer


def _import_debian(raw: Any, host: HostEnvironment, packages: tuple[str, ...]) -> str:
    """Pipe the tar that mmdebstrap makes straight into the engine, without a temporary file. Returns the image's id."""
    program = host.program(_DEBIAN_MAKER)
    if program is None:
        raise EngineError(f"{_DEBIAN_MAKER} is not installed", "install it, then run docprobe again")
    # Podman imports the root folder read-only for its owner: what stands there must be in the archive
    folder = f'--customize-hook=mkdir -m 1777 "$1{ROOT}"'
    include = f"--include={','.join((*_PACKAGES, *packages))}"
    argv = [program, "--quiet", "--variant=essential", include, folder, _suite(), "-"]
    with subprocess.Popen(
        argv,
        env=dict(host.variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            answer = raw.import_image_from_stream(process.stdout, changes=[f"LABEL {LABEL}=base"])
        finally:
            if process.stdout is not None:
                process.stdout.close()
        errors = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
    image = str(json.loads(answer.splitlines()[-1])["status"])
    if process.returncode != 0:
        raw.remove_image(image)
        reason = errors.splitlines()[-1] if errors else f"exit code {process.returncode}"
        raise EngineError(
            f"{_DEBIAN_MAKER} could not make the Debian base image: {reason}",
            _debian_hint(),
        )
    return image


def _debian_hint() -> str:
    """Return what to do if mmdebstrap fails: what it needs depends on who calls it."""
    if os.geteuid() != 0:
        return f"let the engine pull {OFFICIAL_IMAGE}, or set {BASE_IMAGE_VARIABLE} to an image that it has"
    return f"check that apt works on this machine (`apt-get update`), or set {BASE_IMAGE_VARIABLE}"
