"""Do the package registries answer? Asked by their ordinary clients, from where installs happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.engine.install.image_builder import Job

if TYPE_CHECKING:
    from harness.engine.docker_engine import DockerEngine

_DEADLINE_S: Final = 30.0
_CACHES: Final = {"UV_CACHE_DIR": "/tmp/uv", "NPM_CONFIG_CACHE": "/tmp/npm"}


@dataclass(frozen=True, slots=True)
class Registry:
    """A package registry and the question its client asks it."""

    name: str
    toolchain: str
    question: tuple[str, ...]


REGISTRIES: Final = (
    Registry("npm registry", "node", ("npm", "view", "npm", "version", "--fetch-retries=0", "--fetch-timeout=15000")),
    Registry(
        "PyPI",
        "python",
        ("uv", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--target", "/tmp/x", "packaging"),
    ),
)


async def ask(engine: DockerEngine, registry: Registry) -> str | None:
    """What is wrong with a registry, in its client's words; None if nothing is. Raises EngineError."""
    base = await engine.base(registry.toolchain)
    job = Job((registry.question,), environment=_CACHES, cwd="/tmp", deadline_s=_DEADLINE_S)
    name = f"docprobe-{engine.owner.run}-ask-{registry.toolchain}"
    outcome = await engine.workshop.make(base.tag, job, lambda _: (), "", name=name)
    if outcome.limit == "time":
        return f"no answer within {_DEADLINE_S:g} s"
    if outcome.code == 0:
        return None
    said = [line for line in outcome.log if "npm error code" not in line and "A complete log" not in line]
    return (said[-1] if said else f"its client ended with code {outcome.code}")[:300]
