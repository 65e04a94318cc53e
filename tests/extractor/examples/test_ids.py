"""Ids of examples: what they are made of, and that nothing but the page's own order and names moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.examples.ids import with_repeated_ids
from extractor.model import ExampleStatus, Layout
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

START = "from fastmcp import FastMCP\nmcp = FastMCP('x')\n"
PROJECT = (
    '# App\n\n```json package.json\n{"dependencies": {"express": "5"}}\n```\n\n## View\n\n'
    "```ts src/view.ts\nimport { App } from '@modelcontextprotocol/ext-apps';\nnew App();\n```\n\n"
    "## Server\n\n```ts server.ts\nimport { createMcpExpressApp } from '@modelcontextprotocol/express';\n"
    "const app = createMcpExpressApp();\napp.listen(3000);\n```\n"
)


def ids(tmp_path: Path, page: str) -> dict[str, Example]:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    return {
        e.id.partition("#")[2]: e for e in find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    }


def section(title: str, code: str, fence: str = "python") -> str:
    return f"## {title}\n\n```{fence}\n{code}```\n\n"


def test_one_of_a_language_is_named_by_it(tmp_path: Path) -> None:
    page = section("One", START + "mcp.run()\n") + section("Two", "new McpServer({})\n", "ts")
    assert list(ids(tmp_path, page)) == ["python", "typescript"]


def test_a_clash_takes_the_heading_then_an_ordinal(tmp_path: Path) -> None:
    run = START + "mcp.run()\n"
    page = section("One", run) + section("Two", run) + f"```python\n{run}```\n\n" + section("Three", "import mcp\n")
    assert list(ids(tmp_path, page)) == ["one", "two", "two.2", "three"]


def test_a_heading_with_two_languages(tmp_path: Path) -> None:
    run = START + "mcp.run()\n"
    page = section("One", run) + "```ts\nnew McpServer({})\n```\n\n" + section("Two", run)
    assert list(ids(tmp_path, page)) == ["one.python", "typescript", "two"]


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_a_fragment_keeps_its_id_when_somebody_completes_it(tmp_path: Path, pieces: int) -> None:
    others = "".join(section(f"Piece {n}", "mcp.run()\n") for n in range(1, pieces))
    before = ids(tmp_path, section("Server", START) + others)
    after = ids(tmp_path, section("Server", START + "mcp.run()\n") + others)
    assert list(before) == list(after)
    name = next(iter(before))
    assert before[name].status is ExampleStatus.FRAGMENT
    assert after[name].status is ExampleStatus.RUNNABLE


def test_a_file_of_a_project_takes_no_name_from_its_server(tmp_path: Path) -> None:
    whole = ids(tmp_path, PROJECT)
    lacking = ids(tmp_path, PROJECT.replace("app.listen", "add(app, one, two);\napp.listen"))
    assert list(whole) == ["typescript"]
    assert whole["typescript"].status is ExampleStatus.RUNNABLE
    assert list(lacking) == ["view", "typescript"]
    assert lacking["typescript"].status is ExampleStatus.FRAGMENT


def test_modules_of_a_program_that_lacks_something_are_its_own(tmp_path: Path) -> None:
    page = section("Config", "KEY = 1\n", "python config.py") + section(
        "Server",
        "from config import KEY\nfrom fastmcp import FastMCP\nFastMCP(name, first, second).run()\n",
        "python server.py",
    )
    assert [e.status for e in ids(tmp_path, page).values()] == [ExampleStatus.FRAGMENT]
    complete = ids(tmp_path, page.replace("FastMCP(name, first, second)", "FastMCP('name')"))
    assert list(complete) == list(ids(tmp_path, page)) == ["python"]
    assert complete["python"].status is ExampleStatus.RUNNABLE


def test_a_directive_names_an_example(tmp_path: Path) -> None:
    page = "<!-- docprobe: id=Mine -->\n\n```python\n" + START + "mcp.run()\n```\n"
    assert list(ids(tmp_path, page)) == ["mine"]


def test_an_id_of_two_directives_is_a_problem_with_both_places(tmp_path: Path) -> None:
    twin = "<!-- docprobe: id=Twin -->\n\n```python\n" + START + "mcp.run()\n```\n\n"
    (tmp_path / "page.md").write_text(twin + "## Two\n\n" + twin, encoding="utf-8")
    corpus = extract(tmp_path, Layout(), jobs=1, statements=False)
    found = find_examples(corpus, CODE)
    assert [example.id for example in found] == ["page#twin", "page#twin.2"]
    problems = with_repeated_ids(corpus, found).problems
    assert [f"{p.span}: {p.message}" for p in problems] == [
        "page.md:11: id 'twin' is used twice: page.md:1 and page.md:11"
    ]


def test_an_id_on_two_blocks_of_one_program_is_used_once(tmp_path: Path) -> None:
    directive = "<!-- docprobe: id=one join=one -->\n\n```python\n"
    (tmp_path / "page.md").write_text(f"{directive}{START}```\n\n{directive}mcp.run()\n```\n", encoding="utf-8")
    corpus = extract(tmp_path, Layout(), jobs=1, statements=False)
    found = find_examples(corpus, CODE)
    assert [example.id for example in found] == ["page#one"]
    assert with_repeated_ids(corpus, found).problems == ()
