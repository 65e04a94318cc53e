from __future__ import annotations

import html
import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from extractor.base.text import one_line, visible
from harness.base import escape
from tests.support.github_runner import decoded, obeys
from tests.support.hostile_report import HOSTILE

any_text = st.text(st.characters(codec=None, exclude_categories=())) | st.sampled_from(HOSTILE)


@given(any_text)
def test_defused_text_holds_no_command_for_a_runner(text: str) -> None:
    assert not any(obeys(line) for line in escape.defused(visible(text)).split("\n"))


@given(st.recursive(any_text, lambda inner: st.lists(inner) | st.dictionaries(any_text, inner), max_leaves=5))
def test_json_text_keeps_the_values_and_holds_no_command(value: object) -> None:
    document = json.dumps(value, ensure_ascii=False)
    written = escape.json_text(document)
    assert json.loads(written) == value
    assert not any(obeys(line) for line in written.split("\n"))
    assert not set(written) & set("\x7f\x9b\u202e\u2066\ufeff\u2028")


@given(any_text)
def test_an_inert_xml_document_has_the_same_text_and_no_command(text: str) -> None:
    root = ET.Element("a", b=visible(text))
    ET.SubElement(root, "c").text = visible(text)
    ET.indent(root)
    document = escape.inert_xml(ET.tostring(root, encoding="unicode"))
    read = ET.fromstring(document)
    assert (read.get("b"), read.findtext("c")) == (visible(text), visible(text))
    assert not any(obeys(line) for line in document.split("\n"))


@given(any_text)
def test_an_html_value_is_text(text: str) -> None:
    written = escape.html_value(text)
    assert not set(written) & set("<>\"'")
    assert html.unescape(written) == visible(text)


@given(any_text)
def test_a_workflow_command_carries_its_text_and_no_second_command(text: str) -> None:
    title, message = escape.github_property(text), escape.github_data(text)
    line = f"::error file=x,title={title},line=1::{message}"
    assert "\n" not in line
    name, properties, data = decoded(line)
    assert name == "error"
    assert properties == {"file": "x", "title": one_line(text), "line": "1"} or not one_line(text)
    assert data == visible(text)


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@given(any_text)
def test_markdown_text_is_text(text: str) -> None:
    tokens = MARKDOWN.parse(f"x {escape.markdown_text(text)}") + MARKDOWN.parse(escape.markdown_text(text))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "text_special", "html_inline"}
    assert {child.content for child in inline if child.type == "html_inline"} <= {"<!-- -->"}
    shown = "".join(child.content for child in inline if child.type != "html_inline")
    assert shown == f"x {one_line(text)}".rstrip() + one_line(text)


@given(any_text)
def test_a_code_span_in_a_table_is_one_cell_of_code(text: str) -> None:
    tokens = MARKDOWN.parse(f"| a |\n|---|\n| {escape.markdown_code(text)} |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 2
    assert [child.type for child in cells[1].children or []] == ["code_inline"]
    assert (cells[1].children or [])[0].content.strip() == one_line(text).strip()


@given(any_text)
def test_a_fence_holds_its_text(text: str) -> None:
    tokens = MARKDOWN.parse(escape.markdown_fence(text) + "\nafter\n")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


@pytest.mark.parametrize("text", ["http://evil.example", "www.evil.example", "@octocat", "#1", "a@b.example"])
def test_nothing_that_a_forge_links_by_itself_survives(text: str) -> None:
    written = escape.markdown_text(text)
    assert text not in written
    assert "<!-- -->" in written
