"""What the report of a change says: examples that it takes away, problems of its pages, shards, other trees."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from harness.base.host import HostEnvironment
from harness.cli.main import cli
from harness.run.planning import make_plan
from harness.run.source import describe_source
from harness.selection.changed import find_change
from harness.settings import load_config
from tests.harness.selection.repositories import SESSION_MAP, edit, git

if TYPE_CHECKING:
    from click.testing import Result

pytestmark = pytest.mark.processes


def _run(docs: Path, tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--state", str(tmp_path / "state")])


BANNER = "docs/2025-11-25/develop/stdio-banner"


def _json(docs: Path, tmp_path: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, results and what the terminal shows of a change that leaves nothing to run."""
    file = tmp_path / "out.json"
    formats = ("--format", f"json:{file}", "--format", "terminal")
    done = _run(docs, tmp_path, "check", str(docs), "--changed-since", "main", "--baseline", "none", *formats, *more)
    return done.exit_code, json.loads(file.read_text()), " ".join(done.output.split())


@pytest.mark.parametrize(
    ("old", "new", "became"),
    [
        ("from mcp.server.fastmcp", "from .phrases", "is a fragment now: "),
        ("```python", "```text", "is not found on the page any more, though most of its lines are there"),
        ("```python", "{/* docprobe: kind=nonsense */}\n\n```python", "is a fragment now: "),
    ],
)
def test_an_example_that_can_no_longer_run_makes_the_run_incomplete(
    docs: Path, tmp_path: Path, old: str, new: str, became: str
) -> None:
    page = docs / f"{BANNER}.mdx"
    edit(page, old, new)
    code, found, shown = _json(docs, tmp_path)
    assert code == 3
    assert [(entry["example"], entry["ref"]) for entry in found["lost"]] == [(f"{BANNER}#python", "main")]
    assert found["lost"][0]["reason"].startswith(became)
    assert f"{BANNER}#python could be run at main but {became}" in shown
    assert "Exit code 3: incomplete. " in shown


def test_an_example_that_moves_and_can_no_longer_run_makes_the_run_incomplete(docs: Path, tmp_path: Path) -> None:
    """A new name for the page does not hide what was done to its code."""
    page = docs / f"{BANNER}.mdx"
    edit(page, "```python", "```text")
    page.rename(page.with_name("renamed.mdx"))
    code, found, _ = _json(docs, tmp_path)
    (lost,) = found["lost"]
    assert (code, lost["example"], lost["page"]) == (3, f"{BANNER}#python", "docs/2025-11-25/develop/renamed.mdx")


def test_a_known_finding_of_an_example_that_can_no_longer_run_is_not_stale(docs: Path, tmp_path: Path) -> None:
    edit(docs / f"{BANNER}.mdx", "```python", "{/* docprobe: kind=nonsense */}\n\n```python")
    done = _run(docs, tmp_path, "check", str(docs), "--changed-since", "main")
    assert f'example = "{BANNER}#python"' in (docs / "docprobe-baseline.toml").read_text()
    assert done.exit_code == 3, done.output


def test_an_example_taken_out_of_its_page_takes_nothing(docs: Path, tmp_path: Path) -> None:
    page = docs / f"{BANNER}.mdx"
    before, _, rest = page.read_text().partition("```python")
    page.write_text(before + rest.partition("```\n")[2])
    code, found, _ = _json(docs, tmp_path)
    assert (code, found["lost"]) == (0, [])


def test_programs_that_the_change_adds_or_edits_are_known_and_its_fragments_are_not(docs: Path, tmp_path: Path) -> None:
    edit(docs / f"{BANNER}.mdx", "```python", "```python server.py")
    page = docs / "docs" / "2025-11-25" / "develop" / "more.mdx"
    page.write_text(
        "# More\n\n## Weather\n\n```python weather.py\nimport unheard_of_thing\nfrom mcp.server.fastmcp import FastMCP\n"
        "m = FastMCP('w')\nm.run()\n```\n\n## Part\n\n```python\nm.run()\n```\n\n## Config\n\n```json\n{}\n```\n"
    )
    config = load_config(docs, environ={}, state=tmp_path / "state", changed_since="main", jobs=1)
    todo = make_plan(config, since=find_change(config, "main"))
    stem = "docs/2025-11-25/develop/more"
    assert {id for id in todo.edited if id.startswith(stem)} == {f"{stem}#weather"}
    assert f"{BANNER}#python" in todo.edited
    assert {e.id for e in todo.examples if e.id.startswith(stem)} > {f"{stem}#weather"}


