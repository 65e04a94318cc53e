"""The worker: runs one job (an install, a layer of a base image) in a container of its own.

The job comes as one JSON line on stdin, so that nothing of it (proxies, certificates, configuration) stays in the
image that is made of the container afterwards. Output goes back as JSON lines. When the job is done the worker waits
for stdin to end, so that docprobe can turn the living container into an image; when stdin ends earlier, docprobe
died, and the worker ends at once with everything it started.

Runs inside the container with Python 3.9 or newer and the standard library.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time

CHECK_S = 1.0
FIRST_WORD_S = 15
"""How long the job may take to arrive: docprobe may have died before there was a stdin to end."""
GRACE_S = 60
"""How long after the job's own deadline the worker ends, whatever happened to docprobe."""
COUNTERS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
"""Files in which control groups of version 2 and 1 count this container's memory kills."""
MAX_LINE = 2000
MAX_REPORT = 16 * 1024 * 1024


def main() -> None:
    """Read the job, run its steps until one fails, report, wait for stdin to end."""
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(FIRST_WORD_S)
    job = json.loads(read_line())
    signal.alarm(int(job["deadline_s"]) + GRACE_S)
    for path, text in job["files"].items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    step, code, limit = -1, 0, None
    while not code and limit is None and step + 1 < len(job["steps"]):
        step += 1
        code, limit = run(job["steps"][step], job)
    reports = {} if code or limit else {path: report(path) for path in job["reports"]}
    send({"done": code, "step": step, "limit": limit, "reports": reports})
    while os.read(0, 4096):
        pass


def give_up(number: int, frame: object) -> None:
    """End: docprobe is gone. With process 1 of the container everything in it ends."""
    os._exit(1)


def read_line() -> bytes:
    """Return the first line of stdin, unbuffered: nothing follows but its end."""
    data = bytearray()
    while not data.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            os._exit(1)
        data += piece
    return bytes(data)


def send(message: dict[str, object]) -> None:
    """Send one JSON line to docprobe."""
    data = memoryview(json.dumps(message).encode() + b"\n")
    while data:
        data = data[os.write(1, data) :]


def report(path: str) -> str | None:
    """Return the text of a file that the job made; None if it is not there, or larger than MAX_REPORT."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(MAX_REPORT + 1)
    except OSError:
        return None
    return text if len(text) <= MAX_REPORT else None


def run(argv: list[str], job: dict[str, object]) -> tuple[int, str | None]:
    """Run one step; return its exit code, and the limit that ended it, if one did."""
    environment = job["environment"]
    disk_mib = job["disk_mib"]
    assert isinstance(environment, dict)
    assert isinstance(disk_mib, int)
    try:
        child = subprocess.Popen(
            argv,
            cwd=str(job["cwd"]),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        send({"log": f"{argv[0]}: {error.strerror}"})
        return 127, None
    assert child.stdout is not None
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(child.stdout, selectors.EVENT_READ)
    line = bytearray()
    limit = None
    kills = memory_kills()
    next_check = time.monotonic() + CHECK_S
    reading = True
    while reading:
        for key, _ in selector.select(max(0.0, next_check - time.monotonic())):
            data = os.read(key.fd, 65536)
            if key.fd == 0:
                if not data:
                    os.killpg(child.pid, signal.SIGKILL)
                    os._exit(1)
            elif data:
                line = send_lines(line + data)
            else:
                reading = False
        if time.monotonic() >= next_check:
            next_check = time.monotonic() + CHECK_S
            if limit is None and used_mib(str(job["watch"])) > disk_mib:
                limit = "disk"
                os.killpg(child.pid, signal.SIGKILL)
    send_lines(line + b"\n")
    code = child.wait()
    if code and limit is None and memory_kills() > kills:
        limit = "memory"
    if limit is None and used_mib(str(job["watch"])) > disk_mib:
        limit = "disk"  # filled and ended between two looks
    return code, limit


def send_lines(data: bytearray) -> bytearray:
    """Send the complete lines of ``data``; return what is left of an unfinished one."""
    *lines, rest = data.replace(b"\r", b"\n").split(b"\n")
    for line in lines:
        if line.strip():
            send({"log": line[:MAX_LINE].decode("utf-8", "backslashreplace")})
    return rest[-MAX_LINE:]


def memory_kills() -> int:
    """Return how many processes of this container were killed for memory; 0 where the kernel does not count."""
    for path in COUNTERS:
        try:
            with open(path) as file:
                return sum(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
        except OSError:
            continue
    return 0


def used_mib(folder: str) -> float:
    """Return the disk space that is used below a folder."""
    total = 0
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue  # removed meanwhile
    return total / 1048576
