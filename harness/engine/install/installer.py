"""A bundle's dependencies become an image: found again by key, or installed in a container and committed."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, assert_never

import anyio

from extractor.base.text import printable
from extractor.languages.toolchains.node import NEWEST_NODE
from extractor.languages.toolchains.python import NEWEST_PYTHON
from extractor.model import Bundle, Manager
from harness.base.errors import (
    BlockedError,
    DocprobeError,
    EngineError,
    InstallError,
    PythonVersionError,
    RegistryError,
    UnsuitableError,
)
from harness.base.host import describe_overload
from harness.engine.api import ConflictError, GoneError
from harness.engine.install import cargo, gomod, maven, npm, pypi
from harness.engine.install.image_builder import ImageBuilder, Job, JobResult
from harness.engine.install.images import DEPS_REPOSITORY, ImageRecords, content_key, exclusive, image_id
from harness.engine.install.settings import BASE_IMAGE_VARIABLE, HOSTS_VARIABLE
from harness.model import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harness.engine.install.base_images import BaseImage, BaseImages
    from harness.engine.install.failed_installs import FailedInstalls
    from harness.engine.install.manager import InstallFault, InstallPlan, PackageManager
    from harness.engine.install.way_out import RegistryGate, WayOut
    from harness.engine.protocol import Limits, Progress

MANAGERS: Final[Mapping[Manager, PackageManager]] = {
    Manager.NPM: npm,
    Manager.PYPI: pypi,
    Manager.GO: gomod,
    Manager.CARGO: cargo,
    Manager.MAVEN: maven,
}
"""The package managers. A further one is a module and an entry here."""
_LOG_LINES: Final = 20
_NEWER: Final = re.compile(r"python\s*>=?\s*3\.(?:1[3-9]|[2-9]\d)", re.IGNORECASE)
"""uv's words for a package that asks for a Python which base images may not have."""


