"""The docs root that a page or a folder of a site means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.base.checkout import FilesAt
from harness.base.docs_root import NOW, docs_root, pages_of
from harness.base.errors import UsageError
from harness.base.host import HostEnvironment
from harness.base.trusted_places import check_root
from harness.profiles.mcp.profile import LAYOUT
from tests.harness.selection.repositories import git
from tests.support.command import run

if TYPE_CHECKING:
    from pathlib import Path

TABS = '# Run\n\n=== "Python"\n\n    ```python\n    --8<-- "src/mill.py"\n    ```\n'
SERVER = "from fastmcp import FastMCP\n\nmill = FastMCP('mill')\nmill.run()\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a site whose pages take their code from beside them."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: Mill\n")
    for name, text in {"docs/run/start.md": TABS, "src/mill.py": SERVER, "README.md": "# Mill\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("part", ["docs/run", "docs/run/start.md"])
def test_a_part_of_a_site_is_read_as_the_site_reads_it(checkout: Path, part: str) -> None:
    assert docs_root(checkout / part, checkout) == checkout
    assert pages_of(checkout / part, checkout, LAYOUT) == ("docs/run/start.md",)
    done = run("examples", checkout / part, "--state", checkout / "state")
    assert done.stdout.startswith("docs/run/start#python  stdio-server  runnable")


def test_the_pages_of_a_site_and_what_is_not_part_of_one_are_roots(checkout: Path) -> None:
    (checkout / "notes").mkdir()
    assert docs_root(checkout / "docs", checkout) == checkout / "docs"
    assert docs_root(checkout / "README.md", checkout) == checkout
    assert docs_root(checkout / "notes", checkout) == checkout / "notes"


def test_a_page_beside_all_others_of_a_site_is_a_part_of_it(checkout: Path) -> None:
    (checkout / "docs" / "index.md").write_text(TABS)
    assert docs_root(checkout / "docs" / "index.md", checkout) == checkout
    assert run("examples", checkout / "docs" / "index.md", "--state", checkout / "state").stdout.startswith("docs/index#")


def test_the_pages_of_a_docusaurus_site_are_a_root(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docusaurus.config.js").touch()
    (tmp_path / "docs" / "mill").mkdir(parents=True)
    assert docs_root(tmp_path / "docs", tmp_path) == tmp_path / "docs"
    assert docs_root(tmp_path / "docs" / "mill", tmp_path) == tmp_path


def test_the_site_of_another_checkout_around_it_is_not_meant(checkout: Path) -> None:
    (checkout / "docs" / ".git").mkdir()
    assert docs_root(checkout / "docs" / "run", checkout) == checkout / "docs" / "run"


@pytest.mark.processes
@pytest.mark.parametrize("name", ["mkdocs.yml", "docs.json", ".vitepress"])
def test_the_root_at_a_commit_is_that_of_the_files_of_the_commit(tmp_path: Path, name: str) -> None:
    """A part of a site: the configuration of the site is there now, and then."""
    part = tmp_path / "repo" / "docs" / "guides"
    part.mkdir(parents=True)
    (part / "page.md").write_text("# A page\n")
    top, marker = tmp_path / "repo", tmp_path / "repo" / name
    git(top, "init", "-q", "-b", "main", "--template=")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "no site")
    if name == ".vitepress":
        marker.mkdir()
        (marker / "config.ts").write_text("\n")
    else:
        marker.write_text("\n")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "a site")
    then, now = (FilesAt.of(part, ref, tmp_path / ref, HostEnvironment.of(os.environ)) for ref in ("HEAD~", "HEAD"))
    marker.rename(top / "elsewhere")
    roots = [docs_root(part, tmp_path, tree) for tree in (NOW, then, now)]
    assert roots == [part, part, top]
    assert (then.unused, now.unused) == ([], [])
    check_root(part, part, tmp_path, then)
    with pytest.raises(UsageError, match=r"the docs root is .*guides with this change but .*repo at HEAD"):
        check_root(part, part, tmp_path, now)
