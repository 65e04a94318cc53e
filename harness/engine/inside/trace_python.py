"""Tells docprobe what a Python program executes, request by request. Loaded before the program, in its container only.

It connects to docprobe at a port of the pod's loopback. For each line that comes it answers with one line of JSON: what
ran since the last one. ``files`` has the places of the program's own source that ran, by file and relative to its
folder, each a line (from 1) and a column (from 0, in bytes); ``calls`` has [package, function] of packages, with the
package and function that called it if it is another's.

Before Python 3.12 there is nothing to tell it by, and it does nothing.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType

PORT = 1
TOOL = 4
MOST_PLACES = 50_000
MOST_CALLS = 5_000
TURN_S = 0.001
TURNS = 500
QUIET, QUIET_IF_BUSY = 3, 10
"""Turns in which nothing new runs until that is taken as the end; of a machine so busy that turns take longer, more."""
PACKAGES = os.sep + "site-packages" + os.sep


class Tracer:
    """What ran since the last question."""

    def __init__(self, own: str) -> None:
        """``own`` is the folder of the program's files."""
        self._own = own + os.sep
        self._aside = os.path.dirname(os.path.abspath(__file__)) + os.sep
        self._started_in = os.getcwd()
        self._ran: dict[CodeType, set[int]] = {}
        self._calls: dict[tuple[str, ...], None] = {}
        self._names: dict[str, str] = {}
        self._packages: dict[str, list[str]] | None = None

    def started(self, code: CodeType, offset: int) -> object:
        """Take note of a function that begins; from then on of each of its instructions, if it is the program's."""
        monitoring = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        name = self._path(code)
        if name.startswith(self._own) and not name.startswith(self._aside) and PACKAGES not in name:
            monitoring.set_local_events(TOOL, code, monitoring.events.INSTRUCTION)
        elif PACKAGES in name and len(self._calls) < MOST_CALLS:
            caller = sys._getframe(1).f_back
            called = _named(name, code)
            calling = _named(self._path(caller.f_code), caller.f_code) if caller is not None else ()
            self._calls[called + (calling if calling[:1] != called[:1] else ())] = None
        return monitoring.DISABLE

    def ran(self, code: CodeType, offset: int) -> object:
        """Take note of an instruction."""
        self._ran.setdefault(code, set()).add(offset)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined, unused-ignore]

    def taken(self) -> dict[str, Any]:
        """Return what ran since the last call, once nothing new runs for a moment."""
        before, quiet, wanted = -1, 0, QUIET
        for _ in range(TURNS):
            now = sum(map(len, list(self._ran.values())))
            quiet, before = quiet + 1 if now == before else 0, now
            if quiet >= wanted:
                break
            began = time.monotonic()
            time.sleep(TURN_S)
            if time.monotonic() - began > 2 * TURN_S:
                wanted = QUIET_IF_BUSY
        ran, self._ran = self._ran, {}
        calls, self._calls = self._calls, {}
        sys.monitoring.restart_events()  # type: ignore[attr-defined, unused-ignore]
        files: dict[str, list[tuple[int, int]]] = {}
        for code, offsets in list(ran.items()):
            positions = list(code.co_positions())
            places = {positions[offset // 2][::2] for offset in list(offsets) if offset // 2 < len(positions)}
            whole = [(line, column) for line, column in places if line is not None and column is not None]
            files.setdefault(self._path(code)[len(self._own) :], []).extend(sorted(whole)[:MOST_PLACES])
        named = [[self._package(word) if at % 2 == 0 else word for at, word in enumerate(call)] for call in calls]
        return {"files": files, "calls": named}

    def _path(self, code: CodeType) -> str:
        name = code.co_filename
        if name not in self._names:
            self._names[name] = name if name.startswith("<") else os.path.join(self._started_in, name)
        return self._names[name]

    def _package(self, module: str) -> str:
        if self._packages is None:
            from importlib.metadata import packages_distributions

            self._packages = dict(packages_distributions())
        return (self._packages.get(module.removesuffix(".py")) or [module])[0]


def _named(path: str, code: CodeType) -> tuple[str, ...]:
    """Return the top module and the name of a function of a package; empty for another's."""
    if PACKAGES not in path:
        return ()
    return path.rpartition(PACKAGES)[2].partition(os.sep)[0], code.co_qualname


def follow(tracer: Tracer) -> None:
    """Answer questions until the connection ends."""
    with socket.create_connection(("127.0.0.1", PORT)) as connection, connection.makefile("rwb") as lines:
        while lines.readline():
            lines.write(json.dumps(tracer.taken()).encode() + b"\n")
            lines.flush()


def main() -> None:
    """Watch the program, and answer in a thread of its own."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return
    tracer = Tracer(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    monitoring.use_tool_id(TOOL, "docprobe")
    monitoring.register_callback(TOOL, monitoring.events.PY_START, tracer.started)
    monitoring.register_callback(TOOL, monitoring.events.INSTRUCTION, tracer.ran)
    monitoring.set_events(TOOL, monitoring.events.PY_START)
    threading.Thread(target=follow, args=(tracer,), daemon=True).start()


if __name__ == "sitecustomize":
    main()
