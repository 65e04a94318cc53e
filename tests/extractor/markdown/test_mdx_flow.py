"""MDX between blocks."""

from __future__ import annotations

import pytest

from tests.support.markdown import kinds, parse


def test_tags_of_a_line_are_tokens_with_their_lines() -> None:
    tokens, _ = parse("text\n\n<Tabs> <Tab\n  title='A'\n/>\n</Tabs>\n")
    tags = [(t.meta["name"], t.meta["kind"], t.map, t.nesting, t.content) for t in tokens if t.type == "tag"]
    assert tags == [
        ("Tabs", "open", [2, 3], 0, "<Tabs>"),
        ("Tab", "self", [2, 5], 0, "<Tab\n  title='A'\n/>"),
        ("Tabs", "close", [5, 6], 0, "</Tabs>"),
    ]


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("{/* a */}", ["comment"]),
        ("{/* a */}{b}<C/>", ["comment", "expression", "tag"]),
        ("{a} text", ["paragraph_open", "inline", "paragraph_close"]),
        ("<a> text", ["paragraph_open", "inline", "paragraph_close"]),
        ("text\n<A>\n</A>", ["paragraph_open", "inline", "paragraph_close", "tag", "tag"]),
        ("import a from 'b'\nexport default a\n\ntext", ["esm", "paragraph_open", "inline", "paragraph_close"]),
        ("export const a = {\n\n  b: 1\n}\n\n# c", ["esm", "heading_open", "inline", "heading_close"]),
        ("text\nimport a from 'b'", ["paragraph_open", "inline", "paragraph_close"]),
        ("        indented", ["paragraph_open", "inline", "paragraph_close"]),
        ("<http://example.com>", ["paragraph_open", "inline", "paragraph_close"]),
        ("a\n===", ["heading_open", "inline", "heading_close"]),
        ("a\n    ---", ["heading_open", "inline", "heading_close"]),
        ("\\<A>", ["paragraph_open", "inline", "paragraph_close"]),
    ],
)
def test_mdx_between_blocks(text: str, types: list[str]) -> None:
    assert kinds(text) == types


def test_what_a_comment_says() -> None:
    tokens, _ = parse("{/* one */ /* two\nthree */}\n\n{// four\n}")
    assert [token.meta["text"] for token in tokens] == ["one\ntwo\nthree", "four"]


@pytest.mark.parametrize("text", ["{/*\n", "<A b={\n", "<A b='\n", "{a\n"])
def test_what_never_closes_is_prose_and_a_problem(text: str) -> None:
    tokens, problems = parse(f"one\n\n{text}\n```js\nx\n```\n")
    assert "never ends" in problems[2]
    assert [token.content for token in tokens if token.type == "fence"] == ["x\n"]


def test_a_tag_that_goes_wrong_is_prose_and_a_problem() -> None:
    tokens, problems = parse("one\n\n<A\n\n```js\nx\n```\n")
    assert "cannot read" in problems[2]
    assert [token.content for token in tokens if token.type == "fence"] == ["x\n"]


def test_what_a_container_ends_is_not_closed_outside_of_it() -> None:
    tokens, problems = parse("- {/*\n\n```js\nx\n```\n\n*/}\n")
    assert 0 in problems
    assert [token.type for token in tokens if token.type == "fence"] == ["fence"]
