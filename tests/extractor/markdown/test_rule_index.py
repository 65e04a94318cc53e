"""The parser with an index of its rules against the one that tries them all: tokens and problems are the same."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_core import text_join

from extractor.markdown import parser as parser_module
from extractor.markdown import rule_index
from extractor.markdown.parse_state import ParseState
from extractor.markdown.parser import parser
from extractor.model import Flavour
from tests.extractor.docs.test_extraction_properties import WORDS
from tests.support.soak import tries

SNAPSHOT = Path(__file__).parents[3] / "docs-snapshot"
PAGES = sorted(path for ending in ("md", "mdx") for path in SNAPSHOT.rglob(f"*.{ending}"))
HEADS = [
    "", "", "", " ", "  ", "   ", "    ", "      ", "\t", " \t", "> ", ">", ">\t", "- ", "+ ", "1. ", "10) ", "> - ",
]  # fmt: skip
MORE = [
    "a | b", "--|--", "a \\| b | `c | d`", "| a |", "|-|", "|a", ":-: | -", "|:--|--:|", "## x ##", "# x #\\#", "### #", "#\tx",
    ":-", "|", "٣. x", "1234567890. x", "- - -", "* * *", "___", "=", "==", "-", "#", "####### x",
    "text", "text:", "i", "import a", "export", ": a", ":   a", "??? x", "{% tab %}", "{% code title=\"a\" %}",
    "{% highlight js %}", "{% endhighlight %}", "{{< highlight js >}}", "{{< /highlight >}}", "{note} x", "```{note}",
    ":::{tip} x", "```{code-block} js", ":caption: x", "<pre>", "</pre>", "<script>", "<?x", "<!X>", "<b>x</b>",
    "[a]:", "[a]: /b 'c'", "[^1]: x", "&amp; a", "a*b_c~~d~~", "![a](b)", "<http://a.b>", "a\\", "a  ", "_a_ `b` [c][a]",
]  # fmt: skip
LINES = st.lists(
    st.tuples(st.sampled_from(HEADS), st.sampled_from(HEADS), st.sampled_from([*WORDS, *MORE])).map("".join),
    max_size=12,
)
TEXTS = st.one_of(LINES.map("\n".join), LINES.map("\n".join).map(lambda text: text + "\n"), st.text(max_size=80))

PIECES = [
    "a | b", "--|--", "|", "||", " | ", "\\|", "`|`", "-", "--", "---", ":-", ":-:", ":", "-:|:-", "a", "", "\\",
    "x|y|z", "|a|b|", "|-|-|", "| --- | :-: |", "# ", "#", "##", "* * *", "***", "_ _ _", "- - -", "=", "==",
    "- ", "1. ", "> ", "  ", "\t", "   ", "    ", "```", "</a>", "<a>", "{x}", "[a]: b", "- a\n\n  b",
]  # fmt: skip
STRUCTURES = st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=8).map("\n".join)
"""Tables, headings, lists and breaks that are nearly right, in pieces."""


@contextlib.contextmanager
def without_index() -> Iterator[Any]:
    """Parsers as markdown-it-py has them, with every rule tried and every character looked at."""
    prose = parser_module._prose_parser.__wrapped__
    with (
        patch.object(parser_module, "index_rules", lambda md: None),
        patch.object(parser_module, "is_plain", lambda text: False),
        patch.object(parser_module, "_prose_parser", prose),
    ):
        yield parser.__wrapped__


with without_index() as make:
    EVERY_RULE: dict[Flavour, MarkdownIt] = {flavour: make(flavour) for flavour in Flavour}
    for parser_of_all in EVERY_RULE.values():
        parser_of_all.core.ruler.at("text_join", text_join)


def read(md: MarkdownIt, text: str) -> tuple[list[dict[str, Any]], dict[int, str]]:
    env: dict[str, Any] = {}
    tokens = [dict(token.as_dict()) for token in md.parse(text, env)]
    return tokens, ParseState.of(env).problems


def read_both(text: str, flavour: Flavour) -> tuple[Any, Any]:
    with patch.object(parser_module, "is_plain", lambda text: False):
        every_rule = read(EVERY_RULE[flavour], text)
    return read(parser(flavour), text), every_rule


def test_what_is_compared_with_is_markdown_it_py_itself() -> None:
    for md in EVERY_RULE.values():
        assert type(md.block) is ParserBlock
        assert md.inline.terminator_re.pattern != rule_index._STOPS.pattern
    assert not any(type(parser(flavour).block) is ParserBlock for flavour in Flavour)


@settings(max_examples=tries(500, soak=20_000), deadline=None)
@given(text=st.one_of(TEXTS, STRUCTURES), flavour=st.sampled_from(list(Flavour)))
@example(text="  ", flavour=Flavour.GITHUB)
@example(text="a\n \t", flavour=Flavour.GITHUB)
@example(text="- a | b\n  --|--\n  c | d\n", flavour=Flavour.MINTLIFY)
def test_a_random_page_has_the_same_tokens(text: str, flavour: Flavour) -> None:
    indexed, every_rule = read_both(text, flavour)
    assert indexed == every_rule


@pytest.mark.parametrize("flavour", Flavour)
def test_the_sample_docs_have_the_same_tokens(flavour: Flavour) -> None:
    assert len(PAGES) > 50
    for page in PAGES:
        indexed, every_rule = read_both(page.read_text("utf-8"), flavour)
        assert indexed == every_rule, page


@pytest.mark.parametrize("flavour", Flavour)
def test_a_rule_begins_with_no_other_character(flavour: Flavour) -> None:
    """Each rule, at each character: where the index leaves it out it would not have matched."""
    lines = ["x", "xxx", "xxxx y", "x y", "x[a](b)", "x\n---", "1x a", "xa: b", "x-->", "x/>", "xnote", "x: y"]
    for character in map(chr, range(32, 127)):
        for line in lines:
            text = line.replace("x", character) + "\n\ntext\n"
            indexed, every_rule = read_both(text, flavour)
            assert indexed == every_rule, text


def test_the_names_in_the_index_are_those_of_rules() -> None:
    names = {name for md in EVERY_RULE.values() for name in md.block.ruler.get_all_rules()}
    assert set(rule_index._STARTS) <= names


def test_markdown_it_py_stops_at_more_characters() -> None:
    """A character that a new version of a rule of the library begins with has to be looked at."""
    plain = MarkdownIt("commonmark").inline.terminator_re
    assert all(plain.search(character) for character in map(chr, range(128)) if re.search(rule_index._STOPS, character))
