"""Includes bring in files of the docs tree and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.docs.page_blocks import blocks_of
from extractor.model import Block, Flavour, Layout, Page
from tests.support.docs_tree import read_page


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "a.py").write_text("one\ntwo\nthree\n")
    (folder / "code" / "b.py").write_text("# --8<-- [start:part]\nin\n# --8<-- [end:part]\nout\n")
    (tmp_path / "secret.py").write_text("secret\n")
    (folder / "link.py").symlink_to(tmp_path / "secret.py")
    (folder / "large.py").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    return folder


def mkdocs(root: Path, *lines: str) -> tuple[Block, Page]:
    (root / "p.md").write_text("\n".join(("```py", *lines, "```", "")))
    page = read_page(root, "p.md", Layout(flavour=Flavour.MKDOCS))
    (block,) = blocks_of(page)
    return block, page


def vitepress(root: Path, line: str, path: str = "guide/p.md") -> tuple[Block, Page]:
    (root / ".vitepress").mkdir(exist_ok=True)
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(f"{line}\n")
    page = read_page(root, path, Layout())
    (block,) = blocks_of(page)
    return block, page


@pytest.mark.parametrize(
    ("line", "text", "spans"),
    [
        ('--8<-- "code/a.py"', "one\ntwo\nthree\n", ["code/a.py:1-3"]),
        ("-8<- 'code/a.py'", "one\ntwo\nthree\n", ["code/a.py:1-3"]),
        ('--8<-- "code/a.py:2"', "two\nthree\n", ["code/a.py:2-3"]),
        ('--8<-- "code/a.py:2:2"', "two\n", ["code/a.py:2"]),
        ('--8<-- "code/a.py::2"', "one\ntwo\n", ["code/a.py:1-2"]),
        ('--8<-- "code/b.py:part"', "in\n", ["code/b.py:2"]),
        ('--8<-- "code/b.py"', "in\nout\n", ["code/b.py:1-4"]),
        ('  --8<-- "code/a.py:1:1"', "  one\n", ["code/a.py:1"]),
        ("print(\"--8<-- 'code/a.py'\")", "print(\"--8<-- 'code/a.py'\")\n", []),
    ],
)
def test_snippets(root: Path, line: str, text: str, spans: list[str]) -> None:
    block, page = mkdocs(root, line)
    assert (block.text, [str(span) for span in block.includes], page.problems) == (text, spans, ())


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("https://example.com/raw/main/a.py", "one\ntwo\nthree\n"),
        ("https://example.com/raw/main/a.py:2:2", "two\n"),
        ("https://example.com/raw/main/b.py:part", "in\n"),
        ("https://example.com/raw/main/../../secret.py", None),
        ("https://example.com/raw/mainly/a.py", None),
        ("https://example.org/raw/main/a.py", None),
    ],
)
def test_what_a_url_holds_may_be_in_a_folder_of_the_tree(root: Path, target: str, text: str | None) -> None:
    (root / "p.md").write_text(f'```py\n--8<-- "{target}"\n```\n')
    page = read_page(root, "p.md", Layout(flavour=Flavour.MKDOCS, downloads={"https://example.com/raw/main/": "code"}))
    (block,) = blocks_of(page)
    assert block.text == (text if text is not None else f'--8<-- "{target}"\n')
    assert len(page.problems) == (text is None)


@pytest.mark.parametrize(("option", "text"), [("true", "if x:\n    y\n"), ("false", "    if x:\n        y\n")])
def test_parts_of_files_are_dedented_where_the_site_does_that(root: Path, option: str, text: str) -> None:
    site = "markdown_extensions:\n  - pymdownx.snippets:\n      dedent_subsections: {}\n"
    (root.parent / "mkdocs.yml").write_text(site.format(option))
    (root / "code" / "c.py").write_text(
        "def f():\n    # --8<-- [start:in]\n    if x:\n        y\n    # --8<-- [end:in]\n"
    )
    (root / "p.md").write_text('```py\n--8<-- "docs/code/c.py:in"\n```\n\n```py\n--8<-- "docs/code/c.py:3:4"\n```\n')
    page = read_page(root.parent, "docs/p.md", Layout())
    assert [block.text for block in blocks_of(page)] == [text, text]


def test_a_snippet_may_include_another(root: Path) -> None:
    (root / "c.py").write_text('before\n  --8<-- "code/a.py:1:1"\nafter\n')
    block, _ = mkdocs(root, '--8<-- "c.py"')
    assert block.text == "before\n  one\nafter\n"
    assert [str(span) for span in block.includes] == ["c.py:1-3", "code/a.py:1"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("../secret.py", "it lies outside the docs tree"),
        ("/etc/passwd", "it lies outside the docs tree"),
        ("code/../../secret.py", "it lies outside the docs tree"),
        ("link.py", "it lies outside the docs tree"),
        ("code", "it is not a regular file"),
        ("large.py", "it is a Git LFS pointer; `git lfs pull` brings the file"),
        ("no.py", "no such file in the docs tree"),
        ("https://example.org/a.py", "only files of the docs tree are read"),
    ],
)
def test_what_is_not_included(root: Path, target: str, reason: str) -> None:
    block, page = mkdocs(root, "x", f'--8<-- "{target}"')
    assert block.text == f'x\n--8<-- "{target}"\n'
    assert block.includes == ()
    (problem,) = page.problems
    assert str(problem.span) == "p.md:3"
    assert problem.message.startswith(f"include of {target!r} is not followed: ")
    assert problem.message.endswith(reason)


def test_a_file_that_may_be_above_the_docs_root_has_a_hint(root: Path) -> None:
    (root.parent / "mkdocs.yml").write_text("site_name: Mill\n")
    (root / "p.md").write_text('```py\n--8<-- "src/a.py"\n```\n')
    (problem,) = read_page(root, "p.md", Layout()).problems
    assert problem.message.endswith("the site's configuration is one folder above: pass that folder as the docs root")


def test_a_section_that_is_not_there(root: Path) -> None:
    _, page = mkdocs(root, '--8<-- "code/b.py:nope"')
    assert [problem.message for problem in page.problems] == ["code/b.py has no section 'nope'"]


def test_a_circle_is_refused(root: Path) -> None:
    (root / "x.py").write_text('x\n--8<-- "y.py"\n')
    (root / "y.py").write_text('y\n--8<-- "x.py"\n')
    block, page = mkdocs(root, '--8<-- "x.py"')
    assert block.text == 'x\ny\n--8<-- "x.py"\n'
    assert [problem.message for problem in page.problems] == ["x.py includes itself"]


def test_a_chain_of_doubling_files_is_refused(root: Path) -> None:
    for number in range(30):
        (root / f"f{number}.py").write_text(f'--8<-- "f{number + 1}.py"\n' * 100)
    block, page = mkdocs(root, '--8<-- "f0.py"')
    assert len(block.text) < 10_000_000
    assert page.problems


def test_a_huge_file_is_refused(root: Path) -> None:
    (root / "big.py").write_text("x\n" * 1_000_000)
    _, page = mkdocs(root, '--8<-- "big.py"')
    assert "more than 1048576 bytes" in page.problems[0].message


def test_the_folder_of_the_mkdocs_configuration_is_looked_in_first(tmp_path: Path) -> None:
    site = tmp_path / "manual"
    (site / "docs").mkdir(parents=True)
    (site / "mkdocs.yml").touch()
    (site / "a.py").write_text("of the site\n")
    (tmp_path / "a.py").write_text("of the tree\n")
    (site / "docs" / "p.md").write_text('```py\n--8<-- "a.py"\n```\n')
    (block,) = blocks_of(read_page(tmp_path, "manual/docs/p.md", Layout()))
    assert block.text == "of the site\n"


@pytest.mark.parametrize(
    ("line", "text", "spans"),
    [
        ("<<< @/code/a.py", "one\ntwo\nthree\n", ["code/a.py:1-3"]),
        ("<<< ../code/a.py{2}", "one\ntwo\nthree\n", ["code/a.py:1-3"]),
        ("<<<@/code/a.py [label]", "one\ntwo\nthree\n", ["code/a.py:1-3"]),
        ("<<< @/r.ts#a", "x\n  y\n", ["r.ts:3-4"]),
    ],
)
def test_whole_blocks_of_vitepress(root: Path, line: str, text: str, spans: list[str]) -> None:
    (root / "r.ts").write_text("before\n// #region a\n  x\n    y\n// #endregion a\n")
    block, page = vitepress(root, line)
    assert (block.text, [str(span) for span in block.includes], page.problems) == (text, spans, ())
    assert (block.span.first, block.span.last, block.span.column) == (1, 1, 1)


@pytest.mark.parametrize("line", ["<<< ../../secret.py", "<<< @/../secret.py", "<<< @/link.py", "<<< @/code/a.py#nope"])
def test_what_vitepress_may_not_bring_in(root: Path, line: str) -> None:
    block, page = vitepress(root, line)
    assert block.text == ""
    assert [str(problem.span) for problem in page.problems] == ["guide/p.md:1"]


def test_other_flavours_do_not_include(root: Path) -> None:
    (root / "p.md").write_text('```py\n--8<-- "code/a.py"\n```\n\n<<< @/code/a.py\n')
    (block,) = blocks_of(read_page(root, "p.md", Layout(flavour=Flavour.GITHUB)))
    assert block.text == '--8<-- "code/a.py"\n'
