"""Starting a pod's anchor: the container that owns the namespaces, with the tunnel through its stdin and stdout."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import IPV4_LOOPBACK
from harness.engine.api import ConflictError, GoneError
from harness.engine.attach import Attached, attach
from harness.engine.hardening import ANCHOR_USER, APP, Share, app_volume, host_config
from harness.engine.inside import command

if TYPE_CHECKING:
    from harness.engine.api import Api
    from harness.engine.owner import Owner

_SHARE: Final = Share(memory_mib=96, cpus=1.0, processes=16, tmp_mib=1)
_SYSCTLS: Final = {
    # the pod has loopback only; `localhost` is ::1 as well, and documented ports below 1024 are allowed
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.ipv6.conf.lo.disable_ipv6": "0",
    "net.ipv4.ip_unprivileged_port_start": "0",
}


@dataclass(frozen=True, slots=True)
class AnchorContainer:
    """A started anchor."""

    id: str
    attached: Attached


async def start_anchor(
    api: Api,
    image: str,
    owner: Owner,
    *,
    name: str,
    work_mib: int,
    cpus: float,
    linger_s: float,
    hosts: frozenset[str] = frozenset(),
    runtime: str | None = None,
) -> AnchorContainer:
    """Create, attach and start an anchor.

    ``hosts`` are names that mean loopback inside the pod; ``linger_s`` is how long it lives on when docprobe dies
    (anchors of one run end one after the other). Raises EngineError; then nothing is left.
    """
    config = host_config(
        api.raw,
        _SHARE if cpus >= 1 else Share(_SHARE.memory_mib, cpus, _SHARE.processes, _SHARE.tmp_mib),
        network="none",
        runtime=runtime,
        mounts=[app_volume(work_mib, owner.labels("work"))],
        sysctls=_SYSCTLS,
        extra_hosts=dict.fromkeys(sorted(hosts), IPV4_LOOPBACK),
    )
    container = await api.call(
        "create an anchor",
        api.raw.create_container,
        image,
        command("anchor", APP, f"{linger_s:g}"),
        name=name,
        user=ANCHOR_USER,
        stdin_open=True,
        host_config=config,
        labels=owner.labels("anchor"),
        entrypoint=[],
        environment={},
        working_dir="/",
        use_config_proxy=False,
    )
    attached = None
    try:
        attached = await attach(api, container["Id"], stdin=True)
        await api.call("start an anchor", api.raw.start, container["Id"])
    except BaseException:
        if attached is not None:
            await attached.aclose()
        with suppress(GoneError, ConflictError):  # one that fails to start is removed by the engine
            await api.call("remove an anchor", _remove, api, container["Id"])
        raise
    return AnchorContainer(container["Id"], attached)


def _remove(api: Api, container: str) -> None:
    api.raw.remove_container(container, v=True, force=True)
