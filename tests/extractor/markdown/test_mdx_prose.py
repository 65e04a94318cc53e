"""Paragraphs and lists of MDX."""

from __future__ import annotations

from extractor.markdown.parser import plain_text
from tests.support.markdown import parse


def test_tags_expressions_and_comments_inside_a_line_are_no_words() -> None:
    tokens, _ = parse('See <b title="x">this</b> {/* not this */}and {that()} `{code}` \\{ &amp; **it**.')
    assert plain_text(tokens[1].children or ()) == "See this and  {code} { & it."


def test_all_space_after_a_marker_belongs_to_it_in_mdx() -> None:
    tokens, _ = parse("-      a\n\n       ```js\n       x\n       ```\n")
    (fence,) = [token for token in tokens if token.type == "fence"]
    assert (fence.content, fence.meta["column"], fence.level) == ("x\n", 8, 2)


def test_lists_keep_their_numbers_and_lines() -> None:
    tokens, _ = parse("3. a\n4. b\n\n   c\n* d\n")
    lists = [(t.type, t.map, t.attrs) for t in tokens if t.type.endswith("list_open")]
    assert lists == [("ordered_list_open", [0, 4], {"start": 3}), ("bullet_list_open", [4, 5], {})]
    assert [(t.info, t.map) for t in tokens if t.type == "list_item_open"] == [
        ("3", [0, 1]),
        ("4", [1, 4]),
        ("", [4, 5]),
    ]
