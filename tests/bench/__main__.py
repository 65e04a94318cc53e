"""``make bench``: what docprobe costs, as ratios to something that any machine can do, in one run of ten minutes.

References: a plain markdown-it-py parse of the same pages, for what runs on the host; the bare pod (start, one
initialize, stop), for examples; ten texts for the memory of a hundred; a start of Python for make's targets. Single
seconds say more about the machine than about docprobe. Nothing fails here: a row that cannot be measured says why. The
times of `make test`, and of `make check` on a new machine, are those that make noted when they last ran.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.measure import Clock
from tests.bench.rows import parts

if TYPE_CHECKING:
    from tests.bench.measure import Row


def main() -> None:
    """Print the table and write it as JSON."""
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("docs", type=Path, nargs="?", default=Path("docs-snapshot/sample"))
    options.add_argument("--out", type=Path, default=Path(".report/bench.json"))
    options.add_argument("--state", type=Path, help="state folder of an earlier check of the docs")
    options.add_argument("--only", action="append", help="measure this part (pages, memory, …); can be repeated")
    given = options.parse_args()
    clock = Clock(time.monotonic())
    rows: list[Row] = []
    missing: list[str] = []
    print(f"{'':<46} {'docprobe':>12} {'reference':>12} {'ratio':>7}")
    with tempfile.TemporaryDirectory(prefix="docprobe-bench-") as name:
        for part, measured in parts(clock, given.docs, Path(name), given.out.parent, given.state):
            if given.only and part not in given.only:
                continue
            print(f"{time.monotonic() - clock.began:5.0f} s  measuring: {part}", file=sys.stderr, flush=True)
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
