"""Each page in fixtures/statements against the statements written beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from extractor.markdown.parser import inline_tokens
from extractor.model import Flavour, Layout, Page, PageKind, Statement
from extractor.normative import prose
from extractor.normative.statement_reader import statements_of
from harness.profiles.mcp.profile import PARTIES
from tests.support.docs_tree import read_page
from tests.support.processor import processor_time_below
from tests.support.soak import sizes

FIXTURES = Path(__file__).parents[2] / "fixtures" / "statements"
PAGES = sorted(path.name for path in FIXTURES.iterdir() if path.suffix in (".md", ".mdx"))
LAYOUT = Layout(specification=("**",))


def page(name: str, layout: Layout = LAYOUT) -> Page:
    return read_page(FIXTURES, name, layout)


def shown(statement: Statement) -> str:
    lines = str(statement.span).rpartition(":")[2]
    lead_in = f" after {str(statement.lead_in).rpartition(':')[2]}" if statement.lead_in else ""
    quoted = ", quoted" if statement.quoted else ""
    return (
        f"{lines} #{statement.anchor} {statement.keyword} (line {statement.line}, {statement.subject}{lead_in}{quoted})\n"
        f"    {statement.text}\n"
    )


@pytest.mark.parametrize("name", PAGES)
def test_page_gives_the_statements_beside_it(name: str) -> None:
    expected = (FIXTURES / f"{name.rpartition('.')[0]}.expected").read_text(encoding="utf-8")
    assert "".join(shown(statement) for statement in statements_of(page(name), PARTIES)) == expected


@pytest.mark.parametrize("name", PAGES)
def test_keyword_stands_on_its_line(name: str) -> None:
    source = page(name).source.split("\n")
    for statement in statements_of(page(name), PARTIES):
        if statement.lead_in is None:
            assert statement.keyword.split()[0] in source[statement.line - 1]
        assert statement.span.first <= statement.line <= statement.span.last


@pytest.mark.parametrize("size", sizes(1_000, soak=5_000))
def test_statements_of_hostile_prose_are_bounded(tmp_path: Path, size: int) -> None:
    """Endless sentences, brackets, quotation marks and lead-ins cost no more than their size, more or less."""
    texts = {
        "keywords.md": "The server MUST and SHOULD and " * size,
        "brackets.md": "(a (b) MUST " * size,
        "quotes.md": '"MUST" \' MUST " . ' * size,
        "stops.md": "A server MUST. " * size,
        "links.md": "[MUST](a\n(b) " * size,
        "lead.md": "The server MUST " + "and so on " * size + ":\n\n" + "- item\n" * size,
        "entities.md": "&#77;&#85;&#83;&#84; MUST &zwj; " * size,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        hostile = read_page(tmp_path, name, LAYOUT)
        with processor_time_below(size / 1_000):
            found = statements_of(hostile)
        assert sum(len(statement.text) for statement in found) < 20 * len(text) + 200 * size, name


PROSE = ["server", "client", "MUST", "NOT", "SHOULD", "MAY", ".", ":", "e.g.", "é", '"', "(", ")", "\u2028", "&amp;"]
MARKS = [
    "**",
    "`",
    "_",
    "\\",
    "[a](b)",
    "![c](d)",
    "<b>",
    "</b>",
    "<Note>",
    "</Note>",
    "{/* x */}",
    "{",
    "}",
    "<!--",
    "-->",
]
BLOCKS = ["\n", "\n\n", "- ", "1. ", "> ", "|", "# ", "```", "    ", "\t"]
WORDS = st.sampled_from(PROSE + MARKS + BLOCKS)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, max_size=60), st.sampled_from([".md", ".mdx"]))
def test_any_text_gives_statements_inside_the_page(tmp_path: Path, words: list[str], ending: str) -> None:
    name = f"page{ending}"
    (tmp_path / name).write_text(" ".join(words), encoding="utf-8")
    fuzzed = read_page(tmp_path, name, LAYOUT)
    lines = fuzzed.source.count("\n") + 1
    for statement in statements_of(fuzzed):
        assert 1 <= statement.span.first <= statement.line <= statement.span.last <= lines
        keyword = statement.keyword.split()[-1]
        if statement.lead_in is None:
            assert keyword in "\n".join(fuzzed.source.split("\n")[statement.span.first - 1 : statement.span.last])


@pytest.mark.parametrize("before", ["\u2028", "\u00a0", "> \u2029", "- \u3000", "\u2028\n\u2028"])
def test_a_line_of_white_space_beyond_ascii_moves_no_statement(tmp_path: Path, before: str) -> None:
    indent = {">": "> ", "-": "  "}.get(before[0], "")
    (tmp_path / "page.md").write_text(f"{before}\n{indent}The server\n{indent}MUST answer.\n", encoding="utf-8")
    (found,) = statements_of(read_page(tmp_path, "page.md", LAYOUT))
    lines = before.count("\n") + 1
    assert (found.span.first, found.line) == (lines + 1, lines + 2)


def test_only_specification_pages_have_statements() -> None:
    guide = page("sentences.mdx", Layout())
    assert guide.kind is PageKind.GUIDE
    assert statements_of(guide) == ()


def test_a_paragraph_that_revisions_repeat_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "Servers of the test for repeated paragraphs MUST answer."
    (tmp_path / "one.md").write_text(f"# One\n\n{sentence}\n")
    (tmp_path / "two.md").write_text(f"# Two\n\nWords.\n\n{sentence}\n")
    read: list[str] = []

    def counted(flavour: Flavour, token: Token) -> list[Token]:
        read.append(token.content)
        return inline_tokens(flavour, token)

    monkeypatch.setattr(prose, "inline_tokens", counted)
    one, two = (statements_of(read_page(tmp_path, name, LAYOUT))[0] for name in ("one.md", "two.md"))
    assert read.count(sentence) == 1
    assert (one.text, one.line, two.text, two.line) == (sentence, 3, sentence, 5)


def test_a_repeated_paragraph_goes_by_the_links_of_its_own_page(tmp_path: Path) -> None:
    sentence = "A server [of this kind] MUST answer."
    (tmp_path / "one.md").write_text(f"{sentence}\n")
    (tmp_path / "two.md").write_text(f"{sentence}\n\n[of this kind]: http://example.com\n")
    texts = [statements_of(read_page(tmp_path, f"{name}.md", LAYOUT))[0].text for name in ("one", "two", "one")]
    assert texts == [sentence, "A server of this kind MUST answer.", sentence]
