"""``docprobe explain``: a finding of the last run, with its exchange and its fix."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.model import Note, NoteKind, Origin, Span
from harness.model import Resolve
from harness.profiles.registry import all_requirements
from harness.results.result_files import LAST_RUN, write
from tests.harness.cli.two_revisions import NEW, OLD, TEXT, write_two_revisions
from tests.support.command import refused, run, run_or_raise
from tests.support.hostile_report import hostile_report
from tests.support.reports import rich_report

if TYPE_CHECKING:
    from pathlib import Path


def results(state: Path) -> Path:
    """The result file of the last run."""
    return state / LAST_RUN


def write_bindings(root: Path) -> None:
    """Bind the requirement to the older sentence, too, in other words."""
    (root / OLD).write_text(TEXT.replace("404", "410"), encoding="utf-8")
    bound = run_or_raise("statements", str(root), "--bind", f"session.terminated-404={OLD}:3")
    with (root / "bindings.toml").open("a", encoding="utf-8") as file:
        file.write(bound.stdout)


TYPESCRIPT = "docs/2025-11-25/tutorials/security/authorization#typescript"


def test_an_example_from_the_last_run(state: Path) -> None:
    done = run("explain", TYPESCRIPT, "--state", state)
    assert done.exit_code == 0
    for text in ("session.terminated-404", "Once it has ended", "#15", "▸ 20", "session.unknown-404", "2025-06-18"):
        assert text in done.output
    assert "curl" not in done.output


def test_in_full_it_shows_requests_replies_and_curl(state: Path) -> None:
    done = run("explain", TYPESCRIPT, "--state", state, "--full")
    assert "> mcp-session-id: 5f0c2f0e" in done.output
    assert "< 400" in done.output
    assert "curl -i -N -X DELETE http://localhost:3000/" in done.output
    commands = [line for line in done.output.splitlines() if line.startswith("curl ")]
    words = [shlex.split(line) for line in commands]
    assert max(map(len, commands)) > 80
    assert all(word[word.index("--data-binary") + 1] for word in words if "--data-binary" in word)


@pytest.mark.processes
def test_a_terminal_that_lacks_a_character_gets_the_rest(state: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "explain", TYPESCRIPT, "--state", str(state)],
        env={**os.environ, "PYTHONIOENCODING": "latin1"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"\\u25b8 20" in done.stdout


def test_each_run_has_the_versions_that_it_ran_with(tmp_path: Path) -> None:
    report = rich_report()
    ran = next(one for one in report.examples if one.runs)
    today = replace(ran.runs[0], resolve=Resolve.TODAY, packages={"mcp": "2.3.0", "anyio": "4.9"})
    dated = replace(today, resolve=Resolve.DATED, date="2026-07-01", packages={"mcp": "1.28.1", "anyio": "4.8"})
    note = Note(NoteKind.DEPENDENCY, Origin.INFERRED, name="mcp", confidence=0.9)
    example = replace(ran, runs=(today, dated), packages=dated.packages, notes=(note,))
    write(replace(report, examples=(example,)), tmp_path / "out.json")
    done = run("explain", example.id, "--results", tmp_path / "out.json")
    assert [line.split()[1:3] for line in done.output.splitlines() if line.startswith("  with ")] == [
        ["mcp", "2.3.0,"],
        ["mcp", "1.28.1,"],
    ]


def test_a_requirement_names_every_example_it_judged(state: Path) -> None:
    done = run("explain", "session.terminated-404", "--state", state)
    assert done.output.startswith("session.terminated-404  An ended session is not found")
    assert TYPESCRIPT in done.output
    assert "authorization#python  satisfied" in done.output


def test_a_requirement_has_its_sentence_in_every_revision_word_by_word(state: Path, tmp_path: Path) -> None:
    root = write_two_revisions(tmp_path / "tree")
    write_bindings(root)
    done = run(
        "explain", "session.terminated-404", "--docs", root, "--state", tmp_path / "other", "--results", results(state)
    )
    lines = " ".join(done.output.split())
    assert f"2025-06-18: MUST {OLD}:3" in lines
    assert f"2025-11-25: MUST, in other words {NEW}:3" in lines
    assert "be answered with status [-410-] {+404+} by the server" in lines
    assert "2025-03-26: not a requirement" not in lines, "the docs do not have that revision"


def test_a_requirement_of_several_sentences_has_them_all(state: Path, tmp_path: Path) -> None:
    root = write_two_revisions(tmp_path / "tree")
    page = root / NEW
    page.write_text(f"{page.read_text(encoding='utf-8')}\nIt **MUST** say so at once.\n", encoding="utf-8")
    line = len(page.read_text(encoding="utf-8").splitlines())
    bound = run_or_raise("statements", str(root), "--bind", f"session.terminated-404={NEW}:{line}")
    with (root / "bindings.toml").open("a", encoding="utf-8") as file:
        file.write(bound.stdout)
    done = run(
        "explain", "session.terminated-404", "--docs", root, "--state", tmp_path / "other", "--results", results(state)
    )
    assert f"also “It MUST say so at once.” {NEW}:{line}" in " ".join(done.output.split())


def test_a_requirement_says_how_it_is_decided_and_what_sdks_do(state: Path) -> None:
    text = " ".join(run("explain", "session.terminated-404", "--state", state).output.split())
    assert "decided by a conversation: after termination, requests with that id MUST get 404" in text
    assert "is a reading, since no sentence gives a 2xx DELETE a meaning" in text
    assert "SDKs seen on 20" in text
    assert "@modelcontextprotocol/sdk" in text.partition("SDKs")[2].partition("effect")[0]


def test_sentences_come_from_the_results_without_docs(state: Path) -> None:
    text = " ".join(run("explain", "session.terminated-404", "--state", state).output.split())
    assert "2025-11-25: MUST" in text
    assert "“Once it has ended a session, the server MUST answer every request" in text


def test_an_example_has_its_way_from_the_block_to_the_container(state: Path, tmp_path: Path) -> None:
    page = "docs/2025-11-25/learn/way.mdx"
    (tmp_path / "tree" / page).parent.mkdir(parents=True)
    (tmp_path / "tree" / page).write_text(
        "# Way\n\nInstall it:\n\n```bash\npip install mcp\n```\n\n```python server.py\n"
        'from mcp.server.fastmcp import FastMCP\n\nmcp = FastMCP("x")\nmcp.run(transport="streamable-http")\n```\n'
    )
    found = run("examples", tmp_path / "tree", "--format", "json", "--state", tmp_path / "other")
    (example,) = json.loads(found.stdout)["examples"]
    report = rich_report()
    ran = next(one for one in report.examples if one.runs)
    known = replace(
        ran, id=example["id"], page=page, digest=example["digest"], copies=(),
        spans=tuple(Span(one["file"], one["first"], one["last"]) for one in example["spans"]),
        notes=(
            Note(NoteKind.DEPENDENCY, Origin.STATED, name="mcp", span=Span(page, 6, 6)),
            Note(NoteKind.WHOLE_PROGRAM, Origin.INFERRED, confidence=0.9),
        ),
    )  # fmt: skip
    write(replace(report, examples=(known,)), tmp_path / "out.json")
    done = run("explain", example["id"], "--docs", tmp_path / "tree", "--results", tmp_path / "out.json")
    text = " ".join(done.output.split())
    for part in (
        f"blocks {page}:9-14",
        f"file server.py: lines 1-4 from {page}:10-13",
        f"stated dependency mcp ({page}:6)",
        "added whole program (90% sure)",
        "start ",
    ):
        assert part in text, text


def test_a_requirement_that_judged_nothing_is_explained_as_such(tmp_path: Path) -> None:
    write(replace(rich_report(), requirements=tuple(all_requirements())), tmp_path / "out.json")
    done = run("explain", "version.unsupported-400", "--results", tmp_path / "out.json")
    assert "version.unsupported-400 applied to no example" in done.output
    assert "2025-11-25: MUST, whose sentence no finding of the last run quotes" in " ".join(done.output.split())


def test_a_requirement_that_is_newer_than_the_last_run_is_not_said_to_lack_its_sentence(tmp_path: Path) -> None:
    report, new = rich_report(), "session.terminated-404"
    examples = (replace(one, findings=tuple(f for f in one.findings if f.requirement != new)) for one in report.examples)
    older = tuple(row for row in report.requirements if row.id != new)
    write(replace(report, examples=tuple(examples), requirements=older), tmp_path / "out.json")
    text = " ".join(run("explain", new, "--results", tmp_path / "out.json").output.split())
    assert "2025-11-25: MUST, the last run did not include this requirement" in text
    assert text.endswith(f"{new} has not been judged: the last run did not include this requirement.")
    assert "sentence was not found" not in text


def test_a_glob_names_examples_at_any_folder_boundary(state: Path) -> None:
    done = run("explain", "learn/handlers*", "--state", state)
    assert "docs/learn/handlers#typescript-2" in done.output
    assert "uses `app`" in done.output


def test_an_unknown_name_gets_the_nearest(state: Path) -> None:
    assert "session.terminated-404" in (refused(run("explain", "sesion.terminated", "--state", state)).hint or "")


def test_without_a_last_run_there_is_a_hint(tmp_path: Path) -> None:
    assert "docprobe check" in (refused(run("explain", "x", "--state", tmp_path)).hint or "")


def test_hostile_results_steer_nothing(tmp_path: Path) -> None:
    write(hostile_report(), tmp_path / "out.json")
    for full in ((), ("--full",)):
        done = run("explain", "*", "--results", tmp_path / "out.json", *full)
        assert done.exit_code == 0
        assert {char for char in done.output if not char.isprintable()} == {"\n"}


def test_a_requirement_is_explained_before_any_run(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    write_two_revisions(docs)
    write_bindings(docs)
    done = run("explain", "session.terminated-404", "--docs", docs, "--state", tmp_path / "none")
    assert done.exit_code == 0
    assert "no earlier run was found, so this shows only what the docs say about session.terminated-404" in done.stderr
    assert "MUST" in done.stdout
    assert "{+404+}" in done.stdout
    assert "decided  by a conversation" in done.stdout
    assert done.stdout.rstrip().endswith("session.terminated-404 has not been judged: no example was run.")
    assert "no earlier run was found" in str(
        refused(run("explain", "docs/a#python", "--docs", docs, "--state", tmp_path / "none"))
    )
