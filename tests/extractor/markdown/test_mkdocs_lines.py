"""What Python-Markdown and superfences make of lines; ``make oracle`` compares with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_reader import parse_page
from extractor.markdown.mkdocs_lines import read_lines
from extractor.model import Flavour, Layout, Page


def page(text: str) -> Page:
    return parse_page(Path("/nowhere"), "p.md", text.encode(), Layout(flavour=Flavour.MKDOCS), None).page


def shown(text: str) -> list[tuple[str, str, int]]:
    """Language, text and first line of each block."""
    return [(block.language, block.text, block.span.first) for block in blocks_of(page(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('???+ "Any title"\n\n    ~~~js\n    a()\n    ~~~\n', [("js", "a()\n", 3)], id="details-untyped"),
        pytest.param('!!!tip "T"\n    ```\n    a\n    ```\n', [("", "a\n", 2)], id="no-space"),
        pytest.param(" 3.  one\n     two\n\n    ```go\n    x\n    ```\n", [("go", "x\n", 4)], id="item-by-columns"),
        pytest.param(
            "- one\n\n    - two\n\n        ```go\n          x\n        ```\n", [("go", "  x\n", 5)], id="item-in-item"
        ),
        pytest.param(
            " 1.  one\n\n    !!! note\n\n        ```go\n        x\n        ```\n", [("go", "x\n", 5)], id="note-in-item"
        ),
        pytest.param("text\n    ```go\n    x\n    ```\n", [("go", "x\n", 2)], id="in-a-paragraph"),
        pytest.param("<div>\n```go\nx\n```\n</div>\n", [("go", "x\n", 2)], id="in-html"),
        pytest.param("<!--\n```go\nx\n```\n-->\n", [], id="in-a-comment"),
        pytest.param("text\n\n    ```go\n    x\n    ```\n", [], id="indented-code"),
        pytest.param("- one\n\n        ```go\n        x\n        ```\n", [], id="too-deep-for-the-item"),
        pytest.param("``` .sh\nx\n```\n", [("sh", "x\n", 1)], id="dot"),
        pytest.param("- one\n\n    ```make\n    a:\n    \tb\n    ```\n", [("make", "a:\n\tb\n", 3)], id="tab-in-code"),
        pytest.param("> ```sh\n> x\n> ```\n", [("sh", "x\n", 1)], id="quoted"),
        pytest.param('```py foo="x"\nx\n```\n', [], id="unknown-option"),
        pytest.param("=== 'A'\n\n    ```go\n    x\n    ```\n", [], id="single-quotes"),
        pytest.param("!!! note 'A'\n\n    ```go\n    x\n    ```\n", [], id="single-quotes-of-a-note"),
    ],
)
def test_blocks_are_those_of_the_site(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('=== "A"\n\n     ```go\n     x\n       ```\n\ntext\n', 3, "a later line is indented less than the fence"),
        ("```go\nx\n", 1, "it never ends"),
        ("```go main.go\nx\n```\n", 1, "the site does not recognise the words after the language"),
        ("> ```go\n\ntext\n", 1, "the block quote ends before the fence does"),
    ],
)
def test_a_fence_that_the_site_shows_as_text_is_said(text: str, line: int, reason: str) -> None:
    problems = [(problem.span.first, problem.message) for problem in page(text).problems]
    assert (line, f"a fence that the site shows as text: {reason}") in problems


def test_tabs_of_one_group_stay_together() -> None:
    text = '- item\n\n    === "A"\n\n        ```a\n        ```\n\n    === "B"\n\n        ```b\n        ```\n'
    assert [block.place.tab_siblings for block in blocks_of(page(text))] == [("A", "B"), ("A", "B")]


def test_the_next_start_is_found() -> None:
    lines = read_lines('text\n\n```\n```\n\n=== "A"\n')
    assert [lines.next_start(at, 9) for at in (0, 2, 3, 6)] == [2, 2, 5, 9]
