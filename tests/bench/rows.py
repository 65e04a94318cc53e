"""The rows of ``make bench``, in parts; the cheap ones first."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from harness.judge.example import IMPORTS
from harness.profiles.registry import MCP
from tests.bench import times
from tests.bench.measure import Clock, NotMeasured, Row, Used, docprobe, least, plain_parse, used
from tests.bench.memory import keep_recordings, write_recorded
from tests.bench.pods import bare_pods, write_docs

SERVERS = 50
"""Examples on the standard library alone that are checked."""
JOBS = 2
FEW, MANY = 10, 100
"""Texts whose memory is compared."""
AUTHORIZATION = "docs/2025-11-25/tutorials/security/authorization#typescript"

Part: TypeAlias = tuple[str, Callable[[], Iterator[Row]]]
"""Its name, and what measures its rows."""


def parts(clock: Clock, docs: Path, folder: Path, report: Path, state: Path | None) -> tuple[Part, ...]:
    """Return what is measured.

    Args:
        clock: of all of it.
        docs: the docs root.
        folder: for what is made on the way.
        report: where make notes how long its targets took.
        state: the state folder of an earlier check of the docs; None: one is made of a recording.
    """
    own = folder / "state"
    return (
        ("pages", lambda: host_rows(clock, docs, own)),
        ("one example", lambda: authorization_rows(clock, docs, own)),
        ("one client", lambda: one_client_rows(clock, folder)),
        ("memory", lambda: memory_rows(clock, folder)),
        ("unchanged docs", lambda: unchanged_rows(clock, docs, folder, state)),
        ("servers", lambda: server_rows(clock, folder)),
        ("tests", lambda: test_rows(clock, folder, report)),
        ("make check", lambda: check_rows(clock, folder)),
        ("a new machine", lambda: machine_rows(clock, folder, report)),
    )


def host_rows(clock: Clock, docs: Path, state: Path) -> Iterator[Row]:
    """Commands that start nothing, by processor time; the reference is a parse of the same pages."""
    plain = plain_parse(clock, docs, state)
    aims = {"blocks": ("0.6 s", "0.25 s"), "statements": ("1.5 s", "0.4 s"), "examples": ("", "0.4 s")}
    for command, (aim, aim_again) in aims.items():
        with tempfile.TemporaryDirectory() as kept:
            first = docprobe(clock, Path(kept), command, str(docs), "--format", "json")
            again = least(lambda: docprobe(clock, Path(kept), command, str(docs), "--format", "json"))  # noqa: B023
        yield Row(f"{command}, first", first.processor_s, plain, _beside(first), aim=aim)
        yield Row(f"{command}, again", again.processor_s, plain, _beside(again), aim=aim_again)


def _beside(one: Used) -> str:
    return f"{one.wall_s:.2f} s by the clock, {one.peak_mib:.0f} MiB"


def authorization_rows(clock: Clock, docs: Path, state: Path) -> Iterator[Row]:
    """The TypeScript example behind authorization, installed, with nothing kept; the reference is its bare pod."""
    chosen = ("check", str(docs), "--select", AUTHORIZATION)
    docprobe(clock, state, *chosen)
    pod = bare_pods(docs, state, AUTHORIZATION, most_s=clock.left_s()).each_s
    done = docprobe(clock, state, *chosen, "--no-cache")
    yield Row("the TypeScript authorization example", done.wall_s, pod, f"{done.peak_mib:.0f} MiB", aim="4 s")
    yield Row("its own processor time", done.processor_s, pod, aim="1.5 s")


def one_client_rows(clock: Clock, folder: Path) -> Iterator[Row]:
    """A wrong server; the reference is its bare pod."""
    docs, state = folder / "one-client", folder / "state"
    write_docs(docs, 1, one_client=True)
    pod = bare_pods(docs, state, most_s=clock.left_s()).each_s
    done = docprobe(clock, state, "check", str(docs), "--no-cache")
    yield Row("a wrong server that serves one client", done.wall_s, pod, aim="15 s")


def memory_rows(clock: Clock, folder: Path) -> Iterator[Row]:
    """What a check of a hundred texts with the largest conversation held here takes; the reference is ten of them."""
    recording = _recording(folder)
    peaks = {}
    for count in (FEW, MANY):
        docs, state = folder / f"texts-{count}", folder / f"state-{count}"
        write_recorded(docs, state, count, recording)
        peaks[count] = docprobe(clock, state, "check", str(docs)).peak_mib
    size = f"a transcript of {recording.stat().st_size / 1024:.0f} KiB each"
    yield Row(f"memory of {MANY} texts, to that of {FEW}", peaks[MANY], peaks[FEW], size, "MiB", aim="150 MiB, flat")


def _recording(folder: Path) -> Path:
    """Return the largest conversation held here. Raises NotMeasured if there is none."""
    held = (folder / "state" / "recordings").glob("*.json")
    recording = max(held, key=lambda file: file.stat().st_size, default=None)
    if recording is None:
        raise NotMeasured("no example was run")
    return recording


def unchanged_rows(clock: Clock, docs: Path, folder: Path, state: Path | None) -> Iterator[Row]:
    """The whole docs with everything kept, by processor time; the reference is a parse of the same pages.

    Without an earlier state, each text is given one recording: what is read and judged is as much, and nothing is run.
    Imports of fragments are then left out, for their packages would have to be built first.
    """
    how, asked = "", ("check", str(docs))
    if state is None:
        state = folder / "state-unchanged"
        how = f", {keep_recordings(docs, state, _recording(folder))} texts with one recording, no imports looked up"
        ids = sorted({row.id for row in MCP.catalogue.requirements} - {IMPORTS})
        asked += tuple(f"--requirement={id}" for id in ids)
    docprobe(clock, state, *asked)
    plain = plain_parse(clock, docs, state)
    kept = least(lambda: docprobe(clock, state, *asked))
    yield Row("check of the whole unchanged docs", kept.processor_s, plain, _beside(kept) + how, aim="0.8 s")


def server_rows(clock: Clock, folder: Path) -> Iterator[Row]:
    """Examples on the standard library; the reference is the same pods, started, asked once and stopped."""
    docs, state = folder / "servers", folder / "state"
    write_docs(docs, SERVERS)
    pods = bare_pods(docs, state, most_s=clock.left_s(), at_once=JOBS)
    whole = docprobe(clock, state, "check", str(docs), "--jobs", str(JOBS), "--no-cache")
    peak = f"{whole.peak_mib:.0f} MiB"
    yield Row(f"check of {SERVERS} servers, {JOBS} at a time", whole.wall_s, pods.all_s, peak, aim="1.5x")
    yield Row("its own processor time, for each", whole.processor_s / SERVERS, pods.all_s / SERVERS)
    docprobe(clock, state, "check", str(docs))
    kept = least(lambda: docprobe(clock, state, "check", str(docs)))
    yield Row("the same with everything kept", kept.processor_s, pods.all_s / SERVERS)


def _python_s(clock: Clock, folder: Path) -> float:
    return least(lambda: used(clock, folder / "state", sys.executable, "-c", "pass")).wall_s


def test_rows(clock: Clock, folder: Path, report: Path) -> Iterator[Row]:
    """The unit tests by the clock, and what make noted of all tests; the reference is a start of Python."""
    python_s = _python_s(clock, folder)
    tests = used(clock, folder / "state", "make", "--no-print-directory", "unit")
    yield Row("make unit, to a start of Python", tests.wall_s, python_s, aim="60 s")
    if (noted := times.last(report / times.FILE, "test")) is None:
        raise NotMeasured("make test has not passed here: it notes its own time, which is longer than all of this")
    yield Row("make test, as last noted", noted.seconds, python_s, f"{noted.ended}, load {noted.load}", aim="723 s")


def check_rows(clock: Clock, folder: Path) -> Iterator[Row]:
    """``make check`` with an environment, a home and a state of its own: all anew but the engine and its images."""
    fresh = folder / "fresh"
    (fresh / "home").mkdir(parents=True)
    own = ("VENV", "REPORT", "DOCPROBE_STATE", "HOME", "PYTHONPYCACHEPREFIX")
    given = [f"{name}={fresh / name.lower()}" for name in own]
    used(clock, fresh / "docprobe_state", "make", "--no-print-directory", "check", *given)
    noted = times.last(fresh / "report" / times.FILE, "check")
    if noted is None:
        raise NotMeasured("make check failed")
    yield Row("make check, all anew but the engine", noted.seconds, _python_s(clock, folder), str(noted))


def machine_rows(clock: Clock, folder: Path, report: Path) -> Iterator[Row]:
    """What make noted when it last set up a machine."""
    noted = times.last(report / times.FILE, "check", cold=True)
    if noted is None:
        raise NotMeasured("make check notes its own time where it makes the environment and the base images")
    note = f"{noted}; {noted.ended}, load {noted.load}"
    yield Row("make check on a new machine, as noted", noted.seconds, _python_s(clock, folder), note, aim="90 s")