@dataclass(frozen=True, slots=True)
class Installer:
    """Installs dependencies, at most once per key at a time, in this process and across processes."""

    builder: ImageBuilder
    bases: BaseImages
    records: ImageRecords
    limits: Limits
    state: Path
    gate: RegistryGate
    failed: FailedInstalls
    day: str
    """Today, ISO, UTC: today's packages of another day are others."""

    async def install(self, bundle: Bundle, cutoff: str | None, lock: str | None, progress: Progress) -> Image:
        """Return the bundle's dependencies as an image.

        Args:
            bundle: names dependencies, package manager and toolchain.
            cutoff: ISO date; packages published later are not considered. None for today's.
            lock: packages to install instead of resolving, from an earlier ``Image.lock``.
            progress: called with what is being done.

        Raises:
            InstallError: the dependencies cannot be installed, which is the docs' fault.
            RegistryError: a registry does not answer.
            EngineError: the engine or one of docprobe's limits prevents it.
            UsageError: ``lock`` is not a lock of docprobe's.
        """
        try:
            image = await self._install_on(bundle.toolchain, bundle, cutoff, lock, progress)
        except PythonVersionError as asked:
            return await self._install_on_newest_python(asked, bundle, cutoff, lock, progress)
        if image.remarks and bundle.toolchain == "node":
            newer = await self._install_on(NEWEST_NODE.name, bundle, cutoff, lock, progress)
            return image if newer.remarks else newer
        return image

    async def _install_on_newest_python(
        self, asked: PythonVersionError, bundle: Bundle, cutoff: str | None, lock: str | None, progress: Progress
    ) -> Image:
        """Return the dependencies as an image with the newest Python; raise what was asked for if there is none."""
        try:
            return await self._install_on(NEWEST_PYTHON.name, bundle, cutoff, lock, progress)
        except PythonVersionError as again:
            raise again from asked
        except BlockedError as error:
            asked.message += f"; {NEWEST_PYTHON.adds} was wanted for it, and {error.message}"
            raise asked from error

    async def _install_on(
        self, toolchain: str, bundle: Bundle, cutoff: str | None, lock: str | None, progress: Progress
    ) -> Image:
        """Return the dependencies as an image on the base image of a toolchain."""
        base = await self.bases.get(toolchain, progress)
        if not bundle.dependencies:
            return Image(base.tag, content_key({"base": base.id}), {}, cutoff, tools=dict(base.tools))
        plan = _plan(bundle, cutoff, lock)
        is_dated = cutoff is not None or lock is not None
        key = self._key(base, bundle, plan, None if is_dated else self.day)
        image = await self._find(key)
        if image is not None:
            return replace(image, tools=dict(base.tools))
        limited = content_key({"key": key, "limits": repr(self.limits)})
        self.failed.check(limited)
        async with exclusive(self.state, f"install-{key}"):
            image = await self._find(key)  # another may have installed it while this one waited
            if image is not None:
                return replace(image, tools=dict(base.tools))
            self.failed.check(limited)
            names = printable(", ".join(d.name for d in bundle.dependencies))
            progress(f"installing {names}{f' as of {cutoff}' if cutoff else ''}")
            with self.failed.noted(limited):
                return await self._install(base, bundle, plan, key, cutoff, progress)

    async def _find(self, key: str) -> Image | None:
        """Return the image with that key, if both it and the record of what is in it are there."""
        image = self.records.read(key)
        if image is None or await image_id(self.builder.run.api, image.tag) is None:
            return None
        return image

    async def _install(
        self, base: BaseImage, bundle: Bundle, plan: InstallPlan, key: str, cutoff: str | None, progress: Progress
    ) -> Image:
        job = Job(
            steps=plan.steps,
            files=plan.files,
            environment=plan.environment,
            reports=tuple(filter(None, (plan.lock_file, plan.installed_file, plan.remarks_file))),
            disk_mib=self.limits.install_disk_mib,
            memory_mib=self.limits.install_memory_mib,
            deadline_s=self.limits.install_s,
        )
        down = self.gate.outages.lately(bundle.manager)
        if down is not None:
            raise RegistryError(f"{_names(bundle)} could not be downloaded: {down.message}", down.hint)
        images: list[Image] = []

        refused: list[str] = []

        def tags(result: JobResult) -> tuple[str, ...]:
            image = replace(_image(result, bundle, plan, key, cutoff), refused=tuple(refused), tools=dict(base.tools))
            images.append(image)
            replay_key = self._key(base, bundle, _plan(bundle, cutoff, image.lock), None)
            if replay_key != key:  # replaying the lock finds this very image, with no network
                images.append(replace(image, key=replay_key, tag=f"{DEPS_REPOSITORY}:{replay_key}"))
            return tuple(image.tag for image in images)

        async with self.gate.open(bundle.manager, progress) as way:
            refused = way.refused
            if plan.compile:
                result = await self._fetch_and_compile(base, bundle, job, plan, key, cutoff, tags, way)
            else:
                result = await self.builder.build(base.tag, job, tags, "deps", purpose=key[:8], way=way)
        if not images:
            error = _error(bundle, result, self.limits, way)
            if isinstance(error, RegistryError) and way.outage is not None:
                self.gate.outages.note(bundle.manager, RegistryError(way.outage, error.hint))
            raise error
        for image in images:
            self.records.write(image)
        return images[0]

    def _key(self, base: BaseImage, bundle: Bundle, plan: InstallPlan, day: str | None) -> str:
        """Return the key of what is installed.

        Args:
            base: on which.
            bundle: for which.
            plan: how.
            day: of today's packages; None if the plan says which packages they are.
        """
        return content_key(
            {
                "base": base.id,
                "realm": self.builder.run.realm,
                "sources": self.builder.settings.sources,
                "day": day,
                "manager": bundle.manager,
                "steps": plan.steps,
                "files": dict(plan.files),
                "environment": dict(plan.environment),
            }
        )

    async def _fetch_and_compile(
        self,
        base: BaseImage,
        bundle: Bundle,
        fetch: Job,
        plan: InstallPlan,
        key: str,
        cutoff: str | None,
        tags: Callable[[JobResult], tuple[str, ...]],
        way: WayOut,
    ) -> JobResult:
        """Fetch with a network, then compile without one, in a second container made of what was fetched.

        Raises:
            EngineError: one of docprobe's limits ended the compilation.
        """
        api, fetched = self.builder.run.api, f"{DEPS_REPOSITORY}:{key}-fetched"
        result = await self.builder.build(base.tag, fetch, lambda _: (fetched,), "deps", purpose=key[:8], way=way)
        if not result.succeeded:
            return result
        try:
            if await self._compiled_before(base, bundle, cutoff, result.reports.get(plan.lock_file), key):
                tags(result)
                return result
            job = replace(fetch, steps=plan.compile, files={}, deadline_s=self.limits.compile_s, network=False)
            compiled = await self.builder.build(
                fetched,
                job,
                # what was fetched is on record before code of strangers runs
                lambda done: tags(replace(done, reports=result.reports)),
                "deps",
                purpose=f"{key[:8]}-compile",
            )
        finally:
            with anyio.CancelScope(shield=True), suppress(GoneError, ConflictError):
                await api.call("remove an image", api.raw.remove_image, fetched, noprune=True)
        if not compiled.succeeded and compiled.limit is not None:
            raise _compile_limit_error(bundle, compiled.limit, self.limits)
        return compiled

    async def _compiled_before(
        self, base: BaseImage, bundle: Bundle, cutoff: str | None, lock: str | None, key: str
    ) -> bool:
        """Return whether these very packages were compiled before, such as yesterday's; their image is tagged anew."""
        known = await self._find(self._key(base, bundle, _plan(bundle, cutoff, lock), None)) if lock else None
        if known is None:
            return False
        api = self.builder.run.api
        try:
            await api.call("tag an image", api.raw.tag, known.tag, DEPS_REPOSITORY, key)
        except GoneError:
            return False
        return True


def _plan(bundle: Bundle, cutoff: str | None, lock: str | None) -> InstallPlan:
    manager = MANAGERS[bundle.manager]
    return manager.plan(
        bundle.dependencies,
        cutoff=cutoff,
        lock=lock,
        allow_scripts=bundle.allow_scripts,
        client=bundle.installer,
    )


