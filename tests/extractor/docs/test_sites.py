"""The site of a page, and its dialect."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from extractor.model import Flavour, Layout
from tests.support.docs_tree import written_page as page


@pytest.mark.parametrize(
    ("marker", "path", "flavour"),
    [
        (None, "a.mdx", Flavour.MINTLIFY),
        (None, "a.md", Flavour.GITHUB),
        ("docs.json", "x/a.mdx", Flavour.MINTLIFY),
        ("docs.json", "x/a.md", Flavour.GITHUB),
        ("mint.json", "a.mdx", Flavour.MINTLIFY),
        (".vitepress/config.ts", "x/a.md", Flavour.VITEPRESS),
        ("docs/.vitepress/config.ts", "docs/a.md", Flavour.VITEPRESS),
        ("docs/.vitepress/config.ts", "a.md", Flavour.GITHUB),
        ("mkdocs.yml", "docs/a.md", Flavour.MKDOCS),
        ("mkdocs.yml", "README.md", Flavour.GITHUB),
        ("docusaurus.config.js", "docs/a.md", Flavour.DOCUSAURUS),
        ("docusaurus.config.ts", "docs/a.mdx", Flavour.DOCUSAURUS),
        ("site/docusaurus.config.ts", "other/a.mdx", Flavour.MINTLIFY),
    ],
)
def test_the_dialect_is_told_from_the_tree(tmp_path: Path, marker: str | None, path: str, flavour: Flavour) -> None:
    if marker:
        (tmp_path / marker).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / marker).touch()
    assert page(tmp_path, path).flavour is flavour


def test_the_folder_of_mkdocs_pages_is_in_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nx: !!python/name:a.b\ndocs_dir: 'manual/en'\n")
    assert page(tmp_path, "manual/en/a.md").flavour is Flavour.MKDOCS
    assert page(tmp_path, "docs/a.md").flavour is Flavour.GITHUB


def test_the_pages_of_a_docusaurus_site_may_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "website").mkdir()
    (tmp_path / "website" / "docusaurus.config.ts").write_text("docs: {\n  path: '../docs',\n}\n")
    assert page(tmp_path, "docs/a.mdx").flavour is Flavour.DOCUSAURUS
    assert page(tmp_path, "website/src/a.md").flavour is Flavour.DOCUSAURUS
    assert page(tmp_path, "README.md").flavour is Flavour.GITHUB


def test_a_configuration_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mkdocs.yml")
    assert page(tmp_path, "docs/a.md").flavour is Flavour.MKDOCS


@pytest.mark.parametrize(
    ("marker", "flavour"), [("mkdocs.yml", Flavour.MKDOCS), ("docusaurus.config.js", Flavour.DOCUSAURUS)]
)
def test_a_docs_root_may_be_the_folder_beside_the_configuration(tmp_path: Path, marker: str, flavour: Flavour) -> None:
    (tmp_path / marker).touch()
    assert page(tmp_path / "docs", "a/b.md").flavour is flavour


def test_the_layout_may_force_a_dialect(tmp_path: Path) -> None:
    assert page(tmp_path, "a.md", layout=Layout(flavour=Flavour.MKDOCS)).flavour is Flavour.MKDOCS
