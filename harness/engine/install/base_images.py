"""Base images: a system with Python and uv, and the toolchains of the languages on top of it.

The layers above the first (:mod:`harness.engine.install.first_layer`) come from official images, wherever the engine
can pull them, or from the package registries through their ordinary clients, in containers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.languages.toolchains import TOOLCHAINS, USUAL
from extractor.model import TOOLS
from harness.base.codec import from_json
from harness.base.errors import EngineError, RegistryError, UsageError
from harness.engine.hardening import ROOT_USER
from harness.engine.install.first_layer import OFFICIAL_IMAGE, FirstLayer, is_own_debian
from harness.engine.install.image_builder import ImageBuilder, Job, JobResult
from harness.engine.install.images import BASE_REPOSITORY, content_key, exclusive, image_id, inspect_image
from harness.engine.install.outages import Outages
from harness.engine.install.settings import BASE_IMAGE_VARIABLE, folder_contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extractor.model import Source, Toolchain
    from harness.base.host import HostEnvironment
    from harness.engine.protocol import Progress

_LAYER_S: Final = 900.0
"""How long a layer may take: some compile a standard library."""
_APT_INSTALL: Final = (
    'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" '
    ">/dev/null && rm -rf /var/lib/apt/lists/*"
)
"""Adds packages to an image with apt."""
VERSIONS_LABEL: Final = "docprobe.versions"
"""Label of a base image: versions of its programs, as JSON."""
_VERSIONS: Final = "/tmp/docprobe-versions.json"
_ENVIRONMENT: Final = {"UV_CACHE_DIR": "/tmp/uv", "UV_LINK_MODE": "copy", "NPM_CONFIG_CACHE": "/tmp/npm"}


@dataclass(frozen=True, slots=True)
class BaseImage:
    """A base image."""

    tag: str
    id: str
    tools: Mapping[str, str] = field(default_factory=dict)
    """Versions of the programs in it by name, and ``image``: what it is made of."""


@dataclass(frozen=True, slots=True)
class BaseImages:
    """Finds base images, and makes those that are missing."""

    builder: ImageBuilder
    state: Path
    host: HostEnvironment
    first: FirstLayer
    """What all are made of."""
    outages: Outages = field(default_factory=Outages)
    """By toolchain, and the packages of Debian beneath it."""

    async def find(self, toolchain: str) -> BaseImage | None:
        """Return the base image of a toolchain; None if it is not there. Raises EngineError."""
        first = await self.first.tag()
        return await self._image(self._tag(toolchain, first), first)

    async def _image(self, tag: str, first: str) -> BaseImage | None:
        found = await inspect_image(self.builder.run.api, tag)
        if found is None:
            return None
        labels = found.get("Config", {}).get("Labels") or {}
        tools = {"image": first, **from_json(str(labels.get(VERSIONS_LABEL, "{}")).encode(), dict[str, str])}
        return BaseImage(tag, str(found["Id"]), tools)

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
            if (lately := self.outages.lately(toolchain)) is not None:
                raise lately
            await self._pull_images(toolchain, progress)
            return await self._make(toolchain, (), progress)

    async def _pull_images(self, toolchain: str, progress: Progress) -> None:
        """Pull the official images that can be had of a toolchain and all below it; their digests are in its tag."""
        await self.first.choose(progress)
        for added in _with_all_below(toolchain):
            for source in self._sources(added):
                if self._folder(source) or (source.image and await self.first.pulled.get(source.image, progress)):
                    break

    async def _make(self, toolchain: str, packages: tuple[str, ...], progress: Progress) -> BaseImage:
        """Return the image of a toolchain, made with all that is below it from the first source that works.

        Args:
            toolchain: its name.
            packages: of Debian, that another toolchain needs beneath.
            progress: called with what is being done.
        """
        what = " ".join((toolchain, *packages))
        if (lately := self.outages.lately(what)) is not None:
            raise lately
        try:
            return await self._made(toolchain, packages, progress)
        except (EngineError, RegistryError) as error:
            self.outages.note(what, error)
            raise

    async def _made(self, toolchain: str, packages: tuple[str, ...], progress: Progress) -> BaseImage:
        tag, added = self._tag(toolchain, await self.first.tag(packages)), TOOLCHAINS[toolchain]
        if await image_id(self.builder.run.api, tag) is None:
            failures: list[EngineError | RegistryError] = []
            for source in self._sources(added):
                try:
                    if await self._from_source(added, source, tag, packages, progress):
                        break
                except (EngineError, RegistryError) as error:
                    failures.append(error)
                    progress(f"{source.name}: {error.message}")
            else:
                raise _no_source(added, failures)
        image = await self._image(tag, await self.first.tag(packages))
        if image is None:
            raise EngineError(f"the base image {tag} disappeared while it was made", "run docprobe again")
        return image

    async def _from_source(
        self, added: Toolchain, source: Source, tag: str, packages: tuple[str, ...], progress: Progress
    ) -> bool:
        """Make the image of a toolchain from one source; return False if the source is not to be had here."""
        folder = self._folder(source)
        if source.folder and folder is None:
            return False
        image = ""
        if source.image:
            image = await self.first.pulled.get(source.image, progress) or ""
            if not image:
                return False
        if image and not source.copied:
            below, image = image, ""
        else:
            packages = (*packages, *source.debian)
            below = (
                await self.first.get(packages, progress)
                if added.below is None
                else (await self._make(added.below, packages, progress)).tag
            )
        progress(f"making the base image for {added.name}: adding {added.adds} ({source.name})")
        steps = source.steps
        if source.debian and not source.image and not is_own_debian(await self.first.tag()):
            steps = (("sh", "-c", _APT_INSTALL, "sh", *source.debian), *steps)
        if len(added.sources) > 1:
            write = f"open({source_file(added.name)!r}, 'w').write({source.name!r})"
            note = f"import os; os.makedirs({TOOLS!r}, exist_ok=True); {write}"
            steps = (*steps, ("python3", "-c", note))
        steps = (*steps, _versions_step(added))
        job = Job(
            steps, reports=(_VERSIONS,),
            environment=_ENVIRONMENT, user=ROOT_USER, cwd="/", folder=folder, folder_target=source.target,
            folder_parts=source.parts, image=image, image_parts=source.copied if image else (), deadline_s=_LAYER_S,
        )  # fmt: skip
        result = await self.builder.build(below, job, lambda _: (tag,), "base", purpose=added.name, labels=_labels)
        if not result.succeeded:
            raise _layer_error(added, steps, result)
        return True

    def _sources(self, added: Toolchain) -> list[Source]:
        """Return the sources of a toolchain in the order of trying: only an image of the user's, if one is named."""
        named = self.first.named.get(added.name)
        if named is not None and added.below is not None:
            return [replace(source, name=f"the image {named}", image=named) for source in added.sources if source.image]
        return sorted(added.sources, key=lambda source: self._folder(source) is None)

    def _folder(self, source: Source) -> Path | None:
        """Return the folder of the host that the user names for a source; None if there is none."""
        named = self.host.get(source.folder) if source.folder else None
        if not named:
            return None
        if not Path(named).is_dir():
            hint = f"correct {source.folder}, or unset it"
            raise UsageError(f"{source.folder} names {named}, which is not a folder", hint)
        return Path(named)

    def _tag(self, toolchain: str, first: str) -> str:
        """Return the tag of a toolchain's image: by all that it may be made of, and by the folders that are named."""
        parts: dict[str, object] = {"root": first}
        steps: tuple[tuple[str, ...], ...] = ()
        for added in _with_all_below(toolchain):
            for source in self._sources(added):
                if source.image:
                    parts[source.name] = self.first.pulled.reference(source.image)
                if source.debian:
                    parts[f"{added.name} of {source.name}"] = source.debian
                if (folder := self._folder(source)) is not None:
                    parts[source.folder] = (str(folder.resolve()), folder_contents(folder))
            steps = (*(step for source in added.sources for step in source.steps), *steps)
            parts[f"versions of {added.name}"] = dict(added.versions)
        return f"{BASE_REPOSITORY}:{toolchain}-{content_key({**parts, 'steps': steps})[:12]}"


