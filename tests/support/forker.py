"""Start programs by forking one process that has imported what they need: a fifth of the time of a start of their own.

Reads requests from the socket that is its standard input, each a JSON array of arguments, with three descriptors: the
program's standard output, its standard error, and one for the number of its process and then for its exit code.
"""

from __future__ import annotations

import argparse  # noqa: F401
import asyncio  # noqa: F401
import base64  # noqa: F401
import contextlib
import dataclasses  # noqa: F401
import hashlib  # noqa: F401
import json
import os
import runpy
import secrets  # noqa: F401
import signal
import socket
import sys
import traceback
import urllib.parse  # noqa: F401
import uuid  # noqa: F401
from pathlib import Path

MOST_BYTES = 65536


def run(arguments: list[str]) -> int:
    """Run a program as ``python PROGRAM …`` would; return its exit code."""
    sys.argv = arguments
    sys.path[0] = str(Path(arguments[0]).parent)
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    requests = socket.socket(fileno=os.dup(0))
    ends: dict[int, int] = {}

    def reap(*_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                end = ends.pop(ended[0])
                with contextlib.suppress(OSError):
                    os.write(end, f"{os.waitstatus_to_exitcode(ended[1])}\n".encode())
                os.close(end)

    signal.signal(signal.SIGCHLD, reap)
    while True:
        data, descriptors, _, _ = socket.recv_fds(requests, MOST_BYTES, 3)
        if not data:
            break
        output, errors, end = descriptors
        # a child that ends at once is reaped only when it is known
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            requests.close()
            for other in (*ends.values(), end):
                os.close(other)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(errors, 2)
            code = run(json.loads(data))
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
        ends[child] = end
        os.write(end, f"{child}\n".encode())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.close(output)
        os.close(errors)
    for child in ends:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
