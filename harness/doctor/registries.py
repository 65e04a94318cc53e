"""Asking the package registries whether they answer: by their ordinary clients, from where installs happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.model import Manager
from harness.engine.install.image_builder import Job

if TYPE_CHECKING:
    from harness.engine.docker_engine import DockerEngine

_DEADLINE_S: Final = 30.0
_CACHES: Final = {"UV_CACHE_DIR": "/tmp/uv", "NPM_CONFIG_CACHE": "/tmp/npm"}


@dataclass(frozen=True, slots=True)
class Registry:
    """A package registry, and how its client asks it something."""

    name: str
    manager: Manager
    toolchain: str
    """Base image that has the client."""
    argv: tuple[str, ...]


REGISTRIES: Final = (
    Registry(
        "npm registry",
        Manager.NPM,
        "node",
        ("npm", "view", "npm", "version", "--fetch-retries=0", "--fetch-timeout=15000"),
    ),
    Registry(
        "PyPI",
        Manager.PYPI,
        "python",
        ("uv", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--target", "/tmp/x", "packaging"),
    ),
)


async def registry_problem(engine: DockerEngine, registry: Registry) -> str | None:
    """Return what is wrong with a registry, in its client's words; None if it answers. Raises EngineError."""
    base = await engine.base(registry.toolchain)
    job = Job((registry.argv,), environment=_CACHES, cwd="/tmp", deadline_s=_DEADLINE_S)
    async with engine.gate.open(registry.manager) as way:
        purpose = f"ask-{registry.toolchain}"
        result = await engine.builder.build(base.tag, job, lambda _: (), "", purpose=purpose, way=way)
    if result.limit == "time":
        return f"no answer within {_DEADLINE_S:g} s"
    if result.code == 0:
        return None
    lines = [line for line in result.log if "npm error code" not in line and "A complete log" not in line]
    return (lines[-1] if lines else f"its client ended with code {result.code}")[:300]
