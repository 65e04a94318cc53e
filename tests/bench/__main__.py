"""``make bench``: what the caches are worth, as ratios (single times say more about the machine)."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
DOCS = Path(sys.argv[1] if len(sys.argv) > 1 else "docs-snapshot/sample")


def seconds(state: str, *arguments: str) -> float:
    """Wall seconds of one docprobe command; its exit code is not our subject, a crash is."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "harness.cli", *arguments], capture_output=True, check=False,
                          env={**os.environ, "DOCPROBE_STATE": state})  # fmt: skip
    if done.returncode not in (0, 1):
        raise SystemExit(f"docprobe {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr.decode()}")
    return time.monotonic() - began


def pairs(name: str, slow: list[float], fast: list[float]) -> None:
    """Print the medians and the ratio pair by pair."""
    ratio = statistics.median(a / b for a, b in zip(slow, fast, strict=True))
    print(f"{name:<44} {statistics.median(slow):8.2f} s {statistics.median(fast):8.2f} s  {ratio:6.1f} x")


def main() -> None:
    print(f"{RUNS} pairs each on {DOCS}\n{'':<44} {'cold':>10} {'warm':>10}   ratio")
    cold, warm = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as state:
            cold.append(seconds(state, "statements", str(DOCS), "--format", "json"))
            warm.append(seconds(state, "statements", str(DOCS), "--format", "json"))
    pairs("statements: pages parsed, pages kept", cold, warm)
    with tempfile.TemporaryDirectory() as state:
        first = [seconds(state, "check", str(DOCS), "--format", f"json:{state}/r.json")]
        again = [seconds(state, "check", str(DOCS), "--format", f"json:{state}/r.json") for _ in range(RUNS)]
    pairs("check: conversations held, conversations kept", first * RUNS, again)


main()
