"""The parser's own tokens, which blocks and statements are made from."""

from __future__ import annotations

import pytest

from extractor.markdown.parser import headings_only, inline_tokens, parser
from extractor.model import Flavour
from tests.support.markdown import parse


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


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (">\t```js\n>\t\tx\n>\t```\n", "\tx\n"),
        (">\t>\t```js\n>\t>\tx\n>\t>\t```\n", "x\n"),
        ("> > ```js\n> >\tx\n>\t>\ty\n> > ```\n", "x\n  y\n"),
        (">\t- ```js\n>\t  x\n>\t  ```\n", "x\n"),
    ],
)
def test_a_tab_after_the_mark_continues_the_quotation(text: str, content: str) -> None:
    (fence,) = (token for token in parse(text, Flavour.GITHUB)[0] if token.type == "fence")
    assert (fence.content, fence.meta["closed"]) == (content, True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("````mdx-code-block\n```mdx-code-block\n<A />\n```\n\n```js\nx\n```\n````\n", [("js", "x\n")]),
        ("```mdx-code-block\n<A />\n```\n```mdx-code-block\n<B />\n```\n", [("mdx-code-block", "<B />\n")]),
        ("```mdx-code-block\n```\n", [("mdx-code-block", "")]),
        ("```mdx-code-block\n\n  ```js\n  x\n  ```\n\n", [("js", "x\n\n\n")]),
        ("  ```mdx-code-block\n  <A />\n  ```\n\n```js\nx\n```\n", [("js", "x\n")]),
    ],
)
def test_wrappers_are_those_that_docusaurus_takes_off(text: str, shown: list[tuple[str, str]]) -> None:
    """Expected values by the patterns of Docusaurus's ``unwrapMdxCodeBlocks``."""
    tokens = parse(text, Flavour.DOCUSAURUS)[0]
    assert [(token.info, token.content) for token in tokens if token.type == "fence"] == shown