def test_a_new_fragment_takes_nothing(docs: Path, tmp_path: Path) -> None:
    page = docs / f"{BANNER}.mdx"
    page.write_text(page.read_text() + "\n## More\n\n```python\nserver.run(\n```\n")
    code, found, _ = _json(docs, tmp_path)
    assert (code, found["lost"]) == (0, [])


def test_what_is_left_out_with_a_reason_or_moved_with_its_page_takes_nothing(docs: Path, tmp_path: Path) -> None:
    edit(docs / f"{BANNER}.mdx", "```python", '{/* docprobe: skip="broken on purpose" */}\n\n```python')
    git(docs, "mv", SESSION_MAP, SESSION_MAP.replace("session-map", "sessions"))
    config = load_config(docs, environ={}, state=tmp_path / "state", changed_since="main", jobs=1)
    assert make_plan(config, since=find_change(config, "main")).no_longer_runnable == ()


def test_problems_of_changed_pages_are_reported_with_their_place(docs: Path, tmp_path: Path) -> None:
    page = docs / f"{BANNER}.mdx"
    page.write_text(page.read_text() + "\nWords.\n\n{/* docprobe: knid=client */}\n")
    line = len(page.read_text().splitlines())
    annotations, log = tmp_path / "out.txt", tmp_path / "out.sarif"
    code, found, shown = _json(docs, tmp_path, "--format", f"github:{annotations}", "--format", f"sarif:{log}")
    assert code == 0
    assert {problem.partition(": ")[0] for problem in found["problems"]} == {f"{BANNER}.mdx:{line}"}
    assert "knid" in shown
    assert f"::warning file=docs-root/{BANNER}.mdx,line={line},endLine={line}," in annotations.read_text()
    note, *_ = json.loads(log.read_text())["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    where = note["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == f"docs-root/{BANNER}.mdx"
    assert where["region"]["startLine"] == line


@pytest.mark.parametrize("name", ["a\n::error::b.mdx", "\x1b[31mred\r.mdx"])
def test_a_page_that_is_not_read_for_its_name_is_reported(docs: Path, tmp_path: Path, name: str) -> None:
    (docs / BANNER).with_name(name).write_text((docs / f"{BANNER}.mdx").read_text())
    code, found, shown = _json(docs, tmp_path)
    assert code == 0
    (problem,) = found["problems"]
    assert "not read" in problem
    assert "not read" in shown


def test_problems_of_other_pages_are_not_a_changes(docs: Path, tmp_path: Path) -> None:
    page = docs / f"{BANNER}.mdx"
    page.write_text(page.read_text() + "\n{/* docprobe: knid=client */}\n")
    for branch in ("pull-request", "main"):
        git(docs, "checkout", "-q", branch)
        git(docs, "commit", "-qam", "a slip") if branch == "pull-request" else git(docs, "merge", "-q", "pull-request")
    git(docs, "checkout", "-qb", "other")
    (docs / SESSION_MAP).unlink()
    config = load_config(docs, environ={}, state=tmp_path / "state", changed_since="main", jobs=1)
    todo = make_plan(config, since=find_change(config, "main"))
    assert todo.corpus.problems
    assert todo.problems == ()


def test_a_shard_is_named_in_its_results(docs: Path, tmp_path: Path) -> None:
    edit(docs / "docprobe.toml", "tools.ts is left", "the module tools.ts is left")
    for shard in ("1/2", "2/2"):
        _, found, _ = _json(docs, tmp_path, "--shard", shard)
        assert (found["shards"], found["missing_shards"], found["summary"]["narrowed"]) == ([shard], [], True)


def test_where_the_rules_of_another_tree_are(docs: Path, tmp_path: Path) -> None:
    beside, outside = docs.parent / "rules" / "site", tmp_path / "outside"
    for folder in (beside, outside):
        folder.mkdir(parents=True)

    def root(spec: Path | None) -> str | None:
        return describe_source(docs, spec, HostEnvironment.of({"PATH": os.environ["PATH"]})).rules_root

    assert [root(spec) for spec in (None, docs, beside, outside)] == [None, None, "rules/site", ""]
