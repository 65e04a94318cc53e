"""``make bench``: what docprobe costs, as ratios to something that any machine can do, in one run.

References: a plain markdown-it-py parse of the same pages, for what runs on the host; the bare pod (start, one
initialize, stop), for examples; ten texts for the memory of a hundred; a start of Python for the tests. Single seconds
say more about the machine than about docprobe. Nothing fails here: a row that cannot be measured says why. ``--state``
names the state folder of an earlier check of the same docs, whose texts then need not be run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.memory import write_recorded
from tests.bench.pods import bare_pod_s, write_docs

RUNS = 3
"""Of each command on the host; the least counts, since whatever else the machine does only adds to it."""
BUDGET_S = 265.0
"""Seconds from the start, after which nothing more is begun, and what still runs is ended: its row is missing."""
COMMAND_S = 150.0
"""Seconds for one command."""
SERVERS = 8
"""Examples on the standard library alone that are checked."""
FEW, MANY = 10, 100
"""Texts whose memory is compared."""
AUTHORIZATION = "docs/2025-11-25/tutorials/security/authorization#typescript"
PARSE = """
import pathlib, sys
from markdown_it import MarkdownIt
parser = MarkdownIt()
for page in sorted(pathlib.Path(sys.argv[1]).rglob("*.md*")):
    parser.parse(page.read_text("utf-8", "replace"))
