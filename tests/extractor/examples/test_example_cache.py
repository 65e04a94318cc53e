"""Examples kept per page: the same as finding them again, and found again when anything they depend on changes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import extractor.examples.example_cache as cache_module
import extractor.examples.page_examples as finding
from extractor.docs.corpus import extract
from extractor.docs.page_cache import PAGE_S
from extractor.examples.example_cache import ExampleCache
from extractor.examples.find import find_examples, still_valid
from extractor.model import Corpus, ExampleOverride, ExampleStatus, Layout
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from extractor.model import Block, Example

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
SERVER = '```python\nfrom mcp.server.fastmcp import FastMCP\n\nserver = FastMCP("x")\nserver.run()\n```\n'
INSTALL = "```bash\npip install mcp\n```\n"


def find(corpus: Corpus, folder: Path, profile: Any = CODE, version: str = "1", **settings: Any) -> tuple[Example, ...]:
    overrides, packages = settings.get("overrides", {}), settings.get("packages", {})
    cache = ExampleCache(folder, profile, overrides, packages, code_of_profile=version)
    return find_examples(corpus, profile, overrides, packages, page_s=settings.get("page_s", PAGE_S), cache=cache)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages whose examples were looked for."""
    pages: list[str] = []
    really = finding.PageExamples.find

    def find(self: finding.PageExamples, page: str, blocks: list[Block]) -> tuple[Example, ...]:
        pages.append(page)
        return really(self, page, blocks)

    monkeypatch.setattr(finding.PageExamples, "find", find)
    return pages


def tree(folder: Path, **pages: str) -> Corpus:
    folder.mkdir(exist_ok=True)
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text)
    return extract(folder, Layout(), jobs=1, statements=False)


def test_kept_examples_are_those_that_are_found(tmp_path: Path, looked: list[str]) -> None:
    corpus = extract(SAMPLE, Layout(), jobs=1, statements=False)
    first = find(corpus, tmp_path)
    assert looked
    looked.clear()
    assert find(corpus, tmp_path) == first == find_examples(corpus, CODE)
    assert looked == sorted({block.span.file for block in corpus.blocks}), "only by the call that keeps nothing"


def test_only_a_page_that_changed_is_looked_at_again(tmp_path: Path, looked: list[str]) -> None:
    find(tree(tmp_path / "docs", a=SERVER, b=SERVER), tmp_path)
    looked.clear()
    examples = find(tree(tmp_path / "docs", b=f"# Moved down\n\n{SERVER}"), tmp_path)
    assert looked == ["b.md"]
    assert [example.spans[0].first for example in examples] == [1, 3]


