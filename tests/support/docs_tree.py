"""A small docs tree, and what is compared of its corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

import extractor.docs.page_extractor
from extractor.docs.page_reader import parse_page, unreadable_page
from extractor.docs.sites import find_sites, site_of
from extractor.docs.tree import PageError, folders_near, read_bytes
from extractor.model import Corpus, Layout, Page

LAYOUT = Layout(revisions=("2025-06-18", "draft"), specification=("/specification",))
SPECIFICATION = "# Rules\n\nA server **MUST** answer.\n\n```json\n{}\n```\n"


def write_tree(folder: Path) -> Path:
    """A specification page, a guide and a page that is broken in three ways."""
    (folder / "specification" / "2025-06-18").mkdir(parents=True)
    (folder / "specification" / "2025-06-18" / "a.mdx").write_text(SPECIFICATION)
    (folder / "guide.mdx").write_text("---\ndate: 2025-01-01\n---\n```ts server.ts\nx\n```\n\n```ts\ny\n```\n")
    (folder / "broken.mdx").write_bytes(b"---\na: [\n---\n\xff\n```js\n")
    return folder


def read_page(root: Path, path: str, layout: Layout) -> Page:
    """Read and parse the page at ``path`` below the docs root ``root``, as a whole tree would be read."""
    site = site_of(find_sites(root, folders_near(root, path)), path)
    try:
        data = read_bytes(root, path)
    except PageError as error:
        return unreadable_page(path, layout, site, str(error))
    return parse_page(root, path, data, layout, site).page


def written_page(root: Path, path: str, data: bytes | str = "", layout: Layout = LAYOUT) -> Page:
    """Write a page and read it."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_page(root, path, layout)


def facts(corpus: Corpus) -> tuple[object, ...]:
    """Everything but the tokens, which stay in the process that parsed the page."""
    return corpus.root, corpus.layout, corpus.pages, corpus.blocks, corpus.statements, corpus.problems


def count_parsing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that grows by the path of every page that is parsed in this process."""
    parsed: list[str] = []
    parse_page = extractor.docs.page_extractor.parse_page

    def counted(root: Path, path: str, *rest: object) -> object:
        parsed.append(path)
        return parse_page(root, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(extractor.docs.page_extractor, "parse_page", counted)
    return parsed
