"""``make replay DOCS=checkout``: each of the newest commits of a docs repository, checked as its pull request would be.

The commits are those of the main line that touch pages, examples or rules. Each is checked out alone into a clone and
checked with ``--changed-since`` its parent; nothing of the repository is run but the examples, in containers. A commit
that was replayed stays in the results file, so that an interrupted replay goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

COMMITS = 86
PATHS = ("docs", "specification")
"""Below the docs root: pages with examples, and the normative text."""
QUICK_S = 2.0
"""A commit that concerns no example takes no longer."""
REVERTED = ("b57356f7",)
"""Commits that repair an example: the page before them is checked as a change of the page after them."""


@dataclass(frozen=True)
class Replayed:
    """What one commit came to."""

    commit: str
    day: str
    subject: str
    code: int
    seconds: float
    examples: int = 0
    """That the change concerns."""
    introduced: list[str] = field(default_factory=list)
    """Blocking findings, and drift."""
    unchecked: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    said: str = ""
    """The last line of the report: why the exit code is what it is."""


def git(repository: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def docs_below(checkout: Path) -> str:
    """The docs root as seen from the top of the repository."""
    return "docs" if (checkout / "docs" / "specification").is_dir() else "."


def commits_of(checkout: Path, count: int) -> list[tuple[str, str, str]]:
    """Hash, day and subject of the newest commits that touch pages, examples or rules; merges bring what others did."""
    root = docs_below(checkout)
    paths = [f"{root}/{path}" for path in PATHS]
    log = git(checkout, "log", "--first-parent", "--no-merges", f"--max-count={count}", "--format=%H%x09%cs%x09%s", "--", *paths)
    return [(hash, day, subject) for hash, day, subject in (line.split("\t", 2) for line in log.splitlines())]


def reverted(clone: Path, commit: str) -> str:
    """A commit that takes another one back: the same one at each replay."""
    day = git(clone, "show", "--no-patch", "--format=%cI", commit)
    identity = {"GIT_AUTHOR_NAME": "replay", "GIT_AUTHOR_EMAIL": "replay@example.invalid", "GIT_AUTHOR_DATE": day}
    identity |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in identity.items()}
    command = ["git", "-C", str(clone), "commit-tree", f"{commit}^^{{tree}}", "-p", commit, "-m", f"without {commit}"]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | identity).stdout.strip()


def replay(clone: Path, root: str, commit: str, day: str, subject: str, more: list[str]) -> Replayed:
    """Check one commit against its parent."""
    git(clone, "checkout", "--quiet", "--force", "--detach", commit)
    git(clone, "clean", "--quiet", "-ffdx")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, "-m", "harness.cli", "check", str(clone / root), "--changed-since", f"{commit}^"]
        command += ["--baseline", "none", "--format", f"json:{out}", "--format", "terminal", *more]
        began = time.monotonic()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        seconds = round(time.monotonic() - began, 1)
        found = json.loads(out.read_text()) if out.exists() else {"examples": [], "drift": []}
    lines = (done.stdout.strip() or done.stderr.strip()).splitlines()
    said = next((line for line in reversed(lines) if line.startswith(("Exit code", "error", "nothing"))), lines[-1] if lines else "")
    return Replayed(
        commit=commit[:8], day=day, subject=subject, code=done.returncode, seconds=seconds,
        examples=len(found["examples"]), said=said,
        introduced=[
            f"{example['id']} {finding['requirement']}: {finding['summary']}"
            for example in found["examples"] for finding in example["findings"] if finding["gates"]
        ] + [f"drift {entry['requirement']} {entry['revision']}" for entry in found["drift"] if entry["gates"]],
        unchecked=[
            f"{example['id']}: {example['reason'] or next((f['summary'] for f in example['findings']), '')}"
            for example in found["examples"]
            if example["status"] == "blocked" or (example["id"] in found.get("edited", ()) and example["status"] != "judged")
        ],
        fixed=sorted({f"{entry['example']} {entry['requirement']}" for entry in (found.get("compared") or {}).get("fixed", ())}),
    )  # fmt: skip


def table(rows: list[Replayed]) -> str:
    """The commits that are not green or that were slow, as Markdown, and the figures of all."""
    lines = ["| commit | day | what | exit | s | examples | why |", "|---|---|---|--:|--:|--:|---|"]
    for row in rows:
        slow = not row.examples and row.seconds > QUICK_S
        if row.code or row.examples or slow:
            why = "; ".join([*row.introduced, *row.unchecked]) or row.said
            cells = (row.commit, row.day, row.subject, row.code, row.seconds, row.examples, why)
            lines.append("| " + " | ".join(str(cell).replace("|", "\\|")[:220] for cell in cells) + " |")
    codes = Counter(row.code for row in rows)
    figures = ", ".join(f"{number} exit {code}" for code, number in sorted(codes.items()))
    idle = sorted(row.seconds for row in rows if not row.examples)
    lines += ["", f"{len(rows)} commits: {figures}. {len(idle)} concern no example"]
    lines[-1] += f", in {idle[len(idle) // 2]} s (median), {idle[-1]} s at most." if idle else "."
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(prog="make replay", description=__doc__)
    options.add_argument("checkout", type=Path)
    options.add_argument("--count", type=int, default=COMMITS)
    options.add_argument("--only", nargs="*", default=(), help="these commits, again if they were replayed")
    options.add_argument("--revert", nargs="*", default=REVERTED, help="commits whose parent is checked as a change of them")
    options.add_argument("--results", type=Path, default=Path(".report/replay.jsonl"))
    options.add_argument("--for", dest="minutes", type=float, default=float("inf"), help="end after so many minutes")
    options.add_argument("more", nargs="*", help="after --: options of docprobe check")
    given = options.parse_args()
    until = time.monotonic() + 60 * given.minutes
    given.results.parent.mkdir(parents=True, exist_ok=True)
    old = given.results.read_text().splitlines() if given.results.exists() else []
    known = {row.commit: row for row in (Replayed(**json.loads(line)) for line in old)}
    todo = commits_of(given.checkout, given.count)
    root = docs_below(given.checkout)
    with tempfile.TemporaryDirectory(prefix="docprobe-replay-") as folder:
        clone = Path(folder) / "clone"
        git(given.checkout, "clone", "--quiet", "--shared", "--no-checkout", str(given.checkout.resolve()), str(clone))
        for commit in given.revert:
            todo.append((reverted(clone, commit), "", f"{commit} taken back"))
        done: list[Replayed] = []
        for hash, day, subject in todo:
            again = any(hash.startswith(only) or subject.startswith(only) for only in given.only)
            row = known.get(hash[:8])
            if (row is None and not given.only) or again:
                if time.monotonic() > until:
                    print(f"not finished: {len(done)} of {len(todo)} commits; run it again to go on", file=sys.stderr)
                    break
                row = replay(clone, root, hash, day, subject, given.more)
                with given.results.open("a", encoding="utf-8") as results:
                    results.write(json.dumps(asdict(row)) + "\n")
                print(f"{row.commit} {row.day} exit {row.code} {row.seconds:6.1f} s  {row.subject[:60]}", file=sys.stderr, flush=True)
            if row is not None:
                done.append(row)
    print(table(done))


main()
