"""What 10,000 examples take on 1 to 64 workers, and what is the limit: a simulation fed with measured times.

    python -m tests.bench.cluster STATE --docs DOCS --install-s 5

STATE is the state folder of a check of DOCS (``--state``) whose images were there: from its recordings come the time of
each text, and what it costs whoever leads the run to read and judge one. What it costs it to hand one out is measured
with a scheduler and two workers on this machine. The time of an install is given.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import random
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from distributed import Client, LocalCluster

from harness.base.codec import from_json, to_json
from harness.judge.results import Ruleset, result_of_recording
from harness.model import Recording
from harness.run.planning import make_plan
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = 10_000
WORKERS = (1, 4, 16, 64)
SLOTS = 2
"""Texts at once on one worker: one for each of its two processors."""
ROUND_TRIPS = 300
SEED = 1


@dataclass(frozen=True)
class Measured:
    """What goes in."""

    run_s: tuple[float, ...]
    """Of each text whose packages are there."""
    install_s: float
    """Of one set of packages, on a worker that has it not yet; a mean."""
    sets: float
    """Sets of packages for each text."""
    round_trip_s: float
    """Of one text through the scheduler, as the leader's processor is busy with it."""
    judge_s: float
    """Reading and judging one recording."""


@dataclass(frozen=True)
class Outcome:
    """One line of the table."""

    workers: int
    wall_s: float
    speed_up: float
    busy: float
    """Share of the workers' time in which they run examples."""
    installing: float
    """Share in which they install."""
    leader: float
    """Share of the time in which the leader computes."""
    limit: str


def simulate(measured: Measured, workers: int, texts: int = TEXTS, slots: int = SLOTS) -> Outcome:
    """Hand out texts to whoever is free, longest wait first; each worker installs each set once; one leader judges."""
    chance = random.Random(SEED)
    count = max(1, round(texts * measured.sets))
    free = [(0.0, slot) for slot in range(workers * slots)]
    has: list[dict[int, float]] = [{} for _ in range(workers)]
    run_s = installing_s = leader_s = longest = 0.0
    for number in range(texts):
        now, slot = heapq.heappop(free)
        # the leader sends texts one after the other, and reads their recordings
        now = max(now, number * measured.round_trip_s)
        wanted, there = number % count, has[slot // slots]
        took = chance.choice(measured.run_s)
        if wanted not in there:
            installing_s += measured.install_s
            there[wanted] = now + measured.install_s
        begin = max(now, there[wanted])
        end = begin + took
        run_s, longest = run_s + took, max(longest, end)
        leader_s = max(leader_s, end) + measured.judge_s
        heapq.heappush(free, (end, slot))
    wall_s = max(longest, leader_s)
    own_s = texts * (measured.round_trip_s + measured.judge_s)
    shares = {
        "running examples": run_s / (wall_s * workers * slots),
        "installs": installing_s / (wall_s * workers * slots),
        "the leader": own_s / wall_s,
    }
    limit = max(shares, key=lambda name: shares[name])
    alone_s = run_s / slots + count * measured.install_s / slots
    return Outcome(workers, wall_s, alone_s / wall_s, *shares.values(), limit)


def measure(state: Path, docs: Path, install_s: float) -> Measured:
    files = sorted((state / "recordings").glob("*.json"))
    recordings = {
        recording.transcript.example_id: recording
        for recording in (from_json(file.read_bytes(), Recording) for file in files)
        if recording.transcript is not None
    }
    config = load_config(docs, state=Path(tempfile.mkdtemp()))
    plan = make_plan(config)
    examples = [example for example in plan.examples if example.id in recordings and example.bundle is not None]
    bundles = [example.bundle for example in examples if example.bundle is not None]
    sets = {(bundle.toolchain, tuple(sorted(map(str, bundle.dependencies)))) for bundle in bundles}
    return Measured(
        tuple(sorted(recordings[example.id].runs[-1].duration_s for example in examples)),
        install_s,
        len(sets) / len(examples),
        anyio.run(_round_trip, [to_json(bundle) for bundle in bundles]),
        _judging(recordings, examples, Ruleset(config.profile, plan.bound), plan),
    )


def _judging(recordings: dict[str, Recording], examples: Sequence[Any], rules: Ruleset, plan: Any) -> float:
    took = []
    for example in examples:
        if (recording := recordings.get(example.id)) is not None:
            data = to_json(recording)
            began = time.process_time()
            result_of_recording(example, plan.copies(example.digest), from_json(data, Recording), rules, cached=False)
            took.append(time.process_time() - began)
    return statistics.mean(took) if took else 0.0


async def _round_trip(sizes: list[bytes]) -> float:
    async with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, asynchronous=True, dashboard_address=":0"
        ) as cluster,
        Client(cluster, asynchronous=True, set_as_default=False) as client,
    ):
        payloads = list(itertools.islice(itertools.cycle(sizes), ROUND_TRIPS))
        began = time.process_time()
        for future in [client.submit(bytes, data, pure=False) for data in payloads]:
            await future
        return (time.process_time() - began) / ROUND_TRIPS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("state", type=Path)
    parser.add_argument("--docs", type=Path, default=Path("docs-snapshot/sample"))
    parser.add_argument("--install-s", type=float, default=5.0)
    given = parser.parse_args()
    measured = measure(given.state, given.docs, given.install_s)
    mean = statistics.mean(measured.run_s)
    print(f"{len(measured.run_s)} texts: {mean:.1f} s each (median {statistics.median(measured.run_s):.1f}, at most "
          f"{max(measured.run_s):.1f}); {measured.sets:.2f} sets of packages each, {measured.install_s:.1f} s each")  # fmt: skip
    print(
        f"the leader: {measured.round_trip_s * 1000:.1f} ms to hand out one, {measured.judge_s * 1000:.1f} ms to judge"
    )
    print("| workers | 10,000 examples | speed-up | running | installing | leader | limit |")
    print("|--:|--:|--:|--:|--:|--:|---|")
    for sets, title in ((measured.sets, "sets as measured"), (0.0, "all with the same packages")):
        print(f"| | {title} | | | | | |")
        for workers in WORKERS:
            row = simulate(replace(measured, sets=sets), workers)
            print(f"| {workers} | {row.wall_s / 60:.0f} min | {row.speed_up:.1f} | {row.busy:.0%} | {row.installing:.0%} "
                  f"| {row.leader:.0%} | {row.limit} |")  # fmt: skip
    print(json.dumps(asdict(measured) | {"run_s": [round(value, 2) for value in measured.run_s]}))


if __name__ == "__main__":
    main()
