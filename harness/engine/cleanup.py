"""Removing what dead runs left: containers that were created and never started, and whatever an engine forgot."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from harness.engine.api import Api, ConflictError, GoneError
from harness.engine.owner import LABEL, RUN_LABEL, is_leftover, remove_dead_locks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


async def containers(api: Api, run: str | None = None) -> list[dict[str, Any]]:
    """List docprobe's containers, of one run or of all."""
    label = LABEL if run is None else f"{RUN_LABEL}={run}"
    # the low-level list: the high-level one inspects each container, and hangs on a stuck one
    listed = await api.call("list containers", api.raw.containers, all=True, filters={"label": label})
    # a container that somebody made of one of our images has the image's labels: it is not ours, and of no run
    return [container for container in listed if (container.get("Labels") or {}).get(RUN_LABEL)]


async def volumes(api: Api, run: str | None = None) -> list[dict[str, Any]]:
    """List docprobe's volumes, of one run or of all."""
    label = LABEL if run is None else f"{RUN_LABEL}={run}"
    listed = await api.call("list volumes", api.raw.volumes, filters={"label": label})
    return list(listed.get("Volumes") or ())


async def remove(api: Api, found: Iterable[dict[str, Any]], stores: Iterable[dict[str, Any]]) -> int:
    """Remove containers, then volumes, one after the other. Gives how many there were."""
    count = 0
    for container in found:
        with suppress(GoneError, ConflictError):
            await api.call("remove a container", api.raw.remove_container, container["Id"], v=True, force=True)
            count += 1
    for store in stores:
        with suppress(GoneError, ConflictError):
            await api.call("remove a volume", api.raw.remove_volume, store["Name"], force=True)
            count += 1
    return count


async def reap(api: Api, state: Path) -> int:
    """Remove what dead runs of this state folder left. Gives how much that was."""
    dead = [c for c in await containers(api) if is_leftover(c.get("Labels") or {}, state)]
    stores = [v for v in await volumes(api) if is_leftover(v.get("Labels") or {}, state)]
    count = await remove(api, dead, stores)
    remove_dead_locks(state)
    return count
