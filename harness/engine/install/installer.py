"""A bundle's dependencies become an image: found again by key, or installed in a container and committed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, assert_never

from extractor.base.text import printable
from extractor.model import Bundle, Manager
from harness.base.errors import DocprobeError, EngineError, InstallError, RegistryError
from harness.engine.install import npm, pypi
from harness.engine.install.base_images import BASE_IMAGE_VARIABLE, Base, Bases
from harness.engine.install.image_builder import Job, Outcome, Workshop
from harness.engine.install.images import DEPS_REPOSITORY, Records, content_key, image_id
from harness.engine.locks import exclusive
from harness.model import Image

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from harness.engine.install.plan import Fault, Plan
    from harness.engine.protocol import Limits, Progress

_LOG_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Installer:
    """Installs dependencies, at most once per key at a time, in this process and across processes."""

    workshop: Workshop
    bases: Bases
    records: Records
    limits: Limits
    state: Path

    async def install(self, bundle: Bundle, cutoff: str | None, lock: str | None, progress: Progress) -> Image:
        """The bundle's dependencies as an image. Raises InstallError, RegistryError or EngineError."""
        base = await self.bases.get(bundle.toolchain, progress)
        if not bundle.dependencies:
            return Image(base.tag, content_key({"base": base.id}), {}, cutoff)
        plan = _manager(bundle.manager).plan(
            bundle.dependencies, cutoff=cutoff, lock=lock, allow_scripts=bundle.allow_scripts
        )
        key = _key(base, bundle, plan)
        found = await self._find(key)
        if found is not None:
            return found
        async with exclusive(self.state, f"install-{key}"):
            found = await self._find(key)  # another may have installed it while we waited
            if found is not None:
                return found
            names = printable(", ".join(d.name for d in bundle.dependencies))
            progress(f"installing {names}{f' as of {cutoff}' if cutoff else ''}")
            return await self._install(base, bundle, plan, key, cutoff)

    async def _find(self, key: str) -> Image | None:
        """An image of that key, if both it and the record of what is in it are there."""
        image = self.records.read(key)
        if image is None or await image_id(self.workshop.api, image.tag) is None:
            return None
        return image

    async def _install(self, base: Base, bundle: Bundle, plan: Plan, key: str, cutoff: str | None) -> Image:
        job = Job(
            steps=plan.steps,
            files=plan.files,
            environment=plan.environment,
            reports=(plan.lock_file, plan.installed_file),
            disk_mib=self.limits.install_disk_mib,
            memory_mib=self.limits.install_memory_mib,
            deadline_s=self.limits.install_s,
        )
        images: list[Image] = []

        def name(outcome: Outcome) -> tuple[str, ...]:
            image = _image(outcome, base, bundle, plan, key, cutoff)
            images.append(image)
            if image.lock is not None:
                replay = _manager(bundle.manager).plan(
                    bundle.dependencies, cutoff=cutoff, lock=image.lock, allow_scripts=bundle.allow_scripts
                )
                again = _key(base, bundle, replay)
                if again != key:  # replaying the lock finds this very image, with no network
                    images.append(replace(image, key=again, tag=f"{DEPS_REPOSITORY}:{again}"))
            return tuple(i.tag for i in images)

        outcome = await self.workshop.make(
            base.tag, job, name, "deps", name=f"docprobe-{self.workshop.owner.run}-{key[:8]}"
        )
        if not images:
            raise _error(bundle, outcome, self.limits)
        for image in images:
            self.records.write(image)
        return images[0]


def _manager(manager: Manager) -> ModuleType:
    match manager:
        case Manager.NPM:
            return npm
        case Manager.PYPI:
            return pypi
        case _:
            assert_never(manager)


def _key(base: Base, bundle: Bundle, plan: Plan) -> str:
    return content_key(
        {
            "base": base.id,
            "manager": bundle.manager,
            "steps": plan.steps,
            "files": dict(plan.files),
            "environment": dict(plan.environment),
        }
    )


def _image(outcome: Outcome, base: Base, bundle: Bundle, plan: Plan, key: str, cutoff: str | None) -> Image:
    installed, lock = outcome.reports.get(plan.installed_file), outcome.reports.get(plan.lock_file)
    if installed is None or lock is None:
        raise EngineError("the installer left no record of what it installed", "run it again with --verbose")
    match bundle.manager:
        case Manager.NPM:
            packages, skipped = npm.packages(installed), npm.skipped_scripts(installed)
        case Manager.PYPI:
            packages, skipped = pypi.packages(installed), ()
        case _:
            assert_never(bundle.manager)
    return Image(
        tag=f"{DEPS_REPOSITORY}:{key}",
        key=key,
        packages=packages,
        cutoff=cutoff,
        lock=lock,
        skipped_scripts=() if bundle.allow_scripts else skipped,
    )


def _error(bundle: Bundle, outcome: Outcome, limits: Limits) -> DocprobeError:
    """A failed install as the error that tells whose fault it is."""
    names = printable(", ".join(map(str, bundle.dependencies)))
    match outcome.limit:
        case "time":
            return RegistryError(
                f"installing {names} was cut off after {limits.install_s:g} s",
                "see that the registry is well (`docprobe doctor`), or raise `[limits] install_s`",
            )
        case "memory":
            return EngineError(
                f"installing {names} was killed: memory limit {limits.install_memory_mib} MiB",
                "raise `[limits] install_memory_mib`",
            )
        case "disk":
            return EngineError(
                f"installing {names} was killed: disk limit {limits.install_disk_mib} MiB",
                "raise `[limits] install_disk_mib`",
            )
        case _:
            return _fault_error(names, _manager(bundle.manager).fault(outcome.log), outcome.log[-_LOG_LINES:])


def _fault_error(names: str, fault: Fault, log: tuple[str, ...]) -> DocprobeError:
    match fault.whose:
        case "docs":
            return InstallError(f"{names} cannot be installed: {fault.detail}", "correct the dependencies", log)
        case "registry":
            return RegistryError(
                f"{names} could not be fetched: {fault.detail}",
                "see that the registry can be reached (`docprobe doctor`), then run it again",
            )
        case "disk":
            return EngineError(f"installing {names} ran out of disk: {fault.detail}", "free some: `docprobe doctor`")
        case "source-only":
            return EngineError(
                f"{names} would have to be built, which runs its code: {fault.detail}",
                'allow it for this example: `allow_scripts = true` in [examples."…"] of docprobe.toml',
            )
        case "python":
            return EngineError(
                f"{names} needs another Python than the base image has: {fault.detail}",
                f"set {BASE_IMAGE_VARIABLE} to an image with that Python",
            )
        case "elsewhere":
            return EngineError(
                f"{names} would bring something that is in no registry, and docprobe takes from registries only: "
                f"{fault.detail}",
                "skip the example with its reason, or name a version that depends on packages only",
            )
        case _:
            assert_never(fault.whose)