def _image(result: JobResult, bundle: Bundle, plan: InstallPlan, key: str, cutoff: str | None) -> Image:
    installed, lock = result.reports.get(plan.installed_file), result.reports.get(plan.lock_file)
    if installed is None or lock is None:
        raise EngineError("the installer left no record of what it installed", "run docprobe again with --verbose")
    manager = MANAGERS[bundle.manager]
    return Image(
        tag=f"{DEPS_REPOSITORY}:{key}",
        key=key,
        packages=manager.packages(installed),
        cutoff=cutoff,
        lock=lock,
        remarks=manager.remarks(result.reports.get(plan.remarks_file) or ""),
        skipped_scripts=() if bundle.allow_scripts else manager.skipped_scripts(installed),
    )


def _error(bundle: Bundle, result: JobResult, limits: Limits, way: WayOut) -> DocprobeError:
    """Return the error for a failed install; its class says whose fault it is."""
    error = _error_by_limit(bundle, result, limits)
    if isinstance(error, RegistryError) and way.outage is not None:
        # a client says only that docprobe's own proxy gave it none
        error = RegistryError(f"{_names(bundle)} could not be downloaded: {way.outage}", error.hint)
    if way.refused:
        error.message = f"{error.message}; docprobe refused connections to {', '.join(way.refused)}"
        error.hint = f"only registries can be reached; if one sends its clients there, name it in {HOSTS_VARIABLE}"
    return error


def _names(bundle: Bundle) -> str:
    return printable(", ".join(map(str, bundle.dependencies)))


def _error_by_limit(bundle: Bundle, result: JobResult, limits: Limits) -> DocprobeError:
    names = _names(bundle)
    match result.limit:
        case "time":
            return RegistryError(
                f"installing {names} was stopped after {limits.install_s:g} s",
                "check the registry with `docprobe doctor`, or raise `[limits] install-s`",
            )
        case "memory":
            return UnsuitableError(
                f"installing {names} was killed: memory limit {limits.install_memory_mib} MiB",
                "raise `[limits] install-memory-mib`",
            )
        case "disk":
            return UnsuitableError(
                f"installing {names} was killed: disk limit {limits.install_disk_mib} MiB",
                "raise `[limits] install-disk-mib`",
            )
        case _:
            return _fault_error(names, MANAGERS[bundle.manager].fault(result.log), result.log[-_LOG_LINES:])


def _compile_limit_error(bundle: Bundle, limit: str, limits: Limits) -> EngineError:
    """Return the error for a compilation of packages that a limit ended: nothing was asked of a registry by then."""
    said, key = {
        "time": (f"time limit {limits.compile_s:g} s", "compile-s"),
        "memory": (f"memory limit {limits.install_memory_mib} MiB", "install-memory-mib"),
    }.get(limit, (f"disk limit {limits.install_disk_mib} MiB", "install-disk-mib"))
    names = printable(", ".join(map(str, bundle.dependencies)))
    # a machine that was too busy may compile it in time later
    kind = EngineError if limit == "time" and describe_overload() is not None else UnsuitableError
    return kind(f"compiling {names} was stopped: {said}, docprobe's limit", f"raise {key} in [limits]")


def _fault_error(names: str, fault: InstallFault, log: tuple[str, ...]) -> DocprobeError:
    match fault.whose:
        case "docs":
            return InstallError(f"{names} cannot be installed: {fault.detail}", "correct the dependencies", log)
        case "registry":
            return RegistryError(
                f"{names} could not be downloaded: {fault.detail}",
                "check that the registry can be reached (`docprobe doctor`), then run docprobe again",
            )
        case "disk":
            return EngineError(
                f"installing {names} ran out of disk space: {fault.detail}",
                "free disk space; `docprobe doctor` says where",
            )
        case "source-only":
            return UnsuitableError(
                f"{names} would have to be built, which runs its code: {fault.detail}",
                'allow it for this example: `allow-scripts = true` in [examples."…"] of docprobe.toml',
            )
        case "python":
            error = PythonVersionError if _NEWER.search(fault.detail) else UnsuitableError
            return error(
                f"{names} needs a Python version that the base image does not have: {fault.detail}",
                f"set {BASE_IMAGE_VARIABLE} to an image with that Python",
            )
        case "toolchain":
            return UnsuitableError(
                f"{names} needs a newer toolchain than the base image has: {fault.detail}",
                "name a newer toolchain folder, or remove the base image with `docker rmi`, and check with --no-cache",
            )
        case "system":
            return UnsuitableError(
                f"{names} needs something that the base image does not have: {fault.detail}",
                f"set {BASE_IMAGE_VARIABLE} to an image that has it",
            )
        case "elsewhere":
            return UnsuitableError(
                f"{names} depends on something outside the registries, and docprobe installs from registries only: "
                f"{fault.detail}",
                "skip the example with this reason, or name a version that depends on packages only",
            )
        case _:
            assert_never(fault.whose)
