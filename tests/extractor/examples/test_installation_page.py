"""Versions that an installation page asks for, for the examples of the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import Example, ExampleOverride, Layout, Origin
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write(tmp_path: Path, pages: Mapping[str, str]) -> None:
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")


def found(
    tmp_path: Path, pages: Mapping[str, str], overrides: Mapping[str, ExampleOverride] | None = None, **more: str
) -> dict[str, Example]:
    write(tmp_path, pages)
    layout = Layout(revisions=("2025-06-18", "2025-11-25"))
    corpus = extract(tmp_path, layout, jobs=1, statements=False)
    return {e.id: e for e in find_examples(corpus, CODE, overrides, python_packages=more)}


SERVER = "```python\nfrom mcp.server.fastmcp import FastMCP\nimport httpx\n\nFastMCP('x').run()\n```\n"


def dependencies(tmp_path: Path, pages: Mapping[str, str]) -> dict[str, list[str]]:
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    corpus = extract(tmp_path, Layout(revisions=("2025-06-18", "2025-11-25")), jobs=1, statements=False)
    found = find_examples(corpus, CODE)
    return {e.page: [str(d) for d in e.bundle.dependencies] for e in found if e.bundle}


def install(line: str) -> str:
    return f"# Installation\n\n```bash\n{line}\n```\n"


@pytest.mark.parametrize("name", ["installation.md", "docs/install.md", "docs/getting-started/Installation.mdx"])
def test_a_version_is_taken_from_the_installation_page(tmp_path: Path, name: str) -> None:
    pages = {name: install('pip install "mcp[cli]<2" anyio'), "docs/server.md": SERVER}
    assert dependencies(tmp_path, pages) == {"docs/server.md": ["httpx", "mcp<2"]}


def test_a_note_has_the_line_of_the_installation_page(tmp_path: Path) -> None:
    (tmp_path / "installation.md").write_text(install('pip install "mcp<2"'), encoding="utf-8")
    (tmp_path / "server.md").write_text(SERVER, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    (note,) = (note for note in example.notes if note.what == "dependency mcp<2")
    assert (note.origin, str(note.span)) == (Origin.STATED, "installation.md:4")


def test_the_page_itself_wins(tmp_path: Path) -> None:
    pages = {
        "installation.md": install('pip install "mcp<2"'),
        "a.md": "```bash\npip install mcp==1.2\n```\n\n" + SERVER,
        "b.md": "```bash\npip install mcp\n```\n\n" + SERVER,
    }
    assert dependencies(tmp_path, pages) == {"a.md": ["mcp==1.2"], "b.md": ["mcp"]}  # it brings httpx


def test_the_nearest_installation_page_counts_and_its_first_line(tmp_path: Path) -> None:
    pages = {
        "docs/start/installation.md": install('pip install "mcp>=3"\npip install mcp==9'),
        "docs/v1/start/installation.md": install('pip install "mcp<2"'),
        "docs/v2/start/installation.md": install("pip install mcp"),
        "docs/server.md": SERVER,
        "docs/v1/server.md": SERVER,
        "docs/v2/server.md": SERVER,
    }
    assert dependencies(tmp_path, pages) == {
        "docs/server.md": ["httpx", "mcp>=3"],
        "docs/v1/server.md": ["httpx", "mcp<2"],
        "docs/v2/server.md": ["httpx", "mcp"],
    }


def test_another_revisions_page_does_not_count(tmp_path: Path) -> None:
    pages = {"docs/2025-06-18/install.md": install("pip install mcp==1.9"), "docs/2025-11-25/server.md": SERVER}
    assert dependencies(tmp_path, pages) == {"docs/2025-11-25/server.md": ["httpx", "mcp"]}


@pytest.mark.parametrize(
    "line", ["pip install -i https://packages.example.com/simple mcp==1", "pip install git+https://git.example.com/mcp"]
)
def test_what_is_refused_on_a_page_is_refused_for_all(tmp_path: Path, line: str) -> None:
    pages = {"installation.md": install(line), "server.md": SERVER}
    assert dependencies(tmp_path, pages) == {"server.md": ["httpx", "mcp"]}
