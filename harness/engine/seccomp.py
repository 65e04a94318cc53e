"""The seccomp profile of every container: what a current engine's default closes, on old engines too.

An allow-list (``seccomp.json``). Beside what needs a capability anyway it closes io_uring, keyctl, unshare, setns,
ptrace and its kin, bpf, perf, userfaultfd, and every socket family but UNIX, IPv4, IPv6 and netlink. Debian's engine
20.10 leaves AF_VSOCK open by default, which reaches the host of a virtual machine whatever the network is.
"""

from __future__ import annotations

import json
from importlib.resources import files


def security_options() -> list[str]:
    """``security_opt`` of every container."""
    text = files(__package__).joinpath("seccomp.json").read_text("utf-8")
    compact = json.dumps(json.loads(text), separators=(",", ":"))
    return ["no-new-privileges", f"seccomp={compact}"]
