"""docprobe beside the MCP conformance suite, over the same servers: ``python -m tests.peers.conformance``.

Each server is started by ``docprobe run EXAMPLE --port N`` and asked by the suite; then ``docprobe check`` judges the
same example. The table says which wrong each finds, which right each accuses, and the seconds each takes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tests.peers import suite
from tests.peers.pages import PORT, Server, write_docs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DOCPROBE = (sys.executable, "-m", "harness.cli")
SAMPLE = Path(__file__).parents[2] / "docs-snapshot" / "sample"
START_S = 300.0
MODERN = "2026-07-28"


@dataclass(frozen=True)
class Subject:
    """One example that both look at."""

    docs: Path
    example: str
    revision: str
    broken: str = ""
    """The requirement it breaks; empty for a right one."""
    beside: str = ""
    """Example that is the same but for the fault: what the suite says of that too is not found by it."""


@dataclass(frozen=True)
class Row:
    """What both said of a subject."""

    subject: Subject
    ours: tuple[str, ...]
    ours_seconds: float
    theirs: suite.Outcome | None
    """None if the suite could not ask: the example demands a token, which it cannot give."""


RIGHT = (
    Server("python", "Server"),
    Server("python", "JsonAnswers"),
    Server("python", "Delete405"),
    Server("python", "NoStream"),
    Server("python", "Stateless"),
    Server("python", "OptionalIds"),
    Server("python", "LocalOrigins"),
    Server("python", "Resumable"),
    Server("node", "Server"),
    Server("python", "DualEra"),
    Server("python", "ModernOnly", MODERN),
    Server("python", "ModernJson", MODERN),
)
WRONG = {
    "session.terminated-404": (Server("python", "Ended400"), Server("python", "EndedLivesOn"),
                               Server("python", "EndedGetStream"), Server("node", "ClosedTransportHangs")),
    "session.missing-400": (Server("python", "Missing404"),),
    "session.id-charset": (Server("python", "IdWithSpace"),),
    "hijack.id-nondeterministic": (Server("python", "CountingIds"), Server("python", "ClockAndShortIds")),
    "http.origin-validate": (Server("python", "OriginServed"),),
    "http.origin-403": (Server("python", "Origin400"),),
    "version.unsupported-400": (Server("python", "VersionIgnored"),),
    "post.notification-202": (Server("python", "Notification200"),),
    "post.request-sse-or-json": (Server("python", "AnswersAsText"),),
    "get.sse-or-405": (Server("python", "Get404"),),
    "get.no-responses": (Server("python", "ResponseOnListener"),),
    "stream.no-broadcast": (Server("python", "ProgressOnBoth"),),
    "stream.end-after-response": (Server("python", "StreamStaysOpen"),),
    "resume.no-cross-stream": (Server("python", "ReplaysOtherSessions"),),
    "server.survives": (Server("python", "DeadAfterDelete"),),
    "sessionless.get-delete-405": (Server("python", "ModernGetStream", MODERN),),
    "version.mismatch-400": (Server("python", "ModernIgnoresMismatch", MODERN),),
    "version.unknown-method-404": (Server("python", "ModernUnknownMethod200", MODERN),),
    "meta.missing-400": (Server("python", "ModernNeedsNoMeta", MODERN),),
}  # fmt: skip
SAMPLES = (
    "docs/2025-11-25/develop/http-server#typescript",
    "docs/2025-11-25/develop/http-server#python",
    "docs/2025-11-25/develop/stateless#typescript",
    "docs/2025-11-25/develop/resumable#typescript",
    "docs/2025-11-25/tutorials/session-map#typescript",
    "docs/2025-11-25/tutorials/security/authorization#typescript",
    "docs/2026-07-28/develop/http-server#typescript",
    "docs/2026-07-28/tutorials/night-train#typescript",
)
REAL = (
    "docs/2025-11-25/tutorials/security/authorization#typescript",
    "docs/2025-11-25/tutorials/security/authorization#python",
)


def subjects(folder: Path, real: Path | None) -> Iterator[Subject]:
    """Everything that is looked at; writes the docs tree of our own servers."""
    docs = folder / "docs"
    wrong = [(broken, server) for broken, servers in WRONG.items() for server in servers]
    write_docs(docs, [*RIGHT, *(server for _, server in wrong)])
    for server in RIGHT:
        yield Subject(docs, server.example, server.revision)
    for broken, server in wrong:
        base = Server(server.folder, "ModernOnly" if server.revision == MODERN else "Server", server.revision)
        yield Subject(docs, server.example, server.revision, broken, base.example)
    for root, examples in ((SAMPLE, SAMPLES), (real, REAL)):
        for example in examples if root is not None else ():
            yield Subject(root, example, example.split("/")[1])


@contextlib.contextmanager
def running(subject: Subject, environment: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """The subject's URL on this machine, and whether it demands a token."""
    command = [*DOCPROBE, "--quiet", "run", subject.example, "--docs", str(subject.docs), "--port", str(PORT)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        try:
            yield _told(process, subject, log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _told(process: subprocess.Popen[str], subject: Subject, log: IO[str]) -> tuple[str, bool]:
    """What ``docprobe run`` says of itself once the example is up."""
    assert process.stdout is not None
    told: dict[str, str] = {}
    while "try" not in told and (line := process.stdout.readline()):
        name, _, value = line.strip().partition(" ")
        told[name] = value.strip()
    if "url" not in told:
        log.seek(0)
        raise SystemExit(f"{subject.example} did not start:\n{log.read()}")
    return told["url"], "token" in told


def ours(subject: Subject, folder: Path, environment: dict[str, str]) -> tuple[tuple[str, ...], float]:
    """What docprobe finds violated, and its seconds, its conversation held afresh."""
    result = folder / "result.json"
    command = [*DOCPROBE, "--quiet", "check", str(subject.docs), "--select", subject.example, "--no-cache",
               "--baseline", "none", "--format", f"json:{result}"]  # fmt: skip
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    seconds = time.monotonic() - began
    if done.returncode not in (0, 1):
        raise SystemExit(f"docprobe ended with {done.returncode}:\n{done.stderr}")
    (example,) = [e for e in json.loads(result.read_text())["examples"] if e["id"] == subject.example]
    found = {finding["requirement"] for finding in example["findings"] if finding["verdict"] == "violated"}
    return tuple(sorted(found)), seconds


def look(subject: Subject, folder: Path, environment: dict[str, str]) -> Row:
    """Ask the suite, then docprobe."""
    with running(subject, environment) as (url, token):
        theirs = None if token else suite.run(folder, url, subject.revision)
    found, seconds = ours(subject, folder, environment)
    return Row(subject, found, seconds, theirs)


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    by_example = {row.subject.example: row for row in rows}
    lines = [
        "| example | breaks | docprobe says violated | s | suite fails | s | suite's feature scenarios failed |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        beside = by_example.get(row.subject.beside)
        known = beside.theirs.failed if beside is not None and beside.theirs is not None else Counter[str]()
        if row.theirs is None:
            theirs, seconds, features = "cannot be asked: it demands a token", "", ""
        else:
            fresh = row.theirs.failed - known
            theirs = (
                ", ".join(f"{id} x{count}" if count > 1 else id for id, count in sorted(fresh.items())) or "nothing"
            )
            theirs += f" ({row.theirs.passed} pass)"
            seconds = f"{row.theirs.seconds:.1f}"
            features = f"{row.theirs.features_failed} of {row.theirs.features}"
        cells = (
            row.subject.example.removeprefix("docs/"),
            row.subject.broken or "",
            ", ".join(row.ours) or "nothing",
            f"{row.ours_seconds:.1f}",
            theirs,
            seconds,
            features,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def summary(rows: Sequence[Row]) -> str:
    """Counts of wrongs found and rights accused, over our own servers, of which both are known."""
    by_example = {row.subject.example: row for row in rows}
    wrong = [row for row in rows if row.subject.broken]
    right = [row for row in rows if row.subject.example in {server.example for server in RIGHT}]
    we_find = sum(row.subject.broken in row.ours for row in wrong)
    they_find = sum(
        bool(row.theirs and row.theirs.failed - _failed(by_example.get(row.subject.beside))) for row in wrong
    )
    we_accuse = sum(bool(row.ours) for row in right)
    they_accuse = sum(bool(_failed(row)) for row in right)
    asked = [row for row in rows if row.theirs is not None]
    ours_s = sum(row.ours_seconds for row in asked) / len(asked)
    theirs_s = sum(row.theirs.seconds for row in asked if row.theirs) / len(asked)
    return (
        f"| | docprobe | suite |\n|---|---|---|\n"
        f"| wrong servers found, of {len(wrong)} | {we_find} | {they_find} |\n"
        f"| right servers accused, of {len(right)} | {we_accuse} | {they_accuse} |\n"
        f"| seconds per server, mean | {ours_s:.1f} | {theirs_s:.1f} |"
    )


def _failed(row: Row | None) -> Counter[str]:
    return row.theirs.failed if row is not None and row.theirs is not None else Counter()


def main() -> None:
    """Look at every subject and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="scratch folder: the suite, the docs tree and docprobe's state")
    parser.add_argument("--real", type=Path, help="docs root of a checkout of the MCP repository")
    parser.add_argument("--only", default="", help="examples whose id contains this")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    suite.install(folder)
    environment = {**os.environ, "DOCPROBE_STATE": os.environ.get("DOCPROBE_STATE", str(folder / "state"))}
    rows = []
    for subject in subjects(folder, arguments.real):
        if arguments.only in subject.example:
            print(f"{time.strftime('%H:%M:%S')} {subject.example}", file=sys.stderr, flush=True)
            rows.append(look(subject, folder, environment))
    print(f"{', '.join(suite.PACKAGES)}\n\n{summary(rows)}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
