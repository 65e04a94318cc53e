"""``python -m tests.bench.history [NIGHTS]``: what the history and the nightly site cost after that many nights.

The nights are shaped like the docs docprobe was made for: 68 examples that run, six texts of them distinct, judged by
three revisions each, and 300 that don't run. Packages change every third night, a release breaks something every
twentieth, and two verdicts are flaky. Times are processor time, so that a busy machine does not change them; ``add`` is
one more night, on average since the line above.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.base.host import HostEnvironment
from harness.model import ExampleResult, Report, Status, Verdict
from harness.nightly.history import queries
from harness.nightly.history.record import add
from harness.nightly.history.schema import connect
from harness.nightly.site import write_site
from harness.nightly.site.assets import load
from harness.profiles.registry import MCP
from tests.support.reports import rich_report, tutorial

FIRST = datetime(2024, 1, 1, 3, tzinfo=UTC)
RUN, LISTED = 68, 300
REVISIONS = ("2025-03-26", "2025-06-18", "2025-11-25")


def night(number: int) -> Report:
    """The night with that number."""
    kind = tutorial(REVISIONS[-1], others=REVISIONS[:-1])
    some = kind.findings[0]
    # every requirement of the catalogue by every revision, as a real example has it
    told = {(f.requirement, f.revision): f for f in kind.findings}
    findings = tuple(
        told.get((row.id, revision))
        or replace(some, requirement=row.id, revision=revision, verdict=Verdict.SATISFIED, gates=False, patch=None)
        for revision in REVISIONS
        for row in MCP.catalogue.requirements[:40]
    )
    packages = {
        **kind.packages,
        **{f"package-{n}": f"1.{n}.{number // 3 if n == number // 3 % 90 else 0}" for n in range(90)},
    }
    broken = (number // 20) % 2 == 1
    examples: list[ExampleResult] = []
    for n in range(RUN):
        flaky = n in (7, 31) and number % 5 == 0
        mine = tuple(
            replace(f, verdict=Verdict.VIOLATED, gates=True)
            if f.requirement == "session.id-charset" and (flaky or (broken and n % 9 == 0))
            else f
            for f in findings
        )
        text = f"{n % 6}" * 64
        examples.append(
            replace(kind, id=f"docs/2025-11-25/page-{n}#typescript", findings=mine, digest=text, packages=packages)
        )
    listed = replace(
        kind, findings=(), runs=(), transcript=None, packages={}, status=Status.FRAGMENT, reason="a fragment"
    )
    examples += [replace(listed, id=f"docs/2025-11-25/part-{n}#typescript", digest=f"{n:064}") for n in range(LISTED)]
    started = (FIRST + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(rich_report(), started=started, examples=tuple(examples), drift=(), baseline=())


def main() -> None:
    """Print sizes and times at a few numbers of nights."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    marks = sorted({min(100, count), count // 2, count})
    print(f"{'nights':>7} {'history':>10} {'add':>8} {'queries':>8} {'site':>8} {'files':>6} {'size':>9}")
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "history.sqlite", Path(folder) / "site"
        assets = load(None, HostEnvironment())
        with closing(connect(file)) as history:
            added_s, nights = 0.0, 0
            for number in range(count):
                report = night(number)
                began = time.process_time()
                add(report, history)
                added_s, nights = added_s + time.process_time() - began, nights + 1
                if number + 1 not in marks:
                    continue
                began = time.process_time()
                queries.nights(history)
                queries.flips(history)
                queries.flaky(history)
                queries.package_changes(history)
                queries.judged(history, report.examples[0].id)
                asked_s = time.process_time() - began
                began = time.process_time()
                built = write_site(report, history, out, assets=assets)
                built_s = time.process_time() - began
                print(
                    f"{number + 1:>7} {file.stat().st_size / 1e6:>7.1f} MB {added_s / nights:>6.2f} s {asked_s:>6.2f} s"
                    f" {built_s:>6.1f} s {built.files:>6} {built.size / 1e6:>6.1f} MB",
                    flush=True,
                )
                added_s, nights = 0.0, 0


if __name__ == "__main__":
    main()