"""


@dataclass(frozen=True)
class Used:
    """What one command used."""

    wall_s: float
    processor_s: float
    """Of the process and of those that it waited for."""
    peak_mib: float


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: float
    reference: float
    note: str = ""
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.measured / self.reference if self.reference else 0.0

    def __str__(self) -> str:
        figures = f"{self.measured:>8.2f} {self.unit:<3} {self.reference:>8.2f} {self.unit:<3} {self.ratio:>6.1f}x"
        return f"{self.what:<46} {figures}  {self.note}"


class NotMeasured(Exception):
    """Why a row is missing."""


@dataclass(frozen=True)
class Clock:
    """How much time is left."""

    began: float

    def left_s(self) -> float:
        """Seconds for the next step. Raises NotMeasured if there are none."""
        left = BUDGET_S - (time.monotonic() - self.began)
        if left <= 0:
            raise NotMeasured("no time left")
        return min(left, COMMAND_S)


def used(clock: Clock, state: Path, *command: str) -> Used:
    """Run a command to its end, with a state folder. Raises NotMeasured if it fails or takes too long."""
    environment = {**os.environ, "DOCPROBE_STATE": str(state)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    limit_s, began = clock.left_s(), time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
    )
    timer = threading.Timer(limit_s, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        late = time.monotonic() - began >= limit_s
        how = f"took longer than {limit_s:.0f} s" if late else f"ended with {process.returncode}"
        raise NotMeasured(f"{' '.join(command[2:5])} {how}")
    return Used(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def docprobe(clock: Clock, state: Path, *arguments: str) -> Used:
    """Run one docprobe command."""
    return used(clock, state, sys.executable, "-m", "harness.cli", *arguments)


def least(run: Callable[[], Used]) -> Used:
    """The run that took least processor time, of several."""
    return min((run() for _ in range(RUNS)), key=lambda one: one.processor_s)


def host_rows(clock: Clock, docs: Path, state: Path) -> Iterator[Row]:
    """Commands that start nothing, by processor time; the reference is a parse of the same pages."""
    plain = least(lambda: used(clock, state, sys.executable, "-c", PARSE, str(docs))).processor_s
    for command in ("blocks", "statements", "examples"):
        with tempfile.TemporaryDirectory() as folder:
            first = docprobe(clock, Path(folder), command, str(docs), "--format", "json")
            again = least(lambda: docprobe(clock, Path(folder), command, str(docs), "--format", "json"))  # noqa: B023
        yield Row(f"{command}, first", first.processor_s, plain, _beside(first))
        yield Row(f"{command}, again", again.processor_s, plain, _beside(again))


def _beside(one: Used) -> str:
    return f"{one.wall_s:.2f} s by the clock, {one.peak_mib:.0f} MiB"


def example_rows(clock: Clock, folder: Path) -> Iterator[Row]:
    """Examples on the standard library; the reference is the same pods, started, asked once and stopped."""
    docs, state = folder / "servers", folder / "state"
    write_docs(docs, SERVERS)
    pod = bare_pod_s(docs, state, most_s=clock.left_s())
    whole = docprobe(clock, state, "check", str(docs), "--jobs", "2", "--no-cache")
    yield Row(f"check of {SERVERS} servers, 2 at a time", whole.wall_s, SERVERS * pod / 2, f"{whole.peak_mib:.0f} MiB")
    yield Row("its own processor time, for each", whole.processor_s / SERVERS, pod)
    docprobe(clock, state, "check", str(docs))
    kept = least(lambda: docprobe(clock, state, "check", str(docs)))
    yield Row("the same with everything kept", kept.processor_s, pod)
    one = folder / "one-client"
    write_docs(one, 1, one_client=True)
    alone = docprobe(clock, state, "check", str(one), "--no-cache")
    yield Row("a wrong server that serves one client", alone.wall_s, pod)


def authorization_rows(clock: Clock, docs: Path, state: Path) -> Iterator[Row]:
    """The TypeScript example behind authorization: installed, then checked with nothing kept."""
    chosen = ("check", str(docs), "--select", AUTHORIZATION)
    docprobe(clock, state, *chosen)
    pod = bare_pod_s(docs, state, AUTHORIZATION, most_s=clock.left_s())
    done = docprobe(clock, state, *chosen, "--no-cache")
    yield Row("the TypeScript authorization example", done.wall_s, pod, f"{done.peak_mib:.0f} MiB")
    yield Row("its own processor time", done.processor_s, pod)


def whole_rows(clock: Clock, docs: Path, state: Path) -> Iterator[Row]:
    """The whole docs with everything kept, by processor time; the reference is a parse of the same pages."""
    docprobe(clock, state, "check", str(docs))
    plain = least(lambda: used(clock, state, sys.executable, "-c", PARSE, str(docs))).processor_s
    kept = least(lambda: docprobe(clock, state, "check", str(docs)))
    yield Row("check of the whole unchanged docs", kept.processor_s, plain, _beside(kept))


def memory_rows(clock: Clock, folder: Path) -> Iterator[Row]:
    """What a check of a hundred texts with the largest conversation held here takes; the reference is ten of them."""
    recording = max(
        (folder / "state" / "recordings").glob("*.json"), key=lambda file: file.stat().st_size, default=None
    )
    if recording is None:
        raise NotMeasured("no example was run")
    peaks = {}
    for count in (FEW, MANY):
        docs, state = folder / f"texts-{count}", folder / f"state-{count}"
        write_recorded(docs, state, count, recording)
        peaks[count] = docprobe(clock, state, "check", str(docs)).peak_mib
    size = f"a transcript of {recording.stat().st_size / 1024:.0f} KiB each"
    yield Row(f"memory of {MANY} texts, to that of {FEW}", peaks[MANY], peaks[FEW], size, "MiB")


def unit_rows(clock: Clock, folder: Path) -> Iterator[Row]:
    """The unit tests by the clock; ``make check`` on a new machine and ``make test`` take longer than all of this."""
    python = least(lambda: used(clock, folder / "state", sys.executable, "-c", "pass"))
    tests = used(clock, folder / "state", "make", "--no-print-directory", "unit")
    yield Row("make unit, to a start of Python", tests.wall_s, python.wall_s)


def main() -> None:
    """Print the table and write it as JSON."""
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("docs", type=Path, nargs="?", default=Path("docs-snapshot/sample"))
    options.add_argument("--out", type=Path, default=Path(".report/bench.json"))
    options.add_argument("--state", type=Path, help="state folder of an earlier check of the docs")
    given = options.parse_args()
    clock = Clock(time.monotonic())
    rows: list[Row] = []
    missing: list[str] = []
    print(f"{'':<46} {'docprobe':>12} {'reference':>12} {'ratio':>7}")
    with tempfile.TemporaryDirectory(prefix="docprobe-bench-") as name:
        folder = Path(name)
        parts: tuple[tuple[str, Callable[[], Iterator[Row]]], ...] = (
            ("pages", lambda: host_rows(clock, given.docs, folder / "state")),
            ("examples", lambda: example_rows(clock, folder)),
            ("authorization", lambda: authorization_rows(clock, given.docs, folder / "state")),
            ("memory", lambda: memory_rows(clock, folder)),
            ("unchanged docs", lambda: whole_rows(clock, given.docs, given.state or folder / "state")),
            ("unit tests", lambda: unit_rows(clock, folder)),
        )
        for part, measured in parts:
            try:
                for row in measured():
                    rows.append(row)
                    print(row, flush=True)
            except Exception as error:
                missing.append(f"{part}: {error or type(error).__name__}")
    for why in missing:
        print(f"not measured: {why}")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "docs": str(given.docs), "seconds": round(time.monotonic() - clock.began, 1), "load": os.getloadavg(),
        "rows": [{**asdict(row), "ratio": round(row.ratio, 2)} for row in rows], "not_measured": missing,
    }  # fmt: skip
    given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
