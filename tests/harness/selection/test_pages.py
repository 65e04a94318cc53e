"""What ``--select`` and ``--changed-since`` read, and that a run reports what a run over all pages would report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import extractor.docs.page_extractor
from extractor.examples.page_examples import PageExamples
from harness.load import load_corpus, load_examples, load_statements
from harness.run import planning
from harness.run.planning import make_plan
from harness.selection.changed import find_change
from harness.selection.pages import load_selected, may_name
from harness.selection.select import Selection
from harness.settings import load_config
from harness.spec.bindings_file import binding_at, to_toml
from tests.harness.selection.repositories import git
from tests.support.docs_tree import count_parsing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from extractor.model import Block, Example, Page
    from harness.config import Config
    from harness.run.plan import Plan

SERVER = """\
```python title="server.py"
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("weather-of-today")

if __name__ == "__main__":
    mcp.run(transport="streamable-http")
```
"""
RULE = "# Transports\n\nThe server **MUST** answer a request of an ended session with HTTP 404 Not Found.\n"
PAGES = {
    "guides/server.md": f"# A server\n\n{SERVER}\nRun `python server.py`.\n",
    "guides/in-a-list.md": "# Again\n\n1. Write it:\n\n"
    + "".join(f"   {line}\n" if line else "\n" for line in SERVER.splitlines())
    + "\nRun `python server.py`.\n",
    "guides/installation.md": "# Installation\n\n```bash\npip install mcp==1.9.4\n```\n",
    "guides/other.md": "# Other\n\n```python\nprint('something else altogether')\n```\n",
    **{f"blog/story-{number}.md": "# A story\n\nNothing to run.\n" for number in range(8)},
    "specification/2025-11-25/basic/transports.md": RULE,
}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    docs = tmp_path / "docs"
    for name, text in PAGES.items():
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(text)
    (docs / "docs").mkdir()
    return load_config(docs, state=tmp_path / "state", jobs=1)


def read(config: Config, *patterns: str, named: tuple[str, ...] = ()) -> set[str]:
    corpus = load_selected(config, Selection(patterns), named).corpus
    assert sorted([*(page.path for page in corpus.pages), *corpus.unread]) == sorted(
        page.relative_to(config.docs).as_posix() for page in config.docs.rglob("*.md")
    )
    return {page.path for page in corpus.pages}


def test_a_page_its_copies_what_is_installed_and_the_rules_are_read(config: Config) -> None:
    left_out = {name for name in PAGES if name.startswith("blog/")} | {"guides/other.md"}
    assert read(config, "guides/server") == PAGES.keys() - left_out


@pytest.mark.processes
@pytest.mark.parametrize(
    "pattern", ["guides/server", "guides/server#python", "serv*", "/guides/in-a-list*", "server.md"]
)
def test_a_selected_page_is_planned_as_among_all_pages(config: Config, pattern: str) -> None:
    narrow = make_plan(replace(config, select=(pattern,)))
    whole = make_plan(config)
    examples = tuple(example for example in whole.examples if example.id in {one.id for one in narrow.examples})
    assert narrow.corpus.unread
    assert narrow.examples == examples != ()
    assert [narrow.copies(e.digest) for e in examples] == [whole.copies(e.digest) for e in examples]
    assert replace(narrow.bound, unbound=whole.bound.unbound) == whole.bound
    assert narrow.pages == whole.pages


@pytest.mark.processes
def test_each_page_is_read_once_and_rules_for_their_sentences_alone(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = count_parsing(monkeypatch)
    with_blocks, with_examples = list[str](), list[str]()
    blocks_of, find = extractor.docs.page_extractor.blocks_of, PageExamples.find

    def counted_blocks(page: Page, loaders: tuple[str, ...]) -> tuple[Block, ...]:
        with_blocks.append(page.path)
        return blocks_of(page, loaders)

    def counted_examples(self: PageExamples, page: str, blocks: Sequence[Block]) -> tuple[Example, ...]:
        with_examples.append(page)
        return find(self, page, blocks)

    monkeypatch.setattr(extractor.docs.page_extractor, "blocks_of", counted_blocks)
    monkeypatch.setattr(PageExamples, "find", counted_examples)
    plan = make_plan(replace(config, select=("guides/server",), no_cache=True))
    guides = ["guides/in-a-list.md", "guides/installation.md", "guides/server.md"]
    assert sorted(with_blocks) == sorted(with_examples) == guides
    assert sorted(parsed) == [*guides, "specification/2025-11-25/basic/transports.md"]
    assert plan.bound.requirements


@pytest.mark.processes
def test_a_copy_is_found_on_a_page_of_the_rules(config: Config) -> None:
    page = config.docs / "specification" / "2025-11-25" / "basic" / "transports.md"
    page.write_text(f"{RULE}\n{SERVER}\nRun `python server.py`.\n")
    narrow, whole = make_plan(replace(config, select=("guides/server",))), make_plan(config)
    (example,) = narrow.examples
    copies = narrow.copies(example.digest)
    assert copies == whole.copies(example.digest)
    assert "specification/2025-11-25/basic/transports.md" in {copy.page for copy in copies}
    assert replace(narrow.bound, unbound=whole.bound.unbound) == whole.bound


@pytest.mark.processes
@pytest.mark.parametrize("jobs", [1, 2])
def test_while_other_processes_read_something_else_is_done(
    config: Config, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.setattr(extractor.docs.page_extractor, "_POOL_FROM_BYTES", 0)
    for name in ("lifecycle", "transports"):
        # pages that the bindings name
        page = config.docs / "specification" / "2025-11-25" / "basic" / f"{name}.mdx"
        page.write_text("# A page\n\nThe server **MUST** answer.\n")
    done: list[str] = []
    narrow = replace(config, select=("guides/server",), jobs=jobs, no_cache=True)
    plan = make_plan(narrow, meanwhile=lambda: done.append("meanwhile"))
    assert done == ["meanwhile"] * (jobs - 1)
    assert plan.bound == make_plan(replace(narrow, jobs=1)).bound


def test_a_copy_is_found_on_a_page_that_includes_its_code(config: Config) -> None:
    (config.docs / "blog" / "shown.md").write_text("# Shown\n\n```{literalinclude} code.py\n```\n")
    assert "blog/shown.md" in read(config, "guides/server")


def test_what_a_baseline_or_the_configuration_names_is_read(config: Config) -> None:
    assert "guides/other.md" in read(config, "guides/server", named=("guides/other#python",))
    (config.docs / "docprobe.toml").write_text('[examples."other#*"]\nskip = "it is only shown"\n')
    tables = load_config(config.docs, state=config.state, jobs=1)
    assert "guides/other.md" in read(tables, "guides/server")


@pytest.mark.processes
def test_of_the_rules_the_bound_pages_are_read_until_a_sentence_is_not_found(config: Config) -> None:
    rules = config.docs / "specification" / "2025-11-25" / "basic"
    (rules / "more.md").write_text(
        "# More\n\nThe server **MUST** answer an ended session with 404 Not Found, always.\n"
    )
    statements = load_statements(config)
    row = config.catalogue.requirement("session.terminated-404")
    page = "specification/2025-11-25/basic/transports.md"
    (config.docs / "own.toml").write_text(to_toml([binding_at(row, page, 3, statements)]))
    (config.docs / "docprobe.toml").write_text('bindings = "own.toml"\n')
    own = load_config(config.docs, state=config.state, jobs=1)
    assert not read(own, "guides/server") & {"specification/2025-11-25/basic/more.md"}

    (rules / "transports.md").write_text("# Transports\n\nNothing is said of sessions.\n")
    assert "specification/2025-11-25/basic/more.md" in read(own, "guides/server")
    narrow, whole = make_plan(replace(own, select=("guides/server",))), make_plan(own)
    assert narrow.bound == whole.bound
    assert narrow.bound.drift != ()


@pytest.fixture
def changed(config: Config) -> Config:
    """The docs in a repository, at a commit."""
    git(config.docs, "init", "-q", "-b", "main", "--template=")
    git(config.docs, "add", "-A")
    git(config.docs, "commit", "-qm", "base")
    return replace(config, changed_since="main")


def plans(config: Config, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Plan]:
    """Plan with the pages that decide, and with all."""
    since = find_change(config, "main")
    narrow = make_plan(config, since=since)
    monkeypatch.setattr(planning, "load_changed", lambda config, *_: load_examples(config, load_corpus(config)))
    whole = make_plan(config, since=since)
    assert narrow.no_longer_runnable == whole.no_longer_runnable
    return narrow, whole


IMPORTING = (
    'import Shown from "/snippets/shown.mdx";\n\n# Shown\n\nSome prose.\n\n<Shown />\n\nRun `python server.py`.\n'
)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("page", "was", "now", "affected"),
    [
        ("guides/shown.mdx", "Some prose", "Other prose", set()),
        ("guides/shown.mdx", "python server.py", "python server.py --more", {"guides/shown#python"}),
        ("snippets/shown.mdx", "of-today", "of-tomorrow", {"guides/shown#python", "snippets/shown#python"}),
    ],
)
def test_a_page_that_imports_code_is_compared_with_all_of_it(
    config: Config, monkeypatch: pytest.MonkeyPatch, page: str, was: str, now: str, affected: set[str]
) -> None:
    (config.docs / "docs.json").write_text("{}")
    (config.docs / "snippets").mkdir()
    (config.docs / "snippets" / "shown.mdx").write_text(SERVER.replace("weather", "imported"))
    (config.docs / "guides" / "shown.mdx").write_text(IMPORTING)
    git(config.docs, "init", "-q", "-b", "main", "--template=")
    git(config.docs, "add", "-A")
    git(config.docs, "commit", "-qm", "base")
    file = config.docs / page
    file.write_text(file.read_text().replace(was, now))
    narrow, whole = plans(replace(config, changed_since="main"), monkeypatch)
    assert {example.id for example in narrow.examples} == {example.id for example in whole.examples} == affected
    # the docs before it are read as a whole, and so are those of now
    assert narrow.corpus.unread == ()


@pytest.mark.processes
def test_a_change_is_planned_as_among_all_pages(changed: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    page = changed.docs / "guides" / "server.md"
    page.write_text(page.read_text().replace("weather-of-today", "weather-of-tomorrow"))
    narrow, whole = plans(changed, monkeypatch)
    assert {"guides/other.md", "blog/story-1.md"} <= {*narrow.corpus.unread}
    assert narrow.examples == whole.examples != ()
    assert narrow.base is not None
    assert whole.base is not None
    assert narrow.base.origins == whole.base.origins != {}
    # the page that still has the text of then is read for it
    for digest in narrow.base.groups():
        assert narrow.base.copies(digest) == whole.base.copies(digest)
        assert {example.page for example in whole.base.copies(digest)} == {"guides/server.md", "guides/in-a-list.md"}
    assert (narrow.text_changes, narrow.pages) == (whole.text_changes, whole.pages)


@pytest.mark.processes
@pytest.mark.parametrize("select", [(), ("guides/server",)])
def test_a_change_beside_the_selected_examples_leaves_nothing_to_run(
    changed: Config, monkeypatch: pytest.MonkeyPatch, select: tuple[str, ...]
) -> None:
    (changed.docs / "blog" / "story-1.md").write_text("# A story\n\n```json\n{}\n```\n")
    narrow, whole = plans(replace(changed, select=select), monkeypatch)
    assert narrow.examples == whole.examples == ()


@pytest.mark.processes
@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("guides/new.md", PAGES["guides/server.md"].replace("weather-of-today", "weather-of-tomorrow")),
        ("guides/installation.md", "# Installation\n\n```bash\npip install mcp==1.9.3\n```\n"),
        ("specification/2025-11-25/basic/transports.md", RULE.replace("404 Not Found", "410 Gone")),
        ("guides/table.csv", "a,b\n"),
    ],
)
def test_of_a_change_that_may_concern_any_page_all_are_read(
    changed: Config, monkeypatch: pytest.MonkeyPatch, page: str, text: str
) -> None:
    (changed.docs / page).write_text(text)
    narrow, whole = plans(changed, monkeypatch)
    assert narrow.corpus.unread == ()
    assert narrow.examples == whole.examples


@pytest.mark.parametrize("pattern", ["#python", "*", "nothing-like-it", "guid*s/[so]*", "*python"])
def test_where_any_page_may_count_all_are_read(config: Config, pattern: str) -> None:
    assert read(config, pattern) == PAGES.keys()


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("a/page", True), ("page", True), ("page.md", True), ("a/page#python", True), ("page#*", True),
        ("pa*#python", True), ("pa*", True), ("*python", True), ("a/p*thon", True), ("page?python", True),
        ("a/**", True), ("a", True), ("/a/page", True), (r"p\age", True), ("[p]age", True),
        ("other", False), ("other#python", False), ("#python", False), ("b/p*", False), ("/page", False),
        ("pages*", False), ("a/q*thon", False), ("page/x*", False),
    ],
)  # fmt: skip
def test_a_pattern_may_name_an_example_of_a_page(pattern: str, named: bool) -> None:
    assert may_name(pattern, "a/page.md") is named
