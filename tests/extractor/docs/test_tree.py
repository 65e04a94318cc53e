"""Walking a docs tree that may hold anything."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from extractor.base.errors import DocsError
from extractor.docs.tree import MAX_PAGE_BYTES, PageError, find_files, read_bytes
from extractor.model import Layout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "page.mdx").write_text("in the tree")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.mdx").write_text("out of the tree")
    return folder


def pages(root: Path) -> tuple[str, ...]:
    return find_files(root, Layout())[0]


def problems(root: Path) -> list[tuple[str, str]]:
    return [(str(problem.span), problem.message) for problem in find_files(root, Layout())[2]]


def test_pages_are_found_in_order_and_ignored_ones_left_out(tmp_path: Path) -> None:
    for path in ("b.mdx", "a/z.md", "a/B.MDX", "node_modules/x.md", ".git/x.md", "old/x.md", "a/x.txt", "a/old/x.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert find_files(tmp_path, Layout(ignore=("/old",)))[0] == ("a/B.MDX", "a/old/x.md", "a/z.md", "b.mdx")
    assert find_files(tmp_path, Layout(ignore=("old",)))[0] == ("a/B.MDX", "a/z.md", "b.mdx")


def test_documentation_of_other_formats_is_said_not_to_be_read(tmp_path: Path) -> None:
    for path in ("a.md", "b.adoc", "c/d.ADOC", "c/e.rst", "old/f.rst", "notes.txt", "tool.py", ".git/g.rst"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    found, _, problems = find_files(tmp_path, Layout(ignore=("old",)))
    assert found == ("a.md",)
    assert [(str(problem.span), problem.message) for problem in problems] == [
        ("b.adoc:1", "AsciiDoc (and 1 more): not read; docprobe reads .md and .mdx files"),
        ("c/e.rst:1", "reStructuredText: not read; docprobe reads .md and .mdx files"),
    ]


def test_links_that_lead_out_are_problems(root: Path) -> None:
    (root / "file.mdx").symlink_to(root.parent / "outside" / "secret.mdx")
    (root / "folder").symlink_to(root.parent / "outside")
    assert pages(root) == ("page.mdx",)
    assert problems(root) == [
        ("file.mdx:1", "a link that leads out of the docs tree; not read"),
        ("folder:1", "a link to a folder outside the docs tree; not read"),
    ]


def test_a_link_that_was_swapped_in_later_is_not_read_either(root: Path) -> None:
    (root / "file.mdx").symlink_to(root.parent / "outside" / "secret.mdx")
    with pytest.raises(PageError, match="leads out"):
        read_bytes(root, "file.mdx")


def test_a_linked_folder_on_the_way_does_not_lead_out(root: Path) -> None:
    (root / "folder").symlink_to(root.parent / "outside")
    with pytest.raises(PageError, match="leads out"):
        read_bytes(root, "folder/secret.mdx")


def test_links_within_the_tree(root: Path) -> None:
    (root / "2025").mkdir()
    (root / "2025" / "a.md").write_text("a")
    (root / "latest").symlink_to("2025")
    (root / "alias.md").symlink_to("2025/a.md")
    assert pages(root) == ("2025/a.md", "alias.md", "page.mdx")
    assert problems(root) == []
    assert read_bytes(root, "alias.md") == b"a"


def test_links_in_a_circle_end(root: Path) -> None:
    (root / "a.mdx").symlink_to("b.mdx")
    (root / "b.mdx").symlink_to("a.mdx")
    (root / "sub").mkdir()
    (root / "sub" / "up").symlink_to("..")
    (root / "nowhere.md").symlink_to("gone.md")
    assert pages(root) == ("page.mdx",)
    assert problems(root) == [
        ("a.mdx:1", "a link that leads nowhere or in a circle; not read"),
        ("b.mdx:1", "a link that leads nowhere or in a circle; not read"),
        ("nowhere.md:1", "a link that leads nowhere or in a circle; not read"),
        ("sub/up:1", "a link to a folder that holds it; not followed"),
    ]


def test_a_root_that_is_a_link(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    assert pages(link) == ("page.mdx",)
    assert read_bytes(link, "page.mdx") == b"in the tree"


def test_a_folder_called_like_a_page(root: Path) -> None:
    (root / "x.mdx").mkdir()
    (root / "x.mdx" / "y.mdx").write_text("y")
    assert pages(root) == ("page.mdx", "x.mdx/y.mdx")
    assert problems(root) == []
    with pytest.raises(PageError, match="not a regular file"):
        read_bytes(root, "x.mdx")


def test_a_pointer_of_git_lfs_is_no_page(root: Path) -> None:
    (root / "page.mdx").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    with pytest.raises(PageError, match="a Git LFS pointer, not the page; not read"):
        read_bytes(root, "page.mdx")


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe.mdx")
    with pytest.raises(PageError, match="not a regular file"):
        read_bytes(root, "pipe.mdx")


def test_a_file_over_the_limit_is_not_read(root: Path) -> None:
    with (root / "big.mdx").open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    with pytest.raises(PageError, match="50 MiB, over the limit of 16 MiB"):
        read_bytes(root, "big.mdx")
    with (root / "big.mdx").open("r+b") as stream:
        stream.truncate(MAX_PAGE_BYTES)
    assert len(read_bytes(root, "big.mdx")) == MAX_PAGE_BYTES


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(root: Path) -> None:
    (root / "page.mdx").chmod(0)
    with pytest.raises(PageError, match="cannot be read: Permission denied"):
        read_bytes(root, "page.mdx")


def test_a_file_that_the_system_refuses(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PageError, match="cannot be read: Permission denied"):
        read_bytes(root, "page.mdx")


def test_a_folder_that_cannot_be_listed_is_a_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: str | Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert pages(root) == ("page.mdx",)
    assert problems(root) == [("closed:1", "a folder that cannot be listed: Permission denied")]


def test_names_that_no_output_can_hold(root: Path) -> None:
    (root / os.fsdecode(b"\xff.mdx")).write_text("x")
    (root / "a\nb.mdx").write_text("x")
    assert pages(root) == ("page.mdx",)
    assert [span for span, _ in problems(root)] == ["\\udcff.mdx:1", "a\\nb.mdx:1"]


@pytest.mark.parametrize("name", ["absent", "docs/page.mdx"])
def test_a_root_that_is_not_a_folder(root: Path, name: str) -> None:
    with pytest.raises(DocsError, match="is not a folder"):
        find_files(root.parent / name, Layout())


def test_no_handle_stays_open(root: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    os.mkfifo(root / "pipe.mdx")
    for _ in range(5):
        read_bytes(root, "page.mdx")
        with pytest.raises(PageError):
            read_bytes(root, "pipe.mdx")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert stat.S_ISFIFO((root / "pipe.mdx").stat().st_mode)
