"""MyST's directives; ``make oracle`` compares them with myst-parser."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.docs.page_blocks import blocks_of
from extractor.model import Block, Layout, Page
from tests.support.docs_tree import read_page


def read(root: Path, text: str) -> tuple[Page, tuple[Block, ...]]:
    (root / "p.md").write_text(text, "utf-8")
    page = read_page(root, "p.md", Layout())
    return page, blocks_of(page)


@pytest.mark.parametrize(
    ("text", "language", "code", "line"),
    [
        ("```{code-block} js\n:linenos:\n:caption: a.js\n\nx()\n```\n", "js", "x()\n", 5),
        ("```{code-block} js\n---\nlineno-start: 3\n---\nx()\n```\n", "js", "x()\n", 5),
        ("```{code} js\nx()\n```\n", "js", "x()\n", 2),
        ("```{code-block} js\n\nx()\n```\n", "js", "x()\n", 3),
        (":::{code-block} js\nx()\n:::\n", "js", "x()\n", 2),
        ("- item\n\n  ~~~{code-cell} ipython3\n  :tags: [a]\n\n  x\n  ~~~\n", "ipython3", "x\n", 6),
        ("```{code-block}\nx\n```\n", "", "x\n", 2),
        ("```{testcode} group\nx\n```\n", "python", "x\n", 2),
        ("```{jupyter-execute}\n:hide-output:\n\nx\n```\n", "python", "x\n", 4),
        ("```{python echo=FALSE}\nx\n```\n", "python", "x\n", 2),
    ],
)
def test_options_are_not_text_and_lines_stay_true(
    tmp_path: Path, text: str, language: str, code: str, line: int
) -> None:
    page, (block,) = read(tmp_path, text)
    assert (block.language, block.text, block.line(0).first) == (language, code, line)
    assert page.problems == ()


def test_a_caption_may_name_the_file(tmp_path: Path) -> None:
    _, (block,) = read(tmp_path, "```{code-block} py\n:name: id-of-it\n:caption: pkg/app.py\nx\n```\n")
    assert block.info.name == "pkg/app.py"


def test_a_caption_may_be_a_text_below_it(tmp_path: Path) -> None:
    _, (block,) = read(tmp_path, "```{code-block} py\n---\ncaption: |\n  src/main.py\nlinenos:\n---\nx\n```\n")
    assert (block.info.name, block.text) == ("src/main.py", "x\n")


def test_code_may_be_a_tab(tmp_path: Path) -> None:
    text = "````{tabs}\n```{code-tab} py In Python\nx\n```\n```{code-tab} c\ny\n```\n````\n"
    _, found = read(tmp_path, text)
    assert [(b.language, b.text, b.place.tab, b.place.tab_siblings) for b in found] == [
        ("py", "x\n", "In Python", ("In Python", "c")),
        ("c", "y\n", "c", ("In Python", "c")),
    ]


def test_what_holds_a_fence_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    text = "````{exercise} Try\n:label: a\n\nText.\n\n```py\nx\n```\n````\n\n```{highlight} py\n```\n\n```py\ny\n```\n"
    page, found = read(tmp_path, text)
    assert [(b.text, b.line(0).first, b.place.containers) for b in found] == [
        ("x\n", 7, ("exercise[title=Try]",)),
        ("y\n", 15, ()),
    ]
    assert page.problems == ()


def test_directives_nest(tmp_path: Path) -> None:
    text = (
        "``````{tab-set}\n`````{tab-item} One\n````{dropdown} More\n```{code-block} a\n:linenos:\n1\n```\n````\n`````\n"
        "`````{tab-item} Two\n:sync: b\n\n```b\n2\n```\n`````\n``````\n\n"
        "::::{warning}\n:::{tip}\n~~~c\n3\n~~~\n:::\n::::\n"
    )
    _, found = read(tmp_path, text)
    assert [(b.language, b.text, b.place.tab, b.place.tab_siblings, b.place.callout) for b in found] == [
        ("a", "1\n", "One", ("One", "Two"), "dropdown"),
        ("b", "2\n", "Two", ("One", "Two"), None),
        ("c", "3\n", None, (), "tip"),
    ]


@pytest.mark.parametrize(
    ("options", "text", "spans"),
    [
        ("", "one\n  two\nthree\nfour\n", ["lib/a.py:1-4"]),
        (":lines: 1,3-\n", "one\nthree\nfour\n", ["lib/a.py:1", "lib/a.py:3-4"]),
        (":start-after: one\n:end-before: four\n:dedent:\n", "  two\nthree\n", ["lib/a.py:2-3"]),
        (":start-at: two\n:end-at: two\n:dedent: 1\n", " two\n", ["lib/a.py:2"]),
    ],
)
def test_a_file_is_shown_as_its_options_say(tmp_path: Path, options: str, text: str, spans: list[str]) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text("one\n  two\nthree\nfour\n")
    page, (block,) = read(tmp_path, f"```{{literalinclude}} lib/a.py\n{options}```\n")
    assert (block.language, block.text) == ("py", text)
    assert [str(span) for span in block.includes] == spans
    assert page.problems == ()


def test_what_a_file_cannot_give_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n")
    text = "".join(
        f"```{{literalinclude}} {path}\n{options}```\n"
        for path, options in (("../a.py", ""), ("a.py", ":pyobject: f\n"), ("a.py", ":lines: 7\n"))
    )
    more = "```{include} a.md\n```\n```{eval-rst}\n.. code:: py\n```\n:::{include} b.md\n:::\n"
    page, found = read(tmp_path, text + more)
    assert len(found) == 3
    assert [problem.message for problem in page.problems] == [
        "include of '../a.py' is not followed: it lies outside the docs tree",
        "the option :pyobject: of literalinclude is not read; the file is shown whole",
        "a.py has no such lines",
        "{include} (MyST) is not read: code that it brings or holds is not seen (2 times on this page)",
        "{eval-rst} (MyST) is not read: code that it brings or holds is not seen",
    ]


def test_other_braces_are_no_directive(tmp_path: Path) -> None:
    _, found = read(tmp_path, "```{1,3}\na\n```\n```{ .js }\nb\n```\n```{mermaid}\nc\n```\n")
    assert [block.text for block in found] == ["a\n", "b\n", "c\n"]
