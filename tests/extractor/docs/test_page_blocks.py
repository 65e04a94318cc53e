"""From pages to blocks: readable pairs of a page and, beside it, the blocks that are in it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from extractor.docs.page_blocks import CONTEXT_CHARACTERS, blocks_of
from extractor.model import Block, Flavour, Layout
from tests.support.block_text import render
from tests.support.docs_tree import read_page
from tests.support.golden import check_golden

FIXTURES = Path(__file__).parents[2] / "fixtures" / "blocks"
PAGES = sorted(path for ending in ("md", "mdx") for path in FIXTURES.glob(f"*/*.{ending}"))


def blocks(tmp_path: Path, text: str, flavour: Flavour = Flavour.MINTLIFY) -> tuple[Block, ...]:
    (tmp_path / "page.mdx").write_text(text, "utf-8")
    return blocks_of(read_page(tmp_path, "page.mdx", Layout(flavour=flavour)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_blocks_of_a_page_are_as_written_beside_it(path: Path) -> None:
    layout = Layout(flavour=Flavour(path.parent.name))
    page = read_page(path.parent, path.name, layout)
    check_golden(path.with_suffix(".txt"), render(page, blocks_of(page)))


def test_there_is_a_page_for_each_flavour() -> None:
    assert {path.parent.name for path in PAGES} == set(Flavour)


def test_a_block_has_its_digest_ordinal_and_revision(tmp_path: Path) -> None:
    folder = tmp_path / "2025-06-18"
    folder.mkdir()
    (folder / "page.mdx").write_text("```js\nä\n```\n\n```js\n```\n", "utf-8")
    found = blocks_of(read_page(tmp_path, "2025-06-18/page.mdx", Layout(revisions=("2025-06-18",))))
    assert [block.ordinal for block in found] == [0, 1]
    assert [block.text for block in found] == ["ä\n", ""]
    assert found[0].sha256 == hashlib.sha256("ä\n".encode()).hexdigest()
    assert {block.revision for block in found} == {"2025-06-18"}


def test_a_block_without_a_final_line_end_still_ends_with_one(tmp_path: Path) -> None:
    (only,) = blocks(tmp_path, "```js\nlast()")
    assert only.text == "last()\n"
    assert (only.span.first, only.span.last) == (1, 2)


def test_the_context_is_the_prose_since_the_last_block(tmp_path: Path) -> None:
    text = "First *words* with `code`.\n\n```js\n```\n\n- Save as [it](u):\n\n```js\n```\n```js\n```\n"
    assert [block.context for block in blocks(tmp_path, text)] == ["First words with code.", "Save as it:", ""]


def test_the_context_is_the_end_of_long_prose(tmp_path: Path) -> None:
    (only,) = blocks(tmp_path, "far\n\n" + "word " * 1000 + "\n\n" + "near " * 200 + "end\n\n```js\n```\n")
    assert only.context.endswith("near end")
    assert len(only.context) == CONTEXT_CHARACTERS


@pytest.mark.parametrize("length", [100, 118, 119, 200])
def test_a_paragraph_that_is_the_name_of_a_file_stays_in_front_of_long_prose(tmp_path: Path, length: int) -> None:
    (only,) = blocks(tmp_path, "far\n\n`src/a.js`\n\n" + "word " * length + "end\n\n```js\n```\n")
    lines = [line for line in only.context.split("\n") if "a.js" in line]
    assert lines == ["src/a.js"]
    assert only.context.endswith("word end")


def test_what_one_tab_says_is_not_the_context_of_the_next(tmp_path: Path) -> None:
    text = "<Tabs>\n<Tab title='A'>\nSave as a.ts.\n</Tab>\n<Tab title='B'>\n```js\n```\n</Tab>\n</Tabs>\n"
    (only,) = blocks(tmp_path, text)
    assert only.context == ""


def test_fences_around_mdx_are_unwrapped(tmp_path: Path) -> None:
    text = (
        '````mdx-code-block\n<Tabs>\n<TabItem value="x" label="X">\n\n```mdx-code-block\nthree\n```\n````\n\n```js\na\n```\n\n'
        "```mdx-code-block\n</TabItem>\n</Tabs>\n```\n\n  ```mdx-code-block\nb\n```\n"
    )
    found = blocks(tmp_path, text, Flavour.DOCUSAURUS)
    # Docusaurus's patterns take off those of three marks first, wherever they are, and compare no indentation
    assert [(block.language, block.place.tab, block.span.first) for block in found] == [("js", "X", 10)]
    assert [block.language for block in blocks(tmp_path, "```mdx-code-block\na\n```\n")] == ["mdx-code-block"]


@pytest.mark.parametrize("flavour", Flavour)
def test_a_tab_behind_its_mark_continues_a_quotation(tmp_path: Path, flavour: Flavour) -> None:
    (tmp_path / "page.md").write_text("> text\n>\n>\t```js\n>\ta\n>\t\tb\n>\t```\n>\ttext\n", "utf-8")
    (only,) = blocks_of(read_page(tmp_path, "page.md", Layout(flavour=flavour)))
    assert (only.text, only.span.first, only.span.last, only.place.quoted) == ("a\n\tb\n", 3, 6, True)
