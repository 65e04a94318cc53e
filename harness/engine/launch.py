"""How an example's command is started: by a shell that changes the folder, waits, and reads the kernel's counters.

An engine reports a memory kill by an event, and not always: on control groups of version 1 some cannot watch them, on
version 2 the group may be gone before the engine has read it. The kernel counts the kills in a file of the container's
own group, which can be read from inside as long as one process is left in it: the shell.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from extractor.model import ROOT, STAND_INS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extractor.model import SourceFile

MEMORY_CODE: Final = 144
"""Exit code for "some process was killed for memory": as if by SIGSTKFLT, which Linux knows and never sends."""
OWN_CODE: Final = 145
"""Exit code of a command that itself ended with MEMORY_CODE, or with this one; the two cannot be told apart. No signal
gives it: SIGCHLD ends nothing."""
_COUNTERS: Final = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
"""Files of control groups of version 2 and 1 with a line ``oom_kill N``."""

_SCRIPT: Final = """\
cd "$1" || exit
counters=$2
shift 2
exec 3>&2 2>/dev/null
("$@" 2>&3 3>&-)
code=$?
[ $code = 0 ] && exit 0
for file in $counters; do
  [ -r $file ] && while read -r name count; do
    [ "$name" = oom_kill ] && [ "$count" -gt 0 ] && exit MEMORY_CODE
  done < $file
done
[ $code = MEMORY_CODE ] && code=OWN_CODE
exit $code
""".replace("MEMORY_CODE", str(MEMORY_CODE)).replace("OWN_CODE", str(OWN_CODE))
"""The subshell becomes the command. What the shell prints about its end ("Killed") does not belong in the example's
log. Nothing is forked after it: there may be no room for another process."""


_REAL: Final = """\
exec "$(PATH="${PATH#*:}"; command -v "$0")" "$@"
"""
"""Becomes the command of a name that is not in the first folder of ``PATH``."""


def tools_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of what builds a program: without what takes the place of commands that the program starts.

    A Go program may start ``go run server.go``, and is made by ``go build``.
    """
    path = environment.get("PATH", "").removeprefix(f"{ROOT}/app/{STAND_INS}:")
    return {**environment, "PATH": path} if path else dict(environment)


def past_stand_ins(argv: Sequence[str], files: Iterable[SourceFile]) -> tuple[str, ...]:
    """Return what starts a program by its own interpreter, also where the program starts another one by the same name.

    Args:
        argv: the program's command.
        files: the example's.
    """
    taken = any(file.path == f"{STAND_INS}/{argv[0]}" for file in files)
    return ("sh", "-c", _REAL, *argv) if taken else tuple(argv)


def command(folder: str, argv: Sequence[str], counters: Sequence[str] = _COUNTERS) -> list[str]:
    """Return the argument vector that runs ``argv`` in ``folder``.

    Its exit code is the command's (128 and the signal's number if one ended it; 127 and a line on stderr, as users
    know it, if there is no such command), or MEMORY_CODE if and only if it failed and a process was killed for memory.
    """
    return ["sh", "-c", _SCRIPT, "sh", folder, " ".join(counters), *argv]


def sentence(code: int) -> str:
    """Return how a command ended, by the exit code of its shell; -1 if the engine reported none."""
    if code == -1:
        return "ended with an unknown exit code"
    if code == OWN_CODE:
        return f"exited with code {MEMORY_CODE} or {OWN_CODE}"
    if code > 128 and code - 128 in {s.value for s in signal.Signals}:
        return f"ended by signal {signal.Signals(code - 128).name}"
    return f"exited with code {code}"
