"""Failures that come from docprobe or this machine: they block an example, and are not its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.base.errors import BlockedError, LastingError
from harness.base.host import describe_overload
from harness.judge.start_failure import port_held_by_service

if TYPE_CHECKING:
    from harness.engine.protocol import ExitState, Pod


def block_if_port_is_held(pod: Pod, held: frozenset[int]) -> None:
    """Raise LastingError if the example could not have a port because a service of docprobe holds it."""
    port = port_held_by_service(pod.logs(), held, listens=bool(pod.sockets()))
    if port is not None:
        raise LastingError(
            f"the example could not listen: docprobe's own service holds port {port} there",
            "if its kind or services are inferred wrongly, set them in a directive above the block: kind=…, services=…",
        )


def block_if_overloaded(pod: Pod, deadline: str) -> None:
    """Raise BlockedError if the example still runs and the machine is too busy for a deadline to decide anything."""
    overload = describe_overload() if pod.exit_state() is None else None
    if overload is not None:
        raise BlockedError(f"{deadline}; this machine was overloaded ({overload})", "run it again on a quieter machine")


def block_if_limited(state: ExitState) -> None:
    """Raise BlockedError if a limit of docprobe's ended a build step: what a compiler needs is not the page's fault."""
    if state.limit is not None:
        key = "build-memory-mib" if state.limit == "memory_mib" else state.limit.replace("_", "-")
        is_busy = state.limit == "build_s" and describe_overload() is not None
        kind = BlockedError if is_busy else LastingError
        raise kind(f"{state.sentence}, docprobe's limit", f"raise {key} in [limits]")


def out_of_time(limit_s: float) -> BlockedError:
    """Return the error for an example whose start and conversation took more than ``limit_s`` seconds."""
    kind = LastingError if describe_overload() is None else BlockedError
    return kind(
        f"start and conversation took more than {limit_s:g} s, docprobe's limit",
        "raise example-s in [limits] if the example needs that long",
    )
