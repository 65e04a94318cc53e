"""How often blame is right: every broken test server as a page, its wrong lines known, its conversation traced.

The servers run as processes of this machine; they are docprobe's own. Without containers nothing of a library's runs,
so that way of blaming is counted only where it is said.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from harness.engine.hardening import APP
from harness.judge.blame.evidence import Evidence
from harness.judge.blame.faults import pairs_to_trace
from harness.judge.results import with_blame
from harness.model import Verdict
from harness.profile import ProbeSettings
from harness.profiles.mcp.probes.converse_http import converse_http
from harness.profiles.registry import MCP
from harness.run.tracing.differences import differences
from harness.run.tracing.pod import TracedPod
from harness.run.tracing.service import PORT as TRACE_PORT
from harness.run.tracing.service import TraceService
from harness.run.tracing.tracing import FOLDER, traced_bundle
from tests.blame.compiled import compiled_table
from tests.blame.pages import SUFFIX, ServerPage, page_of
from tests.support.judged_server import LEAST_START_S, TIMEOUT_S, findings
from tests.support.loopback import running
from tests.support.newer_python import newer_python
from tests.support.servers import WRONG
from tests.support.tokens import PlainTokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Bundle
    from harness.model import Finding, TracedExchange, Transcript
    from tests.support.server_case import Case

AT_ONCE = 4


@dataclass(frozen=True)
class Row:
    """What is said of one wrong server for one requirement."""

    case: Case
    requirement: str
    way: str
    """``execution``, ``reading``, ``log``, ``library``; ``nothing`` where no line is blamed."""
    lines: tuple[tuple[str, int], ...]
    wrong: frozenset[tuple[str, int]]
    certainty: str = ""
    """How sure that is; empty where no line is blamed."""

    @property
    def is_right(self) -> bool:
        """Whether a wrong line is among those that are blamed."""
        return not self.wrong.isdisjoint(self.lines)


async def conversation(
    case: Case, page: ServerPage, folder: Path, *, trace: bool
) -> tuple[Transcript, tuple[TracedExchange, ...]]:
    """Talk with a server that runs in a folder of its own, and return what is known of it."""
    traced = traced_bundle(page.bundle) if trace else None
    service = TraceService(frozenset(file.path for file in page.bundle.files))
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, service.serve)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        for file in (traced or page.bundle).files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            mark = f"PORT = {TRACE_PORT}"
            own = file.path.startswith(FOLDER)
            path.write_text(file.text.replace(mark, f"PORT = {port}") if own else file.text, "utf-8")
        started = [*page.bundle.command]
        started[1] = str(folder / started[1])
        if case.language == "python":
            python = newer_python() or sys.executable
            started = [*_variables(traced, folder), python, "-B", *started[1:]]
        elif trace:
            started = [*_variables(traced, folder), *started]
        async with running(["env", *started]) as pod:
            watched = TracedPod(pod, service) if trace else pod
            settings = ProbeSettings(case.revisions, timeout_s=TIMEOUT_S, start_s=LEAST_START_S)
            transcript = await converse_http(watched, page.bundle, settings, PlainTokens())
        tasks.cancel_scope.cancel()
    if not trace:
        return transcript, ()
    pairs = pairs_to_trace(expected(case, transcript), transcript)
    # as where a page is traced: the conversation ends with the last request that is wanted
    last = max((*pairs, *pairs.values()), default=0)
    executed = {number: ran for number, ran in watched.executed.items() if number <= last}
    return transcript, differences(transcript, transcript, pairs, executed, pairs.keys())


def _variables(traced: Bundle | None, folder: Path) -> list[str]:
    """What the tracer is loaded by, for ``env``."""
    return [f"{name}={text.replace(APP, str(folder))}" for name, text in (traced.environment if traced else {}).items()]


def expected(case: Case, transcript: Transcript) -> tuple[Finding, ...]:
    """The violations that the server was made for."""
    found = findings(transcript, page_revision=case.revisions[-1])
    return tuple(one for one in found if one.verdict is Verdict.VIOLATED and one.requirement in case.violated)


async def rows_of(case: Case, page: ServerPage, folder: Path, *, trace: bool) -> list[Row]:
    """What is blamed for one server, once for each requirement."""
    transcript, traced = await conversation(case, page, folder, trace=trace)
    evidence = Evidence(transcript, page.bundle, traced)
    rows: dict[str, Row] = {}
    for finding in expected(case, transcript):
        said = with_blame(finding, evidence, MCP.catalogue)
        lines = tuple((span.file, line) for span in said.blame for line in range(span.first, span.last + 1))
        library = said.blame_basis is not None and said.blame_basis.library is not None
        way = "library" if library else said.blame_basis.by.value if said.blame_basis is not None else "nothing"
        sure = said.blame_basis.certainty.value if said.blame_basis is not None and lines else ""
        rows.setdefault(finding.requirement, Row(case, finding.requirement, way, lines, page.wrong, sure))
    return list(rows.values())


async def measure(pages: Sequence[tuple[Case, ServerPage]], *, trace: bool, at_once: int = AT_ONCE) -> list[Row]:
    """What is blamed for all of some servers, in their order. One that does not start has no rows."""
    found: dict[int, list[Row]] = {}
    limiter = anyio.CapacityLimiter(at_once)
    with tempfile.TemporaryDirectory() as scratch:

        async def one(number: int, case: Case, page: ServerPage) -> None:
            async with limiter:
                try:
                    found[number] = await rows_of(case, page, Path(scratch) / str(number), trace=trace)
                except* AssertionError:
                    # a mutant that ends before it listens
                    found[number] = []

        async with anyio.create_task_group() as tasks:
            for number, (case, page) in enumerate(pages):
                tasks.start_soon(one, number, case, page)
    return [row for number in sorted(found) for row in found[number]]


def table(rows: Sequence[Row]) -> list[str]:
    """The figures by way, as lines."""
    lines = [f"{'way':<12}{'findings':>9}{'in range':>10}{'median lines':>14}"]
    groups = {way: [row for row in rows if row.way == way] for way in sorted({row.way for row in rows})}
    groups |= {sure: [row for row in rows if row.certainty == sure] for sure in ("certain", "likely", "possible")}
    for name, these in (*groups.items(), ("all", rows)):
        right = sum(row.is_right for row in these)
        sizes = [len(set(row.lines)) for row in these if row.lines]
        median = f"{statistics.median(sizes):g}" if sizes else "-"
        lines += [f"{name:<12}{len(these):>9}{right:>6} {right / len(these):>4.0%}{median:>13}"] if these else []
    return lines


def main() -> int:
    """Print the figures; with ``--misses`` every server whose wrong lines are not blamed."""
    parser = argparse.ArgumentParser(prog="python -m tests.blame", description=__doc__)
    parser.add_argument("--select", default="", metavar="TEXT", help="servers whose name contains TEXT")
    parser.add_argument("--language", choices=sorted(SUFFIX))
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth server only")
    parser.add_argument("--no-trace", action="store_true", help="by reading the code alone")
    parser.add_argument(
        "--mutants",
        action="store_true",
        help="right servers with one mechanical change each, instead of the wrong ones",
    )
    parser.add_argument("--misses", action="store_true", help="show what was blamed instead")
    asked = parser.parse_args()
    # of the right one that only speaks another revision than its page, no line is wrong
    every = dict.fromkeys(case for group in WRONG.values() for case in group if case.violated and case.name != "Server")
    cases = [case for case in every if asked.select in case.name and asked.language in (None, case.language)]
    trace = not asked.no_trace
    if trace and newer_python() is None and any(case.language == "python" for case in cases):
        print("no Python 3.12 or newer here: servers in Python are read, not traced")
    if asked.mutants:
        from tests.blame.mutant_pages import mutant_pages

        pages = [each for each in mutant_pages(asked.every) if asked.language in (None, each[0].language)]
    else:
        pages = [(case, page_of(case)) for case in cases[:: asked.every]]
    rows = anyio.run(lambda: measure(pages, trace=trace))
    for row in rows:
        if asked.misses and not row.is_right:
            blamed = ", ".join(f"{file}:{line}" for file, line in row.lines) or "nothing"
            wrong = ", ".join(f"{file}:{line}" for file, line in sorted(row.wrong))
            print(f"{row.case} {row.requirement}: {blamed} ({row.way}); wrong is {wrong}")
    print("\n".join([*table(rows), *compiled_table()]))
    return 0
