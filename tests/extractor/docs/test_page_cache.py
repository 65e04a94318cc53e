"""Extracted pages on disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import extractor.docs.page_extractor
from extractor.docs.corpus import extract
from extractor.docs.page_cache import PageCache
from extractor.model import PLAIN_PARTIES, Layout, Parties, Party, Subject
from tests.support.docs_tree import LAYOUT, count_parsing, facts


def test_the_cache_gives_what_parsing_gives(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = extract(root, LAYOUT, cache=tmp_path / "cache")
    monkeypatch.setattr(extractor.docs.page_extractor, "parse_page", None)  # nothing is parsed again
    second = extract(root, LAYOUT, cache=tmp_path / "cache")
    assert facts(first) == facts(second) == facts(second)


def test_only_a_page_that_changed_is_parsed_again(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extract(root, LAYOUT, cache=tmp_path / "cache")
    (root / "guide.mdx").write_text("```ts\nchanged\n```\n")
    parsed = count_parsing(monkeypatch)
    corpus = extract(root, LAYOUT, cache=tmp_path / "cache")
    assert parsed == ["guide.mdx"]
    assert [block.text for block in corpus.blocks if block.span.file == "guide.mdx"] == ["changed\n"]


@pytest.mark.parametrize(
    "layout",
    [Layout(), Layout(revisions=("2025-06-18",), specification=("**",)), Layout(flavour=None, drafts=())],
)
def test_another_layout_is_another_entry(
    root: Path, tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract(root, LAYOUT, cache=tmp_path / "cache")
    parsed = count_parsing(monkeypatch)
    assert facts(extract(root, layout, cache=tmp_path / "cache")) == facts(extract(root, layout))
    assert len(parsed) == 6


def test_other_parties_are_another_entry(root: Path, tmp_path: Path) -> None:
    (plain,) = extract(root, LAYOUT, cache=tmp_path / "cache").statements
    parties = Parties((Party("server", ("broker",)), Party("client", ("server",))))
    (other,) = extract(root, LAYOUT, parties, cache=tmp_path / "cache").statements
    assert (plain.subject, other.subject) == (Subject.SERVER, Subject.CLIENT)


def test_other_loaders_are_another_entry(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("Start it: `chat run a.py`.\n\n```python\nx\n```\n", encoding="utf-8")
    (without,) = extract(tmp_path, Layout(), cache=tmp_path / "cache").blocks
    (block,) = extract(tmp_path, Layout(), loaders=("chat",), cache=tmp_path / "cache").blocks
    assert (without.prose_commands, block.prose_commands) == ((), ((1, "chat run a.py"),))


def test_a_moved_page_is_not_taken_for_the_old_one(root: Path, tmp_path: Path) -> None:
    extract(root, LAYOUT, cache=tmp_path / "cache")
    (root / "guide.mdx").rename(root / "moved.mdx")
    corpus = extract(root, LAYOUT, cache=tmp_path / "cache")
    assert {block.span.file for block in corpus.blocks} == {"broken.mdx", "moved.mdx", "specification/2025-06-18/a.mdx"}


def test_a_changed_include_is_read_again(tmp_path: Path) -> None:
    root, cache = tmp_path / "docs", tmp_path / "cache"
    root.mkdir()
    (root / "mkdocs.yml").write_text("docs_dir: .\n")
    (root / "p.md").write_text('```py\n--8<-- "a.py"\n```\n')

    def text() -> str:
        return extract(root, Layout(), cache=cache).blocks[0].text

    assert text() == '--8<-- "a.py"\n'
    (root / "a.py").write_text("one\n")
    assert text() == "one\n"
    (root / "a.py").write_text("two\n")
    assert text() == "two\n"
    (root / "a.py").unlink()
    assert text() == '--8<-- "a.py"\n'


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xc1" * 100, b"\x93" * 10_000, None])
def test_a_damaged_entry_is_made_again(root: Path, tmp_path: Path, damage: bytes | None) -> None:
    first = extract(root, LAYOUT, cache=tmp_path / "cache")
    entries = sorted((tmp_path / "cache").rglob("*.page"))
    assert len(entries) == 3
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:-3] if damage is None else damage)
    assert facts(extract(root, LAYOUT, cache=tmp_path / "cache")) == facts(first)
    assert all(len(entry.read_bytes()) > 100 for entry in entries)


def test_a_cache_that_cannot_be_written_does_not_matter(root: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert facts(extract(root, LAYOUT, cache=tmp_path / "cache")) == facts(extract(root, LAYOUT))


def test_no_unfinished_file_is_left(root: Path, tmp_path: Path) -> None:
    extract(root, LAYOUT, cache=tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.tmp"))


def test_old_entries_are_removed(tmp_path: Path) -> None:
    cache = PageCache(tmp_path, tmp_path, LAYOUT, PLAIN_PARTIES)
    for number in range(10):
        (tmp_path / f"{number}.page").write_text("")
    cache.prune(keep=4)
    assert len(list(tmp_path.iterdir())) == 4


def test_an_entry_with_statements_serves_those_who_want_none(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract(root, LAYOUT, cache=tmp_path / "cache")
    parsed = count_parsing(monkeypatch)
    assert extract(root, LAYOUT, cache=tmp_path / "cache", statements=False).statements == ()
    assert parsed == []


def test_an_entry_without_statements_does_not_serve_those_who_want_them(root: Path, tmp_path: Path) -> None:
    extract(root, LAYOUT, cache=tmp_path / "cache", statements=False)
    assert len(extract(root, LAYOUT, cache=tmp_path / "cache").statements) == 1


def test_statements_alone_are_entries_of_their_own(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = extract(root, LAYOUT)
    with monkeypatch.context() as patch:
        patch.setattr("extractor.docs.page_extractor.blocks_of", None)
        alone = extract(root, LAYOUT, cache=tmp_path / "cache", blocks=False)
    assert (alone.statements, alone.blocks, alone.problems) == (whole.statements, (), whole.problems)
    parsed = count_parsing(monkeypatch)
    assert extract(root, LAYOUT, cache=tmp_path / "cache", blocks=False) == alone
    assert parsed == []
    assert extract(root, LAYOUT, cache=tmp_path / "cache").blocks == whole.blocks
    assert len(parsed) == len(whole.pages)


def test_an_entry_with_everything_serves_those_who_want_statements(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = extract(root, LAYOUT, cache=tmp_path / "cache")
    parsed = count_parsing(monkeypatch)
    alone = extract(root, LAYOUT, cache=tmp_path / "cache", blocks=False)
    assert (alone.statements, alone.blocks, parsed) == (whole.statements, (), [])


@pytest.mark.processes
def test_a_tree_whose_pages_are_all_cached_loads_no_parser(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("```python\nprint(1)\n```\n")
    program = (
        "import sys; from pathlib import Path; from extractor.docs.corpus import extract; from extractor.model import Layout\n"
        f"assert extract(Path({str(tmp_path / 'docs')!r}), Layout(), cache=Path({str(tmp_path / 'cache')!r})).blocks\n"
        "print('markdown_it' in sys.modules)"
    )
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in "ab"]
    assert [run.stdout.strip() for run in runs] == ["True", "False"]


def test_a_page_that_takes_too_long_takes_that_long_once_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, cache = tmp_path / "docs", tmp_path / "cache"
    root.mkdir()
    (root / "p.md").write_text("Words.\n")
    (root / "q.md").write_text('--8<-- "a.md"\n')
    extract(tmp_path / "docs", Layout(revisions=("1",)), cache=cache)
    read: list[str] = []

    def endless(_: Path, path: str, *__: object) -> None:
        read.append(path)
        while True:
            pass

    def problems(page_s: float) -> set[str]:
        read.clear()
        found = extract(root, Layout(), cache=cache, page_s=page_s, jobs=1).problems
        return {problem.span.file for problem in found if "processor time" in problem.message}

    with monkeypatch.context() as slow:
        slow.setattr(extractor.docs.page_extractor, "parse_page", endless)
        assert (problems(0.1), read) == ({"p.md", "q.md"}, ["p.md", "q.md"])
        assert (problems(0.1), read) == ({"p.md", "q.md"}, ["q.md"]), "what a page includes may be the cause"
        assert (problems(0.2), read) == ({"p.md", "q.md"}, ["p.md", "q.md"])
    assert problems(0.3) == set()


def test_another_site_is_another_entry(tmp_path: Path) -> None:
    """An import is looked for from the site's folder, wherever that is now."""
    root, cache = tmp_path / "docs", tmp_path / "cache"
    for folder, text in (("snippets", "outer"), ("guide/snippets", "inner")):
        (root / folder).mkdir(parents=True)
        (root / folder / "part.mdx").write_text(f"```ts\n{text}\n```\n")
    (root / "guide" / "p.mdx").write_text('import Part from "/snippets/part.mdx";\n\n<Part />\n')

    def text() -> str:
        blocks = extract(root, Layout(), cache=cache).blocks
        return next(block.text for block in blocks if block.span.file == "guide/p.mdx")

    (root / "docs.json").write_text("{}")
    assert text() == "outer\n"
    (root / "docs.json").rename(root / "guide" / "docs.json")
    assert text() == "inner\n"
