"""Directives: what they say, and what is wrong with them, by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.docs.directives import KEYS, read_directive
from extractor.docs.page_blocks import blocks_of
from extractor.model import Flavour, Layout
from tests.support.docs_tree import read_page


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("docprobe: file=server.ts", {"file": "server.ts"}),
        ('docprobe: file="my server.ts" id=x', {"file": "my server.ts", "id": "x"}),
        ("docprobe:deps='a b' command = \"npx tsx 'a b.ts'\"", {"deps": "a b", "command": "npx tsx 'a b.ts'"}),
        ('docprobe: skip="says \\"no\\""', {"skip": 'says "no"'}),
        ("docprobe: skip", {"skip": ""}),
        ("docprobe:\n  file=a.ts\n  env='A=1 B=2'\n", {"file": "a.ts", "env": "A=1 B=2"}),
        (
            "docprobe: expected=not-runnable:broken endpoint=/mcp?a=b",
            {"expected": "not-runnable:broken", "endpoint": "/mcp?a=b"},
        ),
    ],
)
def test_values(text: str, values: dict[str, str]) -> None:
    reading = read_directive(text)
    assert reading is not None
    assert (dict(reading.values), reading.problems) == (values, ())


@pytest.mark.parametrize("text", ["", "a comment", "docprobe", "about docprobe: file=x", "Docprobe: file=x"])
def test_other_comments_are_none(text: str) -> None:
    assert read_directive(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("docprobe: fiel=a.ts", "unknown directive key 'fiel'; did you mean 'file'?"),
        ("docprobe: zzz=1", f"unknown directive key 'zzz'; choose from {', '.join(KEYS)}"),
        ("docprobe: file", "directive key 'file' needs a value"),
        ("docprobe: file=a file=b", "directive key 'file' is given twice"),
        (
            "docprobe: kind=htpp-server",
            "directive value kind=htpp-server is unknown; choose from http-server, stdio-server, client, other",
        ),
        ("docprobe:", "an empty directive; write key=value"),
        ('docprobe: file="a', "cannot read the directive from 'file=\"a' on; write key=value"),
        ("docprobe: =a", "cannot read the directive from '=a' on; write key=value"),
    ],
)
def test_problems(text: str, message: str) -> None:
    reading = read_directive(text)
    assert reading is not None
    assert reading.problems == (message,)


def test_what_can_be_read_of_a_wrong_directive_counts() -> None:
    reading = read_directive("docprobe: file=a.ts nope=1")
    assert reading is not None
    assert reading.values == {"file": "a.ts"}
    assert len(reading.problems) == 1


def test_only_the_comments_directly_above_a_block_are_about_it(tmp_path: Path) -> None:
    (tmp_path / "p.mdx").write_text(
        "{/* docprobe: file=a.ts */}\n\ntext\n\n"
        "{/* docprobe: id=x */}\n{/* why */}\n{/* docprobe: fil=y */}\n\n```ts\n```\n"
    )
    page = read_page(tmp_path, "p.mdx", Layout())
    (block,) = blocks_of(page)
    assert [(str(d.span), dict(d.values)) for d in block.directives] == [("p.mdx:5", {"id": "x"}), ("p.mdx:7", {})]
    assert [(str(p.span), p.message.partition(";")[0]) for p in page.problems] == [
        ("p.mdx:1", "this directive is not directly above a block"),
        ("p.mdx:7", "unknown directive key 'fil'"),
    ]


@pytest.mark.parametrize(
    ("flavour", "comment"),
    [
        (Flavour.MINTLIFY, "{/* docprobe: file=a.ts */}"),
        (Flavour.DOCUSAURUS, "{/* docprobe: file=a.ts */}"),
        (Flavour.DOCUSAURUS, "<!-- docprobe: file=a.ts -->"),
        (Flavour.VITEPRESS, "<!-- docprobe: file=a.ts -->"),
        (Flavour.MKDOCS, "<!-- docprobe: file=a.ts -->"),
        (Flavour.GITHUB, "<!-- docprobe: file=a.ts -->"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "- ", "> "])
def test_each_flavour_has_its_comment(tmp_path: Path, flavour: Flavour, comment: str, prefix: str) -> None:
    rest = {"": "", "- ": "  ", "> ": "> "}[prefix]
    (tmp_path / "p.mdx").write_text(f"{prefix}{comment}\n{rest}```ts\n{rest}x\n{rest}```\n")
    page = read_page(tmp_path, "p.mdx", Layout(flavour=flavour))
    (block,) = blocks_of(page)
    assert [dict(d.values) for d in block.directives] == [{"file": "a.ts"}]
    assert block.text == "x\n"
