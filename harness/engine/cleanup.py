"""Removing what docprobe made: what dead runs left, or everything that carries docprobe's label."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.engine.api import Api, ConflictError, GoneError
from harness.engine.containers import remove_container
from harness.engine.install.images import ImageRecords
from harness.engine.owner import LABEL, RUN_LABEL, is_in_use, is_left_over, remove_dead_locks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What :func:`remove_everything` did."""

    containers: int
    """Containers and volumes that were removed."""
    images: int
    """Images that were removed."""
    live_runs: int
    """Running docprobe processes whose containers were kept."""
    images_in_use: int
    """Images that were kept because a container uses them."""


async def list_containers(api: Api, run_id: str | None = None) -> list[dict[str, Any]]:
    """Return the engine's entries of docprobe's containers, of one run or of all. Raises EngineError."""
    label = LABEL if run_id is None else f"{RUN_LABEL}={run_id}"
    # the low-level list: the high-level one inspects each container, and hangs on a stuck one
    entries = await api.call("list containers", api.raw.containers, all=True, filters={"label": label})
    # a container that somebody made of one of docprobe's images has the image's labels, and belongs to no run
    return [entry for entry in entries if labels_of(entry).get(RUN_LABEL)]


async def list_volumes(api: Api, run_id: str | None = None) -> list[dict[str, Any]]:
    """Return the engine's entries of docprobe's volumes, of one run or of all. Raises EngineError."""
    label = LABEL if run_id is None else f"{RUN_LABEL}={run_id}"
    answer = await api.call("list volumes", api.raw.volumes, filters={"label": label})
    return list(answer.get("Volumes") or ())


def labels_of(entry: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the labels of a container, volume or image that the engine listed."""
    return entry.get("Labels") or {}


async def remove(api: Api, containers: Iterable[Mapping[str, Any]], volumes: Iterable[Mapping[str, Any]]) -> int:
    """Remove containers, then volumes, one after the other. Returns how many were removed. Raises EngineError.

    Anchors go last: Podman removes no container whose namespaces another one has.
    """
    count = 0
    for container in sorted(containers, key=lambda entry: labels_of(entry).get(LABEL) == "anchor"):
        count += await remove_container(api, container["Id"])
    for volume in volumes:
        with suppress(GoneError, ConflictError):
            await api.call("remove a volume", api.raw.remove_volume, volume["Name"], force=True)
            count += 1
    return count


async def remove_left_over(api: Api, state: Path) -> int:
    """Remove what dead runs of this state folder left: containers that were created and never started, mostly.

    Returns how many containers and volumes were removed. Raises EngineError.
    """
    containers = [entry for entry in await list_containers(api) if is_left_over(labels_of(entry), state)]
    volumes = [entry for entry in await list_volumes(api) if is_left_over(labels_of(entry), state)]
    count = await remove(api, containers, volumes)
    remove_dead_locks(state)
    return count


async def remove_everything(api: Api, state: Path) -> Cleaned:
    """Remove docprobe's containers, volumes and images, known by its label, and nothing else.

    What a running docprobe uses is kept. Raises EngineError.
    """
    containers = await list_containers(api)
    live = {labels_of(entry)[RUN_LABEL] for entry in containers if is_in_use(labels_of(entry))}
    count = await remove(
        api,
        [entry for entry in containers if labels_of(entry)[RUN_LABEL] not in live],
        [entry for entry in await list_volumes(api) if labels_of(entry).get(RUN_LABEL) not in live],
    )
    images, in_use = await _remove_images(api)
    ImageRecords(state).clear()
    return Cleaned(count, images, len(live), in_use)


async def _remove_images(api: Api) -> tuple[int, int]:
    """Remove all images with docprobe's label, newest first; return how many were removed, and how many are in use."""
    removed = in_use = 0
    images = await api.call("list images", api.raw.images, filters={"label": LABEL})
    for image in sorted(images, key=lambda image: -int(image.get("Created", 0))):
        try:
            for tag in image.get("RepoTags") or [image["Id"]]:
                if tag.startswith(("docprobe/", "sha256:")) or tag == "<none>:<none>":
                    name = image["Id"] if tag == "<none>:<none>" else tag
                    await api.call("remove an image", api.raw.remove_image, name)
            removed += 1
        except GoneError:
            continue
        except ConflictError:
            in_use += 1
    return removed, in_use
