"""Base images: a Debian with Python and uv, and the toolchains of the languages on top of it.

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

from extractor.languages.toolchains import TOOLCHAINS
from extractor.model import ROOT, TOOLS
from harness.base.errors import EngineError, RegistryError, UsageError
from harness.engine.api import SLOW_S
from harness.engine.hardening import ROOT_USER
from harness.engine.install.image_builder import ImageBuilder, Job, JobResult
from harness.engine.install.images import BASE_REPOSITORY, content_key, exclusive, image_id
from harness.engine.install.settings import BASE_IMAGE_VARIABLE
from harness.engine.owner import LABEL

if TYPE_CHECKING:
    from extractor.model import Source, Toolchain
    from harness.base.host import HostEnvironment
    from harness.engine.protocol import Progress

_USUAL_IMAGE: Final = "python:3.12-bookworm"
"""Pulled by the engine, from where it is configured to pull, if no Debian can be made."""
_DEBIAN_MAKER: Final = "mmdebstrap"
_LAYER_S: Final = 900.0
"""How long a layer may take: some compile a standard library."""
_PACKAGES: Final = ("python3", "python3-venv", "ca-certificates", "libstdc++6")
_NEWER_RELEASES: Final = {
    "buster": "trixie", "bullseye": "trixie", "bookworm": "trixie",
    "bionic": "noble", "focal": "noble", "jammy": "noble",
}  # fmt: skip
"""Releases whose Python is older than 3.12, and the first of the same family whose Python is not."""
_TRIXIE_KEY: Final = Path("/usr/share/keyrings/debian-archive-trixie-stable.gpg")
_APT_INSTALL: Final = (
    'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" '
    ">/dev/null && rm -rf /var/lib/apt/lists/*"
)
"""Adds packages to an image with apt."""
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
        """Return the base image of a toolchain; None if it is not there. Raises EngineError."""
        tag = self._tag(toolchain, self._first_layer())
        id = await image_id(self.builder.run.api, tag)
        return BaseImage(tag, id) if id else None

    async def get(self, toolchain: str, progress: Progress) -> BaseImage:
        """Return the base image of a toolchain; made if it is missing, which takes a minute or two.

        Raises:
            EngineError: the engine failed, or the host cannot make or pull the first layer.
            RegistryError: PyPI or the npm registry does not answer.
        """
        image = await self.find(toolchain)
        if image is not None:
            return image
        async with exclusive(self.state, "bases"):
            return await self._make(toolchain, (), progress)

    async def _make(self, toolchain: str, packages: tuple[str, ...], progress: Progress) -> BaseImage:
        """Return the image of a toolchain, made with all that is below it from the first source that works.

        Args:
            toolchain: its name.
            packages: of Debian, that another toolchain needs beneath.
            progress: called with what is being done.
        """
        tag, added = self._tag(toolchain, self._first_layer(packages)), TOOLCHAINS[toolchain]
        if await image_id(self.builder.run.api, tag) is None:
            failures: list[EngineError | RegistryError] = []
            for source in sorted(added.sources, key=lambda source: self._folder(source) is None):
                try:
                    if await self._from_source(added, source, tag, packages, progress):
                        break
                except (EngineError, RegistryError) as error:
                    failures.append(error)
                    progress(f"{source.name}: {error.message}")
            else:
                raise _no_source(added, failures)
        id = await image_id(self.builder.run.api, tag)
        if id is None:
            raise EngineError(f"the base image {tag} disappeared while it was made", "run docprobe again")
        return BaseImage(tag, id)

    async def _from_source(
        self, added: Toolchain, source: Source, tag: str, packages: tuple[str, ...], progress: Progress
    ) -> bool:
        """Make the image of a toolchain from one source; return False if the source is not to be had here."""
        folder = self._folder(source)
        if source.folder and folder is None:
            return False
        if source.image:
            if not await self._pull(source.image, progress):
                return False
            below = source.image
        else:
            packages = (*packages, *source.debian)
            below = (
                await self._first(packages, progress)
                if added.below is None
                else (await self._make(added.below, packages, progress)).tag
            )
        progress(f"making the base image for {added.name}: adding {added.adds} ({source.name})")
        steps = source.steps
        if source.debian and not source.image and not _is_own_debian(self._first_layer()):
            steps = (("sh", "-c", _APT_INSTALL, "sh", *source.debian), *steps)
        if len(added.sources) > 1:
            write = f"open({source_file(added.name)!r}, 'w').write({source.name!r})"
            note = f"import os; os.makedirs({TOOLS!r}, exist_ok=True); {write}"
            steps = (*steps, ("python3", "-c", note))
        job = Job(
            steps, environment=_ENVIRONMENT, user=ROOT_USER, cwd="/", folder=folder, folder_target=source.target,
            folder_parts=source.parts, deadline_s=_LAYER_S,
        )  # fmt: skip
        result = await self.builder.build(below, job, lambda _: (tag,), "base", purpose=added.name)
        if not result.succeeded:
            raise _layer_error(added, steps, result)
        return True

    async def _first(self, packages: tuple[str, ...], progress: Progress) -> str:
        """Return the tag of the first layer, with these packages if it is a Debian of docprobe's; made if missing."""
        first = self._first_layer(packages)
        if await image_id(self.builder.run.api, first) is None:
            await self._make_first_layer(first, packages, progress)
        return first

    def _folder(self, source: Source) -> Path | None:
        """Return the folder of the host that the user names for a source; None if there is none."""
        named = self.host.get(source.folder) if source.folder else None
        if not named:
            return None
        if not Path(named).is_dir():
            hint = f"correct {source.folder}, or unset it"
            raise UsageError(f"{source.folder} names {named}, which is not a folder", hint)
        return Path(named)

    async def _pull(self, image: str, progress: Progress) -> bool:
        """Pull an image if the engine does not have it; return whether it is there."""
        api = self.builder.run.api
        if await image_id(api, image) is not None:
            return True
        progress(f"pulling {image}")
        repository, _, version = image.rpartition(":")
        try:
            await api.call_within(SLOW_S, f"pull {image}", api.raw.pull, repository, version)
        except EngineError:
            return False
        return await image_id(api, image) is not None

    def _tag(self, toolchain: str, first: str) -> str:
        """Return the tag of a toolchain's image: by all that it may be made of, and by the folders that are named."""
        parts: dict[str, object] = {"root": first}
        steps: tuple[tuple[str, ...], ...] = ()
        name: str | None = toolchain
        while name is not None:
            added = TOOLCHAINS[name]
            for source in added.sources:
                if source.debian:
                    parts[f"{name} of {source.name}"] = source.debian
                if (folder := self._folder(source)) is not None:
                    parts[source.folder] = str(folder.resolve())
            steps, name = (*(step for source in added.sources for step in source.steps), *steps), added.below
        return f"{BASE_REPOSITORY}:{toolchain}-{content_key({**parts, 'steps': steps})[:12]}"

    def _first_layer(self, packages: tuple[str, ...] = ()) -> str:
        """Return the tag of the first layer; where docprobe makes it, with these packages of Debian."""
        named = self.host.get(BASE_IMAGE_VARIABLE)
        if named:
            return named
        if self.host.program(_DEBIAN_MAKER) is None:
            return _USUAL_IMAGE
        return f"{BASE_REPOSITORY}:debian-{_debian_key(packages)}"

    async def _make_first_layer(self, tag: str, packages: tuple[str, ...], progress: Progress) -> None:
        if _is_own_debian(tag):
            more = f" with {', '.join(packages)}" if packages else ""
            progress(f"making a Debian {_suite()} base image of its packages{more} (a minute)")
            await self._import_debian(tag, packages)
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

    async def _import_debian(self, tag: str, packages: tuple[str, ...]) -> None:
        api = self.builder.run.api
        what = "import the Debian base image"
        image = await api.call_within(SLOW_S * 4, what, partial(_import_debian, api.raw, self.host, packages))
        repository, _, version = tag.rpartition(":")
        await api.call("tag the Debian base image", api.raw.tag, image, repository, version)


def source_file(toolchain: str) -> str:
    """Return the path of the file in a base image that names the toolchain's source."""
    return f"{TOOLS}/{toolchain}-source"


def _is_own_debian(tag: str) -> bool:
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
        raise EngineError(f"{_DEBIAN_MAKER} is no longer installed", "install it, then run docprobe again")
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
            f"check that apt works on this machine (`apt-get update`), or set {BASE_IMAGE_VARIABLE}",
        )
    return image


def _no_source(added: Toolchain, failures: list[EngineError | RegistryError]) -> EngineError | RegistryError:
    """Return the error for a toolchain that no source gives: the last one's own, with the folder as a way out."""
    last = failures[-1] if failures else EngineError(f"no base image for {added.name}")
    folder = next((source.folder for source in added.sources if source.folder), None)
    if folder is None:
        return last
    return type(last)(last.message, f"or set {folder} to a folder of this machine that has {added.adds}")


def _layer_error(
    added: Toolchain, steps: tuple[tuple[str, ...], ...], result: JobResult
) -> EngineError | RegistryError:
    """Return the error for a layer that could not be made: the registry's, or the engine's."""
    argv = steps[result.step]
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
