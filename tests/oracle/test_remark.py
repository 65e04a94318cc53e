"""Block by block against remark-mdx: lines, column, info string and exact text.

Runs over the tree that DOCPROBE_REAL_DOCS names, or over the sample. A page that remark refuses to parse cannot be
compared: docprobe reads such a page all the same (what is malformed counts as prose) and the test reports how many
there were.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it.common.utils import unescapeAll

from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_reader import parse_page
from extractor.docs.tree import find_files
from extractor.model import Layout, Page
from tests.oracle.remark import Refused, Remark, Seen, remark
from tests.support.docs_tree import read_page

pytestmark = pytest.mark.oracle

SAMPLE = Path(__file__).parents[2] / "docs-snapshot" / "sample"
PIECES = """```|```ts a.ts|````|~~~|~~~js|``|text|`code`|- |- item|* b|1. one|2. two|10) x|> |> quote|# H|===|***|||||    |
\t|<Tab title="x">|</Tab>|<A/>|<A b={1} />|<A b={`|`} />|{1}|{/*|*/}|{/* c */}|{"}"}|{`|`}|<A|b="c"|/>|>|import a from "b"|
export const x = 1|export const y = {|}|<Tabs>|</Tabs>|<B> text|text <b>x</b>|- ```js|> ```|-     five|-\t tab|
1.      six|{`${"}"}`}|{a /* } */}|{}|\\|$|[^1]: note|&lt;|- [ ] todo|*a|**|_x_|<A c="| d" />|~~~~|>> q|+ p|  - n|> - a|
- > b|{//x|x  |  ===|    ---|- # h|+|-   |1.""".replace("|\n", "|").split("|")
# remark takes a list that opens a new container for one that interrupts the paragraph before that container
QUIRK = re.compile(r"\S.*\n[ \t]*(?:(?:[-+*]|\d+[.)])[ \t]+|>[ \t]*)+(?:[-+*]|\d+[.)])(?:\s|\Z)")
PREFIXES = [
    *[""] * 5,
    " ",
    "  ",
    "   ",
    "    ",
    "      ",
    "\t",
    "> ",
    ">",
    "- ",
    "  > ",
    "        ",
    ">\t",
    "> \t",
    " >\t",
    ">\t>\t",
    "> >\t",
]


@pytest.fixture(scope="module")
def oracle() -> Iterator[Remark]:
    with remark() as running:
        yield running


def ours(page: Page) -> tuple[Seen, ...]:
    return tuple(
        Seen(
            block.span.first,
            block.span.last,
            block.span.column,
            " ".join(unescapeAll(block.info.raw).split()),
            block.text.removesuffix("\n"),
        )
        for block in blocks_of(page)
    )


def theirs(blocks: tuple[Seen, ...]) -> tuple[Seen, ...]:
    return tuple(Seen(b.first, b.last, b.column, " ".join(b.info.split()), b.text) for b in blocks)


def test_every_block_of_the_docs(oracle: Remark) -> None:
    root = Path(os.environ.get("DOCPROBE_REAL_DOCS", SAMPLE))
    paths = [path for path in find_files(root, Layout())[0] if path.endswith(".mdx")]
    assert paths, f"no MDX page below {root}"
    refused: list[str] = []
    compared = 0
    for path in paths:
        page = read_page(root, path, Layout())
        answer = oracle.blocks(page.source, "mdx")
        if isinstance(answer, Refused):
            refused.append(f"{path}: {answer.reason}")
            continue
        assert ours(page) == theirs(answer), path
        assert page.problems == (), path
        compared += len(answer)
    print(f"{compared} blocks of {len(paths) - len(refused)} pages are the same; refused by remark: {refused}")
    assert len(refused) <= len(paths) // 100


@pytest.mark.parametrize("seed", range(4))
def test_every_block_of_pages_made_up_of_pieces(oracle: Remark, seed: int) -> None:
    chance = random.Random(seed)
    compared = 0
    for _ in range(1500):
        lines = (chance.choice(PREFIXES) + chance.choice(PIECES) for _ in range(chance.randint(1, 9)))
        text = "\n".join(lines) + chance.choice(("", "\n"))
        if QUIRK.search(text):
            continue
        answer = oracle.blocks(text, "mdx")
        if isinstance(answer, Refused):
            continue
        page = parse_page(Path("/nowhere"), "p.mdx", text.encode(), Layout(), None).page
        # where a fence never ends, remark and CommonMark's own parser differ on the blank lines at its end
        unclosed = {problem.span.first for problem in page.problems}
        assert comparable(ours(page), unclosed) == comparable(theirs(answer), unclosed), text
        compared += len(answer)
    assert compared > 100


def comparable(blocks: tuple[Seen, ...], unclosed: set[int]) -> tuple[Seen, ...]:
    return tuple(Seen(b.first, 0, b.column, b.info, _to_last_text(b)) if b.first in unclosed else b for b in blocks)


def _to_last_text(block: Seen) -> str:
    """The text of a block without the blank lines at its end."""
    lines = block.text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)
