"""Hostile and broken pages: bounded time and memory, and time that grows with the size and no faster.

With DOCPROBE_SOAK the same shapes are five times as large.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from extractor.docs.corpus import extract
from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_reader import parse_page
from extractor.markdown.parser import inline_tokens
from extractor.model import Flavour, Layout, Page
from tests.support.processor import processor_s, processor_time_below
from tests.support.soak import SOAK, sizes, soaked

pytestmark = [*soaked, pytest.mark.attack("pages that are broken")]

FENCE = "```js\nx\n```\n"

SHAPES: dict[str, Callable[[int], str]] = {
    "fences": lambda n: FENCE * n,
    "tags around fences": lambda n: f"<A t='x'>\n{FENCE}" * n + "</A>\n" * n,
    "tags that cross": lambda n: "<A>\n<B>\n" * n + "</A>\n" * n,
    "tabs": lambda n: "<Tabs>\n" + f"<Tab title='x'>\n{FENCE}</Tab>\n" * n + "</Tabs>\n",
    "code group": lambda n: "<CodeGroup>\n" + FENCE * n + "</CodeGroup>\n",
    "open tags": lambda n: "<A>\n" * n,
    "open attributes": lambda n: "<A b={\n" * n,
    "open strings": lambda n: "<A b='\n" * n + "<A b='\n",
    "open expressions": lambda n: "{\n" * n,
    "open expressions in a line": lambda n: "a " + "{" * n,
    "open tags in a line": lambda n: "a " + "<b c={" * n,
    "open comments": lambda n: "{/*\n\n" * n,
    "open HTML comments": lambda n: "<!-- a\n\n" * n,
    "open comments in a list": lambda n: "- <!--\n" + "  <!-- a\n\n" * n,
    "open modules": lambda n: "export const a = {\n\n" * n,
    "open templates": lambda n: "{`${" * n + "\n",
    "open elements": lambda n: "{<a>" * n + "\n",
    "regular expressions": lambda n: "{ /" + "[/" * n + " }",
    "comment of stars": lambda n: "{/*" + "*" * 10 * n + "/}\n",
    "attributes": lambda n: "<A " + "b='c' " * n + ">\n",
    "info string": lambda n: "```js " + "a=b " * n + "\n```\n",
    "info string of quotes": lambda n: "```js " + 'a="' * n + "\n```\n",
    "link targets": lambda n: "[a](" * n,
    "brackets": lambda n: "[" * n,
    "images": lambda n: "![" * n,
    "emphasis": lambda n: "*a **b _c " * n,
    "code spans": lambda n: "`a ``b " * n,
    "entities": lambda n: "&#" * n,
    "heading of brackets": lambda n: "# " + "[" * n,
    "headings": lambda n: "# a\n# a-1\n" * n,
    "space in a heading": lambda n: "# a" + " " * 10 * n + "b {",
    "quotes": lambda n: ">" * n + "a\n",
    "quoted lines": lambda n: ("> " * 50 + "a\n") * (n // 50),
    "list": lambda n: "- a\n" * n,
    "nested list": lambda n: "".join("  " * depth + "- a\n" for depth in range(n // 20)),
    "ordered": lambda n: "1. " * n,
    "table": lambda n: "|a|\n|-|\n" + "|a|\n" * n,
    "wide table": lambda n: "|" + "a|" * n + "\n|" + "-|" * n + "\n",
    "definitions": lambda n: "".join(f"[a{number}]: /u\n" for number in range(n)),
    "open definitions": lambda n: "[a\n" * n,
    "footnotes": lambda n: "[^a]: b\n\n" * n,
    "directives": lambda n: "{/* docprobe: file=a.ts */}\n" * n,
    "long directive": lambda n: "{/* docprobe: " + "a=b " * n + "*/}\n```js\n```\n",
    "long line": lambda n: "a" * 100 * n,
    "long paragraph": lambda n: "a b\n" * n,
    "blank lines": lambda n: "\n" * 10 * n,
    "tabs in a line": lambda n: "\t" * 10 * n + "a\n",
    "underlined": lambda n: "a\n===\n" * n,
    "containers": lambda n: ":::a\n" * n,
    "space in a container": lambda n: "::: a" + " " * 10 * n + "b",
    "space in an include": lambda n: "<<< a" + " " * 10 * n + "b",
    "space in an admonition": lambda n: "!!! a" + " " * 10 * n + "'",
    "admonitions": lambda n: "".join("    " * depth + "!!! a\n" for depth in range(n // 40)),
    "tabs of MkDocs": lambda n: '=== "a"\n\n    b\n\n' * n,
    "includes": lambda n: '```py\n--8<-- "a.py"\n```\n' * n,
    "indented fences": lambda n: "- a\n    ```\n    x\n    ```\n" * n,
    "open fences": lambda n: "    ```\n" * n,
    "options of a fence": lambda n: "``` " + 'a="b" ' * n + "!\n",
    "open highlights": lambda n: "{% highlight a %}\n" * n,
    "template tags": lambda n: '{% tab title="a" %}\n' * n,
    "directives of MyST": lambda n: ":::{note}\n" * n,
    "nested directives": lambda n: "".join("`" * (n // 20 - depth + 3) + "{note}\n" for depth in range(n // 20)),
    "options of a directive": lambda n: "```{code-block} a\n" + ":a: b\n" * n + "```\n",
    "wrappers": lambda n: "```mdx-code-block\n" * n,
    "dashes in an include": lambda n: "```py\n" + "-" * 10 * n + "8<\n```\n",
}
"""A page of each shape by its size."""
OF_MARKDOWN = (
    "admonitions",
    "code group",
    "dashes in an include",
    "directives",
    "footnotes",
    "includes",
    "indented fences",
    "list",
    "nested list",
    "open HTML comments",
    "open definitions",
    "open fences",
    "options of a fence",
    "space in an admonition",
    "tabs of MkDocs",
    "tags around fences",
)
"""Those that Markdown's own rules, or those of MkDocs, read otherwise than MDX."""
OF_PLAIN_MARKDOWN = (
    "directives of MyST",
    "nested directives",
    "open highlights",
    "options of a directive",
    "template tags",
)
"""Those of sites that are written in plain Markdown."""
SIZE = 1_000 if SOAK else 200
SHORTEST_S = SIZE / 50_000
"""A time below which a clock tells too little."""


