"""A whole tree: in order and in parallel."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import extractor.docs.page_extractor
from extractor.base.errors import DocsError
from extractor.docs.corpus import Reading, extract, extract_pages
from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_cache import PageCache, PageJob
from extractor.docs.page_extractor import PageExtractor
from extractor.model import PLAIN_PARTIES, Block, Layout, Page
from tests.support.docs_tree import LAYOUT, facts


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


@pytest.mark.processes
def test_processes_give_what_one_process_gives(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (root / f"more{number}.mdx").write_text(f"```js\n{number}\n```\n")
    alone = extract(root, LAYOUT, jobs=1)
    monkeypatch.setattr(extractor.docs.page_extractor, "_POOL_FROM_BYTES", 0)
    monkeypatch.setattr(extractor.docs.page_extractor, "_CHUNK_BYTES", 30)
    assert facts(extract(root, LAYOUT, jobs=2)) == facts(alone)


@pytest.mark.processes
def test_each_process_keeps_the_pages_that_it_read(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor.docs.page_extractor, "_POOL_FROM_BYTES", 0)
    monkeypatch.setattr(extractor.docs.page_extractor, "_CHUNK_BYTES", 30)
    corpus = extract(root, LAYOUT, jobs=2, cache=tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == len(corpus.pages)
    monkeypatch.setattr(extractor.docs.page_extractor.PageExtractor, "start", None)
    assert facts(extract(root, LAYOUT, jobs=1, cache=tmp_path / "cache")) == facts(corpus)


@pytest.mark.processes
def test_what_cannot_be_packed_is_handed_over_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor.docs.page_extractor, "_POOL_FROM_BYTES", 0)
    monkeypatch.setattr(extractor.docs.page_extractor, "_CHUNK_BYTES", 30)
    jobs = [PageJob(path, b"```js\n" + b"x\n" * 20 + b"```\n", None) for path in ("a.md", "\udcff.md")]
    cache = PageCache(tmp_path / "c", tmp_path, LAYOUT, PLAIN_PARTIES)
    pages = PageExtractor(tmp_path, LAYOUT, PLAIN_PARTIES, (), 5.0, cache)
    assert sorted(entry.blocks[0].span.file for entry in pages.start(jobs, 2).entries()) == ["a.md", "\udcff.md"]
    assert len(list((tmp_path / "c").iterdir())) == 1


@pytest.mark.processes
def test_what_is_read_elsewhere_can_be_given_up(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Reading(root, LAYOUT, jobs=2).is_elsewhere, "few pages are read sooner here"
    monkeypatch.setattr(extractor.docs.page_extractor, "_POOL_FROM_BYTES", 0)
    monkeypatch.setattr(extractor.docs.page_extractor, "_CHUNK_BYTES", 30)
    for number in range(400):
        (root / f"more{number}.mdx").write_text(f"```js\n{number}\n```\n")
    threads = threading.active_count()
    with Reading(root, LAYOUT, jobs=2, cache=tmp_path / "cache") as reading:
        assert reading.is_elsewhere
    assert len(list((tmp_path / "cache").iterdir())) < 400
    assert threading.active_count() == threads, "one that is left would keep later workers from being forked"
    assert len(extract(root, LAYOUT, jobs=2, cache=tmp_path / "cache").pages) == 403


@pytest.mark.processes
def test_a_process_with_threads_is_not_forked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = extract(root, LAYOUT, jobs=1)
    monkeypatch.setattr(extractor.docs.page_extractor, "_POOL_FROM_BYTES", 0)
    monkeypatch.setattr(extractor.docs.page_extractor, "_CHUNK_BYTES", 30)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert extractor.docs.page_extractor._context().get_start_method() == "spawn"
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


def test_an_internal_error_on_one_page_does_not_hide_the_others(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse_page = extractor.docs.page_extractor.parse_page

    def faulty(root: Path, path: str, *rest: object) -> object:
        if path == "guide.mdx":
            raise IndexError("list index out of range")
        return parse_page(root, path, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(extractor.docs.page_extractor, "parse_page", faulty)
        corpus = extract(root, LAYOUT, cache=tmp_path / "cache")
    assert [str(block.span) for block in corpus.blocks] == ["broken.mdx:5", "specification/2025-06-18/a.mdx:5-7"]
    (problem,) = corpus.page("guide.mdx").problems
    assert problem.message == "internal error (please report): IndexError: list index out of range"
    assert len(extract(root, LAYOUT, cache=tmp_path / "cache").blocks) == 4


KILLED = """
import os, pathlib, signal, sys
import extractor.docs.corpus, extractor.docs.page_extractor
from extractor.model import Layout
extractor.docs.page_extractor._POOL_FROM_BYTES, extractor.docs.page_extractor._CHUNK_BYTES = 0, 30
extractor.docs.page_extractor.blocks_of = lambda *rest: os.kill(os.getpid(), signal.SIGKILL)
extractor.docs.corpus.extract(pathlib.Path(sys.argv[1]), Layout(), jobs=2)
"""
"""In a process of its own, which has one thread: only there workers are forked, and have what is replaced here."""


@pytest.mark.processes
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


def test_a_page_that_takes_too_long_is_a_problem_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(page: Page, loaders: tuple[str, ...]) -> tuple[Block, ...]:
        while page.path == "slow.md":
            pass
        return blocks_of(page, loaders)

    monkeypatch.setattr("extractor.docs.page_extractor.blocks_of", slow)
    for name in ("slow.md", "b.md"):
        (tmp_path / name).write_text("```js\nx\n```\n")
    corpus = extract(tmp_path, Layout(), jobs=1, page_s=0.2)
    assert [f"{problem.span}: {problem.message}" for problem in corpus.problems] == [
        "slow.md:1: reading this page took more than 0.2 s of processor time; nothing of it is used"
    ]
    assert [block.span.file for block in corpus.blocks] == ["b.md"]
    again = extract_pages(tmp_path, Layout(), {"slow.md": None, "b.md": None}, page_s=0.2)
    assert [block.span.file for block in again.blocks] == ["b.md"]
