"""A folder with a change undone: it differs from the folder in what the change is, and in nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.base.checkout import FolderAt, changed_files
from harness.base.git import Repository
from harness.base.host import HostEnvironment
from harness.selection.undone import folder_before
from tests.harness.selection.repositories import git

pytestmark = pytest.mark.processes

HOST = HostEnvironment.of(os.environ)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder of a checkout, committed, with all kinds of things in it."""
    root = tmp_path / "repo" / "docs"
    write(root / "page.md", "page")
    write(root / "edited.md", "then")
    write(root / "gone.md", "gone")
    write(root / "moved" / "here.md", "moved")
    write(root / "code.ts", "no film")
    write(root / "picture.png", "picture")
    write(root.parent / "beside.md", "not in the docs")
    write(root / ".gitignore", "ignored*\n")
    (root / "link.md").symlink_to("page.md")
    (root / "edited-link.md").symlink_to("page.md")
    (root / "folder").symlink_to("moved")
    git(root.parent, "init", "-q", "-b", "main", "--template=")
    shared = tmp_path / "shared"
    write(shared / "page.md", "shared then")
    git(shared, "init", "-q", "-b", "main", "--template=")
    git(shared, "add", "-A")
    git(shared, "commit", "-qm", "base")
    for name in ("still", "newer"):
        git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(shared), name)
    git(root.parent, "add", "-A")
    git(root.parent, "commit", "-qm", "base")
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def holds(folder: Path) -> dict[str, str]:
    """Each file with its text, each link with where it leads, but for what belongs to git."""
    found = {}
    for top, folders, names in os.walk(folder):
        for name in (*names, *(one for one in folders if (Path(top) / one).is_symlink())):
            path = Path(top) / name
            shown = f"-> {path.readlink()}" if path.is_symlink() else path.read_text()
            found[path.relative_to(folder).as_posix()] = shown
    return {name: text for name, text in found.items() if not name.rpartition("/")[2].startswith(".git")}


def before(docs: Path) -> dict[str, str]:
    commit = git(docs, "rev-parse", "main")
    with folder_before(docs, docs, commit, HOST) as folder:
        assert folder is not None
        return holds(folder)


def test_a_folder_that_did_not_change_is_what_it_is(docs: Path) -> None:
    """That includes untracked files and those in submodules; images are not part of the docs."""
    write(docs / "ignored.md", "made by a build")
    here = holds(docs)
    assert before(docs) == {name: text for name, text in here.items() if name != "picture.png"}
    assert {"still/page.md", "ignored.md", "link.md", "folder", "code.ts"} <= here.keys()


def test_a_change_is_undone(docs: Path) -> None:
    here = before(docs)
    write(docs / "edited.md", "now")
    write(docs / "new.md", "new")
    write(docs / "newer" / "page.md", "shared now")
    git(docs / "newer", "commit", "-qam", "newer")
    (docs / "gone.md").unlink()
    (docs / "edited-link.md").unlink()
    (docs / "edited-link.md").symlink_to("edited.md")
    git(docs, "mv", "moved/here.md", "there.md")
    assert before(docs) == here, "not committed"
    git(docs, "checkout", "-qb", "change")
    git(docs, "add", "-A")
    git(docs, "commit", "-qm", "change")
    assert before(docs) == here
    assert holds(docs) != here


def test_what_a_sparse_checkout_leaves_out_is_in_neither(docs: Path) -> None:
    git(docs, "checkout", "-qb", "change")
    write(docs / "gone.md", "edited, and left out")
    git(docs, "commit", "-qam", "change")
    git(docs.parent, "sparse-checkout", "set", "--no-cone", "/*", "!docs/gone.md", "!docs/edited.md")
    assert not (docs / "gone.md").exists()
    there = before(docs)
    assert {"gone.md", "edited.md"}.isdisjoint(there)
    assert "page.md" in there
    commit = git(docs, "rev-parse", "main")
    assert changed_files(FolderAt(Repository(docs, HOST), commit)) == ((), {})


def test_a_link_of_then_is_no_way_out_of_the_folder(docs: Path, tmp_path: Path) -> None:
    """Files that git does not track stand where there was a link to a folder elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    (docs / "place").symlink_to(tmp_path / "elsewhere")
    git(docs, "add", "-A")
    git(docs, "commit", "-qm", "a link")
    (docs / "place").unlink()
    write(docs / "place" / "ignored.md", "not for elsewhere")
    assert before(docs)["place/ignored.md"] == "not for elsewhere"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_repository_that_is_no_submodule_is_new(docs: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "shared", str(docs / "cloned"))
    commit = git(docs, "rev-parse", "main")
    assert changed_files(FolderAt(Repository(docs, HOST), commit)) == (("cloned/page.md",), {"cloned": None})
    assert "cloned/page.md" not in before(docs)


def test_a_folder_that_was_not_there(docs: Path) -> None:
    (new := docs / "new").mkdir()
    write(new / "page.md", "new")
    commit = git(docs, "rev-parse", "main")
    for folder in (new, docs.parent.parent):
        with folder_before(folder, docs, commit, HOST) as there:
            assert there is None