def extracted(text: str, flavour: Flavour) -> Page:
    """The page, after everything that blocks and statements ask of it."""
    page = parse_page(Path("/nowhere"), "p.mdx", text.encode(), Layout(flavour=flavour), None).page
    blocks_of(page)
    for token in page.tokens:
        if token.type == "inline":
            inline_tokens(flavour, token)
    return page


def seconds(text: str, flavour: Flavour) -> float:
    return processor_s(lambda: extracted(text, flavour))


@pytest.mark.long
@pytest.mark.parametrize(
    ("shape", "flavour"),
    [
        *((shape, Flavour.DOCUSAURUS) for shape in SHAPES),
        *((shape, Flavour.MKDOCS) for shape in OF_MARKDOWN),
        *((shape, Flavour.GITHUB) for shape in OF_PLAIN_MARKDOWN),
        ("space in an include", Flavour.VITEPRESS),
    ],
)
def test_time_grows_with_size_and_no_faster(shape: str, flavour: Flavour) -> None:
    make = SHAPES[shape]
    small = max(min(seconds(make(SIZE), flavour) for _ in range(2)), SHORTEST_S)
    large = seconds(make(8 * SIZE), flavour)
    if large >= 30 * small:  # a busy machine, or a real fault: which of both, a second look tells
        large = min(large, seconds(make(8 * SIZE), flavour))
    # eight times the size may take eight times as long; a square would take 64 times
    assert large < 30 * small, f"{small:.3f} s for {SIZE}, {large:.3f} s for {8 * SIZE}"


def test_thousands_of_fences() -> None:
    count = 100 * SIZE
    with processor_time_below(count / 3_000):
        page = parse_page(Path("/nowhere"), "p.mdx", (FENCE * count).encode(), Layout(), None).page
        blocks = blocks_of(page)
    assert len(blocks) == count
    assert (blocks[-1].span.first, blocks[-1].span.last) == (3 * count - 2, 3 * count)


@pytest.mark.parametrize("depth", sizes(3_000, soak=10_000))
def test_thousands_of_nested_tags(depth: int) -> None:
    text = "<A>\n" * depth + FENCE + "</A>\n" * depth
    with processor_time_below(depth / 1_000):
        page = extracted(text, Flavour.MINTLIFY)
        (block,) = blocks_of(page)
    assert (block.span.first, block.text, page.problems) == (depth + 1, "x\n", ())


def test_ten_thousand_tags_nested_in_one_expression() -> None:
    text = "{" + "<a b={" * 10_000 + "1" + "}/>" * 10_000 + "}\n\n" + FENCE
    page = extracted(text, Flavour.MINTLIFY)
    assert [token.type for token in page.tokens] == ["expression", "fence"]


@pytest.mark.parametrize("depth", sizes(500, soak=2_000))
def test_memory_is_bounded_where_every_tag_holds_a_block(depth: int) -> None:
    text = f"<A t='x'>\n{FENCE}" * depth + "</A>\n" * depth
    tracemalloc.start()
    try:
        extracted(text, Flavour.MINTLIFY)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000 * depth


def test_a_page_of_fifty_megabytes_costs_nothing_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "big.mdx").write_bytes(b"# abc\n\n```js\nx\n```\n\n" * 2_621_440)
    (tmp_path / "small.mdx").write_text(FENCE)
    with processor_time_below(2):
        corpus = extract(tmp_path, Layout())
    assert [str(block.span) for block in corpus.blocks] == ["small.mdx:1-3"]
    assert [(str(p.span), p.message.partition(",")[0]) for p in corpus.problems] == [("big.mdx:1", "50 MiB")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"\xff" * 1000,
        bytes(range(256)) * 20,
        b"---\n" * 1000,
        b"```" * 1000,
        b"\xef\xbb\xbf" * 10,
        b"\r" * 1000,
        b"<" * 1000,
        b"}" * 1000,
        "\u202e\u2066\u0000```js\n\u2028\n```".encode(),
        b"\xed\xa0\x80```js\n",
    ],
)
@pytest.mark.parametrize("flavour", Flavour)
def test_rubbish(data: bytes, flavour: Flavour) -> None:
    page = parse_page(Path("/nowhere"), "p.mdx", data, Layout(flavour=flavour), None).page
    blocks_of(page)