def _with_all_below(toolchain: str) -> Iterator[Toolchain]:
    """Yield a toolchain, then those that it is added to."""
    name: str | None = toolchain
    while name is not None:
        yield TOOLCHAINS[name]
        name = TOOLCHAINS[name].below


def official_images() -> tuple[str, ...]:
    """Return the official images that the usual toolchains are made of."""
    sources = (source for name in USUAL for source in TOOLCHAINS[name].sources)
    return (OFFICIAL_IMAGE, *(source.image for source in sources if source.image))


def source_file(toolchain: str) -> str:
    """Return the path of the file in a base image that names the toolchain's source."""
    return f"{TOOLS}/{toolchain}-source"


def _versions_step(added: Toolchain) -> tuple[str, ...]:
    """Return the step that writes the versions of the programs of a toolchain and all below it into a file."""
    commands = {name: argv for below in _with_all_below(added.name) for name, argv in below.versions.items()}
    program = (
        "import json, re, subprocess, sys; out = {}\n"
        f"for name, argv in {dict(commands)!r}.items():\n"
        "    said = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()\n"
        "    found = re.search(r'[0-9]+(?:[.][0-9A-Za-z+-]+)+', said)\n"
        "    out[name] = found.group() if found else said.strip()[:100]\n"
        f"json.dump(out, open({_VERSIONS!r}, 'w'))"
    )
    return ("python3", "-c", program)


def _labels(result: JobResult) -> dict[str, str]:
    return {VERSIONS_LABEL: result.reports.get(_VERSIONS) or "{}"}


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
