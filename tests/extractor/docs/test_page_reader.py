"""Docs tree to pages: what each page is, and what is wrong with it by file and line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from extractor.docs.page_blocks import blocks_of
from extractor.model import Layout, Page, PageKind
from tests.support.docs_tree import LAYOUT, read_page
from tests.support.docs_tree import written_page as page


def problems(found: Page) -> list[tuple[str, str]]:
    return [(str(problem.span), problem.message) for problem in found.problems]


@pytest.mark.parametrize(
    ("path", "revision", "kind"),
    [
        ("specification/2025-06-18/basic/index.mdx", "2025-06-18", PageKind.SPECIFICATION),
        ("specification/2024-01-01/index.mdx", None, PageKind.SPECIFICATION),
        ("docs/draft/a.mdx", "draft", PageKind.GUIDE),
        ("draft.mdx", None, PageKind.GUIDE),
        ("snippets/a.mdx", None, PageKind.OTHER),
        ("docs/_partial.mdx", None, PageKind.OTHER),
        ("docs/specification/a.mdx", None, PageKind.GUIDE),
    ],
)
def test_revision_and_kind(tmp_path: Path, path: str, revision: str | None, kind: PageKind) -> None:
    found = page(tmp_path, path)
    assert (found.revision, found.kind) == (revision, kind)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: From data\n---\n# H", "From data"),
        ("text\n\n# From *heading*\n", "From heading"),
        ("## no\n", "page"),
    ],
)
def test_title(tmp_path: Path, text: str, title: str) -> None:
    assert page(tmp_path, "page.mdx", text).title == title


def test_lines_count_the_front_matter(tmp_path: Path) -> None:
    (block,) = blocks_of(page(tmp_path, "a.mdx", "---\na: |\n  ```js\n---\n```js\nx\n```\n"))
    assert (block.span.first, block.span.last) == (5, 7)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark(tmp_path: Path, end: str, start: bytes) -> None:
    data = start + end.join(("---", "title: T", "---", "", "```js", "a", "\tb", "```", "")).encode()
    found = page(tmp_path, "a.mdx", data)
    (block,) = blocks_of(found)
    assert (found.title, found.problems) == ("T", ())
    assert (block.text, block.span.first, block.span.last) == ("a\n\tb\n", 5, 8)
    assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_other_line_separators_end_no_line(tmp_path: Path) -> None:
    (block,) = blocks_of(page(tmp_path, "a.mdx", "a\u2028b\x0cc\x0bd\x85e\n\n```js\nx\u2028y\x0cz\n```\n"))
    assert (block.text, block.span.first, block.span.last) == ("x\u2028y\x0cz\n", 3, 5)


@pytest.mark.parametrize(
    ("data", "span", "message"),
    [
        (b"a\nb\xff\n```js\nx\xe4\n```\n", "a.mdx:2", "byte 0xFF is not UTF-8; read with replacement characters"),
        (b"a\r\nb\r\xc3(", "a.mdx:3", "byte 0xC3 is not UTF-8; read with replacement characters"),
        ("a".encode("utf-16"), "a.mdx:1", "the file is UTF-16; sites read UTF-8 only"),
        (b"a\n\0b\n", "a.mdx:2", "a NUL character; read as U+FFFD, as CommonMark requires"),
        (b"---\na: b\nc: [\n---\n", "a.mdx:4", "front matter is not YAML: did not find expected node content"),
        (b"---\na: b\n", "a.mdx:1", "front matter starts here and never ends; read as text"),
        (b"a\n\n```js\nx\n", "a.mdx:3", "a fence starts here and never ends"),
        (b"- ```js\n\nafter\n", "a.mdx:1", "a fence starts here and never ends"),
        (b"<A>\n\n<B/>\n", "a.mdx:1", "<A> is never closed"),
        (b"a\n\n</A>\n", "a.mdx:3", "</A> closes nothing"),
        (b"{/* a\n", "a.mdx:1", "an expression starts here and never ends; the line is read as prose"),
        (b"> " * 150 + b"x\n", "a.mdx:1", "lists and quotes nested deeper than 100; deeper content is left out"),
    ],
)
def test_problems_name_file_and_line(tmp_path: Path, data: bytes, span: str, message: str) -> None:
    assert problems(page(tmp_path, "a.mdx", data)) == [(span, message)]


def test_invalid_bytes_do_not_hide_the_blocks(tmp_path: Path) -> None:
    (block,) = blocks_of(page(tmp_path, "a.mdx", b"\xff\n```js\n\xe4\n```\n"))
    assert block.text == "\ufffd\n"


def test_broken_front_matter_does_not_hide_the_blocks(tmp_path: Path) -> None:
    found = page(tmp_path, "a.mdx", "---\na: [\n---\n```js\nx\n```\n")
    assert [block.span.first for block in blocks_of(found)] == [4]


def test_html_needs_no_closing_tags(tmp_path: Path) -> None:
    assert page(tmp_path, "a.md", "<p>\n\ntext\n\n<br>\n").problems == ()


def test_a_page_with_very_many_problems_says_how_many(tmp_path: Path) -> None:
    found = page(tmp_path, "a.mdx", "</A>\n" * 250)
    assert len(found.problems) == 101
    assert found.problems[-1].message == "150 more problems on this page"


def test_a_page_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert problems(read_page(tmp_path, "no.mdx", LAYOUT)) == [
        ("no.mdx:1", "cannot be read: No such file or directory")
    ]


@pytest.mark.parametrize(
    ("path", "place", "text", "revision"),
    [
        ("1.0/spec.md", "folder", "", "1.0"),
        ("1.0/spec-1.1.md", "file-name", "", "1.1"),
        ("spec-v1.1.md", "file-name", "", "1.1"),
        ("spec-1.1.0.md", "file-name", "", None),
        ("1.0/a.md", "front-matter", "---\nrevision: '1.1'\n---\n", "1.1"),
        ("1.0/a.md", "front-matter:version", "---\nversion: 1.1\nrevision: 1.0\n---\n", "1.1"),
        ("1.0/a.md", "front-matter", "---\nrevision: 7\n---\n", None),
        ("1.0/a.md", "front-matter", "", None),
    ],
)
def test_a_revision_stands_where_the_layout_says(
    tmp_path: Path, path: str, place: str, text: str, revision: str | None
) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text)
    assert read_page(tmp_path, path, Layout(revisions=("1.0", "1.1"), revision_in=place)).revision == revision


def test_all_pages_may_have_one_revision(tmp_path: Path) -> None:
    (tmp_path / "a.md").touch()
    assert read_page(tmp_path, "a.md", Layout(revisions=("1.0",), revision="2.0")).revision == "2.0"
