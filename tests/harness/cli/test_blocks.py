"""``docprobe blocks`` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from extractor.docs.corpus import extract
from extractor.model import Block
from harness.base.codec import from_json, to_json
from harness.base.errors import UsageError
from harness.cli.main import cli
from harness.settings import load_config

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """---
title: A
---

# Start

<Tabs>
  <Tab title="TypeScript">
    ```ts server.ts {2}
    serve()
      deeper()
    ```
  </Tab>
</Tabs>

{/* docprobe: file=a.py */}
```python One file
run()
```
"""


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCPROBE_STATE", str(tmp_path / "state"))
    root = tmp_path / "docs"
    (root / "specification").mkdir(parents=True)
    (root / "guide").mkdir()
    (root / "guide" / "a.mdx").write_text(PAGE)
    (root / "specification" / "b.mdx").write_text("text\n\n```json\n{}\n")
    return root


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_table_has_a_line_per_block_and_columns_that_awk_sees(docs: Path) -> None:
    result = run("blocks", str(docs))
    assert result.exit_code == 0
    assert [line.split(maxsplit=4) for line in result.stdout.splitlines()] == [
        ["WHERE", "LANGUAGE", "NAME", "LINES", "PLACE"],
        ["guide/a.mdx:9-12", "ts", "server.ts", "2", "Start | tab TypeScript"],
        ["guide/a.mdx:17-19", "python", "One_file", "1", "Start"],
        ["specification/b.mdx:3-4", "json", "-", "1"],
    ]


def test_problems_and_counts_go_to_stderr_with_file_and_line(docs: Path) -> None:
    assert run("blocks", str(docs)).stderr.splitlines() == [
        "specification/b.mdx:3: a fence starts here and never ends",
        "3 blocks (3 distinct) on 2 pages",
    ]
    assert run("--quiet", "blocks", str(docs)).stderr == ""


def test_one_block_on_one_page_is_counted_in_the_singular(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```ts\nlet a = 1;\n```\n")
    assert run("blocks", str(page)).stderr.splitlines() == ["1 block (1 distinct) on 1 page"]


def test_json_has_every_field_and_is_the_same_each_time(docs: Path) -> None:
    first, second = (run("blocks", str(docs), "--format", "json") for _ in range(2))
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    assert list(document) == ["schema", "docs", "blocks", "problems"]
    assert document["schema"] == "docprobe-blocks/1"
    assert document["docs"] == {"root": docs.as_posix(), "pages": 2}
    assert document["problems"] == [
        {
            "span": {"file": "specification/b.mdx", "first": 3, "last": 3, "column": 1},
            "message": "a fence starts here and never ends",
        }
    ]
    corpus = extract(docs, load_config(docs).layout)
    for block in document["blocks"]:
        block["prose_commands"], block["prose_values"] = block.pop("spoken"), block.pop("stated")
    assert tuple(from_json(json.dumps(block), Block) for block in document["blocks"]) == corpus.blocks
    assert json.loads(to_json(corpus.blocks[0])) == document["blocks"][0]


def test_text_is_exact(docs: Path) -> None:
    blocks = json.loads(run("blocks", str(docs), "--format", "json").stdout)["blocks"]
    assert [block["text"] for block in blocks] == ["serve()\n  deeper()\n", "run()\n", "{}\n"]
    assert blocks[1]["directives"] == [
        {"span": {"file": "guide/a.mdx", "first": 16, "last": 16, "column": 1}, "values": {"file": "a.py"}}
    ]


def test_no_control_character_of_the_docs_reaches_the_terminal(docs: Path) -> None:
    (docs / "guide" / "a.mdx").write_text("# \x1b[31mred\x07\n\n```js \x1b]0;t\x07.js\n```\n")
    (docs / "guide" / "\x1b[31m.mdx").write_text("```js\n")
    result = run("blocks", str(docs))
    assert "\x1b" not in result.stdout + result.stderr
    assert "red" in result.stdout


def test_json_holds_hostile_text_as_it_is(docs: Path) -> None:
    (docs / "guide" / "a.mdx").write_text("```js\n\x1b\u2028\u202e\n```\n")
    (block, _) = json.loads(run("blocks", str(docs), "--format", "json").stdout)["blocks"]
    assert block["text"] == "\x1b\u2028\u202e\n"


def test_no_docs(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run("blocks", str(tmp_path / "absent"))


def test_an_unknown_format_is_wrong_use(docs: Path) -> None:
    assert run("blocks", str(docs), "--format", "xml").exit_code == 2


@pytest.mark.processes
def test_blocks_of_new_docs_load_no_more_than_the_docs_need(docs: Path) -> None:
    program = (
        "import sys\n"
        "from harness.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    (docs / "docs.json").write_text("{}")  # a site of Mintlify
    words = [sys.executable, "-c", program, "blocks", str(docs), "--format", "json"]
    loaded = set(subprocess.run(words, capture_output=True, text=True, check=True).stderr.split())
    assert "markdown_it" in loaded
    of_others = {"extractor.markdown.myst", "extractor.markdown.shortcodes"}
    assert not {"pathspec", "multiprocessing", "extractor.normative.statement_reader", *of_others} & loaded


@pytest.mark.processes
@pytest.mark.parametrize("command", ["blocks", "statements", "examples"])
def test_a_list_of_an_unchanged_tree_imports_only_what_it_needs(docs: Path, command: str) -> None:
    """Imports are most of what such a run takes."""
    program = (
        "import sys\n"
        "from harness.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    for _ in range(2):
        words = [sys.executable, "-c", program, command, str(docs), "--format", "json"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    never = {"rich", "docker", "httpx", "markdown_it", "tree_sitter_python", "packaging", "importlib.metadata"}
    unchanged = {"filelock", "harness.profiles.mcp.catalogue", "harness.judge"} if command != "statements" else set()
    values = {f"harness.model.{name}" for name in ("conversation", "findings", "report", "running")}
    runs = values if command == "blocks" else set()
    assert not (never | unchanged | runs) & set(done.stderr.split())
