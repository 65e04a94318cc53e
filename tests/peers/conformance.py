"""docprobe beside the MCP conformance suite, over the same servers: ``python -m tests.peers.conformance``.

``docprobe check`` judges the examples of each tree; then each is started by ``docprobe run EXAMPLE --port N`` and asked
by the suite, and by ``docprobe probe`` as a server that somebody has running. The table says which wrong each finds,
which right each accuses, and the seconds each takes: of docprobe the example's own, of the suite and of probe those of
their process.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import signal
import statistics
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
COMPLETENESS = {"example.complete"}
"""What a page leaves out is not a matter of its server."""
MODERN = "2026-07-28"


@dataclass(frozen=True)
class Subject:
    """One example that both look at."""

    tree: str
    docs: Path
    example: str
    revision: str
    broken: str = ""
    """The requirement it breaks; empty for a right one."""
    beside: str = ""
    """Example that is the same but for the fault: what the suite says of that too is not found by it."""


@dataclass(frozen=True)
class Probed:
    """What ``docprobe probe`` found violated in a running server."""

    violated: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Row:
    """What both said of a subject."""

    subject: Subject
    ours: tuple[str, ...]
    ours_seconds: float
    theirs: suite.Outcome | str
    """Why the suite could not ask, if it could not."""
    probed: Probed | str = ""
    """What ``docprobe probe`` said, or why it could not ask."""


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
    "server.survives": (Server("python", "DiesWithSession"),),
    "example.clients": (Server("python", "OneInitialize"),),
    "sessionless.get-delete-405": (Server("python", "ModernGetStream", MODERN),),
    "version.mismatch-400": (Server("python", "ModernIgnoresMismatch", MODERN),),
    "version.unknown-method-404": (Server("python", "ModernUnknownMethod200", MODERN),),
    "meta.missing-400": (Server("python", "ModernNeedsNoMeta", MODERN),),
    "http.origin-own": (Server("python", "OriginAlways403"),),
    "ping.answered": (Server("python", "NoPing"),),
    "stream.retry-before-close": (Server("python", "ClosesInSilence"),),
    "header.method-match": (Server("python", "ModernIgnoresMethod", MODERN),),
    "discover.implemented": (Server("python", "ModernNoDiscovery", MODERN),),
    "version.unsupported-error": (Server("python", "ModernUnsupportedCode", MODERN),),
    "result.type": (Server("python", "ModernNoResultType", MODERN),),
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
        yield Subject("ours", docs, server.example, server.revision)
    for broken, server in wrong:
        base = Server(server.folder, "ModernOnly" if server.revision == MODERN else "Server", server.revision)
        yield Subject("ours", docs, server.example, server.revision, broken, base.example)
    trees = [("sample", SAMPLE, SAMPLES)] + ([("real", real, REAL)] if real is not None else [])
    for tree, root, examples in trees:
        for example in examples:
            yield Subject(tree, root, example, example.split("/")[1])


class NotUpError(Exception):
    """``docprobe run`` could not bring an example up; says what it said."""


@contextlib.contextmanager
def running(subject: Subject, environment: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The subject's URL on this machine, and a token that it accepts; empty if it demands none."""
    command = [*DOCPROBE, "--quiet", "run", subject.example, "--docs", str(subject.docs), "--port", str(PORT)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        try:
            yield _told(process, log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _told(process: subprocess.Popen[str], log: IO[str]) -> tuple[str, str]:
    """What ``docprobe run`` says of itself once the example is up."""
    assert process.stdout is not None
    told: dict[str, str] = {}
    while "try" not in told and (line := process.stdout.readline()):
        name, _, value = line.strip().partition(" ")
        told[name] = value.strip()
    if "url" not in told:
        log.seek(0)
        raise NotUpError(log.read().splitlines()[0])
    return told["url"], told.get("token", "")


def ours(
    chosen: Sequence[Subject], folder: Path, environment: dict[str, str]
) -> dict[str, tuple[tuple[str, ...], float]]:
    """What docprobe finds violated in examples of one tree, and the seconds of each."""
    result = folder / "result.json"
    selected = [option for subject in chosen for option in ("--select", subject.example)]
    command = [*DOCPROBE, "check", str(chosen[0].docs), *selected, "--no-cache", "--baseline", "none",
               "--format", f"json:{result}"]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=environment)
    if done.returncode not in (0, 1):
        raise SystemExit(f"docprobe ended with {done.returncode}")
    return {
        example["id"]: (
            tuple(sorted({f["requirement"] for f in example["findings"] if f["verdict"] == "violated"} - COMPLETENESS)),
            example["duration_s"],
        )
        for example in json.loads(result.read_text())["examples"]
    }


def beside(subject: Subject, folder: Path, environment: dict[str, str]) -> tuple[suite.Outcome | str, Probed | str]:
    """What the suite and ``docprobe probe`` say of the running example, or why they could not ask."""
    try:
        with running(subject, environment) as (url, token):
            theirs = "cannot be asked: it demands a token" if token else suite.run(folder, url, subject.revision)
            return theirs, probed(url, token, subject, folder, environment)
    except NotUpError as error:
        return f"cannot be asked: {error}", f"cannot be asked: {error}"


def probed(url: str, token: str, subject: Subject, folder: Path, environment: dict[str, str]) -> Probed | str:
    """What ``docprobe probe`` says of the server at ``url``, or why it could not ask."""
    result = folder / "probed.json"
    result.unlink(missing_ok=True)
    # our servers' docs have no normative text; the sample has that of every revision
    spec = subject.docs if subject.tree != "ours" else SAMPLE
    command = [*DOCPROBE, "probe", url, "--spec", str(spec), "--ends-sessions", "--rate", "1000",
               "--format", f"json:{result}"]  # fmt: skip
    given = environment | ({"DOCPROBE_TOKEN": token} if token else {})
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=given)
    seconds = round(time.monotonic() - began, 1)
    if not result.exists():
        return f"cannot be asked: {(done.stderr.strip().splitlines() or ['no reason'])[0]}"
    (example,) = json.loads(result.read_text())["examples"]
    return Probed(tuple(sorted({f["requirement"] for f in example["findings"] if f["verdict"] == "violated"})), seconds)


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    by_example = {row.subject.example: row for row in rows}
    lines = [
        "| example | breaks | docprobe says violated | s | suite fails | s | suite's feature scenarios failed "
        "| probe says violated | s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        known = _failed(by_example.get(row.subject.beside))
        if isinstance(row.theirs, str):
            said, seconds, features = row.theirs, "", ""
        else:
            fresh = sorted((row.theirs.failed - known).items())
            said = ", ".join(f"{id} x{count}" if count > 1 else id for id, count in fresh) or "nothing"
            said += f" ({row.theirs.passed} pass)"
            seconds = f"{row.theirs.seconds:.1f}"
            features = f"{row.theirs.features_failed} of {row.theirs.features}"
        cells = (
            f"{row.subject.tree}: {row.subject.example.removeprefix('docs/')}",
            row.subject.broken or "",
            ", ".join(row.ours) or "nothing",
            f"{row.ours_seconds:.1f}",
            said,
            seconds,
            features,
            row.probed if isinstance(row.probed, str) else ", ".join(row.probed.violated) or "nothing",
            "" if isinstance(row.probed, str) else f"{row.probed.seconds:.1f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def summary(rows: Sequence[Row]) -> str:
    """Counts of wrongs found and rights accused, over our own servers, of which both are known."""
    by_example = {row.subject.example: row for row in rows}
    wrong = [row for row in rows if row.subject.broken]
    right = [row for row in rows if row.subject.tree == "ours" and not row.subject.broken]
    we_find = sum(row.subject.broken in row.ours for row in wrong)
    they_find = sum(bool(_failed(row) - _failed(by_example.get(row.subject.beside))) for row in wrong)
    probe_finds = sum(row.subject.broken in _probed(row) for row in wrong)
    probe_accuses = sum(bool(_probed(row)) for row in right)
    we_accuse = sum(bool(row.ours) for row in right)
    they_accuse = sum(bool(_failed(row)) for row in right)
    accusations = Counter(id for row in right for id in _failed(row))
    asked = [(row.ours_seconds, row.theirs.seconds) for row in rows if isinstance(row.theirs, suite.Outcome)]
    ours_s, theirs_s = (statistics.median(column) for column in zip(*asked, strict=True))
    return (
        f"| | docprobe | suite | docprobe probe |\n|---|---|---|---|\n"
        f"| wrong servers found, of {len(wrong)} | {we_find} | {they_find} | {probe_finds} |\n"
        f"| right servers accused, of {len(right)} | {we_accuse} | {they_accuse} | {probe_accuses} |\n"
        f"| seconds per server, median | {ours_s:.1f} | {theirs_s:.1f} | {_median_of_probe(rows)} |\n\n"
        f"What the suite says of right servers: {', '.join(f'{id} ({n})' for id, n in accusations.most_common())}."
    )


def _probed(row: Row) -> tuple[str, ...]:
    return row.probed.violated if isinstance(row.probed, Probed) else ()


def _median_of_probe(rows: Sequence[Row]) -> str:
    seconds = [row.probed.seconds for row in rows if isinstance(row.probed, Probed)]
    return f"{statistics.median(seconds):.1f}" if seconds else "–"


def _failed(row: Row | None) -> Counter[str]:
    return row.theirs.failed if row is not None and isinstance(row.theirs, suite.Outcome) else Counter()


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
    chosen = [subject for subject in subjects(folder, arguments.real) if arguments.only in subject.example]
    rows = []
    for _, group in itertools.groupby(chosen, key=lambda subject: subject.docs):
        tree = list(group)
        judged = ours(tree, folder, environment)
        for subject in tree:
            print(f"{time.strftime('%H:%M:%S')} {subject.example}", file=sys.stderr, flush=True)
            rows.append(Row(subject, *judged[subject.example], *beside(subject, folder, environment)))
    print(f"{', '.join(suite.PACKAGES)}\n\n{summary(rows)}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
