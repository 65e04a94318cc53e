"""The parser's own tokens, which blocks and statements are made from."""

from __future__ import annotations

import pytest
from markdown_it.token import Token

from extractor.markdown.parse_state import ParseState
from extractor.markdown.parser import headings_only, inline_tokens, parser, plain_text
from extractor.model import Flavour


def parse(text: str, flavour: Flavour = Flavour.MINTLIFY) -> tuple[list[Token], dict[int, str]]:
    env: dict[str, object] = {}
    tokens = parser(flavour).parse(text, env)
    return tokens, ParseState.of(env).problems


def kinds(text: str, flavour: Flavour = Flavour.MINTLIFY) -> list[str]:
    return [token.type for token in parse(text, flavour)[0]]


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


@pytest.mark.parametrize("flavour", [Flavour.GITHUB, Flavour.VITEPRESS, Flavour.MKDOCS, Flavour.DOCUSAURUS])
def test_html_comments_are_comments(flavour: Flavour) -> None:
    tokens, problems = parse("<!-- a\n\n```js\n```\n-->\n", flavour)
    assert [(token.type, token.meta["text"]) for token in tokens] == [("comment", "a\n\n```js\n```")]
    assert not problems


def test_an_html_comment_in_mdx_is_a_comment_and_a_problem() -> None:
    tokens, problems = parse("text\n\n<!--\n```js\n```\n-->\n")
    assert tokens[-1].type == "comment"
    assert "HTML comment" in problems[2]


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


def test_tags_expressions_and_comments_inside_a_line_are_no_words() -> None:
    tokens, _ = parse('See <b title="x">this</b> {/* not this */}and {that()} `{code}` \\{ &amp; **it**.')
    assert plain_text(tokens[1].children or ()) == "See this and  {code} { & it."


def test_headings_carry_text_and_anchor() -> None:
    tokens, _ = parse("# A `b` *c*\n\n## A b c\n\n## Other {#own}\n")
    headings = [(t.meta["text"], t.meta["slug"]) for t in tokens if t.type == "heading_open"]
    assert headings == [("A b c", "a-b-c"), ("A b c", "a-b-c-2"), ("Other", "own")]


def test_inline_content_can_wait() -> None:
    text = "# *Title*\n\nSome *words* and [a link][1].\n\n[1]: /target\n"
    waiting = parser(Flavour.MINTLIFY).parse(text, headings_only({}))
    at_once, _ = parse(text)
    assert waiting[0].meta["text"] == "Title"
    assert waiting[4].children == []
    assert [t.as_dict() for t in inline_tokens(Flavour.MINTLIFY, waiting[4])] == [
        t.as_dict() for t in at_once[4].children or ()
    ]


@pytest.mark.parametrize("flavour", Flavour)
def test_nothing_of_one_page_is_left_for_the_next(flavour: Flavour) -> None:
    text = "# A\n\n{/* x\n\n[a]: /b\n\n# A\n\n<A>\n"
    first = [token.as_dict() for token in parse(text, flavour)[0]]
    parse("# A\n\n```js\n", flavour)
    assert [token.as_dict() for token in parse(text, flavour)[0]] == first


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


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("::: tip Title\ntext\n:::\nafter", ["container_open", "paragraph_open", "container_close", "paragraph_open"]),
        (":::note\n", ["container_open", "container_close"]),
        (":::", ["paragraph_open"]),
        (
            "> ::: a\n> x\n\ny",
            [
                "blockquote_open",
                "container_open",
                "paragraph_open",
                "container_close",
                "blockquote_close",
                "paragraph_open",
            ],
        ),
    ],
)
def test_colon_containers(text: str, types: list[str]) -> None:
    shown = [kind for kind in kinds(text, Flavour.VITEPRESS) if kind not in ("inline", "paragraph_close")]
    assert shown == types


@pytest.mark.parametrize(
    ("text", "title"),
    [("tip", None), ("tip A b", "A b"), ("tip[A b]", "A b"), ("tip{#x} A", "A"), ("details A {open}", "A")],
)
def test_titles_of_colon_containers(text: str, title: str | None) -> None:
    tokens, _ = parse(f"::: {text}\n:::\n", Flavour.VITEPRESS)
    assert tokens[0].meta["title"] == title


@pytest.mark.parametrize(
    "text", ['=== "A"\ntext', "!!! note\ntext", '??? note "A"\n\n   three spaces', '!!!note "x"', "==="]
)
def test_what_is_not_indented_is_not_in_an_mkdocs_block(text: str) -> None:
    tokens, _ = parse(text, Flavour.MKDOCS)
    inside = tokens[1:] if tokens[0].type == "container_open" else tokens
    assert inside[0].type in ("container_close", "paragraph_open")


def test_footnotes_are_containers() -> None:
    tokens, _ = parse("[^a]: text\n\n    more\n\nafter\n", Flavour.GITHUB)
    assert [t.type for t in tokens if t.type.startswith("footnote")] == ["footnote_open", "footnote_close"]
    assert [t.content for t in tokens if t.type == "inline"] == ["text", "more", "after"]
    assert tokens[0].map == [0, 4]
