"""Block by block against Python-Markdown with PyMdown's extensions, and against myst-parser.

Pages are made up of what the sites' authors write, nested and indented right and wrong. Neither parser says on which
lines a block is, so that language, title and text are compared.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_reader import parse_page
from extractor.model import Flavour, Layout
from tests.oracle.parsers import Shown, SiteParsers, site_parsers

pytestmark = pytest.mark.oracle

INFOS = ("", "py", " .sh", 'sh title="a.sh"', " { .py }", 'js hl_lines="1"', "x y", "rust,ignore", 'a b="c"')
CODE = ("code", "  code", "", "    deep", "- a", "# c", "!!! x", "> q", "``", ":a: b")
ITEMS = ("- item", "1. one", "10. ten", "* x", "1.  one", "-   y", "  - two deep")
BOXES = (
    "!!! note",
    '!!!note "x"',
    '??? "T"',
    "???+ tip",
    '???+ tip "A b"',
    "!!! note 'x'",
    '=== "A"',
    '===! "B"',
    "=== 'C'",
)


@pytest.fixture(scope="module")
def oracle() -> Iterator[SiteParsers]:
    with site_parsers() as running:
        yield running


class Author:
    """Writes pages by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.lines: list[str] = []

    def page(self, dialect: str) -> str:
        self.lines = []
        self.mkdocs(0, 0) if dialect == "mkdocs" else self.myst(7)
        return "\n".join(self.lines) + "\n"

    def mkdocs(self, indent: int, depth: int) -> None:
        """Blocks at ``indent``: fences, text, and what holds blocks one step deeper."""
        chance, lines = self.chance, self.lines
        for _ in range(chance.randint(1, 3)):
            kind = chance.choice(("fence", "fence", "text", "item", "box", "box", "quote") if depth < 4 else ("fence",))
            at = " " * indent
            if kind == "fence":
                at = " " * (indent + chance.choice((0, 0, 0, 0, 1, 2, 3, 4)))
                mark = chance.choice(("```", "~~~", "````"))
                odd = "  " if chance.random() < 0.05 else ""
                lines.append(at + mark + chance.choice(INFOS))
                lines += [at + chance.choice(CODE) for _ in range(chance.randint(0, 3))]
                lines.append(at + odd + mark)
            elif kind in ("text", "quote"):
                lines.append(at + {"text": "text", "quote": "> quote"}[kind])
            else:
                lines.append(at + chance.choice(ITEMS if kind == "item" else BOXES))
                lines += [""] if chance.random() < 0.6 else []
                self.mkdocs(indent + 4, depth + 1)
            lines += [""] if kind in ("item", "box") or chance.random() < 0.8 else []

    def myst(self, marks: int) -> None:
        """Directives with ``marks`` marks, and those in them with one less."""
        chance, lines = self.chance, self.lines
        for _ in range(chance.randint(1, 3)):
            mark = chance.choice("```:") * marks
            kind = chance.choice(("code", "code", "plain", "text", "box", "box") if marks > 3 else ("code", "plain"))
            if kind == "text":
                lines.append(chance.choice(("text", "- item", "> quote", "# Heading")))
            elif kind == "plain":
                mark = mark.replace(":", "~")
                lines += [f"{mark}{chance.choice(('', 'py', 'c'))}", "code", mark]
            elif kind == "code":
                lines.append(
                    f"{mark}{{{chance.choice(('code-block', 'code', 'sourcecode'))}}} {chance.choice(('py', 'ts'))}"
                )
                lines += chance.choice(
                    ([], [":linenos:"], [":caption: a.py", ":lineno-start: 2"], ["---", "caption: b", "---"])
                )
                lines += chance.choice(([], [""]))
                lines += ["first", *(chance.choice(CODE) for _ in range(chance.randint(0, 2))), "last", mark]
            else:
                name = chance.choice(("{note}", "{tip}", "{admonition} A", "{tab-set}", "{tab-item} T", "{dropdown} D"))
                lines.append(mark + name)
                lines += chance.choice(([], [""], [":class: x"] if name in ("{note}", "{tip}") else [""]))
                self.myst(marks - 1)
                lines.append(mark)
            lines.append("")


def ours(text: str, flavour: Flavour) -> list[Shown]:
    page = parse_page(Path("/nowhere"), "p.md", text.encode(), Layout(flavour=flavour), None).page
    found = blocks_of(page)
    title = "title" if flavour is Flavour.MKDOCS else "caption"
    return [Shown(block.language, block.info.attributes.get(title, ""), plain(block.text)) for block in found]


def plain(text: str) -> str:
    return "\n".join(line if line.strip() else "" for line in text.split("\n")).strip("\n")


def key(block: Shown) -> tuple[str, str, str]:
    return block.language, block.title, block.text


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("dialect", "flavour"), [("mkdocs", Flavour.MKDOCS), ("myst", Flavour.GITHUB)])
def test_every_block_of_pages_made_up(oracle: SiteParsers, dialect: str, flavour: Flavour, seed: int) -> None:
    author = Author(seed)
    compared = 0
    for _ in range(150):
        text = author.page(dialect)
        theirs = [Shown(b.language, b.title, plain(b.text)) for b in oracle.blocks(dialect, text)]
        # the site moves what is in a quotation or list; the order of what it shows is not the page's
        assert sorted(ours(text, flavour), key=key) == sorted(theirs, key=key), text
        compared += len(theirs)
    assert compared > 80