def test_a_changed_installation_page_counts_for_all(tmp_path: Path, looked: list[str]) -> None:
    find(tree(tmp_path / "docs", a=SERVER, installation=INSTALL), tmp_path)
    looked.clear()
    changed = tree(tmp_path / "docs", installation=INSTALL.replace("mcp", "'mcp==1.2.0'"))
    assert find(changed, tmp_path) == find_examples(changed, CODE)
    assert set(looked) == {"a.md", "installation.md"}


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({}, []),
        ({"c": SERVER}, ["c.md"]),
        ({"a": SERVER.replace('"x"', '"y"')}, ["a.md"]),
        ({"a": f"# Moved down\n\n{SERVER}"}, ["a.md"]),
        ({"installation": INSTALL.replace("mcp", "'mcp==1.2.0'")}, ["a.md", "b.md", "installation.md"]),
    ],
)
def test_what_is_known_of_a_part_of_the_docs_is_not_looked_for_again(
    tmp_path: Path, looked: list[str], change: dict[str, str], again: list[str]
) -> None:
    part = tree(tmp_path, a=SERVER, b="```python\nprint(1)\n```\n", installation=INSTALL)
    examples = find_examples(part, CODE)
    whole = tree(tmp_path, **change)
    looked.clear()
    found = find_examples(whole, CODE, known=still_valid(examples, part, whole))
    assert looked == again
    assert found == find_examples(whole, CODE)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2"},
        {"profile": replace(CODE, words=("other",))},
        {"profile": replace(CODE, spawning=frozenset({"spawn"}))},
        {"profile": replace(CODE, rules={})},
        {"overrides": {"a#python": ExampleOverride(skip="broken on purpose")}},
        {"packages": {"mcp": "fastmcp"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_setting_is_in_the_key(tmp_path: Path, looked: list[str], change: dict[str, Any]) -> None:
    corpus = tree(tmp_path / "docs", a=SERVER)
    find(corpus, tmp_path)
    looked.clear()
    find(corpus, tmp_path, **change)
    assert looked == ["a.md"]
    looked.clear()
    find(corpus, tmp_path, **change)
    assert looked == []


@pytest.mark.parametrize("what", ["code", "interpreter", "library"])
def test_docprobe_and_what_it_reads_code_with_are_in_the_key(
    tmp_path: Path, looked: list[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    corpus = tree(tmp_path / "docs", a=SERVER)
    find(corpus, tmp_path)
    looked.clear()
    cache_module.code_version.cache_clear()
    match what:
        case "code":
            monkeypatch.setattr(cache_module, "code_digest", lambda *places: "other")
        case "interpreter":
            monkeypatch.setattr(sys, "version", "4.0")
        case _:
            monkeypatch.setattr(cache_module, "library_version", lambda name: "99")
    try:
        find(corpus, tmp_path)
    finally:
        cache_module.code_version.cache_clear()
    assert looked == ["a.md"]


def test_a_page_that_takes_too_long_takes_that_long_once_a_day(
    tmp_path: Path, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tree(tmp_path / "docs", a=SERVER)

    def endless(*_: object) -> None:
        while True:
            pass

    def statuses(page_s: float) -> list[ExampleStatus]:
        looked.clear()
        return [example.status for example in find(corpus, tmp_path, page_s=page_s)]

    with monkeypatch.context() as slow:
        slow.setattr(finding, "page_view", endless)
        assert (statuses(0.1), looked) == ([ExampleStatus.FAILED], ["a.md"])
        assert (statuses(0.1), looked) == ([ExampleStatus.FAILED], [])
        assert (statuses(0.2), looked) == ([ExampleStatus.FAILED], ["a.md"])
    assert (statuses(0.3), looked) == ([ExampleStatus.RUNNABLE], ["a.md"])


def test_what_failed_is_tried_again(tmp_path: Path, looked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tree(tmp_path / "docs", a=SERVER)
    with monkeypatch.context() as broken:
        broken.setattr(finding, "page_view", None)
        assert [example.status for example in find(corpus, tmp_path)] == [ExampleStatus.FAILED]
    assert [example.status for example in find(corpus, tmp_path)] == [ExampleStatus.RUNNABLE]


@pytest.mark.processes
def test_kept_examples_load_no_parser(tmp_path: Path) -> None:
    """In a process of its own: this one has loaded everything already."""
    corpus = tree(tmp_path / "docs", a=SERVER)
    pages = tmp_path / "pages"
    extract(corpus.root, Layout(), jobs=1, statements=False, cache=pages)
    find(corpus, tmp_path / "kept", CODE)
    program = (
        "import sys, pathlib\n"
        "from harness.profiles.mcp.roles import CODE\n"
        "from extractor.docs.corpus import extract\n"
        "from extractor.examples.example_cache import ExampleCache\n"
        "from extractor.examples.find import find_examples, still_valid\n"
        "from extractor.model import Layout\n"
        "root, pages, kept = map(pathlib.Path, sys.argv[1:])\n"
        "corpus = extract(root, Layout(), statements=False, cache=pages)\n"
        "cache = ExampleCache(kept, CODE, {}, {}, code_of_profile='1')\n"
        "print(len(find_examples(corpus, CODE, cache=cache)))\n"
        "print([name for name in sys.modules if name in ('tree_sitter', 'markdown_it', 'yaml')])\n"
    )
    command = [sys.executable, "-c", program, str(corpus.root), str(pages), str(tmp_path / "kept")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["1", "[]"]
