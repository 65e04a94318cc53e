"""Result files and transcripts that a stranger wrote, given to every command that reads them."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from harness.base.errors import DocprobeError
from harness.cli.main import cli
from harness.results.result_files import write
from tests.support.figures import FIGURES
from tests.support.github_runner import obeys
from tests.support.hostile_report import hostile_report, nasty
from tests.support.soak import tries

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = tries(12, soak=200)
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 1e308, "", "x" * 100_000, nasty("value"), "../../../etc/passwd", "/etc/passwd",
    "\ud800", "\x1b]0;t\x07\x1b[2J", "::error::x", "<script>alert(1)</script>", [], {}, [[]] * 50, {"a": {"b": {}}},
    "docs/x.mdx:1: y", "2026-01-01T00:00:00Z", "9" * 5_000, "https://evil.example/#x", "\u202e\u2028",
)  # fmt: skip
UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x9b\u202e\u2028]")
SECRET = "s3cret-beside-the-results"


def changed(document: Any, chance: random.Random) -> Any:
    """A document in which one value somewhere is another, gone, doubled or renamed."""
    made = copy.deepcopy(document)
    places: list[tuple[Any, Any]] = []
    waiting = [made]
    while waiting:
        value = waiting.pop()
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in list(pairs):
            places.append((value, key))
            waiting.append(inner)
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(places)
        if (isinstance(holder, dict) and key not in holder) or (isinstance(holder, list) and key >= len(holder)):
            continue
        match chance.randint(0, 4):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[nasty("key")] = holder[key]
            case 2 if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
            case _:
                holder[key] = copy.deepcopy(chance.choice(VALUES))
    return made


def run(*arguments: str) -> None:
    """Run a command in this process; only what a user is told may come of it."""
    done = CliRunner().invoke(cli, list(arguments))
    if done.exception is not None and not isinstance(
        done.exception, (SystemExit, DocprobeError, click.ClickException, OSError)
    ):
        raise done.exception
    said = f"{done.output}\n{done.exception or ''}"
    shown = re.sub(r"\x1b\[[0-9;]*m", "", done.output)
    assert UNSEEN.search(shown) is None, repr(shown[:500])
    assert [line for line in shown.split("\n") if obeys(line)] == []
    assert SECRET not in said


@pytest.mark.processes
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_result_file_of_a_stranger(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    (tmp_path / "secret.json").write_text(SECRET)
    folder = tmp_path / "in"
    write(hostile_report(), folder / "r.json")
    document = changed(json.loads((folder / "r.json").read_bytes()), chance)
    if chance.random() < 0.3 and document.get("examples"):
        document["examples"][0]["transcript"] = "../secret.json"
    results = folder / "r.json"
    results.write_text(json.dumps(document, ensure_ascii=True))
    for path in folder.glob("r-transcripts/*.json"):
        path.write_text(json.dumps(changed(json.loads(path.read_bytes()), chance)))
    state = ("--state", str(tmp_path / "state"))
    with FIGURES.attack("result files", f"seed {seed}"):
        run("explain", "*", "--results", str(results), *state)
        run("explain", "*", "--results", str(results), "--full", *state)
        run("merge", str(results), "--format", "terminal", "--format", "github")
        run("merge", str(results), "--format", "markdown")
        run("report", str(results), "--out", str(tmp_path / "site"), "--history", str(tmp_path / "h.sqlite"), *state)
        for path in folder.glob("r-transcripts/*.json"):
            run("judge", str(path), *state)
    assert (tmp_path / "secret.json").read_text() == SECRET
    for page in (tmp_path / "site").rglob("*.html") if (tmp_path / "site").exists() else ():
        text = page.read_text("utf-8")
        assert SECRET not in text
        assert "<script>alert" not in text


@pytest.mark.parametrize("text", ["[" * 200_000, "{", "", "\x00", '{"schema": "docprobe/2"}', '"' + "x" * 1_000_000])
def test_what_is_no_result_file_at_all(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with FIGURES.attack("result files", text[:20]):
        for command in (
            ("explain", "x", "--results"),
            ("merge",),
            ("report", "--out", str(tmp_path / "s")),
            ("judge",),
        ):
            run(*command, str(tmp_path / "r.json"))
