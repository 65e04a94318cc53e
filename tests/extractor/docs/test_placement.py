"""Where a block is on its page."""

from __future__ import annotations

from pathlib import Path

from extractor.docs.page_blocks import blocks_of
from extractor.model import Block
from tests.support.docs_tree import written_page


def blocks(tmp_path: Path, text: str) -> tuple[Block, ...]:
    return blocks_of(written_page(tmp_path, "page.mdx", text))


def test_only_the_innermost_components_are_listed_of_a_hostile_nesting(tmp_path: Path) -> None:
    depth = 2_000
    text = "<Tab title='x'>\n" * depth + "```js\n```\n" + "</Tab>\n" * depth
    (only,) = blocks(tmp_path, text)
    assert len(only.place.containers) == 32
    assert only.place.tab == "x"


def test_tags_without_a_partner_enclose_nothing(tmp_path: Path) -> None:
    text = "<Tabs>\n<Tab title='A'>\n<Card>\n```js\n```\n</Tab>\n</Tabs>\n"
    (only,) = blocks(tmp_path, text)
    assert only.place.containers == ("Tabs", "Tab[title=A]")
