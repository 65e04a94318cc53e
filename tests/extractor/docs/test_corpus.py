"""A whole tree: in order, in parallel, and from the cache."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import extractor.docs.corpus
from extractor.base.errors import DocsError
from extractor.docs.corpus import extract
from extractor.docs.page_cache import PageCache
from extractor.model import PLAIN_PARTIES, Corpus, Layout, Parties, Party, Subject

LAYOUT = Layout(revisions=("2025-06-18",), specification=("/specification",))
SPECIFICATION = "# Rules\n\nA server **MUST** answer.\n\n```json\n{}\n```\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "specification" / "2025-06-18").mkdir(parents=True)
    (folder / "specification" / "2025-06-18" / "a.mdx").write_text(SPECIFICATION)
    (folder / "guide.mdx").write_text("---\ndate: 2025-01-01\n---\n```ts server.ts\nx\n```\n\n```ts\ny\n```\n")
    (folder / "broken.mdx").write_bytes(b"---\na: [\n---\n\xff\n```js\n")
    return folder


def facts(corpus: Corpus) -> tuple[object, ...]:
    """Everything but the tokens, which stay in the process that parsed the page."""
    return corpus.root, corpus.layout, corpus.pages, corpus.blocks, corpus.statements, corpus.problems


def test_everything_in_order_of_page_and_line(root: Path) -> None:
    corpus = extract(root, LAYOUT)
    assert [page.path for page in corpus.pages] == ["broken.mdx", "guide.mdx", "specification/2025-06-18/a.mdx"]
    assert [str(block.span) for block in corpus.blocks] == [
        "broken.mdx:5",
        "guide.mdx:4-6",
        "guide.mdx:8-10",
        "specification/2025-06-18/a.mdx:5-7",
    ]
    assert [statement.text for statement in corpus.statements] == ["A server MUST answer."]
    assert [str(problem.span) for problem in corpus.problems] == ["broken.mdx:3", "broken.mdx:4", "broken.mdx:5"]
    assert all(page.tokens == () for page in corpus.pages)
    assert corpus.page("guide.mdx").front_matter == {"date": "2025-01-01"}


def test_statements_can_be_left_out(root: Path) -> None:
    assert extract(root, LAYOUT, statements=False).statements == ()


def test_the_cache_gives_what_parsing_gives(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = extract(root, LAYOUT, cache=tmp_path / "cache")
    monkeypatch.setattr(extractor.docs.corpus, "parse_page", None)  # nothing is parsed again
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
    parties = Parties(server=Party(("broker",)), client=Party(("server",)))
    (other,) = extract(root, LAYOUT, parties, cache=tmp_path / "cache").statements
    assert (plain.subject, other.subject) == (Subject.SERVER, Subject.CLIENT)


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
    cache = PageCache(tmp_path, tmp_path, LAYOUT, PLAIN_PARTIES, statements=True)
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


def test_processes_give_what_one_process_gives(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (root / f"more{number}.mdx").write_text(f"```js\n{number}\n```\n")
    alone = extract(root, LAYOUT, jobs=1)
    monkeypatch.setattr(extractor.docs.corpus, "_POOL_FROM_BYTES", 0)
    monkeypatch.setattr(extractor.docs.corpus, "_CHUNK_BYTES", 30)
    assert facts(extract(root, LAYOUT, jobs=2)) == facts(alone)


def test_a_process_with_threads_is_not_forked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = extract(root, LAYOUT, jobs=1)
    monkeypatch.setattr(extractor.docs.corpus, "_POOL_FROM_BYTES", 0)
    monkeypatch.setattr(extractor.docs.corpus, "_CHUNK_BYTES", 30)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert extractor.docs.corpus._context().get_start_method() == "spawn"
        assert facts(extract(root, LAYOUT, jobs=2)) == facts(alone)
    finally:
        stop.set()
        thread.join()


def test_a_page_that_cannot_be_read_stays_in_the_corpus(root: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mdx").write_text("```js\n```\n")
    (root / "x.mdx").mkdir()
    with (root / "big.mdx").open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    corpus = extract(root, LAYOUT)
    assert corpus.page("big.mdx").problems[0].message.startswith("50 MiB")
    assert len(corpus.blocks) == 4


def test_a_fault_of_ours_on_one_page_does_not_hide_the_others(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse_page = extractor.docs.corpus.parse_page

    def faulty(root: Path, path: str, *rest: object) -> object:
        if path == "guide.mdx":
            raise IndexError("list index out of range")
        return parse_page(root, path, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(extractor.docs.corpus, "parse_page", faulty)
        corpus = extract(root, LAYOUT, cache=tmp_path / "cache")
    assert [str(block.span) for block in corpus.blocks] == ["broken.mdx:5", "specification/2025-06-18/a.mdx:5-7"]
    (problem,) = corpus.page("guide.mdx").problems
    assert problem.message == "internal error (please report): IndexError: list index out of range"
    assert len(extract(root, LAYOUT, cache=tmp_path / "cache").blocks) == 4


KILLED = """
import os, pathlib, signal, sys
import extractor.docs.corpus
from extractor.model import PLAIN_PARTIES, Block, Corpus, Layout, Parties, Party, Subject
extractor.docs.corpus._POOL_FROM_BYTES, extractor.docs.corpus._CHUNK_BYTES = 0, 30
extractor.docs.corpus.blocks_of = lambda page: os.kill(os.getpid(), signal.SIGKILL)
extractor.docs.corpus.extract(pathlib.Path(sys.argv[1]), Layout(), jobs=2)
"""
"""In a process of its own, which has one thread: only there workers are forked, and have what is replaced here."""


def test_a_killed_process_is_an_error_that_says_so(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(root)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ExtractionError: a process that extracts pages was killed")


def test_an_empty_tree(tmp_path: Path) -> None:
    corpus = extract(tmp_path, LAYOUT, cache=tmp_path / "cache")
    assert (corpus.pages, corpus.blocks, corpus.problems) == ((), (), ())


def test_no_tree(tmp_path: Path) -> None:
    with pytest.raises(DocsError):
        extract(tmp_path / "absent", LAYOUT)


def count_parsing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    parsed: list[str] = []
    parse_page = extractor.docs.corpus.parse_page

    def counted(root: Path, path: str, *rest: object) -> object:
        parsed.append(path)
        return parse_page(root, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(extractor.docs.corpus, "parse_page", counted)
    return parsed
