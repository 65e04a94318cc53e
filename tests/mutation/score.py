"""The mutation score: how many mechanical changes of the conforming servers the catalogue finds.

``python -m tests.mutation.score`` runs the prober and the judge on every mutant and prints a table. Exit code 1 if a
survivor has no reason in ``survivors.toml``, or a reason is stale. ``--only TEXT`` takes the mutants whose name
contains TEXT, ``--at-once N`` says how many run side by side.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from tests.mutation.mutants import SERVERS, Mutant, mutants
from tests.support.judged_server import findings, talk, violated
from tests.support.server_case import MODERN, NEWEST, OLDEST, Case

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.model import Finding, Transcript

REASONS = Path(__file__).parent / "survivors.toml"
TIMEOUT_S = 4.0
PLAIN = Case("python", "Server")
AUTHORIZED = Case("python", "AuthorizedScopes")
RESUMABLE = Case("python", "Resumable")
OLD = Case("python", "Server", revisions=(OLDEST,))
OLD_JSON = Case("python", "JsonAnswers", revisions=(OLDEST,))
SETTINGS: Mapping[str, tuple[Case, ...]] = {
    "conforming.py": (PLAIN, AUTHORIZED, RESUMABLE),
    "modern.py": (Case("python", "ModernOnly", revisions=(MODERN,)),),
    "conforming.mjs": (Case("node", "Server"), Case("node", "Authorized")),
}
"""The set-ups in which a file's code is used; a mutant is killed in the first that finds it."""
NARROWER: Mapping[str, tuple[Case, ...]] = {
    "handle": (PLAIN, Case("python", "Delete405"), Case("python", "NoStream"), AUTHORIZED),
    "user_of": (AUTHORIZED, PLAIN),
    "is_valid": (AUTHORIZED,),
    "challenge": (AUTHORIZED,),
    "metadata": (AUTHORIZED,),
    "check_origin": (PLAIN,),
    "check_accept": (PLAIN,),
    "initialize": (PLAIN, OLD),
    "batch": (OLD, OLD_JSON),
    "post": (PLAIN, OLD),
    "result_of": (PLAIN, OLD),
    "deliver": (PLAIN, OLD_JSON, RESUMABLE),
    "prime": (RESUMABLE,),
    "resume": (RESUMABLE,),
    "new_stream": (RESUMABLE, PLAIN),
    "emit": (RESUMABLE, PLAIN),
    "DualEra.post": (Case("python", "DualEra", revisions=(NEWEST, MODERN)),),
    "node.handle": (
        Case("node", "Server"),
        Case("node", "Delete405"),
        Case("node", "NoStream"),
        Case("node", "Authorized"),
    ),
    "node.deliver": (Case("node", "Server"), Case("node", "JsonAnswers", revisions=(OLDEST,))),
    "node.json": (Case("node", "JsonAnswers", revisions=(OLDEST,)), Case("node", "NoStream")),
    "node.post": (Case("node", "Server"), Case("node", "JsonAnswers", revisions=(OLDEST,))),
}
"""Functions that matter in other set-ups than their file's."""
NOT_RUNNING = "(answers no initialize)"
NOT_SERVING = "(baseline not served)"
"""Not a requirement's doing: nothing of such an example is judged, and the report says so."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    killed_by: frozenset[str]
    """Violated ids, or why it was not judged. Empty for a survivor."""
    noticed: bool = False
    """A survivor that changed a verdict without violating anything."""


@dataclass(frozen=True)
class Reason:
    """Why a mutant may survive."""

    equivalent: bool
    """Allowed or invisible; else a sentence speaks of it and no row does."""
    text: str


def settings(mutant: Mutant) -> tuple[Case, ...]:
    """The set-ups to run a mutant in."""
    return NARROWER.get(mutant.name.split("/")[0], SETTINGS[mutant.file])


def seen(transcript: Transcript, case: Case) -> tuple[frozenset[str], Mapping[tuple[str, str], str]]:
    """What is violated, and every verdict."""
    if not transcript.negotiated:
        return frozenset({NOT_RUNNING}), {}
    found: Sequence[Finding] = findings(transcript, page_revision=case.revisions[-1])
    wrong = violated(found)
    facts = transcript.facts
    if not wrong and (facts.not_served or any(known.not_served for known in facts.revisions.values())):
        wrong = frozenset({NOT_SERVING})
    return wrong, {(f.requirement, f.revision): f.verdict.value for f in found}


async def converse(case: Case, folder: Path | None) -> Transcript:
    return await talk(case.language, case.name, revisions=case.revisions, timeout_s=TIMEOUT_S, folder=folder)


async def fate(mutant: Mutant, usual: Mapping[Case, Mapping[tuple[str, str], str]]) -> Fate:
    """Run one mutant in its set-ups until one finds it."""
    noticed = False
    with tempfile.TemporaryDirectory(prefix="mutant") as name:
        folder = Path(name) / mutant.language
        shutil.copytree(SERVERS / mutant.language, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / mutant.file).write_text(mutant.source)
        for case in settings(mutant):
            try:
                killed_by, verdicts = seen(await converse(case, folder), case)
            except* AssertionError:
                # it ended before it listened
                killed_by, verdicts = frozenset({NOT_RUNNING}), {}
            if killed_by:
                return Fate(mutant, killed_by)
            noticed = noticed or verdicts != usual[case]
    return Fate(mutant, frozenset(), noticed)


async def fates(chosen: Sequence[Mutant], at_once: int, *, tell: bool = False) -> list[Fate]:
    """The fate of each mutant, in their order."""
    cases = {case for mutant in chosen for case in settings(mutant)}
    usual: dict[Case, Mapping[tuple[str, str], str]] = {}
    found: dict[str, Fate] = {}
    limiter = anyio.CapacityLimiter(at_once)

    async def reference(case: Case) -> None:
        async with limiter:
            wrong, usual[case] = seen(await converse(case, None), case)
        if wrong:
            raise AssertionError(f"{case} is not conforming: {sorted(wrong)}")

    async def one(mutant: Mutant) -> None:
        async with limiter:
            found[mutant.name] = await fate(mutant, usual)
        if tell:
            ids = ", ".join(sorted(found[mutant.name].killed_by)) or "SURVIVES"
            print(f"{len(found):4}/{len(chosen)} {mutant.name}: {mutant.what}: {ids}", file=sys.stderr, flush=True)

    async with anyio.create_task_group() as tasks:
        for case in cases:
            tasks.start_soon(reference, case)
    async with anyio.create_task_group() as tasks:
        for mutant in chosen:
            tasks.start_soon(one, mutant)
    return [found[mutant.name] for mutant in chosen]


def reasons() -> dict[str, Reason]:
    """Why each known survivor survives, by its name."""
    entries = tomllib.loads(REASONS.read_text())["reason"]
    return {name: Reason(entry["kind"] == "equivalent", entry["text"]) for entry in entries for name in entry["names"]}


def summary(found: Sequence[Fate]) -> tuple[str, bool]:
    """The table, and whether every survivor is explained and no explanation is stale."""
    known = reasons()
    survivors = [f for f in found if not f.killed_by]
    unexplained = [f for f in survivors if f.mutant.name not in known]
    equivalent = [f for f in survivors if f.mutant.name in known and known[f.mutant.name].equivalent]
    stale = sorted(known.keys() & {f.mutant.name for f in found if f.killed_by})
    killed = len(found) - len(survivors)
    by_id = Counter(id for f in found for id in f.killed_by)
    lines = [f"{count:5}  {id}" for id, count in by_id.most_common()]
    lines.append(
        f"{len(found)} mutants: {killed} killed, {len(equivalent)} equivalent, "
        f"{len(survivors) - len(equivalent) - len(unexplained)} without a row, {len(unexplained)} unexplained"
    )
    lines.append(f"score: {killed / max(1, len(found) - len(equivalent)):.1%} of those that are not equivalent")
    for f in unexplained:
        mark = " (a verdict changed)" if f.noticed else ""
        lines.append(f"unexplained {f.mutant.name} [{f.mutant.file}:{f.mutant.line}] {f.mutant.what}{mark}")
    lines += [f"stale reason: {name} is killed now" for name in stale]
    return "\n".join(lines), not unexplained and not stale


def main() -> int:
    parser = argparse.ArgumentParser(description="The mutation score of the catalogue.")
    parser.add_argument("--only", default="")
    parser.add_argument("--at-once", type=int, default=4)
    arguments = parser.parse_args()
    chosen = [mutant for mutant in mutants() if arguments.only in mutant.name]
    text, explained = summary(anyio.run(lambda: fates(chosen, arguments.at_once, tell=True)))
    print(text)
    return 0 if explained else 1


if __name__ == "__main__":
    sys.exit(main())
