"""HTML in pages."""

from __future__ import annotations

import pytest

from extractor.model import Flavour
from tests.support.markdown import parse


@pytest.mark.parametrize("flavour", [Flavour.GITHUB, Flavour.VITEPRESS, Flavour.MKDOCS, Flavour.DOCUSAURUS])
def test_html_comments_are_comments(flavour: Flavour) -> None:
    tokens, problems = parse("<!-- a\n\n```js\n```\n-->\n", flavour)
    assert [(token.type, token.meta["text"]) for token in tokens] == [("comment", "a\n\n```js\n```")]
    assert not problems


def test_an_html_comment_in_mdx_is_a_comment_and_a_problem() -> None:
    tokens, problems = parse("text\n\n<!--\n```js\n```\n-->\n")
    assert tokens[-1].type == "comment"
    assert "HTML comment" in problems[2]


def test_the_tags_of_an_html_block_follow_it() -> None:
    tokens, _ = parse("<details>\n<summary>a <b>b</b></summary>\n<!-- <c> -->\n\ntext\n\n</details>\n", Flavour.GITHUB)
    tags = [(t.meta["name"], t.meta["kind"], t.map) for t in tokens if t.type == "tag"]
    assert tags == [
        ("details", "open", [0, 1]),
        ("summary", "open", [1, 2]),
        ("b", "open", [1, 2]),
        ("b", "close", [1, 2]),
        ("summary", "close", [1, 2]),
        ("details", "close", [6, 7]),
    ]
